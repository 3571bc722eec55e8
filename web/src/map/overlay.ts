// What moves on the map: queues, signals, vehicles, ranks. A canvas over the map, drawn from the picture.
import { boundsOf, pointBeforeEnd, tailOf, type City } from '../model/city';
import { looks, type Look } from '../model/words';
import type { Picture } from '../live/picture';
import { control, overrideOf, type Trouble } from '../live/derive';
import { scale, token } from '../ui/look';
import { placeLayers, type Layer } from './layers';
import { named } from '../text';
import type { Pixels } from './lanes';

export interface Alarmed { count: number; priority: number }

interface StopLine { lane: number; intersection: number; group: number; x: number; y: number; dx: number; dy: number; halfWidth: number }

const colourNames = ['land', 'slow', 'jam', 'ground', 'panel', 'ink', 'soft', 'accent', 'accent-ink', 'queue', 'vehicle', 'bus', 'sig-green', 'sig-amber', 'sig-red', 'sig-dark', 'warn', 'bad', 'strong', 'road-edge', 'water-line', 'faint'] as const;
type Colours = Record<(typeof colourNames)[number], string>;

let font = 'sans-serif';
/** How much larger than on a desk marks and names are. */
let em = 1;

/** Vehicles are drawn, and asked for, when a metre is at least this many pixels. */
export const vehiclesFromPxPerM = 1.4;

/** Vehicle lengths where the sensor does not measure them, by class (src/Model/Events). */
const usualLengthM = [4.5, 4.5, 9, 12, 30, 2.2, 1.8, 0.5, 6];

export class Overlay {
  private readonly stopLines: StopLine[] = [];
  private readonly labels: { text: string; x: number; y: number }[] = [];
  private colours: Colours;
  /** Metres between two neighbouring intersections, on average. */
  private readonly apartM: number;
  /** From plane to pixel: x * ax + bx, y * ay + by. */
  private ax = 1; private bx = 0; private ay = -1; private by = 0;
  private width = 0; private height = 0;

  constructor(private readonly canvas: HTMLCanvasElement, private readonly city: City) {
    this.colours = this.readColours();
    const b = boundsOf(city.lanes);
    this.apartM = Math.sqrt((b.x1 - b.x0) * (b.y1 - b.y0) / Math.max(1, city.intersections.length));
    city.intersections.forEach((place, i) => {
      for (const lane of place.stopLineLanes) {
        const end = pointBeforeEnd(city.lanes[lane]!.shape, 0);
        const move = place.movements.find(m => m.from === lane && m.turn === 'Straight') ?? place.movements.find(m => m.from === lane);
        if (end && move) this.stopLines.push({ lane, intersection: i, group: move.group, ...end, halfWidth: city.lanes[lane]!.widthM * 0.46 });
      }
    });
    for (const s of city.scenery) {
      if (!s.name || s.outline.length < 2) continue;
      let x = 0, y = 0;
      const n = s.outline.length / 2;
      for (let i = 0; i < s.outline.length; i += 2) { x += s.outline[i]! / n; y += s.outline[i + 1]! / n; }
      this.labels.push({ text: s.name, x, y });
    }
  }

  readColours(): Colours {
    font = getComputedStyle(document.documentElement).fontFamily || 'sans-serif';
    em = scale.peek();
    this.colours = Object.fromEntries(colourNames.map(n => [n, token(n)])) as Colours;
    return this.colours;
  }

  draw(at: Pixels, p: Picture, layer: Layer, ranks: Trouble[], chosen: number, alarmed: ReadonlyMap<number, Alarmed>): void {
    ({ ax: this.ax, bx: this.bx, ay: this.ay, by: this.by, width: this.width, height: this.height } = at);
    const g = this.begin();
    if (!g) return;
    const pxPerM = Math.abs(this.ax);
    this.drawNames(g, pxPerM);
    if (layer === 'queue' || pxPerM > 0.25 && !placeLayers.has(layer) && layer !== 'sensors' && layer !== 'unusual') this.drawQueues(g, p, pxPerM, layer);
    if (pxPerM > vehiclesFromPxPerM) this.drawVehicles(g, p, pxPerM);
    if (pxPerM > 0.45) this.drawStopLines(g, p, pxPerM);
    this.drawPlaces(g, p, pxPerM, layer, chosen, alarmed);
    if (!placeLayers.has(layer)) this.drawRanks(g, ranks, pxPerM);
  }

  /** The intersection nearest to a pixel, within 22 pixels of its box. */
  placeAt(x: number, y: number): number {
    let best = -1, least = Math.max(22, 18 * Math.abs(this.ax));
    this.city.intersections.forEach((place, i) => {
      const d = Math.hypot(place.x * this.ax + this.bx - x, place.y * this.ay + this.by - y);
      if (d < least) { least = d; best = i; }
    });
    return best;
  }

