import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ask, beat, city, link, picture } from '../live/connection';
import type { IntersectionDetail } from '../model/answers';
import type { City } from '../model/city';
import { corridorsOf, type Corridor } from '../model/corridor';
import { address, put, route } from '../route';
import { metres, number, seconds, t, time } from '../text';

const windowS = 300, refreshMs = 2000, mostPlaces = 14;

export function CorridorScreen(): JSX.Element {
  const c = city.value;
  const all = c ? listOf(c) : [];
  const asked = route.value.query.get('street');
  const corridor = all.find(x => x.key === asked) ?? all[0];
  const details = useDetails(c, corridor);
  return (
    <div class="page">
      <header>
        <h1>{t('corridor.title')}</h1>
        {all.length > 0 && (
          <label class="row"><span class="quiet">{t('corridor.street')}</span>
            <select value={corridor?.key ?? ''} onChange={e => put({ street: e.currentTarget.value })}>
              {all.map(x => <option key={x.key} value={x.key}>{x.name}</option>)}
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
  }, [c, corridor?.key]);
  return details;
}

/** Time to the right up to now, distance upwards; the green of through traffic as bars. */
function Diagram({ c, corridor, details }: { c: City; corridor: Corridor; details: Map<number, IntersectionDetail> }): JSX.Element {
  const stops = corridor.stops.slice(0, mostPlaces), length = stops[stops.length - 1]!.atM || 1;
  const now = Math.max(0, ...[...details.values()].map(d => d.timeMs)), from = now - windowS * 1000;
  const w = 1000, h = Math.max(260, stops.length * 46), pad = 18;
  const x = (ms: number): number => w * (ms - from) / (windowS * 1000);
  const y = (m: number): number => h - pad - (h - 2 * pad) * m / length;
  const speed = corridor.freeMps, runS = length / speed;
  const starts = Array.from({ length: Math.ceil((windowS + runS) / 30) }, (_, k) => from + (k * 30 - runS) * 1000);
  return (
    <section class="panel scroll">
      <header><h2>{corridor.name}</h2><span class="quiet">{t('corridor.help')}</span></header>
      <div class="timespace" style={{ minWidth: '560px' }}>
        <div class="names" style={{ height: `${h}px` }}>{stops.map(s => (
          <a key={s.intersection} style={{ top: `${y(s.atM)}px` }} href={address('intersection', { id: c.intersections[s.intersection]!.id })}>{crossName(c, corridor, s.intersection)}</a>
        ))}</div>
        <svg viewBox={`0 0 ${w} ${h}`} preserveAspectRatio="none" style={{ height: `${h}px` }} role="img" aria-label={`${t('corridor.title')} ${corridor.name}`}>
          <g stroke="var(--line)">{Array.from({ length: 6 }, (_, k) => <line key={k} x1={k * w / 5} x2={k * w / 5} y1="0" y2={h} vector-effect="non-scaling-stroke" />)}</g>
          <g stroke="var(--accent)" stroke-opacity="0.42" stroke-dasharray="5 5">{starts.map(at => <line key={at} x1={x(at)} y1={y(0)} x2={x(at + runS * 1000)} y2={y(length)} vector-effect="non-scaling-stroke" />)}</g>
          {stops.map(s => {
            const place = c.intersections[s.intersection]!, runs = details.get(s.intersection)?.stages ?? [];
            const open = (stage: number): boolean => s.groups.some(g => /[gG]/.test(place.stages[stage]?.aspects[g] ?? ''));
            return (
              <g key={s.intersection}>
                <rect x="0" width={w} y={y(s.atM) - 4} height="8" fill="var(--raised)" />
                {runs.filter(r => r.toMs > from && open(r.stage)).map(r => (
                  <rect key={r.fromMs} x={Math.max(0, x(r.fromMs))} width={Math.max(1, x(r.toMs) - Math.max(0, x(r.fromMs)))} y={y(s.atM) - 6} height="12" fill="var(--sig-green)">
                    <title>{place.name} · {time(r.fromMs)} · {seconds((r.toMs - r.fromMs) / 1000)}</title>
                  </rect>
                ))}
              </g>
            );
          })}
        </svg>
      </div>
      <div class="line quiet ticks wide">{[5, 4, 3, 2, 1, 0].map(m => <span key={m}>{m === 0 ? `${t('corridor.now')} ${time(now)}` : `−${m} ${t('unit.min')}`}</span>)}</div>
    </section>
  );
}

/** A crossing is known by the other street. */
function crossName(c: City, corridor: Corridor, index: number): string {
  const place = c.intersections[index]!;
  const other = place.name.split(' / ').filter(n => n !== corridor.street);
  return other.length > 0 && place.name.includes(' / ') ? other.join(' / ') : place.name;
}

/** The diagram's equal: where, how far, how slow, how much green. */
function Legs({ c, corridor, details }: { c: City; corridor: Corridor; details: Map<number, IntersectionDetail> }): JSX.Element | null {
  void beat.value;
  const p = picture.value;
  if (!p) return null;
  const stops = corridor.stops.slice(0, mostPlaces);
  let nowS = 0, freeS = 0;
  for (const s of stops) {
    for (const l of s.lanes.slice(0, 1)) {
      const lane = c.lanes[l]!, speed = p.speed[l]! < 0 ? lane.speedMps : Math.max(1, p.speed[l]!);
      nowS += lane.lengthM / speed;
      freeS += lane.lengthM / lane.speedMps;
    }
  }
  return (
    <section class="panel scroll">
      <header><h2>{t('corridor.travel')}: {seconds(nowS)}</h2><span class="quiet">{t('corridor.free')} {seconds(freeS)}</span></header>
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
              <th scope="row"><a href={address('intersection', { id: place.id })}>{place.name}</a></th>
              <td class="n">{metres(s.atM)}</td><td class="n">{speed < 0 ? '–' : `${number(speed * 3.6)} ${t('unit.kmh')}`}</td>
              <td class="n">{metres(Math.max(0, ...s.lanes.map(l => p.queueM[l]!)))}</td><td class="n">{whole > 0 ? `${number(100 * open / whole)} %` : '–'}</td>
            </tr>
          );
        })}</tbody>
      </table>
    </section>
  );
}
