import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ask, beat, city, link, past, picture, state } from '../live/connection';
import { refreshUsual, usualDay } from '../live/derive';
import type { IntersectionDetail } from '../model/answers';
import type { City } from '../model/city';
import { corridorsOf, type Corridor, type Stop } from '../model/corridor';
import { greensOf, runsUntil, type Span } from '../model/greens';
import { address, put, route } from '../route';
import { metres, named, number, seconds, t, time } from '../text';
import { useExport } from '../ui/exports';
import { look, scale, token } from '../ui/look';
import { usualText } from '../ui/usual';
import { useWidth } from '../ui/width';

const windowS = 300, refreshMs = 2000, mostPlaces = 14, slowestMps = 1;
/** So many lanes the server tells of at once (docs/WIRE-DASHBOARD.md). */
const mostTrailLanes = 128;

export function CorridorScreen(): JSX.Element {
  const c = city.value;
  const all = c ? listOf(c) : [];
  const asked = route.value.query.get('street');
  const corridor = all.find(x => x.key === asked) ?? all[0];
  const details = useDetails(c, corridor);
  useEffect(() => { void refreshUsual(); }, []);
  useExport('corridor', () => (c && corridor && picture.peek() ? {
    timeMs: picture.peek()!.timeMs, columns: ['intersection', 'name', 'at_m', 'speed_mps', 'queue_m'],
    rows: corridor.stops.map(s => [c.intersections[s.intersection]!.id, c.intersections[s.intersection]!.name, s.atM,
      Math.max(...s.lanes.map(l => picture.peek()!.speed[l]!)), Math.max(0, ...s.lanes.map(l => picture.peek()!.queueM[l]!))]),
  } : null));
  return (
    <div class="page">
      <header>
        <h1>{t('corridor.title')}</h1>
        {all.length > 0 && (
          <label class="row"><span class="quiet">{t('corridor.street')}</span>
            <select value={corridor?.key ?? ''} onChange={e => put({ street: e.currentTarget.value })}>
              {all.map(x => <option key={x.key} value={x.key}>{named(x.street)}{x.name.slice(x.street.length)}</option>)}
            </select>
          </label>
        )}
      </header>
      {!c || !corridor ? <section class="panel"><p class="quiet">{t('corridor.none')}</p></section>
        : <><Diagram c={c} corridor={corridor} details={details} /><Legs c={c} corridor={corridor} details={details} /></>}
    </div>
  );
}

const known = new WeakMap<City, Corridor[]>();
function listOf(c: City): Corridor[] {
  const found = known.get(c) ?? corridorsOf(c);
  known.set(c, found);
  return found;
}

function useDetails(c: City | null, corridor: Corridor | undefined): Map<number, IntersectionDetail> {
  const [details, setDetails] = useState(new Map<number, IntersectionDetail>());
  const up = link.value === 'live';
  useEffect(() => {
    if (!c || !corridor) return undefined;
    let going = true;
    const refresh = async (): Promise<void> => {
      if (link.peek() !== 'live' || document.hidden) return;
      const got = await Promise.allSettled(corridor.stops.slice(0, mostPlaces).map(s =>
        ask<IntersectionDetail>(`/api/v1/intersections/${encodeURIComponent(c.intersections[s.intersection]!.id)}`)));
      if (going) setDetails(new Map(got.flatMap(r => (r.status === 'fulfilled' ? [[r.value.index, r.value]] : []))));
    };
    void refresh();
    const timer = setInterval(() => { void refresh(); }, refreshMs);
    return () => { going = false; clearInterval(timer); };
  }, [c, corridor?.key, up]);
  return details;
}

