// What an alarm says beyond its kind.
import type { Alarm } from '../model/answers';
import type { Intersection } from '../model/city';
import { t, named, word, type Key } from './index';

/** The faults of a sensor's alarm, in words. */
export function faultsOf(a: Alarm): string {
  return a.detail.slice(a.detail.lastIndexOf(': ') + 2).split(', ').map(f => word('fault', f)).join(', ');
}

/** The detail is a name, or for some kinds a word of the wire; why a place runs its own programme is a sentence. */
export function detailOf(a: Alarm, place: Intersection | undefined): string {
  if (a.kind === 'ControllerFault') return word('mode', a.detail);
  if (a.kind === 'ControllerFallback') return a.detail === 'None' ? t('alarm.fallback.own') : t(`why.${a.detail}` as Key, { stage: '', group: '', s: '', queue: '', beaten: '' });
  if (a.kind === 'DetectorFault') return `${a.detail.slice(0, a.detail.lastIndexOf(': '))}: ${faultsOf(a)}`;
  if (a.kind === 'FeedDown') return word('feed', a.detail);
  return a.kind === 'WaitOverBound' && place ? t('why.group', { id: a.detail }) : named(a.detail);
}
