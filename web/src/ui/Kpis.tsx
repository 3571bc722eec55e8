// The city in one line of figures.
import type { JSX } from 'preact';
import { beat, city, picture, state } from '../live/connection';
import { samples } from '../live/derive';
import type { Sample } from '../model/answers';
import { metres, number, seconds, t, type Key } from '../text';
import { Spark } from './shapes';

/** How the figure stands to this quarter of an hour of the usual week. */
function Against({ field, now }: { field: keyof Sample; now: { [K in keyof Sample]?: number } }): JSX.Element | null {
  const usual = state.value?.usual.city;
  if (!usual) return null;
  const typical = usual[field], value = now[field] ?? NaN;
  if (!(typical > 0) || !Number.isFinite(value)) return null;
  const percent = Math.round(100 * (value / typical - 1)), worse = field === 'speedMps' || field === 'flowVph' ? percent < -25 : percent > 25;
  return <dd class={`versus ${worse ? 'worse' : ''}`}>{Math.abs(percent) < 3 ? t('usual.same') : t(percent > 0 ? 'usual.above' : 'usual.below', { n: number(Math.abs(percent)) })}</dd>;
}

interface Figure { key: Key; help?: Key; value: string; unit?: string; curve?: keyof Sample; tone?: string }

export function Kpis(): JSX.Element {
  void beat.value;
  const p = picture.value, places = city.value?.intersections.length ?? 0;
  if (!p || p.number === 0) return <dl class="kpis" aria-hidden="true"><div class="kpi"><dt>{t('loading')}</dt><dd>–</dd></div></dl>;
  const x = p.totals;
  let ours = 0;
  for (let i = 0; i < places; i++) if (p.mode[i] === 1 && !p.silent[i]) ours++;
  const figures: Figure[] = [
    { key: 'kpi.delay', help: 'kpi.delay.help', value: number(x.delayRate), unit: t('unit.delay'), curve: 'delayRate' },
    { key: 'kpi.stopped', help: 'kpi.stopped.help', value: number(x.stopped), unit: t('kpi.of', { n: number(x.vehicles) }), curve: 'stopped' },
    { key: 'kpi.flow', help: 'kpi.flow.help', value: number(x.flowVph), unit: t('unit.vph'), curve: 'flowVph' },
    { key: 'kpi.speed', value: number(x.speedMps * 3.6), unit: t('unit.kmh'), curve: 'speedMps' },
    { key: 'kpi.queue', help: 'kpi.queue.help', value: metres(x.queueM), curve: 'queueM' },
    { key: 'kpi.wait', value: seconds(x.longestWaitS), curve: 'longestWaitS' },
    { key: 'kpi.modes', help: 'kpi.modes.help', value: number(ours), unit: t('kpi.of', { n: number(places) }) },
  ];
  return (
    <dl class="kpis" data-testid="kpis" aria-label={t('kpi.label')}>
      {figures.map(f => (
        <div class="kpi" key={f.key} title={f.help ? t(f.help) : undefined}>
          <dt>{t(f.key)}</dt>
          <dd>{f.value}{f.unit && <small>{f.unit}</small>}</dd>
          {f.curve && <Against field={f.curve} now={x} />}
          {f.curve && <Spark values={samples.value.map(s => s[f.curve!])} />}
        </div>
      ))}
    </dl>
  );
}
