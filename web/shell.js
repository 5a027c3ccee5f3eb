// shell.js - what stands around every page: navigation, header, banners, what lies above.
import { html, useEffect, useRef, useState } from './vendor/preact.js';
import { api, expired, me, signIn, signOut } from './api.js';
import { useAction } from './data.js';
import { reconnect, useConnection, useSystem } from './events.js';
import { useShortcut } from './keyboard.js';
import { pages } from './pages.js';
import { href, navigate, usePlace } from './router.js';
import { useStore } from './store.js';
import { t } from './texts.js';
import { chooseTheme, themeChoice } from './theme_choice.js';
import { Button, Icon, Keys, classes } from './components/basics.js';
import { Form, Submit, TextField, useForm } from './components/form.js';
import { Dialog, Menu, Overlays, ask, toast } from './components/overlays.js';

export const Logo = ({ size = 24 }) => html`<svg class="logo" width=${size} height=${size} viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" /><path d="M9.5 23 16 8.5 22.5 23M12 17.8h8" /></svg>`;

// ---- navigation

const isWithin = (path, page) => (page === '/' ? path === '/' : path === page || path.startsWith(`${page}/`));

function NavEntry({ page, path, onGo }) {
  const { text, icon, keys } = page.nav;
  useShortcut(keys ?? '', t('keyboard.go', { page: t(text) }), () => navigate(page.path));
  return html`<li><a class="nav-entry" href=${href(page.path)} aria-current=${isWithin(path, page.path) ? 'page' : undefined} onClick=${onGo}><${Icon} name=${icon} size="18" /><span>${t(text)}</span></a></li>`;
}

function Navigation({ path, onGo }) {
  const shown = pages.filter((page) => page.nav);
  const groups = [['main', shown.filter(({ nav }) => nav.group !== 'admin')], ['admin', shown.filter(({ nav }) => nav.group === 'admin')]];
  return html`<nav class="nav" aria-label=${t('nav.label')}>${groups.filter(([, list]) => list.length > 0).map(([group, list]) => html`
    ${group === 'admin' && html`<p class="nav-group" id="nav-admin">${t('nav.admin')}</p>`}
    <ul aria-labelledby=${group === 'admin' ? 'nav-admin' : undefined}>${list.map((page) => html`<${NavEntry} key=${page.path} page=${page} path=${path} onGo=${onGo} />`)}</ul>`)}</nav>`;
}

// ---- header

const connectionLooks = { live: ['good', 'live'], connecting: ['pending', 'running'], lost: ['bad', 'off'], hidden: ['muted', 'live'] };

function ConnectionState() {
  const state = useConnection();
  const { nodeName } = useSystem();
  const [tone, icon] = connectionLooks[state];
  return html`<span class=${`connection tone-${tone}`} title=${t(`connection.${state}.title`)}><${Icon} name=${icon} size="14" /><span class="connection-text">${t(`connection.${state}`)}</span>${nodeName && html`<span class="connection-node"><bdi>${nodeName}</bdi></span>`}</span>`;
}

function UserMenu() {
  const { email, roles } = useStore(me);
  const choice = useStore(themeChoice);
  const themes = [['system', 'screen'], ['light', 'sun'], ['dark', 'moon']];
  const items = [
    ...themes.map(([name, icon]) => ({ label: t(`theme.${name}`), icon, checked: choice === name, run: () => chooseTheme(name) })), null,
    { label: t('keyboard.help'), icon: 'keyboard', run: openHelp },
    { label: t('nav.docs'), icon: 'link', run: () => window.open('/docs', '_blank', 'noopener') }, null,
    { label: t('signout'), icon: 'leave', run: leave },
  ];
  return html`<${Menu} label=${t('user.menu')} items=${items} button=${(own) => html`<button type="button" class="user" ...${own}><span class="user-letter" aria-hidden="true">${email[0].toUpperCase()}</span><span class="user-name"><bdi>${email}</bdi><span class="user-role"> ${roles.join(', ')}</span><span class="visually-hidden">, ${t('user.menu')}</span></span><${Icon} name="down" size="14" /></button>`} />`;
}

async function leave() {
  try {
    await signOut();
    navigate('/login', { replace: true });
  } catch (error) {
    toast(error.message, { kind: 'bad' });
  }
}

// ---- banners

function LostBanner() {
  const state = useConnection();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (state === 'live' || state === 'hidden') setShown(false);
    if (state !== 'lost' || shown) return undefined;
    const timer = setTimeout(() => setShown(true), 1500); // a blink is no news
    return () => clearTimeout(timer);
  }, [state, shown]);
  return shown && html`<div class="banner tone-bad" role="alert"><${Icon} name="off" size="18" /><p><strong>${t('connection.banner')}</strong> ${t('connection.banner.detail')}</p><${Button} small onClick=${reconnect}>${t('connection.now')}</${Button}></div>`;
}

