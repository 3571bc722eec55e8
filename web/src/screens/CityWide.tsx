// What touches the whole city or a district: one person asks, another confirms.
import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { ask, city, clock, link, past, send, session } from '../live/connection';
import type { CityAction } from '../model/answers';
import { roles } from '../model/words';
import { named, number, seconds, t } from '../text';

const refreshMs = 3000;

export function CityWide(): JSX.Element | null {
  const [pending, setPending] = useState<CityAction[]>([]);
  const [told, setTold] = useState<{ good: boolean; text: string } | null>(null);
  const role = roles.indexOf(session.value.role), name = session.value.name, may = name !== null && role >= 2;
  const refresh = (): void => { if (link.peek() === 'live') void ask<CityAction[]>('/api/v1/city/actions').then(setPending, () => undefined); };
  useEffect(() => {
    if (name === null || role < 1) return undefined;
    refresh();
    const timer = setInterval(refresh, refreshMs);
    return () => clearInterval(timer);
  }, [name, role]);
  const act = async (work: Promise<unknown>, said: string): Promise<void> => {
    try {
      await work;
      setTold({ good: true, text: said });
    } catch (error) {
      setTold({ good: false, text: t('error', { why: (error as Error).message }) });
    }
    refresh();
  };
  return (
    <section class="panel" data-testid="citywide">
      <header><h2>{t('wide.title')}</h2><span class="quiet">{t('wide.help')}</span></header>
      {!name ? <p><a href="/login">{t('step.login')}</a></p> : !may ? <p class="quiet">{t('wide.role')}</p>
        : past.value !== null ? <p class="quiet">{t('step.past')}</p>
          : <Form ask={body => { void act(send('POST', '/api/v1/city/actions', body), t('wide.asked')); }} />}
      {pending.length > 0 && <ul class="pending">{pending.map(a => <Pending key={a.id} a={a} mine={a.askedBy === name} may={may}
        confirm={() => { void act(send('POST', `/api/v1/city/actions/${a.id}/confirm`), t('wide.done')); }}
        withdraw={() => { void act(send('DELETE', `/api/v1/city/actions/${a.id}`), t('wide.withdrawn')); }} />)}</ul>}
      {told && <p class={told.good ? 'good' : 'error'} role="status">{told.text}</p>}
    </section>
  );
}

function Pending({ a, mine, may, confirm, withdraw }: { a: CityAction; mine: boolean; may: boolean; confirm(): void; withdraw(): void }): JSX.Element {
  void clock.value;
  const left = Math.max(0, (Date.parse(a.expires) - Date.now()) / 1000), where = a.district === null ? t('wide.all') : named(city.value?.districts[a.district]?.name ?? '');
  return (
    <li>
      <p><b>{t(`step.${a.kind}`)}</b> · {where}{a.minutes > 0 && ` · ${number(a.minutes)} ${t('unit.min')}`}</p>
      <p class="quiet">{t('wide.by', { who: a.askedBy, s: seconds(left) })}: {a.reason}</p>
      <div class="row">
        {mine ? <span class="quiet">{t('wide.other')}</span> : may && <button class="main" onClick={confirm}>{t('wide.confirm')}</button>}
        {may && <button onClick={withdraw}>{t('wide.withdraw')}</button>}
      </div>
    </li>
  );
}

interface Body { kind: 'Programme' | 'Release'; reason: string; minutes?: number; district?: string }

function Form({ ask: request }: { ask(body: Body): void }): JSX.Element {
  const [kind, setKind] = useState<Body['kind']>('Programme');
  const [district, setDistrict] = useState(''), [minutes, setMinutes] = useState(15), [reason, setReason] = useState('');
  const c = city.value, touched = c?.intersections.filter(i => district === '' || c.districts[i.district]?.id === district).length ?? 0;
  const submit = (e: Event): void => {
    e.preventDefault();
    request({ kind, reason, ...(kind === 'Programme' ? { minutes } : {}), ...(district ? { district } : {}) });
    setReason('');
  };
  return (
    <form class="step" onSubmit={submit}>
      <div class="row">
        <label class="field"><span>{t('step.kind')}</span>
          <select value={kind} onChange={e => setKind(e.currentTarget.value as Body['kind'])}><option value="Programme">{t('step.Programme')}</option><option value="Release">{t('step.Release')}</option></select>
        </label>
        <label class="field"><span>{t('alarms.where')}</span>
          <select value={district} onChange={e => setDistrict(e.currentTarget.value)}><option value="">{t('wide.all')}</option>{c?.districts.map(d => <option key={d.id} value={d.id}>{named(d.name)}</option>)}</select>
        </label>
        {kind === 'Programme' && <label class="field"><span>{t('step.minutes')}</span><input type="number" min="1" max="120" required value={minutes} onInput={e => setMinutes(Number(e.currentTarget.value))} /></label>}
      </div>
      <label class="field"><span>{t('step.reason')}</span><input required minLength={3} maxLength={200} value={reason} placeholder={t('step.reason.hint')} onInput={e => setReason(e.currentTarget.value)} /></label>
      <div class="preview"><h3>{t('step.preview')}</h3><p>{t('wide.preview', { n: number(touched), what: t(`step.${kind}`) })}</p></div>
      <div class="row"><button class="main">{t('wide.ask')}</button></div>
    </form>
  );
}
