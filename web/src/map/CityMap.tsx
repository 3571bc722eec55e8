// The live map: the ground below, over it one canvas for the lanes and one for all else that moves.
import { useEffect, useRef, useState } from 'preact/hooks';
import { effect, untracked } from '@preact/signals';
import type { JSX } from 'preact';
import { beat, city, picture, watchVehicles } from '../live/connection';
import { alarms, watchAlarms, worst } from '../live/derive';
import type { Alarm } from '../model/answers';
import { boundsOf, type City } from '../model/city';
import { go, put, route } from '../route';
import { look, scale } from '../ui/look';
import { named, number, seconds, t } from '../text';
import { stageName } from '../text/why';
import { hasGraphicsCard, sightOf, type Ground, type GroundEvents, type GroundSetting, type Sight } from './ground';
import { LaneCanvas } from './lanes';
import { shade, type Layer } from './layers';
import { Overlay, vehiclesFromPxPerM, type Alarmed } from './overlay';
import { PlainGround } from './plainGround';
import { planeOf, type Plane } from './plane';

export interface MapHandle { whole(): void; show(index: number): void; closer(step: number): void }

interface Props { layer: Layer; chosen: number; take(handle: MapHandle | null): void }

/** The least scale at which one intersection is shown, pixels a metre. */
const placePxPerM = 1.1;

export default function CityMap({ layer, chosen, take }: Props): JSX.Element {
  const box = useRef<HTMLDivElement>(null), canvas = useRef<HTMLCanvasElement>(null), laneCanvas = useRef<HTMLCanvasElement>(null);
  const [hover, setHover] = useState(-1);
  const [credit, setCredit] = useState('');
  const showing = useRef({ layer, chosen });
  showing.current = { layer, chosen };
  const repaint = useRef<() => void>(() => undefined);

  useEffect(() => {
    const network = city.peek();
    if (!box.current || !canvas.current || !laneCanvas.current || !network) return undefined;
    const plane = planeOf(network), all = boundsOf(network.lanes), here = box.current;
    const whole = (): Sight => sightOf(all, here.clientWidth, here.clientHeight, plane);
    const overlay = new Overlay(canvas.current, network), lanes = new LaneCanvas(laneCanvas.current, network);
    let ground: Ground | null = null, ended = false, frame = 0, endVehicles: (() => void) | null = null;
    let alarmed: ReadonlyMap<number, Alarmed> = new Map();

    const draw = (): void => {
      frame = 0;
      const p = picture.peek();
      if (!p || !ground || document.hidden) return;
      const at = ground.pixels(), { layer, chosen } = showing.current;
      lanes.draw(at, l => shade(layer, network, p, l));
      overlay.draw(at, p, layer, worst(network, p, 5, layer === 'unusual' ? 'usual' : 'delay'), chosen, alarmed);
    };
    // However much happens at once, it is drawn once a frame; and not at all while nobody can see it.
    const paint = (): void => { if (frame === 0 && !document.hidden) frame = requestAnimationFrame(draw); };
    repaint.current = paint;
    const settled = (): void => {
      if (!ground) return;
      const at = ground.sight(), wants = at.pxPerM > vehiclesFromPxPerM, [lng, lat] = plane.lngLat(at.x, at.y);
      if (wants && !endVehicles) endVehicles = watchVehicles();
      else if (!wants && endVehicles) { endVehicles(); endVehicles = null; }
      put({ at: `${lng.toFixed(5)},${lat.toFixed(5)},${plane.zoomOf(at.pxPerM).toFixed(2)}` });
    };
    const events: GroundEvents = {
      moved: paint, settled,
      hover: at => setHover(at ? overlay.placeAt(at.x, at.y) : -1),
      click: at => {
        const i = overlay.placeAt(at.x, at.y);
        if (i >= 0) go('intersection', { id: network.intersections[i]!.id });
      },
      ready: () => here.setAttribute('data-ready', 'true'),
    };
    void groundOf({ box: here, city: network, plane, start: asked(plane) ?? whole(), label: t('map.label'), events }).then(made => {
      if (ended) { made.remove(); return; }
      ground = made;
      void layUnder(made, network, () => ended).then(setCredit);
      take({
        whole: () => made.look(whole(), slides()),
        show: i => made.look({ x: network.intersections[i]!.x, y: network.intersections[i]!.y, pxPerM: Math.max(made.sight().pxPerM, placePxPerM) }, slides()),
        closer: step => made.look({ ...made.sight(), pxPerM: made.sight().pxPerM * 2 ** step }, slides()),
      });
      settled();
      paint();
    });
    const stops = [
      effect(() => { alarmed = alarmsByPlace(alarms.value ?? []); untracked(paint); }),
      effect(() => { void beat.value; untracked(paint); }),
      onLook(() => {
        overlay.readColours();
        lanes.readColours();
        ground?.restyle();
        paint();
      }),
    ];
    document.addEventListener('visibilitychange', paint);
    return () => {
      ended = true;
      stops.forEach(stop => stop());
      document.removeEventListener('visibilitychange', paint);
      cancelAnimationFrame(frame);
      endVehicles?.();
      take(null);
      ground?.remove();
    };
  }, [city.value]);

  useEffect(() => { repaint.current(); }, [layer, chosen]);
  useEffect(() => (layer === 'alarms' ? watchAlarms() : undefined), [layer]);

  return (
    <>
      <div ref={box} class="ground" data-testid="map" />
      <canvas ref={laneCanvas} aria-hidden="true" />
      <canvas ref={canvas} aria-hidden="true" />
      {credit && <p class="float credit" data-testid="credit">{credit}</p>}
      {hover >= 0 && <Hover index={hover} />}
    </>
  );
}

/** By WebGL where a graphics card does it, else on a plain canvas; the address may say which (`ground=gl`, `plain`). */
async function groundOf(setting: GroundSetting): Promise<Ground> {
  const wish = route.peek().query.get('ground');
  if (wish !== 'plain' && (wish === 'gl' || hasGraphicsCard())) {
    try {
      const { GlGround } = await import('./glGround');
      return new GlGround(setting);
    } catch (e) {
      console.warn('The map is drawn without WebGL:', e);
    }
  }
  return new PlainGround(setting);
}

/** Lays the basemap that the server was started with under the ground, if any; returns whose map it is. */
async function layUnder(ground: Ground, network: City, ended: () => boolean): Promise<string> {
  if (!network.basemap || !network.origin) return '';
  try {
    const { openBasemap } = await import('./basemap');
    const under = await openBasemap(network.basemap);
    if (!ended()) ground.lay(under);
    return under.attribution;
  } catch (e) {
    console.warn('The basemap cannot be read:', e);
    return t('map.nobasemap');
  }
}

/** Calls when another look or size is chosen, once its colours hold. */
function onLook(act: () => void): () => void {
  let first = true;
  return effect(() => {
    void look.value; void scale.value;
    if (!first) setTimeout(act);
    first = false;
  });
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

function slides(): boolean {
  return !matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Where the address says: longitude, latitude, zoom. */
function asked(plane: Plane): Sight | null {
  const at = route.peek().query.get('at')?.split(',').map(Number);
  if (at?.length !== 3 || !at.every(Number.isFinite)) return null;
  const [x, y] = plane.xy(at[0]!, at[1]!);
  return { x, y, pxPerM: plane.pixelsPerMetre(at[2]!) };
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
