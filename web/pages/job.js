// job.js - one job: how it stands, what it did, what it will do, and who changed it.
import { Button, Card, Empty, Facts, Failure, Id, LinkTabs, Loaded, Menu, Note, PageHead, Pager, StateBadge, Table, Tag, Time, Took, api, ask, copyText, duration, hasPage, href, html, navigate, number, openAddress, t, toast, useAction, useData, useMemo, useUrlState } from '../core.js';
import { Chart } from '../components/chart.js';
import { Calendar } from './job_calendar.js';
import { Dependencies } from './job_dependencies.js';
import { RunTimes } from './job_schedule_fields.js';
import { jobActions, scheduleText } from './jobs.js';

const executionEvents = ['execution', 'executions'];
const stripLength = 100;
const tabNames = ['overview', 'executions', 'occurrences', 'calendar', 'dependencies', 'history'];
const executionPage = '/executions/:id';
const to = (execution) => (hasPage(executionPage) ? href(`/executions/${execution.id ?? execution}`) : undefined);

// ---- what it did

/** The last executions as a strip of bars, oldest first: as high as they took long, in the colour of their state. */
function Strip({ executions }) {
  const shown = [...executions].reverse();
  const longest = Math.max(1, ...shown.map(({ durationMs }) => durationMs ?? 0));
  const says = (each) => `${t(`state.${each.status}`)}, ${duration(each.durationMs)}, ${each.startedAt ?? each.createdAt}`;
  const tones = { Succeeded: 'good', Failed: 'bad', Cancelled: 'muted', Running: 'running', Pending: 'pending' };
  const bar = (each) => html`<span style=${{ height: `${Math.max(14, 100 * Math.sqrt((each.durationMs ?? 0) / longest))}%` }}></span>`;
  const attributes = (each) => ({ class: `strip-bar tone-${tones[each.status]}`, title: says(each), 'aria-label': says(each) });
  return html`<div class="strip" role="list" aria-label=${t('strip.label', { count: shown.length })}>${shown.map((each) => html`<span role="listitem" key=${each.id} class="strip-item">${to(each) ? html`<a href=${to(each)} ...${attributes(each)}>${bar(each)}</a>` : html`<span role="img" ...${attributes(each)}>${bar(each)}</span>`}</span>`)}</div>`;
}

function Durations({ executions }) {
  const ended = useMemo(() => executions.filter(({ startedAt, durationMs }) => startedAt && durationMs !== null).reverse(), [executions]);
  const seconds = (of) => ended.map(of);
  const times = seconds(({ startedAt }) => new Date(startedAt).getTime() / 1000);
  const took = [{ label: t('job.chart.took'), tone: 'accent', as: 'line', values: seconds(({ durationMs }) => durationMs) }];
  const late = [{ label: t('job.chart.late'), tone: 'pending', as: 'line', values: seconds(({ startedAt, scheduledFor, retryCount, trigger }) => (retryCount > 0 || trigger === 'Manual' || !scheduledFor ? null : Math.max(0, new Date(startedAt) - new Date(scheduledFor)))) }];
  if (ended.length < 2) return null;
  const isLate = late[0].values.some((value) => value !== null);
  return html`<div class="grid">
    <${Card} title=${t('job.chart.took')}><${Chart} label=${t('job.chart.took')} times=${times} series=${took} height=${150} show=${duration} /></${Card}>
    ${isLate && html`<${Card} title=${t('job.chart.late')}><${Chart} label=${t('job.chart.late')} times=${times} series=${late} height=${150} show=${duration} /></${Card}>`}
  </div>`;
}

const configurationText = (configuration) => JSON.stringify(configuration, null, 2);

