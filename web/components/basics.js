// basics.js - the small parts of every page: icons, buttons, badges, times, cards, tabs, empty states, output.
import { createContext, html, useContext, useEffect, useId, useRef, useState } from '../vendor/preact.js';
import { changesIn, duration, exact, relative } from '../format.js';
import { navigate } from '../router.js';
import { t } from '../texts.js';

/** Class names from what is true: classes('button', isBusy && 'is-busy'). */
export const classes = (...names) => names.filter(Boolean).join(' ');

// Paths in a box of 24, drawn with a round pen of 1.75.
const icons = {
  overview: 'M3 13h4l3-9 4 16 3-7h4', jobs: 'M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01', executions: 'M5 4.5v15l14-7.5z',
  workflows: 'M4 4h5v5H4zM15 15h5v5h-5zM15 4h5v5h-5zM9 6.5h6M6.5 9v6a2.5 2.5 0 0 0 2.5 2.5h6', forecast: 'M4 19V5M4 19h16M8 15l3.5-4 3 2.5L20 7',
  nodes: 'M4 4h16v6H4zM4 14h16v6H4zM8 7h.01M8 17h.01', queues: 'M12 3 3 8l9 5 9-5zM3 12.5l9 5 9-5M3 17l9 5 9-5', admin: 'M12 3 5 6v6c0 4.2 3 7.6 7 9 4-1.4 7-4.8 7-9V6z',
  users: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.4a3.5 3.5 0 0 1 0 6.2M18 14.5a6.5 6.5 0 0 1 3.5 5.5',
  tokens: 'M15 9a4.5 4.5 0 1 1-4.2-2.8A4.5 4.5 0 0 1 15 9zM13.7 12.4 21 19.5V22h-3v-2h-2v-2h-2l-1.6-1.6', audit: 'M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h7',
  transfer: 'M7 4v13M3.5 13.5 7 17l3.5-3.5M17 20V7M13.5 10.5 17 7l3.5 3.5', broom: 'M14 4 9.5 11M6 12l9 4-2.5 5H4z',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM20 20l-4-4', menu: 'M4 6h16M4 12h16M4 18h16', close: 'M6 6l12 12M18 6 6 18', check: 'M5 12.5 10 17.5 19.5 7', plus: 'M12 5v14M5 12h14', minus: 'M5 12h14',
  alert: 'M12 4 2.8 19.5h18.4zM12 10v4.5M12 17h.01', info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 8h.01', clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5.5l3.5 2',
  succeeded: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8 12.3l2.8 2.7L16 9.5', failed: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9 9l6 6M15 9l-6 6', cancelled: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM5.8 5.8l12.4 12.4',
  running: 'M12 3a9 9 0 1 0 9 9', pause: 'M8 5v14M16 5v14', play: 'M6 4.5v15l13-7.5z', stop: 'M6 6h12v12H6z', retry: 'M4 12a8 8 0 1 1 2.5 5.8M4 18v-5h5', copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  down: 'M6 9l6 6 6-6', up: 'M6 15l6-6 6 6', right: 'M9 6l6 6-6 6', left: 'M15 6l-6 6 6 6', sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2.5M12 19.5V22M4.9 4.9l1.8 1.8M17.3 17.3l1.8 1.8M2 12h2.5M19.5 12H22M4.9 19.1l1.8-1.8M17.3 6.7l1.8-1.8',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z', screen: 'M3 5h18v11H3zM9 20h6M12 16v4', leave: 'M14 4h5v16h-5M4 12h11M11 8l4 4-4 4', trash: 'M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13', edit: 'M4 20h4L19.5 8.5l-4-4L4 16z',
  more: 'M5 12h.01M12 12h.01M19 12h.01', filter: 'M4 5h16l-6.5 7.5V19l-3-1.5v-5z', download: 'M12 4v11M7.5 11l4.5 4.5L16.5 11M4 20h16', upload: 'M12 16V5M7.5 9 12 4.5 16.5 9M4 20h16', bolt: 'M13 3 5 13.5h6L10 21l8-10.5h-6z',
  keyboard: 'M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M7.5 14h9', user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0', link: 'M14 5h5v5M19 5l-8 8M17 14v5H5V7h5', lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3', live: 'M12 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM7.8 16.2a6 6 0 0 1 0-8.4M16.2 7.8a6 6 0 0 1 0 8.4', off: 'M4 4l16 16M8 8a6 6 0 0 0-.2 8.2M16.2 7.8a6 6 0 0 1 1.6 5.4',
};

