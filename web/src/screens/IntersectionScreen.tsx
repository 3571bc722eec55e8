import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { ask, beat, city, link, past, picture, watchVehicles } from '../live/connection';
import { control, overrideOf, watchDetail } from '../live/derive';
import type { Picture } from '../live/picture';
import type { Arrivals, IntersectionDetail } from '../model/answers';
import type { City, Intersection } from '../model/city';
import { runsUntil } from '../model/greens';
import { aspectLetters, rules } from '../model/words';
import { address, route } from '../route';
import { metres, named, number, seconds, t, time, word, type Key } from '../text';
import { beatenBy, pastWhy, stageName, why } from '../text/why';
import { Coordination } from '../ui/Coordination';
import { useExport, type Exported } from '../ui/exports';
import { Junction } from '../ui/Junction';
import { NotInHand, PlaceAlarms } from '../ui/PlaceAlarms';
import { Head, Lamp } from '../ui/shapes';
import { SignalStrip } from '../ui/SignalStrip';
import { Splits } from '../ui/Splits';
import { StagePlan } from '../ui/StagePlan';
import { StepIn } from './StepIn';

const arrivalsEveryMs = 4000;

export function IntersectionScreen(): JSX.Element {
  // The picture is filled in place: its parts know by this number that it is another one.
  const at = beat.value;
  const id = route.value.query.get('id') ?? '', c = city.value, p = picture.value;
  const index = c ? c.intersections.findIndex(i => i.id === id) : -1;
  const [detail, setDetail] = useState<IntersectionDetail | null>(null);
  useEffect(() => {
    setDetail(null);
    if (index < 0) return undefined;
    const stops = [watchDetail(id, setDetail), watchVehicles()];
    return () => stops.forEach(stop => stop());
  }, [id, index]);
  const arrivals = useArrivals(id, index);
  const own = detail?.id === id ? detail : null;
  useExport(`intersection-${id}`, () => (c && p && index >= 0 ? lanesTable(c, c.intersections[index]!, p) : null));
  if (!c || !p) return <div class="page"><h1>{t('loading')}</h1></div>;
  const place = c.intersections[index];
  if (!place) return <Choose c={c} id={id} />;
  const nowMs = past.value === null ? Math.max(own?.timeMs ?? 0, p.timeMs) : p.timeMs;
  const runs = runsUntil(own?.stages ?? [], nowMs);
  return (
    <div class="page">
      <Title c={c} place={place} index={index} p={p} at={at} />
      <div class="junction">
        <div class="stack">
          <div class="drawing"><Junction city={c} place={place} index={index} p={p} at={at} /></div>
          <StagePlan c={c} place={place} index={index} p={p} at={at} runs={runs} />
        </div>
        <div class="stack">
          <NowPanel place={place} index={index} p={p} at={at} />
          <NotInHand place={place} index={index} p={p} at={at} />
          <WhyPanel place={place} index={index} p={p} detail={own} />
          <StepIn place={place} index={index} p={p} at={at} calls={own?.groups.map(g => g.callSinceMs) ?? []} />
          <PlaceAlarms place={place} index={index} nowMs={nowMs} />
        </div>
      </div>
      {own && <SignalStrip place={place} runs={runs} nowMs={nowMs} />}
      {own && <div class="columns"><Coordination place={place} runs={runs} arrivals={arrivals} nowMs={nowMs} /><Splits place={place} runs={runs} /></div>}
      <div class="columns">
        <WaitsPanel place={place} index={index} p={p} at={at} detail={own} />
        <LanesPanel c={c} place={place} p={p} at={at} detail={own} />
        <SensorsPanel c={c} detail={own} />
      </div>
    </div>
  );
}

