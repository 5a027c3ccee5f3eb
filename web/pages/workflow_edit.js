// workflow_edit.js - the editor of a workflow: jobs are added, edges drawn in the graph or chosen from a list, circles refused
// at once. Nothing is written before Save.
import { AreaField, Button, Card, CheckField, Choice, Empty, Failure, Form, Icon, PageHead, Select, SelectField, Skeleton, Submit, TextField, api, href, html, navigate, t, toast, useData, useForm, useRef, useState } from '../core.js';
import { Graph } from '../components/graph.js';
import { circleWith } from '../components/graph_layout.js';
import { JobPicker } from './job_picker.js';
import { NextRuns, ScheduleFields, explain, useAnswer } from './job_schedule_fields.js';
import { fromJob } from './job_values.js';
import { nameOf } from './workflow_parts.js';

const scheduleNames = { Cron: 'scheduleExpression', Interval: 'intervalSeconds', OneTime: 'runAt' };
const kept = ['startAt', 'endAt', 'maxRuns', 'jitterSeconds', 'exclusions', 'dstPolicy']; // of a schedule, not in this form

/** What the form holds: the fields of the schedule stand beside the others, as in the form of a job. */
function valuesOf(workflow) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
  const { scheduleType, scheduleExpression, intervalSeconds, runAt, timezone, misfirePolicy, concurrencyPolicy } = fromJob({ scheduleType: 'Cron', scheduleExpression: '0 3 * * *', timezone: zone, jobType: 'HttpCall', ...workflow?.schedule });
  return {
    name: workflow?.name ?? '', description: workflow?.description ?? '', isEnabled: workflow?.isEnabled ?? true, jobs: workflow?.jobs ?? [],
    hasSchedule: Boolean(workflow?.schedule), scheduleType, scheduleExpression, intervalSeconds, intervalMode: 'FixedRate', runAt, timezone, misfirePolicy, concurrencyPolicy,
  };
}

function scheduleOf(values, before) {
  if (!values.hasSchedule) return {};
  const own = scheduleNames[values.scheduleType];
  const time = new Date(values.runAt);
  const value = own === 'runAt' && !Number.isNaN(time.getTime()) ? time.toISOString() : values[own];
  return {
    ...Object.fromEntries(kept.filter((name) => before?.[name] !== undefined).map((name) => [name, before[name]])),
    scheduleType: values.scheduleType, [own]: value, timezone: values.timezone, misfirePolicy: values.misfirePolicy, concurrencyPolicy: values.concurrencyPolicy,
  };
}

const bodyOf = (values, before) => ({
  name: values.name, description: values.description, isEnabled: values.isEnabled, schedule: scheduleOf(values, before),
  jobs: values.jobs.map(({ jobId, dependsOn, onFailure }) => ({ jobId, dependsOn, onFailure })),
});

/** The faults of a schedule at the names its fields have here. */
const atFields = (errors) => Object.fromEntries(Object.entries(errors).map(([name, faults]) => [name.replace(/^schedule\./, ''), faults]));

/** What is said of one job of the list, and what it depends on. */
function Chosen({ jobs, job, change, toggle, remove, draws, setDraws }) {
  const [next, setNext] = useState('');
  const names = new Map(jobs.map((each) => [each.jobId, nameOf(each)]));
  const others = jobs.filter(({ jobId }) => jobId !== job.jobId && !job.dependsOn.includes(jobId));
  const picked = others.some(({ jobId }) => jobId === next) ? next : others[0]?.jobId ?? '';
  return html`<section class="editor-chosen" aria-label=${t('editor.chosen')}>
    <h3 class="card-title"><bdi>${nameOf(job)}</bdi></h3>
    <div class="field"><span class="field-label">${t('workflow.step.onFailure')}</span><div><${Choice} label=${t('workflow.step.onFailure')} value=${job.onFailure} options=${['Stop', 'Continue'].map((value) => ({ value, label: t(`onFailure.${value}`) }))} onChange=${(onFailure) => change({ onFailure })} /></div></div>
    <div class="field"><span class="field-label">${t('editor.dependsOn')}</span>
      ${job.dependsOn.length === 0 ? html`<p class="field-help">${t('editor.dependsOn.none')}</p>` : html`<ul class="editor-list">${job.dependsOn.map((id) => html`<li key=${id}><bdi class="cut">${names.get(id) ?? id}</bdi><${Button} small kind="quiet" icon="close" label=${t('editor.unlink', { name: names.get(id) ?? id })} onClick=${() => toggle(id)} /></li>`)}</ul>`}
      ${others.length > 0 && html`<div class="row editor-add"><${Select} label=${t('editor.other')} value=${picked} onChange=${setNext} options=${others.map(({ jobId }) => ({ value: jobId, label: names.get(jobId) }))} /><${Button} small icon="plus" onClick=${() => toggle(picked)}>${t('editor.link')}</${Button}></div>
      <div><${Button} small icon="link" aria-pressed=${draws} onClick=${() => setDraws(!draws)}>${t('editor.draw')}</${Button}></div>`}
    </div>
    <div><${Button} small icon="trash" onClick=${remove}>${t('editor.remove')}</${Button}></div>
  </section>`;
}

