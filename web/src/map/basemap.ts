// A map of the world to lie under the city: one source of tiles, whatever they come as. Fetched only when the server was
// started with one; both grounds draw from it.
import type { Basemap } from '../model/city';

export interface TileSource {
  /** Tiles are pictures, or Mapbox vector tiles. */
  kind: 'raster' | 'vector';
  leastZoom: number;
  mostZoom: number;
  /** Pixels of a tile's side, at a zoom at which the world has 512 * 2^zoom. */
  sizePx: number;
  /** Whose map it is, as plain text. */
  attribution: string;
  /** The bytes of a tile; null where there is none. */
  tile(z: number, x: number, y: number, signal: AbortSignal): Promise<ArrayBuffer | null>;
}

/** Tiles by address say nothing of their zooms: those that nearly every host has. */
const mostRasterZoom = 19, mostVectorZoom = 14, rasterPx = 256, vectorPx = 512;
/** Tile type of PMTiles 3 that is a vector tile. */
const pmtilesVector = 1;

/** @throws when the archive cannot be read. */
export async function openBasemap(asked: Basemap): Promise<TileSource> {
  if (asked.kind === 'Pmtiles') return openArchive(asked);
  const raster = asked.kind === 'Raster';
  return {
    kind: raster ? 'raster' : 'vector', leastZoom: 0, mostZoom: raster ? mostRasterZoom : mostVectorZoom, sizePx: raster ? rasterPx : vectorPx,
    attribution: asked.attribution ?? new URL(asked.url).host,
    async tile(z, x, y, signal) {
      const url = asked.url.replace('{z}', String(z)).replace('{x}', String(x)).replace('{y}', String(y));
      // Hosts of tiles ask to be told who uses them; they learn this page's origin and nothing else.
      const answer = await fetch(url, { signal, credentials: 'omit', referrerPolicy: 'origin' });
      return answer.ok ? answer.arrayBuffer() : null;
    },
  };
}

async function openArchive(asked: Basemap): Promise<TileSource> {
  const { PMTiles } = await import('pmtiles');
  const archive = new PMTiles(new URL(asked.url, location.origin).href), head = await archive.getHeader();
  const about = await archive.getMetadata().catch(() => null) as { attribution?: unknown } | null;
  const raster = head.tileType !== pmtilesVector;
  return {
    kind: raster ? 'raster' : 'vector', leastZoom: head.minZoom, mostZoom: head.maxZoom, sizePx: raster ? rasterPx : vectorPx,
    attribution: asked.attribution ?? textOf(about?.attribution),
    tile: async (z, x, y, signal) => (await archive.getZxy(z, x, y, signal))?.data ?? null,
  };
}

/** Attributions come as HTML; only what they say is shown. */
function textOf(html: unknown): string {
  return typeof html === 'string' ? new DOMParser().parseFromString(html, 'text/html').body.textContent ?? '' : '';
}