/** One of the icons above. It says nothing to a screen reader: the text beside it does. */
export const Icon = ({ name, size = 16, class: extra }) => html`<svg class=${classes('icon', `icon-${name}`, extra)} width=${size} height=${size} viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${icons[name]} /></svg>`;

/**
 * A button, or with HREF a link that looks like one. KIND: primary, plain (default), quiet, danger. A button of an ICON alone
 * needs a LABEL.
 */
export function Button({ kind = 'plain', icon, label, href, isBusy = false, disabled = false, small = false, class: extra, children, type = 'button', ...rest }) {
  const own = { class: classes('button', `button-${kind}`, small && 'is-small', !children && 'is-icon', isBusy && 'is-busy', extra), 'aria-label': label, 'data-tip': children ? undefined : label, ...rest };
  const inside = html`${isBusy ? html`<${Spinner} />` : icon && html`<${Icon} name=${icon} />`}${children && html`<span class="button-text">${children}</span>`}`;
  if (href) return html`<a href=${href} ...${own}>${inside}</a>`;
  return html`<button type=${type} disabled=${disabled} aria-disabled=${isBusy || undefined} aria-busy=${isBusy || undefined} ...${own} onClick=${isBusy ? undefined : own.onClick}>${inside}</button>`;
}

export const Spinner = () => html`<span class="spinner" aria-hidden="true"></span>`;

// The states of executions, jobs and nodes: what they are called, their icon and their colour.
const states = {
  Pending: ['clock', 'pending'], Running: ['running', 'running'], Succeeded: ['succeeded', 'good'], Failed: ['failed', 'bad'], Cancelled: ['cancelled', 'muted'],
  Active: ['succeeded', 'good'], Paused: ['pause', 'pending'], Disabled: ['cancelled', 'muted'], Completed: ['check', 'muted'], Deleted: ['trash', 'muted'],
  Online: ['live', 'good'], Offline: ['off', 'bad'], Blocked: ['lock', 'pending'],
};

/** The icon and the tone of a state. */
export const stateLook = (state) => states[state] ?? ['info', 'muted'];

/** A state as icon and text: never by colour alone. TEXT says something else than the state's own name. */
export function StateBadge({ state, text, quiet = false }) {
  const [icon, tone] = stateLook(state);
  return html`<span class=${classes('badge', `tone-${tone}`, quiet && 'is-quiet')}><${Icon} name=${icon} size="14" />${text ?? t(`state.${state}`)}</span>`;
}

/** A short word in a frame, such as a tag or a queue. TONE: muted (default), good, bad, pending, running, accent. */
export const Tag = ({ tone = 'muted', icon, children, ...rest }) => html`<span class=${`tag tone-${tone}`} ...${rest}>${icon && html`<${Icon} name=${icon} size="12" />`}<bdi>${children}</bdi></span>`;

/** True inside of a table, where rows take the focus and what is in them does not. */
export const InTable = createContext(false);

/** "3 min ago", kept true; the exact time in UTC and here on hover and focus. PLANNED: what should have been is "now". */
export function Time({ at, none = t('none'), planned = false }) {
  const [, again] = useState(0);
  const inTable = useContext(InTable);
  useEffect(() => {
    if (!at) return undefined;
    const timer = setTimeout(() => again((n) => n + 1), changesIn(at));
    return () => clearTimeout(timer);
  });
  if (!at) return html`<span class="muted">${none}</span>`;
  return html`<time class="time" datetime=${at} data-tip=${exact(at)} tabindex=${inTable ? undefined : 0}>${planned && new Date(at) < Date.now() ? t('time.now') : relative(at)}</time>`;
}