  pixelOf(place: { x: number; y: number }): [number, number] {
    return [place.x * this.ax + this.bx, place.y * this.ay + this.by];
  }

  private begin(): CanvasRenderingContext2D | null {
    const ratio = Math.min(2, devicePixelRatio || 1);
    if (this.canvas.width !== Math.round(this.width * ratio)) this.canvas.width = Math.round(this.width * ratio);
    if (this.canvas.height !== Math.round(this.height * ratio)) this.canvas.height = Math.round(this.height * ratio);
    const g = this.canvas.getContext('2d', { willReadFrequently: true });
    if (!g) return null;
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, this.width, this.height);
    return g;
  }

  private outside(x: number, y: number, margin: number): boolean {
    return x < -margin || y < -margin || x > this.width + margin || y > this.height + margin;
  }

  private drawNames(g: CanvasRenderingContext2D, pxPerM: number): void {
    if (pxPerM < 0.03) return;
    g.font = `500 ${12 * em}px ${font}`;
    g.textAlign = 'center';
    g.fillStyle = this.colours.faint;
    for (const label of this.labels) {
      const x = label.x * this.ax + this.bx, y = label.y * this.ay + this.by;
      if (this.outside(x, y, 60)) continue;
      const text = named(label.text), half = g.measureText(text).width / 2 + 4;
      // A name that a signal stands on says less than none.
      const hidden = this.city.intersections.some(i => Math.abs(i.x * this.ax + this.bx - x) < half && Math.abs(i.y * this.ay + this.by - y + 4) < 12);
      if (!hidden) g.fillText(text, x, y);
    }
  }

  private drawQueues(g: CanvasRenderingContext2D, p: Picture, pxPerM: number, layer: Layer): void {
    g.lineCap = 'butt';
    g.lineJoin = 'round';
    const wide = layer === 'queue' ? 1.5 : 1;
    for (const s of this.stopLines) {
      const queue = Math.min(p.queueM[s.lane]!, this.city.lanes[s.lane]!.lengthM);
      if (queue < 4) continue;
      if (this.outside(s.x * this.ax + this.bx, s.y * this.ay + this.by, queue * pxPerM + 20)) continue;
      const tail = tailOf(this.city.lanes[s.lane]!.shape, queue);
      g.beginPath();
      for (let i = 0; i + 1 < tail.length; i += 2) g.lineTo(tail[i]! * this.ax + this.bx, tail[i + 1]! * this.ay + this.by);
      g.strokeStyle = this.colours.queue;
      g.lineWidth = Math.max(3.2, 2 * s.halfWidth * pxPerM * 0.7) * wide;
      // Hatched where it can be seen, so that a queue is not told by its colour alone.
      if (pxPerM > 0.25) g.setLineDash([Math.max(2.5, 3.6 * pxPerM), Math.max(1, 1.2 * pxPerM)]);
      g.stroke();
      g.setLineDash([]);
    }
  }

  private drawVehicles(g: CanvasRenderingContext2D, p: Picture, pxPerM: number): void {
    for (let l = 0; l < p.seenCount.length; l++) {
      const count = p.seenCount[l]!;
      if (count === 0) continue;
      const shape = this.city.lanes[l]!.shape;
      for (let v = p.seenStart[l]!; v < p.seenStart[l]! + count; v++) {
        const at = pointBeforeEnd(shape, p.seenDistance[v]!);
        if (!at) continue;
        const x = at.x * this.ax + this.bx, y = at.y * this.ay + this.by;
        if (this.outside(x, y, 30)) continue;
        const kind = p.seenClass[v]!;
        const length = (p.seenLength[v]! || usualLengthM[kind] || 4.5) * pxPerM, wide = 1.9 * pxPerM;
        g.save();
        g.translate(x, y);
        g.rotate(Math.atan2(at.dy * this.ay, at.dx * this.ax));
        g.fillStyle = kind === 3 || kind === 4 ? this.colours.bus : this.colours.vehicle;
        g.strokeStyle = this.colours['road-edge'];
        g.lineWidth = 1;
        g.beginPath();
        g.roundRect(-length, -wide / 2, length, wide, Math.min(3, wide / 3));
        g.fill();
        g.stroke();
        g.restore();
      }
    }
  }

  private colourOf(look: Look): string {
    return this.colours[`sig-${look}` as 'sig-green'];
  }

  private drawStopLines(g: CanvasRenderingContext2D, p: Picture, pxPerM: number): void {
    for (const s of this.stopLines) {
      const x = s.x * this.ax + this.bx, y = s.y * this.ay + this.by;
      if (this.outside(x, y, 30)) continue;
      const look = looks[p.aspect(s.intersection, s.group)] ?? 'dark';
      const nx = -s.dy * this.ax * s.halfWidth, ny = s.dx * this.ay * s.halfWidth;
      g.strokeStyle = this.colourOf(look);
      g.lineWidth = Math.max(3, 1.1 * pxPerM);
      g.lineCap = 'butt';
      g.beginPath();
      g.moveTo(x - nx, y - ny);
      g.lineTo(x + nx, y + ny);
      g.stroke();
      if (pxPerM > 1.6) {
        // A shape beside the line, in the direction of travel.
        const r = Math.min(7, 1.1 * pxPerM), fx = x + s.dx * this.ax * 2.6, fy = y + s.dy * this.ay * 2.6;
        shape(g, look, fx, fy, r, this.colourOf(look));
      }
    }
  }

  private drawPlaces(g: CanvasRenderingContext2D, p: Picture, pxPerM: number, layer: Layer, chosen: number, alarmed: ReadonlyMap<number, Alarmed>): void {
    const near = pxPerM > 0.45, forPlaces = placeLayers.has(layer), small = pxPerM < 0.08;
    if (!forPlaces && !near) this.drawTroubles(g, p, small, layer === 'unusual');
    g.textAlign = 'center';
    this.city.intersections.forEach((place, i) => {
      const x = place.x * this.ax + this.bx, y = place.y * this.ay + this.by;
      if (this.outside(x, y, 40)) return;
      if (layer === 'signals') this.drawSignal(g, p, i, x, y, em * (small ? 4.5 : 7));
      else if (layer === 'alarms') this.drawAlarm(g, alarmed.get(i), x, y, small);
      else if (layer === 'control') this.drawControl(g, p, i, x, y, small);
      if (!forPlaces) this.drawHand(g, p, i, x, y);
      if (i === chosen) this.ring(g, x, y, Math.max(14 * em, 24 * pxPerM));
      if (pxPerM > 0.55) this.drawName(g, named(place.name), x, y + 26 * pxPerM + 10 * em);
    });
  }

  /** Discs that grow with the stopped vehicles, quiet where few stand or colours mean something else: a path for each colour, however many they are. */
  private drawTroubles(g: CanvasRenderingContext2D, p: Picture, small: boolean, quiet: boolean): void {
    const places = this.city.intersections, mostPx = Math.max(2.5, this.apartM * Math.abs(this.ax) * 0.36);
    g.lineWidth = mostPx < 6 ? 0.75 : 1.5;
    g.strokeStyle = this.colours['road-edge'];
    for (const [least, below, colour] of [[0, 5, 'strong'], [5, 15, 'slow'], [15, Infinity, 'jam']] as const) {
      g.beginPath();
      for (let i = 0; i < places.length; i++) {
        const halted = p.halted[i]!;
        if (halted < least || halted >= below) continue;
        const x = places[i]!.x * this.ax + this.bx, y = places[i]!.y * this.ay + this.by;
        if (this.outside(x, y, 12)) continue;
        const r = Math.min(mostPx, em * ((small ? 2 : 3) + Math.min(small ? 6 : 9, Math.sqrt(halted) * (small ? 1 : 1.6))));
        g.moveTo(x + r, y);
        g.arc(x, y, r, 0, 2 * Math.PI);
      }
      g.fillStyle = this.colours[quiet ? 'strong' : colour];
      g.fill();
      g.stroke();
    }
  }

  private drawAlarm(g: CanvasRenderingContext2D, alarm: Alarmed | undefined, x: number, y: number, small: boolean): void {
    if (!alarm) { this.dot(g, x, y, em * (small ? 2 : 3), this.colours.strong); return; }
    badge(g, x, y, String(alarm.count), alarm.priority === 1 ? this.colours.bad : alarm.priority === 2 ? this.colours.warn : this.colours.soft, this.colours.ground);
  }

  private drawControl(g: CanvasRenderingContext2D, p: Picture, i: number, x: number, y: number, small: boolean): void {
    const who = control(p, i), letter = letterOf(p, i);
    if (!letter) this.dot(g, x, y, em * (small ? 3 : 5), this.colours['sig-green']);
    else badge(g, x, y, letter, who.level === 'bad' ? this.colours.bad : this.colours.warn, this.colours.ground);
  }

  /** Beside the place, on layers that tell of lanes: who controls it, if it is not the brain. */
  private drawHand(g: CanvasRenderingContext2D, p: Picture, i: number, x: number, y: number): void {
    const letter = letterOf(p, i);
    if (letter) badge(g, x + 12 * em, y - 12 * em, letter, control(p, i).level === 'bad' ? this.colours.bad : this.colours.warn, this.colours.ground);
  }

  private dot(g: CanvasRenderingContext2D, x: number, y: number, r: number, colour: string): void {
    g.beginPath();
    g.arc(x, y, r, 0, 2 * Math.PI);
    g.fillStyle = colour;
    g.fill();
  }

  private ring(g: CanvasRenderingContext2D, x: number, y: number, r: number): void {
    g.strokeStyle = this.colours.accent;
    g.lineWidth = 2.5;
    g.beginPath();
    g.arc(x, y, r, 0, 2 * Math.PI);
    g.stroke();
  }

  private drawName(g: CanvasRenderingContext2D, name: string, x: number, y: number): void {
    g.font = `600 ${12 * em}px ${font}`;
    g.lineWidth = 4;
    g.lineJoin = 'round';
    g.strokeStyle = this.colours.ground;
    g.strokeText(name, x, y);
    g.fillStyle = this.colours.ink;
    g.fillText(name, x, y);
  }

  /** From far: the shape of the most open aspect, and the letter of the stage where there is room. */
  private drawSignal(g: CanvasRenderingContext2D, p: Picture, i: number, x: number, y: number, r: number): void {
    const place = this.city.intersections[i]!;
    let green = 0, amber = 0;
    for (let k = 0; k < place.groups.length; k++) {
      const look = looks[p.aspect(i, k)];
      if (look === 'green') green++;
      else if (look === 'amber') amber++;
    }
    const look: Look = green > 0 ? 'green' : amber > 0 ? 'amber' : 'red';
    g.lineWidth = 3;
    g.strokeStyle = this.colours['road-edge'];
    shape(g, look, x, y, r, this.colourOf(look), true);
    if (r < 6 * em) return;
    const stage = place.stages[p.stage[i]!]?.id;
    if (!stage) return;
    const s = Math.max(0, Math.round((p.timeMs - p.stageSince[i]!) / 1000));
    g.textAlign = 'left';
    this.drawLabel(g, `${stage} ${s}`, x + r + 3, y + 4 * em);
    g.textAlign = 'center';
  }

  private drawLabel(g: CanvasRenderingContext2D, text: string, x: number, y: number): void {
    g.font = `600 ${11 * em}px ${font}`;
    g.lineWidth = 3;
    g.lineJoin = 'round';
    g.strokeStyle = this.colours.land;
    g.strokeText(text, x, y);
    g.fillStyle = this.colours.ink;
    g.fillText(text, x, y);
  }

  private drawRanks(g: CanvasRenderingContext2D, ranks: Trouble[], pxPerM: number): void {
    g.textAlign = 'center';
    for (let k = Math.min(5, ranks.length) - 1; k >= 0; k--) {
      const [x0, y0] = this.pixelOf(this.city.intersections[ranks[k]!.index]!);
      const lift = Math.max(16 * em, 20 * pxPerM);
      const x = x0, y = y0 - lift;
      if (this.outside(x, y, 20)) continue;
      g.fillStyle = k === 0 ? this.colours.accent : this.colours.panel;
      g.strokeStyle = k === 0 ? this.colours['accent-ink'] : this.colours.soft;
      g.lineWidth = 1.5;
      g.beginPath();
      g.arc(x, y, 10 * em, 0, 2 * Math.PI);
      g.fill();
      g.stroke();
      g.fillStyle = k === 0 ? this.colours['accent-ink'] : this.colours.ink;
      g.font = `650 ${12 * em}px ${font}`;
      g.fillText(String(k + 1), x, y + 4.3 * em);
    }
  }
}

