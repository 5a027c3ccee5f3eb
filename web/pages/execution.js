// execution.js - one execution: how it went, what it put out, what came before and after it.
import { Button, Card, Facts, Failure, Id, Loaded, Menu, Meter, Note, PageHead, StateBadge, Time, Took, api, ask, copyText, duration, hasPage, href, html, local, openAddress, t, toast, useAction, useData } from '../core.js';
import { LiveOutput } from './live_output.js';
import { latenessOf } from './executions.js';

const live = ['Pending', 'Running'];
const longestChain = 30;

/** One sentence: how it stands, or how it ended. */
function sentenceOf(each) {
  const took = duration(each.durationMs);
  if (each.status === 'Pending') return each.waitingOn?.length > 0 ? t('execution.is.waiting', { count: each.waitingOn.length }) : new Date(each.availableAt) > new Date() ? t('execution.is.later', { time: local(each.availableAt) }) : t('execution.is.pending', { queue: each.queue });
  if (each.status === 'Running') return t('execution.is.running', { node: each.nodeName });
  if (each.status === 'Succeeded') return t('execution.is.succeeded', { took });
  if (each.status === 'Cancelled') return each.startedAt ? t('execution.is.cancelled', { took }) : t('execution.is.unstarted');
  return each.startedAt ? t('execution.is.failed', { took, type: each.errorType ? t(`errorType.${each.errorType}`) : '' }) : t('execution.is.neverstarted');
}

/** The attempts of one run, from the first to the latest: read one by one along retryParentId and retryIds. */
async function chainOf(first, signal) {
  const chain = [first];
  while (chain[0].retryParentId && chain.length < longestChain) {
    const parent = await api.get(`/executions/${chain[0].retryParentId}`, { signal }).catch((error) => { if (error.status === 404) return null; throw error; });
    if (!parent) break;
    chain.unshift(parent);
  }
  while (chain.at(-1).retryIds?.length > 0 && chain.length < longestChain) {
    const next = await api.get(`/executions/${chain.at(-1).retryIds.at(-1)}`, { signal }).catch((error) => { if (error.status === 404) return null; throw error; });
    if (!next) break;
    chain.push(next);
  }
  return chain;
}

const Chain = ({ chain, current }) => html`<${Card} title=${t('execution.chain')} aside=${t('execution.chain.count', { count: chain.length })}><ol class="chain">${chain.map((each, index) => html`<li key=${each.id}>
  <a class="chain-link" href=${href(`/executions/${each.id}`)} aria-current=${each.id === current ? 'page' : undefined}><span class="muted number">${t('execution.nth', { n: index + 1 })}</span><${StateBadge} state=${each.status} /><span class="chain-time"><${Time} at=${each.startedAt ?? each.availableAt} /></span></a></li>`)}</ol></${Card}>`;

function Times({ each }) {
  const late = latenessOf(each);
  const time = (at) => at && html`<span class="number">${local(at)}</span> <span class="muted">(<${Time} at=${at} />)</span>`;
  return html`<${Card} title=${t('execution.times')}><${Facts} items=${[
    [t('execution.scheduled'), time(each.scheduledFor)], [t('execution.created'), time(each.createdAt)], [t('execution.available'), each.status === 'Pending' && time(each.availableAt)], [t('execution.startedAt'), time(each.startedAt)], [t('execution.ended'), time(each.completedAt)],
    [t('execution.took'), (each.durationMs !== null || each.status === 'Running') && html`<${Took} ms=${each.durationMs} since=${each.startedAt} />`], [t('execution.late'), late !== null && duration(late)],
  ]} /></${Card}>`;
}

const About = ({ each }) => html`<${Card} title=${t('execution.about')}><${Facts} items=${[
  [t('execution.job'), html`<a href=${hasPage('/jobs/:id') ? href(`/jobs/${each.jobId}`) : undefined}><bdi>${each.jobName}</bdi></a>`],
  [t('execution.trigger'), html`${t(`trigger.${each.trigger}`)}${each.triggeredBy && html` · <bdi>${each.triggeredBy}</bdi>`}`],
  [t('execution.attempt'), each.retryCount + 1], [t('job.queue'), html`<bdi>${each.queue}</bdi>`], [t('execution.node'), each.nodeName && html`<bdi>${each.nodeName}</bdi>`],
  [t('execution.run'), each.workflowRunId && html`<a href=${hasPage('/workflows/runs/:id') ? href(`/workflows/runs/${each.workflowRunId}`) : undefined}><${Id} id=${each.workflowRunId} /></a>`],
  [t('execution.parameters'), each.parameters && html`<code>${JSON.stringify(each.parameters)}</code>`], [t('job.id'), html`<${Id} id=${each.id} />`],
]} /></${Card}>`;

