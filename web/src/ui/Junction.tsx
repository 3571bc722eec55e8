// A junction drawn from its own geometry, with what its signals, queues and vehicles do now.
import type { JSX } from 'preact';
import { memo } from '../ui/memo';
import { boxHull, pointBeforeEnd, tailOf, type City, type Intersection } from '../model/city';
import { looks } from '../model/words';
import type { Picture } from '../live/picture';
import { number, t } from '../text';
import { HeadShape } from './shapes';

/** Metres of each approach that are drawn. */
const approachM = 130;

interface Frame { x: number; y: number; size: number }

function pathOf(points: number[]): string {
  let text = '';
  for (let i = 0; i + 1 < points.length; i += 2) text += `${i === 0 ? 'M' : 'L'}${points[i]!.toFixed(1)} ${(-points[i + 1]!).toFixed(1)}`;
  return text;
}

function headOf(shape: number[], metres: number): number[] {
  const turned: number[] = [];
  for (let i = shape.length - 2; i >= 0; i -= 2) turned.push(shape[i]!, shape[i + 1]!);
  return tailOf(turned, metres);
}

function frameOf(city: City, place: Intersection, around: number): Frame {
  let reach = 12;
  for (const l of [...place.stopLineLanes, ...place.boxLanes]) {
    const end = pointBeforeEnd(city.lanes[l]!.shape, 0);
    if (end) reach = Math.max(reach, Math.hypot(end.x - place.x, end.y - place.y));
  }
  const half = Math.min(140, reach + around);
  return { x: place.x - half, y: -place.y - half, size: 2 * half };
}

/** The asphalt: does not change, so it is drawn once. */
const Ground = memo(function Ground({ city, place }: { city: City; place: Intersection }): JSX.Element {
  const road = (l: number, points: number[], wider: number): JSX.Element => (
    <path key={`${l}/${wider}`} d={pathOf(points)} stroke-width={city.lanes[l]!.widthM + wider} />
  );
  const ins = place.stopLineLanes.map(l => [l, tailOf(city.lanes[l]!.shape, approachM)] as const);
  const outs = place.exitLanes.map(l => [l, headOf(city.lanes[l]!.shape, approachM)] as const);
  const box = place.boxLanes.filter(l => city.lanes[l]!.kind === 'Box').map(l => [l, city.lanes[l]!.shape] as const);
  const crossings = place.boxLanes.filter(l => city.lanes[l]!.kind === 'Crossing');
  const all = [...ins, ...outs, ...box];
  return (
    <g fill="none">
      <path d={`${pathOf(boxHull(city, place))}Z`} fill="var(--road)" stroke="var(--kerb)" stroke-width="0.8" />
      <g stroke="var(--kerb)" stroke-linecap="butt" stroke-linejoin="round">{all.map(([l, s]) => road(l, s, 1.6))}</g>
      <path d={`${pathOf(boxHull(city, place))}Z`} fill="var(--road)" />
      <g stroke="var(--road)" stroke-linecap="butt" stroke-linejoin="round">{all.map(([l, s]) => road(l, s, 0.5))}</g>
      <g stroke="var(--paint)" stroke-width="0.14" stroke-dasharray="2 3">
        {[...ins, ...outs].map(([l, s]) => <path key={l} d={pathOf(aside(s, city.lanes[l]!.widthM / 2))} />)}
      </g>
      <g stroke="var(--paint)" stroke-dasharray="0.6 0.6" stroke-opacity="0.75">
        {crossings.map(l => <path key={l} d={pathOf(city.lanes[l]!.shape)} stroke-width={Math.max(2.4, city.lanes[l]!.widthM * 0.8)} />)}
      </g>
    </g>
  );
});

/** The line beside another, to its left. */
function aside(points: number[], metres: number): number[] {
  const out: number[] = [];
  for (let i = 0; i + 1 < points.length; i += 2) {
    const j = Math.min(i, points.length - 4);
    const dx = points[j + 2]! - points[j]!, dy = points[j + 3]! - points[j + 1]!, n = Math.hypot(dx, dy) || 1;
    out.push(points[i]! - dy / n * metres, points[i + 1]! + dx / n * metres);
  }
  return out;
}

