// The ground on a plain canvas, for machines without a graphics card: drawn when the map comes to rest, and moved as
// a picture meanwhile.
import { boxHull, type Bounds, type City } from '../model/city';
import { token } from '../ui/look';
import { within, type Ground, type GroundSetting, type Sight } from './ground';
import type { Pixels } from './lanes';
import type { TileSource } from './basemap';
import { PathSquares, simplified } from './paths';
import { TileLayer } from './tiles';

/** From here on lanes, boxes and crossings are drawn one by one; before, a road is one line. */
const lanesFromPxPerM = 0.3, crossingsFromPxPerM = 2;
/** Beyond each edge so much more is drawn, as a share of the window: what a drag brings in is there already. */
const margin = 0.3;
const settleMs = 140, keyStepPx = 100, dragFromPx = 4, wheelPxADoubling = 400;

interface Kept { canvas: HTMLCanvasElement; sight: Sight; width: number; height: number }

export class PlainGround implements Ground {
  private readonly canvas = document.createElement('canvas');
  private readonly kept: Kept = { canvas: document.createElement('canvas'), sight: { x: 0, y: 0, pxPerM: 1 }, width: 0, height: 0 };
  private readonly parts: Parts;
  private readonly watcher: ResizeObserver;
  private readonly gone = new AbortController();
  private readonly fingers = new Map<number, { x: number; y: number }>();
  private at: Sight;
  private settle = 0;
  private slide = 0;
  private tiles: TileLayer | null = null;
  private tileCame = 0;
  private moves = 0;

  constructor(private readonly setting: GroundSetting) {
    this.parts = partsOf(setting.city);
    this.at = setting.start;
    const { box } = setting;
    this.canvas.style.cssText = 'position:absolute;inset:0;width:100%;height:100%;touch-action:none;cursor:grab';
    box.tabIndex = 0;
    box.setAttribute('role', 'application');
    box.setAttribute('aria-label', setting.label);
    box.replaceChildren(this.canvas);
    this.listen(box);
    this.watcher = new ResizeObserver(() => { this.draw(); setting.events.moved(); });
    this.watcher.observe(box);
  }

  pixels(): Pixels {
    return pixelsOf(this.at, this.canvas.clientWidth, this.canvas.clientHeight);
  }

  sight(): Sight {
    return this.at;
  }

  look(to: Sight, slide: boolean): void {
    cancelAnimationFrame(this.slide);
    const end = { ...to, pxPerM: within(to.pxPerM, this.setting.plane) };
    if (!slide) { this.moveTo(end); return; }
    const from = this.at, begin = performance.now();
    const step = (now: number): void => {
      const t = Math.min(1, (now - begin) / 300), e = t * (2 - t);
      this.moveTo({ x: from.x + (end.x - from.x) * e, y: from.y + (end.y - from.y) * e, pxPerM: from.pxPerM * (end.pxPerM / from.pxPerM) ** e });
      if (t < 1) this.slide = requestAnimationFrame(step);
    };
    this.slide = requestAnimationFrame(step);
  }

  lay(under: TileSource): void {
    this.tiles?.remove();
    // Tiles come by the dozen: they are drawn together.
    this.tiles = new TileLayer(under, this.setting.plane, () => {
      if (this.tileCame === 0) this.tileCame = requestAnimationFrame(() => { this.tileCame = 0; this.draw(); });
    });
    this.draw();
  }

  restyle(): void {
    this.draw();
  }

  remove(): void {
    this.watcher.disconnect();
    this.gone.abort();
    clearTimeout(this.settle);
    cancelAnimationFrame(this.slide);
    cancelAnimationFrame(this.tileCame);
    this.tiles?.remove();
    this.setting.box.replaceChildren();
  }

  private moveTo(to: Sight): void {
    this.at = to;
    this.show();
    this.setting.events.moved();
    clearTimeout(this.settle);
    this.settle = window.setTimeout(() => { this.draw(); this.setting.events.settled(); }, settleMs);
  }

  /** Moves so that the point under a pixel stays under it. */
  private zoomAt(x: number, y: number, factor: number): void {
    const p = this.pixels(), wx = (x - p.bx) / p.ax, wy = (y - p.by) / p.ay;
    const pxPerM = within(this.at.pxPerM * factor, this.setting.plane);
    this.moveTo({ pxPerM, x: wx - (x - p.width / 2) / pxPerM, y: wy + (y - p.height / 2) / pxPerM });
  }

  private panBy(dx: number, dy: number): void {
    this.moveTo({ ...this.at, x: this.at.x - dx / this.at.pxPerM, y: this.at.y + dy / this.at.pxPerM });
  }

