// Corridors: signals in a row along one street, in one direction of travel.
import type { City } from './city';

/** Lanes side by side on the way to a stop line. */
export interface Piece {
  lanes: number[];
  lengthM: number;
  /** Metres from its downstream end to the stop line. */
  aheadM: number;
}
export interface Stop {
  intersection: number;
  /** Metres along the corridor from its first signal. */
  atM: number;
  /** Groups and stop-line lanes of the through traffic. */
  groups: number[];
  lanes: number[];
  /** The way to its stop line from the signal before, the last metres first. */
  pieces: Piece[];
}
export interface Corridor { key: string; name: string; street: string; stops: Stop[]; freeMps: number }

const arrows = ['→', '↗', '↑', '↖', '←', '↙', '↓', '↘'];
/** Lanes that are followed from one signal to the next. */
const mostLanes = 200, mostPieces = 16;

/** The through lanes of one street into one signal, in one direction. */
interface Way { intersection: number; street: string; lanes: number[]; next: Way | null; hasBefore: boolean }

/** Streets that pass two signals or more, each direction as its vehicles drive it; those with most signals first. */
export function corridorsOf(city: City): Corridor[] {
  const ways = waysOf(city), ofLane = new Map<number, Way>(), downstream: number[][] = city.lanes.map(() => []);
  for (const way of ways) for (const lane of way.lanes) ofLane.set(lane, way);
  city.lanes.forEach((lane, l) => lane.upstream.forEach(u => downstream[u]?.push(l)));
  for (const way of ways) {
    way.next = nextOf(city, way, ofLane, downstream);
    if (way.next) way.next.hasBefore = true;
  }
  const chains: Way[][] = [], seen = new Set<Way>();
  // Those with a beginning first; what is left then are streets that run in a ring.
  for (const way of [...ways.filter(w => !w.hasBefore), ...ways]) {
    const chain: Way[] = [];
    for (let w: Way | null = way; w && !seen.has(w); w = w.next) { seen.add(w); chain.push(w); }
    if (chain.length >= 2) chains.push(chain);
  }
  const found = chains.map(chain => rowOf(city, chain)), names = new Map<string, number>();
  for (const c of found) names.set(c.name, (names.get(c.name) ?? 0) + 1);
  for (const c of found) {
    const ends = [c.stops[0]!, c.stops[c.stops.length - 1]!].map(s => city.intersections[s.intersection]!.id);
    if (names.get(c.name)! > 1) c.key = c.name = `${c.name} ${ends.join('–')}`;
  }
  return found.sort((a, b) => b.stops.length - a.stops.length || a.name.localeCompare(b.name));
}

function waysOf(city: City): Way[] {
  const ways: Way[] = [];
  city.intersections.forEach((place, intersection) => {
    const byRoad = new Map<string, Way>();
    for (const l of place.stopLineLanes) {
      const lane = city.lanes[l]!;
      if (!lane.street || !place.movements.some(m => m.from === l && m.turn === 'Straight')) continue;
      const key = lane.road ?? lane.id, way = byRoad.get(key);
      if (way) way.lanes.push(l);
      else byRoad.set(key, { intersection, street: lane.street, lanes: [l], next: null, hasBefore: false });
    }
    ways.push(...byRoad.values());
  });
  return ways;
}

/** Where vehicles that go straight on come to the next signal of the same street. */
function nextOf(city: City, way: Way, ofLane: Map<number, Way>, downstream: number[][]): Way | null {
  const place = city.intersections[way.intersection]!;
  const queue = place.movements.filter(m => way.lanes.includes(m.from) && m.turn === 'Straight').map(m => m.to), seen = new Set(queue);
  for (let k = 0; k < queue.length && k < mostLanes; k++) {
    const lane = queue[k]!, there = ofLane.get(lane);
    if (there && there.street === way.street && there.intersection !== way.intersection) return there;
    if (city.lanes[lane]!.intersection >= 0) continue;
    for (const l of downstream[lane]!) if (!seen.has(l)) { seen.add(l); queue.push(l); }
  }
  return null;
}

/** Upstream from the stop line, lane beside lane, until the box of the signal before. */
function piecesOf(city: City, way: Way): Piece[] {
  const pieces: Piece[] = [], seen = new Set<number>();
  let lanes = way.lanes, aheadM = 0;
  while (lanes.length > 0 && pieces.length < mostPieces) {
    const lengthM = Math.max(...lanes.map(l => city.lanes[l]!.lengthM));
    pieces.push({ lanes, lengthM, aheadM });
    aheadM += lengthM;
    lanes.forEach(l => seen.add(l));
    lanes = [...new Set(lanes.flatMap(l => city.lanes[l]!.upstream))].filter(l => {
      const lane = city.lanes[l]!;
      return !seen.has(l) && !lane.onFoot && lane.intersection < 0 && lane.boxOf < 0 && (lane.kind === 'Box' || lane.street === way.street);
    });
  }
  return pieces;
}

/** Metres from one signal to the next along the lanes; straight on where they are not known. */
function distanceM(city: City, from: { x: number; y: number }, to: { x: number; y: number }, pieces: Piece[]): number {
  const last = pieces[pieces.length - 1]!, shape = city.lanes[last.lanes[0]!]!.shape;
  const along = shape.length >= 2 ? last.aheadM + last.lengthM + Math.hypot(shape[0]! - from.x, shape[1]! - from.y) : 0;
  return Math.max(along, Math.hypot(to.x - from.x, to.y - from.y));
}

function rowOf(city: City, chain: Way[]): Corridor {
  const at = chain.map(w => city.intersections[w.intersection]!);
  let atM = 0, turned = 0;
  const stops = chain.map((w, k): Stop => {
    const here = at[k]!, before = at[Math.max(0, k - 1)]!, pieces = piecesOf(city, w);
    if (k > 0) atM += distanceM(city, before, here, pieces);
    turned += before.x * here.y - here.x * before.y;
    const groups = [...new Set(here.movements.filter(m => w.lanes.includes(m.from) && m.turn === 'Straight').map(m => m.group))];
    return { intersection: w.intersection, atM, groups, lanes: w.lanes, pieces };
  });
  const first = at[0]!, last = at[at.length - 1]!, dx = last.x - first.x, dy = last.y - first.y;
  const round = Math.hypot(dx, dy) < 0.5 * atM; // it comes back to where it began
  const sign = round ? (turned + last.x * first.y - first.x * last.y > 0 ? '↺' : '↻') : arrows[((Math.round(Math.atan2(dy, dx) / (Math.PI / 4)) % 8) + 8) % 8]!;
  const limits = chain.map(w => city.lanes[w.lanes[0]!]!.speedMps), name = `${chain[0]!.street} ${sign}`;
  return { key: name, name, street: chain[0]!.street, stops, freeMps: limits.reduce((s, v) => s + v, 0) / limits.length || 13.9 };
}