/** Time to the right up to now, distance upwards: vehicles as dots, greens as bars, and the ways that meet green. */
function Diagram({ c, corridor, details }: { c: City; corridor: Corridor; details: Map<number, IntersectionDetail> }): JSX.Element {
  const stops = corridor.stops.slice(0, mostPlaces), length = stops[stops.length - 1]!.atM || 1;
  const [box, width] = useWidth<HTMLDivElement>(900);
  const shown = picture.value?.timeMs ?? 0, now = past.value === null ? Math.max(shown, ...[...details.values()].map(d => d.timeMs)) : shown;
  void beat.value;
  const from = now - windowS * 1000, em = scale.value, left = (width < 560 ? 84 : 150) * em, pad = 16 * em;
  const heights = useMemo(() => rowsOf(stops.map(s => s.atM), length, Math.max(300, stops.length * 40) * em, 17 * em), [corridor.key, em]);
  const h = heights[heights.length - 1]! + 2 * pad;
  const x = (ms: number): number => left + (width - left) * (ms - from) / (windowS * 1000);
  const y = (k: number): number => h - pad - heights[k]!;
  const greens = stops.map(s => greensOf(c.intersections[s.intersection]!, runsUntil(details.get(s.intersection)?.stages ?? [], now), s.groups).filter(g => g.to > from));
  // Red is drawn only where it is known what was shown.
  const knownFrom = (k: number): number => details.get(stops[k]!.intersection)?.stages[0]?.fromMs ?? now;
  const bands = stops.slice(1).flatMap((s, k) => linkBands(greens[k]!, greens[k + 1]!, 1000 * (s.atM - stops[k]!.atM) / corridor.freeMps).map(band => ({ ...band, k })));
  return (
    <section class="panel">
      <header><h2>{named(corridor.street)} {corridor.name.slice(corridor.street.length)}</h2><span class="quiet">{t('corridor.help')}</span></header>
      <div ref={box} class="timespace">
        <svg class="plot" width={width} height={h + 18 * em} role="group" aria-label={`${t('corridor.title')} ${corridor.name}`}>
          <clipPath id="window"><rect x={left} y="0" width={Math.max(0, width - left)} height={h} /></clipPath>
          {[0, 1, 2, 3, 4, 5].map(m => <line key={m} x1={x(now - m * 60_000)} x2={x(now - m * 60_000)} y1="0" y2={h} stroke="var(--line)" />)}
          <g clip-path="url(#window)">
            {bands.map(b => <path key={`${b.k}/${b.from}`} d={`M${x(b.from)} ${y(b.k)}L${x(b.to)} ${y(b.k)}L${x(b.to + b.runMs)} ${y(b.k + 1)}L${x(b.from + b.runMs)} ${y(b.k + 1)}Z`} fill="var(--sig-green)" fill-opacity="0.13" />)}
            {stops.map((s, k) => (
              <g key={s.intersection}>
                <line x1={Math.max(left, x(knownFrom(k)))} x2={width} y1={y(k)} y2={y(k)} stroke="var(--sig-red)" stroke-width="2" stroke-opacity="0.6" />
                {greens[k]!.map(g => <rect key={g.from} x={x(g.from)} width={Math.max(1, x(g.to) - x(g.from))} y={y(k) - 4 * em} height={8 * em} fill="var(--sig-green)"><title>{named(c.intersections[s.intersection]!.name)} · {time(g.from)} · {seconds((g.to - g.from) / 1000)}</title></rect>)}
              </g>
            ))}
          </g>
          {stops.map((s, k) => <a key={s.intersection} href={address('intersection', { id: c.intersections[s.intersection]!.id })}><text class="name" x={left - 8 * em} y={y(k) + 4 * em} text-anchor="end">{shortened(crossName(c, corridor, s.intersection), left < 100 * em ? 9 : 20)}</text></a>)}
          {(width - left < 420 * em ? [4, 2, 0] : [5, 4, 3, 2, 1, 0]).map(m => <text key={m} x={m === 0 ? width : x(now - m * 60_000)} y={h + 14 * em} text-anchor={m === 0 ? 'end' : m === 5 ? 'start' : 'middle'}>{m === 0 ? time(now) : `−${m} ${t('unit.min')}`}</text>)}
        </svg>
        <Trails c={c} stops={stops} heights={heights} left={left} width={width} height={h} pad={pad} now={now} />
      </div>
      <ul class="keys">
        <li><svg viewBox="0 0 22 10" aria-hidden="true"><rect width="22" height="8" y="1" fill="var(--sig-green)" /></svg>{t('corridor.key.green')}</li>
        <li><svg viewBox="0 0 22 10" aria-hidden="true"><path d="M0 10L10 10L22 0L12 0Z" fill="var(--sig-green)" fill-opacity="0.3" /></svg>{t('corridor.key.band')}</li>
        <li><svg viewBox="0 0 22 10" aria-hidden="true"><path d="M1 9L21 1" stroke="var(--vehicle)" stroke-width="2" stroke-dasharray="1.5 2" /></svg>{t('corridor.key.dots')}</li>
      </ul>
    </section>
  );
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** Heights of the stops in pixels: by distance, but no two closer than a line of text. */
function rowsOf(atM: number[], length: number, height: number, leastPx: number): number[] {
  const rows: number[] = [];
  for (const m of atM) {
    const wanted = height * m / length, before = rows[rows.length - 1];
    rows.push(before === undefined ? wanted : Math.max(wanted, before + leastPx));
  }
  return rows;
}

/** Departures of the first stop that reach the second during its green at free speed. */
export function linkBands(a: Span[], b: Span[], runMs: number): { from: number; to: number; runMs: number }[] {
  return a.flatMap(g => b.flatMap(n => {
    const from = Math.max(g.from, n.from - runMs), to = Math.min(g.to, n.to - runMs);
    return to > from ? [{ from, to, runMs }] : [];
  }));
}

interface Dot { ms: number; row: number; beforeM: number }
/** A lane on the way to a stop: which stop, and how far its end is before that stop line. */
interface Place { lane: number; row: number; aheadM: number }

/** The vehicles that cameras saw between the stops, every two seconds: platoons are the lines they make. */
function Trails({ c, stops, heights, left, width, height, pad, now }: {
  c: City; stops: Stop[]; heights: number[]; left: number; width: number; height: number; pad: number; now: number;
}): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null), dots = useRef<Dot[]>([]);
  const places = useMemo(() => placesOf(stops), [stops[0], stops.length]), key = places.map(p => p.lane).join(',');
  const [beats, setBeats] = useState(0), up = link.value === 'live';
  useEffect(() => {
    let going = true;
    dots.current = [];
    const refresh = async (): Promise<void> => {
      if (link.peek() !== 'live' || document.hidden) return;
      const after = dots.current[dots.current.length - 1]?.ms ?? 0;
      const answer = await fetch(`/api/v1/trails?lanes=${key}&after=${Math.round(after)}`).catch(() => null);
      if (!going || !answer?.ok) return;
      const got = dotsOf(await answer.arrayBuffer(), places);
      const oldest = (got[got.length - 1]?.ms ?? after) - windowS * 1000;
      dots.current = [...dots.current, ...got].filter(d => d.ms >= oldest);
      setBeats(n => n + 1);
    };
    void refresh();
    const timer = setInterval(() => { void refresh(); }, refreshMs);
    return () => { going = false; clearInterval(timer); };
  }, [key, up]);
  useEffect(() => {
    const g = canvas.current?.getContext('2d');
    if (!g || !canvas.current) return;
    const ratio = Math.min(2, devicePixelRatio || 1);
    [canvas.current.width, canvas.current.height] = [width * ratio, height * ratio];
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.fillStyle = token('vehicle');
    g.globalAlpha = 0.75;
    const from = now - windowS * 1000;
    for (const d of dots.current) {
      const x = left + (width - left) * (d.ms - from) / (windowS * 1000);
      if (x < left || x > width) continue;
      const at = stops[d.row]!.atM - d.beforeM, k = Math.max(1, d.row), a = stops[k - 1]!.atM, b = stops[k]!.atM;
      const share = (at - a) / Math.max(1, b - a), rise = heights[k - 1]! + share * (heights[k]! - heights[k - 1]!);
      if (d.row > 0 && share < 0) continue;
      g.fillRect(x - 0.9, height - pad - rise - 0.9, 1.8, 1.8);
    }
  }, [beats, width, height, now, look.value]);
  return <canvas ref={canvas} aria-hidden="true" style={{ width: `${width}px`, height: `${height}px` }} data-lanes={c.lanes.length > 0 ? 'some' : 'none'} />;
}

