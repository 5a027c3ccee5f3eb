// job_edit.js - the form of a job: a new one (of nothing, of another job, of a curl command), or one to be changed. What is
// typed is checked by the server while one types; nothing is written before Save.
import { AreaField, Button, Card, CheckField, Choice, Dialog, Failure, Form, NumberField, PageHead, SelectField, Skeleton, Submit, TextField, api, href, html, navigate, t, toast, useData, useForm, useMemo, useRef, useState, useUrlState } from '../core.js';
import { MomentField, NextRuns, ScheduleFields, explain, useAnswer } from './job_schedule_fields.js';
import { TypeFields } from './job_type_fields.js';
import { blankConfiguration, blankValues, fromCurl, fromJob, toJob } from './job_values.js';

const types = ['HttpCall', 'StoredProcedure', 'CodeExecution', 'FileOperation'];
const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const day = 86_400_000;
const shownRuns = 10;

// ---- what would it do?

/** A range that holds some ten runs: the server walks no further than it must. */
function endOfPreview(values, answer) {
  const now = Date.now();
  const start = values.startAt ? Math.max(now, new Date(values.startAt).getTime() || now) : now;
  if (values.scheduleType === 'Interval') return start + (shownRuns + 1) * 1000 * (values.intervalSeconds || 60);
  if (values.scheduleType === 'OneTime') return Math.max(now, new Date(values.runAt).getTime() || now) + day;
  const last = answer?.valid ? new Date(answer.next.at(-1)?.utc ?? now).getTime() : now;
  const hasExclusions = values.exclusions.excludedDates !== '' || values.exclusions.excludedDaysOfWeek.length > 0 || values.exclusions.timeRange.start;
  return start + (last - now) * (hasExclusions ? 4 : 1) + 1000;
}

/** Asks the server for faults and next runs. Where the definition is at fault, that is the answer, too. Of a form that nobody touched only the pattern is explained. */
async function previewOf(values, job, isTouched, signal) {
  const answer = await explain(values, signal);
  if (!isTouched) return { answer, errors: {}, items: answer?.next };
  if (answer && !answer.valid) {
    const faults = await api.post('/jobs/preview', { job }, { signal }).then(() => ({}), (error) => { if (error.status !== 400) throw error; return error.errors; });
    return { answer, errors: faults };
  }
  try {
    const to = new Date(Math.min(endOfPreview(values, answer), Date.now() + 3650 * day)).toISOString();
    const preview = await api.post('/jobs/preview', { job, to }, { signal });
    return { answer, errors: {}, items: preview.items.slice(0, shownRuns) };
  } catch (error) {
    if (error.status !== 400) throw error;
    return { answer, errors: error.errors, items: answer?.next }; // what the pattern alone says
  }
}

// ---- the parts of the form

const Section = ({ title, lead, children }) => html`<${Card} title=${title}>${lead && html`<p class="section-lead">${lead}</p>`}<div class="form">${children}</div></${Card}>`;
const Fold = ({ title, open, children }) => html`<details class="card fold" open=${open}><summary class="card-head"><h2 class="card-title">${title}</h2></summary><div class="card-body"><div class="form">${children}</div></div></details>`;
const Count = ({ form, name, ...more }) => html`<${NumberField} form=${form} name=${name} label=${t(`job.${name}`)} help=${t(`job.${name}.help`)} min="0" ...${more} />`;
const named = (kind, list) => list.map((value) => ({ value, label: t(`${kind}.${value}`) }));
const Policy = ({ form, name, kind, options }) => html`<${SelectField} form=${form} name=${name} label=${t(`job.${kind}`)} help=${t(`${kind}.${name.split('.').reduce((value, key) => value?.[key], form.values)}.help`)} options=${named(kind, options)} />`;

function Basics({ form, isNew, curl }) {
  const setType = (type) => { form.change({ jobType: type, jobConfiguration: blankConfiguration(type) }); };
  return html`<${Section} title=${t('form.what')}>
    <${TextField} form=${form} name="name" label=${t('job.name')} help=${t('job.name.help')} required maxlength="200" data-autofocus />
    <${TextField} form=${form} name="tags" label=${t('job.tags')} help=${t('job.tags.help')} />
    <${AreaField} form=${form} name="description" label=${t('job.description')} rows="2" maxlength="2000" />
    <div class="field is-wide"><span class="field-label">${t('job.type')}</span><div class="row">
      <${Choice} label=${t('job.type')} value=${form.values.jobType} options=${named('type', types)} onChange=${setType} />
      ${isNew && html`<${Button} small kind="quiet" icon="upload" onClick=${curl}>${t('curl.open')}</${Button}>`}
    </div><p class="field-help">${t(`type.${form.values.jobType}.help`)}</p></div>
    <${TypeFields} form=${form} />
    <p class="field-help is-wide">${t('form.variables')} <code>{{Today-1d:yyyyMMdd}}</code> <code>{{Job.Name}}</code> <code>{{Execution.Id}}</code> <code>{{Parameters.NAME}}</code> <code>{{Secret.NAME}}</code></p>
  </${Section}>`;
}

