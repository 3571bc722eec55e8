// The split monitor: how long each stage was shown, its share, and what ended it.
import type { JSX } from 'preact';
import type { StageRun } from '../model/answers';
import type { Intersection } from '../model/city';
import { splitsOf } from '../model/greens';
import { number, t, word } from '../text';

const s = (ms: number): string => (Number.isFinite(ms) ? number(ms / 1000) : '–');

export function Splits({ place, runs }: { place: Intersection; runs: StageRun[] }): JSX.Element {
  return (
    <section class="panel scroll" role="region" aria-label={t('split.title')}>
      <header><h2>{t('split.title')}</h2><span class="quiet">{t('split.help')}</span></header>
      <table data-testid="splits">
        <thead><tr>
          <th scope="col">{t('table.stage')}</th><th scope="col" class="n">{t('split.times')}</th><th scope="col" class="n">{t('split.mean')}</th>
          <th scope="col" class="n">{t('split.range')}</th><th scope="col">{t('split.share')}</th><th scope="col">{t('split.ended')}</th>
        </tr></thead>
        <tbody>{splitsOf(place, runs).map(x => (
          <tr key={x.stage}>
            <th scope="row"><span class="swatch" style={{ background: `var(--stage-${x.stage % 8})` }} />{place.stages[x.stage]!.id}</th>
            <td class="n">{number(x.times)}</td><td class="n">{s(x.meanMs)}</td><td class="n">{x.times > 0 ? `${s(x.leastMs)}–${s(x.mostMs)}` : '–'}</td>
            <td><span class="waitbar">{number(100 * x.share)} %<span class="bar"><i style={{ width: `${100 * x.share}%` }} /></span></span></td>
            <td>{x.endedBy.slice(0, 2).map(([rule, n]) => `${word('rule', rule)} ${n}`).join(', ') || '–'}</td>
          </tr>
        ))}</tbody>
      </table>
    </section>
  );
}
