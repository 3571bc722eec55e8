// The stages in their order, live: who has green in each, in rings with their barriers, and how far the present one is.
import type { JSX } from 'preact';
import type { Picture } from '../live/picture';
import type { StageRun } from '../model/answers';
import type { City, Intersection } from '../model/city';
import { ringsOf, type RingPart } from '../model/rings';
import { number, seconds, t } from '../text';
import { StageDrawing } from './Junction';

interface Props { c: City; place: Intersection; index: number; p: Picture; at: number; runs: StageRun[] }

export function StagePlan({ c, place, index, p, runs }: Props): JSX.Element {
  const changing = (p.flags[index]! & 1) !== 0, stage = p.stage[index]!;
  const { rings, barriers } = ringsOf(place), feet = rings.filter(r => r[0]!.onFoot).length;
  const forS = Math.max(0, (p.timeMs - p.stageSince[index]!) / 1000);
  const edge = (k: number): string => (barriers[k] && k > 0 ? ' barrier' : '');
  const on = (k: number): { 'data-on'?: 'true' } => (k === stage ? { 'data-on': 'true' } : {});
  return (
    <section class="panel scroll" role="region" aria-label={t('place.stages')} tabIndex={0}>
      <header><h2>{t('place.stages')}</h2><span class="quiet">{t('plan.help')}</span></header>
      <table class="plan" data-testid="plan">
        <thead><tr>
          <td />
          {place.stages.map((s, k) => (
            <th scope="col" key={s.id} class={`stage${edge(k)}`} {...on(k)}>
              <b><span><span class="swatch" style={{ background: `var(--stage-${k % 8})` }} />{s.id}</span><span>{k === stage ? (changing ? t('place.next') : seconds(forS)) : ''}</span></b>
              <StageDrawing city={c} place={place} stage={k} />
              <Progress share={k === stage && !changing ? Math.min(1, forS / Math.max(1, place.maxGreenS)) : 0} />
              <span class="quiet">{lastOf(runs, k, stage, changing, p.timeMs)}</span>
            </th>
          ))}
        </tr></thead>
        <tbody>{rings.map((ring, r) => (
          <tr key={r}>
            <th scope="row">{ring[0]!.onFoot ? t('kind.Pedestrian') : t('plan.ring', { n: number(rings.length - feet > 1 ? r + 1 : 1) })}</th>
            {place.stages.map((s, k) => (
              <td key={s.id} class={edge(k)} {...on(k)}>{ring.filter(part => part.stages[k]).map(part => <Green key={part.groups[0]} place={place} part={part} stage={k} lit={k === stage && !changing} />)}</td>
            ))}
          </tr>
        ))}</tbody>
      </table>
    </section>
  );
}

/** The groups of a part that are green in a stage; what gives way is hatched, and says so. */
function Green({ place, part, stage, lit }: { place: Intersection; part: RingPart; stage: number; lit: boolean }): JSX.Element {
  const names = part.groups.map(g => place.groups[g]!.id).join(', '), yields = part.yields[stage]!;
  return <span class="green" data-lit={lit} data-yields={yields} title={`${names}: ${yields ? t('look.yield') : t('look.green')}`}>{names}{yields && <span class="unseen"> {t('look.yield')}</span>}</span>;
}

function Progress({ share }: { share: number }): JSX.Element {
  return <span class="bar" aria-hidden="true"><i style={{ width: `${100 * share}%`, background: 'var(--accent)' }} /></span>;
}

function lastOf(runs: StageRun[], k: number, stage: number, changing: boolean, nowMs: number): string {
  if (k === stage && !changing) return t('place.now');
  const last = runs.findLast(r => r.stage === k);
  return last ? t('place.laststage', { s: seconds((last.toMs - last.fromMs) / 1000), ago: seconds((nowMs - last.toMs) / 1000) }) : t('place.notlately');
}
