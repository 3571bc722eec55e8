// MapLibre's style of the ground: geometry of our own, no glyph, no sprite, no request; and tiles, where a basemap lies under it.
import type { ExpressionSpecification, LayerSpecification, SourceSpecification, StyleSpecification } from 'maplibre-gl';
import { boxHull, type City } from '../model/city';
import { look, token } from '../ui/look';
import type { TileSource } from './basemap';
import { basemapLayers, kindProperties, rasterOpacity } from './basemapLayers';
import type { Plane } from './plane';

/** How MapLibre asks for tiles of the basemap: GlGround answers. */
export const tileProtocol = 'basemap';

type Feature = GeoJSON.Feature;

function line(plane: Plane, shape: number[]): [number, number][] {
  const points: [number, number][] = [];
  for (let i = 0; i + 1 < shape.length; i += 2) points.push(plane.lngLat(shape[i]!, shape[i + 1]!));
  return points;
}

/** A width in metres of the ground, never thinner than some pixels. */
function metresWide(plane: Plane, factor: number, leastPx: number): ExpressionSpecification {
  const at = (zoom: number): ExpressionSpecification => ['+', leastPx, ['*', ['get', 'w'], factor * plane.pixelsPerMetre(zoom)]];
  return ['interpolate', ['exponential', 2], ['zoom'], 8, at(8), 22, at(22)];
}

export function sourcesOf(city: City, plane: Plane): { scenery: Feature[]; lanes: Feature[]; boxes: Feature[] } {
  const scenery: Feature[] = city.scenery.filter(s => s.outline.length >= 4).map(s => {
    const points = line(plane, s.outline);
    const isLine = s.kind === 'river' || s.kind === 'rail';
    if (!isLine) points.push(points[0]!);
    return {
      type: 'Feature', properties: { kind: s.kind, w: s.widthM || 6 },
      geometry: isLine ? { type: 'LineString', coordinates: points } : { type: 'Polygon', coordinates: [points] },
    };
  });
  const lanes: Feature[] = [], boxes: Feature[] = [];
  city.lanes.forEach(lane => {
    if (lane.shape.length < 4) return;
    const feature: Feature = {
      type: 'Feature', properties: { w: lane.widthM, kind: lane.kind },
      geometry: { type: 'LineString', coordinates: line(plane, lane.shape) },
    };
    (lane.kind === 'Road' && !lane.onFoot ? lanes : boxes).push(feature);
  });
  for (const place of city.intersections) {
    const ring = line(plane, boxHull(city, place));
    if (ring.length < 3) continue;
    boxes.push({ type: 'Feature', properties: { kind: 'Hull', w: 0 }, geometry: { type: 'Polygon', coordinates: [[...ring, ring[0]!]] } });
  }
  return { scenery, lanes, boxes };
}

function basemapSource(under: TileSource): SourceSpecification {
  const zooms = { minzoom: under.leastZoom, maxzoom: under.mostZoom }, tiles = [`${tileProtocol}://{z}/{x}/{y}`];
  return under.kind === 'raster' ? { type: 'raster', tiles, tileSize: under.sizePx, ...zooms } : { type: 'vector', tiles, ...zooms };
}

function layersUnder(under: TileSource): LayerSpecification[] {
  if (under.kind === 'raster') {
    const opacity = rasterOpacity[look.peek() === 'light' ? 'light' : 'dark'];
    return [{ id: 'basemap', type: 'raster', source: 'basemap', paint: { 'raster-opacity': opacity, 'raster-fade-duration': 0 } }];
  }
  return basemapLayers.flatMap(({ id, sources, colour, how, kinds, widthPx }) => sources.map((name): LayerSpecification => {
    const common = { id: `basemap-${id}-${name}`, source: 'basemap', 'source-layer': name };
    const ofKind: ExpressionSpecification = ['any', ...kindProperties.map((p): ExpressionSpecification => ['in', ['get', p], ['literal', kinds]])];
    const filter = kinds.length > 0 ? { filter: ofKind } : {};
    return how === 'fill' ? { ...common, ...filter, type: 'fill', paint: { 'fill-color': token(colour) } }
      : { ...common, ...filter, type: 'line', paint: { 'line-color': token(colour), 'line-width': widthPx } };
  }));
}

export function styleOf(city: City, plane: Plane, under: TileSource | null): StyleSpecification {
  const data = sourcesOf(under ? { ...city, scenery: [] } : city, plane);
  const collection = (features: Feature[]): GeoJSON.FeatureCollection => ({ type: 'FeatureCollection', features });
  const kindIs = (...kinds: string[]): ExpressionSpecification => ['in', ['get', 'kind'], ['literal', kinds]];
  return {
    version: 8,
    sources: {
      ...(under ? { basemap: basemapSource(under) } : {}),
      scenery: { type: 'geojson', data: collection(data.scenery) },
      boxes: { type: 'geojson', data: collection(data.boxes) },
      lanes: { type: 'geojson', data: collection(data.lanes), tolerance: 0.2 },
    },
    layers: [
      { id: 'land', type: 'background', paint: { 'background-color': token('land') } },
      ...(under ? layersUnder(under) : []),
      { id: 'park', type: 'fill', source: 'scenery', filter: kindIs('park', 'square'), paint: { 'fill-color': token('park') } },
      { id: 'water', type: 'fill', source: 'scenery', filter: kindIs('water'), paint: { 'fill-color': token('water') } },
      { id: 'river', type: 'line', source: 'scenery', filter: kindIs('river'), layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': token('water'), 'line-width': metresWide(plane, 1, 1) } },
      { id: 'building', type: 'fill', source: 'scenery', filter: kindIs('building'), minzoom: 13, paint: { 'fill-color': token('building') } },
      { id: 'rail', type: 'line', source: 'scenery', filter: kindIs('rail'), paint: { 'line-color': token('strong'), 'line-width': 1.5, 'line-dasharray': [4, 3] } },
      { id: 'box-edge', type: 'line', source: 'boxes', filter: kindIs('Box'), layout: { 'line-cap': 'butt', 'line-join': 'round' }, paint: { 'line-color': token('road-edge'), 'line-width': metresWide(plane, 1.35, 1) } },
      { id: 'lane-edge', type: 'line', source: 'lanes', layout: { 'line-cap': 'butt', 'line-join': 'round' }, paint: { 'line-color': token('road-edge'), 'line-width': metresWide(plane, 1.45, 2) } },
      { id: 'walk', type: 'line', source: 'boxes', filter: kindIs('Walkway'), minzoom: 15, paint: { 'line-color': token('kerb'), 'line-width': metresWide(plane, 0.9, 0) } },
      { id: 'box', type: 'line', source: 'boxes', filter: kindIs('Box'), layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': token('road'), 'line-width': metresWide(plane, 1.1, 0.6) } },
      { id: 'hull', type: 'fill', source: 'boxes', filter: kindIs('Hull'), paint: { 'fill-color': token('road') } },
      { id: 'road', type: 'line', source: 'lanes', layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': token('road'), 'line-width': metresWide(plane, 1.06, 0.8) } },
      { id: 'crossing', type: 'line', source: 'boxes', filter: kindIs('Crossing'), minzoom: 15.5, paint: { 'line-color': token('paint'), 'line-width': metresWide(plane, 0.8, 0), 'line-dasharray': [0.16, 0.16] } },
    ],
  };
}