/** How long something took; of what still runs, since SINCE, counting. */
export function Took({ ms, since }) {
  const [, again] = useState(0);
  const counts = (ms === null || ms === undefined) && since;
  useEffect(() => {
    if (!counts) return undefined;
    const timer = setInterval(() => again((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, [counts]);
  return html`<span class="number">${duration(counts ? Math.max(0, Date.now() - new Date(since).getTime()) : ms)}</span>`;
}

/** The head of a page: its title (also of the tab), what it is about, and its actions on the right. */
export function PageHead({ title, lead, actions, back, children }) {
  useEffect(() => { document.title = `${title} · ${t('product')}`; }, [title]);
  return html`<header class="page-head">
    ${back && html`<a class="page-back" href=${back.href}><${Icon} name="left" size="14" />${back.text}</a>`}
    <div class="page-head-row">
      <h1 class="page-title" tabindex="-1"><bdi>${title}</bdi></h1>
      ${actions && html`<div class="page-actions">${actions}</div>`}
    </div>
    ${lead && html`<p class="page-lead">${lead}</p>`}
    ${children}
  </header>`;
}

/** A framed part of a page with a heading. PAD=false for tables, which go to the frame. */
export function Card({ title, aside, pad = true, class: extra, children }) {
  const id = useId();
  return html`<section class=${classes('card', extra)} aria-labelledby=${title ? id : undefined}>
    ${(title || aside) && html`<div class="card-head"><h2 class="card-title" id=${id}>${title}</h2>${aside && html`<div class="card-aside">${aside}</div>`}</div>`}
    <div class=${pad ? 'card-body' : 'card-flush'}>${children}</div>
  </section>`;
}

/** A figure with its name, and what it means beneath. */
export const Stat = ({ label, value, note, tone, href }) => {
  const inside = html`<dt class="stat-label">${label}</dt><dd class=${classes('stat-value', tone && `text-${tone}`)}>${value}</dd>${note && html`<dd class="stat-note">${note}</dd>`}`;
  return href ? html`<a class="stat is-link" href=${href}><dl>${inside}</dl></a>` : html`<dl class="stat">${inside}</dl>`;
};

/** Name and value pairs: [[label, value], …]; those without a value (also false) are left out. */
export const Facts = ({ items }) => html`<dl class="facts">${items.filter(([, value]) => value !== undefined && value !== null && value !== '' && value !== false).map(([label, value]) => html`<div class="fact" key=${label}><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>`;

/** There is nothing, why, and what to do about it. */
export const Empty = ({ icon = 'info', title, children, action }) => html`<div class="empty"><${Icon} name=${icon} size="28" /><p class="empty-title">${title}</p>${children && html`<p class="empty-text">${children}</p>`}${action}</div>`;

/** Where something will stand: LINES grey lines. */
export const Skeleton = ({ lines = 3, tall = false }) => html`<div class=${classes('skeleton', tall && 'is-tall')} aria-hidden="true">${Array.from({ length: lines }, (_, index) => html`<span class="skeleton-line" key=${index}></span>`)}</div>`;

/** An error in place of what could not be read, with a button to try again. */
export const Failure = ({ error, retry }) => html`<div class="failure" role="alert"><${Icon} name="alert" size="20" /><div><p class="failure-title">${error.title ?? t('error.title')}</p><p>${error.message}</p>${error.traceId && html`<p class="muted">${t('error.trace')} <code>${error.traceId}</code></p>`}${retry && html`<${Button} small onClick=${retry} icon="retry">${t('retry.load')}</${Button}>`}</div></div>`;

/** What useData read: CHILDREN(data), the skeleton before, the failure when there is nothing to show. */
export function Loaded({ of, skeleton, children }) {
  if (of.data !== undefined) return children(of.data);
  if (of.error) return html`<${Failure} error=${of.error} retry=${of.reload} />`;
  return skeleton ?? html`<${Skeleton} />`;
}

/** A note in the page. TONE: info, good, pending, bad. */
export const Note = ({ tone = 'info', icon = tone === 'good' ? 'succeeded' : tone === 'info' ? 'info' : 'alert', title, children, action }) => html`<div class=${`note tone-${tone}`} role=${tone === 'bad' ? 'alert' : 'status'}><${Icon} name=${icon} size="18" /><div class="note-text">${title && html`<strong>${title}</strong>`} ${children}</div>${action}</div>`;

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // no permission, or plain HTTP beyond loopback
  }
}

export function CopyButton({ text, label = t('copy') }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => setCopied(await copyText(typeof text === 'function' ? text() : text));
  return html`<${Button} kind="quiet" small icon=${copied ? 'check' : 'copy'} label=${copied ? t('copied') : label} onClick=${copy} /><span class="visually-hidden" role="status">${copied ? t('copied') : ''}</span>`;
}

/** An id: shortened, whole on hover and when copied. */
export const Id = ({ id }) => html`<span class="id"><code data-tip=${id}>${id.slice(-8)}</code><${CopyButton} text=${id} label=${t('copy.id')} /></span>`;

/** Text as a program wrote it. FOLLOW keeps its end in view while it grows, unless somebody scrolled up. */
export function Output({ text, label, follow = false, wrap = true, max = 420 }) {
  const box = useRef(null);
  const sticks = useRef(true);
  useEffect(() => {
    if (follow && sticks.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text, follow]);
  const scrolled = ({ currentTarget }) => { sticks.current = currentTarget.scrollHeight - currentTarget.scrollTop - currentTarget.clientHeight < 24; };
  return html`<div class="output">
    <div class="output-tools"><${CopyButton} text=${text} /></div>
    <pre class=${classes('output-text', wrap && 'is-wrapped')} style=${{ maxHeight: `${max}px` }} ref=${box} onScroll=${scrolled} tabindex="0" role="region" aria-label=${label}>${text}</pre>
  </div>`;
}

/** Tabs that are addresses: TABS [{id, label, count}], CHOSEN an id, TO(id) its address. */
export const LinkTabs = ({ label, tabs, chosen, to }) => html`<nav class="tabs" aria-label=${label}>${tabs.map(({ id, label: text, count }) => html`<a key=${id} class="tab" href=${to(id)} aria-current=${id === chosen ? 'page' : undefined}>${text}${count !== undefined && html`<span class="tab-count">${count}</span>`}</a>`)}</nav>`;

/** A choice of a few, such as ranges: OPTIONS [{value, label}]. */
export const Choice = ({ label, options, value, onChange }) => {
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const index = (options.findIndex((each) => each.value === value) + step + options.length) % options.length;
    onChange(options[index].value);
    event.currentTarget.children[index].focus();
  };
  return html`<div class="choice" role="radiogroup" aria-label=${label} onKeyDown=${move}>${options.map((option) => html`<button type="button" key=${option.value} role="radio" aria-checked=${option.value === value} tabindex=${option.value === value ? 0 : -1} title=${option.title} onClick=${() => onChange(option.value)}>${option.label}</button>`)}</div>`;
};

/** How much of a whole is taken, as a bar with its text: VALUE of TOTAL. */
export const Meter = ({ label, value, total, tone = 'accent' }) => html`<div class=${`meter tone-${tone}`} role="meter" aria-label=${label} aria-valuemin="0" aria-valuemax=${total} aria-valuenow=${value}><span class="meter-fill" style=${{ width: `${total > 0 ? Math.min(100, 100 * value / total) : 0}%` }}></span></div>`;

/** Keys as they stand on a keyboard: "ctrl+k", "g j". */
export const Keys = ({ keys }) => html`<span class="keys">${keys.split(' ').flatMap((key) => key.split('+')).map((key) => html`<kbd>${key === 'ctrl' ? (/Mac/.test(navigator.platform) ? '⌘' : 'Ctrl') : key.length === 1 ? key.toUpperCase() : key}</kbd>`)}</span>`;

/** Opens ADDRESS (of this dashboard) as a link would. */
export const openAddress = (address) => { const link = document.createElement('a'); link.href = address; navigate(link.pathname.slice(document.documentElement.dataset.path.length) + link.search); };
