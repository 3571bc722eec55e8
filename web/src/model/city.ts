// The network as /api/v1/city gives it. All cross references are positions in the arrays.

export type LaneKind = 'Road' | 'Box' | 'Crossing' | 'Walkway';
export type GroupKind = 'Vehicle' | 'Pedestrian' | 'Bicycle' | 'Tram';
export type Turn = 'Straight' | 'Left' | 'Right' | 'UTurn' | 'SlightLeft' | 'SlightRight' | 'Crossing';

export interface Lane {
  id: string; kind: LaneKind; lengthM: number; speedMps: number; widthM: number; onFoot: boolean;
  street: string | null; road: string | null; intersection: number; boxOf: number; upstream: number[];
  /** x, y, x, y ... in metres; the downstream end last. */
  shape: number[];
}
export interface Group { id: string; kind: GroupKind; shortestGreenS: number }
export interface Movement { group: number; from: number; to: number; via: number[]; turn: Turn }
export interface Stage { id: string; aspects: string }
export interface Programme { id: string; cycleS: number; intervals: { stage: number; seconds: number }[] }
export interface Intersection {
  id: string; name: string; district: number; x: number; y: number;
  maxGreenS: number; maxWaitS: number; fallbackS: number;
  groups: Group[]; movements: Movement[]; stages: Stage[]; programme: Programme | null;
  stopLineLanes: number[]; exitLanes: number[]; boxLanes: number[];
}
export interface Detector {
  id: string; kind: 'Loop' | 'Camera' | 'Button'; intersection: number; lane: number; group: number; atM: number; reachM: number;
}
export interface Scenery { kind: string; name: string | null; widthM: number; outline: number[] }
/** Tiles by address, or one PMTiles archive; see src/Dashboard/Web/Basemap.cs. */
export interface Basemap { kind: 'Raster' | 'Vector' | 'Pmtiles'; url: string; attribution: string | null }
export interface City {
  name: string;
  origin: { latitudeDeg: number; longitudeDeg: number } | null;
  timeZone: string | null;
  districts: { id: string; name: string }[];
  lanes: Lane[];
  intersections: Intersection[];
  detectors: Detector[];
  scenery: Scenery[];
  /** Chinese forms of the names of streets, parks, districts and the city. */
  chineseNames: Record<string, string>;
  basemap: Basemap | null;
}

export interface Bounds { x0: number; y0: number; x1: number; y1: number }

/** The smallest box around some lanes; a box of 1 m where they have no shape. */
export function boundsOf(lanes: Iterable<Lane>, centre?: { x: number; y: number }): Bounds {
  const b: Bounds = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  const add = (x: number, y: number): void => {
    b.x0 = Math.min(b.x0, x); b.x1 = Math.max(b.x1, x);
    b.y0 = Math.min(b.y0, y); b.y1 = Math.max(b.y1, y);
  };
  for (const lane of lanes) for (let i = 0; i + 1 < lane.shape.length; i += 2) add(lane.shape[i]!, lane.shape[i + 1]!);
  if (centre) add(centre.x, centre.y);
  if (!Number.isFinite(b.x0)) return { x0: 0, y0: 0, x1: 1, y1: 1 };
  return b;
}

export interface Along { x: number; y: number; dx: number; dy: number }

/** The point of a lane some metres before its downstream end, and the direction of travel there. */
export function pointBeforeEnd(shape: number[], metres: number): Along | null {
  let left = Math.max(0, metres);
  for (let i = shape.length - 2; i >= 2; i -= 2) {
    const x1 = shape[i]!, y1 = shape[i + 1]!, x0 = shape[i - 2]!, y0 = shape[i - 1]!;
    const length = Math.hypot(x1 - x0, y1 - y0);
    if (length <= 0) continue;
    const dx = (x1 - x0) / length, dy = (y1 - y0) / length;
    if (left <= length || i === 2) {
      const back = Math.min(left, length);
      return { x: x1 - dx * back, y: y1 - dy * back, dx, dy };
    }
    left -= length;
  }
  return null;
}

/** The last metres of a lane as x, y pairs, upstream first. */
export function tailOf(shape: number[], metres: number): number[] {
  const points: number[] = [];
  let left = metres;
  for (let i = shape.length - 2; i >= 0; i -= 2) {
    points.unshift(shape[i]!, shape[i + 1]!);
    if (i < 2) break;
    const length = Math.hypot(shape[i]! - shape[i - 2]!, shape[i + 1]! - shape[i - 1]!);
    if (left < length) {
      const at = pointBeforeEnd(shape, metres);
      if (at) points.unshift(at.x, at.y);
      break;
    }
    left -= length;
  }
  return points;
}

/** The area of a junction: the convex hull of where its lanes end and begin, as x, y pairs. */
export function boxHull(city: City, place: Intersection): number[] {
  const points: [number, number][] = [];
  const corners = (lane: Lane, atEnd: boolean): void => {
    const s = lane.shape, n = s.length;
    if (n < 4) return;
    const [x, y, fx, fy] = atEnd ? [s[n - 2]!, s[n - 1]!, s[n - 4]!, s[n - 3]!] : [s[0]!, s[1]!, s[2]!, s[3]!];
    const length = Math.hypot(x - fx, y - fy) || 1, half = lane.widthM / 2;
    const nx = -(y - fy) / length * half, ny = (x - fx) / length * half;
    points.push([x + nx, y + ny], [x - nx, y - ny]);
  };
  for (const l of place.stopLineLanes) corners(city.lanes[l]!, true);
  for (const l of place.exitLanes) corners(city.lanes[l]!, false);
  return hullOf(points).flat();
}

/** Convex hull by Andrew's monotone chain (Information Processing Letters 9, 1979). */
function hullOf(points: [number, number][]): [number, number][] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  if (sorted.length < 3) return sorted;
  const half = (row: [number, number][]): [number, number][] => {
    const chain: [number, number][] = [];
    for (const p of row) {
      while (chain.length >= 2) {
        const a = chain[chain.length - 2]!, b = chain[chain.length - 1]!;
        if ((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) > 0) break;
        chain.pop();
      }
      chain.push(p);
    }
    chain.pop();
    return chain;
  };
  return [...half(sorted), ...half(sorted.reverse())];
}
