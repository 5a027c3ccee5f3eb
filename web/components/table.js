// table.js - rows: a head that stays, sorting, one tab stop with arrow keys between the rows, and pages.
//
//   html`<${Table} label=${t('jobs')} rows=${page.items} keyOf=${(job) => job.id} to=${(job) => href(`/jobs/${job.id}`)}
//     sort=${filters} onSort=${setFilters}
//     columns=${[{ id: 'name', label: t('job.name'), sorts: true, show: (job) => job.name }, …]} />
//     <${Pager} page=${page} onPage=${(pageNumber) => setFilters({ pageNumber })} />`
import { html, useRef, useState } from '../vendor/preact.js';
import { number } from '../format.js';
import { t } from '../texts.js';
import { Button, Icon, InTable, Skeleton, classes, openAddress } from './basics.js';

/**
 * COLUMNS: [{id, label, show(row), sorts, align: 'right', width, hide: 'phone' | 'tablet', primary}]; with hidden LABELS say
 * hideLabel. TO(row): the row's address, opened by Enter and a click anywhere in it. SORT: {sortBy, sortDirection}. CHOSEN: a
 * Set of keys, ON_CHOOSE(set), for doing something with several. EMPTY: what stands there without rows.
 */
export function Table({ label, columns, rows, keyOf, to, sort, onSort, chosen, onChoose, empty, isLoading = false, rowClass }) {
  const [at, setAt] = useState(0);
  const body = useRef(null);
  const count = rows?.length ?? 0;
  const current = Math.min(at, Math.max(0, count - 1));

  const focusRow = (index) => { setAt(index); body.current.children[index]?.focus(); };
  const keyed = (event) => {
    if (event.target.closest('tr') !== event.target) return;
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, Home: -count, End: count, PageDown: 10, PageUp: -10 }[event.key];
    if (step !== undefined) focusRow(Math.max(0, Math.min(count - 1, current + step)));
    else if (event.key === 'Enter' && to) openAddress(to(rows[current]));
    else if ((event.key === 'x' || event.key === ' ') && onChoose) toggle(keyOf(rows[current]));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const clicked = (event, row) => {
    if (!to || event.target.closest('a, button, input, label, select') || String(getSelection())) return;
    if (event.metaKey || event.ctrlKey) window.open(to(row), '_blank', 'noopener');
    else openAddress(to(row));
  };
  const toggle = (key) => {
    const next = new Set(chosen);
    if (!next.delete(key)) next.add(key);
    onChoose(next);
  };
  const all = count > 0 && onChoose && rows.every((row) => chosen.has(keyOf(row)));
  const sortBy = (id) => onSort({ sortBy: id, sortDirection: sort.sortBy === id && sort.sortDirection === 'asc' ? 'desc' : 'asc' });

  if (rows === undefined) return html`<div class="card-body"><${Skeleton} lines="6" tall /></div>`;
  if (count === 0 && empty) return empty;
  return html`<${InTable.Provider} value=${true}><div class=${classes('table-frame', isLoading && 'is-loading')}><table class="table">
    <caption class="visually-hidden">${label}</caption>
    <thead><tr>
      ${onChoose && html`<th class="column-choose"><input type="checkbox" aria-label=${t('table.all')} checked=${all} onChange=${() => onChoose(all ? new Set() : new Set(rows.map(keyOf)))} /></th>`}
      ${columns.map((column) => {
    const direction = sort?.sortBy === column.id ? sort.sortDirection : undefined;
    const name = column.hideLabel ? html`<span class="visually-hidden">${column.label}</span>` : column.label;
    return html`<th key=${column.id} scope="col" class=${classes(column.align === 'right' && 'is-right', column.hide && `hide-${column.hide}`)} style=${column.width ? { width: column.width } : undefined} aria-sort=${direction ? (direction === 'asc' ? 'ascending' : 'descending') : undefined}>
        ${column.sorts && onSort ? html`<button type="button" class=${classes('sort', direction && 'is-on')} onClick=${() => sortBy(column.id)}>${name}<${Icon} name=${direction === 'desc' ? 'down' : 'up'} size="12" /></button>` : name}</th>`;
  })}</tr></thead>
    <tbody ref=${body} onKeyDown=${keyed}>${rows.map((row, index) => {
    const key = keyOf(row);
    return html`<tr key=${key} tabindex=${index === current ? 0 : -1} class=${classes(to && 'is-link', chosen?.has(key) && 'is-chosen', rowClass?.(row))} onClick=${(event) => clicked(event, row)} onFocus=${() => setAt(index)}>
        ${onChoose && html`<td class="column-choose"><input type="checkbox" tabindex="-1" aria-label=${t('table.choose')} checked=${chosen.has(key)} onChange=${() => toggle(key)} /></td>`}
        ${columns.map((column) => html`<td key=${column.id} class=${classes(column.align === 'right' && 'is-right', column.primary && 'is-primary', column.hide && `hide-${column.hide}`)}>${column.show(row)}</td>`)}</tr>`;
  })}</tbody></table></div></${InTable.Provider}>`;
}

/** "1–20 of 134" and the way to the pages beside; PAGE is what the API answers. */
export function Pager({ page, onPage, onSize, sizes = [20, 50, 100, 200] }) {
  if (!page) return null;
  const { totalCount, pageNumber, pageSize } = page;
  const last = Math.max(1, Math.ceil(totalCount / pageSize));
  const from = totalCount === 0 ? 0 : (pageNumber - 1) * pageSize + 1;
  const to = Math.min(totalCount, pageNumber * pageSize);
  return html`<nav class="pager" aria-label=${t('pager')}>
    <span class="pager-count number" role="status">${t('pager.range', { from: number(from), to: number(to), total: number(totalCount) })}</span>
    ${onSize && html`<label class="pager-size"><span class="hide-phone">${t('pager.size')}</span><select class="input is-small" value=${pageSize} aria-label=${t('pager.size')} onChange=${({ currentTarget }) => onSize(Number(currentTarget.value))}>${sizes.map((size) => html`<option key=${size} value=${size} selected=${size === pageSize}>${size}</option>`)}</select></label>`}
    <span class="pager-steps">
      <${Button} small kind="quiet" icon="left" label=${t('pager.previous')} disabled=${pageNumber <= 1} onClick=${() => onPage(pageNumber - 1)} />
      <span class="number pager-at">${t('pager.at', { page: number(pageNumber), last: number(last) })}</span>
      <${Button} small kind="quiet" icon="right" label=${t('pager.next')} disabled=${pageNumber >= last} onClick=${() => onPage(pageNumber + 1)} />
    </span>
  </nav>`;
}