function GraphEditor({ form, faults }) {
  const { jobs } = form.values;
  const [at, setAt] = useState(null);
  const [draws, setDraws] = useState(false);
  const [circle, setCircle] = useState(null);
  const job = jobs.find(({ jobId }) => jobId === at);
  const set = (next) => { setCircle(null); form.set('jobs', next); };
  const change = (patch) => set(jobs.map((each) => (each.jobId === at ? { ...each, ...patch } : each)));
  const nodes = jobs.map((each) => ({ id: each.jobId, name: nameOf(each), dependsOn: each.dependsOn, onFailure: each.onFailure }));
  const toggle = (id) => {
    if (job.dependsOn.includes(id)) { change({ dependsOn: job.dependsOn.filter((each) => each !== id) }); return; }
    const ring = circleWith(nodes, at, id);
    if (!ring) { change({ dependsOn: [...job.dependsOn, id] }); return; }
    const names = new Map(nodes.map((node) => [node.id, node.name]));
    setCircle([...ring, at].map((each) => `"${names.get(each)}"`).join(' → '));
  };
  const pick = (id) => {
    if (draws && job && id !== at) { toggle(id); return; }
    setCircle(null);
    setDraws(false);
    setAt(id === at ? null : id);
  };
  const add = ({ id, name }) => { set([...jobs, { jobId: id, jobName: name, dependsOn: [], onFailure: 'Stop' }]); setAt(id); setDraws(false); };
  const remove = () => { set(jobs.filter(({ jobId }) => jobId !== at).map((each) => ({ ...each, dependsOn: each.dependsOn.filter((id) => id !== at) }))); setAt(null); setDraws(false); };
  return html`<${Card} title=${t('workflow.graph')} aside=${t('workflow.steps.count', { count: jobs.length })} pad=${false}>
    ${jobs.length === 0 ? html`<div class="card-body"><${Empty} icon="workflows" title=${t('editor.none')}>${t('editor.none.text')}</${Empty}></div>` : html`<${Graph} label=${t('workflow.graph')} nodes=${nodes} onPick=${pick} picked=${at} marked=${new Set(job?.dependsOn)} />`}
    <div class="editor-under">
      <div aria-live="assertive">${circle && html`<p class="field-faults"><${Icon} name="alert" size="14" /><span>${t('editor.circle', { circle })}</span></p>`}</div>
      ${faults.map(([name, sentences]) => html`<p class="field-faults" key=${name}><${Icon} name="alert" size="14" /><span><code>${name}</code> ${sentences.join('; ')}</span></p>`)}
      <p class="field-help" role="status">${draws && job ? t('editor.drawing', { name: nameOf(job) }) : jobs.length > 0 && !job ? t('editor.hint') : ''}</p>
      <div class="grid">
        <div class="stack"><h3 class="card-title">${t('editor.add')}</h3><${JobPicker} label=${t('editor.search')} taken=${new Set(jobs.map(({ jobId }) => jobId))} onAdd=${add} /></div>
        ${job && html`<${Chosen} key=${at} jobs=${jobs} job=${job} change=${change} toggle=${toggle} remove=${remove} draws=${draws} setDraws=${setDraws} />`}
      </div>
    </div></${Card}>`;
}

