// A vector tile as paths of a canvas, one for each basemap layer, in the tile's own units.
import { VectorTile } from '@mapbox/vector-tile';
import Pbf from 'pbf';
import { basemapLayers, kindProperties } from './basemapLayers';

/** Paths by position in basemapLayers; the side of the tile in their units. */
export interface TilePaths { extent: number; paths: (Path2D | null)[] }

const pointType = 1, usualExtent = 4096;

/** @throws when the bytes are no vector tile. */
export function pathsOf(bytes: ArrayBuffer): TilePaths {
  const tile = new VectorTile(new Pbf(new Uint8Array(bytes)));
  let extent = usualExtent;
  const paths = basemapLayers.map(wanted => {
    let path: Path2D | null = null;
    for (const name of wanted.sources) {
      const layer = tile.layers[name];
      if (!layer) continue;
      extent = layer.extent;
      for (let k = 0; k < layer.length; k++) {
        const feature = layer.feature(k);
        if (feature.type === pointType || (wanted.kinds.length > 0 && !kindProperties.some(p => wanted.kinds.includes(String(feature.properties[p]))))) continue;
        path ??= new Path2D();
        for (const ring of feature.loadGeometry()) ring.forEach((p, i) => { if (i === 0) path!.moveTo(p.x, p.y); else path!.lineTo(p.x, p.y); });
      }
    }
    return path;
  });
  return { extent, paths };
}
