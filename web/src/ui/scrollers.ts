// What scrolls sideways has to be reached by the keyboard: such boxes take the focus while they need to.
const everyMs = 1000;

function mark(): void {
  for (const box of document.querySelectorAll<HTMLElement>('.scroll, .kpis, .tabs')) {
    const scrolls = box.scrollWidth > box.clientWidth + 1;
    if (scrolls && box.tabIndex !== 0) box.tabIndex = 0;
    else if (!scrolls && box.tabIndex === 0) box.removeAttribute('tabindex');
  }
}

export function watchScrollers(): void {
  setInterval(() => { if (!document.hidden) mark(); }, everyMs);
}
