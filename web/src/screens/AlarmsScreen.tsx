import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { ask, city, link, send, session, state } from '../live/connection';
import type { Alarm } from '../model/answers';
import { roles } from '../model/words';
import { address, put, route } from '../route';
import { dateTime, number, t, word, type Key } from '../text';

type Show = 'new' | 'open' | 'all';
/** Rows of one kind that are shown before the rest is only counted. */
const mostOfKind = 12;

export function AlarmsScreen(): JSX.Element {
  const [alarms, setAlarms] = useState<Alarm[] | null>(null);
  const [error, setError] = useState('');
  const show = (['new', 'open', 'all'].includes(route.value.query.get('show') ?? '') ? route.value.query.get('show') : 'open') as Show;
  const refresh = (): void => { void ask<Alarm[]>('/api/v1/alarms').then(setAlarms, () => undefined); };
  useEffect(() => {
    refresh();
    const timer = setInterval(() => { if (link.peek() === 'live' && !document.hidden) refresh(); }, 2000);
    return () => clearInterval(timer);
  }, []);
  const may = session.value.name !== null && roles.indexOf(session.value.role) >= 1;
  const acknowledge = (id: number): void => {
    void send<Alarm>('POST', `/api/v1/alarms/${id}/acknowledge`).then(() => { setError(''); refresh(); }, (e: Error) => setError(e.message));
  };
  const list = (alarms ?? []).filter(a => show === 'all' || (a.until === null && (show === 'open' || a.acknowledgedBy === null)));
  const kinds = [...new Set(list.map(a => a.kind))];
  return (
    <div class="page">
      <header>
        <h1>{t('alarms.title')}</h1>
        <span class="seg" role="group" aria-label={t('alarms.show')}>
          {(['new', 'open', 'all'] as Show[]).map(s => <button key={s} aria-pressed={show === s} onClick={() => put({ show: s })}>{t(`alarms.${s}`)}{s === 'new' ? ` ${number(state.value?.newAlarms ?? 0)}` : s === 'open' ? ` ${number(state.value?.openAlarms ?? 0)}` : ''}</button>)}
        </span>
        {error && <p class="error" role="alert">{t('error', { why: error })}</p>}
      </header>
      {alarms && list.length === 0 && <section class="panel"><p class="quiet">{t('alarms.none')}</p></section>}
      {kinds.map(kind => <KindGroup key={kind} list={list.filter(a => a.kind === kind)} may={may} acknowledge={acknowledge} />)}
    </div>
  );
}

function KindGroup({ list, may, acknowledge }: { list: Alarm[]; may: boolean; acknowledge(id: number): void }): JSX.Element {
  const first = list[0]!, tone = first.priority === 1 ? 'bad' : first.priority === 2 ? 'warn' : '';
  return (
    <section class="panel scroll">
      <header><h2>{word('alarm', first.kind)}</h2><span class={`tag ${tone}`}>{t(`priority.${first.priority}` as Key)}</span><span class="quiet">{number(list.length)}</span></header>
      <table data-testid="alarms">
        <thead><tr><th scope="col">{t('alarms.where')}</th><th scope="col">{t('alarms.detail')}</th><th scope="col">{t('alarms.since')}</th><th scope="col">{t('alarms.until')}</th><th scope="col">{t('alarms.ack')}</th></tr></thead>
        <tbody>{list.slice(0, mostOfKind).map(a => {
          const place = city.value?.intersections[a.intersection];
          return (
            <tr key={a.id}>
              <th scope="row">{place ? <a href={address('intersection', { id: place.id })}>{place.name}</a> : word('feed', a.detail)}</th>
              <td>{detailOf(a)}</td><td>{dateTime(Date.parse(a.since))}</td><td>{a.until ? dateTime(Date.parse(a.until)) : '–'}</td>
              <td>{a.acknowledgedBy ? t('alarms.acked', { who: a.acknowledgedBy })
                : may ? <button onClick={() => acknowledge(a.id)} aria-label={`${t('alarms.ack')}: ${word('alarm', a.kind)}, ${place?.name ?? a.detail}`}>{t('alarms.ack')}</button> : '–'}</td>
            </tr>
          );
        })}</tbody>
      </table>
      {list.length > mostOfKind && <p class="quiet">{t('alarms.more', { n: list.length - mostOfKind })}</p>}
    </section>
  );
}

/** The detail is a name, or for some kinds a word of the wire. */
function detailOf(a: Alarm): string {
  if (a.kind === 'ControllerFault') return word('mode', a.detail);
  if (a.kind === 'ControllerFallback') return word('rule', a.detail);
  if (a.kind !== 'DetectorFault') return a.detail;
  const cut = a.detail.lastIndexOf(': ');
  return `${a.detail.slice(0, cut)}: ${a.detail.slice(cut + 2).split(', ').map(f => word('fault', f)).join(', ')}`;
}
