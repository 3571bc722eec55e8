// Answers of the API (docs/WIRE-DASHBOARD.md and /openapi/v1.json).
import type { Clock, Mode, OverrideKind, Role, Rule } from './words';

export interface Totals {
  vehicles: number; stopped: number; speedMps: number; flowVph: number; delayRate: number; queueM: number;
  spillbackLanes: number; longestWaitS: number; longestWaitIntersection: number;
  remote: number; fallback: number; faulty: number; unknown: number;
}
export interface Feed {
  name: string; up: boolean; seenMs: number; received: number; refused: number; late: number; dropped: number;
}
export interface State {
  timeMs: number; clock: Clock; policy: string; ageMs: number; frame: number; viewers: number;
  openAlarms: number; newAlarms: number; totals: Totals; feeds: Feed[];
  counters: { name: string; value: number }[]; historyFromMs: number | null; usual: Usual;
}
/** What is usual at this time of the week. */
export interface Usual { basis: 'None' | 'SameKindOfDay' | 'SameHourOfWeek'; count: number; hoursKnown: number; city: Sample | null }
export interface UsualDay { basis: Usual['basis']; count: number; hoursKnown: number; day: Sample[]; laneSpeedsMps: number[] }
export interface Arrivals { lane: number; atMs: number[] }
export interface CityAction {
  id: number; kind: OverrideKind; district: number | null; minutes: number; reason: string; askedBy: string; askedAt: string; expires: string;
}
export interface AuditCheck { entries: number; brokenAt: number | null; head: string; at: string }
export interface Reason {
  rule: Rule; gate: Rule; asked: number; score: number; queueVehicles: number; arrivalsVehicles: number;
  longestWaitS: number; longestWaitGroup: number; areaFill: number; entryHeld: number;
  alternatives: { stage: number; score: number }[]; sentence: string;
}
export interface StageRun { stage: number; fromMs: number; toMs: number; rule: Rule }
export interface LaneDetail {
  lane: number; vehicles: number; stopped: number; queueTailM: number; speedMps: number; flowVph: number;
  occupancy: number; confidence: number; saturationHeadwayS: number; seenMs: number;
}
export interface IntersectionDetail {
  index: number; id: string; name: string; timeMs: number; stage: number; stageSinceMs: number; changing: boolean;
  commanded: boolean; mode: Mode; modeSeenMs: number; decidedMs: number; reason: Reason;
  override: OverrideKind; overrideStage: number; overrideUntilMs: number;
  groups: { aspect: string; sinceMs: number; callSinceMs: number }[];
  lanes: LaneDetail[];
  detectors: { detector: number; seenMs: number; fault: string; confidence: number }[];
  stages: StageRun[];
}
export interface Sample {
  timeMs: number; vehicles: number; stopped: number; speedMps: number; flowVph: number; delayRate: number;
  queueM: number; longestWaitS: number; fallback: number;
}
export interface History { fromMs: number | null; toMs: number | null; samples: Sample[] }
export interface Alarm {
  id: number; kind: string; priority: number; intersection: number; index: number; detail: string; since: string; sinceMs: number;
  until: string | null; untilMs: number | null; acknowledgedBy: string | null; acknowledgedAt: string | null; clearedBy: string | null;
}
export interface SessionInfo { name: string | null; role: Role; csrfToken: string | null; openViewing: boolean }
/** One of the asker's own sessions. */
export interface OwnSession { id: string; begun: string; lastUsed: string; address: string; agent: string; current: boolean }
export interface AuditEntry {
  number: number; at: string; who: string; what: string; where: string | null; why: string | null; done: boolean;
}
export interface AccountInfo { name: string; role: Role }
