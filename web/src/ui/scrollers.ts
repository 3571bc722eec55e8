// What scrolls has to be reached by the keyboard: such boxes take the focus while they need to. Boxes that take it anyway
// are left alone.
const everyMs = 300;
const mine = new WeakSet<HTMLElement>();

function mark(): void {
  for (const box of document.querySelectorAll<HTMLElement>('.scroll, .kpis, .tabs')) {
    const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
    if (scrolls && box.tabIndex !== 0) {
      box.tabIndex = 0;
      mine.add(box);
    } else if (!scrolls && mine.has(box)) {
      box.removeAttribute('tabindex');
      mine.delete(box);
    }
  }
}

export function watchScrollers(): void {
  setInterval(() => { if (!document.hidden) mark(); }, everyMs);
}
