// Dark, light or wall: chosen, kept, and told to the style sheet.
import { effect, signal } from '@preact/signals';

export type Look = 'dark' | 'light' | 'wall';
const stored = 'citybrain.look';

function first(): Look {
  const asked = new URLSearchParams(location.search).get('look') ?? localStorage.getItem(stored);
  if (asked === 'dark' || asked === 'light' || asked === 'wall') return asked;
  return matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
}

export const look = signal<Look>(first());

effect(() => {
  localStorage.setItem(stored, look.value);
  document.documentElement.dataset['look'] = look.value;
});

/** Times the usual size at which the page is set: 1 on a desk, more on a wall. For what is drawn in pixels. */
export const scale = signal(1);

function measure(): void {
  scale.value = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;
}
addEventListener('resize', measure);
effect(() => { void look.value; setTimeout(measure); });

/** A colour token of the style sheet, for canvas and map. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
