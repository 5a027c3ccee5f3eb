// live_output.js - what an execution puts out: followed while it runs, and searched, wrapped, copied, saved.
//
// Control characters and the escapes of terminals are shown as the signs that stand for them: text does nothing here.
import { Button, CopyButton, Icon, Note, api, html, t, useEffect, useMemo, useRef, useState } from '../core.js';

const mostShown = 256 * 1024; // characters; of a run that puts out more the end is shown

/** Signs that would do something, or hide something, as pictures of themselves. Colours of terminals are left out. */
export function harmless(text) {
  return text
    .replace(/\u001b\[[0-9;]*m/g, '')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, (sign) => String.fromCharCode(0x2400 + sign.charCodeAt(0)))
    .replace(/\u007f/g, '\u2421')
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '\u2426')
    .replace(/\r\n?/g, '\n');
}

/** {text, isLive, isCut, error}: what is recorded of an execution that has ended, else what comes. */
export function useOutput(id, isRunning) {
  const [state, setState] = useState({ text: '', isLive: false });
  const last = useRef('');
  useEffect(() => {
    const abort = new AbortController();
    last.current = '';
    setState((old) => ({ ...old, isLive: isRunning }));
    if (!isRunning) {
      api.get(`/executions/${id}/output`, { headers: { Accept: 'text/plain' }, signal: abort.signal }).then(
        (text) => setState({ text: text ?? '', isLive: false }),
        (error) => { if (!abort.signal.aborted) setState({ text: '', isLive: false, error }); },
      );
      return () => abort.abort();
    }
    let text = '';
    let isCut = false;
    let frame = 0;
    const draw = () => { frame = 0; setState({ text, isLive: true, isCut }); };
    const add = (more) => {
      text += more;
      if (text.length > mostShown) { text = text.slice(-mostShown / 2); isCut = true; }
      if (!frame) frame = requestAnimationFrame(draw);
    };
    const source = new EventSource(`/api/v1/scheduler/executions/${id}/output`);
    source.addEventListener('more', ({ data }) => add(JSON.parse(data)));
    source.addEventListener('gap', ({ data }) => add(`\n${t('output.gap', { bytes: data })}\n`));
    source.addEventListener('output', ({ data }) => { text = JSON.parse(data); isCut = false; draw(); });
    for (const end of ['end', 'bye', 'long-output']) source.addEventListener(end, () => source.close());
    return () => { source.close(); cancelAnimationFrame(frame); };
  }, [id, isRunning]);
  return state;
}

function save(name, text) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** TEXT with each place of WORD marked. */
function Marked({ text, word }) {
  const parts = useMemo(() => {
    if (word.length < 2) return [text];
    const low = text.toLowerCase();
    const wanted = word.toLowerCase();
    const found = [];
    let at = 0;
    for (let next = low.indexOf(wanted); next >= 0 && found.length < 4000; next = low.indexOf(wanted, at)) {
      found.push(text.slice(at, next), text.slice(next, next + wanted.length));
      at = next + wanted.length;
    }
    return [...found, text.slice(at)];
  }, [text, word]);
  return parts.map((part, index) => (index % 2 === 1 ? html`<mark>${part}</mark>` : part));
}

export function LiveOutput({ id, isRunning, isTruncated, name }) {
  const { text, isLive, isCut, error } = useOutput(id, isRunning);
  const [follows, setFollows] = useState(true);
  const [wraps, setWraps] = useState(true);
  const [word, setWord] = useState('');
  const box = useRef(null);
  const shown = useMemo(() => harmless(text), [text]);
  const found = useMemo(() => (word.length < 2 ? 0 : shown.toLowerCase().split(word.toLowerCase()).length - 1), [shown, word]);
  useEffect(() => { if (isLive && follows && box.current) box.current.scrollTop = box.current.scrollHeight; }, [shown, follows]);
  useEffect(() => { if (word.length > 1) box.current?.querySelector('mark')?.scrollIntoView({ block: 'nearest' }); }, [word]);
  const scrolled = ({ currentTarget }) => { if (isLive) setFollows(currentTarget.scrollHeight - currentTarget.scrollTop - currentTarget.clientHeight < 24); };
  return html`<section class="card"><div class="card-head"><h2 class="card-title">${t('output.title')}${isLive && html` <span class="tag tone-running"><${Icon} name="live" size="12" />${t('output.live')}</span>`}</h2>
    <div class="row output-bar">
      <input class="input is-small" type="search" placeholder=${t('output.search')} aria-label=${t('output.search')} value=${word} onInput=${({ currentTarget }) => setWord(currentTarget.value)} data-search />
      ${word.length > 1 && html`<span class="muted number" role="status">${t('output.found', { count: found })}</span>`}
      ${isLive && html`<${Button} small aria-pressed=${follows} icon="down" onClick=${() => setFollows(!follows)}>${t('output.follow')}</${Button}>`}
      <${Button} small aria-pressed=${wraps} onClick=${() => setWraps(!wraps)}>${t('output.wrap')}</${Button}>
      <${CopyButton} text=${text} label=${t('output.copy')} />
      <${Button} small kind="quiet" icon="download" label=${t('output.save')} onClick=${() => save(name, text)} />
    </div></div>
    <div class="card-body stack">
      ${error && html`<${Note} tone="bad">${error.message}</${Note}>`}
      ${(isTruncated || isCut) && html`<${Note} tone="pending">${t(isCut ? 'output.cut' : 'output.truncated')}</${Note}>`}
      ${shown === '' ? html`<p class="muted">${t(isLive ? 'output.none.yet' : 'output.none')}</p>` : html`<pre class=${`output-text execution-output${wraps ? ' is-wrapped' : ''}`} ref=${box} onScroll=${scrolled} tabindex="0" role="region" aria-label=${t('output.title')}><${Marked} text=${shown} word=${word} /></pre>`}
    </div></section>`;
}
