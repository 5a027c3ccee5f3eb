// forecast.js - what is planned, how many workers that will take, and where it is more than there are.
import { Card, Choice, Empty, Loaded, Note, PageHead, Skeleton, api, href, html, local, number, t, useData, useMemo, useUrlState } from '../core.js';
import { Chart } from '../components/chart.js';

const spans = [6, 24, 72, 168];
const bucketOf = { 6: 5, 24: 15, 72: 60, 168: 120 }; // minutes

function Charts({ forecast }) {
  const { buckets, workersTotal } = forecast;
  const times = useMemo(() => buckets.map(({ bucket }) => new Date(bucket).getTime() / 1000), [buckets]);
  const planned = useMemo(() => [{ label: t('forecast.planned'), tone: 'accent', values: buckets.map(({ plannedExecutions }) => plannedExecutions) }], [buckets]);
  const busy = useMemo(() => [
    { label: t('forecast.workers'), tone: 'muted', as: 'line', values: buckets.map(() => workersTotal) },
    { label: t('forecast.busy'), tone: 'running', as: 'line', fills: true, values: buckets.map(({ expectedBusyWorkers }) => expectedBusyWorkers) },
  ], [buckets, workersTotal]);
  const most = Math.max(0, ...buckets.map(({ expectedBusyWorkers }) => expectedBusyWorkers));
  const sum = buckets.reduce((all, { plannedExecutions }) => all + plannedExecutions, 0);
  const tenths = (value) => number(Math.round(value * 10) / 10);
  return html`<div class="stack">
    <${Card} title=${t('forecast.planned')} aside=${t('forecast.sum', { count: number(sum) })}><${Chart} label=${t('forecast.label', { count: number(sum) })} times=${times} series=${planned} height=${200} showTime=${(seconds) => local(seconds * 1000).slice(0, 16)} /></${Card}>
    <${Card} title=${t('forecast.busy')} aside=${t('forecast.most', { busy: tenths(most), total: number(workersTotal) })}><${Chart} label=${t('forecast.most', { busy: tenths(most), total: number(workersTotal) })} times=${times} series=${busy} height=${200} show=${tenths} showTime=${(seconds) => local(seconds * 1000).slice(0, 16)} /></${Card}>
  </div>`;
}

function Collisions({ collisions, workersTotal }) {
  return html`<${Card} title=${t('collisions.title')} aside=${collisions.length > 0 && number(collisions.length)} pad=${false}>${collisions.length === 0
    ? html`<${Empty} icon="succeeded" title=${t('collisions.none')}>${t('collisions.none.text')}</${Empty}>`
    : html`<ul class="lines">${collisions.map((each) => html`<li key=${each.bucket} class="line collision"><span class="number collision-time">${local(each.bucket).slice(0, 16)}</span>
      <span class="grow row">${each.jobs.map((job) => html`<a key=${job.jobId} class="cut" href=${href(`/jobs/${job.jobId}`)}><bdi>${job.jobName}</bdi></a>`)}</span>
      <span class="line-end number text-pending">${t('collisions.asks', { busy: number(Math.round(each.expectedBusyWorkers * 10) / 10), total: number(workersTotal) })}</span></li>`)}</ul>`}</${Card}>`;
}

export default function Forecast() {
  const [{ hours }, set] = useUrlState({ hours: 24 });
  const span = spans.includes(hours) ? hours : 24;
  const forecast = useData((signal) => api.get('/forecast', { query: { hours: span, bucketMinutes: bucketOf[span] }, signal }), [span], { on: ['job', 'jobs'], atMostEvery: 5000, every: 60_000 });
  const choose = html`<${Choice} label=${t('timeline.range')} value=${span} options=${spans.map((value) => ({ value, label: t(`span.${value}`) }))} onChange=${(value) => set({ hours: value })} />`;
  return html`<${PageHead} title=${t('nav.forecast')} lead=${t('forecast.lead')} actions=${choose} />
    <${Loaded} of=${forecast} skeleton=${html`<${Skeleton} lines="8" tall />`}>${(data) => html`<div class="stack">
      ${data.unmeasuredJobs > 0 && html`<${Note}>${t('forecast.unmeasured', { count: number(data.unmeasuredJobs) })}</${Note}>`}
      <${Charts} forecast=${data} />
      <${Collisions} collisions=${data.collisions} workersTotal=${data.workersTotal} />
    </div>`}</${Loaded}>`;
}
