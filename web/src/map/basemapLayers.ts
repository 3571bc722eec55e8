// What is drawn of a vector basemap: quiet ground under the city's own streets. Layers go by the names that
// OpenMapTiles, Protomaps and Shortbread give them.

/** Layer names in a tile, the token of its colour, and how it is drawn. Kinds: only features of these; empty means all. */
export interface BasemapLayer { id: string; sources: string[]; colour: string; how: 'fill' | 'line'; kinds: string[]; widthPx: number }

const green = ['grass', 'wood', 'forest', 'park', 'garden', 'meadow', 'scrub', 'pitch', 'cemetery', 'golf_course', 'recreation_ground',
  'nature_reserve', 'national_park', 'village_green', 'grassland', 'heath', 'allotments', 'playground'];

export const basemapLayers: readonly BasemapLayer[] = [
  { id: 'green', sources: ['landcover', 'landuse', 'park', 'land', 'sites', 'natural'], colour: 'park', how: 'fill', kinds: green, widthPx: 0 },
  { id: 'water', sources: ['water', 'ocean', 'water_polygons'], colour: 'water', how: 'fill', kinds: [], widthPx: 0 },
  { id: 'stream', sources: ['waterway', 'water_lines'], colour: 'water', how: 'line', kinds: [], widthPx: 1.5 },
  { id: 'buildings', sources: ['building', 'buildings'], colour: 'building', how: 'fill', kinds: [], widthPx: 0 },
  { id: 'streets', sources: ['transportation', 'roads', 'streets'], colour: 'kerb', how: 'line', kinds: [], widthPx: 1.2 },
];

/** Properties in which the three say what a feature is. */
export const kindProperties = ['class', 'kind', 'subclass'] as const;

/** How much of a raster basemap shows through the ground's colour: it must not outshine the traffic. */
export const rasterOpacity = { dark: 0.35, light: 0.6 } as const;
