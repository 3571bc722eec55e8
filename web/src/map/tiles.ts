// The basemap's tiles on a plain canvas: those in sight are fetched, kept and drawn where they belong; until one is
// there, its nearest ancestor that is.
import { look, token } from '../ui/look';
import type { TileSource } from './basemap';
import { basemapLayers, rasterOpacity } from './basemapLayers';
import type { Pixels } from './lanes';
import type { Plane } from './plane';
import type { TilePaths } from './vectorTile';

/** Tiles that are kept; the longest unused goes first. So many in sight at most: beyond, a smaller zoom does. */
const mostKept = 512, mostInSight = 200, mostAncestors = 6;

type Drawn = ImageBitmap | TilePaths;
/** null: there is none, or it cannot be read. */
type Kept = Drawn | null | 'asked';

export class TileLayer {
  private readonly kept = new Map<string, Kept>();
  private readonly gone = new AbortController();

  /** @param changed is called when a tile has come. */
  constructor(private readonly source: TileSource, private readonly plane: Plane, private readonly changed: () => void) {}

  remove(): void {
    this.gone.abort();
    this.kept.clear();
  }

  /** Draws what is in sight; the canvas is in device pixels, `ratio` of them a CSS pixel. */
  draw(g: CanvasRenderingContext2D, at: Pixels, ratio: number): void {
    const { z, x0, x1, y0, y1 } = this.inSight(at, ratio);
    g.save();
    for (let x = x0; x <= x1; x++) for (let y = y0; y <= y1; y++) this.drawTile(g, at, ratio, z, x, y);
    g.restore();
  }

  private inSight(at: Pixels, ratio: number): { z: number; x0: number; x1: number; y0: number; y1: number } {
    const { source, plane } = this, at0 = (x: number, y: number): [number, number] => plane.mercator((x - at.bx) / at.ax, (y - at.by) / at.ay);
    const [left, top] = at0(0, 0), [right, bottom] = at0(at.width, at.height);
    const wished = plane.zoomOf(at.ax * (source.kind === 'raster' ? ratio : 1)) + Math.log2(512 / source.sizePx);
    for (let z = Math.max(source.leastZoom, Math.min(source.mostZoom, Math.round(wished))); ; z--) {
      const n = 2 ** z, tile = (share: number): number => Math.max(0, Math.min(n - 1, Math.floor(share * n)));
      const range = { z, x0: tile(left), x1: tile(right), y0: tile(top), y1: tile(bottom) };
      if (z <= source.leastZoom || (range.x1 - range.x0 + 1) * (range.y1 - range.y0 + 1) <= mostInSight) return range;
    }
  }

  private drawTile(g: CanvasRenderingContext2D, at: Pixels, ratio: number, z: number, x: number, y: number): void {
    const [left, top, right, bottom] = this.box(at, z, x, y);
    this.ask(z, x, y);
    for (let up = 0; up <= Math.min(z, mostAncestors); up++) {
      const got = this.use(`${z - up}/${x >> up}/${y >> up}`);
      if (!got || got === 'asked') continue;
      g.setTransform(ratio, 0, 0, ratio, 0, 0);
      g.save();
      g.beginPath();
      // Whole device pixels: neighbours share an edge without a seam.
      const snap = (v: number): number => Math.round(v * ratio) / ratio;
      g.rect(snap(left), snap(top), snap(right) - snap(left), snap(bottom) - snap(top));
      g.clip();
      const [l, t, r, b] = this.box(at, z - up, x >> up, y >> up);
      if ('paths' in got) drawPaths(g, got, l, t, r - l, b - t);
      else {
        g.globalAlpha = rasterOpacity[look.peek() === 'light' ? 'light' : 'dark'];
        g.drawImage(got, l, t, r - l, b - t);
      }
      g.restore();
      return;
    }
  }

  /** A tile's edges in CSS pixels: left, top, right, bottom. */
  private box(at: Pixels, z: number, x: number, y: number): [number, number, number, number] {
    const n = 2 ** z, [l, t] = this.plane.ofMercator(x / n, y / n), [r, b] = this.plane.ofMercator((x + 1) / n, (y + 1) / n);
    return [l * at.ax + at.bx, t * at.ay + at.by, r * at.ax + at.bx, b * at.ay + at.by];
  }

  private use(key: string): Kept | undefined {
    const got = this.kept.get(key);
    if (got === undefined) return undefined;
    this.kept.delete(key);
    this.kept.set(key, got);
    return got;
  }

  private ask(z: number, x: number, y: number): void {
    const key = `${z}/${x}/${y}`;
    if (this.kept.has(key)) return;
    for (const old of this.kept.keys()) {
      if (this.kept.size < mostKept) break;
      this.kept.delete(old);
    }
    this.kept.set(key, 'asked');
    void this.fetch(z, x, y).catch(() => null).then(got => {
      if (this.gone.signal.aborted) return;
      this.kept.set(key, got);
      if (got) this.changed();
    });
  }

  private async fetch(z: number, x: number, y: number): Promise<Drawn | null> {
    const bytes = await this.source.tile(z, x, y, this.gone.signal);
    if (!bytes) return null;
    if (this.source.kind === 'raster') return createImageBitmap(new Blob([bytes]));
    return (await import('./vectorTile')).pathsOf(bytes);
  }
}

function drawPaths(g: CanvasRenderingContext2D, tile: TilePaths, x: number, y: number, width: number, height: number): void {
  g.translate(x, y);
  g.scale(width / tile.extent, height / tile.extent);
  basemapLayers.forEach((layer, k) => {
    const path = tile.paths[k];
    if (!path) return;
    if (layer.how === 'fill') {
      g.fillStyle = token(layer.colour);
      g.fill(path);
    } else {
      g.strokeStyle = token(layer.colour);
      g.lineWidth = layer.widthPx * tile.extent / width;
      g.stroke(path);
    }
  });
}
