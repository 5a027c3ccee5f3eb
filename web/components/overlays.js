// overlays.js - what lies above the page: dialogs, questions, menus, toasts.
//
//   const answer = await ask({ title: t('…'), body: '…', confirm: t('delete'), danger: true, reason: t('why') });
//   if (!answer) return;                    // cancelled; else { reason }
//   toast(t('job.deleted'), { kind: 'good' });
import { Component, html, useEffect, useId, useRef, useState } from '../vendor/preact.js';
import { createStore, useStore } from '../store.js';
import { t } from '../texts.js';
import { Button, Icon, classes } from './basics.js';

/**
 * A dialog over the page: the browser keeps the focus inside and gives it back. ON_CLOSE() is called for Escape, the cross
 * and a click beside it; with LOCKED by none of them.
 */
export function Dialog({ title, onClose, locked = false, size = 'medium', footer, children, class: extra }) {
  const box = useRef(null);
  const id = useId();
  useEffect(() => {
    const dialog = box.current;
    const before = document.activeElement;
    dialog.showModal();
    dialog.querySelector('[autofocus], [data-autofocus]')?.focus();
    return () => {
      dialog.close();
      before?.focus?.();
    };
  }, []);
  const cancel = (event) => { event.preventDefault(); if (!locked) onClose(); };
  const beside = (event) => { if (event.target === box.current && !locked) onClose(); };
  return html`<dialog class=${classes('dialog', `is-${size}`, extra)} ref=${box} aria-labelledby=${id} onCancel=${cancel} onMouseDown=${beside}>
    <div class="dialog-inside">
      <div class="dialog-head"><h2 class="dialog-title" id=${id}>${title}</h2>${!locked && html`<${Button} kind="quiet" icon="close" label=${t('close')} onClick=${onClose} />`}</div>
      <div class="dialog-body">${children}</div>
      ${footer && html`<div class="dialog-foot">${footer}</div>`}
    </div>
  </dialog>`;
}

// ---- questions

const questions = createStore([]); // {…, resolve}

/**
 * Asks; resolves with null or {reason, isChecked}. REASON: the label of a text to be given, which REASON_NEEDED makes needed.
 * TYPE_NAME: what must be typed first. CHECK: the label of a box to be ticked or not.
 */
export function ask(question) {
  return new Promise((resolve) => { questions.set([...questions.get(), { ...question, resolve }]); });
}

function Question({ title, body, confirm, cancel = t('cancel'), danger = false, reason: reasonLabel, reasonNeeded = false, typeName, check, resolve }) {
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [isChecked, setChecked] = useState(false);
  const end = (answer) => {
    questions.set(questions.get().filter((each) => each.resolve !== resolve));
    resolve(answer);
  };
  const ready = (!reasonNeeded || reason.trim() !== '') && (!typeName || typed === typeName);
  const submit = (event) => { event.preventDefault(); if (ready) end({ reason: reason.trim(), isChecked }); };
  const plain = !reasonLabel && !typeName;
  return html`<${Dialog} title=${title} size="small" onClose=${() => end(null)}>
    <form class="stack" onSubmit=${submit}>
      <div class="dialog-text">${body}</div>
      ${typeName && html`<label class="field"><span class="field-label">${t('ask.type', { name: typeName })}</span><input class="input" value=${typed} onInput=${({ currentTarget }) => setTyped(currentTarget.value)} autocomplete="off" data-autofocus /></label>`}
      ${reasonLabel && html`<label class="field"><span class="field-label">${reasonLabel}</span><input class="input" value=${reason} onInput=${({ currentTarget }) => setReason(currentTarget.value)} maxlength="500" required=${reasonNeeded} data-autofocus=${!typeName} /></label>`}
      ${check && html`<label class="check"><input type="checkbox" checked=${isChecked} onChange=${({ currentTarget }) => setChecked(currentTarget.checked)} /><span>${check}</span></label>`}
      <div class="dialog-foot"><${Button} onClick=${() => end(null)} data-autofocus=${plain && danger ? true : undefined}>${cancel}</${Button}><${Button} type="submit" kind=${danger ? 'danger' : 'primary'} disabled=${!ready} data-autofocus=${plain && !danger ? true : undefined}>${confirm}</${Button}></div>
    </form>
  </${Dialog}>`;
}

// ---- toasts

const toasts = createStore([]); // {id, text, kind, action}
let lastToast = 0;

/** Says something in passing. KIND: good, bad, info. ACTION: {text, run}. Bad ones stay longer. */
export function toast(text, { kind = 'info', action } = {}) {
  const id = ++lastToast;
  toasts.set([...toasts.get().slice(-3), { id, text, kind, action }]);
  setTimeout(() => dropToast(id), kind === 'bad' || action ? 10_000 : 4_000);
}
function dropToast(id) { toasts.set(toasts.get().filter((each) => each.id !== id)); }

// ---- tips: what has data-tip says it when the pointer or the focus is on it; Escape hides it

