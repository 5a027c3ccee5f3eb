// keyboard.js - shortcuts. One key or two in a row ("g j"), never while somebody types, except with Ctrl.
//
//   useShortcut('c', t('jobs.create'), () => navigate('/jobs/new'));       // also listed under `?`
import { useEffect, useRef } from './vendor/preact.js';

const shortcuts = new Set(); // {keys, label, run}
let first = '';
let firstAt = 0;

const isTyping = (target) => target.closest?.('input, textarea, select, [contenteditable]') !== null;

function keyOf(event) {
  const modifier = event.ctrlKey || event.metaKey ? 'ctrl+' : '';
  return modifier + (event.key.length === 1 ? event.key.toLowerCase() : event.key);
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.altKey || event.isComposing) return;
  const key = keyOf(event);
  if (!key.startsWith('ctrl+') && (isTyping(event.target) || document.querySelector('dialog[open]'))) return;
  const pair = Date.now() - firstAt < 1000 ? `${first} ${key}` : '';
  const all = [...shortcuts].reverse(); // the latest wins: that of the page before that of the shell
  const found = all.find(({ keys }) => keys === pair) ?? all.find(({ keys }) => keys === key);
  first = key;
  firstAt = found ? 0 : Date.now();
  if (!found) return;
  event.preventDefault();
  found.run();
});

export const allShortcuts = () => [...shortcuts];

export function addShortcut(keys, label, run) {
  const shortcut = { keys, label, run };
  shortcuts.add(shortcut);
  return () => shortcuts.delete(shortcut);
}

export function useShortcut(keys, label, run) {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => addShortcut(keys, label, () => latest.current()), [keys, label]);
}