function useArrivals(id: string, index: number): Arrivals[] {
  const [arrivals, setArrivals] = useState<Arrivals[]>([]), up = link.value === 'live';
  useEffect(() => {
    if (index < 0) return undefined;
    let going = true;
    const refresh = (): void => {
      if (link.peek() !== 'live' || document.hidden) return;
      void ask<Arrivals[]>(`/api/v1/intersections/${encodeURIComponent(id)}/arrivals`).then(a => { if (going) setArrivals(a); }, () => undefined);
    };
    setArrivals([]);
    refresh();
    const timer = setInterval(refresh, arrivalsEveryMs);
    return () => { going = false; clearInterval(timer); };
  }, [id, index, up]);
  return arrivals;
}

function lanesTable(c: City, place: Intersection, p: Picture): Exported {
  return {
    timeMs: p.timeMs,
    columns: ['lane', 'street', 'vehicles', 'stopped', 'queue_m', 'speed_mps', 'flow_vph', 'occupancy', 'trust'],
    rows: place.stopLineLanes.map(l => [c.lanes[l]!.id, c.lanes[l]!.street, p.vehicles[l]!, p.stopped[l]!, p.queueM[l]!,
      p.speed[l]! < 0 ? null : p.speed[l]!, p.flowVph[l]!, p.occupancy[l]!, p.confidence[l]!]),
  };
}

function Choose({ c, id }: { c: City; id: string }): JSX.Element {
  return (
    <div class="page"><section class="panel">
      <h1>{t('place.choose')}</h1>
      {id && <p class="error">{t('place.unknown', { id })}</p>}
      <ul class="columns">{c.intersections.map(i => <li key={i.id}><a href={address('intersection', { id: i.id })}>{named(i.name)}</a></li>)}</ul>
    </section></div>
  );
}

function Title({ c, place, index, p }: { c: City; place: Intersection; index: number; p: Picture; at: number }): JSX.Element {
  const who = control(p, index), kind = overrideOf(p, index);
  return (
    <header>
      <h1>{named(place.name)}</h1>
      <span class="quiet">{place.id} · {named(c.districts[place.district]?.name ?? '')}</span>
      <Lamp level={who.level}>{t(who.key as Key)}</Lamp>
      {kind && <span class="tag warn">{t('step.inforce.short', { what: t(`step.${kind}`), time: time(p.overrideUntil[index]!) })}</span>}
      <a href={address('map', { id: place.id })}>{t('place.onmap')}</a>
    </header>
  );
}

/** The stage and how long it has been, against its shortest and longest green. */
function NowPanel({ place, index, p }: { place: Intersection; index: number; p: Picture; at: number }): JSX.Element {
  const stage = p.stage[index]!, changing = (p.flags[index]! & 1) !== 0;
  const for_ = Math.max(0, (p.timeMs - p.stageSince[index]!) / 1000);
  const aspects = place.stages[stage]?.aspects ?? '';
  const least = Math.max(0, ...place.groups.filter((_, g) => /[gG]/.test(aspects[g] ?? '')).map(g => g.shortestGreenS));
  const most = Math.max(place.maxGreenS, least + 1);
  const earliest = Math.max(0, least - for_), latest = Math.max(0, most - for_);
  const delay = p.delay[index]!, usual = p.usualDelay[index]!;
  return (
    <section class="panel" data-testid="now">
      <div class="now">
        <span class="quiet">{changing ? t('place.changing') : t('place.now')}</span>
        <span class="big" data-testid="stage">{stageName(place, stage)}</span>
        {!changing && <span>{t('place.for', { s: seconds(for_) })}</span>}
        <span class="end">{t('worst.delay', { n: number(delay, 1) })}{usual >= 0 && <span class="quiet"> · {t('usual.value', { n: number(usual, 1) })}</span>}</span>
      </div>
      <div class="gauge" role="img" aria-label={`${seconds(for_)}; ${t('place.min', { s: seconds(least) })}; ${t('place.max', { s: seconds(most) })}`}>
        <i style={{ width: `${changing ? 0 : Math.min(100, (for_ / most) * 100)}%` }} />
        <u style={{ left: `${(least / most) * 100}%` }} />
      </div>
      <div class="line quiet">
        <span>{changing ? t('place.changes') : earliest > 0 ? t('place.earliest', { s: seconds(earliest) }) : t('place.anytime')}</span>
        <span class="end">{changing ? '' : latest > 0 ? t('place.latest', { s: seconds(latest) }) : t('place.overdue')}</span>
      </div>
    </section>
  );
}

