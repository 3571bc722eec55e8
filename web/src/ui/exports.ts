// Saving what is seen: the table behind the screen as CSV or Arrow, the screen itself as a picture.
import { useEffect } from 'preact/hooks';
import { dateTime } from '../text';

export type Cell = string | number | null;
export interface Exported { timeMs: number; columns: string[]; rows: Cell[][] }

let current: { name: string; table: () => Exported | null } | null = null;

/** Says what the screen shows, as long as it is shown. */
export function useExport(name: string, table: () => Exported | null): void {
  useEffect(() => {
    const mine = { name, table };
    current = mine;
    return () => { if (current === mine) current = null; };
  });
}

export function saveCsv(): void {
  const got = current?.table();
  if (!current || !got) return;
  const text = [got.columns, ...got.rows].map(row => row.map(quoted).join(',')).join('\r\n');
  save(`${fileName(current.name, got.timeMs)}.csv`, new Blob(['\ufeff', text, '\r\n'], { type: 'text/csv' }));
}

/** A field as RFC 4180 has it. What a spreadsheet would take for a formula is kept a text by an apostrophe. */
export function quoted(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(Math.round(cell * 1000) / 1000) : '';
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Apache Arrow's IPC file: a number column is float64, a text column utf8. */
export async function saveArrow(): Promise<void> {
  const got = current?.table(), name = current?.name;
  if (!name || !got) return;
  const { tableFromArrays, tableToIPC, float64, utf8 } = await import('@uwdata/flechette');
  const isNumber = got.columns.map((_, c) => got.rows.every(r => r[c] === null || typeof r[c] === 'number'));
  const table = tableFromArrays(
    Object.fromEntries(got.columns.map((column, c) => [column, got.rows.map(r => r[c] ?? null)])),
    { types: Object.fromEntries(got.columns.map((column, c) => [column, isNumber[c] ? float64() : utf8()])) });
  const bytes = tableToIPC(table, { format: 'file' });
  if (bytes) save(`${fileName(name, got.timeMs)}.arrow`, new Blob([bytes as BlobPart], { type: 'application/vnd.apache.arrow.file' }));
}

const pictures = new Map<HTMLCanvasElement, () => Promise<string>>();

/** Says how a picture of a canvas is taken that cannot just be read; returns the end of it. */
export function pictureOf(canvas: HTMLCanvasElement, take: () => Promise<string>): () => void {
  pictures.set(canvas, take);
  return () => { pictures.delete(canvas); };
}

/** The page as it is seen, drawn by the browser itself out of a copy in which every canvas is a picture. */
export async function savePng(): Promise<void> {
  const got = current?.table();
  const width = innerWidth, height = innerHeight, scale = Math.min(2, devicePixelRatio || 1);
  const copy = document.querySelector('#app')!.cloneNode(true) as HTMLElement;
  const seen = [...document.querySelectorAll<HTMLCanvasElement>('#app canvas')], copied = copy.querySelectorAll('canvas');
  const drawn = await Promise.all(seen.map(canvas => pictures.get(canvas)?.() ?? canvas.toDataURL()));
  seen.forEach((canvas, k) => {
    const image = document.createElement('img');
    image.src = drawn[k]!;
    image.className = canvas.className;
    image.style.cssText = `${canvas.style.cssText};position:absolute;left:0;top:0;width:${canvas.clientWidth}px;height:${canvas.clientHeight}px`;
    copied[k]?.replaceWith(image);
  });
  const rules = [...document.styleSheets].flatMap(sheet => [...sheet.cssRules].map(r => r.cssText)).join('\n').replaceAll(':root', '.page-root');
  const root = document.createElement('div');
  root.className = 'page-root';
  root.style.cssText = `width:${width}px;height:${height}px;overflow:hidden;background:var(--ground);color:var(--ink)`;
  for (const [key, value] of Object.entries(document.documentElement.dataset)) root.dataset[key] = value ?? '';
  const style = document.createElement('style');
  style.textContent = rules;
  copy.style.marginTop = `${-scrollY}px`;
  root.append(style, copy);
  const markup = new XMLSerializer().serializeToString(root);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width * scale}" height="${height * scale}" viewBox="0 0 ${width} ${height}"><foreignObject width="${width}" height="${height}">${markup}</foreignObject></svg>`;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width * scale, height * scale];
  canvas.getContext('2d')!.drawImage(image, 0, 0);
  const blob = await new Promise<Blob | null>(done => { canvas.toBlob(done, 'image/png'); });
  if (blob) save(`${fileName(current?.name ?? 'screen', got?.timeMs ?? Date.now())}.png`, blob);
}

function fileName(name: string, timeMs: number): string {
  return `${name}-${dateTime(timeMs).replace(/[^0-9]+/g, '-')}`;
}

function save(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
