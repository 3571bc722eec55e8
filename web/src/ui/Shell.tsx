// The frame around every screen: where one is, how old the data are, who is logged in.
import type { ComponentChildren, JSX } from 'preact';
import { ageMs, beat, city, clock, connect, isStale, link, lookBack, past, picture, retryAt, send, session, state } from '../live/connection';
import { ReplayBar } from '../replay/ReplayBar';
import { address, go, route, type Screen } from '../route';
import { dateTime, language, named, number, seconds, t, time, word, zoneName, type Language } from '../text';
import { Foot } from './Foot';
import { look, type Look } from './look';
import { Lamp } from './shapes';

const tabs: Screen[] = ['map', 'city', 'corridor', 'alarms', 'feeds'];

export function Shell({ children }: { children: ComponentChildren }): JSX.Element {
  return (
    <>
      <a class="skip" href="#main" data-out>{t('app.skip')}</a>
      <header class="head">
        <a class="brand" href="/map">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M3 16h26M16 3v26" stroke="var(--strong)" stroke-width="5" />
            <rect x="9" y="9" width="14" height="14" rx="3" fill="var(--panel)" stroke="var(--accent)" stroke-width="2.5" />
            <circle cx="16" cy="16" r="3.2" fill="var(--sig-green)" />
          </svg>
          <div><b>{t('app.name')}</b><span>{named(city.value?.name ?? ' ')}</span></div>
        </a>
        <nav class="tabs" aria-label={t('nav.label')}>{tabs.map(s => <Tab key={s} screen={s} />)}</nav>
        <div class="right"><Vital /><Tools /></div>
      </header>
      <Notices />
      <ReplayBar />
      <main id="main" tabIndex={-1}>{children}</main>
      <Foot />
    </>
  );
}

function Tab({ screen }: { screen: Screen }): JSX.Element {
  const here = route.value.screen === screen || (screen === 'map' && route.value.screen === 'intersection');
  const open = screen === 'alarms' ? state.value?.newAlarms ?? 0 : 0;
  return (
    <a href={address(screen)} {...(here ? { 'aria-current': 'page' as const } : {})}>
      {t(`nav.${screen}` as 'nav.map')}{open > 0 && <span class="count">{number(open)}</span>}
    </a>
  );
}

/** The data's time and age: the first thing to know about everything else on the page. */
function Vital(): JSX.Element {
  void beat.value; void clock.value;
  const at = picture.value?.timeMs ?? 0;
  const lost = link.value === 'lost', stale = isStale.value;
  return (
    <div class="vital">
      <div role="status" aria-live="polite">
        {past.value !== null ? <Lamp level="warn">{t('time.back')}</Lamp>
          : lost ? <Lamp level="bad">{t('link.lost')}</Lamp>
            : link.value !== 'live' ? <Lamp level="warn">{t('link.connecting')}</Lamp>
              : stale ? <Lamp level="bad">{t('link.stale')}</Lamp> : <Lamp level="ok">{t('link.live')}</Lamp>}
      </div>
      <div><b>{time(at)}</b></div>
      <div class="quiet policy">
        {at > 0 ? zoneName(at) : ''} · {state.value ? t(`clock.${state.value.clock}`) : ''}<br />
        {t('data.age')} <span data-testid="age">{age()}</span> · {t('policy')} {state.value?.policy ?? '–'}
      </div>
    </div>
  );
}

function age(): string {
  const ms = ageMs.value;
  if (!Number.isFinite(ms)) return t('data.never');
  return ms < 10_000 ? `${number(ms / 1000, 1)}\u00a0${t('unit.s')}` : seconds(ms / 1000);
}

function Tools(): JSX.Element {
  const name = session.value.name;
  return (
    <div class="tools">
      <span class="seg looks" role="group" aria-label={t('view.label')}>
        {(['dark', 'light', 'wall'] as Look[]).map(l => (
          <button key={l} aria-pressed={look.value === l} onClick={() => { look.value = l; }}>{t(`view.${l}`)}</button>
        ))}
      </span>
      <label><span class="unseen">{t('view.language')}</span>
        <select value={language.value} onChange={e => { language.value = e.currentTarget.value as Language; }}>
          <option value="en" lang="en">English</option>
          <option value="zh" lang="zh-CN">中文</option>
        </select>
      </label>
      {name ? (
        <>
          <a href="/audit" title={t('login.as', { name, role: word('role', session.value.role) })}>{t('nav.audit')}</a>
          <a href="/login" data-testid="who">{name}</a>
        </>
      ) : <a href="/login">{t('nav.login')}</a>}
    </div>
  );
}

export async function logOut(): Promise<void> {
  await send('DELETE', '/api/v1/session');
  session.value = { ...session.value, name: null, role: 'Viewer', csrfToken: null };
  go('map');
}

/** What is wrong with the data on this page, above everything. */
function Notices(): JSX.Element | null {
  void clock.value;
  const known = (picture.value?.number ?? 0) > 0;
  if (link.value === 'login' && route.value.screen !== 'login') {
    return <div class="notice warn" role="alert">{t('link.login')} <a href="/login">{t('nav.login')}</a></div>;
  }
  if (link.value === 'lost') {
    const s = Math.max(0, Math.ceil((retryAt.value - performance.now()) / 1000));
    return (
      <div class="notice bad" role="alert">
        {known ? t('link.lost.long', { age: age(), s }) : t('link.lost.first', { s })}
        <button onClick={() => { void connect(); }}>{t('link.retry')}</button>
      </div>
    );
  }
  if (past.value !== null) {
    return (
      <div class="notice warn" role="status">
        {t('link.past', { time: dateTime(picture.value?.timeMs ?? past.value) })}
        <button onClick={() => { void lookBack(null); }}>{t('link.past.end')}</button>
      </div>
    );
  }
  if (link.value === 'live' && known && isStale.value) return <div class="notice bad" role="alert">{t('link.stale.long', { age: age() })}</div>;
  if (link.value === 'live' && !known) return <div class="notice warn" role="status">{t('link.nodata')}</div>;
  return null;
}
