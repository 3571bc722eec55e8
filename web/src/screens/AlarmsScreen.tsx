// What asks for attention: the urgent first, grouped by kind, taken note of and cleared by name.
import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { city, send, session, state } from '../live/connection';
import { alarms, refreshAlarms, watchAlarms } from '../live/derive';
import type { Alarm } from '../model/answers';
import { roles } from '../model/words';
import { address, put, route } from '../route';
import { dateTime, named, number, seconds, t, time, word, type Key } from '../text';
import { detailOf } from '../text/alarm';
import { useExport } from '../ui/exports';

type Show = 'new' | 'open' | 'all';
const shows: readonly Show[] = ['new', 'open', 'all'];
/** Rows of one kind that are shown before the rest is only counted. */
const mostOfKind = 12;

export function AlarmsScreen(): JSX.Element {
  const [error, setError] = useState('');
  useEffect(watchAlarms, []);
  const show = shows.find(s => s === route.value.query.get('show')) ?? 'open';
  const may = session.value.name !== null && roles.indexOf(session.value.role) >= 1;
  const act = async (list: Alarm[], verb: 'acknowledge' | 'clear'): Promise<void> => {
    try {
      for (const a of list) await send<Alarm>('POST', `/api/v1/alarms/${a.id}/${verb}`);
      setError('');
    } catch (e) {
      setError((e as Error).message);
    }
    void refreshAlarms();
  };
  const list = (alarms.value ?? []).filter(a => show === 'all' || (a.until === null && (show === 'open' || a.acknowledgedBy === null)));
  useExport('alarms', () => ({
    timeMs: state.peek()?.timeMs ?? 0, columns: ['id', 'kind', 'priority', 'where', 'detail', 'since_ms', 'until_ms', 'acknowledged_by', 'cleared_by'],
    rows: list.map(a => [a.id, a.kind, a.priority, city.peek()?.intersections[a.intersection]?.id ?? '', a.detail, a.sinceMs, a.untilMs, a.acknowledgedBy, a.clearedBy]),
  }));
  const kinds = [...new Set([...list].sort((a, b) => a.priority - b.priority).map(a => a.kind))];
  const count = (s: Show): string => (s === 'new' ? ` ${number(state.value?.newAlarms ?? 0)}` : s === 'open' ? ` ${number(state.value?.openAlarms ?? 0)}` : '');
  return (
    <div class="page">
      <header>
        <h1>{t('alarms.title')}</h1>
        <span class="seg" role="group" aria-label={t('alarms.show')}>
          {shows.map(s => <button key={s} aria-pressed={show === s} onClick={() => put({ show: s })}>{t(`alarms.${s}`)}{count(s)}</button>)}
        </span>
        {!may && <a class="quiet" href="/login">{t('alarms.login')}</a>}
        {error && <p class="error" role="alert">{t('error', { why: error })}</p>}
      </header>
      {alarms.value && list.length === 0 && <section class="panel"><p>{show === 'new' ? t('alarms.none.new') : t('alarms.none')}</p></section>}
      {kinds.map(kind => <KindGroup key={kind} list={list.filter(a => a.kind === kind)} may={may} act={(l, v) => { void act(l, v); }} />)}
    </div>
  );
}

interface GroupProps { list: Alarm[]; may: boolean; act(list: Alarm[], verb: 'acknowledge' | 'clear'): void }

function KindGroup({ list, may, act }: GroupProps): JSX.Element {
  const first = list[0]!, tone = first.priority === 1 ? 'bad' : first.priority === 2 ? 'warn' : '';
  const fresh = list.filter(a => a.acknowledgedBy === null && a.until === null);
  return (
    <section class="panel scroll" role="region" aria-label={word('alarm', first.kind)}>
      <header>
        <span class={`tag ${tone}`}>{t(`priority.${first.priority}` as Key)}</span><h2>{word('alarm', first.kind)}</h2><span class="quiet">{number(list.length)}</span>
        {may && fresh.length > 1 && <button class="end" onClick={() => act(fresh, 'acknowledge')}>{t('alarms.ackall', { n: fresh.length })}</button>}
      </header>
      <table data-testid="alarms">
        <thead><tr><th scope="col">{t('alarms.where')}</th><th scope="col">{t('alarms.detail')}</th><th scope="col">{t('alarms.since')}</th><th scope="col">{t('alarms.until')}</th><th scope="col">{t('alarms.note')}</th><th scope="col"><span class="unseen">{t('step.kind')}</span></th></tr></thead>
        <tbody>{list.slice(0, mostOfKind).map(a => <AlarmRow key={a.id} a={a} may={may} act={act} />)}</tbody>
      </table>
      {list.length > mostOfKind && <p class="quiet">{t('alarms.more', { n: list.length - mostOfKind })}</p>}
    </section>
  );
}

function AlarmRow({ a, may, act }: { a: Alarm; may: boolean; act: GroupProps['act'] }): JSX.Element {
  const place = city.value?.intersections[a.intersection], now = state.value?.timeMs ?? a.sinceMs;
  const what = `${word('alarm', a.kind)}, ${place ? named(place.name) : a.detail}`;
  return (
    <tr>
      <th scope="row">{place ? <a href={address('intersection', { id: place.id })}>{named(place.name)}</a> : word('feed', a.detail)}</th>
      <td>{detailOf(a, place)}</td>
      <td>{time(a.sinceMs)} <span class="quiet">{seconds(((a.untilMs ?? now) - a.sinceMs) / 1000)}</span></td>
      <td>{a.untilMs === null ? <span class="tag">{t('alarms.lasts')}</span> : <>{time(a.untilMs)}{a.clearedBy && <div class="quiet">{t('alarms.cleared', { who: a.clearedBy })}</div>}</>}</td>
      <td>{a.acknowledgedBy ? <>{t('alarms.acked', { who: a.acknowledgedBy })} {a.acknowledgedAt && <span class="quiet">{dateTime(Date.parse(a.acknowledgedAt))}</span>}</> : '–'}</td>
      <td class="n">{may && a.until === null && (a.acknowledgedBy === null
        ? <button onClick={() => act([a], 'acknowledge')} aria-label={`${t('alarms.ack')}: ${what}`}>{t('alarms.ack')}</button>
        : <button class="plain" onClick={() => act([a], 'clear')} aria-label={`${t('alarms.clear')}: ${what}`}>{t('alarms.clear')}</button>)}</td>
    </tr>
  );
}
