// workflow_run.js - one passage through a workflow, live: the graph with its states, and each step with its execution.
import { Button, Card, Facts, Failure, Id, Loaded, Note, PageHead, StateBadge, Time, Took, api, href, html, local, t, useData } from '../core.js';
import { Graph } from '../components/graph.js';
import { StepTable, addressOf, hasEnded, runEvents, tookOf, useNodes, useRunActions } from './workflow_parts.js';

function Actions({ run, reload }) {
  const { cancel, retry } = useRunActions(run, reload);
  if (!hasEnded(run)) return html`<${Button} icon="stop" kind="danger" disabled=${run.isBeingCancelled} isBusy=${cancel.isBusy} onClick=${cancel.run}>${t(run.isBeingCancelled ? 'run.stopping' : 'run.cancel')}</${Button}>`;
  if (run.status === 'Succeeded') return null;
  return html`<${Button} icon="retry" kind="primary" isBusy=${retry.isBusy} onClick=${retry.run}>${t('run.retry')}</${Button}>`;
}

const countOf = (run, ...states) => run.jobs.filter(({ status }) => states.includes(status)).length;

/** One sentence: how it stands, or how it ended. */
function sentenceOf(run) {
  const total = run.jobs.length;
  if (run.isBeingCancelled) return t('run.is.stopping', { count: countOf(run, 'Running') });
  if (run.status === 'Running') return t('run.is.running', { done: countOf(run, 'Succeeded', 'Failed', 'Cancelled'), total });
  return t(`run.is.${run.status}`, { done: countOf(run, 'Succeeded'), total });
}

function About({ run }) {
  const time = (at) => at && html`<span class="number">${local(at)}</span> <span class="muted">(<${Time} at=${at} />)</span>`;
  return html`<${Card} title=${t('execution.about')}><div class="run-about"><${Facts} items=${[
    [t('workflow.title'), html`<a href=${href(`/workflows/${run.workflowId}`)}><bdi>${run.workflowName}</bdi></a>`],
    [t('execution.trigger'), html`${t(`trigger.${run.trigger}`)}${run.triggeredBy && html` · <bdi>${run.triggeredBy}</bdi>`}`],
    [t('run.retried'), run.retryCount > 0 && run.retryCount],
    [t('execution.parameters'), run.parameters && Object.keys(run.parameters).length > 0 && html`<code>${JSON.stringify(run.parameters)}</code>`],
    [t('job.id'), html`<${Id} id=${run.id} />`],
  ]} /><${Facts} items=${[
    [t('execution.scheduled'), run.trigger !== 'Manual' && time(run.scheduledFor)], [t('run.began'), time(run.createdAt)], [t('execution.ended'), time(run.completedAt)],
    [t('execution.took'), html`<${Took} ms=${tookOf(run)} since=${run.completedAt ? undefined : run.createdAt} />`],
  ]} /></div></${Card}>`;
}

function Shown({ run, reload }) {
  const nodes = useNodes(run.jobs, run);
  const back = { href: href(`/workflows/${run.workflowId}`), text: run.workflowName };
  const lead = html`<span class="row"><${StateBadge} state=${run.status} text=${run.isBeingCancelled ? t('run.stopping') : undefined} /><span role="status">${sentenceOf(run)}</span></span>`;
  return html`<${PageHead} title=${t('run.of', { name: run.workflowName })} lead=${lead} back=${back} actions=${html`<${Actions} run=${run} reload=${reload} />`} />
    <div class="stack">
      ${run.errorMessage && html`<${Note} tone=${run.status === 'Failed' ? 'bad' : 'pending'}><span class="error-message">${run.errorMessage}</span></${Note}>`}
      <${Card} title=${t('workflow.graph')} pad=${false}><${Graph} label=${t('workflow.graph')} nodes=${nodes} to=${addressOf} /></${Card}>
      <${Card} title=${t('workflow.steps')} aside=${t('workflow.steps.count', { count: run.jobs.length })} pad=${false}><${StepTable} jobs=${run.jobs} run=${run} /></${Card}>
      <${About} run=${run} />
    </div>`;
}

export default function WorkflowRun({ params }) {
  const one = useData((signal) => api.get(`/workflows/runs/${params.id}`, { signal }), [params.id], { on: runEvents, atMostEvery: 400, every: 10_000 });
  const run = one.data?.id === params.id ? one.data : undefined;
  const back = { href: href('/workflows'), text: t('nav.workflows') };
  if (one.error && !run) return html`<${PageHead} title=${t('run.title')} back=${back} /><${Failure} error=${one.error} retry=${one.reload} />`;
  if (!run) return html`<${PageHead} title=${t('run.title')} back=${back} /><${Loaded} of=${{ ...one, data: undefined }} />`;
  return html`<${Shown} run=${run} reload=${one.reload} />`;
}
