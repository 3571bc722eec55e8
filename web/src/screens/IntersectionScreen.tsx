import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { beat, city, picture, watchVehicles } from '../live/connection';
import { control, overrideOf, watchDetail } from '../live/derive';
import type { Picture } from '../live/picture';
import type { IntersectionDetail, StageRun } from '../model/answers';
import type { City, Intersection } from '../model/city';
import { aspectLetters } from '../model/words';
import { address, route } from '../route';
import { metres, number, seconds, t, time, word, type Key } from '../text';
import { stageName, why } from '../text/why';
import { Junction, StageDrawing } from '../ui/Junction';
import { Head, Lamp } from '../ui/shapes';
import { StepIn } from './StepIn';

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
  if (!c || !p) return <div class="page"><h1>{t('loading')}</h1></div>;
  const place = c.intersections[index];
  if (!place) return <Choose c={c} id={id} />;
  const own = detail?.id === id ? detail : null;
  return (
    <div class="page">
      <Title c={c} place={place} index={index} p={p} at={at} />
      <div class="junction">
        <div class="drawing"><Junction city={c} place={place} index={index} p={p} at={at} /></div>
        <div class="stack">
          <NowPanel place={place} index={index} p={p} at={at} />
          {own && <WhyPanel place={place} detail={own} />}
          <section class="panel">
            <header><h2>{t('place.stages')}</h2></header>
            <div class="stages">{place.stages.map((s, k) => (
              <div class="stage" key={s.id} data-on={p.stage[index] === k}>
                <b><span>{s.id}</span>{p.stage[index] === k && <span>{t('place.now')}</span>}</b>
                <StageDrawing city={c} place={place} stage={k} />
              </div>
            ))}</div>
          </section>
        </div>
      </div>
      {own && <CyclePanel place={place} runs={own.stages} nowMs={own.timeMs} />}
      <div class="columns">
        <WaitsPanel place={place} index={index} p={p} at={at} detail={own} />
        <StepIn place={place} index={index} p={p} at={at} />
        <LanesPanel c={c} place={place} p={p} at={at} detail={own} />
        <SensorsPanel c={c} detail={own} />
      </div>
    </div>
  );
}

function Choose({ c, id }: { c: City; id: string }): JSX.Element {
  return (
    <div class="page"><section class="panel">
      <h1>{t('place.choose')}</h1>
      {id && <p class="error">{t('place.unknown', { id })}</p>}
      <ul class="columns">{c.intersections.map(i => <li key={i.id}><a href={address('intersection', { id: i.id })}>{i.name}</a></li>)}</ul>
    </section></div>
  );
}

