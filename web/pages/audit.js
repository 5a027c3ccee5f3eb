// audit.js - who did what, when and from where; and whether that record is whole.
import { Button, Empty, Loaded, Note, PageHead, Pager, Select, Time, api, html, number, t, useAction, useData, useState, useUrlState } from '../core.js';
import { Difference } from './job.js';

const defaults = { actor: '', action: '', jobId: '', pageNumber: 1 };
const kinds = ['job.', 'jobs.', 'execution.', 'workflow.', 'user.', 'token.', 'auth.', 'system.'];

export default function Audit() {
  const [filters, set] = useUrlState(defaults);
  const [check, setCheck] = useState(null);
  const page = useData((signal) => api.get('/admin/audit', { query: { ...filters, pageSize: 50 }, signal }), [JSON.stringify(filters)], { on: ['job', 'jobs', 'paused', 'resumed'], atMostEvery: 3000 });
  const verify = useAction(async () => setCheck(await api.get('/admin/audit/verify')));
  return html`<${PageHead} title=${t('nav.audit')} lead=${t('audit.lead')} actions=${html`<${Button} icon="check" isBusy=${verify.isBusy} onClick=${verify.run}>${t('audit.verify')}</${Button}>`} />
    ${check && html`<${Note} tone=${check.valid ? 'good' : 'bad'} title=${t(check.valid ? 'audit.valid' : 'audit.broken')}>${check.valid ? t('audit.checked', { count: number(check.checked) }) : t('audit.brokenAt', { sequence: check.brokenAt })}</${Note}>`}
    <div class="toolbar" role="search">
      <input class="input is-filter" type="search" data-search aria-label=${t('audit.actor')} placeholder=${t('audit.actor')} value=${filters.actor} onChange=${({ currentTarget }) => set({ actor: currentTarget.value.trim(), pageNumber: 1 })} />
      <${Select} label=${t('audit.action')} value=${filters.action} onChange=${(action) => set({ action, pageNumber: 1 })} options=${[{ value: '', label: t('audit.any') }, ...[...new Set([...kinds, filters.action])].filter(Boolean).map((value) => ({ value, label: value.endsWith('.') ? `${value}*` : value }))]} />
      ${(filters.actor || filters.action || filters.jobId) && html`<${Button} kind="quiet" icon="close" onClick=${() => set(defaults)}>${t('filter.clear')}</${Button}>`}
    </div>
    <${Loaded} of=${page}>${({ items }) => (items.length === 0 ? html`<${Empty} icon="audit" title=${t('audit.none')} />` : html`<ol class="history">${items.map((entry) => html`<li key=${entry.sequence} class="card"><div class="card-head"><span class="row"><span class="muted number">${number(entry.sequence)}</span><code>${entry.action}</code><bdi>${entry.actor}</bdi>${entry.address && html`<span class="muted">${entry.address}</span>`}</span><span class="card-aside"><code title=${entry.hash}>${entry.hash.slice(0, 10)}</code><${Time} at=${entry.at} /></span></div>
      ${(entry.before || entry.after) && html`<div class="card-body"><${Difference} before=${entry.before} after=${entry.after} /></div>`}</li>`)}</ol>`)}</${Loaded}>
    <${Pager} page=${page.data} onPage=${(pageNumber) => set({ pageNumber }, { push: true })} />`;
}