function Overview({ job, executions }) {
  const upcoming = useData((signal) => api.get(`/jobs/${job.id}/upcoming`, { query: { count: 8 }, signal }), [job.id, job.updatedAt, job.nextRunAt]);
  const last = executions.data?.items ?? [];
  return html`<div class="stack">
    ${job.consecutiveFailures > 0 && html`<${Note} tone="bad" title=${t('job.failing', { count: job.consecutiveFailures })} action=${last[0] && to(last[0]) && html`<${Button} small href=${to(last.find(({ status }) => status === 'Failed') ?? last[0])}>${t('job.lookAt')}</${Button}>`}>${last.find(({ status }) => status === 'Failed')?.errorMessage ?? ''}</${Note}>`}
    <${Card} title=${t('job.lastRuns', { count: stripLength })}>
      <${Loaded} of=${executions}>${({ items }) => (items.length === 0 ? html`<${Empty} icon="executions" title=${t('job.neverRan')}>${t('job.neverRan.text')}</${Empty}>` : html`<${Strip} executions=${items} />`)}</${Loaded}>
    </${Card}>
    <${Durations} executions=${last} />
    <div class="grid">
      <${Card} title=${t('runs.title')} aside=${job.timezone}><${Loaded} of=${upcoming}>${(times) => (times.length === 0 ? html`<p class="muted">${t(`job.noRun.${job.currentStatus}`)}</p>` : html`<${RunTimes} times=${times} />`)}</${Loaded}></${Card}>
      <${Card} title=${t('job.definition')}>
        <${Facts} items=${[
    [t('job.schedule'), scheduleText(job)], [t('job.startAt'), job.startAt && html`<${Time} at=${job.startAt} />`], [t('job.endAt'), job.endAt && html`<${Time} at=${job.endAt} />`],
    [t('job.queue'), html`<bdi>${job.queue}</bdi>`], [t('job.timeoutSeconds.short'), duration(job.timeoutSeconds * 1000)],
    [t('job.retryPolicy'), job.retryPolicy.maxAttempts > 1 ? t('job.retryPolicy.is', { attempts: job.retryPolicy.maxAttempts, delay: duration(job.retryPolicy.delaySeconds * 1000), backoff: t(`backoff.${job.retryPolicy.backoff}`) }) : t('job.retryPolicy.none')],
    [t('job.overlap'), t(`overlap.${job.concurrencyPolicy}`)], [t('job.misfire'), t(`misfire.${job.misfirePolicy}`)], [t('job.jitterSeconds'), job.jitterSeconds || null], [t('job.maxRuns'), job.maxRuns || null],
    [t('job.createdBy'), html`<bdi>${job.createdBy}</bdi>, <${Time} at=${job.createdAt} />`], [t('job.changedBy'), html`<bdi>${job.lastModifiedBy}</bdi>, <${Time} at=${job.updatedAt} />`], [t('job.id'), html`<${Id} id=${job.id} />`],
  ]} />
      </${Card}>
      <${Card} title=${t(`type.${job.jobType}`)}><pre class="definition" tabindex="0" role="region" aria-label=${t('job.configuration')}>${configurationText(job.jobConfiguration)}</pre></${Card}>
    </div>
  </div>`;
}

// ---- lists

export const executionColumns = [
  { id: 'state', label: t('execution.state'), primary: true, show: (each) => html`<${StateBadge} state=${each.status} />` },
  { id: 'started', label: t('execution.started'), show: (each) => html`<${Time} at=${each.startedAt ?? each.createdAt} />` },
  { id: 'took', label: t('execution.took'), align: 'right', show: (each) => html`<${Took} ms=${each.durationMs} since=${each.status === 'Running' ? each.startedAt : undefined} />` },
  { id: 'trigger', label: t('execution.trigger'), hide: 'phone', show: (each) => t(`trigger.${each.trigger}`) },
  { id: 'attempt', label: t('execution.attempt'), hide: 'tablet', align: 'right', show: (each) => number(each.retryCount + 1) },
  { id: 'node', label: t('execution.node'), hide: 'tablet', show: (each) => html`<bdi>${each.nodeName ?? t('none')}</bdi>` },
  { id: 'error', label: t('execution.error'), hide: 'phone', show: (each) => html`<span class="cut is-error" title=${each.errorMessage}>${(each.errorMessage ?? '').split('\n')[0]}</span>` },
];

function Executions({ job }) {
  const [{ pageNumber }, set] = useUrlState({ pageNumber: 1 });
  const page = useData((signal) => api.get(`/jobs/${job.id}/executions`, { query: { pageNumber, pageSize: 50 }, signal }), [job.id, pageNumber], { on: executionEvents, atMostEvery: 2000 });
  if (page.error && !page.data) return html`<${Failure} error=${page.error} retry=${page.reload} />`;
  return html`<${Table} label=${t('nav.executions')} rows=${page.data?.items} keyOf=${({ id }) => id} columns=${executionColumns} isLoading=${page.isLoading} to=${hasPage(executionPage) ? to : undefined}
      empty=${html`<${Empty} icon="executions" title=${t('job.neverRan')}>${t('job.neverRan.text')}</${Empty}>`} />
    <${Pager} page=${page.data} onPage=${(next) => set({ pageNumber: next }, { push: true })} />`;
}