function WhyPanel({ place, index, p, detail }: { place: Intersection; index: number; p: Picture; detail: IntersectionDetail | null }): JSX.Element | null {
  if (past.value !== null) {
    const rule = rules[p.rule[index]!] ?? 'None';
    return (
      <section class="panel" data-testid="why">
        <header><h2>{t('place.why')}</h2><span class="quiet end">{word('rule', rule)}</span></header>
        <p class="sentence">{pastWhy(place, rule, p.stage[index]!, p.waitGroup[index]!, p.waitS(index))}</p>
      </section>
    );
  }
  if (!detail) return null;
  const r = detail.reason;
  const all = [{ stage: r.asked, score: r.score, own: true }, ...beatenBy(r).map(a => ({ ...a, own: false }))]
    .filter(a => place.stages[a.stage]).sort((a, b) => a.score - b.score);
  const low = Math.min(...all.map(a => a.score)), high = Math.max(...all.map(a => a.score)), span = high - low || 1;
  return (
    <section class="panel" data-testid="why">
      <header><h2>{t('place.why')}</h2><span class="quiet end">{t('place.decided', { t: time(detail.decidedMs) })} · {word('rule', r.rule)}</span></header>
      <p class="sentence">{why(place, r)}</p>
      {all.length > 1 && (
        <table class="tight">
          <thead><tr><th scope="col">{t('place.beaten')}</th><th scope="col" class="n">{t('place.score')}</th><th scope="col" class="full"><span class="quiet">{t('place.score.help')}</span></th></tr></thead>
          <tbody>{all.map(a => (
            <tr key={`${a.stage}${a.own}`}>
              <th scope="row">{stageName(place, a.stage)}{a.own && <> <span class="tag ok">{t('place.chosen')}</span></>}</th>
              <td class="n">{number(a.score, Math.abs(a.score) < 100 ? 1 : 0)}</td>
              <td class="full"><div class="bar"><i style={{ width: `${8 + 92 * ((a.score - low) / span)}%`, ...(a.own ? { background: 'var(--accent)' } : {}) }} /></div></td>
            </tr>
          ))}</tbody>
        </table>
      )}
    </section>
  );
}

function WaitsPanel({ place, index, p, detail }: { place: Intersection; index: number; p: Picture; at: number; detail: IntersectionDetail | null }): JSX.Element {
  const turns = (g: number): string => [...new Set(place.movements.filter(m => m.group === g).map(m => t(`turn.${m.turn}`)))].join(', ');
  return (
    <section class="panel scroll">
      <header><h2>{t('place.waits')}</h2><span class="quiet end">{t('place.bound', { s: seconds(place.maxWaitS) })}</span></header>
      <table>
        <thead><tr><th scope="col">{t('table.group')}</th><th scope="col">{t('table.aspect')}</th><th scope="col">{t('table.turn')}</th><th scope="col" class="n">{t('table.wait')}</th></tr></thead>
        <tbody>{place.groups.map((g, k) => {
          const aspect = p.aspect(index, k), call = detail?.groups[k]?.callSinceMs ?? -1;
          const wait = call >= 0 && aspect !== 3 && aspect !== 4 ? (p.timeMs - call) / 1000 : -1;
          return (
            <tr key={g.id}>
              <th scope="row">{g.id} <span class="quiet">{g.kind === 'Vehicle' ? '' : t(`kind.${g.kind}`)}</span></th>
              <td><Head aspect={aspect} /> {aspectLetters[aspect] === 'g' ? t('look.yield') : t(`look.${(['red', 'amber', 'amber', 'green', 'green', 'red', 'amber', 'dark'] as const)[aspect] ?? 'dark'}`)}</td>
              <td>{turns(k)}</td>
              <td class="n">{wait >= 0 ? <WaitBar s={wait} bound={place.maxWaitS} /> : '–'}</td>
            </tr>
          );
        })}</tbody>
      </table>
    </section>
  );
}

