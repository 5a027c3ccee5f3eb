// palette.js - Ctrl-K: go to a page or a job, or do something; and the list of shortcuts. Fetched when first wanted.
import { Dialog, Icon, Keys, allShortcuts, api, chooseTheme, classes, createStore, findPage, hasPage, html, isAbort, navigate, openAddress, pages, pauseAll, render, resumeAll, signOut, t, themeChoice, toast, useEffect, useId, useRef, useState, useStore, href, system } from './core.js';

const shown = createStore(null); // 'palette', 'help' or null
export const showPalette = () => { shown.set('palette'); };
export const showHelp = () => { shown.set('help'); };
const hide = () => { shown.set(null); };

function things() {
  const entries = pages.filter((page) => page.nav).map((page) => ({ id: page.path, kind: 'palette.page', icon: page.nav.icon, label: t(page.nav.text), keys: page.nav.keys, run: () => navigate(page.path) }));
  const next = { system: 'dark', dark: 'light', light: 'system' }[themeChoice.get()];
  entries.push({ id: 'theme', kind: 'palette.action', icon: next === 'light' ? 'sun' : next === 'dark' ? 'moon' : 'screen', label: t(`theme.${next}.choose`), run: () => chooseTheme(next) });
  if (system.get().isPaused) entries.push({ id: 'resume', kind: 'palette.action', icon: 'play', label: t('resumeall.confirm'), run: () => resumeAll().catch((error) => toast(error.message, { kind: 'bad' })) });
  else entries.push({ id: 'pause', kind: 'palette.action', icon: 'pause', label: t('pauseall.confirm'), run: () => pauseAll().catch((error) => toast(error.message, { kind: 'bad' })) });
  entries.push({ id: 'docs', kind: 'palette.action', icon: 'link', label: t('nav.docs'), run: () => window.open('/docs', '_blank', 'noopener') });
  entries.push({ id: 'help', kind: 'palette.action', icon: 'keyboard', label: t('keyboard.help'), keys: '?', run: () => setTimeout(showHelp) });
  entries.push({ id: 'leave', kind: 'palette.action', icon: 'leave', label: t('signout'), run: () => signOut().then(() => navigate('/login', { replace: true })) });
  return entries;
}

/** Jobs whose name holds the text, a moment after the last key. */
function useJobs(text) {
  const [jobs, setJobs] = useState([]);
  useEffect(() => {
    if (!hasPage('/jobs/:id') || text.trim().length < 2) { setJobs([]); return undefined; }
    const abort = new AbortController();
    const timer = setTimeout(() => api.get('/jobs', { query: { search: text.trim(), pageSize: 8 }, signal: abort.signal }).then(({ items }) => setJobs(items), (error) => { if (!isAbort(error)) setJobs([]); }), 150);
    return () => { clearTimeout(timer); abort.abort(); };
  }, [text]);
  return jobs.map((job) => ({ id: job.id, kind: 'palette.job', icon: 'jobs', label: job.name, note: t(`state.${job.currentStatus}`), run: () => openAddress(href(`/jobs/${job.id}`)) }));
}

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function Palette() {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef(null);
  const id = useId();
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const known = things().filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)));
  const byId = guid.test(text.trim()) ? ['/jobs/', '/executions/'].filter((path) => findPage(path + text.trim())).map((path) => ({ id: path, kind: 'palette.id', icon: 'link', label: t(`palette.open${path.slice(0, -1).replace('/', '.')}`), run: () => navigate(path + text.trim().toLowerCase()) })) : [];
  const entries = [...byId, ...useJobs(text), ...known];
  const chosen = Math.min(at, entries.length - 1);
  useEffect(() => { list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' }); }, [chosen]);
  const run = (entry) => { hide(); setTimeout(entry.run); };
  const keyed = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && entries.length) setAt((chosen + step + entries.length) % entries.length);
    else if (event.key === 'Enter' && entries[chosen]) run(entries[chosen]);
    else return;
    event.preventDefault();
  };
  return html`<${Dialog} title=${t('palette.title')} size="palette" onClose=${hide}>
    <div class="palette-search"><${Icon} name="search" size="18" /><input class="palette-input" data-autofocus role="combobox" aria-expanded="true" aria-controls=${id} aria-activedescendant=${entries[chosen] ? `${id}-${chosen}` : undefined} aria-label=${t('palette.title')} placeholder=${t('palette.placeholder')} value=${text} onInput=${({ currentTarget }) => { setText(currentTarget.value); setAt(0); }} onKeyDown=${keyed} autocomplete="off" spellcheck="false" /></div>
    <div class="palette-list" role="listbox" id=${id} aria-label=${t('palette.title')} ref=${list}>${entries.map((entry, index) => html`<div key=${`${entry.kind}${entry.id}`} id=${`${id}-${index}`} role="option" aria-selected=${index === chosen} class=${classes('palette-entry', index === chosen && 'is-chosen')} onClick=${() => run(entry)} onMouseMove=${() => { if (index !== at) setAt(index); }}>
      <${Icon} name=${entry.icon} /><span class="palette-label"><bdi>${entry.label}</bdi></span>${entry.note && html`<span class="muted">${entry.note}</span>`}<span class="palette-kind">${t(entry.kind)}</span>${entry.keys && html`<${Keys} keys=${entry.keys} />`}</div>`)}
      ${entries.length === 0 && html`<p class="palette-none">${t('palette.none')}</p>`}</div>
  </${Dialog}>`;
}

function Help() {
  const own = new Map(allShortcuts().filter(({ keys }) => keys).map(({ keys, label }) => [keys, label]));
  const always = [['↑ ↓', t('keyboard.rows')], ['Enter', t('keyboard.enter')], ['Escape', t('keyboard.escape')]];
  return html`<${Dialog} title=${t('keyboard.help')} onClose=${hide}><dl class="shortcuts">${[...own, ...always].map(([keys, label]) => html`<div key=${keys}><dt>${label}</dt><dd><${Keys} keys=${keys} /></dd></div>`)}</dl></${Dialog}>`;
}

function Above() {
  const what = useStore(shown);
  return what === 'palette' ? html`<${Palette} />` : what === 'help' ? html`<${Help} />` : null;
}

const root = document.createElement('div');
document.body.append(root);
render(html`<${Above} />`, root);
