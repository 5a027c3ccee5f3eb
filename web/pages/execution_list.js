// execution_list.js - an endless list that stays fast: only the rows on the screen are in the document, and pages of the API
// are read as one comes to them.
//
// New executions come at the top. Rows are kept by their distance from the oldest one, which does not change then: what one
// reads does not move, and nothing is read twice.
import { Button, Icon, Skeleton, api, classes, html, isAbort, number, openAddress, subscribe, t, useCallback, useEffect, useLayoutEffect, useRef, useState, useShortcut } from '../core.js';

const pageSize = 100;
const rowHeight = 44; // as .xrow in styles/pages.css
const margin = 12; // rows drawn beyond the window
const mostRows = 150_000; // what a browser can hold as one height; older ones are reached by filters
const calm = 1000; // ms between two looks for what is new

/** Reads rows for FILTERS; gives {total, rowAt(index), want(from, to), fresh, showFresh, error, reload}. */
function useRows(filters) {
  const key = JSON.stringify(filters);
  const [, again] = useState(0);
  const own = useRef(null);
  if (own.current?.key !== key) {
    own.current?.abort.abort();
    own.current = { key, abort: new AbortController(), rows: new Map(), pages: new Map(), total: undefined, fresh: 0, error: undefined };
  }
  const state = own.current;
  const draw = () => again((n) => n + 1);

  const take = (page, number_) => {
    const { totalCount, items } = page;
    if (state.total === undefined || totalCount < state.total + state.fresh) { // fewer than before: start anew from what there is
      if (state.total !== undefined) state.rows.clear();
      state.total = totalCount;
      state.fresh = 0;
    } else state.fresh = totalCount - state.total;
    items.forEach((item, index) => state.rows.set(totalCount - 1 - ((number_ - 1) * pageSize + index), item));
    state.error = undefined;
  };
  const read = useCallback(async (number_) => {
    if (state.pages.get(number_) === 'busy') return;
    state.pages.set(number_, 'busy');
    try {
      const page = await api.get('/executions', { query: { ...filters, pageNumber: number_, pageSize }, signal: state.abort.signal });
      if (own.current === state) take(page, number_);
    } catch (error) {
      if (isAbort(error)) return;
      state.error = error;
    } finally {
      state.pages.delete(number_);
    }
    if (own.current === state) draw();
  }, [state]);

  useEffect(() => { read(1); return () => state.abort.abort(); }, [state]);

  /** Sees to it that these rows, counted from the top, will be there; with ANEW also those that are there are read again. */
  const want = useCallback((from, to, anew = false) => {
    if (state.total === undefined) return;
    const needed = new Set();
    for (let index = Math.max(0, from); index < Math.min(to, state.total); index++) if (anew || !state.rows.has(state.total - 1 - index)) needed.add(Math.floor((index + state.fresh) / pageSize) + 1);
    for (const each of needed) read(each);
  }, [state]);

  return {
    total: state.total, fresh: state.fresh, error: state.error, want,
    rowAt: (index) => state.rows.get(state.total - 1 - index),
    showFresh: () => { state.total += state.fresh; state.fresh = 0; draw(); },
    reload: () => { state.error = undefined; draw(); read(1); },
  };
}

/**
 * COLUMNS: [{id, label, show(row), class}]; TO(row) is its address. CHOSEN: a Set of ids, ON_CHOOSE(set, rows). EMPTY stands
 * there without rows.
 */
