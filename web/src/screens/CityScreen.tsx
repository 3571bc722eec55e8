import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { ask, beat, city, link, picture, state } from '../live/connection';
import { control, refreshUsual, samples, usualDay } from '../live/derive';
import type { History, Sample } from '../model/answers';
import { address } from '../route';
import { named, number, seconds, t, time, word, type Key } from '../text';
import { lazy } from '../ui/lazy';
import { Kpis } from '../ui/Kpis';
import { useExport, type Exported } from '../ui/exports';
import { usualText } from '../ui/usual';
import { CityWide } from './CityWide';

const Curve = lazy(() => import('../ui/Curve'));

const curves: { field: keyof Sample; key: Key; factor: number }[] = [
  { field: 'delayRate', key: 'city.delay', factor: 1 }, { field: 'stopped', key: 'city.stopped', factor: 1 },
  { field: 'flowVph', key: 'city.flow', factor: 1 }, { field: 'speedMps', key: 'city.speed', factor: 3.6 },
  { field: 'queueM', key: 'city.queue', factor: 1 }, { field: 'longestWaitS', key: 'city.wait', factor: 1 },
];

export function CityScreen(): JSX.Element {
  useExport('city', samplesTable);
  return (
    <>
      <Kpis />
      <div class="page">
        <header><h1>{t('city.title')}</h1></header>
        <Today />
        <Curves />
        <div class="columns"><Districts /><Waits /><Modes /><CityWide /><Counters /></div>
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

function samplesTable(): Exported | null {
  const fields = ['timeMs', 'vehicles', 'stopped', 'speedMps', 'flowVph', 'delayRate', 'queueM', 'longestWaitS', 'fallback'] as const;
  const list = samples.peek();
  return { timeMs: list[list.length - 1]?.timeMs ?? 0, columns: [...fields], rows: list.map(s => fields.map(f => s[f])) };
}

type DayField = 'delayRate' | 'stopped' | 'flowVph' | 'longestWaitS';
const dayFields: [DayField, Key][] = [['delayRate', 'city.delay'], ['stopped', 'city.stopped'], ['flowVph', 'city.flow'], ['longestWaitS', 'city.wait']];

/** Today against the usual day, from midnight to midnight. */
function Today(): JSX.Element {
  const [field, setField] = useState<DayField>('delayRate');
  const [today, setToday] = useState<Sample[]>([]);
  const usual = usualDay.value, basis = state.value?.usual, up = link.value === 'live';
  useEffect(() => {
    const refresh = (): void => {
      if (link.peek() !== 'live' || document.hidden) return;
      void refreshUsual();
      void ask<History>('/api/v1/history?samples=8640&points=300').then(h => setToday(h.samples), () => undefined);
    };
    refresh();
    // Often until there is a curve, then every half minute.
    const timer = setInterval(refresh, today.length < 2 ? 5_000 : 30_000);
    return () => clearInterval(timer);
  }, [up, today.length < 2]);
  const begin = usual?.day[0]?.timeMs ?? today[0]?.timeMs ?? 0;
  const label = t(dayFields.find(f => f[0] === field)![1]);
  return (
    <section class="panel" data-testid="today">
      <header>
        <h2>{t('city.today')}</h2>
        <label class="row"><span class="unseen">{t('city.figure')}</span>
          <select value={field} onChange={e => setField(e.currentTarget.value as DayField)}>{dayFields.map(([f, key]) => <option key={f} value={f}>{t(key)}</option>)}</select>
        </label>
        <span class="quiet">{usualText(basis)}</span>
      </header>
      {today.length < 2 ? <p class="quiet">{t('city.nocurve')}</p>
        : <Curve label={label} points={today.filter(s => s.timeMs >= begin).map(s => [s.timeMs, s[field]])} usual={usual?.day.map(s => [s.timeMs, s[field]]) ?? []} />}
      <DayTable usual={usual?.day ?? []} today={today} field={field} label={label} />
    </section>
  );
}

/** The curve's equal: each hour of the day, today and usually. */
function DayTable({ usual, today, field, label }: { usual: Sample[]; today: Sample[]; field: DayField; label: string }): JSX.Element {
  const hour = (ms: number): string => `${time(ms, false).slice(0, 2)}:00`;
  const mean = (list: Sample[], at: string): number => {
    const mine = list.filter(s => hour(s.timeMs) === at);
    return mine.length > 0 ? mine.reduce((sum, s) => sum + s[field], 0) / mine.length : NaN;
  };
  const hours = [...new Set([...usual, ...today].map(s => hour(s.timeMs)))].sort();
  return (
    <details class="astable"><summary>{t('city.astable')}</summary>
      <table>
        <caption class="unseen">{label}</caption>
        <thead><tr><th scope="col">{t('city.time')}</th><th scope="col" class="n">{t('city.todayshort')}</th><th scope="col" class="n">{t('table.usual')}</th></tr></thead>
        <tbody>{hours.map(h => <tr key={h}><th scope="row">{h}</th><td class="n">{number(mean(today, h))}</td><td class="n">{number(mean(usual, h))}</td></tr>)}</tbody>
      </table>
    </details>
  );
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
            <th scope="row"><a href={address('intersection', { id: r.place.id })}>{named(r.place.name)}</a></th>
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
            : entry.places.slice(0, 6).map((i, k) => <span key={i}>{k > 0 && ', '}<a href={address('intersection', { id: c.intersections[i]!.id })}>{named(c.intersections[i]!.name)}</a></span>)}</td>
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
    let places = 0, halted = 0, present = 0, wait = 0, delay = 0, usual = 0;
    c.intersections.forEach((place, i) => {
      if (place.district !== k) return;
      places++;
      halted += p.halted[i]!;
      delay += p.delay[i]!;
      usual += p.usualDelay[i]!;
      present += p.present[i]!;
      wait = Math.max(wait, p.waitS(i));
    });
    return { name: d.name, places, halted, present, wait, delay, usual: p.usualDelay.some(u => u < 0) ? -1 : usual, each: delay / Math.max(1, places) };
  }).filter(r => r.places > 0);
  const most = Math.max(0.01, ...rows.map(r => r.each));
  return (
    <section class="panel scroll">
      <header><h2>{t('city.districts')}</h2><span class="quiet">{t('city.fair.help')}</span></header>
      <table>
        <thead><tr><th scope="col">{t('table.district')}</th><th scope="col" class="n">{t('table.delay')}</th><th scope="col" class="n">{t('table.usual')}</th><th scope="col">{t('city.fair')}</th><th scope="col" class="n">{t('table.stopped')}</th><th scope="col" class="n">{t('table.present')}</th><th scope="col" class="n">{t('table.wait')}</th></tr></thead>
        <tbody>{rows.map(r => <tr key={r.name}><th scope="row">{named(r.name)} <span class="quiet">{number(r.places)}</span></th><td class="n">{number(r.delay, 1)}</td><td class="n">{r.usual < 0 ? '–' : number(r.usual, 1)}</td><td><span class="waitbar">{number(r.each, 1)}<span class="bar"><i style={{ width: `${100 * r.each / most}%` }} /></span></span></td><td class="n">{number(r.halted)}</td><td class="n">{number(r.present)}</td><td class="n">{seconds(r.wait)}</td></tr>)}</tbody>
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
      <table><tbody>{counters.map(c => <tr key={c.name}><th scope="row">{word('counter', c.name)}</th><td class="n">{number(c.value)}</td></tr>)}</tbody></table>
    </section>
  );
}

