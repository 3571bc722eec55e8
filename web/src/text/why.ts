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

export function why(place: Intersection, reason: IntersectionDetail['reason']): string {
  const queue = reason.queueVehicles > 0 || reason.arrivalsVehicles > 0
    ? t('why.queue', { queued: number(reason.queueVehicles), arriving: number(reason.arrivalsVehicles) }) : '';
  const best = [...reason.alternatives].sort((a, b) => a.score - b.score)[0];
  const beaten = best ? t('why.beaten', {
    stage: stageName(place, best.stage), their: number(best.score, 1), own: number(reason.score, 1),
  }) : '';
  const values = {
    stage: stageName(place, reason.asked), group: groupName(place, reason.longestWaitGroup),
    s: seconds(reason.longestWaitS), queue, beaten,
  };
  const say = (rule: string): string => t(`why.${rule}` as Key, values);
  if (reason.gate !== 'None' && reason.gate !== reason.rule) return t('why.gate') + say(reason.gate);
  return say(reason.rule);
}

/** The reason as far as a kept picture tells it: the rule, without the figures behind it. */
export function pastWhy(place: Intersection, rule: string, stage: number, waitGroup: number, waitS: number): string {
  return t(`why.${rule}` as Key, { stage: stageName(place, stage), group: groupName(place, waitGroup), s: seconds(waitS), queue: '', beaten: '' });
}
