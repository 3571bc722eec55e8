// The reason of a decision, said in the chosen language from its numbers.
import type { IntersectionDetail } from '../model/answers';
import type { Intersection } from '../model/city';
import { number, seconds, t, type Key } from './index';

export function stageName(place: Intersection, stage: number): string {
  const found = place.stages[stage];
  return found ? t('place.stage', { id: found.id }) : t('why.nostage');
}

function groupName(place: Intersection, group: number): string {
  return t('why.group', { id: place.groups[group]?.id ?? '?' });
}

/** The best of each other stage, best first: the same stage for another length is no other decision for who looks on. */
export function beatenBy(reason: IntersectionDetail['reason']): { stage: number; score: number }[] {
  const best = new Map<number, { stage: number; score: number }>();
  for (const a of [...reason.alternatives].sort((x, y) => x.score - y.score))
    if (a.stage !== reason.asked && !best.has(a.stage)) best.set(a.stage, a);
  return [...best.values()];
}

export function why(place: Intersection, reason: IntersectionDetail['reason']): string {
  const queue = reason.queueVehicles > 0 || reason.arrivalsVehicles > 0
    ? t('why.queue', { queued: number(reason.queueVehicles), arriving: number(reason.arrivalsVehicles) }) : '';
  const best = beatenBy(reason)[0];
  const beaten = best ? t('why.beaten', {
    stage: stageName(place, best.stage), their: number(best.score, 1), own: number(reason.score, 1),
  }) : '';
  const values = {
    stage: stageName(place, reason.asked), group: groupName(place, reason.longestWaitGroup),
    s: seconds(reason.longestWaitS), queue, beaten,
  };
  const held = reason.entryHeld > 0
    ? t('why.held', { less: number(reason.entryHeld * 100), full: number(reason.areaFill * 100) }) : '';
  const say = (rule: string): string => t(`why.${rule}` as Key, values) + (rule === 'Plan' ? held : '');
  if (reason.gate !== 'None' && reason.gate !== reason.rule) return t('why.gate') + say(reason.gate);
  return say(reason.rule);
}

/** The reason as far as a kept picture tells it: the rule, without the figures behind it. */
export function pastWhy(place: Intersection, rule: string, stage: number, waitGroup: number, waitS: number): string {
  return t(`why.${rule}` as Key, { stage: stageName(place, stage), group: groupName(place, waitGroup), s: seconds(waitS), queue: '', beaten: '' });
}
