// Which language, and how times and numbers are written in it.
import { computed, effect, signal } from '@preact/signals';
import { city } from '../live/connection';
import { en, type Key } from './en';
import { zh } from './zh';

export type { Key } from './en';
export type Language = 'en' | 'zh';

const stored = 'citybrain.language';

function first(): Language {
  const asked = new URLSearchParams(location.search).get('lang') ?? localStorage.getItem(stored);
  if (asked === 'en' || asked === 'zh') return asked;
  return navigator.languages.some(l => l.toLowerCase().startsWith('zh')) && !navigator.language.startsWith('en') ? 'zh' : 'en';
}

export const language = signal<Language>(first());

effect(() => {
  localStorage.setItem(stored, language.value);
  document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en';
});

/** The text of a key, with its {places} filled in. */
export function t(key: Key, values?: Record<string, string | number>): string {
  const text = (language.value === 'zh' ? zh : en)[key];
  return values ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)) : text;
}

/** The text of a key that is put together from a word of the wire; the word itself if there is none. */
export function word(prefix: string, name: string): string {
  const key = `${prefix}.${name}`;
  return key in en ? t(key as Key) : name;
}

/** A name of the city as people write it in the chosen language; crossings are named by their streets. */
export function named(name: string): string {
  const known = city.value?.chineseNames;
  if (language.value !== 'zh' || !known) return name;
  return name.split(' / ').map(part => known[part] ?? part).join(' / ');
}

const locale = computed(() => (language.value === 'zh' ? 'zh-CN' : 'en-GB'));

export function number(value: number, digits = 0): string {
  if (!Number.isFinite(value)) return '–';
  return value.toLocaleString(locale.value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Seconds as people say them: 8 s, 2 min 05 s, 1 h 20 min. */
export function seconds(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const s = Math.max(0, Math.floor(value));
  const gap = language.value === 'zh' ? '' : '\u00a0';
  if (s < 100) return `${s}${gap}${t('unit.s')}`;
  const two = (n: number): string => String(n).padStart(2, '0');
  if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)}${gap}${t('unit.min')}`;
  return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}${gap}${t('unit.h')}`;
}

export function metres(value: number): string {
  const gap = language.value === 'zh' ? '' : '\u00a0';
  return value < 1000 ? `${number(value)}${gap}${t('unit.m')}` : `${number(value / 1000, 1)}${gap}${t('unit.km')}`;
}

/** Times below the year 1973 are a clock of their own, counted from its zero; later ones are Unix milliseconds. */
const firstUnixMs = 1e11;

export const zone = computed(() => city.value?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone);

export function time(ms: number, withSeconds = true): string {
  if (!(ms > 0)) return '–';
  if (ms < firstUnixMs) {
    const s = Math.floor(ms / 1000), two = (n: number): string => String(n).padStart(2, '0');
    return `${two(Math.floor(s / 3600) % 24)}:${two(Math.floor(s / 60) % 60)}${withSeconds ? `:${two(s % 60)}` : ''}`;
  }
  return new Date(ms).toLocaleTimeString(locale.value, {
    hour12: false, timeZone: zone.value, hour: '2-digit', minute: '2-digit', ...(withSeconds ? { second: '2-digit' } : {}),
  });
}

export function dateTime(ms: number): string {
  if (ms < firstUnixMs) return time(ms);
  return new Date(ms).toLocaleString(locale.value, { hour12: false, timeZone: zone.value, dateStyle: 'short', timeStyle: 'medium' });
}

/** The zone as people know it: UTC+8, or the feed's own clock. */
export function zoneName(ms: number): string {
  if (ms < firstUnixMs) return t('clock.Feed');
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone.value, timeZoneName: 'shortOffset' }).formatToParts(ms);
  return (parts.find(p => p.type === 'timeZoneName')?.value ?? zone.value).replace('GMT', 'UTC');
}
