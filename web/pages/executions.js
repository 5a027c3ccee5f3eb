// executions.js - the log of everything that ran, runs and waits: searched and filtered, the newest first.
import { Button, Empty, PageHead, SearchField, Select, StateBadge, Time, Took, api, ask, duration, hasPage, href, html, number, t, toast, useData, useMemo, useState, useUrlState } from '../core.js';
import { ExecutionList } from './execution_list.js';

const defaults = { search: '', status: '', queue: '', jobId: '', hours: 0, from: '', to: '' };
const statuses = ['Pending', 'Running', 'Succeeded', 'Failed', 'Cancelled'];
const spans = [1, 6, 24, 168, 720];
const live = ['Pending', 'Running'];
const atOnce = 6;

/** How late it started; null for what has no due time of its own. */
export const latenessOf = ({ startedAt, scheduledFor, trigger, retryCount }) => (startedAt && scheduledFor && retryCount === 0 && ['Schedule', 'CatchUp'].includes(trigger) ? Math.max(0, new Date(startedAt) - new Date(scheduledFor)) : null);

const columns = [
  { id: 'state', label: t('execution.state'), show: (each) => html`<${StateBadge} state=${each.status} />${each.status === 'Running' && each.progressPercent !== null && each.progressPercent !== undefined && html` <span class="muted number">${each.progressPercent} %</span>`}` },
  { id: 'job', label: t('execution.job'), show: (each) => html`<span class="cut"><bdi>${each.jobName}</bdi></span>` },
  { id: 'started', label: t('execution.started'), show: (each) => html`<${Time} at=${each.startedAt ?? each.createdAt} />` },
  { id: 'took', label: t('execution.took'), class: 'is-right', show: (each) => html`<${Took} ms=${each.durationMs} since=${each.status === 'Running' ? each.startedAt : undefined} />` },
  { id: 'late', label: t('execution.late'), class: 'is-right', show: (each) => { const late = latenessOf(each); return late === null ? '' : html`<span class="number">${duration(late)}</span>`; } },
  { id: 'trigger', label: t('execution.trigger'), show: (each) => html`${t(`trigger.${each.trigger}`)}${each.retryCount > 0 && html` <span class="muted number">${t('execution.nth', { n: each.retryCount + 1 })}</span>`}` },
  { id: 'error', label: t('execution.error'), show: (each) => html`<span class=${`cut ${each.status === 'Failed' ? 'text-bad' : 'muted'}`} title=${each.errorMessage}>${(each.errorMessage ?? '').split('\n')[0]}</span>` },
];

/** A time of the address as an input shows it, and back. */
const asInput = (time) => { if (!time) return ''; const d = new Date(time); const two = (value) => String(value).padStart(2, '0'); return Number.isNaN(d.getTime()) ? '' : `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`; };
const fromInput = (text) => (text === '' ? '' : new Date(text).toISOString());

function Filters({ filters, set, queues, job }) {
  const any = (label) => [{ value: '', label }];
  const isOn = Object.keys(defaults).some((name) => String(filters[name]) !== String(defaults[name]));
  const custom = filters.from !== '' || filters.to !== '';
  const span = custom ? 'custom' : String(filters.hours);
  const [opened, setOpened] = useState(custom);
  return html`<div class="toolbar" role="search">
    <${SearchField} label=${t('executions.search')} value=${filters.search} onChange=${(search) => set({ search })} />
    <${Select} label=${t('execution.state')} value=${filters.status} onChange=${(status) => set({ status })} options=${[...any(t('jobs.any.state')), ...statuses.map((value) => ({ value, label: t(`state.${value}`) }))]} />
    <${Select} label=${t('job.queue')} value=${filters.queue} onChange=${(queue) => set({ queue })} options=${[...any(t('jobs.any.queue')), ...[...new Set([...queues, filters.queue])].filter(Boolean)]} />
    <${Select} label=${t('executions.time')} value=${opened ? 'custom' : span} onChange=${(value) => { setOpened(value === 'custom'); set(value === 'custom' ? { hours: 0 } : { hours: Number(value), from: '', to: '' }); }} options=${[{ value: '0', label: t('executions.anytime') }, ...spans.map((value) => ({ value: String(value), label: t('executions.last', { span: t(`range.${value}`) }) })), { value: 'custom', label: t('executions.between') }]} />
    ${(opened || custom) && html`<span class="row"><input class="input is-date" type="datetime-local" aria-label=${t('executions.from')} value=${asInput(filters.from)} onChange=${({ currentTarget }) => set({ from: fromInput(currentTarget.value) })} /><span aria-hidden="true">–</span><input class="input is-date" type="datetime-local" aria-label=${t('executions.to')} value=${asInput(filters.to)} onChange=${({ currentTarget }) => set({ to: fromInput(currentTarget.value) })} /></span>`}
    ${filters.jobId !== '' && html`<button type="button" class="zoom" onClick=${() => set({ jobId: '' })}><span>${t('executions.ofJob', { name: job ?? filters.jobId })}</span><span aria-hidden="true">×</span><span class="visually-hidden">${t('filter.remove')}</span></button>`}
    ${isOn && html`<${Button} kind="quiet" icon="close" onClick=${() => { setOpened(false); set(defaults); }}>${t('filter.clear')}</${Button}>`}
  </div>`;
}

