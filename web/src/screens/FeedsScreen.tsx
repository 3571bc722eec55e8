import { useEffect, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import { beat, city, picture, state } from '../live/connection';
import { alarms, watchAlarms } from '../live/derive';
import type { Alarm, Feed } from '../model/answers';
import { address } from '../route';
import { named, number, seconds, t, time, word } from '../text';
import { faultsOf } from '../text/alarm';
import { useExport } from '../ui/exports';
import { Lamp } from '../ui/shapes';

/** A feed whose last reading is older than this is called silent. */
const silentAfterMs = 15_000;
const mostWeakLanes = 60, mostTimes = 20;

export function FeedsScreen(): JSX.Element {
  useExport('feeds', () => (state.peek() ? {
    timeMs: state.peek()!.timeMs, columns: ['feed', 'up', 'seen_ms', 'received', 'refused', 'late', 'dropped'],
    rows: state.peek()!.feeds.map(f => [f.name, f.up ? 'yes' : 'no', f.seenMs, f.received, f.refused, f.late, f.dropped]),
  } : null));
  return (
    <div class="page">
      <header><h1>{t('feeds.title')}</h1><span class="quiet">{t('feeds.help')}</span><span class="quiet">{t('feeds.viewers')}: {number(state.value?.viewers ?? 0)}</span></header>
      <FeedTable />
      <Faults />
      <WeakLanes />
    </div>
  );
}

function FeedTable(): JSX.Element {
  const s = state.value, before = useRef<{ at: number; received: Map<string, number>; rate: Map<string, number> }>({ at: 0, received: new Map(), rate: new Map() });
  if (!s || s.feeds.length === 0) return <section class="panel"><p class="quiet">{t('feeds.none')}</p></section>;
  const b = before.current, now = performance.now();
  if (now - b.at > 1900) {
    for (const f of s.feeds) {
      const was = b.received.get(f.name);
      if (was !== undefined) b.rate.set(f.name, (f.received - was) / ((now - b.at) / 1000));
      b.received.set(f.name, f.received);
    }
    b.at = now;
  }
  const level = (f: Feed): ['ok' | 'warn' | 'bad', string] =>
    !f.up ? ['bad', t('feeds.down')] : f.seenMs > 0 && s.timeMs - f.seenMs > silentAfterMs ? ['warn', t('feeds.silent')] : ['ok', t('feeds.up')];
  return (
    <section class="panel scroll">
      <table data-testid="feeds">
        <thead><tr>
          <th scope="col">{t('feeds.name')}</th><th scope="col">{t('table.state')}</th><th scope="col" class="n">{t('table.seen')}</th><th scope="col" class="n">{t('feeds.rate')}</th>
          <th scope="col" class="n">{t('feeds.received')}</th><th scope="col" class="n">{t('feeds.refused')}</th><th scope="col" class="n">{t('feeds.late')}</th><th scope="col" class="n">{t('feeds.dropped')}</th>
        </tr></thead>
        <tbody>{s.feeds.map(f => {
          const [l, text] = level(f), rate = b.rate.get(f.name);
          return (
            <tr key={f.name}>
              <th scope="row">{word('feed', f.name)}</th><td><Lamp level={l}>{text}</Lamp></td>
              <td class="n">{f.seenMs > 0 ? <>{time(f.seenMs)} <span class="quiet">{t('ago', { t: seconds((s.timeMs - f.seenMs) / 1000) })}</span></> : t('data.never')}</td>
              <td class="n">{rate === undefined ? '–' : number(rate, rate < 10 ? 1 : 0)}</td><td class="n">{number(f.received)}</td>
              <td class="n">{number(f.refused)}</td><td class="n">{number(f.late)}</td><td class="n">{number(f.dropped)}</td>
            </tr>
          );
        })}</tbody>
      </table>
    </section>
  );
}

/** Every sensor that was at fault, with how often, for how long, and each time. */
function Faults(): JSX.Element {
  useEffect(watchAlarms, []);
  const c = city.value, now = state.value?.timeMs ?? 0;
  const bySensor = new Map<number, Alarm[]>();
  for (const a of alarms.value ?? []) if (a.kind === 'DetectorFault') bySensor.set(a.index, [...(bySensor.get(a.index) ?? []), a]);
  const rows = [...bySensor].map(([sensor, list]) => ({
    sensor, list: [...list].sort((a, b) => b.sinceMs - a.sinceMs).slice(0, mostTimes), times: list.length, open: list.some(a => a.until === null), last: Math.max(...list.map(a => a.sinceMs)),
    what: faultsOf(list.reduce((a, b) => (b.sinceMs > a.sinceMs ? b : a))), place: c?.intersections[list[0]!.intersection],
    forS: list.reduce((sum, a) => sum + ((a.untilMs ?? now) - a.sinceMs) / 1000, 0),
  })).sort((a, b) => Number(b.open) - Number(a.open) || b.last - a.last);
  return (
    <section class="panel scroll">
      <header><h2>{t('feeds.faults')}</h2><span class="quiet">{number(rows.length)}</span></header>
      {rows.length === 0 ? <p class="quiet">{t('feeds.faults.none')}</p> : (
        <table data-testid="faults">
          <thead><tr><th scope="col">{t('table.sensor')}</th><th scope="col">{t('table.intersection')}</th><th scope="col">{t('table.state')}</th><th scope="col">{t('alarms.detail')}</th>
            <th scope="col" class="n">{t('split.times')}</th><th scope="col" class="n">{t('feeds.faults.last')}</th><th scope="col" class="n">{t('feeds.faults.for')}</th></tr></thead>
          <tbody>{rows.slice(0, mostWeakLanes).map(r => (
            <tr key={r.sensor}><th scope="row">{c?.detectors[r.sensor]?.id}</th><td>{r.place && <a href={address('intersection', { id: r.place.id })}>{named(r.place.name)}</a>}</td>
              <td>{r.open ? <span class="tag bad">{t('alarms.open')}</span> : t('feeds.faults.over')}</td><td>{r.what}</td>
              <td class="n">{r.times < 2 ? number(r.times) : (
                <details class="astable"><summary>{number(r.times)}</summary>
                  <ul>{r.list.map(a => <li key={a.id}>{time(a.sinceMs)} · {seconds(((a.untilMs ?? now) - a.sinceMs) / 1000)} · {faultsOf(a)}</li>)}</ul>
                </details>
              )}</td><td class="n">{time(r.last)}</td><td class="n">{seconds(r.forS)}</td></tr>
          ))}</tbody>
        </table>
      )}
    </section>
  );
}

function WeakLanes(): JSX.Element | null {
  void beat.value;
  const c = city.value, p = picture.value;
  if (!c || !p) return null;
  const weak: number[] = [];
  for (const place of c.intersections) for (const l of place.stopLineLanes) if (p.confidence[l]! < 0.7) weak.push(l);
  weak.sort((a, b) => p.confidence[a]! - p.confidence[b]!);
  return (
    <section class="panel scroll">
      <header><h2>{t('feeds.sensors')}</h2><span class="quiet">{number(weak.length)}</span></header>
      {weak.length === 0 ? <p class="quiet">{t('feeds.sensors.none')}</p> : (
        <table>
          <thead><tr><th scope="col">{t('table.lane')}</th><th scope="col">{t('table.intersection')}</th><th scope="col" class="n">{t('table.trust')}</th></tr></thead>
          <tbody>{weak.slice(0, mostWeakLanes).map(l => {
            const lane = c.lanes[l]!, place = c.intersections[lane.intersection];
            return <tr key={l}><th scope="row">{lane.id}</th><td>{place && <a href={address('intersection', { id: place.id })}>{named(place.name)}</a>}</td><td class="n">{number(p.confidence[l]! * 100)} %</td></tr>;
          })}</tbody>
        </table>
      )}
    </section>
  );
}
