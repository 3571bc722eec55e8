// What each signal group showed in the last minutes, and above it the stages with the reason of each.
import type { JSX } from 'preact';
import type { StageRun } from '../model/answers';
import type { Intersection } from '../model/city';
import { greensOf } from '../model/greens';
import { seconds, t, time, word } from '../text';
import { stageName } from '../text/why';
import { scale } from './look';
import { useWidth } from './width';

const windowMs = 360_000, rowEm = 15, stageRowEm = 24, leftEm = 44, stageTones = 8;

export function SignalStrip({ place, runs, nowMs }: { place: Intersection; runs: StageRun[]; nowMs: number }): JSX.Element {
  const [box, width] = useWidth<HTMLDivElement>(900), em = scale.value, row = rowEm * em, stageRow = stageRowEm * em, left = leftEm * em;
  const from = nowMs - windowMs, height = stageRow + 8 + place.groups.length * row + 20 * em;
  const x = (ms: number): number => left + (width - left - 2) * Math.max(0, ms - from) / windowMs;
  const shown = runs.filter(r => r.toMs > from);
  return (
    <section class="panel">
      <header><h2>{t('place.cycle')}</h2><span class="quiet">{t('place.cycle.help')}</span></header>
      <div ref={box}>
        <svg class="plot" width={width} height={height} role="img" aria-label={t('place.cycle')} data-testid="strip">
          {[0, 1, 2, 3, 4, 5, 6].map(m => <line key={m} x1={x(nowMs - m * 60_000)} x2={x(nowMs - m * 60_000)} y1="0" y2={height - 18 * em} stroke="var(--line)" />)}
          {shown.map(r => {
            const w = Math.max(1, x(r.toMs) - x(r.fromMs) - 1);
            return (
              <g key={r.fromMs}>
                <title>{stageName(place, r.stage)} · {seconds((r.toMs - r.fromMs) / 1000)} · {word('rule', r.rule)} · {time(r.fromMs)}</title>
                <rect x={x(r.fromMs)} width={w} y="1" height={stageRow - 4} rx="2" fill={`var(--stage-${r.stage % stageTones})`} />
                {w > 18 * em && <text class="on" x={x(r.fromMs) + 4} y={15 * em}>{w > 64 * em ? `${place.stages[r.stage]?.id ?? ''} ${Math.round((r.toMs - r.fromMs) / 1000)} s` : w > 30 * em ? place.stages[r.stage]?.id.slice(0, 4) : ''}</text>}
              </g>
            );
          })}
          {place.groups.map((g, k) => {
            const y = stageRow + 8 + k * row;
            return (
              <g key={g.id}>
                <text x={left - 6} y={y + 9 * em} text-anchor="end">{g.id}</text>
                <line x1={x(runs[0]?.fromMs ?? nowMs)} x2={width - 2} y1={y + 5 * em} y2={y + 5 * em} stroke="var(--sig-red)" stroke-opacity="0.55" stroke-width="2" />
                {greensOf(place, shown, [k]).map(s => <rect key={s.from} x={x(s.from)} width={Math.max(1, x(s.to) - x(s.from))} y={y} height={row - 5 * em} fill="var(--sig-green)" />)}
              </g>
            );
          })}
          {[6, 4, 2, 0].map(m => <text key={m} x={m === 0 ? width - 2 : x(nowMs - m * 60_000)} y={height - 4 * em} text-anchor={m === 0 ? 'end' : m === 6 ? 'start' : 'middle'}>{m === 0 ? time(nowMs) : `−${m} ${t('unit.min')}`}</text>)}
        </svg>
      </div>
    </section>
  );
}
