// The lanes' colours, on a canvas of their own over the map: the ground is drawn once and stays. Two dimensions do:
// a stroke for each shade is cheap everywhere, also where WebGL is done in software.
import type { City } from '../model/city';
import { token } from '../ui/look';
import { shadeTokens, type Shade } from './layers';

/** From plane to CSS pixels: x * ax + bx, y * ay + by. */
export interface Pixels { ax: number; bx: number; ay: number; by: number; width: number; height: number }

interface Line { lanes: number[]; shape: number[]; x0: number; y0: number; x1: number; y1: number }

/** From afar the lanes of a road share their pixels: one line shows the worst of them. */
const lanesFromPxPerM = 0.3;
/** What hurts lies above what flows, and wider. */
const hot = 3, usualShare = 0.55, hotShare = 0.68, usualLeastPx = 1.3, hotLeastPx = 2.4;

export class LaneCanvas {
  private readonly lanes: Line[];
  private readonly roads: Line[];
  private readonly laneWidthM: number;
  private colours: string[] = [];

  constructor(private readonly canvas: HTMLCanvasElement, city: City) {
    const drawn = city.lanes.map((lane, index) => ({ lane, index })).filter(l => l.lane.kind === 'Road' && !l.lane.onFoot && l.lane.shape.length >= 4);
    this.lanes = drawn.map(l => lineOf([l.index], l.lane.shape));
    const byRoad = new Map<string, number[]>();
    for (const { lane, index } of drawn) byRoad.set(lane.road ?? lane.id, [...(byRoad.get(lane.road ?? lane.id) ?? []), index]);
    this.roads = [...byRoad.values()].map(lanes => lineOf(lanes, city.lanes[lanes[lanes.length >> 1]!]!.shape));
    const widths = drawn.map(l => l.lane.widthM).sort((a, b) => a - b);
    this.laneWidthM = widths[widths.length >> 1] ?? 3.2;
    this.readColours();
  }

  readColours(): void {
    this.colours = shadeTokens.map(token);
  }

  /** Draws what is in sight; the shade of lane l is what the function says. */
  draw(at: Pixels, shadeOf: (lane: number) => Shade): void {
    const ratio = Math.min(2, devicePixelRatio || 1), width = Math.round(at.width * ratio), height = Math.round(at.height * ratio);
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    // Strokes by the thousand are for the processor: a graphics card done in software takes seconds over them.
    const g = this.canvas.getContext('2d', { willReadFrequently: true });
    if (!g) return;
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, at.width, at.height);
    const far = Math.abs(at.ax) < lanesFromPxPerM, byShade: Line[][] = this.colours.map(() => []);
    for (const line of far ? this.roads : this.lanes) {
      if (line.x1 * at.ax + at.bx < 0 || line.x0 * at.ax + at.bx > at.width || line.y0 * at.ay + at.by < 0 || line.y1 * at.ay + at.by > at.height) continue;
      let worst = 0;
      for (const l of line.lanes) worst = Math.max(worst, shadeOf(l));
      byShade[worst]!.push(line);
    }
    byShade.forEach((lines, s) => this.stroke(g, at, lines, s));
  }

  private stroke(g: CanvasRenderingContext2D, at: Pixels, lines: Line[], shade: number): void {
    if (lines.length === 0) return;
    g.beginPath();
    for (const { shape } of lines) {
      g.moveTo(shape[0]! * at.ax + at.bx, shape[1]! * at.ay + at.by);
      for (let i = 2; i + 1 < shape.length; i += 2) g.lineTo(shape[i]! * at.ax + at.bx, shape[i + 1]! * at.ay + at.by);
    }
    const isHot = shade >= hot;
    g.strokeStyle = this.colours[shade]!;
    g.lineWidth = this.laneWidthM * Math.abs(at.ax) * (isHot ? hotShare : usualShare) + (isHot ? hotLeastPx : usualLeastPx);
    g.stroke();
  }
}

function lineOf(lanes: number[], shape: number[]): Line {
  const line = { lanes, shape, x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  for (let i = 0; i + 1 < shape.length; i += 2) {
    line.x0 = Math.min(line.x0, shape[i]!); line.x1 = Math.max(line.x1, shape[i]!);
    line.y0 = Math.min(line.y0, shape[i + 1]!); line.y1 = Math.max(line.y1, shape[i + 1]!);
  }
  return line;
}
