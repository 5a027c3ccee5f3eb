// overview.js - is all well? One sentence and one colour, then the figures, the timeline, what fails and what comes next.
import { Button, Card, Choice, Empty, Icon, Loaded, Meter, PageHead, Skeleton, Stat, StateBadge, Time, api, duration, hasPage, href, html, local, number, pauseAll, percent, shortNumber, t, useAction, useData, useMemo, useSystem, useUrlState } from '../core.js';
import { Chart, Spark } from '../components/chart.js';

const executionEvents = ['execution', 'executions'];
const jobEvents = ['job', 'jobs', 'paused', 'resumed'];
const waitsTooLong = 60; // seconds that work waits in a queue before it is worth a word
const lowRate = 95; // per cent that succeeded
const keepsFailing = 3; // failures in a row
const failingShown = 8;

/** A job's name, as a link when there is a page for it. */
const JobName = ({ id, name }) => (hasPage('/jobs/:id') ? html`<a class="cut" href=${href(`/jobs/${id}`)}><bdi>${name}</bdi></a>` : html`<span class="cut"><bdi>${name}</bdi></span>`);

// ---- is all well?

/** [state, sentence]: the first thing that is wrong, the worst first. */
function verdictOf(stats, failing, nodes) {
  const lost = nodes.find(({ isAlive }) => !isAlive);
  if (stats.isPaused) return ['pending', t('verdict.paused', { count: stats.pendingExecutions, shown: number(stats.pendingExecutions) }), 'pause'];
  if (lost) return ['bad', t('verdict.nodes', { name: lost.name }), 'failed'];
  const worst = failing.filter(({ consecutiveFailures }) => consecutiveFailures >= keepsFailing);
  if (worst.length > 0) return ['bad', t('verdict.failing', { count: worst.length, name: worst[0].name }), 'failed'];
  const slow = [...stats.queues].sort((a, b) => b.oldestWaitSeconds - a.oldestWaitSeconds)[0];
  if (slow && slow.oldestWaitSeconds > waitsTooLong) return ['pending', t('verdict.waiting', { wait: duration(slow.oldestWaitSeconds * 1000), queue: slow.name }), 'clock'];
  if (failing.length > 0) return ['pending', t('verdict.failed', { count: failing.length, name: failing[0].name }), 'alert'];
  if (stats.successRate < lowRate) return ['pending', t('verdict.rate', { rate: percent(stats.successRate) }), 'alert'];
  return ['good', t('verdict.good'), 'succeeded'];
}

function Verdict({ stats, failing, nodes }) {
  const [tone, sentence, icon] = verdictOf(stats, failing, nodes);
  return html`<section class=${`verdict tone-${tone}`} role="status">
    <span class="verdict-mark"><${Icon} name=${icon} size="22" /></span>
    <div><p class="verdict-sentence">${sentence}</p><p class="verdict-detail number">${t('verdict.detail', { running: number(stats.runningExecutions), pending: number(stats.pendingExecutions), ended: percent(stats.successRate), hours: stats.windowHours })}</p></div>
  </section>`;
}

// ---- figures

const sparkMinutes = 2; // of a bar

/** How many ended a minute just now: of the last two minutes all of the newest bar, and of the one before the part not yet past. */
function perMinuteNow(bars) {
  const length = sparkMinutes * 60_000;
  const part = 1 - (Date.now() % length) / length;
  return Math.round(((bars.at(-1) ?? 0) + part * (bars.at(-2) ?? 0)) / sparkMinutes);
}

const endedIn = ({ successCount, failedCount, cancelledCount }) => successCount + failedCount + cancelledCount;

function Figures({ stats }) {
  const lastHour = useData((signal) => api.get('/executions/timeline', { query: { hours: 1, bucketMinutes: sparkMinutes }, signal }), [], { on: executionEvents, atMostEvery: 2000, every: 10_000 });
  const bars = useMemo(() => (lastHour.data ?? []).map(endedIn), [lastHour.data]);
  const perMinute = perMinuteNow(bars);
  const hours = stats.windowHours;
  const busy = stats.workersTotal > 0 ? stats.workersBusy / stats.workersTotal : 0;
  const to = (status) => (hasPage('/executions') ? href('/executions', { status }) : undefined);
  return html`<div class="stats overview-stats">
    <${Stat} label=${t('stat.rate')} value=${percent(stats.successRate)} tone=${stats.successRate < lowRate ? 'bad' : undefined} note=${t('stat.rate.note', { hours })} />
    <div class="stat stat-live"><dl><dt class="stat-label">${t('stat.minute')}</dt><dd class="stat-value">${shortNumber(perMinute)}</dd></dl><${Spark} values=${bars} /></div>
    <${Stat} label=${t('stat.running')} value=${shortNumber(stats.runningExecutions)} href=${to('Running')} note=${html`${t('stat.running.note', { total: number(stats.workersTotal) })}<${Meter} label=${t('stat.running')} value=${stats.workersBusy} total=${stats.workersTotal} tone=${busy > 0.9 ? 'pending' : 'running'} />`} />
    <${Stat} label=${t('stat.pending')} value=${shortNumber(stats.pendingExecutions)} href=${to('Pending')} note=${t('stat.pending.note', { minutes: stats.upcomingWindowMinutes, due: number(stats.upcomingExecutions) })} />
    <${Stat} label=${t('stat.failed')} value=${shortNumber(stats.recentFailureCount)} href=${to('Failed')} tone=${stats.recentFailureCount > 0 ? 'bad' : undefined} note=${t('stat.failed.note', { hours })} />
    <${Stat} label=${t('stat.today')} value=${shortNumber(stats.executionsToday)} note=${t('stat.today.note')} />
    <${Stat} label=${t('stat.average')} value=${duration(stats.averageDurationSeconds * 1000)} note=${t('stat.average.note', { hours })} />
    <${Stat} label=${t('stat.jobs')} value=${shortNumber(stats.totalJobs)} href=${hasPage('/jobs') ? href('/jobs') : undefined} note=${t('stat.jobs.note', { enabled: number(stats.enabledJobs) })} />
  </div>`;
}

