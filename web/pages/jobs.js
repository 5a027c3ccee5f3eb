// jobs.js - all jobs: search, filters and sort in the address, and things to do with one or with many.
import { Button, Empty, Failure, Menu, PageHead, Pager, SearchField, Select, StateBadge, Table, Tag, Time, api, ask, duration, hasPage, href, html, navigate, number, t, toast, useData, useEffect, useMemo, useShortcut, useState, useUrlState } from '../core.js';

const defaults = { search: '', status: '', jobType: '', queue: '', tag: '', sortBy: 'name', sortDirection: 'asc', pageNumber: 1, pageSize: 50 };
const statuses = ['Active', 'Paused', 'Disabled', 'Failed', 'Completed'];
const types = ['HttpCall', 'StoredProcedure', 'CodeExecution', 'FileOperation'];
const atOnce = 6; // requests of a bulk change that are under way together

/** What can be done with jobs: its request, and to which jobs it applies. */
export const jobActions = {
  pause: { icon: 'pause', fits: (job) => !job.isPaused, act: (job) => api.post(`/jobs/${job.id}/pause`) },
  resume: { icon: 'play', fits: (job) => job.isPaused, act: (job) => api.post(`/jobs/${job.id}/resume`) },
  trigger: { icon: 'bolt', fits: () => true, act: (job) => api.post(`/jobs/${job.id}/trigger`) },
  delete: { icon: 'trash', danger: true, fits: () => true, act: (job) => api.delete(`/jobs/${job.id}`) },
};

