import { useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { beat, city, picture, state } from '../live/connection';
import { control, samples } from '../live/derive';
import type { Sample } from '../model/answers';
import { address } from '../route';
import { dateTime, number, seconds, t, time, type Key } from '../text';
import { lazy } from '../ui/lazy';
import { Kpis } from '../ui/Kpis';
import { TimeBar } from '../ui/TimeBar';

const Curve = lazy(() => import('../ui/Curve'));

const curves: { field: keyof Sample; key: Key; factor: number }[] = [
  { field: 'delayRate', key: 'city.delay', factor: 1 }, { field: 'stopped', key: 'city.stopped', factor: 1 },
  { field: 'flowVph', key: 'city.flow', factor: 1 }, { field: 'speedMps', key: 'city.speed', factor: 3.6 },
  { field: 'queueM', key: 'city.queue', factor: 1 }, { field: 'longestWaitS', key: 'city.wait', factor: 1 },
];

export function CityScreen(): JSX.Element {
  return (
    <>
      <Kpis />
      <div class="page">
        <header><h1>{t('city.title')}</h1></header>
        <Curves />
        <div class="columns"><Waits /><Modes /><Districts /><Counters /></div>
        <section class="panel"><header><h2>{t('time.title')}</h2></header><TimeBar /></section>
      </div>
    </>
  );
}

function Curves(): JSX.Element {
  const [asTable, setAsTable] = useState(false);
  const list = samples.value;
  return (
    <section>
      <header class="row spread">
        <h2>{t('city.curves')}</h2>
        <div class="row">
          <button aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>{asTable ? t('city.aschart') : t('city.astable')}</button>
          <button onClick={() => save(list)} disabled={list.length === 0}>{t('city.export')}</button>
        </div>
      </header>
      {list.length < 2 ? <p class="quiet">{t('city.nocurve')}</p>
        : asTable ? <CurveTable list={list} />
          : <div class="charts">{curves.map(c => (
            <figure class="panel" key={c.field}>
              <figcaption><h3>{t(c.key)}</h3><b>{number(list[list.length - 1]![c.field] * c.factor)}</b></figcaption>
              <Curve label={t(c.key)} points={list.map(s => [s.timeMs, s[c.field] * c.factor])} />
            </figure>
          ))}</div>}
    </section>
  );
}

/** Every minute's sample, newest first. */
function CurveTable({ list }: { list: Sample[] }): JSX.Element {
  const rows = [...list].reverse().filter((_, i) => i % 6 === 0);
  return (
    <div class="panel scroll">
      <table>
        <thead><tr><th scope="col">{t('city.time')}</th>{curves.map(c => <th scope="col" class="n" key={c.field}>{t(c.key)}</th>)}</tr></thead>
        <tbody>{rows.map(s => <tr key={s.timeMs}><th scope="row">{time(s.timeMs)}</th>{curves.map(c => <td class="n" key={c.field}>{number(s[c.field] * c.factor)}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

function save(list: Sample[]): void {
  const fields = ['timeMs', 'vehicles', 'stopped', 'speedMps', 'flowVph', 'delayRate', 'queueM', 'longestWaitS', 'fallback'] as const;
  const text = [fields.join(','), ...list.map(s => fields.map(f => s[f]).join(','))].join('\r\n');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  link.download = `city-${dateTime(list[list.length - 1]!.timeMs).replace(/[^0-9]+/g, '-')}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}

function Waits(): JSX.Element | null {
  void beat.value;
  const c = city.value, p = picture.value;
  if (!c || !p) return null;
  const rows = c.intersections.map((place, i) => ({ place, i, s: p.waitS(i) })).filter(r => r.s > 0).sort((a, b) => b.s - a.s).slice(0, 10);
  return (
    <section class="panel scroll">
      <header><h2>{t('city.waits')}</h2></header>
      {rows.length === 0 ? <p class="quiet">{t('worst.none')}</p> : (
        <table><tbody>{rows.map(r => (
          <tr key={r.i}>
            <th scope="row"><a href={address('intersection', { id: r.place.id })}>{r.place.name}</a></th>
            <td>{r.place.groups[p.waitGroup[r.i]!]?.id}</td>
            <td class="n">{seconds(r.s)}</td>
            <td class="n quiet">{t('place.bound', { s: seconds(r.place.maxWaitS) })}</td>
          </tr>
        ))}</tbody></table>
      )}
    </section>
  );
}

function Modes(): JSX.Element | null {
  void beat.value;
  const c = city.value, p = picture.value;
  if (!c || !p) return null;
  const byMode = new Map<string, { level: string; places: number[] }>();
  c.intersections.forEach((_, i) => {
    const who = control(p, i), entry = byMode.get(who.key) ?? { level: who.level, places: [] };
    entry.places.push(i);
    byMode.set(who.key, entry);
  });
  return (
    <section class="panel">
      <header><h2>{t('city.modes')}</h2></header>
      <table><tbody>{[...byMode].sort((a, b) => b[1].places.length - a[1].places.length).map(([key, entry]) => (
        <tr key={key}>
          <th scope="row">{entry.level === 'ok' ? t(key as Key) : <span class={`tag ${entry.level}`}>{t(key as Key)}</span>}</th>
          <td class="n">{number(entry.places.length)}</td>
          <td class="full">{entry.level === 'ok'
            ? <div class="bar"><i style={{ width: `${100 * entry.places.length / c.intersections.length}%`, background: 'var(--ok)' }} /></div>
            : entry.places.slice(0, 6).map((i, k) => <span key={i}>{k > 0 && ', '}<a href={address('intersection', { id: c.intersections[i]!.id })}>{c.intersections[i]!.name}</a></span>)}</td>
        </tr>
      ))}</tbody></table>
    </section>
  );
}

/** How the districts fare against each other. */
function Districts(): JSX.Element | null {
  void beat.value;
  const c = city.value, p = picture.value;
  if (!c || !p || c.districts.length < 2) return null;
  const rows = c.districts.map((d, k) => {
    let places = 0, halted = 0, present = 0, wait = 0;
    c.intersections.forEach((place, i) => {
      if (place.district !== k) return;
      places++;
      halted += p.halted[i]!;
      present += p.present[i]!;
      wait = Math.max(wait, p.waitS(i));
    });
    return { name: d.name, places, halted, present, wait };
  });
  return (
    <section class="panel scroll">
      <header><h2>{t('city.districts')}</h2></header>
      <table>
        <thead><tr><th scope="col">{t('table.district')}</th><th scope="col" class="n">{t('table.stopped')}</th><th scope="col" class="n">{t('table.present')}</th><th scope="col" class="n">{t('table.wait')}</th></tr></thead>
        <tbody>{rows.map(r => <tr key={r.name}><th scope="row">{r.name} <span class="quiet">{number(r.places)}</span></th><td class="n">{number(r.halted)}</td><td class="n">{number(r.present)}</td><td class="n">{seconds(r.wait)}</td></tr>)}</tbody>
      </table>
    </section>
  );
}

function Counters(): JSX.Element | null {
  const counters = state.value?.counters ?? [];
  if (counters.length === 0) return null;
  return (
    <section class="panel">
      <header><h2>{t('city.counters')}</h2></header>
      <table><tbody>{counters.map(c => <tr key={c.name}><th scope="row">{c.name}</th><td class="n">{number(c.value)}</td></tr>)}</tbody></table>
    </section>
  );
}

