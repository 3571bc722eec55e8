import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { ask, connect, link, send, session } from '../live/connection';
import type { AccountInfo, OwnSession, SessionInfo } from '../model/answers';
import { roles, type Role } from '../model/words';
import { go, route } from '../route';
import { dateTime, t, word } from '../text';
import { logOut } from '../ui/Shell';

export function LoginScreen(): JSX.Element {
  return (
    <div class="page">
      {session.value.name ? <Account /> : <Form />}
      {session.value.name && <OwnSessions />}
      {session.value.role === 'Administrator' && session.value.name && <Accounts />}
    </div>
  );
}

function Form(): JSX.Element {
  const [name, setName] = useState(''), [password, setPassword] = useState('');
  const [error, setError] = useState(''), [busy, setBusy] = useState(false);
  const submit = async (e: Event): Promise<void> => {
    e.preventDefault();
    setBusy(true);
    try {
      session.value = await send<SessionInfo>('POST', '/api/v1/session', { name, password });
      if (link.value === 'login') void connect();
      const back = route.value.query.get('back');
      if (back) go('intersection', { id: back });
      else go('map');
    } catch (problem) {
      setError((problem as Error).message);
    }
    setBusy(false);
  };
  return (
    <section class="panel login">
      <h1>{t('login.title')}</h1>
      <form class="step" onSubmit={e => { void submit(e); }}>
        <label class="field"><span>{t('login.name')}</span><input autocomplete="username" required value={name} onInput={e => setName(e.currentTarget.value)} /></label>
        <label class="field"><span>{t('login.password')}</span><input type="password" autocomplete="current-password" required value={password} onInput={e => setPassword(e.currentTarget.value)} /></label>
        <button class="main" disabled={busy}>{t('login.go')}</button>
        {error && <p class="error" role="alert">{error}</p>}
        <p class="quiet">{t('login.help')}</p>
      </form>
    </section>
  );
}

function Account(): JSX.Element {
  const [old, setOld] = useState(''), [next, setNext] = useState(''), [told, setTold] = useState('');
  const change = async (e: Event): Promise<void> => {
    e.preventDefault();
    try {
      await send('PUT', '/api/v1/session/password', { old, new: next });
      session.value = { ...session.value, name: null, role: 'Viewer', csrfToken: null };
    } catch (problem) {
      setTold((problem as Error).message);
    }
  };
  return (
    <section class="panel login">
      <h1>{t('login.as', { name: session.value.name ?? '', role: word('role', session.value.role) })}</h1>
      <p><button onClick={() => { void logOut(); }}>{t('nav.logout')}</button></p>
      <form class="step" onSubmit={e => { void change(e); }}>
        <h2>{t('login.change')}</h2>
        <label class="field"><span>{t('login.old')}</span><input type="password" autocomplete="current-password" required value={old} onInput={e => setOld(e.currentTarget.value)} /></label>
        <label class="field"><span>{t('login.new')}</span><input type="password" autocomplete="new-password" minLength={12} required value={next} onInput={e => setNext(e.currentTarget.value)} /></label>
        <button>{t('login.change')}</button>
        {told && <p class="error" role="alert">{told}</p>}
      </form>
    </section>
  );
}

/** Where one is logged in, and an end to what one does not know. */
function OwnSessions(): JSX.Element {
  const [all, setAll] = useState<OwnSession[]>([]), [told, setTold] = useState('');
  const refresh = (): void => { void ask<OwnSession[]>('/api/v1/session/all').then(setAll, () => undefined); };
  useEffect(refresh, []);
  const end = async (id: string): Promise<void> => {
    try {
      await send('DELETE', `/api/v1/session/all/${id}`);
      setTold('');
    } catch (problem) {
      setTold((problem as Error).message);
    }
    refresh();
  };
  return (
    <section class="panel scroll">
      <header><h2>{t('login.sessions')}</h2><span class="quiet">{t('login.sessionsHelp')}</span></header>
      <table data-testid="sessions">
        <thead><tr><th scope="col">{t('login.since')}</th><th scope="col">{t('login.used')}</th><th scope="col">{t('login.from')}</th><th scope="col">{t('login.browser')}</th><td /></tr></thead>
        <tbody>{all.map(s => (
          <tr key={s.id}>
            <td>{dateTime(Date.parse(s.begun))}</td><td>{dateTime(Date.parse(s.lastUsed))}</td><td>{s.address}</td><td>{s.agent}</td>
            <td class="n">{s.current ? t('login.here') : <button aria-label={`${t('login.end')}: ${dateTime(Date.parse(s.begun))}, ${s.address}`} onClick={() => { void end(s.id); }}>{t('login.end')}</button>}</td>
          </tr>
        ))}</tbody>
      </table>
      {told && <p class="error" role="alert">{told}</p>}
    </section>
  );
}

function Accounts(): JSX.Element {
  const [all, setAll] = useState<AccountInfo[]>([]);
  const [name, setName] = useState(''), [password, setPassword] = useState(''), [role, setRole] = useState<Role>('Operator');
  const [told, setTold] = useState<{ good: boolean; text: string } | null>(null);
  const refresh = (): void => { void ask<AccountInfo[]>('/api/v1/accounts').then(setAll, () => undefined); };
  useEffect(refresh, []);
  const act = async (work: Promise<unknown>): Promise<void> => {
    try {
      await work;
      setTold({ good: true, text: t('login.saved') });
      setPassword('');
      refresh();
    } catch (problem) {
      setTold({ good: false, text: (problem as Error).message });
    }
  };
  return (
    <section class="panel scroll">
      <header><h2>{t('login.accounts')}</h2></header>
      <table><tbody>{all.map(a => (
        <tr key={a.name}><th scope="row">{a.name}</th><td>{word('role', a.role)}</td>
          <td class="n"><button aria-label={`${t('login.remove')}: ${a.name}`} onClick={() => { void act(send('DELETE', `/api/v1/accounts/${encodeURIComponent(a.name)}`)); }}>{t('login.remove')}</button></td></tr>
      ))}</tbody></table>
      <form class="row" onSubmit={e => { e.preventDefault(); void act(send('PUT', `/api/v1/accounts/${encodeURIComponent(name)}`, { role, password })); }}>
        <label class="field"><span>{t('login.name')}</span><input required value={name} autocomplete="off" onInput={e => setName(e.currentTarget.value)} /></label>
        <label class="field"><span>{t('login.role')}</span><select value={role} onChange={e => setRole(e.currentTarget.value as Role)}>{roles.map(r => <option key={r} value={r}>{word('role', r)}</option>)}</select></label>
        <label class="field"><span>{t('login.new')}</span><input type="password" required minLength={12} autocomplete="new-password" value={password} onInput={e => setPassword(e.currentTarget.value)} /></label>
        <button class="main">{t('login.add')}</button>
      </form>
      {told && <p class={told.good ? 'good' : 'error'} role="status">{told.text}</p>}
    </section>
  );
}
