// router.js - where one is: the path below the dashboard, and filters in the query. Links are plain <a href=${href('/jobs')}>;
// one listener turns clicks on them into steps of the history.
import { useCallback, useMemo } from './vendor/preact.js';
import { createStore, useStore } from './store.js';

/** Where the dashboard is: "/hangfire". */
export const base = document.documentElement.dataset.path;

const read = () => ({ path: location.pathname.slice(base.length).replace(/\/+$/, '') || '/', query: location.search });
export const place = createStore(read());
const leaving = new Set(); // functions that may keep one here

/** The address of a path of the dashboard: href('/jobs', { status: 'failed' }). */
export function href(path, query) {
  const text = query ? new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '' && value !== undefined && value !== null)).toString() : '';
  return base + (path === '/' ? '' : path) + (text ? `?${text}` : '');
}

/** Goes to a path of the dashboard, which may have a query. */
export function navigate(path, { replace = false, query } = {}) {
  const target = href(path, query);
  if (!replace && [...leaving].some((mayLeave) => !mayLeave())) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', target);
  place.set(read());
  if (!replace) window.scrollTo(0, 0);
}

/** While a page is shown, MAY_LEAVE() is asked before another one is; gives what ends that. */
export function guardLeaving(mayLeave) {
  leaving.add(mayLeave);
  return () => leaving.delete(mayLeave);
}

/** The path of the dashboard that a ?next= names, or '/': whatever it holds, one stays on this site. */
export function safeNext(text) {
  if (typeof text !== 'string' || !/^\/(?![/\\])/.test(text) || /[\u0000-\u001f\u007f\\]/.test(text)) return '/';
  const url = new URL(text, location.origin);
  const inside = url.pathname === base || url.pathname.startsWith(`${base}/`);
  if (url.origin !== location.origin || !inside) return '/';
  const path = url.pathname.slice(base.length) || '/';
  return path === '/login' ? '/' : path + url.search;
}

window.addEventListener('popstate', () => place.set(read()));
window.addEventListener('beforeunload', (event) => { if ([...leaving].some((mayLeave) => !mayLeave(true))) event.preventDefault(); });
document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href]');
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.origin !== location.origin || link.target || link.hasAttribute('download')) return;
  if (link.pathname !== base && !link.pathname.startsWith(`${base}/`)) return;
  event.preventDefault();
  navigate(link.pathname.slice(base.length) + link.search || '/');
});

export const usePlace = () => useStore(place);

/**
 * The query as an object with the keys and types of DEFAULTS (text, number, boolean or list of texts), and a function that
 * changes some of it. What equals its default is not in the address.
 *
 *   const [filters, setFilters] = useUrlState({ search: '', page: 1 });
 *   setFilters({ search: 'x', page: 1 });                    // replaces this step; { push: true } makes another one
 */
export function useUrlState(defaults) {
  const { path, query } = usePlace();
  const state = useMemo(() => {
    const params = new URLSearchParams(query);
    return Object.fromEntries(Object.entries(defaults).map(([key, fallback]) => {
      if (!params.has(key)) return [key, fallback];
      if (Array.isArray(fallback)) return [key, params.getAll(key)];
      const text = params.get(key);
      if (typeof fallback === 'number') return [key, Number.isFinite(Number(text)) ? Number(text) : fallback];
      return [key, typeof fallback === 'boolean' ? text === 'true' : text];
    }));
  }, [query]);
  const change = useCallback((patch, { push = false } = {}) => {
    const params = new URLSearchParams(location.search);
    for (const [key, value] of Object.entries(patch)) {
      params.delete(key);
      const same = String(value) === String(defaults[key]);
      if (!same) for (const each of [value].flat()) params.append(key, String(each));
    }
    const text = params.toString();
    navigate(path + (text ? `?${text}` : ''), { replace: !push });
  }, [path]);
  return [state, change];
}
