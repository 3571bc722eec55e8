// Live, or back through what the server keeps; the same on every screen.
import type { JSX } from 'preact';
import { beat, lookBack, past, picture, state } from '../live/connection';
import { t, time } from '../text';

const stepMs = 60_000;

export function TimeBar(): JSX.Element {
  void beat.value;
  const from = state.value?.historyFromMs ?? null, to = state.value?.timeMs ?? 0;
  if (from === null || to - from < 5000) return <p class="quiet">{t('time.none')}</p>;
  const at = past.value ?? to, live = past.value === null;
  const go = (ms: number): void => { void lookBack(Math.min(to, Math.max(from, ms))); };
  return (
    <div class="timebar" role="group" aria-label={t('time.title')} data-past={!live}>
      <button aria-pressed={!live} onClick={() => { void lookBack(live ? picture.value!.timeMs : null); }}>{live ? t('time.pause') : t('time.live')}</button>
      <button class="plain" aria-label={`−1 ${t('unit.min')}: ${t('time.minuteback')}`} onClick={() => go((live ? to : at) - stepMs)}>−1 {t('unit.min')}</button>
      <span class="quiet">{time(from, false)}</span>
      <input type="range" min={from} max={to} step={5000} ref={box => { if (box) box.value = String(at); }} aria-label={t('time.at')} aria-valuetext={time(at)}
        onInput={e => go(Number(e.currentTarget.value))} />
      <span class="at">{time(at)}</span>
      <button class="plain" aria-label={`+1 ${t('unit.min')}: ${t('time.minuteon')}`} disabled={live} onClick={() => go(at + stepMs)}>+1 {t('unit.min')}</button>
    </div>
  );
}
