// Small drawings that say with shape what they also say with colour.
import type { JSX } from 'preact';
import { looks, type Look } from '../model/words';
import { t } from '../text';

/** A signal head: green round, yellow a triangle, red a square, dark a ring. */
export function Head({ aspect, title }: { aspect: number; title?: string }): JSX.Element {
  const look = looks[aspect] ?? 'dark';
  return (
    <svg class="head-shape" viewBox="0 0 12 12" role="img" aria-label={title ?? t(`look.${look}`)}>
      <HeadShape look={look} x={6} y={6} r={5} />
    </svg>
  );
}

export function HeadShape({ look, x, y, r }: { look: Look; x: number; y: number; r: number }): JSX.Element {
  if (look === 'green') return <circle cx={x} cy={y} r={r} fill="var(--sig-green)" />;
  if (look === 'amber') return <path d={`M${x} ${y - r}L${x + r} ${y + r * 0.8}H${x - r}Z`} fill="var(--sig-amber)" />;
  if (look === 'red') return <rect x={x - r * 0.85} y={y - r * 0.85} width={r * 1.7} height={r * 1.7} fill="var(--sig-red)" />;
  return <circle cx={x} cy={y} r={r * 0.75} fill="none" stroke="var(--sig-dark)" stroke-width={r * 0.4} />;
}

/** Good is a full disc, doubtful a half one, bad a cross. */
export function Lamp({ level, children }: { level: 'ok' | 'warn' | 'bad'; children: preact.ComponentChildren }): JSX.Element {
  return (
    <span class={`lamp ${level}`}>
      <svg viewBox="0 0 10 10" aria-hidden="true">
        {level === 'ok' && <circle cx="5" cy="5" r="4.5" fill="currentColor" />}
        {level === 'warn' && <path d="M5 .5a4.5 4.5 0 0 1 0 9Z M5 .5a4.5 4.5 0 0 0 0 9" fill="currentColor" stroke="currentColor" fill-opacity=".9" />}
        {level === 'bad' && <path d="M1.5 1.5l7 7M8.5 1.5l-7 7" stroke="currentColor" stroke-width="2.2" />}
      </svg>
      {children}
    </span>
  );
}

/** A curve without axes, for a first impression; the figures stand beside it. */
export function Spark({ values, tone }: { values: number[]; tone?: string }): JSX.Element | null {
  if (values.length < 2) return <svg viewBox="0 0 100 18" aria-hidden="true" />;
  const low = Math.min(...values), high = Math.max(...values), span = high - low || 1;
  const points = values.map((v, i) => `${((i / (values.length - 1)) * 100).toFixed(1)},${(16 - ((v - low) / span) * 14).toFixed(1)}`);
  return (
    <svg viewBox="0 0 100 18" preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points.join(' ')} fill="none" stroke={tone ?? 'var(--soft)'} stroke-width="1.3" vector-effect="non-scaling-stroke" />
    </svg>
  );
}
