// A journal is being replayed: says so above every screen, and moves through it.
import type { JSX } from 'preact';
import { effect, signal } from '@preact/signals';
import { ask, send, state } from '../live/connection';
import { dateTime, number } from '../text';
import { w } from './words';

interface Replay { fromMs: number; toMs: number; atMs: number; speed: number; paused: boolean; ended: boolean; seeking: boolean }

const speeds = [1, 2, 5, 10, 30, 60, 100, 300, 1000];
const replay = signal<Replay | null>(null), wrong = signal('');

// With every word of the server while it replays.
effect(() => { if (state.value?.clock === 'Replay') void refresh(); });

async function refresh(): Promise<void> {
  try {
    replay.value = await ask<Replay>('/api/v1/replay');
  } catch {
    replay.value = null;
  }
}

async function order(body: { action: string; atMs?: number; speed?: number }): Promise<void> {
  try {
    replay.value = await send<Replay>('POST', '/api/v1/replay', body);
    wrong.value = '';
  } catch (error) {
    wrong.value = w('failed', error instanceof Error ? error.message : '');
  }
}

export function ReplayBar(): JSX.Element | null {
  const now = replay.value;
  if (state.value?.clock !== 'Replay' || !now) return null;
  return (
    <section class="notice warn replay" aria-label={w('title')} data-testid="replay">
      <b>{w('title')}</b><span>{now.ended ? w('ended') : w('what')}</span>
      <button onClick={() => { void order({ action: now.paused ? 'play' : 'pause' }); }}>{now.paused ? w('play') : w('pause')}</button>
      <button onClick={() => { void order({ action: 'step' }); }}>{w('step')}</button>
      <label>{w('speed')}{' '}
        <select value={String(now.speed)} onChange={e => { void order({ action: 'speed', speed: Number(e.currentTarget.value) }); }}>
          {[...new Set([...speeds, now.speed])].sort((a, b) => a - b).map(s => <option key={s} value={String(s)}>{number(s)}×</option>)}
        </select>
      </label>
      <input type="range" style={{ flex: '1 1 12rem', minWidth: '8rem' }} min={now.fromMs} max={now.toMs} step={1000} value={now.atMs}
        aria-label={w('seek')} aria-valuetext={dateTime(now.atMs)}
        onChange={e => { void order({ action: 'seek', atMs: Number(e.currentTarget.value) }); }} />
      <span>{dateTime(now.atMs)}</span>
      {wrong.value && <span role="alert">{wrong.value}</span>}
    </section>
  );
}