function useCheck(values, before) {
  const schedule = scheduleOf(values, before);
  return useAnswer(async (signal) => {
    if (!values.hasSchedule) return { items: [] };
    const answer = await explain(values, signal);
    if (answer) return { answer, items: answer.next };
    const { startAt, ...rest } = schedule;
    const span = values.scheduleType === 'Interval' ? 11_000 * (values.intervalSeconds || 60) : Math.max(0, new Date(values.runAt) - Date.now() || 0) + 86_400_000;
    const job = { ...rest, ...(startAt && { startAt }), name: t('workflow.title'), jobType: 'CodeExecution', jobConfiguration: { handlerType: 'SampleJob' } };
    const preview = await api.post('/jobs/preview', { job, to: new Date(Date.now() + span).toISOString() }, { signal });
    return { items: preview.items.slice(0, 10) };
  }, [JSON.stringify(schedule)]);
}

function Editor({ workflow, etag }) {
  const isNew = !workflow;
  const before = workflow?.schedule;
  const save = (values) => (isNew ? api.post('/workflows', bodyOf(values)) : api.put(`/workflows/${workflow.id}`, bodyOf(values, before), { etag }).then(({ id }) => id));
  const form = useForm(valuesOf(workflow), save, { guard: true, then: (id) => { toast(t(isNew ? 'workflow.created' : 'workflow.saved'), { kind: 'good' }); navigate(`/workflows/${id}`, { replace: true }); } });
  const own = { ...form, errors: atFields(form.errors) };
  const faults = Object.entries(form.errors).filter(([name]) => /^jobs\b/.test(name));
  for (const [name] of faults) form.names.add(name);
  const check = useCheck(form.values, before);
  const policy = (name, kind, options) => html`<${SelectField} form=${own} name=${name} label=${t(`job.${kind}`)} help=${t(`${kind}.${form.values[name]}.help`)} options=${options.map((value) => ({ value, label: t(`${kind}.${value}`) }))} />`;
  return html`<${Form} form=${own} class="job-form"><div class="split is-wide">
    <div class="stack">
      <${Card} title=${t('editor.about')}><div class="form">
        <${TextField} form=${own} name="name" label=${t('job.name')} required maxlength="200" data-autofocus />
        <${CheckField} form=${own} name="isEnabled" label=${t('job.isEnabled')} help=${t('editor.isEnabled.help')} />
        <${AreaField} form=${own} name="description" label=${t('job.description')} rows="2" maxlength="2000" />
      </div></${Card}>
      <${GraphEditor} form=${form} faults=${faults} />
      <${Card} title=${t('form.when')}><div class="form">
        <div class="field is-wide"><${CheckField} form=${own} name="hasSchedule" label=${t('editor.hasSchedule')} help=${t('editor.hasSchedule.help')} /></div>
        ${form.values.hasSchedule && html`<${ScheduleFields} form=${own} answer=${check.data?.answer} modes=${['FixedRate']} />${policy('concurrencyPolicy', 'overlap', ['Allow', 'Skip', 'Replace'])}${policy('misfirePolicy', 'misfire', ['FireOnce', 'Skip', 'FireAll'])}`}
      </div></${Card}>
    </div>
    <aside class="stack job-aside" aria-label=${t('editor.side')}>
      ${form.values.hasSchedule && html`<${NextRuns} check=${check} values=${form.values} faults=${check.error ? Object.keys(check.error.errors ?? {}).length : 0} />`}
      <div class="form-actions"><${Submit} form=${form}>${t(isNew ? 'workflow.create' : 'save')}</${Submit}><${Button} href=${href(isNew ? '/workflows' : `/workflows/${workflow.id}`)}>${t('cancel')}</${Button}></div>
    </aside>
  </div></${Form}>`;
}

export default function WorkflowEdit({ params }) {
  const source = useData((signal) => (params.id ? api.get(`/workflows/${params.id}`, { full: true, signal }) : Promise.resolve({})), [params.id]);
  const first = useRef(null); // what came first is what is changed: an event must not throw away what was typed
  const back = params.id ? { href: href(`/workflows/${params.id}`), text: source.data?.body?.name ?? t('nav.workflows') } : { href: href('/workflows'), text: t('nav.workflows') };
  const head = html`<${PageHead} title=${t(params.id ? 'workflow.edit' : 'workflows.new')} back=${back} />`;
  if (source.error && !first.current) return html`${head}<${Failure} error=${source.error} retry=${source.reload} />`;
  if (source.data === undefined && !first.current) return html`${head}<${Skeleton} lines="8" tall />`;
  first.current ??= source.data;
  return html`${head}<${Editor} key=${params.id ?? 'new'} workflow=${first.current.body} etag=${first.current.etag} />`;
}