const Waiting = ({ ids }) => html`<${Note} tone="pending" icon="lock" title=${t('execution.waitsFor')}>${ids.map((id, index) => html`${index > 0 && ', '}<a key=${id} href=${href(`/jobs/${id}`)}><code>${id.slice(-8)}</code></a>`)}</${Note}>`;

function Progress({ each }) {
  if (each.progressPercent === null || each.progressPercent === undefined || each.status !== 'Running') return null;
  return html`<div class="progress"><span class="row"><strong class="number">${each.progressPercent} %</strong>${each.progressText && html`<span class="muted"><bdi>${each.progressText}</bdi></span>`}</span><${Meter} label=${t('execution.progress')} value=${each.progressPercent} total=${100} tone="running" /></div>`;
}

function Actions({ each, reload }) {
  const isLive = live.includes(each.status);
  const cancel = useAction(async () => {
    const answer = await ask({ title: t('executions.cancel.title', { count: 1 }), body: t('execution.cancel.what'), confirm: t('executions.cancel'), danger: true });
    if (!answer) return false;
    await api.post(`/executions/${each.id}/cancel`);
    return true;
  }, { done: t('execution.cancel.done'), then: reload });
  const retry = useAction(() => api.post(`/executions/${each.id}/retry`), { then: (id) => { if (id) { toast(t('execution.retry.done'), { kind: 'good' }); openAddress(href(`/executions/${id}`)); } } });
  const items = [{ label: t('job.copyJson'), icon: 'copy', run: () => copyText(JSON.stringify(each, null, 2)).then((ok) => toast(t(ok ? 'copied' : 'job.copyFailed'))) }];
  return html`${isLive ? html`<${Button} icon="stop" kind="danger" isBusy=${cancel.isBusy} onClick=${cancel.run}>${t('executions.cancel')}</${Button}>` : html`<${Button} icon="retry" kind="primary" isBusy=${retry.isBusy} onClick=${retry.run}>${t('executions.retry')}</${Button}>`}
    <${Menu} label=${t('actions')} items=${items} />`;
}

export default function Execution({ params }) {
  const one = useData((signal) => api.get(`/executions/${params.id}`, { signal }), [params.id], { on: ['execution', 'executions', 'progress', 'progresses'], atMostEvery: 500, every: 10_000 });
  const each = one.data?.id === params.id ? one.data : undefined;
  const chain = useData((signal) => (each ? chainOf(each, signal) : Promise.resolve([])), [each?.id, each?.status, each?.retryIds?.length]);
  const back = { href: href('/executions'), text: t('nav.executions') };
  if (one.error && !each) return html`<${PageHead} title=${t('execution.title')} back=${back} /><${Failure} error=${one.error} retry=${one.reload} />`;
  if (!each) return html`<${PageHead} title=${t('execution.title')} back=${back} /><${Loaded} of=${{ ...one, data: undefined }} />`;
  const lead = html`<span class="row"><${StateBadge} state=${each.status} /><span>${sentenceOf(each)}</span></span>`;
  return html`<${PageHead} title=${each.jobName} lead=${lead} back=${back} actions=${html`<${Actions} each=${each} reload=${one.reload} />`} />
    <div class="split">
      <div class="stack">
        <${Progress} each=${each} />
        ${each.waitingOn?.length > 0 && html`<${Waiting} ids=${each.waitingOn} />`}
        ${each.errorMessage && html`<${Note} tone=${each.status === 'Cancelled' ? 'pending' : 'bad'} title=${each.errorType ? t(`errorType.${each.errorType}`) : undefined}><span class="error-message">${each.errorMessage}</span></${Note}>`}
        <${LiveOutput} key=${each.id} id=${each.id} isRunning=${each.status === 'Running'} isTruncated=${each.outputTruncated} name=${`${each.id}.txt`} />
        ${each.result !== undefined && each.result !== null && html`<${Card} title=${t('execution.result')}><pre class="definition" tabindex="0" role="region" aria-label=${t('execution.result')}>${JSON.stringify(each.result, null, 2)}</pre></${Card}>`}
        ${chain.data?.length > 1 && html`<${Chain} chain=${chain.data} current=${each.id} />`}
      </div>
      <aside class="stack" aria-label=${t('execution.about')}><${About} each=${each} /><${Times} each=${each} /></aside>
    </div>`;
}
