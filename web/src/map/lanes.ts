// The lanes' colours, on a canvas of their own over the ground. Two dimensions do: a stroke for each shade is cheap
// everywhere. Points lie in typed arrays; nothing is drawn when neither the sight nor a shade has changed.
import type { City } from '../model/city';
import { scale, token } from '../ui/look';
import { shadeTokens, type Shade } from './layers';
import { simplified } from './paths';

/** From plane to CSS pixels: x * ax + bx, y * ay + by. */
export interface Pixels { ax: number; bx: number; ay: number; by: number; width: number; height: number }

/** From afar the lanes of a road share their pixels: one line shows the worst of them. */
const lanesFromPxPerM = 0.3;
/** From afar points of a line nearer than this show nothing, metres. */
const farPointsM = 4;
/** What hurts lies above what flows, and wider. */
const hot = 3, usualShare = 0.55, hotShare = 0.68, usualLeastPx = 1.3, hotLeastPx = 2.4;

/** Lines in one array of points: line k has those from start[k] to start[k + 1], and the lanes of its road. */
class Lines {
  readonly count: number;
  readonly points: Float32Array;
  readonly start: Int32Array;
  /** x0, y0, x1, y1 of each line. */
  readonly boxes: Float32Array;
  readonly shades: Uint8Array;
  readonly inSight: Uint8Array;

  constructor(readonly lanes: number[][], shapes: number[][]) {
    this.count = shapes.length;
    this.points = new Float32Array(shapes.reduce((n, s) => n + s.length, 0));
    this.start = new Int32Array(this.count + 1);
    this.boxes = new Float32Array(4 * this.count);
    this.shades = new Uint8Array(this.count);
    this.inSight = new Uint8Array(this.count);
    let at = 0;
    shapes.forEach((shape, k) => {
      this.points.set(shape, at);
      this.boxes.set(boxOf(shape), 4 * k);
      at += shape.length;
      this.start[k + 1] = at;
    });
  }
}

export class LaneCanvas {
  private readonly lanes: Lines;
  private readonly roads: Lines;
  private readonly laneWidthM: number;
  private colours: string[] = [];
  private drawn = '';

  constructor(private readonly canvas: HTMLCanvasElement, city: City) {
    const seen = city.lanes.map((lane, index) => ({ lane, index })).filter(l => l.lane.kind === 'Road' && !l.lane.onFoot && l.lane.shape.length >= 4);
    this.lanes = new Lines(seen.map(l => [l.index]), seen.map(l => l.lane.shape));
    const byRoad = new Map<string, number[]>();
    for (const { lane, index } of seen) {
      const road = lane.road ?? lane.id, beside = byRoad.get(road);
      if (beside) beside.push(index);
      else byRoad.set(road, [index]);
    }
    const roads = [...byRoad.values()];
    this.roads = new Lines(roads, roads.map(lanes => simplified(city.lanes[lanes[lanes.length >> 1]!]!.shape, farPointsM)));
    const widths = seen.map(l => l.lane.widthM).sort((a, b) => a - b);
    this.laneWidthM = widths[widths.length >> 1] ?? 3.2;
    this.readColours();
  }

  readColours(): void {
    this.colours = shadeTokens.map(token);
    this.drawn = '';
  }

  /** Draws what is in sight, if it looks otherwise than before; the shade of lane l is what the function says. */
  draw(at: Pixels, shadeOf: (lane: number) => Shade): void {
    const ratio = Math.min(2, devicePixelRatio || 1), width = Math.round(at.width * ratio), height = Math.round(at.height * ratio);
    const far = Math.abs(at.ax) < lanesFromPxPerM, lines = far ? this.roads : this.lanes;
    const sight = `${far} ${ratio} ${at.ax} ${at.bx} ${at.ay} ${at.by} ${width} ${height}`;
    const moved = sight !== this.drawn;
    if (moved) cull(lines, at);
    if (!shadesChanged(lines, shadeOf) && !moved) return;
    this.drawn = sight;
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    // Strokes by the thousand are for the processor: a graphics card done in software takes seconds over them.
    const g = this.canvas.getContext('2d', { willReadFrequently: true });
    if (!g) return;
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, at.width, at.height);
    for (let shade = 0; shade < this.colours.length; shade++) this.stroke(g, at, lines, shade);
  }

  private stroke(g: CanvasRenderingContext2D, at: Pixels, lines: Lines, shade: number): void {
    const { points, start, shades, inSight } = lines, { ax, bx, ay, by } = at;
    let any = false;
    g.beginPath();
    for (let k = 0; k < lines.count; k++) {
      if (shades[k] !== shade || inSight[k] === 0) continue;
      any = true;
      let i = start[k]!;
      const end = start[k + 1]!;
      g.moveTo(points[i]! * ax + bx, points[i + 1]! * ay + by);
      for (i += 2; i < end; i += 2) g.lineTo(points[i]! * ax + bx, points[i + 1]! * ay + by);
    }
    if (!any) return;
    const isHot = shade >= hot;
    g.strokeStyle = this.colours[shade]!;
    g.lineWidth = this.laneWidthM * Math.abs(ax) * (isHot ? hotShare : usualShare) + (isHot ? hotLeastPx : usualLeastPx) * scale.peek();
    g.stroke();
  }
}

/** Marks the lines that touch the window. */
function cull(lines: Lines, at: Pixels): void {
  const { boxes, inSight } = lines;
  for (let k = 0; k < lines.count; k++) {
    const x0 = boxes[4 * k]! * at.ax + at.bx, x1 = boxes[4 * k + 2]! * at.ax + at.bx;
    const low = boxes[4 * k + 1]! * at.ay + at.by, high = boxes[4 * k + 3]! * at.ay + at.by;
    inSight[k] = x1 >= 0 && x0 <= at.width && low >= 0 && high <= at.height ? 1 : 0;
  }
}

/** Takes the worst shade of each line's lanes; true when one in sight is another than before. */
function shadesChanged(lines: Lines, shadeOf: (lane: number) => Shade): boolean {
  let changed = false;
  for (let k = 0; k < lines.count; k++) {
    if (lines.inSight[k] === 0) continue;
    let worst = 0;
    for (const lane of lines.lanes[k]!) worst = Math.max(worst, shadeOf(lane));
    if (lines.shades[k] !== worst) { lines.shades[k] = worst; changed = true; }
  }
  return changed;
}

function boxOf(shape: number[]): [number, number, number, number] {
  let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
  for (let i = 0; i + 1 < shape.length; i += 2) {
    x0 = Math.min(x0, shape[i]!); x1 = Math.max(x1, shape[i]!);
    y0 = Math.min(y0, shape[i + 1]!); y1 = Math.max(y1, shape[i + 1]!);
  }
  return [x0, y0, x1, y1];
}
