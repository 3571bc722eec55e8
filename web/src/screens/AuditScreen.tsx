import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { ask, city, session } from '../live/connection';
import type { AuditEntry } from '../model/answers';
import { roles } from '../model/words';
import { address } from '../route';
import { dateTime, t } from '../text';

export function AuditScreen(): JSX.Element {
  const [entries, setEntries] = useState<AuditEntry[] | null>(null);
  const may = session.value.name !== null && roles.indexOf(session.value.role) >= 1;
  useEffect(() => {
    if (!may) return undefined;
    const refresh = (): void => { void ask<AuditEntry[]>('/api/v1/audit').then(setEntries, () => undefined); };
    refresh();
    const timer = setInterval(refresh, 3000);
    return () => clearInterval(timer);
  }, [may]);
  return (
    <div class="page">
      <header><h1>{t('audit.title')}</h1><span class="quiet">{t('audit.help')}</span></header>
      <section class="panel scroll">
        {!may ? <p><a href="/login">{t('audit.login')}</a></p> : entries?.length === 0 ? <p class="quiet">{t('audit.none')}</p> : (
          <table data-testid="audit">
            <thead><tr><th scope="col" class="n">#</th><th scope="col">{t('audit.when')}</th><th scope="col">{t('audit.who')}</th><th scope="col">{t('audit.what')}</th><th scope="col">{t('alarms.where')}</th><th scope="col">{t('audit.why')}</th><th scope="col">{t('audit.result')}</th></tr></thead>
            <tbody>{entries?.map(e => {
              const place = city.value?.intersections.find(i => i.id === e.where);
              return (
                <tr key={e.number}>
                  <td class="n">{e.number}</td><td>{dateTime(Date.parse(e.at))}</td><td>{e.who}</td><td>{e.what}</td>
                  <td>{place ? <a href={address('intersection', { id: place.id })}>{place.name}</a> : e.where}</td><td>{e.why}</td>
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
