import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { ask, city, session } from '../live/connection';
import type { AuditCheck, AuditEntry } from '../model/answers';
import { roles } from '../model/words';
import { address } from '../route';
import { dateTime, named, number, t } from '../text';
import { useExport } from '../ui/exports';

export function AuditScreen(): JSX.Element {
  const [entries, setEntries] = useState<AuditEntry[] | null>(null);
  const [check, setCheck] = useState<AuditCheck | null>(null);
  const may = session.value.name !== null && roles.indexOf(session.value.role) >= 1;
  useExport('audit', () => (entries ? {
    timeMs: Date.now(), columns: ['number', 'at', 'who', 'what', 'where', 'why', 'done'],
    rows: entries.map(e => [e.number, e.at, e.who, e.what, e.where, e.why, e.done ? 'yes' : 'no']),
  } : null));
  useEffect(() => {
    if (!may) return undefined;
    const verify = (): void => { void ask<AuditCheck>('/api/v1/audit/check').then(setCheck, () => undefined); };
    verify();
    const slow = setInterval(verify, 30_000);
    const refresh = (): void => { void ask<AuditEntry[]>('/api/v1/audit').then(setEntries, () => undefined); };
    refresh();
    const timer = setInterval(refresh, 3000);
    return () => { clearInterval(timer); clearInterval(slow); };
  }, [may]);
  return (
    <div class="page">
      <header><h1>{t('audit.title')}</h1><span class="quiet">{t('audit.help')}</span></header>
      {may && check && (
        <p data-testid="chain" class={check.brokenAt === null ? 'good' : 'error'} role="status">
          {check.brokenAt === null ? t('audit.whole', { n: number(check.entries), time: dateTime(Date.parse(check.at)) }) : t('audit.broken', { n: number(check.brokenAt) })}
          <span class="quiet"> {t('audit.head')} <code>{check.head.slice(0, 16)}…</code></span>
        </p>
      )}
      <section class="panel scroll">
        {!may ? <p><a href="/login">{t('audit.login')}</a></p> : entries?.length === 0 ? <p class="quiet">{t('audit.none')}</p> : (
          <table data-testid="audit">
            <thead><tr><th scope="col" class="n">#</th><th scope="col">{t('audit.when')}</th><th scope="col">{t('audit.who')}</th><th scope="col">{t('audit.what')}</th><th scope="col">{t('alarms.where')}</th><th scope="col">{t('audit.why')}</th><th scope="col">{t('audit.result')}</th></tr></thead>
            <tbody>{entries?.map(e => {
              const place = city.value?.intersections.find(i => i.id === e.where);
              return (
                <tr key={e.number}>
                  <td class="n">{e.number}</td><td>{dateTime(Date.parse(e.at))}</td><td>{e.who}</td><td>{e.what}</td>
                  <td>{place ? <a href={address('intersection', { id: place.id })}>{named(place.name)}</a> : e.where}</td><td>{e.why}</td>
                  <td>{e.done ? t('audit.done') : <span class="tag bad">{t('audit.refused')}</span>}</td>
                </tr>
              );
            })}</tbody>
          </table>
        )}
      </section>
    </div>
  );
}
