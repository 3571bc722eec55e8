// Which class a lane has on each layer, and what the classes look like.
import type { City } from '../model/city';
import type { Picture } from '../live/picture';
import type { Key } from '../text';

export const layers = ['speed', 'unusual', 'stops', 'queue', 'signals', 'alarms', 'control', 'sensors'] as const;
export type Layer = (typeof layers)[number];

/** Lane classes; the number is the map's feature state. */
export const enum Shade { NoData = 0, Empty = 1, Free = 2, Slow = 3, Jam = 4 }
export const shadeTokens = ['nodata', 'empty', 'free', 'slow', 'jam'];

const unseenBit = 2;

/** Layers that tell of intersections: their lanes stay quiet. */
export const placeLayers: ReadonlySet<Layer> = new Set<Layer>(['signals', 'alarms', 'control']);

export function shade(layer: Layer, city: City, p: Picture, l: number): Shade {
  const lane = city.lanes[l]!;
  if (layer === 'sensors') {
    if (!(p.laneFlags[l]! & unseenBit) && p.confidence[l] === 0) return Shade.NoData;
    return p.confidence[l]! >= 0.7 ? Shade.Free : p.confidence[l]! >= 0.3 ? Shade.Slow : Shade.Jam;
  }
  if (placeLayers.has(layer)) return Shade.Empty;
  if (!(p.laneFlags[l]! & unseenBit)) return Shade.NoData;
  if (layer === 'unusual') return [Shade.NoData, Shade.Empty, Shade.Slow, Shade.Jam][p.unusualOf(l)]!;
  if (layer === 'stops') {
    const n = p.stopped[l]!;
    return n === 0 ? Shade.Empty : n < 4 ? Shade.Free : n < 10 ? Shade.Slow : Shade.Jam;
  }
  if (layer === 'queue') {
    const share = p.queueM[l]! / lane.lengthM;
    return p.queueM[l]! < 1 ? Shade.Empty : share < 0.35 ? Shade.Free : share < 0.75 ? Shade.Slow : Shade.Jam;
  }
  if (p.vehicles[l] === 0 || p.speed[l]! < 0) return Shade.Empty;
  // Levels of service of urban streets by speed against free speed (HCM 2016, exh. 16-3): above 67 % is A to B,
  // above 40 % is C to D, below it E to F.
  const share = p.speed[l]! / lane.speedMps;
  return share > 0.67 ? Shade.Free : share > 0.4 ? Shade.Slow : Shade.Jam;
}

export const legends: Record<Layer, [Shade, Key][]> = {
  speed: [[Shade.Free, 'legend.free'], [Shade.Slow, 'legend.slow'], [Shade.Jam, 'legend.jam'], [Shade.Empty, 'legend.empty'], [Shade.NoData, 'legend.nodata']],
  unusual: [[Shade.Empty, 'legend.usual'], [Shade.Slow, 'legend.more'], [Shade.Jam, 'legend.muchmore'], [Shade.NoData, 'legend.nohistory']],
  stops: [[Shade.Free, 'legend.stops1'], [Shade.Slow, 'legend.stops4'], [Shade.Jam, 'legend.stops10'], [Shade.Empty, 'legend.stops0'], [Shade.NoData, 'legend.nodata']],
  queue: [[Shade.Free, 'legend.short'], [Shade.Slow, 'legend.half'], [Shade.Jam, 'legend.full'], [Shade.Empty, 'legend.empty'], [Shade.NoData, 'legend.nodata']],
  signals: [],
  alarms: [],
  control: [],
  sensors: [[Shade.Free, 'legend.good'], [Shade.Slow, 'legend.weak'], [Shade.Jam, 'legend.bad'], [Shade.NoData, 'legend.nodata']],
};