/** The lanes whose vehicles are shown, those nearest to the stop lines first; the first stop's own way is before the corridor. */
function placesOf(stops: Stop[]): Place[] {
  return stops.flatMap((s, row) => s.pieces.slice(0, row === 0 ? 1 : undefined).flatMap(p => p.lanes.map(lane => ({ lane, row, aheadM: p.aheadM }))))
    .sort((a, b) => a.aheadM - b.aheadM).slice(0, mostTrailLanes);
}

/** Reads docs/WIRE-DASHBOARD.md's trails. */
function dotsOf(buffer: ArrayBuffer, places: Place[]): Dot[] {
  const view = new DataView(buffer);
  const begin = view.getFloat64(0, true), count = view.getUint32(8, true);
  return Array.from({ length: count }, (_, k) => {
    const place = places[view.getUint16(20 + 8 * k, true)]!;
    return { ms: begin + view.getUint32(16 + 8 * k, true), row: place.row, beforeM: place.aheadM + view.getUint16(22 + 8 * k, true) / 10 };
  });
}

/** A crossing is known by the other street. */
function crossName(c: City, corridor: Corridor, index: number): string {
  const place = c.intersections[index]!;
  const other = place.name.split(' / ').filter(n => n !== corridor.street);
  return named(other.length > 0 && place.name.includes(' / ') ? other.join(' / ') : place.name);
}

