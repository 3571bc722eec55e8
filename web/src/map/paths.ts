// Lines and areas of the plane, kept as paths by squares of the ground: what is in sight is stroked by the browser
// without a line of script for each point.
import type { Bounds } from '../model/city';

/** Side of a square, metres. */
const squareM = 600;

export class PathSquares {
  private readonly squares = new Map<string, { path: Path2D; bounds: Bounds }>();

  /** Takes in a line, or an area; it goes to the square of its first point. */
  add(shape: number[], closed = false): void {
    if (shape.length < 4) return;
    const key = `${Math.floor(shape[0]! / squareM)}/${Math.floor(shape[1]! / squareM)}`;
    let square = this.squares.get(key);
    if (!square) this.squares.set(key, square = { path: new Path2D(), bounds: { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity } });
    const b = square.bounds;
    for (let i = 0; i + 1 < shape.length; i += 2) {
      const x = shape[i]!, y = shape[i + 1]!;
      if (i === 0) square.path.moveTo(x, y);
      else square.path.lineTo(x, y);
      b.x0 = Math.min(b.x0, x); b.x1 = Math.max(b.x1, x);
      b.y0 = Math.min(b.y0, y); b.y1 = Math.max(b.y1, y);
    }
    if (closed) square.path.closePath();
  }

  /** Calls with the path of every square that touches a box. */
  within(box: Bounds, draw: (path: Path2D) => void): void {
    for (const { path, bounds: b } of this.squares.values())
      if (b.x1 >= box.x0 && b.x0 <= box.x1 && b.y1 >= box.y0 && b.y0 <= box.y1) draw(path);
  }
}

/** A line without the points that lie nearer to the last one kept than so many metres; both ends stay. */
export function simplified(shape: number[], metres: number): number[] {
  const kept = shape.slice(0, 2), last = shape.length - 2;
  for (let i = 2; i < last; i += 2) {
    const k = kept.length - 2;
    if (Math.hypot(shape[i]! - kept[k]!, shape[i + 1]! - kept[k + 1]!) >= metres) kept.push(shape[i]!, shape[i + 1]!);
  }
  if (last >= 2) kept.push(shape[last]!, shape[last + 1]!);
  return kept;
}