function shape(g: CanvasRenderingContext2D, look: Look, x: number, y: number, r: number, colour: string, edged = false): void {
  g.beginPath();
  if (look === 'green') g.arc(x, y, r, 0, 2 * Math.PI);
  else if (look === 'amber') { g.moveTo(x, y - r); g.lineTo(x + r, y + r * 0.8); g.lineTo(x - r, y + r * 0.8); g.closePath(); }
  else g.rect(x - r * 0.85, y - r * 0.85, r * 1.7, r * 1.7);
  if (edged) g.stroke();
  g.fillStyle = colour;
  g.fill();
}

function badge(g: CanvasRenderingContext2D, x: number, y: number, letter: string, colour: string, ground: string): void {
  g.beginPath();
  g.roundRect(x - 8 * em, y - 8 * em, 16 * em, 16 * em, 3 * em);
  g.fillStyle = colour;
  g.fill();
  g.fillStyle = ground;
  g.font = `700 ${11 * em}px ${font}`;
  g.fillText(letter, x, y + 4 * em);
}

/** Who controls a place, if it is not the brain: H an operator, P its own programme, ! a fault or silence, ? unknown. */
function letterOf(p: Picture, i: number): string | null {
  const who = control(p, i);
  if (overrideOf(p, i)) return 'H';
  if (who.level === 'ok') return null;
  return who.level === 'bad' ? '!' : who.key === 'mode.Unknown' ? '?' : 'P';
}
