// Which class a lane has on each layer, and what the classes look like.
import type { City } from '../model/city';
import type { Picture } from '../live/picture';
import type { Key } from '../text';

export type Layer = 'speed' | 'queue' | 'signals' | 'sensors';
export const layers: readonly Layer[] = ['speed', 'queue', 'signals', 'sensors'];

/** Lane classes; the number is the map's feature state. */
export const enum Shade { NoData = 0, Empty = 1, Free = 2, Slow = 3, Jam = 4 }
export const shadeTokens = ['nodata', 'empty', 'free', 'slow', 'jam'];

const unseenBit = 2;

export function shade(layer: Layer, city: City, p: Picture, l: number): Shade {
  const lane = city.lanes[l]!;
  if (layer === 'sensors') {
    if (!(p.laneFlags[l]! & unseenBit) && p.confidence[l] === 0) return Shade.NoData;
    return p.confidence[l]! >= 0.7 ? Shade.Free : p.confidence[l]! >= 0.3 ? Shade.Slow : Shade.Jam;
  }
  if (layer === 'signals') return Shade.Empty;
  if (!(p.laneFlags[l]! & unseenBit)) return Shade.NoData;
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
  queue: [[Shade.Free, 'legend.short'], [Shade.Slow, 'legend.half'], [Shade.Jam, 'legend.full'], [Shade.Empty, 'legend.empty'], [Shade.NoData, 'legend.nodata']],
  signals: [],
  sensors: [[Shade.Free, 'legend.good'], [Shade.Slow, 'legend.weak'], [Shade.Jam, 'legend.bad'], [Shade.NoData, 'legend.nodata']],
};