function WaitBar({ s, bound }: { s: number; bound: number }): JSX.Element {
  const share = Math.min(1, s / bound);
  return <span class="waitbar">{seconds(s)}<span class="bar"><i style={{ width: `${share * 100}%`, background: share > 0.9 ? 'var(--bad)' : share > 0.6 ? 'var(--warn)' : 'var(--soft)' }} /></span></span>;
}

function LanesPanel({ c, place, p, detail }: { c: City; place: Intersection; p: Picture; at: number; detail: IntersectionDetail | null }): JSX.Element {
  return (
    <section class="panel scroll">
      <header><h2>{t('place.lanes')}</h2></header>
      <table data-testid="lanes">
        <thead><tr>
          <th scope="col">{t('table.lane')}</th><th scope="col">{t('table.turn')}</th><th scope="col" class="n">{t('table.stopped')}</th><th scope="col" class="n">{t('table.queue')}</th>
          <th scope="col" class="n">{t('table.speed')}</th><th scope="col" class="n">{t('table.flow')}</th><th scope="col" class="n">{t('table.trust')}</th>
        </tr></thead>
        <tbody>{place.stopLineLanes.map((l, k) => {
          const lane = c.lanes[l]!, turns = [...new Set(place.movements.filter(m => m.from === l && m.turn !== 'Crossing').map(m => t(`turn.${m.turn}`)))];
          const flow = detail?.lanes[k]?.flowVph ?? p.flowVph[l]!;
          return (
            <tr key={lane.id}>
              <th scope="row">{lane.street ? named(lane.street) : lane.id}{lane.street && <div class="quiet">{lane.id}</div>}</th>
              <td>{turns.join(', ')}</td>
              <td class="n">{number(p.stopped[l]!)} <span class="quiet">/ {number(p.vehicles[l]!)}</span></td>
              <td class="n">{metres(p.queueM[l]!)}{(p.laneFlags[l]! & 1) !== 0 && <> <span class="tag bad">{t('legend.full')}</span></>}</td>
              <td class="n">{p.speed[l]! < 0 ? '–' : number(p.speed[l]! * 3.6)}</td>
              <td class="n">{number(flow)}</td>
              <td class="n">{number(p.confidence[l]! * 100)} %</td>
            </tr>
          );
        })}</tbody>
      </table>
    </section>
  );
}

function SensorsPanel({ c, detail }: { c: City; detail: IntersectionDetail | null }): JSX.Element | null {
  if (!detail || detail.detectors.length === 0) return null;
  const weak = detail.detectors.filter(d => d.fault !== 'None' || d.confidence < 0.7 && d.seenMs > 0);
  return (
    <section class="panel scroll">
      <header><h2>{t('place.sensors')}</h2></header>
      {weak.length === 0 ? <p class="quiet">{t('place.sensors.ok', { n: detail.detectors.length })}</p> : (
        <table>
          <thead><tr><th scope="col">{t('table.sensor')}</th><th scope="col">{t('table.state')}</th><th scope="col" class="n">{t('table.seen')}</th></tr></thead>
          <tbody>{weak.map(d => (
            <tr key={d.detector}><th scope="row">{c.detectors[d.detector]?.id}</th><td>{d.fault.split(', ').map(f => word('fault', f)).join(', ')}</td>
              <td class="n">{d.seenMs > 0 ? seconds((detail.timeMs - d.seenMs) / 1000) : t('data.never')}</td></tr>
          ))}</tbody>
        </table>
      )}
    </section>
  );
}