  private listen(box: HTMLElement): void {
    const { events } = this.setting, signal = this.gone.signal;
    const where = (e: MouseEvent): { x: number; y: number } => {
      const b = this.canvas.getBoundingClientRect();
      return { x: e.clientX - b.left, y: e.clientY - b.top };
    };
    this.canvas.addEventListener('pointerdown', e => {
      cancelAnimationFrame(this.slide);
      if (this.fingers.size === 0) this.moves = 0;
      this.fingers.set(e.pointerId, where(e));
      this.canvas.setPointerCapture(e.pointerId);
    }, { signal });
    this.canvas.addEventListener('pointermove', e => {
      const before = this.fingers.get(e.pointerId), now = where(e);
      if (!before) { events.hover(now); return; }
      this.drag(e.pointerId, before, now);
    }, { signal });
    const up = (e: PointerEvent): void => { this.fingers.delete(e.pointerId); };
    this.canvas.addEventListener('pointerup', up, { signal });
    this.canvas.addEventListener('pointercancel', up, { signal });
    this.canvas.addEventListener('pointerleave', () => events.hover(null), { signal });
    this.canvas.addEventListener('click', e => { if (this.moves < dragFromPx) events.click(where(e)); }, { signal });
    this.canvas.addEventListener('dblclick', e => { const p = where(e); this.zoomAt(p.x, p.y, 2); }, { signal });
    this.canvas.addEventListener('wheel', e => {
      e.preventDefault();
      const p = where(e), px = e.deltaMode === WheelEvent.DOM_DELTA_LINE ? e.deltaY * 33 : e.deltaY;
      this.zoomAt(p.x, p.y, 2 ** (-Math.max(-300, Math.min(300, px)) / wheelPxADoubling));
    }, { signal, passive: false });
    box.addEventListener('keydown', e => this.key(e), { signal });
  }

  private drag(id: number, before: { x: number; y: number }, now: { x: number; y: number }): void {
    this.fingers.set(id, now);
    this.moves += Math.hypot(now.x - before.x, now.y - before.y);
    if (this.moves < dragFromPx) return;
    const other = [...this.fingers].find(([f]) => f !== id)?.[1];
    if (!other) { this.panBy(now.x - before.x, now.y - before.y); return; }
    const apart = (a: { x: number; y: number }): number => Math.max(1, Math.hypot(a.x - other.x, a.y - other.y));
    this.panBy((now.x - before.x) / 2, (now.y - before.y) / 2);
    this.zoomAt((now.x + other.x) / 2, (now.y + other.y) / 2, apart(now) / apart(before));
  }

  private key(e: KeyboardEvent): void {
    const step: Record<string, [number, number]> = { ArrowLeft: [keyStepPx, 0], ArrowRight: [-keyStepPx, 0], ArrowUp: [0, keyStepPx], ArrowDown: [0, -keyStepPx] };
    const by = step[e.key], factor = e.key === '+' || e.key === '=' ? 2 : e.key === '-' ? 0.5 : 0;
    if (by) this.panBy(...by);
    else if (factor) this.look({ ...this.at, pxPerM: this.at.pxPerM * factor }, false);
    else return;
    e.preventDefault();
  }