// ---- timeline

const ranges = [1, 6, 24, 168, 720];
const bucketOf = { 1: 1, 6: 5, 24: 30, 168: 180, 720: 720 }; // minutes; twice that where there is little room
const hasRoom = () => !matchMedia('(max-width: 40rem)').matches;

function Timeline() {
  const [{ range, from, to }, setView] = useUrlState({ range: 24, from: 0, to: 0 });
  const hours = ranges.includes(range) ? range : 24;
  const isZoomed = to > from && from > 0;
  // A closer look asks for shorter buckets: as many as the whole range has, within what the server gives.
  const reach = isZoomed ? Math.max(1, Math.ceil((Date.now() / 1000 - from) / 3600)) : hours;
  const bucket = isZoomed ? Math.max(1, Math.ceil(reach * 60 / 20_000), Math.round((to - from) / 60 / 96)) : bucketOf[hours] * (hasRoom() ? 1 : 2);
  const buckets = useData((signal) => api.get('/executions/timeline', { query: { hours: Math.min(reach, 8760), bucketMinutes: bucket }, signal }), [reach, bucket], { on: executionEvents, atMostEvery: 5000, every: 30_000 });
  const shown = useMemo(() => {
    const rows = (buckets.data ?? []).map((row) => ({ ...row, at: new Date(row.bucket).getTime() / 1000 }));
    const within = isZoomed ? rows.filter(({ at }) => at >= from - bucket * 60 && at <= to) : rows;
    const column = (name) => within.map((row) => row[name]);
    return { times: column('at'), succeeded: column('successCount'), failed: column('failedCount'), cancelled: column('cancelledCount'), running: column('runningCount') };
  }, [buckets.data, from, to]);
  const series = useMemo(() => [
    { label: t('timeline.failed'), tone: 'bad', values: shown.failed },
    { label: t('timeline.cancelled'), tone: 'muted', values: shown.cancelled },
    { label: t('timeline.succeeded'), tone: 'calm', values: shown.succeeded },
  ], [shown]);
  const sum = (values) => number(values.reduce((all, value) => all + value, 0));
  const name = isZoomed ? t('chart.zoomed', { from: local(from * 1000).slice(0, 16), to: local(to * 1000).slice(0, 16) }) : t(`range.${hours}`);
  const choose = html`<${Choice} label=${t('timeline.range')} value=${isZoomed ? undefined : hours} options=${ranges.map((value) => ({ value, label: t(`range.${value}`) }))} onChange=${(value) => setView({ range: value, from: 0, to: 0 })} />`;
  const aside = html`${isZoomed && html`<button type="button" class="zoom" onClick=${() => setView({ from: 0, to: 0 })}><span class="number">${name}</span><${Icon} name="close" size="12" /><span class="visually-hidden">${t('chart.reset')}</span></button>`}${choose}`;
  return html`<${Card} title=${t('timeline.title')} aside=${aside} class="timeline">
    <${Loaded} of=${buckets} skeleton=${html`<div class="timeline-wait"><${Skeleton} lines="4" tall /></div>`}>${() => html`<${Chart} label=${t('timeline.label', { range: name, succeeded: sum(shown.succeeded), failed: sum(shown.failed), cancelled: sum(shown.cancelled) })} times=${shown.times} series=${series} stacked height=${220} hint=${t('timeline.hint')} onZoom=${(start, end) => setView({ from: Math.floor(start), to: Math.ceil(end) }, { push: true })} showTime=${(seconds) => local(seconds * 1000).slice(0, 16)} />`}</${Loaded}>
  </${Card}>`;
}

// ---- what fails, what comes next, where it waits and runs

