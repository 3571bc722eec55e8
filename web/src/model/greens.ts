// Greens and cycles of a signal group, read out of the stages that were shown.
import type { StageRun } from './answers';
import type { Intersection } from './city';

export interface Span { from: number; to: number }
/** From the end of one green to the end of the next. Red lasts until greenFrom; an unfinished cycle ends now. */
export interface GroupCycle { from: number; greenFrom: number; to: number; whole: boolean }

/** Changes shorter than this between two stages that both show green do not interrupt it. */
const bridgedMs = 9_000;

export function isGreen(place: Intersection, stage: number, group: number): boolean {
  const letter = place.stages[stage]?.aspects[group];
  return letter === 'g' || letter === 'G';
}

/** What was shown up to an instant, oldest first; the last one ends then. */
export function runsUntil(runs: StageRun[], nowMs: number): StageRun[] {
  return runs.filter(r => r.fromMs <= nowMs).map(r => (r.toMs > nowMs ? { ...r, toMs: nowMs } : r));
}

export function greensOf(place: Intersection, runs: StageRun[], groups: number[]): Span[] {
  const greens: Span[] = [];
  for (const r of runs) {
    if (!groups.some(g => isGreen(place, r.stage, g))) continue;
    const last = greens[greens.length - 1];
    if (last && r.fromMs - last.to < bridgedMs) last.to = r.toMs;
    else greens.push({ from: r.fromMs, to: r.toMs });
  }
  return greens;
}

export function cyclesOf(greens: Span[], nowMs: number): GroupCycle[] {
  const cycles: GroupCycle[] = [];
  for (let k = 1; k < greens.length; k++) {
    const green = greens[k]!;
    cycles.push({ from: greens[k - 1]!.to, greenFrom: green.from, to: green.to, whole: green.to < nowMs - 1500 });
  }
  const last = greens[greens.length - 1];
  if (last && last.to < nowMs - 1500) cycles.push({ from: last.to, greenFrom: nowMs, to: nowMs, whole: false });
  return cycles;
}

export interface StageSplit { stage: number; times: number; lastMs: number; meanMs: number; leastMs: number; mostMs: number; share: number; endedBy: [string, number][] }

/** The split monitor: how long each stage was shown, and what ended it. The stage that is on now does not count. */
export function splitsOf(place: Intersection, runs: StageRun[]): StageSplit[] {
  const whole = runs.slice(0, -1), total = whole.reduce((sum, r) => sum + r.toMs - r.fromMs, 0) || 1;
  return place.stages.map((_, stage) => {
    const ended = new Map<string, number>();
    const mine: number[] = [];
    whole.forEach((r, k) => {
      if (r.stage !== stage) return;
      mine.push(r.toMs - r.fromMs);
      const rule = runs[k + 1]!.rule;
      ended.set(rule, (ended.get(rule) ?? 0) + 1);
    });
    const sum = mine.reduce((a, b) => a + b, 0);
    return {
      stage, times: mine.length, lastMs: mine[mine.length - 1] ?? NaN, meanMs: mine.length > 0 ? sum / mine.length : NaN,
      leastMs: mine.length > 0 ? Math.min(...mine) : NaN, mostMs: mine.length > 0 ? Math.max(...mine) : NaN,
      share: sum / total, endedBy: [...ended].sort((a, b) => b[1] - a[1]),
    };
  });
}
