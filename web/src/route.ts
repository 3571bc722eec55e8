// What is shown is in the address: path and query. Going back works, and an address can be passed on.
import { signal } from '@preact/signals';

export type Screen = 'map' | 'intersection' | 'city' | 'corridor' | 'alarms' | 'feeds' | 'audit' | 'login';
const screens: readonly string[] = ['map', 'intersection', 'city', 'corridor', 'alarms', 'feeds', 'audit', 'login'];

export interface Route { screen: Screen; query: URLSearchParams }

function read(): Route {
  const name = location.pathname.replace(/^\/+/, '');
  return { screen: (screens.includes(name) ? name : 'map') as Screen, query: new URLSearchParams(location.search) };
}

export const route = signal<Route>(read());
addEventListener('popstate', () => { route.value = read(); });

export function address(screen: Screen, query: Record<string, string> = {}): string {
  const text = new URLSearchParams(query).toString();
  return `/${screen}${text ? `?${text}` : ''}`;
}

export function go(screen: Screen, query: Record<string, string> = {}): void {
  history.pushState(null, '', address(screen, query));
  route.value = read();
  scrollTo(0, 0);
}

/** Changes parts of the query in place; null takes one out. */
export function put(change: Record<string, string | null>): void {
  const query = new URLSearchParams(location.search);
  for (const [key, value] of Object.entries(change)) {
    if (value === null) query.delete(key);
    else query.set(key, value);
  }
  const text = query.toString();
  history.replaceState(null, '', `${location.pathname}${text ? `?${text}` : ''}`);
  route.value = read();
}

/** Links of this page change the screen without loading. */
addEventListener('click', event => {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = (event.target as Element | null)?.closest?.('a[href^="/"]');
  if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute('data-out')) return;
  event.preventDefault();
  history.pushState(null, '', link.href);
  route.value = read();
  scrollTo(0, 0);
});