function Title({ c, place, index, p }: { c: City; place: Intersection; index: number; p: Picture; at: number }): JSX.Element {
  const who = control(p, index), kind = overrideOf(p, index);
  return (
    <header>
      <h1>{place.name}</h1>
      <span class="quiet">{place.id} · {c.districts[place.district]?.name}</span>
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
  return (
    <section class="panel" data-testid="now">
      <div class="now">
        <span class="quiet">{changing ? t('place.changing') : t('place.now')}</span>
        <span class="big" data-testid="stage">{stageName(place, stage)}</span>
        {!changing && <span>{t('place.for', { s: seconds(for_) })}</span>}
      </div>
      <div class="gauge" role="img" aria-label={`${seconds(for_)}; ${t('place.min', { s: seconds(least) })}; ${t('place.max', { s: seconds(most) })}`}>
        <i style={{ width: `${changing ? 0 : Math.min(100, (for_ / most) * 100)}%` }} />
        <u style={{ left: `${(least / most) * 100}%` }} />
      </div>
      <div class="line quiet"><span>{t('place.min', { s: seconds(least) })}</span><span class="end">{t('place.max', { s: seconds(most) })}</span></div>
    </section>
  );
}

function WhyPanel({ place, detail }: { place: Intersection; detail: IntersectionDetail }): JSX.Element {
  const r = detail.reason;
  const all = [{ stage: r.asked, score: r.score, own: true }, ...r.alternatives.map(a => ({ ...a, own: false }))]
    .filter(a => place.stages[a.stage]).sort((a, b) => a.score - b.score);
  const low = Math.min(...all.map(a => a.score)), high = Math.max(...all.map(a => a.score)), span = high - low || 1;
  return (
    <section class="panel" data-testid="why">
      <header><h2>{t('place.why')}</h2><span class="quiet end">{t('place.decided', { t: time(detail.decidedMs) })} · {word('rule', r.rule)}</span></header>
      <p class="sentence">{why(place, r)}</p>
      {r.alternatives.length > 0 && (
        <table>
          <thead><tr><th scope="col">{t('place.beaten')}</th><th scope="col" class="n">{t('place.score')}</th><th scope="col" class="full"><span class="quiet">{t('place.score.help')}</span></th></tr></thead>
          <tbody>{all.map(a => (
            <tr key={`${a.stage}${a.own}`}>
              <th scope="row">{stageName(place, a.stage)}{a.own && <> <span class="tag ok">{t('place.chosen')}</span></>}</th>
              <td class="n">{number(a.score, 1)}</td>
              <td class="full"><div class="bar"><i style={{ width: `${8 + 92 * ((a.score - low) / span)}%`, ...(a.own ? { background: 'var(--accent)' } : {}) }} /></div></td>
            </tr>
          ))}</tbody>
        </table>
      )}
    </section>
  );
}

const stripS = 480, stageTones = 8;

/** What was shown over the last minutes, one row per stage. */
function CyclePanel({ place, runs, nowMs }: { place: Intersection; runs: StageRun[]; nowMs: number }): JSX.Element {
  const from = nowMs - stripS * 1000, rows = place.stages.length;
  const seen = runs.filter(r => r.toMs > from && place.stages[r.stage]);
  const x = (ms: number): number => 1000 * Math.max(0, (ms - from) / (stripS * 1000));
  const rowH = Math.max(9, Math.min(16, 64 / rows)), height = rows * rowH;
  return (
    <section class="panel">
      <header><h2>{t('place.cycle')}</h2><span class="quiet">{t('place.cycle.help')}</span></header>
      <div class="cycle">
        <div class="names" aria-hidden="true">{place.stages.map(s => <span key={s.id} style={{ height: `${rowH}px` }}>{s.id}</span>)}</div>
        <svg viewBox={`0 0 1000 ${height}`} preserveAspectRatio="none" role="img" aria-label={`${t('place.cycle')}: ${seen.slice(-6).map(r => `${place.stages[r.stage]!.id} ${seconds((r.toMs - r.fromMs) / 1000)}`).join(', ')}`} style={{ height: `${height}px` }}>
          {place.stages.map((s, k) => <line key={s.id} x1="0" x2="1000" y1={k * rowH + rowH / 2} y2={k * rowH + rowH / 2} stroke="var(--line)" vector-effect="non-scaling-stroke" />)}
          {seen.map(r => (
            <rect key={r.fromMs} x={x(r.fromMs)} width={Math.max(1, x(r.toMs) - x(r.fromMs))} y={r.stage * rowH + 1} height={rowH - 2} fill={`var(--stage-${r.stage % stageTones})`}>
              <title>{stageName(place, r.stage)} · {seconds((r.toMs - r.fromMs) / 1000)} · {word('rule', r.rule)} · {time(r.fromMs)}</title>
            </rect>
          ))}
        </svg>
      </div>
      <div class="line quiet ticks">{[8, 6, 4, 2, 0].map(m => <span key={m}>{m === 0 ? time(nowMs) : `−${m} ${t('unit.min')}`}</span>)}</div>
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
              <th scope="row">{lane.street ?? lane.id}{lane.street && <div class="quiet">{lane.id}</div>}</th>
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

