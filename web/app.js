// app.js - the start: who is signed in, which page the address means, and that page within the shell.
import { html, render, useEffect, useState } from './vendor/preact.js';
import { me, whoAmI } from './api.js';
import { startEvents } from './events.js';
import { findPage } from './pages.js';
import { base, navigate, place, usePlace } from './router.js';
import { useStore } from './store.js';
import { t } from './texts.js';
import { Failure, Skeleton } from './components/basics.js';
import { Boundary, Overlays } from './components/overlays.js';
import { Shell } from './shell.js';

const special = {
  login: { load: () => import('./pages/login.js') },
  forbidden: { load: () => import('./pages/forbidden.js') },
  notFound: { load: () => import('./pages/not_found.js') },
};
const modules = new Map(); // page -> component, once it is here

/** The component of a page, fetched when it is first shown. */
function Page({ page, params, address }) {
  const [, again] = useState(0);
  const [error, setError] = useState(null);
  const View = modules.get(page);
  useEffect(() => {
    setError(null);
    if (modules.has(page)) return;
    page.load().then(
      (module) => { modules.set(page, module.default); again((n) => n + 1); },
      // The usual reason: the server is another version than this page.
      (cause) => setError({ title: t('error.page'), message: t('error.page.detail', { cause: cause.message }) }),
    );
  }, [page]);
  useEffect(() => {
    if (!View || !document.activeElement || document.activeElement.closest('dialog')) return;
    if (moved) document.querySelector('.page-title')?.focus({ preventScroll: true });
    moved = true;
  }, [address, Boolean(View)]);
  if (error) return html`<${Failure} error=${error} retry=${() => window.location.reload()} />`;
  if (!View) return html`<${Skeleton} lines="5" tall />`;
  return html`<${Boundary} key=${address} fallback=${(cause, retry) => html`<${Failure} error=${{ title: t('error.defect'), message: cause.message }} retry=${retry} />`}><${View} params=${params} /></${Boundary}>`;
}
let moved = false; // the first page does not take the focus

function App() {
  const who = useStore(me);
  const { path } = usePlace();
  const [error, setError] = useState(null);
  const find = () => { setError(null); whoAmI().catch(setError); };
  useEffect(() => {
    if (document.documentElement.dataset.session === 'none') me.set(null);
    else find();
  }, []);
  useEffect(() => {
    const now = place.get(); // somebody may have gone on since this was drawn
    if (who === null && now.path !== '/login') navigate('/login', { replace: true, query: now.path === '/' ? {} : { next: base + now.path + now.query } });
    if (who && now.path === '/login') navigate('/', { replace: true });
  }, [who, path]);

  if (error) return html`<main class="alone"><${Failure} error=${error} retry=${find} /></main>`;
  if (who === undefined) return html`<main class="alone"><span class="visually-hidden">${t('loading')}</span></main>`;
  if (who === null) return html`<${Page} page=${special.login} address="login" /><${Overlays} />`;
  if (!who.roles.includes('Admin')) return html`<${Page} page=${special.forbidden} address="forbidden" /><${Overlays} />`;
  const found = findPage(path) ?? { page: special.notFound, params: {} };
  return html`<${Shell}><${Page} key=${found.page.path} page=${found.page} params=${found.params} address=${path} /></${Shell}>`;
}

startEvents();
render(html`<${App} />`, document.getElementById('app'));