const actions = {
  cancel: { icon: 'stop', danger: true, fits: ({ status }) => live.includes(status), act: ({ id }) => api.post(`/executions/${id}/cancel`) },
  retry: { icon: 'retry', fits: ({ status }) => !live.includes(status), act: ({ id }) => api.post(`/executions/${id}/retry`) },
};

function Chosen({ chosen, clear }) {
  const [done, setDone] = useState(null);
  const rows = [...chosen.values()];
  const run = async (name) => {
    const some = rows.filter(actions[name].fits);
    const answer = await ask({ title: t(`executions.${name}.title`, { count: some.length }), body: t(`executions.${name}.what`, { count: number(some.length) }), confirm: t(`executions.${name}`), danger: actions[name].danger });
    if (!answer) return;
    const left = [...some];
    const faults = [];
    let count = 0;
    setDone(0);
    const worker = async () => {
      for (let row = left.shift(); row; row = left.shift()) {
        try { await actions[name].act(row); } catch (error) { faults.push([row, error]); }
        setDone(++count);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    setDone(null);
    clear();
    if (faults.length === 0) toast(t(`executions.${name}.done`, { count: number(some.length) }), { kind: 'good' });
    else toast(t('jobs.partly', { good: number(some.length - faults.length), bad: number(faults.length), name: faults[0][0].jobName, why: faults[0][1].message }), { kind: 'bad' });
  };
  return html`<div class="chosen-bar" role="region" aria-label=${t('chosen.label')}><strong class="number">${t('chosen.count', { count: number(rows.length) })}</strong>
    ${Object.entries(actions).map(([name, { icon, fits, danger }]) => { const fitting = rows.filter(fits).length; return html`<${Button} key=${name} small icon=${icon} kind=${danger ? 'danger' : 'plain'} disabled=${done !== null || fitting === 0} onClick=${() => run(name)}>${t(`executions.${name}`)}${fitting !== rows.length && fitting > 0 ? ` (${number(fitting)})` : ''}</${Button}>`; })}
    <span class="chosen-progress number" role="status">${done !== null ? t('chosen.progress', { done: number(done), total: number(rows.length) }) : ''}</span>
    <${Button} small kind="quiet" icon="close" onClick=${clear} disabled=${done !== null}>${t('chosen.none')}</${Button}></div>`;
}

export default function Executions() {
  const [filters, set] = useUrlState(defaults);
  const [chosen, setChosen] = useState(new Map());
  const [total, setTotal] = useState();
  const queues = useData((signal) => api.get('/admin/queues', { signal }), []);
  const job = useData((signal) => (filters.jobId ? api.get(`/jobs/${filters.jobId}`, { signal }) : Promise.resolve(null)), [filters.jobId]);
  const asked = useMemo(() => {
    const { hours, from, to, ...rest } = filters;
    const fromDate = from || (hours > 0 ? new Date(Date.now() - hours * 3_600_000).toISOString() : '');
    return Object.fromEntries(Object.entries({ ...rest, fromDate, toDate: to }).filter(([, value]) => value !== ''));
  }, [JSON.stringify(filters)]);
  const isFiltered = Object.keys(asked).length > 0;
  const change = (patch) => { setChosen(new Map()); set(patch); };
  const empty = isFiltered
    ? html`<${Empty} icon="filter" title=${t('executions.none.fit')}>${t('executions.none.fit.text')}</${Empty}>`
    : html`<${Empty} icon="executions" title=${t('executions.none')} action=${hasPage('/jobs') && html`<${Button} href=${href('/jobs')}>${t('nav.jobs')}</${Button}>`}>${t('executions.none.text')}</${Empty}>`;
  return html`<${PageHead} title=${t('nav.executions')} actions=${total !== undefined && html`<span class="muted number" role="status">${t('executions.total', { count: number(total) })}</span>`} />
    <${Filters} filters=${filters} set=${change} queues=${(queues.data?.items ?? queues.data ?? []).map(({ name }) => name)} job=${job.data?.name} />
    ${chosen.size > 0 && html`<${Chosen} chosen=${chosen} clear=${() => setChosen(new Map())} />`}
    <${ExecutionList} key=${JSON.stringify(asked)} filters=${asked} columns=${columns} to=${({ id }) => href(`/executions/${id}`)} chosen=${chosen} onChoose=${setChosen} empty=${empty} onTotal=${setTotal} />`;
}