/** Asks, and lets everything run again. */
export async function resumeAll() {
  const answer = await ask({ title: t('resumeall.title'), body: t('resumeall.body'), confirm: t('resumeall.confirm') });
  if (!answer) return false;
  return api.post('/admin/resume-all');
}

/** Asks, and lets nothing start any more. */
export async function pauseAll() {
  const answer = await ask({ title: t('pauseall.title'), body: t('pauseall.body'), confirm: t('pauseall.confirm'), danger: true, check: t('pauseall.cancel') });
  if (!answer) return false;
  return api.post('/admin/pause-all', { cancelRunning: answer.isChecked });
}

function PausedBanner() {
  const { isPaused } = useSystem();
  const resume = useAction(resumeAll, { done: t('resumeall.done') });
  return isPaused && html`<div class="banner tone-pending" role="status"><${Icon} name="pause" size="18" /><p><strong>${t('paused.banner')}</strong> ${t('paused.banner.detail')}</p><${Button} small icon="play" onClick=${resume.run} isBusy=${resume.isBusy}>${t('resumeall.confirm')}</${Button}></div>`;
}

// ---- signing in again

function SignInAgain() {
  const { email } = useStore(me) ?? {};
  const form = useForm({ email: email ?? '', password: '' }, ({ email: who, password }) => signIn(who, password));
  return html`<${Dialog} title=${t('expired.title')} size="small" locked>
    <p class="dialog-text">${t('expired.body')}</p>
    <${Form} form=${form}>
      <${TextField} form=${form} name="email" label=${t('login.email')} type="email" autocomplete="username" required wide />
      <${TextField} form=${form} name="password" label=${t('login.password')} type="password" autocomplete="current-password" required wide data-autofocus />
      <div class="dialog-foot"><${Button} kind="quiet" onClick=${() => { expired.set(null); me.set(null); navigate('/login', { replace: true }); }}>${t('expired.leave')}</${Button}><${Submit} form=${form}>${t('login.submit')}</${Submit}></div>
    </${Form}>
  </${Dialog}>`;
}

// ---- palette and help, fetched when they are first wanted

const openPalette = () => import('./palette.js').then(({ showPalette }) => showPalette());
const openHelp = () => import('./palette.js').then(({ showHelp }) => showHelp());

// ---- all of it

export function Shell({ children }) {
  const { path } = usePlace();
  const [isOpen, setOpen] = useState(false);
  const gone = useStore(expired);
  const drawer = useRef(null);
  useEffect(() => setOpen(false), [path]);
  useEffect(() => {
    if (!isOpen) return undefined;
    drawer.current?.querySelector('a')?.focus();
    const keyed = (event) => { if (event.key === 'Escape') setOpen(false); };
    document.addEventListener('keydown', keyed);
    return () => document.removeEventListener('keydown', keyed);
  }, [isOpen]);
  useShortcut('ctrl+k', t('palette.open'), openPalette);
  useShortcut('?', t('keyboard.help'), openHelp);
  useShortcut('/', t('keyboard.search'), () => (document.querySelector('[data-search]') ?? { focus: openPalette }).focus());

  return html`<div class=${classes('shell', isOpen && 'has-drawer')}>
    <a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); document.getElementById('main').focus(); }}>${t('skip')}</a>
    <aside class="side" ref=${drawer} id="side">
      <a class="brand" href=${href('/')}><${Logo} /><span>${t('product.short')}</span></a>
      <${Navigation} path=${path} onGo=${() => setOpen(false)} />
    </aside>
    ${isOpen && html`<div class="side-shade" onClick=${() => setOpen(false)}></div>`}
    <div class="column">
      <header class="top">
        <${Button} kind="quiet" icon="menu" class="top-menu" label=${t('nav.open')} aria-expanded=${isOpen} aria-controls="side" onClick=${() => setOpen(!isOpen)} />
        <button type="button" class="top-search" onClick=${openPalette}><${Icon} name="search" /><span class="top-search-text">${t('palette.hint')}</span><span class="top-keys" aria-hidden="true"><${Keys} keys="ctrl+k" /></span></button>
        <${ConnectionState} />
        <${UserMenu} />
      </header>
      <${LostBanner} />
      <${PausedBanner} />
      <main class="main" id="main" tabindex="-1">${children}</main>
    </div>
    <${Overlays} />
    ${gone && html`<${SignInAgain} />`}
  </div>`;
}