const spans = [24, 168, 720];
function Occurrences({ job }) {
  const [{ hours, pageNumber }, set] = useUrlState({ hours: 24, pageNumber: 1 });
  const span = spans.includes(hours) ? hours : 24;
  const page = useData((signal) => {
    const now = Date.now();
    return api.get(`/jobs/${job.id}/occurrences`, { query: { fromDate: new Date(now - span * 3_600_000).toISOString(), toDate: new Date(now).toISOString(), pageNumber, pageSize: 50 }, signal });
  }, [job.id, span, pageNumber], { on: executionEvents, atMostEvery: 5000 });
  const tones = { Fired: 'Succeeded', Skipped: 'Cancelled', Upcoming: 'Pending', NoRecord: 'Disabled' };
  const columns = [
    { id: 'due', label: t('occurrence.due'), primary: true, show: (each) => html`<span class="number one-line">${each.local.slice(0, 19).replace('T', ' ')}</span>${each.adjusted && html` <${Tag} tone="pending">${t('runs.adjusted')}</${Tag}>`}` },
    { id: 'verdict', label: t('occurrence.verdict'), show: (each) => html`<${StateBadge} state=${each.status ?? tones[each.verdict]} text=${each.status ? undefined : t(`verdict.${each.verdict}`)} />` },
    { id: 'why', label: t('occurrence.why'), show: (each) => (each.reason ? t(`reason.${each.reason}`) : each.verdict === 'NoRecord' ? t('reason.NoRecord') : '') },
    { id: 'late', label: t('occurrence.late'), hide: 'phone', align: 'right', show: (each) => (each.lateMs === null ? '' : html`<span class="number">${duration(each.lateMs)}</span>`) },
  ];
  if (page.error && !page.data) return html`<${Failure} error=${page.error} retry=${page.reload} />`;
  return html`<div class="toolbar"><p class="section-lead">${t('occurrence.lead')}</p><div class="toolbar-end row">${spans.map((value) => html`<${Button} key=${value} small kind=${value === span ? 'plain' : 'quiet'} aria-pressed=${value === span} onClick=${() => set({ hours: value, pageNumber: 1 })}>${t(`range.${value}`)}</${Button}>`)}</div></div>
    <${Table} label=${t('job.tab.occurrences')} rows=${page.data?.items} keyOf=${({ due }) => due} columns=${columns} isLoading=${page.isLoading} to=${hasPage(executionPage) ? (each) => (each.executionId ? to(each.executionId) : href(`/jobs/${job.id}`, { tab: 'occurrences' })) : undefined}
      empty=${html`<${Empty} icon="clock" title=${t('occurrence.none')}>${t('occurrence.none.text')}</${Empty}>`} />
    <${Pager} page=${page.data} onPage=${(next) => set({ pageNumber: next }, { push: true })} />`;
}

const asText = (value) => (typeof value === 'string' ? value : JSON.stringify(value));
/** The fields that a change touched, before and after. */
export function Difference({ before, after }) {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  if (names.length === 0) return null;
  return html`<dl class="difference">${names.map((name) => html`<div key=${name}><dt><code>${name}</code></dt><dd>
    ${before?.[name] !== undefined && html`<del>${asText(before[name])}</del>`}${after?.[name] !== undefined && html`<ins>${asText(after[name])}</ins>`}</dd></div>`)}</dl>`;
}

function History({ job }) {
  const [{ pageNumber }, set] = useUrlState({ pageNumber: 1 });
  const page = useData((signal) => api.get(`/jobs/${job.id}/history`, { query: { pageNumber, pageSize: 20 }, signal }), [job.id, pageNumber, job.updatedAt], { on: ['job'] });
  return html`<${Loaded} of=${page}>${({ items }) => (items.length === 0 ? html`<${Empty} icon="audit" title=${t('job.history.none')} />` : html`<ol class="history">${items.map((entry) => html`<li key=${entry.sequence} class="card"><div class="card-head"><span><code>${entry.action}</code> · <bdi>${entry.actor}</bdi>${entry.address && html` <span class="muted">${entry.address}</span>`}</span><span class="card-aside"><${Time} at=${entry.at} /></span></div>
      ${(entry.before || entry.after) && html`<div class="card-body"><${Difference} before=${entry.before} after=${entry.after} /></div>`}</li>`)}</ol>`)}</${Loaded}>
    <${Pager} page=${page.data} onPage=${(next) => set({ pageNumber: next }, { push: true })} />`;
}

// ---- the page