function Tip() {
  const [tip, setTip] = useState(null); // {text, left, top, below}
  const id = useId();
  useEffect(() => {
    let of = null;
    const hide = () => { of?.removeAttribute('aria-describedby'); of = null; setTip(null); };
    const show = (event) => {
      const element = event.target.closest?.('[data-tip]');
      if (element === of) return;
      hide();
      if (!element || (event.type === 'focusin' && !element.matches(':focus-visible'))) return;
      of = element;
      const { left, width, top, bottom } = element.getBoundingClientRect();
      const below = top < 80;
      of.setAttribute('aria-describedby', id);
      setTip({ text: element.dataset.tip, below, left: Math.min(Math.max(left + width / 2, 130), innerWidth - 130), top: below ? bottom + 6 : top - 6 });
    };
    const keyed = (event) => { if (event.key === 'Escape') hide(); };
    const ways = [['pointerover', show], ['focusin', show], ['focusout', hide], ['pointerdown', hide], ['keydown', keyed]];
    for (const [type, act] of ways) document.addEventListener(type, act);
    window.addEventListener('scroll', hide, true);
    return () => {
      for (const [type, act] of ways) document.removeEventListener(type, act);
      window.removeEventListener('scroll', hide, true);
    };
  }, []);
  return tip && html`<div class=${classes('tip', tip.below && 'is-below')} role="tooltip" id=${id} style=${{ left: `${tip.left}px`, top: `${tip.top}px` }}>${tip.text}</div>`;
}

/** Where questions, toasts and tips appear; once, in the shell. */
export function Overlays() {
  const asked = useStore(questions);
  const said = useStore(toasts);
  return html`<${Tip} />${asked.map((question, index) => html`<${Question} key=${index} ...${question} />`)}
    <div class="toasts" role="region" aria-label=${t('toasts')}>
      <div aria-live="polite" class="toast-list">${said.map(({ id, text, kind, action }) => html`<div key=${id} class=${`toast is-${kind}`}>
        <${Icon} name=${{ good: 'succeeded', bad: 'alert', info: 'info' }[kind]} /><span class="toast-text">${text}</span>
        ${action && html`<button type="button" class="toast-action" onClick=${() => { dropToast(id); action.run(); }}>${action.text}</button>`}
        <${Button} kind="quiet" small icon="close" label=${t('close')} onClick=${() => dropToast(id)} /></div>`)}</div>
    </div>`;
}

// ---- menus

/**
 * A button that opens a list of things to do: ITEMS [{label, icon, run, href, danger, disabled, checked, hint} or null for a
 * line between]. Arrow keys, Home, End and first letters move; Escape closes.
 */
export function Menu({ label, items, button, align = 'right', up = false }) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef(null);
  const opener = useRef(null);
  const id = useId();
  const entries = () => [...root.current.querySelectorAll('[role^=menuitem]:not([aria-disabled=true])')];
  const close = (giveFocus = true) => { setOpen(false); if (giveFocus) opener.current?.querySelector('button')?.focus(); };

  useEffect(() => {
    if (!isOpen) return undefined;
    entries()[0]?.focus();
    const beside = (event) => { if (!root.current.contains(event.target)) close(false); };
    document.addEventListener('pointerdown', beside);
    return () => document.removeEventListener('pointerdown', beside);
  }, [isOpen]);

  const keyed = (event) => {
    if (!isOpen) {
      if (event.key === 'ArrowDown') { event.preventDefault(); setOpen(true); }
      return;
    }
    const list = entries();
    const at = list.indexOf(document.activeElement);
    const goal = { ArrowDown: at + 1, ArrowUp: at - 1 + (at < 0 ? 1 : 0), Home: 0, End: list.length - 1 }[event.key];
    if (goal !== undefined) list[(goal + list.length) % list.length]?.focus();
    else if (event.key === 'Escape') close();
    else if (event.key === 'Tab') { close(false); return; }
    else if (event.key.length === 1 && event.key !== ' ') list.find((each) => each.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const choose = (item) => { if (item.disabled) return; close(); item.run?.(); };

  return html`<div class="menu" ref=${root} onKeyDown=${keyed}>
    <span ref=${opener}>${button ? button({ onClick: () => setOpen(!isOpen), 'aria-haspopup': 'menu', 'aria-expanded': isOpen, 'aria-controls': isOpen ? id : undefined })
    : html`<${Button} kind="quiet" icon="more" label=${label} aria-haspopup="menu" aria-expanded=${isOpen} onClick=${() => setOpen(!isOpen)} />`}</span>
    ${isOpen && html`<div class=${classes('menu-list', `is-${align}`, up && 'is-up')} role="menu" id=${id} aria-label=${label}>${items.map((item, index) => {
    if (item === null) return html`<hr key=${index} class="menu-line" />`;
    const own = { key: index, class: classes('menu-item', item.danger && 'is-danger'), role: item.checked === undefined ? 'menuitem' : 'menuitemradio', tabindex: -1, 'aria-checked': item.checked, 'aria-disabled': item.disabled || undefined };
    const inside = html`<${Icon} name=${item.checked ? 'check' : item.icon ?? 'right'} class=${!item.icon && !item.checked ? 'is-blank' : ''} /><span class="menu-text">${item.label}${item.hint && html`<span class="menu-hint">${item.hint}</span>`}</span>`;
    return item.href ? html`<a ...${own} href=${item.href} onClick=${() => close(false)}>${inside}</a>` : html`<button type="button" ...${own} onClick=${() => choose(item)}>${inside}</button>`;
  })}</div>`}
  </div>`;
}

// ---- a page that breaks

/** Shows FALLBACK(error, again) instead of a part whose drawing throws. */
export class Boundary extends Component {
  constructor(props) {
    super(props);
    this.state = { error: null };
  }

  componentDidCatch(error) {
    console.error(error);
    this.setState({ error });
  }

  render({ children, fallback }, { error }) {
    return error ? fallback(error, () => this.setState({ error: null })) : children;
  }
}
