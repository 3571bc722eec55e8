// All intersections as a table: the map's equal.
import { useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { beat, city, picture } from '../live/connection';
import { control } from '../live/derive';
import type { Picture } from '../live/picture';
import type { City } from '../model/city';
import { rules } from '../model/words';
import { address } from '../route';
import { named, number, seconds, t, word, type Key } from '../text';
import type { Exported } from '../ui/exports';

type Column = 'name' | 'delay' | 'usual' | 'stage' | 'since' | 'mode' | 'present' | 'halted' | 'wait' | 'rule';
const columns: [Column, Key, boolean][] = [
  ['name', 'table.intersection', false], ['delay', 'table.delay', true], ['usual', 'table.usual', true], ['halted', 'table.stopped', true], ['present', 'table.present', true],
  ['wait', 'table.wait', true], ['stage', 'table.stage', false], ['since', 'table.since', true],
  ['rule', 'table.reason', false], ['mode', 'table.mode', false],
];

interface Row { i: number; name: string; id: string; delay: number; usual: number; stage: string; since: number; mode: string; level: string; present: number; halted: number; wait: number; rule: string }

function rowsOf(c: City, p: Picture): Row[] {
  return c.intersections.map((place, i) => {
    const who = control(p, i);
    return {
      i, name: named(place.name), id: place.id, stage: place.stages[p.stage[i]!]?.id ?? '–', since: Math.max(0, (p.timeMs - p.stageSince[i]!) / 1000),
      delay: p.delay[i]!, usual: p.usualDelay[i]!,
      mode: t(who.key as Key), level: who.level, present: p.present[i]!, halted: p.halted[i]!, wait: p.waitS(i), rule: word('rule', rules[p.rule[i]!] ?? 'None'),
    };
  });
}

/** What the map and its table show, for saving. */
export function placesTable(): Exported | null {
  const c = city.peek(), p = picture.peek();
  if (!c || !p) return null;
  return {
    timeMs: p.timeMs,
    columns: ['id', 'name', 'delay', 'usual_delay', 'stopped', 'in_view', 'longest_wait_s', 'stage', 'for_s', 'reason', 'control'],
    rows: rowsOf(c, p).map(r => [r.id, r.name, r.delay, r.usual < 0 ? null : r.usual, r.halted, r.present, r.wait, r.stage, r.since, r.rule, r.mode]),
  };
}

export function PlaceTable(): JSX.Element {
  void beat.value;
  const [by, setBy] = useState<Column>('delay');
  const [down, setDown] = useState(true);
  const c = city.value, p = picture.value;
  if (!c || !p) return <p>{t('loading')}</p>;
  const rows = rowsOf(c, p);
  rows.sort((a, b) => {
    const x = a[by], y = b[by];
    const order = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), undefined, { numeric: true });
    return (down ? -order : order) || a.i - b.i;
  });
  const sort = (column: Column): void => {
    if (column === by) setDown(!down);
    else { setBy(column); setDown(column !== 'name'); }
  };
  return (
    <table data-testid="places">
      <thead><tr>{columns.map(([column, key, isNumber]) => (
        <th key={column} scope="col" class={isNumber ? 'n' : ''} aria-sort={by === column ? (down ? 'descending' : 'ascending') : 'none'}>
          <button onClick={() => sort(column)}>{t(key)}{by === column ? (down ? ' ↓' : ' ↑') : ''}</button>
        </th>
      ))}</tr></thead>
      <tbody>{rows.map(r => (
        <tr key={r.i}>
          <th scope="row"><a href={address('intersection', { id: r.id })}>{r.name}</a></th>
          <td class="n">{number(r.delay, 1)}</td><td class="n">{r.usual < 0 ? '–' : number(r.usual, 1)}</td>
          <td class="n">{number(r.halted)}</td><td class="n">{number(r.present)}</td><td class="n">{seconds(r.wait)}</td>
          <td>{r.stage}</td><td class="n">{seconds(r.since)}</td><td>{r.rule}</td>
          <td>{r.level === 'ok' ? r.mode : <span class={`tag ${r.level}`}>{r.mode}</span>}</td>
        </tr>
      ))}</tbody>
    </table>
  );
}
