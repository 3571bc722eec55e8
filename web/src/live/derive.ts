// What the screens read out of the picture: ranks, control modes, histories.
import { signal } from '@preact/signals';
import type { History, IntersectionDetail, Sample } from '../model/answers';
import type { City } from '../model/city';
import { modes, overrideKinds } from '../model/words';
import { ask, beat, link, past, picture } from './connection';
import type { Picture } from './picture';

export interface Trouble { index: number; score: number; halted: number; waitS: number }

/**
 * The intersections that hurt most: stopped vehicles, each counted more the nearer the longest wait is to its
 * bound. Only those where somebody is stopped or waits.
 */
export function worst(city: City, p: Picture, most: number): Trouble[] {
  const all: Trouble[] = [];
  for (let i = 0; i < city.intersections.length; i++) {
    const halted = p.halted[i]!, waitS = p.waitS(i);
    if (halted === 0 && waitS < 30) continue;
    const bound = city.intersections[i]!.maxWaitS || 120;
    all.push({ index: i, halted, waitS, score: halted * (1 + waitS / bound) + (waitS > bound ? 40 : 0) });
  }
  return all.sort((a, b) => b.score - a.score).slice(0, most);
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
    if (!going || asking || document.hidden || past.peek() !== null || beat.peek() === last) return;
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