const Failures = ({ form }) => html`<${Section} title=${t('form.failure')} lead=${t('form.failure.lead')}>
  <${Count} form=${form} name="timeoutSeconds" min="1" required />
  <${Count} form=${form} name="retryPolicy.maxAttempts" min="1" required />
  <${Count} form=${form} name="retryPolicy.delaySeconds" required />
  <${Policy} form=${form} name="retryPolicy.backoff" kind="backoff" options=${['Fixed', 'Linear', 'Exponential']} />
  <${Count} form=${form} name="retryPolicy.maxDelaySeconds" required />
</${Section}>`;

const Rules = ({ form }) => html`<${Fold} title=${t('form.rules')} open=${form.isOpen('rules')}>
  <${TextField} form=${form} name="queue" label=${t('job.queue')} help=${t('job.queue.help')} required />
  <${Policy} form=${form} name="concurrencyPolicy" kind="overlap" options=${['Allow', 'Skip', 'Queue', 'Replace']} />
  <${TextField} form=${form} name="concurrencyGroup" label=${t('job.concurrencyGroup')} help=${t('job.concurrencyGroup.help')} maxlength="100" />
  <${Count} form=${form} name="concurrencyGroupLimit" />
  <${Policy} form=${form} name="misfirePolicy" kind="misfire" options=${['FireOnce', 'Skip', 'FireAll']} />
  <${Count} form=${form} name="jitterSeconds" />
  <${MomentField} form=${form} name="startAt" label=${t('job.startAt')} help=${t('moment.help', { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })} />
  <${MomentField} form=${form} name="endAt" label=${t('job.endAt')} help=${t('moment.help', { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })} />
  <${Count} form=${form} name="maxRuns" />
  ${form.values.scheduleType === 'Cron' && html`<${Policy} form=${form} name="dstPolicy.gap" kind="gap" options=${['RunAfter', 'Shift', 'Skip']} /><${Policy} form=${form} name="dstPolicy.overlap" kind="fold" options=${['Auto', 'First', 'Last', 'Both']} />`}
  <${CheckField} form=${form} name="isEnabled" label=${t('job.isEnabled')} help=${t('job.isEnabled.help')} />
</${Fold}>`;

function ExclusionFields({ form }) {
  const chosen = form.values.exclusions.excludedDaysOfWeek;
  const toggle = (name) => form.set('exclusions.excludedDaysOfWeek', chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name]);
  return html`<${Fold} title=${t('form.exclusions')} open=${form.isOpen('exclusions')}>
    <fieldset class="is-wide"><legend class="field-label">${t('job.excludedDays')}</legend><div class="row">${days.map((name) => html`<label class="check" key=${name}><input type="checkbox" checked=${chosen.includes(name)} onChange=${() => toggle(name)} />${t(`day.${name}`)}</label>`)}</div></fieldset>
    <${TextField} form=${form} name="exclusions.excludedDates" label=${t('job.excludedDates')} help=${t('job.excludedDates.help')} mono wide placeholder="2026-12-24, 2026-12-25" />
    <${TextField} form=${form} name="exclusions.timeRange.start" label=${t('job.excludedFrom')} help=${t('job.excludedFrom.help')} mono placeholder="22:00" />
    <${TextField} form=${form} name="exclusions.timeRange.end" label=${t('job.excludedTo')} help=${t('job.excludedTo.help')} mono placeholder="06:00" />
  </${Fold}>`;
}

const Expectations = ({ form }) => html`<${Fold} title=${t('form.watches')} open=${form.isOpen('watches')}>
  <${Count} form=${form} name="watches.expectedWithinSeconds" min="1" />
  <${Count} form=${form} name="watches.finishBySeconds" min="1" />
  <${Count} form=${form} name="watches.maxLatenessSeconds" min="1" />
  <${CheckField} form=${form} name="watches.unusualDuration" label=${t('job.watches.unusualDuration')} help=${t('job.watches.unusualDuration.help')} />
  <${Count} form=${form} name="retention.days" min="1" />
  <${Count} form=${form} name="retention.count" min="1" />
</${Fold}>`;

function CurlDialog({ onClose, take }) {
  const [text, setText] = useState('');
  const [error, setError] = useState('');
  const read = (event) => {
    event.preventDefault();
    try {
      take(fromCurl(text));
      onClose();
    } catch (cause) {
      setError(cause.message);
    }
  };
  return html`<${Dialog} title=${t('curl.title')} onClose=${onClose}><form class="stack" onSubmit=${read}>
    <label class="field"><span class="field-label">${t('curl.label')}</span><textarea class="input is-mono" rows="7" spellcheck=${false} value=${text} onInput=${({ currentTarget }) => { setText(currentTarget.value); setError(''); }} aria-invalid=${error ? 'true' : undefined} data-autofocus></textarea></label>
    ${error && html`<p class="field-faults" role="alert">${error}</p>`}
    <p class="field-help">${t('curl.help')}</p>
    <div class="dialog-foot"><${Button} onClick=${onClose}>${t('cancel')}</${Button}><${Button} type="submit" kind="primary">${t('curl.take')}</${Button}></div>
  </form></${Dialog}>`;
}

