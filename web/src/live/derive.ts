// What the screens read out of the picture: ranks, control modes, histories.
import { signal } from '@preact/signals';
import type { Alarm, History, IntersectionDetail, Sample, UsualDay } from '../model/answers';
import type { City } from '../model/city';
import { modes, overrideKinds } from '../model/words';
import { ask, beat, link, past, picture } from './connection';
import type { Picture } from './picture';

export interface Trouble { index: number; score: number; halted: number; waitS: number; delay: number; usual: number }
export type RankBy = 'delay' | 'usual';

/**
 * The intersections that hurt most. By delay: the last five minutes' delay, counted more the nearer the longest wait
 * is to its bound; that order does not jump with every cycle. By usual: what the delay is above its usual value.
 */
export function worst(city: City, p: Picture, most: number, by: RankBy = 'delay'): Trouble[] {
  const all: Trouble[] = [];
  for (let i = 0; i < city.intersections.length; i++) {
    const halted = p.halted[i]!, waitS = p.waitS(i), delay = p.delay[i]!, usual = p.usualDelay[i]!;
    if (delay < 0.3 && halted === 0 && waitS < 30) continue;
    const bound = city.intersections[i]!.maxWaitS || 120;
    const hurt = delay * (1 + waitS / bound) + (waitS > bound ? 40 : 0);
    const score = by === 'usual' ? (usual < 0 ? 0 : delay - usual) : hurt;
    if (score > 0) all.push({ index: i, halted, waitS, delay, usual, score });
  }
  return all.sort((a, b) => b.score - a.score).slice(0, most);
}

/** Open and ended alarms, asked for again every three seconds while somebody looks. */
export const alarms = signal<Alarm[] | null>(null);
let alarmWatchers = 0;

export async function refreshAlarms(): Promise<void> {
  if (link.peek() !== 'live' || document.hidden) return;
  try {
    alarms.value = await ask<Alarm[]>('/api/v1/alarms');
  } catch {
    // The connection says what is wrong.
  }
}
setInterval(() => { if (alarmWatchers > 0) void refreshAlarms(); }, 3000);

export function watchAlarms(): () => void {
  alarmWatchers++;
  void refreshAlarms();
  return () => { alarmWatchers--; };
}

/** The usual day, asked for again every ten minutes of looking. */
export const usualDay = signal<UsualDay | null>(null);
let usualAt = -Infinity;

export async function refreshUsual(): Promise<void> {
  if (performance.now() - usualAt < 600_000 && usualDay.peek()) return;
  usualAt = performance.now();
  try {
    usualDay.value = await ask<UsualDay>('/api/v1/usual');
  } catch {
    usualAt = -Infinity;
  }
}

export interface Control { key: string; level: 'ok' | 'warn' | 'bad' }

/** Who controls an intersection now, and how bad that is. */
export function control(p: Picture, i: number): Control {
  if (p.silent[i]) return p.mode[i] === 0 ? { key: 'mode.Unknown', level: 'warn' } : { key: 'mode.silent', level: 'bad' };
  if (p.override[i]! > 0 && p.override[i] !== 4) return { key: 'mode.override', level: 'warn' };
  const mode = modes[p.mode[i]!] ?? 'Unknown';
  return { key: `mode.${mode}`, level: mode === 'Remote' ? 'ok' : mode === 'Fallback' || mode === 'Unknown' ? 'warn' : 'bad' };
}

export function overrideOf(p: Picture, i: number): (typeof overrideKinds)[number] | null {
  const kind = p.override[i]!;
  return kind > 0 ? overrideKinds[kind] ?? null : null;
}

/** City totals of the last hour; filled by the server's log, then by the live frames. */
export const samples = signal<Sample[]>([]);

export async function refreshSamples(): Promise<void> {
  if (link.value !== 'live') return;
  try {
    samples.value = (await ask<History>('/api/v1/history?samples=360')).samples;
  } catch {
    // The next round will tell.
  }
}
setInterval(() => { if (!document.hidden) void refreshSamples(); }, 10_000);

/** Asks for one intersection's details, again with every second picture, until stopped. */
export function watchDetail(id: string, take: (d: IntersectionDetail) => void): () => void {
  let going = true, asking = false, last = -1;
  const ask1 = async (): Promise<void> => {
    if (!going || asking || document.hidden || beat.peek() === last || past.peek() !== null && last >= 0) return;
    asking = true;
    last = beat.peek();
    try {
      const detail = await ask<IntersectionDetail>(`/api/v1/intersections/${encodeURIComponent(id)}`);
      if (going) take(detail);
    } catch {
      last = -1; // The connection says what is wrong.
    }
    asking = false;
  };
  void ask1();
  const timer = setInterval(() => { void ask1(); }, 1000);
  return () => { going = false; clearInterval(timer); };
}

export function hasPicture(): boolean {
  void beat.value;
  return (picture.value?.number ?? 0) > 0;
}
