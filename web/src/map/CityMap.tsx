// The live map: MapLibre for the ground, over it one canvas for the lanes and one for all else that moves.
import { useEffect, useRef, useState } from 'preact/hooks';
import { effect, untracked } from '@preact/signals';
import type { JSX } from 'preact';
import maplibregl from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import { beat, city, picture, watchVehicles } from '../live/connection';
import { alarms, watchAlarms, worst } from '../live/derive';
import type { Alarm } from '../model/answers';
import { boundsOf } from '../model/city';
import { go, put, route } from '../route';
import { look } from '../ui/look';
import { named, number, seconds, t } from '../text';
import { stageName } from '../text/why';
import { LaneCanvas } from './lanes';
import { shade, type Layer } from './layers';
import { Overlay, vehiclesFromPxPerM, type Alarmed } from './overlay';
import { planeOf } from './plane';
import { styleOf } from './style';

export interface MapHandle { whole(): void; show(index: number): void; closer(step: number): void }

interface Props { layer: Layer; chosen: number; take(handle: MapHandle | null): void }

export default function CityMap({ layer, chosen, take }: Props): JSX.Element {
  const box = useRef<HTMLDivElement>(null), canvas = useRef<HTMLCanvasElement>(null), laneCanvas = useRef<HTMLCanvasElement>(null);
  const [hover, setHover] = useState(-1);
  const [broken, setBroken] = useState(false);
  const showing = useRef({ layer, chosen });
  showing.current = { layer, chosen };

  useEffect(() => {
    const network = city.peek();
    if (!box.current || !canvas.current || !laneCanvas.current || !network) return;
    const plane = planeOf(network);
    let map: maplibregl.Map;
    try {
      map = new maplibregl.Map({
        container: box.current, style: styleOf(network, plane), attributionControl: false, dragRotate: false,
        pitchWithRotate: false, canvasContextAttributes: { preserveDrawingBuffer: true }, touchPitch: false, maxPitch: 0, minZoom: 9, maxZoom: 21, fadeDuration: 0,
        renderWorldCopies: false, locale: { 'Map.Title': t('map.label') }, ...start(network, plane),
      });
    } catch {
      setBroken(true);
      return;
    }
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    const overlay = new Overlay(canvas.current, network, plane);
    const lanes = new LaneCanvas(laneCanvas.current, network);
    let endVehicles: (() => void) | null = null;

    const paint = (): void => {
      const p = picture.peek();
      if (!p) return;
      const layer = showing.current.layer;
      lanes.draw(overlay.place(map), l => shade(layer, network, p, l));
      overlay.draw(p, layer, worst(network, p, 5, layer === 'unusual' ? 'usual' : 'delay'), showing.current.chosen, alarmed);
    };
    let alarmed: ReadonlyMap<number, Alarmed> = new Map();
    const stopAlarms = effect(() => {
      alarmed = alarmsByPlace(alarms.value ?? []);
      untracked(paint);
    });
    const moved = (): void => {
      const wants = plane.pixelsPerMetre(map.getZoom()) > vehiclesFromPxPerM;
      if (wants && !endVehicles) endVehicles = watchVehicles();
      else if (!wants && endVehicles) { endVehicles(); endVehicles = null; }
      const c = map.getCenter();
      put({ at: `${c.lng.toFixed(5)},${c.lat.toFixed(5)},${map.getZoom().toFixed(2)}` });
    };
    map.on('error', e => console.error(e.error.message));
    map.on('style.load', paint);
    map.on('sourcedata', e => {
      if (e.sourceId === 'lanes' && e.isSourceLoaded) map.once('render', () => box.current?.setAttribute('data-ready', 'true'));
    });
    map.on('move', paint);
    map.on('resize', paint);
    map.on('moveend', moved);
    map.on('mousemove', e => setHover(overlay.placeAt(e.point.x, e.point.y)));
    map.on('mouseout', () => setHover(-1));
    map.on('click', e => {
      const i = overlay.placeAt(e.point.x, e.point.y);
      if (i >= 0) go('intersection', { id: network.intersections[i]!.id });
    });
    const stopBeat = effect(() => { void beat.value; untracked(paint); });
    let firstLook = true;
    const stopLook = effect(() => {
      void look.value;
      if (firstLook) { firstLook = false; return; }
      setTimeout(() => {
        overlay.readColours();
        lanes.readColours();
        map.setStyle(styleOf(network, plane), { diff: false });
      });
    });
    take({
      whole: () => map.fitBounds(boundsFor(network, plane), { padding: 40, animate: calm() }),
      show: i => map.easeTo({ center: plane.lngLat(network.intersections[i]!.x, network.intersections[i]!.y), zoom: Math.max(map.getZoom(), 17), animate: calm() }),
      closer: step => map.easeTo({ zoom: map.getZoom() + step, animate: calm() }),
    });
    moved();
    repaint.current = paint;
    return () => {
      stopBeat(); stopLook(); stopAlarms(); endVehicles?.(); take(null);
      map.remove();
    };
  }, [city.value]);

  const repaint = useRef<() => void>(() => undefined);
  useEffect(() => { repaint.current(); }, [layer, chosen]);
  useEffect(() => (layer === 'alarms' ? watchAlarms() : undefined), [layer]);

  return (
    <>
      <div ref={box} data-testid="map" />
      <canvas ref={laneCanvas} aria-hidden="true" />
      <canvas ref={canvas} aria-hidden="true" />
      {broken && <p class="float notice warn" role="alert">{t('map.webgl')}</p>}
      {hover >= 0 && <Hover index={hover} />}
    </>
  );
}

/** Open alarms of each intersection, with the most urgent priority. */
function alarmsByPlace(all: Alarm[]): Map<number, Alarmed> {
  const found = new Map<number, Alarmed>();
  for (const a of all) {
    if (a.until !== null || a.intersection < 0) continue;
    const before = found.get(a.intersection);
    found.set(a.intersection, { count: (before?.count ?? 0) + 1, priority: Math.min(before?.priority ?? 3, a.priority) });
  }
  return found;
}

function calm(): boolean {
  return !matchMedia('(prefers-reduced-motion: reduce)').matches;
}

function boundsFor(network: Parameters<typeof planeOf>[0], plane: ReturnType<typeof planeOf>): [[number, number], [number, number]] {
  const b = boundsOf(network.lanes);
  return [plane.lngLat(b.x0, b.y0), plane.lngLat(b.x1, b.y1)];
}

/** Where the address says, else the whole city. */
function start(network: Parameters<typeof planeOf>[0], plane: ReturnType<typeof planeOf>): Partial<maplibregl.MapOptions> {
  const at = route.peek().query.get('at')?.split(',').map(Number);
  if (at?.length === 3 && at.every(Number.isFinite)) return { center: [at[0]!, at[1]!], zoom: at[2]! };
  return { bounds: boundsFor(network, plane), fitBoundsOptions: { padding: 40 } };
}

function Hover({ index }: { index: number }): JSX.Element | null {
  void beat.value;
  const place = city.value?.intersections[index], p = picture.value;
  if (!place || !p) return null;
  return (
    <div class="float hover corner">
      <b>{named(place.name)}</b>
      {stageName(place, p.stage[index]!)} · {t('worst.halted', { n: number(p.halted[index]!) })} · {t('worst.wait', { s: seconds(p.waitS(index)) })}
    </div>
  );
}