/**
 * From the first stop line to the last, along every piece of the way: at the speeds of now, at free speed, and at the usual
 * speeds of this hour (0: not known). Where nobody was seen one drives freely; what is left between the pieces too.
 */
export function travelTimes(c: City, stops: Stop[], speedNow: (lane: number) => number, usual: (lane: number) => number): { nowS: number; freeS: number; usualS: number } {
  let nowS = 0, freeS = 0, usualS = 0, known = false;
  stops.slice(1).forEach((s, k) => {
    let left = s.atM - stops[k]!.atM;
    for (const piece of s.pieces) {
      const lengthM = Math.min(piece.lengthM, Math.max(0, left)), freeMps = c.lanes[piece.lanes[0]!]!.speedMps;
      const mean = (of: (l: number) => number): number => {
        const seen = piece.lanes.map(of).filter(v => v >= 0);
        return seen.length > 0 ? seen.reduce((a, b) => a + b, 0) / seen.length : freeMps;
      };
      left -= lengthM;
      nowS += lengthM / Math.max(slowestMps, mean(speedNow));
      freeS += lengthM / freeMps;
      usualS += lengthM / Math.max(slowestMps, mean(l => (usual(l) > 0 ? usual(l) : -1)));
      known ||= piece.lanes.some(l => usual(l) > 0);
    }
    const rest = Math.max(0, left) / c.lanes[s.lanes[0]!]!.speedMps;
    nowS += rest; freeS += rest; usualS += rest;
  });
  return { nowS, freeS, usualS: known ? usualS : 0 };
}

/** The diagram's equal: where, how far, how slow, how much green. */
function Legs({ c, corridor, details }: { c: City; corridor: Corridor; details: Map<number, IntersectionDetail> }): JSX.Element | null {
  void beat.value;
  const p = picture.value;
  if (!p) return null;
  const stops = corridor.stops.slice(0, mostPlaces);
  const { nowS, freeS, usualS } = travelTimes(c, stops, l => p.speed[l]!, l => usualDay.value?.laneSpeedsMps[l] ?? 0);
  return (
    <section class="panel scroll">
      <header><h2>{t('corridor.travel')}: {seconds(nowS)}</h2>
        <span {...(usualS > 0 ? {} : { class: 'quiet' })}>{usualS > 0 ? t('corridor.usual', { s: seconds(usualS) }) : usualText(state.value?.usual)}</span><span class="quiet">{t('corridor.free')} {seconds(freeS)}</span></header>
      <table>
        <thead><tr><th scope="col">{t('table.intersection')}</th><th scope="col" class="n">{t('corridor.at')}</th><th scope="col" class="n">{t('corridor.speed')}</th><th scope="col" class="n">{t('corridor.queue')}</th><th scope="col" class="n">{t('corridor.green')}</th></tr></thead>
        <tbody>{stops.map(s => {
          const place = c.intersections[s.intersection]!, runs = details.get(s.intersection)?.stages ?? [];
          const whole = runs.reduce((sum, r) => sum + r.toMs - r.fromMs, 0);
          const open = runs.filter(r => s.groups.some(g => /[gG]/.test(place.stages[r.stage]?.aspects[g] ?? ''))).reduce((sum, r) => sum + r.toMs - r.fromMs, 0);
          const seen = s.lanes.filter(l => p.speed[l]! >= 0);
          const speed = seen.length > 0 ? seen.reduce((sum, l) => sum + p.speed[l]!, 0) / seen.length : -1;
          return (
            <tr key={s.intersection}>
              <th scope="row"><a href={address('intersection', { id: place.id })}>{named(place.name)}</a></th>
              <td class="n">{metres(s.atM)}</td><td class="n">{speed < 0 ? '–' : `${number(speed * 3.6)} ${t('unit.kmh')}`}</td>
              <td class="n">{metres(Math.max(0, ...s.lanes.map(l => p.queueM[l]!)))}</td><td class="n">{whole > 0 ? `${number(100 * open / whole)} %` : '–'}</td>
            </tr>
          );
        })}</tbody>
      </table>
    </section>
  );
}