function useJobActions(job, reload) {
  const done = (name) => ({ done: t(`jobs.${name}.done.one`), then: reload });
  const trigger = useAction(async () => { const id = await jobActions.trigger.act(job); const address = to(id); toast(t('job.triggered'), { kind: 'good', ...(address && { action: { text: t('job.show'), run: () => openAddress(address) } }) }); }, { then: reload });
  const pause = useAction(() => jobActions.pause.act(job), done('pause'));
  const resume = useAction(() => jobActions.resume.act(job), done('resume'));
  const remove = useAction(async () => {
    const answer = await ask({ title: t('jobs.delete.title', { count: 1 }), body: t('jobs.delete.what'), confirm: t('jobs.delete'), danger: true });
    if (!answer) return false;
    await jobActions.delete.act(job);
    navigate('/jobs');
    return true;
  }, { done: t('jobs.delete.done.one') });
  return { trigger, pause, resume, remove };
}

function Actions({ job, reload }) {
  const { trigger, pause, resume, remove } = useJobActions(job, reload);
  const more = [
    { label: t('jobs.duplicate'), icon: 'copy', href: href('/jobs/new', { from: job.id }) },
    { label: t('job.copyJson'), icon: 'copy', run: () => copyText(JSON.stringify(job, null, 2)).then((ok) => toast(t(ok ? 'copied' : 'job.copyFailed'))) },
    null,
    { label: t('delete'), icon: 'trash', danger: true, run: remove.run },
  ];
  return html`<${Button} icon="bolt" kind="primary" isBusy=${trigger.isBusy} onClick=${trigger.run}>${t('jobs.trigger')}</${Button}>
    ${job.isPaused ? html`<${Button} icon="play" isBusy=${resume.isBusy} onClick=${resume.run}>${t('jobs.resume')}</${Button}>` : html`<${Button} icon="pause" isBusy=${pause.isBusy} onClick=${pause.run}>${t('jobs.pause')}</${Button}>`}
    <${Button} icon="edit" href=${href(`/jobs/${job.id}/edit`)}>${t('edit')}</${Button}>
    <${Menu} label=${t('actions.of', { name: job.name })} items=${more} />`;
}

export default function Job({ params }) {
  const [{ tab }] = useUrlState({ tab: 'overview' });
  const chosen = tabNames.includes(tab) ? tab : 'overview';
  const job = useData((signal) => api.get(`/jobs/${params.id}`, { signal }), [params.id], { on: ['job', 'jobs', ...executionEvents], atMostEvery: 1000 });
  const executions = useData((signal) => api.get(`/jobs/${params.id}/executions`, { query: { pageSize: stripLength }, signal }), [params.id], { on: executionEvents, atMostEvery: 1500 });
  const back = { href: href('/jobs'), text: t('nav.jobs') };
  if (job.error && !job.data) return html`<${PageHead} title=${t('job.title')} back=${back} /><${Failure} error=${job.error} retry=${job.reload} />`;
  if (!job.data) return html`<${PageHead} title=${t('job.title')} back=${back} /><${Loaded} of=${job} />`;
  const one = job.data;
  const lead = html`<span class="row"><${StateBadge} state=${one.currentStatus} />${one.pausedUntil && html`<span class="muted">${t('job.pausedUntil')} <${Time} at=${one.pausedUntil} /></span>`}${one.tags.map((tag) => html`<a key=${tag} href=${href('/jobs', { tag })}><${Tag}>${tag}</${Tag}></a>`)}</span>${one.description && html`<span class="job-description">${one.description}</span>`}`;
  return html`<${PageHead} title=${one.name} lead=${lead} back=${back} actions=${html`<${Actions} job=${one} reload=${job.reload} />`} />
    <${LinkTabs} label=${t('job.tabs')} chosen=${chosen} to=${(id) => href(`/jobs/${one.id}`, id === 'overview' ? {} : { tab: id })} tabs=${tabNames.map((id) => ({ id, label: t(`job.tab.${id}`), count: id === 'executions' && executions.data ? number(executions.data.totalCount) : undefined }))} />
    ${chosen === 'overview' && html`<${Overview} job=${one} executions=${executions} />`}
    ${chosen === 'executions' && html`<${Executions} job=${one} />`}
    ${chosen === 'occurrences' && html`<${Occurrences} job=${one} />`}
    ${chosen === 'calendar' && html`<${Calendar} job=${one} reload=${job.reload} />`}
    ${chosen === 'dependencies' && html`<${Dependencies} job=${one} />`}
    ${chosen === 'history' && html`<${History} job=${one} />`}`;
}
