// Live, or back through what the server keeps.
import type { JSX } from 'preact';
import { beat, lookBack, past, picture, state } from '../live/connection';
import { t, time } from '../text';

export function TimeBar(): JSX.Element {
  void beat.value;
  const from = state.value?.historyFromMs ?? null, to = state.value?.timeMs ?? 0;
  if (from === null || to - from < 5000) return <p class="quiet">{t('time.none')}</p>;
  const at = past.value ?? to;
  return (
    <div class="timebar">
      <button aria-pressed={past.value !== null} onClick={() => { void lookBack(past.value === null ? picture.value!.timeMs : null); }}>
        {past.value === null ? t('time.pause') : t('time.live')}
      </button>
      <input type="range" min={from} max={to} step={5000} ref={box => { if (box) box.value = String(at); }} aria-label={t('time.at')} aria-valuetext={time(at)}
        onInput={e => { void lookBack(Number(e.currentTarget.value)); }} />
      <span>{time(at)}</span>
    </div>
  );
}