export function Junction({ city, place, index, p, at }: { city: City; place: Intersection; index: number; p: Picture; at: number }): JSX.Element {
  const f = frameOf(city, place, 52);
  return (
    <svg viewBox={`${f.x} ${f.y} ${f.size} ${f.size}`} role="img" aria-label={t('place.drawing')} data-testid="junction">
      <defs>
        <marker id="arrow" viewBox="0 0 6 6" refX="3.5" refY="3" markerWidth="3.4" markerHeight="3.4" orient="auto-start-reverse"><path d="M0 0L6 3L0 6Z" fill="var(--sig-green)" /></marker>
      </defs>
      <Ground city={city} place={place} />
      <Flows city={city} place={place} index={index} p={p} at={at} />
      {place.stopLineLanes.map(l => <Queue key={l} city={city} lane={l} p={p} at={at} />)}
      {place.stopLineLanes.map(l => <Seen key={l} city={city} lane={l} p={p} at={at} />)}
      {place.exitLanes.map(l => <Seen key={l} city={city} lane={l} p={p} at={at} from />)}
      {place.stopLineLanes.map(l => <StopLine key={l} city={city} place={place} index={index} lane={l} p={p} at={at} />)}
      <Feet city={city} place={place} index={index} p={p} at={at} />
      {place.stopLineLanes.map(l => <Label key={l} city={city} lane={l} p={p} at={at} f={f} />)}
      <g transform={`translate(${f.x + 7} ${f.y + 9})`} fill="var(--soft)" aria-hidden="true">
        <path d="M0 -6L2.2 0H-2.2Z" /><text y="4.6" font-size="4" text-anchor="middle">N</text>
      </g>
      <g transform={`translate(${f.x + 5} ${f.y + f.size - 5})`} stroke="var(--soft)" stroke-width="0.5" fill="none" aria-hidden="true">
        <path d="M0 -1.5V0H20V-1.5" /><text x="10" y="-1.4" font-size="3.6" text-anchor="middle" fill="var(--soft)" stroke="none">20 {t('unit.m')}</text>
      </g>
    </svg>
  );
}

/** The ways that have green now. */
function Flows({ city, place, index, p }: { city: City; place: Intersection; index: number; p: Picture; at: number }): JSX.Element {
  return (
    <g fill="none" stroke="var(--sig-green)" stroke-width="1.1" stroke-opacity="0.85">
      {place.movements.map((m, k) => {
        const aspect = p.aspect(index, m.group);
        if (looks[aspect] !== 'green' || m.turn === 'Crossing') return null;
        const points = m.via.flatMap(v => city.lanes[v]!.shape);
        return <path key={k} d={pathOf(points)} marker-end="url(#arrow)" {...(aspect === 3 ? { 'stroke-dasharray': '2.4 1.6' } : {})} />;
      })}
    </g>
  );
}

function Queue({ city, lane, p }: { city: City; lane: number; p: Picture; at: number }): JSX.Element | null {
  const queue = Math.min(p.queueM[lane]!, city.lanes[lane]!.lengthM);
  if (queue < 3) return null;
  return <path d={pathOf(tailOf(city.lanes[lane]!.shape, queue))} fill="none" stroke="var(--queue)" stroke-opacity="0.32" stroke-width={city.lanes[lane]!.widthM * 0.92} />;
}

function Seen({ city, lane, p, from }: { city: City; lane: number; p: Picture; at: number; from?: boolean }): JSX.Element | null {
  const n = p.seenCount[lane]!, shape = city.lanes[lane]!.shape, length = city.lanes[lane]!.lengthM;
  if (n === 0) return null;
  const cars: JSX.Element[] = [];
  for (let v = p.seenStart[lane]!; v < p.seenStart[lane]! + n; v++) {
    const d = p.seenDistance[v]!;
    if (from ? length - d > approachM : d > 110) continue;
    const at = pointBeforeEnd(shape, d);
    if (!at) continue;
    const long = p.seenLength[v]! || 4.5, kind = p.seenClass[v]!, angle = Math.atan2(-at.dy, at.dx) * 180 / Math.PI;
    cars.push(<rect key={v} x={-long} y={-0.95} width={long} height={1.9} rx={0.5} transform={`translate(${at.x.toFixed(1)} ${(-at.y).toFixed(1)}) rotate(${angle.toFixed(0)})`} fill={kind === 3 || kind === 4 ? 'var(--bus)' : 'var(--vehicle)'} />);
  }
  return <g stroke="var(--road-edge)" stroke-width="0.25">{cars}</g>;
}

function StopLine({ city, place, index, lane, p }: { city: City; place: Intersection; index: number; lane: number; p: Picture; at: number }): JSX.Element | null {
  const end = pointBeforeEnd(city.lanes[lane]!.shape, 0);
  if (!end) return null;
  const groups = [...new Set(place.movements.filter(m => m.from === lane && m.turn !== 'Crossing').map(m => m.group))];
  const half = city.lanes[lane]!.widthM / 2 - 0.25, step = (2 * half) / groups.length;
  return (
    <g>
      {groups.map((g, k) => {
        const look = looks[p.aspect(index, g)] ?? 'dark', a = -half + k * step, b = a + step - 0.15;
        const at = (s: number): [number, number] => [end.x - end.dy * s, -(end.y + end.dx * s)];
        const [x1, y1] = at(-a), [x2, y2] = at(-b), [hx, hy] = at(-(a + b) / 2);
        return (
          <g key={g}>
            <title>{place.groups[g]!.id}: {t(`look.${look}`)}</title>
            <line x1={x1} y1={y1} x2={x2} y2={y2} stroke={`var(--sig-${look})`} stroke-width="1.3" />
            <g stroke="var(--road-edge)" stroke-width="0.3"><HeadShape look={look} x={hx + end.dx * 2.4} y={hy - end.dy * 2.4} r={Math.min(1.35, step * 0.42)} /></g>
          </g>
        );
      })}
    </g>
  );
}

