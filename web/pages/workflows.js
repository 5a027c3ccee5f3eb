// workflows.js - all workflows: when they run, how they ended last, and things to do with one.
import { Button, Empty, Failure, Menu, PageHead, Pager, SearchField, StateBadge, Table, Time, api, hasPage, href, html, navigate, number, t, useData, useShortcut, useUrlState } from '../core.js';
import { ScheduleWords, runAddress, runEvents, useWorkflowActions } from './workflow_parts.js';

const defaults = { search: '', jobId: '', pageNumber: 1, pageSize: 50 };

function Actions({ workflow, reload }) {
  const { trigger, remove } = useWorkflowActions(workflow, reload);
  const items = [
    { label: t('jobs.trigger'), icon: 'bolt', run: trigger.run },
    ...(hasPage('/workflows/:id/edit') ? [{ label: t('edit'), icon: 'edit', href: href(`/workflows/${workflow.id}/edit`) }] : []),
    null,
    { label: t('delete'), icon: 'trash', danger: true, run: remove.run },
  ];
  return html`<${Menu} label=${t('actions.of', { name: workflow.name })} items=${items} />`;
}

export default function Workflows() {
  const [filters, set] = useUrlState(defaults);
  const page = useData((signal) => api.get('/workflows', { query: filters, signal }), [JSON.stringify(filters)], { on: [...runEvents, 'job', 'jobs'], atMostEvery: 1500, every: 30_000 });
  const isFiltered = filters.search !== '' || filters.jobId !== '';
  const canCreate = hasPage('/workflows/new');
  useShortcut('n', t('workflows.new'), () => { if (canCreate) navigate('/workflows/new'); });
  const create = canCreate && html`<${Button} kind="primary" icon="plus" href=${href('/workflows/new')}>${t('workflows.new')}</${Button}>`;
  const columns = [
    { id: 'name', label: t('job.name'), primary: true, show: (each) => html`<div class="job-name"><a class="cut" href=${href(`/workflows/${each.id}`)} title=${each.name}><bdi>${each.name}</bdi></a></div>` },
    { id: 'state', label: t('job.state'), hide: 'phone', show: (each) => html`<${StateBadge} state=${each.isEnabled ? 'Active' : 'Disabled'} />` },
    { id: 'jobs', label: t('workflow.jobs'), hide: 'tablet', align: 'right', show: (each) => html`<span class="number">${number(each.jobs.length)}</span>` },
    { id: 'schedule', label: t('job.schedule'), hide: 'tablet', show: (each) => html`<${ScheduleWords} schedule=${each.schedule} />` },
    { id: 'next', label: t('job.next'), hide: 'phone', show: (each) => html`<${Time} at=${each.nextRunAt} planned />` },
    { id: 'last', label: t('job.last'), show: (each) => (each.lastRun ? html`<span class="last-run"><a href=${runAddress(each.lastRun.id)}><${StateBadge} quiet state=${each.lastRun.status} /></a> <${Time} at=${each.lastRun.createdAt} /></span>` : html`<span class="muted">${t('jobs.never')}</span>`) },
    { id: 'actions', label: t('actions'), hideLabel: true, align: 'right', show: (each) => html`<${Actions} workflow=${each} reload=${page.reload} />` },
  ];
  const empty = isFiltered
    ? html`<${Empty} icon="filter" title=${t('workflows.none.fit')}>${t('jobs.none.fit.text')}</${Empty}>`
    : html`<${Empty} icon="workflows" title=${t('workflows.none')} action=${create}>${t('workflows.none.text')}</${Empty}>`;
  return html`<${PageHead} title=${t('nav.workflows')} actions=${create} />
    <div class="toolbar" role="search"><${SearchField} label=${t('jobs.search')} value=${filters.search} onChange=${(search) => set({ search, pageNumber: 1 })} />
      ${filters.jobId !== '' && html`<button type="button" class="zoom" onClick=${() => set({ jobId: '', pageNumber: 1 })}><span>${t('workflows.ofJob')}</span><span aria-hidden="true">×</span><span class="visually-hidden">${t('filter.remove')}</span></button>`}</div>
    ${page.error && !page.data ? html`<${Failure} error=${page.error} retry=${page.reload} />` : html`<${Table} label=${t('nav.workflows')} rows=${page.data?.items} keyOf=${({ id }) => id} columns=${columns} empty=${empty} isLoading=${page.isLoading} to=${(each) => href(`/workflows/${each.id}`)} />
    <${Pager} page=${page.data} onPage=${(pageNumber) => set({ pageNumber }, { push: true })} onSize=${(pageSize) => set({ pageSize, pageNumber: 1 })} />`}`;
}
