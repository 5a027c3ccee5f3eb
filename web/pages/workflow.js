// workflow.js - one workflow: its graph with the states of its latest run, and its runs.
import { Button, Card, Empty, Failure, Loaded, Menu, PageHead, Pager, StateBadge, Table, Time, Took, api, duration, hasPage, href, html, t, useData, useUrlState } from '../core.js';
import { Graph } from '../components/graph.js';
import { ScheduleWords, StepTable, addressOf, runAddress, runEvents, toList, tookOf, useNodes, useWorkflowActions } from './workflow_parts.js';

const stripLength = 50;

function Drawing({ workflow, run }) {
  const nodes = useNodes(workflow.jobs, run);
  const aside = run && html`<span>${t('workflow.statesOf')} <a class="underlined" href=${runAddress(run.id)}>${t('workflow.lastRun')}</a>, <${Time} at=${run.createdAt} /></span>`;
  return html`<${Card} title=${t('workflow.graph')} aside=${aside} pad=${false}><${Graph} label=${t('workflow.graph')} nodes=${nodes} to=${addressOf} /></${Card}>`;
}

/** The last runs as bars, oldest first: as high as they took long, in the colour of their state. */
function Strip({ runs }) {
  const shown = [...runs].reverse();
  const longest = Math.max(1, ...shown.map((run) => tookOf(run) ?? 0));
  const tones = { Succeeded: 'good', Failed: 'bad', Cancelled: 'muted', Running: 'running' };
  const says = (run) => `${t(`state.${run.status}`)}, ${duration(tookOf(run))}, ${run.createdAt}`;
  return html`<div class="strip" role="list" aria-label=${t('run.strip', { count: shown.length })}>${shown.map((run) => html`<span role="listitem" key=${run.id} class="strip-item"><a href=${runAddress(run.id)} class=${`strip-bar tone-${tones[run.status]}`} title=${says(run)} aria-label=${says(run)}><span style=${{ height: `${Math.max(14, 100 * Math.sqrt((tookOf(run) ?? 0) / longest))}%` }}></span></a></span>`)}</div>`;
}

const columns = [
  { id: 'state', label: t('execution.state'), primary: true, show: (run) => html`<${StateBadge} state=${run.status} text=${run.isBeingCancelled ? t('run.stopping') : undefined} />` },
  { id: 'began', label: t('run.began'), show: (run) => html`<${Time} at=${run.createdAt} />` },
  { id: 'took', label: t('execution.took'), align: 'right', show: (run) => html`<${Took} ms=${tookOf(run)} since=${run.completedAt ? undefined : run.createdAt} />` },
  { id: 'trigger', label: t('execution.trigger'), hide: 'phone', show: (run) => html`${t(`trigger.${run.trigger}`)}${run.triggeredBy && html` · <bdi>${run.triggeredBy}</bdi>`}` },
  { id: 'error', label: t('execution.error'), hide: 'phone', show: (run) => html`<span class="cut is-error" title=${run.errorMessage}>${(run.errorMessage ?? '').split('\n')[0]}</span>` },
];

function Runs({ workflow }) {
  const [{ pageNumber }, set] = useUrlState({ pageNumber: 1 });
  const page = useData((signal) => api.get(`/workflows/${workflow.id}/runs`, { query: { pageNumber, pageSize: stripLength }, signal }), [workflow.id, pageNumber], { on: runEvents.slice(0, 2), atMostEvery: 1000, every: 30_000 });
  return html`<${Card} title=${t('run.history')} pad=${false}>${page.error && !page.data ? html`<${Failure} error=${page.error} retry=${page.reload} />` : html`
    ${page.data?.items.length > 1 && html`<div class="card-body"><${Strip} runs=${page.data.items} /></div>`}
    <${Table} label=${t('run.history')} rows=${page.data?.items} keyOf=${({ id }) => id} columns=${columns} isLoading=${page.isLoading} to=${(run) => runAddress(run.id)} empty=${html`<${Empty} icon="executions" title=${t('run.none')}>${t('run.none.text')}</${Empty}>`} />
    ${page.data?.totalCount > stripLength && html`<${Pager} page=${page.data} onPage=${(next) => set({ pageNumber: next }, { push: true })} />`}`}</${Card}>`;
}

function Actions({ workflow, reload }) {
  const { trigger, remove } = useWorkflowActions(workflow, (isGone) => (isGone === true ? toList() : reload()));
  return html`<${Button} icon="bolt" kind="primary" isBusy=${trigger.isBusy} onClick=${trigger.run}>${t('jobs.trigger')}</${Button}>
    ${hasPage('/workflows/:id/edit') && html`<${Button} icon="edit" href=${href(`/workflows/${workflow.id}/edit`)}>${t('edit')}</${Button}>`}
    <${Menu} label=${t('actions.of', { name: workflow.name })} items=${[{ label: t('delete'), icon: 'trash', danger: true, run: remove.run }]} />`;
}

export default function Workflow({ params }) {
  const one = useData((signal) => api.get(`/workflows/${params.id}`, { signal }), [params.id], { on: [...runEvents.slice(0, 2), 'job', 'jobs'], atMostEvery: 700, every: 30_000 });
  const workflow = one.data?.id === params.id ? one.data : undefined;
  const lastId = workflow?.lastRun?.id;
  const last = useData((signal) => (lastId ? api.get(`/workflows/runs/${lastId}`, { signal }) : Promise.resolve(null)), [lastId, workflow?.lastRun?.status], { on: runEvents, atMostEvery: 500 });
  const back = { href: href('/workflows'), text: t('nav.workflows') };
  if (one.error && !workflow) return html`<${PageHead} title=${t('workflow.title')} back=${back} /><${Failure} error=${one.error} retry=${one.reload} />`;
  if (!workflow) return html`<${PageHead} title=${t('workflow.title')} back=${back} /><${Loaded} of=${{ ...one, data: undefined }} />`;
  const lead = html`<span class="row"><${StateBadge} state=${workflow.isEnabled ? 'Active' : 'Disabled'} /><span><${ScheduleWords} schedule=${workflow.schedule} /></span>${workflow.nextRunAt && html`<span class="muted">${t('workflow.next')} <${Time} at=${workflow.nextRunAt} planned /></span>`}</span>${workflow.description && html`<span class="job-description">${workflow.description}</span>`}`;
  return html`<${PageHead} title=${workflow.name} lead=${lead} back=${back} actions=${html`<${Actions} workflow=${workflow} reload=${one.reload} />`} />
    <div class="stack">
      <${Drawing} workflow=${workflow} run=${last.data ?? undefined} />
      <${Runs} workflow=${workflow} />
      <${Card} title=${t('workflow.steps')} aside=${t('workflow.steps.count', { count: workflow.jobs.length })} pad=${false}><${StepTable} jobs=${workflow.jobs} /></${Card}>
    </div>`;
}
