// The one connection to the server: opens, watches over and reopens itself, and says how it stands.
import { computed, effect, signal } from '@preact/signals';
import { boundsOf, type City } from '../model/city';
import type { SessionInfo, State } from '../model/answers';
import { put, route } from '../route';
import { Picture } from './picture';

export type Link = 'connecting' | 'live' | 'lost' | 'login';

/** The close code (RFC 6455, 7.4.1: policy violation) by which the server says that the session has ended. */
const sessionEnded = 1008;
const staleAfterMs = 6_000, tickMs = 500, silentTicks = 16, shortestPauseMs = 500, longestPauseMs = 10_000;

export const city = signal<City | null>(null);
export const picture = signal<Picture | null>(null);
/** Rises with every frame taken: read it to be drawn again. */
export const beat = signal(0);
export const state = signal<State | null>(null);
export const session = signal<SessionInfo>({ name: null, role: 'Viewer', csrfToken: null, openViewing: true });
export const link = signal<Link>('connecting');
/** When the next try comes, on performance.now()'s clock. */
export const retryAt = signal(0);
/** An instant of the past that is being looked at; null: live. */
export const past = signal<number | null>(null);
/** Rises twice a second, for ages and countdowns. */
export const clock = signal(0);

let frameAt = -Infinity, quietTicks = 0, serverAgeMs = 0;
let socket: WebSocket | null = null;
let pauseMs = shortestPauseMs;
let wantsVehicles = 0;

/** Milliseconds since the newest picture was made by the brain. */
export const ageMs = computed(() => {
  void clock.value;
  void beat.value;
  if (!Number.isFinite(frameAt)) return Infinity;
  return Math.max(0, performance.now() - frameAt + serverAgeMs);
});
export const isStale = computed(() => ageMs.value > staleAfterMs);

setInterval(() => {
  clock.value++;
  // Counted in ticks, not in time: a page that was busy itself has not listened.
  if (++quietTicks > silentTicks && socket && link.value === 'live') socket.close();
}, tickMs);

/** Asks for the vehicles in view while somebody draws them; returns the end of it. */
export function watchVehicles(): () => void {
  if (wantsVehicles++ === 0) tell('vehicles on');
  return () => { if (--wantsVehicles === 0) tell('vehicles off'); };
}

function tell(word: string): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(word);
}

export async function ask<T>(path: string): Promise<T> {
  const answer = await fetch(path, { headers: { Accept: 'application/json' } });
  if (!answer.ok) throw new AskError(answer.status, await sentenceOf(answer));
  return await answer.json() as T;
}

/** Changes something; the session's token goes with it. */
export async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  if (session.value.csrfToken) headers['X-CSRF-Token'] = session.value.csrfToken;
  const answer = await fetch(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  if (!answer.ok) throw new AskError(answer.status, await sentenceOf(answer));
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

export class AskError extends Error {
  constructor(readonly status: number, message: string) { super(message); }
}

async function sentenceOf(answer: Response): Promise<string> {
  try {
    return ((await answer.json()) as { error?: string }).error ?? answer.statusText;
  } catch {
    return answer.statusText;
  }
}

/** Begins, and never stops trying. */
export async function connect(): Promise<void> {
  link.value = link.value === 'lost' ? 'lost' : 'connecting';
  try {
    session.value = await ask<SessionInfo>('/api/v1/session');
    const got = await ask<City>('/api/v1/city');
    if (!city.value || JSON.stringify(boundsOf(city.value.lanes)) !== JSON.stringify(boundsOf(got.lanes))
      || got.intersections.length !== city.value.intersections.length) {
      city.value = got;
      picture.value = new Picture(got);
    }
    open();
  } catch (error) {
    if (error instanceof AskError && error.status === 401) {
      // Who may not look any more does not keep what was seen.
      city.value = null;
      picture.value = null;
      state.value = null;
      session.value = { ...session.value, name: null, role: 'Viewer', csrfToken: null };
      link.value = 'login';
    } else again();
  }
}

function open(): void {
  const here = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/live`);
  here.binaryType = 'arraybuffer';
  socket = here;
  here.onopen = () => {
    quietTicks = 0;
    pauseMs = shortestPauseMs;
    if (wantsVehicles > 0) here.send('vehicles on');
  };
  here.onmessage = (message: MessageEvent<ArrayBuffer | string>) => {
    quietTicks = 0;
    link.value = 'live';
    if (typeof message.data === 'string') takeState(message.data);
    else takeFrame(message.data);
  };
  here.onclose = event => {
    if (socket !== here) return;
    socket = null;
    if (event.code === sessionEnded) void connect();
    else again();
  };
}

function takeState(text: string): void {
  const got = JSON.parse(text) as State;
  state.value = got;
  if (got.ageMs >= 0) {
    // The server's word on the picture's age counts, from now on.
    frameAt = performance.now();
    serverAgeMs = got.ageMs;
  }
}

function takeFrame(buffer: ArrayBuffer): void {
  const isVehicles = new DataView(buffer).getUint8(0) === 3;
  if (!isVehicles) { frameAt = performance.now(); serverAgeMs = 0; }
  if (past.value !== null && !isVehicles) { missed = true; return; }
  if (picture.value?.take(buffer)) beat.value++;
}

let missed = false;

/** The instant of the past is part of the address; an address that names one begins there. */
let asked = Number(route.peek().query.get('t') ?? NaN);
effect(() => {
  const t = past.value === null ? null : String(Math.round(past.value));
  if (!Number.isFinite(asked) && route.value.query.get('t') !== t) put({ t });
});
effect(() => {
  if (!Number.isFinite(asked) || link.value !== 'live' || !state.value) return;
  const at = asked;
  asked = NaN;
  void lookBack(at);
});

/** Shows the city as it was, or live again. */
export async function lookBack(timeMs: number | null): Promise<void> {
  past.value = timeMs;
  if (timeMs === null) {
    // Deltas were skipped meanwhile: a new connection begins with a whole picture.
    if (missed) { missed = false; socket?.close(); }
    return;
  }
  const answer = await fetch(`/api/v1/history/frame?at=${Math.round(timeMs)}`);
  if (past.value !== timeMs) return;
  if (!answer.ok) { past.value = null; return; }
  if (picture.value?.take(await answer.arrayBuffer())) beat.value++;
}

function again(): void {
  link.value = 'lost';
  retryAt.value = performance.now() + pauseMs;
  setTimeout(() => { void connect(); }, pauseMs);
  pauseMs = Math.min(longestPauseMs, pauseMs * 2) * (0.8 + 0.4 * Math.random());
}

effect(() => {
  document.documentElement.dataset['link'] = link.value;
});
