// Rings and barriers, read out of a stage plan: groups that are green in the same stages go together, and those that
// never share a stage follow each other in one ring. A barrier stands where every ring changes at once.
import type { Intersection } from './city';
import { isGreen } from './greens';

/** Groups that are green in the same stages. Gives way in some of them: the letter there is g. */
export interface RingPart { groups: number[]; onFoot: boolean; stages: boolean[]; yields: boolean[] }
export interface Rings {
  /** The parts of each ring; no two of a ring are green in the same stage. Vehicles first, then people on foot. */
  rings: RingPart[][];
  /** A barrier before stage k: no vehicle group is green both there and in the stage before, the last being before the first. */
  barriers: boolean[];
}

export function ringsOf(place: Intersection): Rings {
  const parts = new Map<string, RingPart>(), stages = place.stages.map((_, k) => k);
  place.groups.forEach((group, g) => {
    const green = stages.map(k => isGreen(place, k, g)), yields = stages.map(k => place.stages[k]!.aspects[g] === 'g');
    if (!green.includes(true)) return;
    const onFoot = group.kind === 'Pedestrian', key = `${onFoot}${green.map(Number)}${yields.map(Number)}`, part = parts.get(key);
    if (part) part.groups.push(g);
    else parts.set(key, { groups: [g], onFoot, stages: green, yields });
  });
  const rings: RingPart[][] = [];
  const first = (p: RingPart): number => p.stages.indexOf(true);
  const sorted = [...parts.values()].sort((a, b) => Number(a.onFoot) - Number(b.onFoot) || first(a) - first(b));
  for (const part of sorted) {
    const fits = rings.find(ring => ring.every(other => other.onFoot === part.onFoot && !other.stages.some((on, k) => on && part.stages[k])));
    if (fits) fits.push(part);
    else rings.push([part]);
  }
  const vehicles = sorted.filter(p => !p.onFoot), n = stages.length;
  return { rings, barriers: stages.map(k => n > 1 && !vehicles.some(p => p.stages[k] && p.stages[(k + n - 1) % n])) };
}