// ---- the page

/** The parts that hold something already are open. */
const filledParts = (values) => new Set([
  ...(values.queue !== 'default' || values.concurrencyPolicy !== 'Allow' || values.concurrencyGroup || values.misfirePolicy !== 'FireOnce' || values.jitterSeconds || values.startAt || values.endAt || values.maxRuns || !values.isEnabled ? ['rules'] : []),
  ...(values.exclusions.excludedDates || values.exclusions.excludedDaysOfWeek.length || values.exclusions.timeRange.start ? ['exclusions'] : []),
  ...(Object.values(values.watches).some(Boolean) || Object.values(values.retention).some(Boolean) ? ['watches'] : []),
]);

/** Throws what toJob could not read as if the server had said so. */
function read(values) {
  const { job, errors } = toJob(values);
  if (Object.keys(errors).length > 0) throw Object.assign(new Error(t('form.unread')), { errors });
  return job;
}

function JobForm({ initial, job, etag }) {
  const isNew = !job;
  const [curl, setCurl] = useState(false);
  const touched = useRef(new Set());
  const parts = useMemo(() => filledParts(initial), []);
  const save = (values) => (isNew ? api.post('/jobs', read(values)) : api.put(`/jobs/${job.id}`, read(values), { etag }));
  const form = useForm(initial, save, { guard: true, then: (saved) => { toast(t(isNew ? 'job.created' : 'job.saved'), { kind: 'good' }); navigate(`/jobs/${saved.id}`, { replace: true }); } });
  const text = JSON.stringify(form.values);
  const check = useAnswer((signal) => {
    const { job: asked, errors } = toJob(form.values);
    return previewOf(form.values, asked, form.isDirty || !isNew, signal).then((found) => ({ ...found, errors: { ...found.errors, ...errors } }));
  }, [text]);
  const live = check.data?.errors ?? {};
  const shown = Object.fromEntries(Object.entries(live).filter(([name]) => touched.current.has(name)));
  const own = { ...form, errors: { ...shown, ...form.errors }, isOpen: (part) => parts.has(part), set: (name, value) => { touched.current.add(name); form.set(name, value); } };
  const takeCurl = ({ configuration, ignored }) => {
    form.change({ jobType: 'HttpCall', jobConfiguration: configuration, name: form.values.name || t('curl.name', { method: configuration.method, host: configuration.url.replace(/^https?:\/\//, '').split(/[/?#]/)[0] }) });
    if (ignored.length > 0) toast(t('curl.ignored', { options: ignored.join(' ') }));
  };
  const back = isNew ? href('/jobs') : href(`/jobs/${job.id}`);

  return html`<${Form} form=${own} class="job-form"><div class="split is-wide">
    <div class="stack">
      <${Basics} form=${own} isNew=${isNew} curl=${() => setCurl(true)} />
      <${Section} title=${t('form.when')}><${ScheduleFields} form=${own} answer=${form.values.scheduleType === 'Cron' ? check.data?.answer : undefined} /></${Section}>
      <${Failures} form=${own} /><${Rules} form=${own} /><${ExclusionFields} form=${own} /><${Expectations} form=${own} />
    </div>
    <aside class="stack job-aside" aria-label=${t('runs.title')}>
      <${NextRuns} check=${check} values=${form.values} faults=${Object.keys(live).length} />
      <div class="form-actions"><${Submit} form=${form}>${t(isNew ? 'job.create' : 'save')}</${Submit}><${Button} href=${back}>${t('cancel')}</${Button}></div>
      ${check.error && html`<p class="muted">${check.error.message}</p>`}
    </aside>
  </div></${Form}>
  ${curl && html`<${CurlDialog} onClose=${() => setCurl(false)} take=${takeCurl} />`}`;
}

export default function JobEdit({ params }) {
  const [{ from }] = useUrlState({ from: '' });
  const id = params.id ?? from;
  const source = useData((signal) => (id ? api.get(`/jobs/${id}`, { full: true, signal }) : Promise.resolve({})), [id]);
  const isNew = !params.id;
  const back = { href: href('/jobs'), text: t('nav.jobs') };
  const head = html`<${PageHead} title=${isNew ? t('jobs.new') : t('job.edit')} back=${isNew ? back : { href: href(`/jobs/${id}`), text: source.data?.body?.name ?? t('nav.jobs') }} />`;
  const first = useRef(null); // what came first is what is changed: an event must not throw away what was typed
  if (source.error && !first.current) return html`${head}<${Failure} error=${source.error} retry=${source.reload} />`;
  if (source.data === undefined && !first.current) return html`${head}<${Skeleton} lines="8" tall />`;
  first.current ??= source.data;
  const { body: job, etag } = first.current;
  const initial = job ? fromJob(job) : blankValues(Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC');
  if (job && isNew) initial.name = t('job.copy', { name: job.name }).slice(0, 200);
  return html`${head}<${JobForm} key=${id ?? 'new'} initial=${initial} job=${isNew ? undefined : job} etag=${etag} />`;
}
