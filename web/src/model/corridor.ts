// Corridors: signals in a row along one street, in one direction of travel.
import { pointBeforeEnd, type City } from './city';

export interface Stop {
  intersection: number;
  /** Metres along the corridor from its first signal. */
  atM: number;
  /** Groups and stop-line lanes of the through traffic. */
  groups: number[];
  lanes: number[];
}
export interface Corridor { key: string; name: string; street: string; stops: Stop[]; freeMps: number }

const arrows = ['→', '↗', '↑', '↖', '←', '↙', '↓', '↘'];

/** Streets that pass two signals or more, both ways, those with most signals first. */
export function corridorsOf(city: City): Corridor[] {
  const approaches = new Map<string, { intersection: number; lanes: number[]; dx: number; dy: number }[]>();
  city.intersections.forEach((place, intersection) => {
    const byDirection = new Map<string, { intersection: number; lanes: number[]; dx: number; dy: number }>();
    for (const l of place.stopLineLanes) {
      const lane = city.lanes[l]!, end = pointBeforeEnd(lane.shape, 0);
      if (!lane.street || !end || !place.movements.some(m => m.from === l && m.turn === 'Straight')) continue;
      const key = `${lane.street}\n${Math.round(Math.atan2(end.dy, end.dx) / (Math.PI / 2))}`;
      const entry = byDirection.get(key) ?? { intersection, lanes: [], dx: end.dx, dy: end.dy };
      entry.lanes.push(l);
      byDirection.set(key, entry);
    }
    for (const [key, entry] of byDirection) approaches.set(key.split('\n')[0]!, [...(approaches.get(key.split('\n')[0]!) ?? []), entry]);
  });
  const found: Corridor[] = [];
  for (const [street, all] of approaches) {
    for (const side of splitByDirection(all)) {
      const corridor = rowOf(city, street, side);
      if (corridor.stops.length >= 2) found.push(corridor);
    }
  }
  return found.sort((a, b) => b.stops.length - a.stops.length || a.name.localeCompare(b.name));
}

type Way = { intersection: number; lanes: number[]; dx: number; dy: number };

/** Along the street's main axis, and against it. */
function splitByDirection(all: Way[]): Way[][] {
  const first = all[0]!;
  const along = all.filter(a => a.dx * first.dx + a.dy * first.dy >= 0);
  const against = all.filter(a => a.dx * first.dx + a.dy * first.dy < 0);
  return [along, against].filter(x => x.length > 0);
}

function rowOf(city: City, street: string, ways: Way[]): Corridor {
  const dx = ways.reduce((s, w) => s + w.dx, 0), dy = ways.reduce((s, w) => s + w.dy, 0), n = Math.hypot(dx, dy) || 1;
  const along = (w: Way): number => (city.intersections[w.intersection]!.x * dx + city.intersections[w.intersection]!.y * dy) / n;
  const sorted = [...ways].sort((a, b) => along(a) - along(b));
  let atM = 0;
  const stops = sorted.map((w, k): Stop => {
    const here = city.intersections[w.intersection]!, before = k > 0 ? city.intersections[sorted[k - 1]!.intersection]! : here;
    atM += Math.hypot(here.x - before.x, here.y - before.y);
    const groups = [...new Set(here.movements.filter(m => w.lanes.includes(m.from) && m.turn === 'Straight').map(m => m.group))];
    return { intersection: w.intersection, atM, groups, lanes: w.lanes };
  });
  const limits = sorted.map(w => city.lanes[w.lanes[0]!]!.speedMps);
  const way = arrows[((Math.round(Math.atan2(dy, dx) / (Math.PI / 4)) % 8) + 8) % 8]!;
  return {
    key: `${street} ${way}`, name: `${street} ${way}`, street, stops,
    freeMps: limits.reduce((s, v) => s + v, 0) / Math.max(1, limits.length) || 13.9,
  };
}
