// What lies under the moving things: the ground of the map, and where it stands. Two do the same: MapLibre by WebGL,
// and a plain canvas for machines without a graphics card.
import type { Bounds, City } from '../model/city';
import type { TileSource } from './basemap';
import type { Pixels } from './lanes';
import type { Plane } from './plane';

/** Where a map looks: a point of the plane, and CSS pixels a metre. */
export interface Sight { x: number; y: number; pxPerM: number }

export interface GroundEvents {
  /** The ground moved, or has another size. */
  moved(): void;
  /** It has come to rest. */
  settled(): void;
  /** The pointer is at a pixel; null: it has left. */
  hover(at: { x: number; y: number } | null): void;
  click(at: { x: number; y: number }): void;
  /** The ground is drawn for the first time. */
  ready(): void;
}

export interface Ground {
  pixels(): Pixels;
  sight(): Sight;
  /** Looks elsewhere, at once or with a slide. */
  look(to: Sight, slide: boolean): void;
  /** Lays a map of the world under the city's own geometry, in the place of its scenery. */
  lay(under: TileSource): void;
  /** Draws anew after a change of colours. */
  restyle(): void;
  remove(): void;
}

export interface GroundSetting { box: HTMLElement; city: City; plane: Plane; start: Sight; label: string; events: GroundEvents }

export const leastZoom = 9, mostZoom = 21;

/** Pixels left free around what is shown: the bars lie above and below. */
const asidePx = 40, abovePx = 60;

/** The sight that shows a box of the plane with some pixels around it. */
export function sightOf(b: Bounds, width: number, height: number, plane: Plane): Sight {
  const room = (px: number, free: number): number => Math.max(50, px - 2 * free);
  const pxPerM = Math.min(room(width, asidePx) / Math.max(1, b.x1 - b.x0), room(height, abovePx) / Math.max(1, b.y1 - b.y0));
  return { x: (b.x0 + b.x1) / 2, y: (b.y0 + b.y1) / 2, pxPerM: within(pxPerM, plane) };
}

export function within(pxPerM: number, plane: Plane): number {
  return Math.min(plane.pixelsPerMetre(mostZoom), Math.max(plane.pixelsPerMetre(leastZoom), pxPerM));
}

/** True where WebGL is there and done by a graphics card: in software it takes seconds for what a canvas does at once. */
export function hasGraphicsCard(): boolean {
  try {
    const gl = document.createElement('canvas').getContext('webgl2', { failIfMajorPerformanceCaveat: true });
    if (!gl) return false;
    const about = gl.getExtension('WEBGL_debug_renderer_info');
    const name = about ? String(gl.getParameter(about.UNMASKED_RENDERER_WEBGL)) : '';
    gl.getExtension('WEBGL_lose_context')?.loseContext();
    return !/swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
  } catch {
    return false;
  }
}