export function ExecutionList({ filters, columns, to, chosen, onChoose, empty, onTotal }) {
  const rows = useRows(filters);
  const box = useRef(null);
  const [place, setPlace] = useState({ top: 0, height: 600 });
  const [current, setCurrent] = useState(0);
  const focusWanted = useRef(false);
  const [, again] = useState(0);
  const count = Math.min(rows.total ?? 0, mostRows);
  const from = Math.max(0, Math.floor(place.top / rowHeight) - margin);
  const to_ = Math.min(count, Math.ceil((place.top + place.height) / rowHeight) + margin);
  const atTop = place.top < rowHeight;

  useLayoutEffect(() => {
    const measure = () => setPlace({ top: box.current.scrollTop, height: box.current.clientHeight });
    if (!box.current) return undefined;
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [rows.total === undefined || rows.total === 0]);
  useEffect(() => { rows.want(from, to_); }, [from, to_, rows.total]);
  useEffect(() => { onTotal?.(rows.total); }, [rows.total]);
  // What is new is shown at once to those who look at the top; others are told how many there are.
  useEffect(() => { if (rows.fresh > 0 && atTop) rows.showFresh(); }, [rows.fresh, atTop]);
  const view = useRef({});
  view.current = { from, to: to_, want: rows.want, reload: rows.reload, total: rows.total };
  useEffect(() => {
    let timer = 0;
    let last = 0;
    const look = () => {
      timer = 0;
      last = Date.now();
      if (view.current.total > 0) view.current.want(view.current.from, view.current.to, true); else view.current.reload();
    };
    const leave = subscribe(['hello', 'execution', 'executions', 'progress', 'progresses'], () => { if (!timer) timer = setTimeout(look, Math.max(50, last + calm - Date.now())); });
    return () => { leave(); clearTimeout(timer); };
  }, []);

  const focusRow = (index) => {
    const next = Math.max(0, Math.min(count - 1, index));
    setCurrent(next);
    focusWanted.current = true;
    again((n) => n + 1); // also when the row stays the same
    const top = next * rowHeight;
    if (top < box.current.scrollTop) box.current.scrollTop = top;
    else if (top + rowHeight > box.current.scrollTop + box.current.clientHeight) box.current.scrollTop = top + rowHeight - box.current.clientHeight;
  };
  useLayoutEffect(() => {
    if (!focusWanted.current) return;
    const row = box.current?.querySelector(`[data-index="${current}"]`);
    if (row) { focusWanted.current = false; row.focus({ preventScroll: true }); }
  });
  useShortcut('j', t('keyboard.rows'), () => focusRow(document.activeElement?.closest('.xrow') ? current + 1 : current));
  useShortcut('k', t('keyboard.rows'), () => focusRow(document.activeElement?.closest('.xrow') ? current - 1 : current));

  const toggle = (row) => {
    const next = new Map(chosen);
    if (!next.delete(row.id)) next.set(row.id, row);
    onChoose(next);
  };
  const keyed = (event) => {
    if (!event.target.classList.contains('xrow')) return;
    const page = Math.floor(place.height / rowHeight) - 1;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -count, End: count }[event.key];
    const row = rows.rowAt(current);
    if (step !== undefined) focusRow(current + step);
    else if (event.key === 'Enter' && row) openAddress(to(row));
    else if ((event.key === 'x' || event.key === ' ') && row) toggle(row);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const clicked = (event, row) => {
    if (event.target.closest('a, button, input, label') || String(getSelection())) return;
    if (event.metaKey || event.ctrlKey) window.open(to(row), '_blank', 'noopener');
    else openAddress(to(row));
  };

  if (rows.error && rows.total === undefined) return html`<div class="failure" role="alert"><${Icon} name="alert" size="20" /><div><p>${rows.error.message}</p><${Button} small icon="retry" onClick=${rows.reload}>${t('retry.load')}</${Button}></div></div>`;
  if (rows.total === undefined) return html`<div class="xlist"><${Skeleton} lines="8" tall /></div>`;
  if (rows.total === 0 && rows.fresh === 0) return empty;
  const drawn = [];
  for (let index = from; index < to_; index++) drawn.push([index, rows.rowAt(index)]);
  return html`<div class="xlist" role="table" aria-label=${t('nav.executions')} aria-rowcount=${rows.total + 1}>
    <div class="xhead" role="rowgroup"><div class="xcells" role="row"><span role="columnheader" class="xc-choose"><span class="visually-hidden">${t('table.choose')}</span></span>${columns.map((column) => html`<span key=${column.id} role="columnheader" class=${classes(`xc-${column.id}`, column.class)}>${column.label}</span>`)}</div></div>
    ${rows.fresh > 0 && !atTop && html`<button type="button" class="xfresh" onClick=${() => { rows.showFresh(); box.current.scrollTop = 0; }}><${Icon} name="up" size="14" />${t('executions.fresh', { count: number(rows.fresh) })}</button>`}
    <div class="xbody" role="rowgroup" ref=${box} onScroll=${({ currentTarget }) => setPlace({ top: currentTarget.scrollTop, height: currentTarget.clientHeight })} onKeyDown=${keyed} tabindex="-1">
      <div class="xspace" role="presentation" style=${{ height: `${count * rowHeight}px` }}>${drawn.map(([index, row]) => html`<div key=${row?.id ?? `empty${index}`} role="row" aria-rowindex=${index + 2} data-index=${index} class=${classes('xrow xcells', row && chosen.has(row.id) && 'is-chosen')} style=${{ top: `${index * rowHeight}px` }} tabindex=${index === current ? 0 : -1} onFocus=${() => setCurrent(index)} onClick=${(event) => row && clicked(event, row)}>
        ${row ? html`<span role="cell" class="xc-choose"><input type="checkbox" tabindex="-1" aria-label=${t('table.choose')} checked=${chosen.has(row.id)} onChange=${() => toggle(row)} /></span>${columns.map((column) => html`<span key=${column.id} role="cell" class=${classes(`xc-${column.id}`, column.class)}>${column.show(row)}</span>`)}` : html`<span role="cell" class="xwait"><span class="skeleton-line"></span></span>`}</div>`)}</div>
      ${rows.total > mostRows && html`<p class="xmore">${t('executions.more', { shown: number(mostRows), total: number(rows.total) })}</p>`}
    </div>
  </div>`;
}