const Failing = ({ failing }) => html`<${Card} title=${t('failing.title')} aside=${failing.length > 0 && number(failing.length)} pad=${false}>
  ${failing.length === 0 ? html`<${Empty} icon="succeeded" title=${t('failing.none')}>${t('failing.none.text')}</${Empty}>` : html`<ul class="lines">${failing.slice(0, failingShown).map((job) => html`<li key=${job.id} class="line is-double"><${JobName} id=${job.id} name=${job.name} /><span class="line-head"><${StateBadge} quiet state="Failed" text=${t('failing.streak', { count: job.consecutiveFailures })} /><span class="line-end"><${Time} at=${job.lastExecutedAt} /></span></span></li>`)}${failing.length > failingShown && html`<li class="line">${hasPage('/jobs') ? html`<a href=${href('/jobs', { status: 'failed' })}>${t('failing.more', { count: number(failing.length - failingShown) })}</a>` : t('failing.more', { count: number(failing.length - failingShown) })}</li>`}</ul>`}
</${Card}>`;

const Next = ({ next }) => html`<${Card} title=${t('next.title')} pad=${false}>
  ${next.length === 0 ? html`<${Empty} icon="clock" title=${t('next.none')}>${t('next.none.text')}</${Empty}>` : html`<ul class="lines">${next.slice(0, 8).map((each) => html`<li key=${each.jobId} class="line"><span class="grow cut"><${JobName} id=${each.jobId} name=${each.jobName} /></span><span class="line-end"><${Time} at=${each.nextRunAt} planned /></span></li>`)}</ul>`}
</${Card}>`;

function Queues({ queues }) {
  const most = Math.max(1, ...queues.map(({ pendingCount }) => pendingCount));
  return html`<${Card} title=${t('queues.title')} pad=${false}><ul class="lines">${queues.map((queue) => html`<li key=${queue.name} class="line is-meter">
    <span class="line-head"><span class="cut"><bdi>${queue.name}</bdi></span><span class="line-end number">${t('queues.depth', { count: queue.pendingCount === 0 ? 0 : number(queue.pendingCount) })}${queue.oldestWaitSeconds >= 1 && ` · ${t('queues.oldest', { wait: duration(queue.oldestWaitSeconds * 1000) })}`}</span></span>
    <${Meter} label=${queue.name} value=${queue.pendingCount} total=${most} tone=${queue.oldestWaitSeconds > waitsTooLong ? 'pending' : 'accent'} /></li>`)}</ul></${Card}>`;
}

const Nodes = ({ nodes }) => html`<${Card} title=${t('nodes.title')} pad=${false}>
  ${nodes.length === 0 ? html`<${Empty} icon="nodes" title=${t('nodes.none')} />` : html`<ul class="lines">${nodes.map((node) => html`<li key=${node.name} class="line is-meter">
    <span class="line-head"><span class="cut row"><${StateBadge} quiet state=${node.isAlive ? 'Online' : 'Offline'} text=${node.name} /></span><span class="line-end number">${node.isAlive ? t('nodes.busy', { busy: number(node.workersBusy), total: number(node.workersTotal) }) : html`${t('nodes.heartbeat')} <${Time} at=${node.heartbeatAt} />`}</span></span>
    <${Meter} label=${node.name} value=${node.isAlive ? node.workersBusy : 0} total=${node.workersTotal} tone="running" /></li>`)}</ul>`}
</${Card}>`;

/** The three answers that the page is made of, each as often as it is worth: as one, once all are there. */
function useSituation() {
  const stats = useData((signal) => api.get('/dashboard/stats', { signal }), [], { on: [...executionEvents, ...jobEvents], atMostEvery: 2000, every: 15_000 });
  const failing = useData((signal) => api.get('/jobs/failed', { query: { threshold: 1 }, signal }), [], { on: [...executionEvents, ...jobEvents], atMostEvery: 4000, every: 30_000 });
  const nodes = useData((signal) => api.get('/admin/nodes', { signal }), [], { every: 10_000 });
  const parts = [stats, failing, nodes];
  const reload = () => Promise.all(parts.map((part) => part.reload()));
  if (parts.some(({ data }) => data === undefined)) return { data: undefined, error: parts.find(({ error }) => error)?.error, reload };
  return { data: { stats: stats.data, failing: failing.data, nodes: nodes.data }, reload };
}

export default function Overview() {
  const all = useSituation();
  const { isPaused } = useSystem();
  const pause = useAction(pauseAll, { done: t('pauseall.done'), then: all.reload });
  return html`<${PageHead} title=${t('overview.title')} actions=${!isPaused && html`<${Button} icon="pause" isBusy=${pause.isBusy} onClick=${pause.run}>${t('pauseall.confirm')}</${Button}>`} />
    <${Loaded} of=${all} skeleton=${html`<${Skeleton} lines="8" tall />`}>${({ stats, failing, nodes }) => {
    const here = nodes.map((node) => (node.name === stats.nodeName ? { ...node, workersBusy: stats.workersBusy } : node));
    return html`<div class="stack overview">
      <${Verdict} stats=${stats} failing=${failing} nodes=${nodes} />
      <${Figures} stats=${stats} />
      <${Timeline} />
      <div class="grid is-even is-narrow">
        <${Failing} failing=${failing} /><${Next} next=${stats.nextExecutions} /><${Queues} queues=${stats.queues} /><${Nodes} nodes=${here} />
      </div>
    </div>`;
  }}</${Loaded}>`;
}
