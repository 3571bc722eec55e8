// What the usual values rest on, in a sentence.
import type { Usual } from '../model/answers';
import { number, t } from '../text';

export function usualText(usual: Usual | undefined): string {
  if (!usual || usual.basis === 'None') return t('usual.none', { n: number(usual?.hoursKnown ?? 0) });
  return t(`usual.${usual.basis}`, { n: number(usual.count) });
}