/** Does ACTION to each of JOBS, a few at once; gives [[job, error]] of those that did not work. */
async function doToAll(action, jobs, told) {
  const left = [...jobs];
  const faults = [];
  let done = 0;
  const worker = async () => {
    for (let job = left.shift(); job; job = left.shift()) {
      try {
        await jobActions[action].act(job);
      } catch (error) {
        faults.push([job, error]);
      }
      told(++done);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return faults;
}

/** What a schedule says, in a few words. */
export function scheduleText(job) {
  if (job.scheduleType === 'Cron') return html`<code class="schedule">${job.scheduleExpression}</code>${job.timezone !== 'UTC' && html` <span class="muted">${job.timezone}</span>`}`;
  if (job.scheduleType === 'Interval') return t('schedule.every', { interval: duration(job.intervalSeconds * 1000) });
  return t('schedule.once');
}

const Name = ({ job }) => html`<div class="job-name">
  <a class="cut" href=${hasPage('/jobs/:id') ? href(`/jobs/${job.id}`) : undefined} title=${job.name}><bdi>${job.name}</bdi></a>
  ${job.tags.length > 0 && html`<span class="tags">${job.tags.slice(0, 3).map((tag) => html`<${Tag} key=${tag}>${tag}</${Tag}>`)}${job.tags.length > 3 && html`<span class="muted">${t('tags.more', { count: job.tags.length - 3 })}</span>`}</span>`}
</div>`;

const Last = ({ job }) => (job.lastExecutionStatus
  ? html`<span class="last-run"><${StateBadge} quiet state=${job.lastExecutionStatus} text=${job.consecutiveFailures > 1 ? t('failing.streak', { count: job.consecutiveFailures }) : undefined} /> <${Time} at=${job.lastExecutedAt} /></span>`
  : html`<span class="muted">${t('jobs.never')}</span>`);

const byList = (list, of) => list.map((value) => ({ value, label: of(value) }));

function Filters({ filters, set, queues }) {
  const change = (name) => (value) => set({ [name]: value, pageNumber: 1 });
  const any = (label) => [{ value: '', label }];
  const isOn = ['search', 'status', 'jobType', 'queue', 'tag'].some((name) => filters[name] !== '');
  return html`<div class="toolbar" role="search">
    <${SearchField} label=${t('jobs.search')} value=${filters.search} onChange=${change('search')} />
    <${Select} label=${t('job.state')} value=${filters.status} onChange=${change('status')} options=${[...any(t('jobs.any.state')), ...byList(statuses, (value) => t(`state.${value}`))]} />
    <${Select} label=${t('job.type')} value=${filters.jobType} onChange=${change('jobType')} options=${[...any(t('jobs.any.type')), ...byList(types, (value) => t(`type.${value}`))]} />
    <${Select} label=${t('job.queue')} value=${filters.queue} onChange=${change('queue')} options=${[...any(t('jobs.any.queue')), ...[...new Set([...queues, filters.queue])].filter(Boolean)]} />
    ${filters.tag !== '' && html`<button type="button" class="zoom" onClick=${() => change('tag')('')}><span>${t('jobs.tagged', { tag: filters.tag })}</span><span aria-hidden="true">×</span><span class="visually-hidden">${t('filter.remove')}</span></button>`}
    ${isOn && html`<${Button} kind="quiet" icon="close" onClick=${() => set({ search: '', status: '', jobType: '', queue: '', tag: '', pageNumber: 1 })}>${t('filter.clear')}</${Button}>`}
  </div>`;
}

/** The bar that stands below the filters while rows are chosen. */
function Chosen({ jobs, isBusy, progress, run, clear }) {
  return html`<div class="chosen-bar" role="region" aria-label=${t('chosen.label')}>
    <strong class="number">${t('chosen.count', { count: number(jobs.length) })}</strong>
    ${Object.entries(jobActions).map(([name, { icon, fits, danger }]) => {
    const fitting = jobs.filter(fits).length;
    return html`<${Button} key=${name} small icon=${icon} kind=${danger ? 'danger' : 'plain'} disabled=${isBusy || fitting === 0} onClick=${() => run(name, jobs.filter(fits))}>${t(`jobs.${name}`)}${fitting !== jobs.length && fitting > 0 ? ` (${number(fitting)})` : ''}</${Button}>`;
  })}
    <span class="chosen-progress number" role="status">${isBusy ? t('chosen.progress', { done: number(progress), total: number(jobs.length) }) : ''}</span>
    <${Button} small kind="quiet" icon="close" onClick=${clear} disabled=${isBusy}>${t('chosen.none')}</${Button}>
  </div>`;
}

export default function Jobs() {
  const [filters, set] = useUrlState(defaults);
  const [chosen, setChosen] = useState(new Set());
  const [busy, setBusy] = useState(null); // how many are done, while a change of many is under way
  const jobs = useData((signal) => api.get('/jobs', { query: filters, signal }), [JSON.stringify(filters)], { on: ['job', 'jobs', 'execution', 'executions'], atMostEvery: 2000 });
  const queues = useData((signal) => api.get('/admin/queues', { signal }), []);
  const rows = jobs.data?.items;
  const canCreate = hasPage('/jobs/new');
  useShortcut('n', t('jobs.new'), () => { if (canCreate) navigate('/jobs/new'); });
  // What is not on this page any more is not chosen any more: one sees all that a change will reach.
  useEffect(() => {
    if (!rows || chosen.size === 0) return;
    const here = new Set(rows.map(({ id }) => id));
    const left = [...chosen].filter((id) => here.has(id));
    if (left.length !== chosen.size) setChosen(new Set(left));
  }, [rows]);
  const picked = useMemo(() => (rows ?? []).filter(({ id }) => chosen.has(id)), [rows, chosen]);

  const run = async (name, some) => {
    const { danger } = jobActions[name];
    const shown = some.slice(0, 5).map((job) => job.name);
    const body = html`<p>${t(`jobs.${name}.what`, { count: number(some.length) })}</p><ul class="ask-list">${shown.map((text) => html`<li key=${text}><bdi>${text}</bdi></li>`)}${some.length > shown.length && html`<li>${t('tags.more', { count: some.length - shown.length })}</li>`}</ul>`;
    const answer = await ask({ title: t(`jobs.${name}.title`, { count: some.length }), body, confirm: t(`jobs.${name}`), danger });
    if (!answer) return;
    setBusy(0);
    const faults = await doToAll(name, some, setBusy);
    setBusy(null);
    setChosen(new Set(faults.map(([job]) => job.id)));
    jobs.reload();
    if (faults.length === 0) toast(t(`jobs.${name}.done`, { count: number(some.length) }), { kind: 'good' });
    else toast(t('jobs.partly', { good: number(some.length - faults.length), bad: number(faults.length), name: faults[0][0].name, why: faults[0][1].message }), { kind: 'bad' });
  };

  const menuOf = (job) => [
    ...['trigger', 'pause', 'resume'].filter((name) => jobActions[name].fits(job)).map((name) => ({ label: t(`jobs.${name}`), icon: jobActions[name].icon, run: () => run(name, [job]) })),
    ...(canCreate ? [{ label: t('edit'), icon: 'edit', href: href(`/jobs/${job.id}/edit`) }, { label: t('jobs.duplicate'), icon: 'copy', href: href('/jobs/new', { from: job.id }) }] : []),
    null,
    { label: t('delete'), icon: 'trash', danger: true, run: () => run('delete', [job]) },
  ];
  const columns = [
    { id: 'name', label: t('job.name'), sorts: true, primary: true, show: (job) => html`<${Name} job=${job} />` },
    { id: 'state', label: t('job.state'), show: (job) => html`<${StateBadge} state=${job.currentStatus} />` },
    { id: 'type', label: t('job.type'), hide: 'tablet', show: (job) => html`<span class="one-line">${t(`type.${job.jobType}`)}</span>` },
    { id: 'schedule', label: t('job.schedule'), hide: 'phone', show: scheduleText },
    { id: 'nextRunAt', label: t('job.next'), sorts: true, hide: 'phone', show: (job) => html`<${Time} at=${job.nextRunAt} />` },
    { id: 'lastExecutedAt', label: t('job.last'), sorts: true, hide: 'tablet', show: (job) => html`<${Last} job=${job} />` },
    { id: 'queue', label: t('job.queue'), hide: 'tablet', show: (job) => html`<bdi>${job.queue}</bdi>` },
    { id: 'actions', label: t('actions'), hideLabel: true, align: 'right', show: (job) => html`<${Menu} label=${t('actions.of', { name: job.name })} items=${menuOf(job)} />` },
  ];
  const isFiltered = ['search', 'status', 'jobType', 'queue', 'tag'].some((name) => filters[name] !== '');
  const create = canCreate && html`<${Button} kind="primary" icon="plus" href=${href('/jobs/new')}>${t('jobs.new')}</${Button}>`;
  const empty = isFiltered
    ? html`<${Empty} icon="filter" title=${t('jobs.none.fit')}>${t('jobs.none.fit.text')}</${Empty}>`
    : html`<${Empty} icon="jobs" title=${t('jobs.none')} action=${create}>${t('jobs.none.text')}</${Empty}>`;

  return html`<${PageHead} title=${t('nav.jobs')} actions=${create} />
    <${Filters} filters=${filters} set=${set} queues=${(queues.data?.items ?? queues.data ?? []).map(({ name }) => name)} />
    ${picked.length > 0 && html`<${Chosen} jobs=${picked} isBusy=${busy !== null} progress=${busy} run=${run} clear=${() => setChosen(new Set())} />`}
    ${jobs.error && !jobs.data ? html`<${Failure} error=${jobs.error} retry=${jobs.reload} />` : html`<${Table} label=${t('nav.jobs')} rows=${rows} keyOf=${(job) => job.id} columns=${columns} empty=${empty} isLoading=${jobs.isLoading}
      to=${hasPage('/jobs/:id') ? (job) => href(`/jobs/${job.id}`) : undefined} sort=${filters} onSort=${(sort) => set({ ...sort, pageNumber: 1 })} chosen=${chosen} onChoose=${setChosen} />
    <${Pager} page=${jobs.data} onPage=${(pageNumber) => set({ pageNumber }, { push: true })} onSize=${(pageSize) => set({ pageSize, pageNumber: 1 })} />`}`;
}