/** Pedestrian heads at both ends of their crossings. */
function Feet({ city, place, index, p }: { city: City; place: Intersection; index: number; p: Picture; at: number }): JSX.Element {
  return (
    <g stroke="var(--road-edge)" stroke-width="0.3">
      {place.movements.filter(m => m.turn === 'Crossing').flatMap((m, k) => m.via.slice(0, 1).map(v => {
        const look = looks[p.aspect(index, m.group)] ?? 'dark', s = city.lanes[v]!.shape;
        return (
          <g key={`${k}/${v}`}>
            <title>{place.groups[m.group]!.id}: {t(`look.${look}`)}</title>
            {look === 'green' && <path d={pathOf(s)} stroke="var(--sig-green)" stroke-width="0.9" stroke-dasharray="1.6 1" fill="none" />}
            <HeadShape look={look} x={s[0]!} y={-s[1]!} r={1.25} />
            <HeadShape look={look} x={s[s.length - 2]!} y={-s[s.length - 1]!} r={1.25} />
          </g>
        );
      }))}
    </g>
  );
}

/** Queue in vehicles, at the tail end of the drawn lane. */
function Label({ city, lane, p, f }: { city: City; lane: number; p: Picture; at: number; f: Frame }): JSX.Element | null {
  if (p.stopped[lane] === 0) return null;
  const far = Math.min(city.lanes[lane]!.lengthM - 2, f.size / 2 - 22);
  const at = pointBeforeEnd(city.lanes[lane]!.shape, Math.max(6, Math.min(far, p.queueM[lane]! + 4)));
  if (!at || at.x < f.x + 3 || at.x > f.x + f.size - 3 || -at.y < f.y + 3 || -at.y > f.y + f.size - 3) return null;
  const text = number(p.stopped[lane]!), half = 1.2 + 1.15 * text.length;
  return (
    <g>
      <rect x={at.x - half} y={-at.y - 2.4} width={2 * half} height="4.8" rx="1" fill="var(--panel)" stroke="var(--queue)" stroke-width="0.35" />
      <text x={at.x} y={-at.y + 1.35} font-size="3.7" font-weight="650" text-anchor="middle" fill="var(--ink)">{text}</text>
    </g>
  );
}

/** One stage in small: who has green. */
export const StageDrawing = memo(function StageDrawing({ city, place, stage }: { city: City; place: Intersection; stage: number }): JSX.Element {
  const f = frameOf(city, place, 9), aspects = place.stages[stage]?.aspects ?? '';
  const thin = f.size / 42;
  return (
    <svg viewBox={`${f.x} ${f.y} ${f.size} ${f.size}`} aria-hidden="true">
      <path d={`${pathOf(boxHull(city, place))}Z`} fill="var(--road)" />
      <g fill="none" stroke="var(--road)">
        {[...place.stopLineLanes, ...place.exitLanes].map(l => <path key={l} d={pathOf(place.stopLineLanes.includes(l) ? tailOf(city.lanes[l]!.shape, 30) : headOf(city.lanes[l]!.shape, 30))} stroke-width={city.lanes[l]!.widthM + 0.4} />)}
        {place.boxLanes.filter(l => city.lanes[l]!.kind === 'Box').map(l => <path key={l} d={pathOf(city.lanes[l]!.shape)} stroke-width={city.lanes[l]!.widthM + 0.4} />)}
      </g>
      <g fill="none" stroke="var(--sig-green)" stroke-width={thin}>
        {place.movements.map((m, k) => {
          const letter = aspects[m.group];
          if (letter !== 'g' && letter !== 'G') return null;
          const points = m.via.flatMap(v => city.lanes[v]!.shape);
          if (m.turn === 'Crossing') return <path key={k} d={pathOf(points)} stroke-dasharray={`${thin} ${thin * 0.7}`} />;
          return <path key={k} d={pathOf(points)} marker-end="url(#arrow)" {...(letter === 'g' ? { 'stroke-dasharray': `${thin * 1.6} ${thin}` } : {})} />;
        })}
      </g>
    </svg>
  );
});
