// Alarms of one intersection: why it is out of the brain's hands now, and what was before.
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { alarms, control, watchAlarms } from '../live/derive';
import type { Picture } from '../live/picture';
import type { Alarm } from '../model/answers';
import type { Intersection } from '../model/city';
import { overrideKinds, rules } from '../model/words';
import { number, seconds, t, time, word, type Key } from '../text';
import { detailOf } from '../text/alarm';
import { pastWhy } from '../text/why';
import { Lamp } from './shapes';

const mostShown = 8;

/** Says why an intersection is not controlled by the brain, since when, and what brings it back. */
export function NotInHand({ place, index, p }: { place: Intersection; index: number; p: Picture; at: number }): JSX.Element | null {
  useEffect(watchAlarms, []);
  const who = control(p, index);
  if (who.level === 'ok') return null;
  const open = (alarms.value ?? []).find(a => a.intersection === index && a.until === null && a.kind.startsWith('Controller'));
  return (
    <section class="panel" role="region" aria-label={t('hand.title')} data-testid="nothand">
      <header><h2>{t('hand.title')}</h2><Lamp level={who.level}>{t(who.key as Key)}</Lamp>{open && <span class="quiet end">{t('hand.since', { t: time(open.sinceMs), s: seconds((p.timeMs - open.sinceMs) / 1000) })}</span>}</header>
      <p class="sentence">{reasonOf(place, index, p, who.key)}</p>
      <p class="quiet">{t(`hand.back.${who.key === 'mode.override' ? 'override' : who.key === 'mode.silent' || who.key === 'mode.Unknown' ? 'silent' : who.key === 'mode.Fallback' ? 'fallback' : 'fault'}`)}</p>
    </section>
  );
}

function reasonOf(place: Intersection, index: number, p: Picture, key: string): string {
  if (key === 'mode.silent' || key === 'mode.Unknown') return t('hand.silent');
  if (key === 'mode.override') return t('hand.override', { what: t(`step.${overrideKinds[p.override[index]!] ?? 'Hold'}`), t: time(p.overrideUntil[index]!) });
  const rule = rules[p.rule[index]!] ?? 'None';
  // A rule of ordinary control says nothing about why the cabinet went its own way.
  const told = ['Stale', 'ControllerFault', 'Invariant', 'Operator', 'BlockedExit'].includes(rule);
  if (key !== 'mode.Fallback') return t('hand.fault', { what: t(key as Key) });
  return told ? pastWhy(place, rule, p.stage[index]!, p.waitGroup[index]!, p.waitS(index)) : t('alarm.fallback.own');
}

/** The newest alarms of the place, open ones first. */
export function PlaceAlarms({ place, index, nowMs }: { place: Intersection; index: number; nowMs: number }): JSX.Element {
  useEffect(watchAlarms, []);
  const mine = (alarms.value ?? []).filter(a => a.intersection === index);
  const length = (a: Alarm): number => Math.max(0, ((a.untilMs ?? nowMs) - a.sinceMs) / 1000);
  return (
    <section class="panel scroll" role="region" aria-label={t('place.alarms')} tabIndex={0}>
      <header><h2>{t('place.alarms')}</h2><span class="quiet">{number(mine.length)}</span></header>
      {mine.length === 0 ? <p class="quiet">{t('alarms.none')}</p> : (
        <table data-testid="placealarms">
          <thead><tr><th scope="col">{t('alarms.what')}</th><th scope="col">{t('alarms.detail')}</th><th scope="col">{t('alarms.since')}</th><th scope="col" class="n">{t('feeds.faults.for')}</th><th scope="col">{t('alarms.note')}</th></tr></thead>
          <tbody>{mine.slice(0, mostShown).map(a => (
            <tr key={a.id}><th scope="row">{word('alarm', a.kind)}</th><td>{detailOf(a, place)}</td><td>{time(a.sinceMs)}{a.until === null && <> <span class="tag warn">{t('alarms.lasts')}</span></>}</td><td class="n">{seconds(length(a))}</td><td>{a.acknowledgedBy ?? '–'}</td></tr>
          ))}</tbody>
        </table>
      )}
    </section>
  );
}