  /** Draws the ground where it stands now, with a margin, and shows it. */
  private draw(): void {
    const width = this.canvas.clientWidth, height = this.canvas.clientHeight, ratio = Math.min(2, devicePixelRatio || 1);
    if (width === 0 || height === 0) return;
    const first = this.kept.width === 0, k = this.kept, wide = width * (1 + 2 * margin), high = height * (1 + 2 * margin);
    k.sight = this.at;
    [k.width, k.height] = [wide, high];
    [k.canvas.width, k.canvas.height] = [Math.round(wide * ratio), Math.round(high * ratio)];
    const g = k.canvas.getContext('2d', { willReadFrequently: true });
    if (g) paint(g, this.parts, this.tiles, pixelsOf(this.at, wide, high), ratio);
    [this.canvas.width, this.canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    this.show();
    if (first) this.setting.events.ready();
  }

  /** Shows the kept picture where it belongs now. */
  private show(): void {
    const g = this.canvas.getContext('2d', { willReadFrequently: true }), k = this.kept;
    if (!g || k.width === 0) return;
    const ratio = Math.min(2, devicePixelRatio || 1), p = this.pixels(), scale = this.at.pxPerM / k.sight.pxPerM;
    const w = k.width * scale, h = k.height * scale, x = k.sight.x * p.ax + p.bx - w / 2, y = k.sight.y * p.ay + p.by - h / 2;
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.fillStyle = token('land');
    g.fillRect(0, 0, p.width, p.height);
    g.drawImage(k.canvas, x, y, w, h);
  }
}

function pixelsOf(at: Sight, width: number, height: number): Pixels {
  return { ax: at.pxPerM, ay: -at.pxPerM, bx: width / 2 - at.x * at.pxPerM, by: height / 2 + at.y * at.pxPerM, width, height };
}

interface Parts {
  areas: Record<'park' | 'water' | 'building', PathSquares>;
  rivers: { shape: number[]; widthM: number }[];
  roads: PathSquares; lanes: PathSquares; boxes: PathSquares; hulls: PathSquares; walks: PathSquares; crossings: PathSquares;
  roadWidthM: number; laneWidthM: number;
}

function partsOf(city: City): Parts {
  const squares = (): PathSquares => new PathSquares();
  const parts: Parts = {
    areas: { park: squares(), water: squares(), building: squares() }, rivers: [], roads: squares(), lanes: squares(),
    boxes: squares(), hulls: squares(), walks: squares(), crossings: squares(), roadWidthM: 6, laneWidthM: 3.2,
  };
  for (const s of city.scenery) {
    if (s.kind === 'river' || s.kind === 'rail') parts.rivers.push({ shape: s.outline, widthM: s.widthM || 6 });
    else if (s.kind === 'water' || s.kind === 'building') parts.areas[s.kind].add(s.outline, true);
    else parts.areas.park.add(s.outline, true);
  }
  const byRoad = new Map<string, number[]>();
  city.lanes.forEach((lane, index) => {
    if (lane.kind === 'Box') parts.boxes.add(lane.shape);
    else if (lane.kind === 'Crossing') parts.crossings.add(lane.shape);
    else if (lane.kind === 'Walkway' || lane.onFoot) parts.walks.add(lane.shape);
    else {
      parts.lanes.add(lane.shape);
      const road = lane.road ?? lane.id, beside = byRoad.get(road);
      if (beside) beside.push(index);
      else byRoad.set(road, [index]);
    }
  });
  for (const lanes of byRoad.values()) parts.roads.add(simplified(city.lanes[lanes[lanes.length >> 1]!]!.shape, 4));
  for (const place of city.intersections) parts.hulls.add(boxHull(city, place), true);
  return parts;
}

/** All of the ground in sight, the lowest first. Widths are metres, never thinner than some pixels. */
function paint(g: CanvasRenderingContext2D, parts: Parts, tiles: TileLayer | null, at: Pixels, ratio: number): void {
  const px = 1 / at.ax, near = at.ax >= lanesFromPxPerM;
  const box: Bounds = { x0: -at.bx * px, x1: (at.width - at.bx) * px, y0: (at.by - at.height) * px, y1: at.by * px };
  g.setTransform(1, 0, 0, 1, 0, 0);
  g.fillStyle = token('land');
  g.fillRect(0, 0, at.width * ratio, at.height * ratio);
  tiles?.draw(g, at, ratio);
  g.setTransform(at.ax * ratio, 0, 0, at.ay * ratio, at.bx * ratio, at.by * ratio);
  const fill = (s: PathSquares, colour: string): void => { g.fillStyle = token(colour); s.within(box, p => g.fill(p)); };
  const stroke = (s: PathSquares, colour: string, metres: number, cap: CanvasLineCap = 'butt'): void => {
    g.strokeStyle = token(colour);
    g.lineWidth = metres;
    g.lineCap = cap;
    g.lineJoin = 'round';
    s.within(box, p => g.stroke(p));
  };
  if (!tiles) {
    fill(parts.areas.park, 'park');
    fill(parts.areas.water, 'water');
    for (const river of parts.rivers) {
      const one = new PathSquares();
      one.add(river.shape);
      stroke(one, 'water', river.widthM + px, 'round');
    }
    fill(parts.areas.building, 'building');
  }
  if (!near) {
    stroke(parts.roads, 'road-edge', parts.roadWidthM + 2 * px);
    stroke(parts.roads, 'road', parts.roadWidthM + 0.8 * px, 'round');
    return;
  }
  const lane = parts.laneWidthM;
  stroke(parts.boxes, 'road-edge', lane * 1.35 + px);
  stroke(parts.lanes, 'road-edge', lane * 1.45 + 2 * px);
  stroke(parts.walks, 'kerb', 2 * 0.9);
  stroke(parts.boxes, 'road', lane * 1.1 + 0.6 * px, 'round');
  fill(parts.hulls, 'road');
  stroke(parts.lanes, 'road', lane * 1.06 + 0.8 * px, 'round');
  if (at.ax < crossingsFromPxPerM) return;
  g.setLineDash([0.6, 0.6]);
  stroke(parts.crossings, 'paint', 3.2);
  g.setLineDash([]);
}
