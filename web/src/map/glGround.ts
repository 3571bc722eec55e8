// The ground by MapLibre and WebGL, where a graphics card does it.
import maplibregl from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import { pictureOf } from '../ui/exports';
import type { TileSource } from './basemap';
import { leastZoom, mostZoom, type Ground, type GroundSetting, type Sight } from './ground';
import type { Pixels } from './lanes';
import { styleOf, tileProtocol } from './style';

/** Metres over which the projection is measured: over a city it is straight enough to be a scale and a shift. */
const reachM = 1000;

export class GlGround implements Ground {
  private readonly map: maplibregl.Map;
  private readonly forget: () => void;
  private under: TileSource | null = null;

  /** @throws when this browser has no WebGL. */
  constructor(private readonly setting: GroundSetting) {
    const { box, city, plane, start, label, events } = setting;
    const map = this.map = new maplibregl.Map({
      container: box, style: styleOf(city, plane, null), attributionControl: false, dragRotate: false, pitchWithRotate: false,
      touchPitch: false, maxPitch: 0, minZoom: leastZoom, maxZoom: mostZoom, fadeDuration: 0, renderWorldCopies: false,
      locale: { 'Map.Title': label }, center: plane.lngLat(start.x, start.y), zoom: plane.zoomOf(start.pxPerM),
    });
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.on('error', e => console.error(e.error.message));
    map.on('style.load', events.moved);
    map.once('idle', events.ready);
    map.on('move', events.moved);
    map.on('resize', events.moved);
    map.on('moveend', events.settled);
    map.on('mousemove', e => events.hover(e.point));
    map.on('mouseout', () => events.hover(null));
    map.on('click', e => events.click(e.point));
    // Its buffer lives as long as a frame does: a picture of it is taken while one is drawn.
    this.forget = pictureOf(map.getCanvas(), () => new Promise(done => {
      map.once('render', () => done(map.getCanvas().toDataURL()));
      map.triggerRepaint();
    }));
  }

  pixels(): Pixels {
    const { plane, box } = this.setting, o = this.map.project(plane.lngLat(0, 0)), e = this.map.project(plane.lngLat(reachM, reachM));
    return { ax: (e.x - o.x) / reachM, bx: o.x, ay: (e.y - o.y) / reachM, by: o.y, width: box.clientWidth, height: box.clientHeight };
  }

  sight(): Sight {
    const c = this.map.getCenter(), [x, y] = this.setting.plane.xy(c.lng, c.lat);
    return { x, y, pxPerM: this.setting.plane.pixelsPerMetre(this.map.getZoom()) };
  }

  look(to: Sight, slide: boolean): void {
    const { plane } = this.setting;
    this.map.easeTo({ center: plane.lngLat(to.x, to.y), zoom: plane.zoomOf(to.pxPerM), animate: slide });
  }

  lay(under: TileSource): void {
    this.under = under;
    maplibregl.addProtocol(tileProtocol, async ({ url }, gone) => {
      const [z, x, y] = url.slice(tileProtocol.length + 3).split('/').map(Number);
      return { data: await under.tile(z!, x!, y!, gone.signal) ?? new ArrayBuffer(0) };
    });
    this.restyle();
  }

  restyle(): void {
    this.map.setStyle(styleOf(this.setting.city, this.setting.plane, this.under), { diff: false });
  }

  remove(): void {
    this.forget();
    if (this.under) maplibregl.removeProtocol(tileProtocol);
    this.map.remove();
  }
}
