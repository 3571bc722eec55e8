// Below every screen: when one looks at, views kept for later, and saving what is seen.
import { useState } from 'preact/hooks';
import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { route } from '../route';
import { t } from '../text';
import { saveArrow, saveCsv, savePng } from './exports';
import { TimeBar } from './TimeBar';

const stored = 'citybrain.views', mostViews = 30;

interface View { name: string; address: string }

function kept(): View[] {
  try {
    const all = JSON.parse(localStorage.getItem(stored) ?? '[]') as unknown;
    return Array.isArray(all) ? all.filter((v): v is View => typeof v?.name === 'string' && typeof v?.address === 'string' && v.address.startsWith('/') && !v.address.startsWith('//')) : [];
  } catch {
    return [];
  }
}

const views = signal<View[]>(kept());

function keep(all: View[]): void {
  views.value = all.slice(-mostViews);
  localStorage.setItem(stored, JSON.stringify(views.value));
}

export function Foot(): JSX.Element | null {
  if (route.value.screen === 'login') return null;
  return (
    <footer class="foot">
      <TimeBar />
      <div class="menus"><Views /><Saving /></div>
    </footer>
  );
}

/** Closes an open menu when the focus leaves it, or with Escape. */
const menu = {
  onFocusOut: (e: FocusEvent): void => {
    const here = e.currentTarget as HTMLDetailsElement;
    if (e.relatedTarget instanceof Node && !here.contains(e.relatedTarget)) here.open = false;
  },
  onKeyDown: (e: KeyboardEvent): void => {
    if (e.key !== 'Escape') return;
    const here = e.currentTarget as HTMLDetailsElement;
    here.open = false;
    here.querySelector('summary')?.focus();
  },
};

function Views(): JSX.Element {
  const [name, setName] = useState('');
  const save = (e: Event): void => {
    e.preventDefault();
    keep([...views.value.filter(v => v.name !== name.trim()), { name: name.trim(), address: location.pathname + location.search }]);
    setName('');
  };
  return (
    <details class="menu" {...menu}>
      <summary>{t('views.title')}</summary>
      <div class="drop">
        {views.value.length === 0 && <p class="quiet">{t('views.none')}</p>}
        <ul>{views.value.map(v => (
          <li key={v.name} class="row spread"><a href={v.address}>{v.name}</a>
            <button class="plain" aria-label={`${t('login.remove')}: ${v.name}`} onClick={() => keep(views.value.filter(x => x !== v))}>✕</button></li>
        ))}</ul>
        <form class="row" onSubmit={save}>
          <label class="field"><span>{t('views.name')}</span><input required maxLength={60} value={name} onInput={e => setName(e.currentTarget.value)} /></label>
          <button>{t('views.save')}</button>
        </form>
      </div>
    </details>
  );
}

function Saving(): JSX.Element {
  const [told, setTold] = useState('');
  const run = (work: () => void | Promise<void>): void => {
    setTold('');
    Promise.resolve().then(work).catch((e: unknown) => setTold(t('error', { why: e instanceof Error ? e.message : '' })));
  };
  return (
    <details class="menu" {...menu}>
      <summary>{t('save.title')}</summary>
      <div class="drop">
        <p class="quiet">{t('save.help')}</p>
        <div class="row">
          <button onClick={() => run(saveCsv)}>CSV</button><button onClick={() => run(saveArrow)}>Arrow</button><button onClick={() => run(savePng)}>PNG</button>
        </div>
        {told && <p class="error" role="alert">{told}</p>}
      </div>
    </details>
  );
}
