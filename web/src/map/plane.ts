// The city's plane in metres, tied to Mercator's square so that MapLibre can draw it.
import type { City } from '../model/city';

/** Metres of one degree on the sphere that Web Mercator uses (radius 6,378,137 m). */
const metresPerDegree = 6378137 * Math.PI / 180;

export interface Plane {
  lngLat(x: number, y: number): [number, number];
  /** The point of the plane at a longitude and latitude. */
  xy(lng: number, lat: number): [number, number];
  /** Mercator position, 0..1, of a point of the plane. */
  mercator(x: number, y: number): [number, number];
  /** The point of the plane at a Mercator position. */
  ofMercator(x: number, y: number): [number, number];
  /** Pixels of one metre at a zoom (512-pixel tiles). */
  pixelsPerMetre(zoom: number): number;
  zoomOf(pixelsPerMetre: number): number;
}

export function planeOf(city: City): Plane {
  const lat0 = city.origin?.latitudeDeg ?? 0, lng0 = city.origin?.longitudeDeg ?? 0;
  const cos = Math.cos(lat0 * Math.PI / 180);
  const xy = (lng: number, lat: number): [number, number] => [(lng - lng0) * metresPerDegree * cos, (lat - lat0) * metresPerDegree];
  const lngLat = (x: number, y: number): [number, number] => [lng0 + x / (metresPerDegree * cos), lat0 + y / metresPerDegree];
  return {
    lngLat,
    mercator(x, y) {
      const [lng, lat] = lngLat(x, y);
      return [(lng + 180) / 360, 0.5 - Math.log(Math.tan(Math.PI / 4 + lat * Math.PI / 360)) / (2 * Math.PI)];
    },
    ofMercator: (x, y) => xy(x * 360 - 180, Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180 / Math.PI),
    xy,
    zoomOf: pxPerM => Math.log2(pxPerM * 2 * Math.PI * 6378137 * cos / 512),
    pixelsPerMetre: zoom => 512 * 2 ** zoom / (2 * Math.PI * 6378137 * cos),
  };
}
