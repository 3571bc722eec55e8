// Stepping in: what, for how long, why; what will happen; and whether it did.
import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { past, send, session } from '../live/connection';
import { overrideOf } from '../live/derive';
import type { Picture } from '../live/picture';
import type { Intersection } from '../model/city';
import { isGreen } from '../model/greens';
import { looks, roles, type OverrideKind } from '../model/words';
import { seconds, t, time, word } from '../text';
import { stageName } from '../text/why';

const kinds: OverrideKind[] = ['Hold', 'Force', 'Skip', 'Programme', 'Release'];

export function StepIn({ place, index, p, at, calls }: { place: Intersection; index: number; p: Picture; at: number; calls: number[] }): JSX.Element {
  const role = session.value.role, may = roles.indexOf(role) >= 1 && session.value.name !== null;
  return (
    <section class="panel" data-testid="stepin">
      <header><h2>{t('step.title')}</h2></header>
      <InForce place={place} index={index} p={p} at={at} />
      {!session.value.name ? <p><a href={`/login?back=${encodeURIComponent(place.id)}`}>{t('step.login')}</a></p>
        : !may ? <p class="quiet">{t('step.role', { role: word('role', role) })}</p>
          : past.value !== null ? <p class="quiet">{t('step.past')}</p>
            : <Form place={place} index={index} p={p} at={at} calls={calls} engineer={roles.indexOf(role) >= 2} />}
    </section>
  );
}

function InForce({ place, index, p }: { place: Intersection; index: number; p: Picture; at: number }): JSX.Element | null {
  const kind = overrideOf(p, index);
  if (!kind) return null;
  const stage = p.overrideStage[index]!;
  const what = t(`step.${kind}`) + (stage >= 0 && (kind === 'Force' || kind === 'Skip') ? ` (${stageName(place, stage)})` : '');
  return <p class="good" role="status">{t('step.inforce', { what, time: time(p.overrideUntil[index]!) })}</p>;
}

function Form({ place, index, p, calls, engineer }: { place: Intersection; index: number; p: Picture; at: number; calls: number[]; engineer: boolean }): JSX.Element {
  const [kind, setKind] = useState<OverrideKind>('Hold');
  const [stage, setStage] = useState(0);
  const [minutes, setMinutes] = useState(5);
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [told, setTold] = useState<{ good: boolean; text: string } | null>(null);
  const before = p.override[index]!;
  useEffect(() => { setTold(null); }, [place.id]);
  // Once the picture shows the change, the line "in force" says it.
  useEffect(() => { setTold(now => (now?.good ? null : now)); }, [before]);
  const needsStage = kind === 'Force' || kind === 'Skip';
  const submit = async (e: Event): Promise<void> => {
    e.preventDefault();
    setBusy(true);
    try {
      const got = await send<{ auditNumber: number }>('POST', `/api/v1/intersections/${encodeURIComponent(place.id)}/override`, {
        kind, reason, ...(needsStage ? { stage } : {}), ...(kind === 'Release' ? {} : { minutes }),
      });
      setTold({ good: true, text: t('step.sent', { n: got.auditNumber }) });
      setReason('');
    } catch (error) {
      setTold({ good: false, text: t('error', { why: (error as Error).message }) });
    }
    setBusy(false);
  };
  return (
    <form class="step" onSubmit={e => { void submit(e); }}>
      <div class="row">
        <label class="field"><span>{t('step.kind')}</span>
          <select value={kind} data-testid="kind" onChange={e => setKind(e.currentTarget.value as OverrideKind)}>
            {kinds.map(k => <option key={k} value={k} disabled={k === 'Programme' && !engineer}>{t(`step.${k}`)}{k === 'Programme' && !engineer ? ` (${t('step.engineer')})` : ''}</option>)}
          </select>
        </label>
        {needsStage && (
          <label class="field"><span>{t('step.stage')}</span>
            <select value={stage} onChange={e => setStage(Number(e.currentTarget.value))}>{place.stages.map((s, k) => <option key={s.id} value={k}>{s.id}</option>)}</select>
          </label>
        )}
        {kind !== 'Release' && (
          <label class="field"><span>{t('step.minutes')}</span>
            <input type="number" min="1" max="120" required value={minutes} onInput={e => setMinutes(Number(e.currentTarget.value))} />
          </label>
        )}
      </div>
      <label class="field"><span>{t('step.reason')}</span>
        <input required minLength={3} maxLength={200} value={reason} placeholder={t('step.reason.hint')} onInput={e => setReason(e.currentTarget.value)} data-testid="reason" />
      </label>
      <div class="preview"><h3>{t('step.preview')}</h3><p>{preview(place, index, p, kind, stage)}</p>{kind !== 'Release' && kind !== 'Programme' && <Next place={place} index={index} p={p} calls={calls} stage={kind === 'Hold' ? p.stage[index]! : stage} skip={kind === 'Skip'} />}</div>
      <div class="row"><button class="main" disabled={busy}>{busy ? t('step.sending') : t('step.send')}</button></div>
      {told && <p class={told.good ? 'good' : 'error'} role="status">{told.text}</p>}
    </form>
  );
}

/** Who would be served against the request first, because a wait comes near its bound. */
function Next({ place, index, p, calls, stage, skip }: { place: Intersection; index: number; p: Picture; calls: number[]; stage: number; skip: boolean }): JSX.Element | null {
  const waiting = place.groups.map((g, k) => ({ id: g.id, k, s: calls[k]! >= 0 ? (p.timeMs - calls[k]!) / 1000 : -1 }))
    .filter(w => w.s >= 0 && isGreen(place, stage, w.k) === skip && looks[p.aspect(index, w.k)] !== 'green').sort((a, b) => b.s - a.s);
  const first = waiting[0];
  if (!first) return null;
  return <p>{t('step.preview.next', { group: t('why.group', { id: first.id }), s: seconds(first.s), left: seconds(Math.max(0, place.maxWaitS - first.s)), n: waiting.length })}</p>;
}

/** What the request leads to, from the city's own data. */
function preview(place: Intersection, index: number, p: Picture, kind: OverrideKind, chosen: number): string {
  const stage = kind === 'Hold' ? p.stage[index]! : chosen, bound = seconds(place.maxWaitS);
  const aspects = place.stages[stage]?.aspects ?? '';
  const green = (g: number): boolean => /[gG]/.test(aspects[g] ?? '');
  const red = place.groups.filter((_, g) => !green(g)).map(g => g.id).join(', ');
  const waiting = red ? t('step.preview.waiting', { groups: red, bound }) : t('step.preview.nobody');
  switch (kind) {
    case 'Hold': return t('step.preview.Hold', { stage: stageName(place, stage), waiting });
    case 'Force': return t('step.preview.Force', { stage: stageName(place, stage), waiting });
    case 'Skip': return t('step.preview.Skip', { stage: stageName(place, stage), groups: place.groups.filter((_, g) => green(g)).map(g => g.id).join(', '), bound });
    case 'Programme': return t('step.preview.Programme', { cycle: seconds(place.programme?.cycleS ?? NaN) });
    case 'Release': return t('step.preview.Release');
  }
}
