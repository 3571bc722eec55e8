// The Purdue coordination diagram of one signal group: each dot is a vehicle, as high as its place in the cycle.
import { useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Arrivals, StageRun } from '../model/answers';
import type { Intersection } from '../model/city';
import { cyclesOf, greensOf, type GroupCycle } from '../model/greens';
import { number, seconds, t, time } from '../text';
import { scale } from './look';
import { useWidth } from './width';

const windowMs = 720_000, heightEm = 210, leftEm = 34, bottomEm = 18, mostRows = 12;

interface Dots { cycle: GroupCycle; at: number[] }

export function Coordination({ place, runs, arrivals, nowMs }: { place: Intersection; runs: StageRun[]; arrivals: Arrivals[]; nowMs: number }): JSX.Element {
  const [asked, setGroup] = useState(-1);
  const [asTable, setAsTable] = useState(false);
  const groups = place.groups.map((g, k) => ({ id: g.id, k, arrivals: arrivalsOf(place, arrivals, k) })).filter(g => place.groups[g.k]!.kind === 'Vehicle');
  const busiest = [...groups].sort((a, b) => b.arrivals.length - a.arrivals.length)[0];
  const group = groups.find(g => g.k === asked) ?? busiest;
  if (!group) return <section class="panel"><header><h2>{t('pcd.title')}</h2></header></section>;
  const cycles = cyclesOf(greensOf(place, runs, [group.k]), nowMs).filter(c => c.to > nowMs - windowMs);
  const dots = cycles.map(cycle => ({ cycle, at: group.arrivals.filter(a => a >= cycle.from && a < cycle.to && a <= nowMs) }));
  const whole = dots.filter(d => d.cycle.whole), all = whole.reduce((n, d) => n + d.at.length, 0);
  const onGreen = whole.reduce((n, d) => n + d.at.filter(a => a >= d.cycle.greenFrom).length, 0);
  return (
    <section class="panel" data-testid="pcd">
      <header>
        <h2>{t('pcd.title')}</h2>
        <label class="row"><span class="unseen">{t('table.group')}</span>
          <select value={group.k} onChange={e => setGroup(Number(e.currentTarget.value))}>{groups.map(g => <option key={g.k} value={g.k}>{t('why.group', { id: g.id })}</option>)}</select>
        </label>
        <span>{all > 0 ? t('pcd.share', { p: number(100 * onGreen / all), n: number(all) }) : t('pcd.none')}</span>
        <button class="end" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>{asTable ? t('city.aschart') : t('city.astable')}</button>
      </header>
      {asTable ? <CycleTable dots={dots} /> : <Diagram dots={dots} nowMs={nowMs} label={`${t('pcd.title')}, ${group.id}`} />}
      <p class="quiet">{t('pcd.help')}</p>
    </section>
  );
}

function arrivalsOf(place: Intersection, arrivals: Arrivals[], group: number): number[] {
  const lanes = new Set(place.movements.filter(m => m.group === group).map(m => m.from));
  return arrivals.filter(a => lanes.has(a.lane)).flatMap(a => a.atMs).sort((a, b) => a - b);
}

function Diagram({ dots, nowMs, label }: { dots: Dots[]; nowMs: number; label: string }): JSX.Element {
  const [box, width] = useWidth<HTMLDivElement>(600), em = scale.value, height = heightEm * em, left = leftEm * em, bottom = bottomEm * em;
  const longest = Math.max(60_000, ...dots.map(d => d.cycle.to - d.cycle.from));
  const x = (ms: number): number => left + (width - left - 4) * (ms - nowMs + windowMs) / windowMs;
  const y = (ms: number): number => (height - bottom) * (1 - ms / (longest * 1.08));
  const step = longest > 150_000 ? 60 : 30, lines = Array.from({ length: Math.floor(longest / 1000 / step) + 1 }, (_, k) => k * step);
  return (
    <div ref={box}>
      <svg class="plot" width={width} height={height} role="img" aria-label={label}>
        {lines.map(s => <g key={s}><line x1={left} x2={width} y1={y(s * 1000)} y2={y(s * 1000)} stroke="var(--line)" /><text x={left - 5} y={y(s * 1000) + 4 * em} text-anchor="end">{s}</text></g>)}
        {dots.map(({ cycle: c }) => {
          const x0 = Math.max(left, x(c.from)), x1 = x(c.to), g = y(c.greenFrom - c.from), e = y(c.to - c.from);
          return (
            <g key={c.from}>
              {c.greenFrom < c.to && <rect x={x0} width={Math.max(0, x1 - x0)} y={e} height={Math.max(0, g - e)} fill="var(--sig-green)" fill-opacity="0.16" />}
              <path d={`M${x0} ${g}H${x1}`} stroke="var(--sig-green)" stroke-width="2" />
              {c.whole && <path d={`M${x0} ${e}H${x1}`} stroke="var(--sig-red)" stroke-width="2" />}
            </g>
          );
        })}
        {dots.flatMap(({ cycle: c, at }) => at.map(a => {
          const cx = x(a), cy = y(a - c.from);
          return cx < left ? null : a >= c.greenFrom
            ? <circle key={a} cx={cx} cy={cy} r={2.4 * em} fill="var(--ink)" />
            : <circle key={a} cx={cx} cy={cy} r={2.2 * em} fill="none" stroke="var(--ink)" stroke-width="1.2" />;
        }))}
        {[12, 9, 6, 3, 0].map(m => <text key={m} x={m === 12 ? left : x(nowMs - m * 60_000)} y={height - 3 * em} text-anchor={m === 0 ? 'end' : m === 12 ? 'start' : 'middle'}>{time(nowMs - m * 60_000, m === 0)}</text>)}
      </svg>
    </div>
  );
}

function CycleTable({ dots }: { dots: Dots[] }): JSX.Element {
  return (
    <div class="scroll" role="region" aria-label={t('pcd.title')}>
      <table>
        <thead><tr><th scope="col">{t('city.time')}</th><th scope="col" class="n">{t('pcd.red')}</th><th scope="col" class="n">{t('pcd.green')}</th><th scope="col" class="n">{t('pcd.arrivals')}</th><th scope="col" class="n">{t('pcd.ongreen')}</th></tr></thead>
        <tbody>{[...dots].reverse().slice(0, mostRows).map(({ cycle: c, at }) => (
          <tr key={c.from}><th scope="row">{time(c.from)}</th><td class="n">{seconds((c.greenFrom - c.from) / 1000)}</td><td class="n">{seconds((c.to - c.greenFrom) / 1000)}</td>
            <td class="n">{number(at.length)}</td><td class="n">{at.length > 0 ? `${number(100 * at.filter(a => a >= c.greenFrom).length / at.length)} %` : '–'}</td></tr>
        ))}</tbody>
      </table>
    </div>
  );
}
