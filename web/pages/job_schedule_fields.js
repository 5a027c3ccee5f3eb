// job_schedule_fields.js - when a job runs, and what that means: in words, and as the next ten times.
import { Button, Choice, Field, Icon, NumberField, SelectField, Spinner, TextField, Time, api, duration, html, t, useEffect, useId, useState } from '../core.js';

const zones = Intl.supportedValuesOf ? ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')] : ['UTC'];
const patterns = [['0 3 * * *', 'nightly'], ['*/15 * * * *', 'quarter'], ['0 9 * * MON-FRI', 'workdays'], ['0 0 1 * *', 'monthly'], ['0 0 L * *', 'lastday'], ['H * * * *', 'spread']];
const pause = 350; // ms without a key before what was typed is asked about

/** What ASK(signal) answers for what was typed, once typing pauses: {data, error, isBusy}; what was known stays until then. */
export function useAnswer(ask, dependencies) {
  const [state, setState] = useState({ isBusy: true });
  useEffect(() => {
    const abort = new AbortController();
    setState((old) => ({ ...old, isBusy: true }));
    const timer = setTimeout(() => ask(abort.signal).then(
      (data) => { if (!abort.signal.aborted) setState({ data, isBusy: false }); },
      (error) => { if (!abort.signal.aborted) setState({ error, isBusy: false }); },
    ), pause);
    return () => { clearTimeout(timer); abort.abort(); };
  }, dependencies);
  return state;
}

/** Asks what a pattern means; null for other schedules. */
export const explain = (values, signal) => (values.scheduleType === 'Cron'
  ? api.post('/cron/explain', { expression: values.scheduleExpression, timezone: values.timezone || 'UTC', count: 10 }, { signal })
  : Promise.resolve(null));

/** The pattern with the place that is at fault marked. */
function Fault({ expression, answer }) {
  const at = Math.min(answer.position, expression.length);
  return html`<div class="cron-fault" role="status"><${Icon} name="alert" size="14" /><div>
    <p>${answer.error}</p>
    ${at >= 0 && html`<code class="cron-place">${expression.slice(0, at)}<mark>${expression.slice(at, at + 1) || '␣'}</mark>${expression.slice(at + 1)}</code>`}
  </div></div>`;
}

function CronField({ form, answer }) {
  const id = useId();
  const { scheduleExpression: expression } = form.values;
  return html`<div class="field is-wide">
    <${TextField} form=${form} name="scheduleExpression" label=${t('job.pattern')} help=${t('job.pattern.help')} required mono wide aria-details=${id} spellcheck="false" />
    <div class="cron-words" id=${id} aria-live="polite">
      ${answer?.valid === true && html`<p class="cron-meaning"><${Icon} name="check" size="14" />${answer.description}</p>`}
      ${answer?.valid === false && html`<${Fault} expression=${expression} answer=${answer} />`}
    </div>
    <div class="row">${patterns.map(([pattern, name]) => html`<${Button} key=${pattern} small kind=${pattern === expression ? 'plain' : 'quiet'} onClick=${() => form.set('scheduleExpression', pattern)}>${t(`pattern.${name}`)}</${Button}>`)}</div>
  </div>`;
}

function IntervalFields({ form, modes }) {
  const steps = [60, 300, 900, 3600, 86_400];
  return html`<${NumberField} form=${form} name="intervalSeconds" label=${t('job.interval')} help=${form.values.intervalSeconds > 0 ? t('job.interval.is', { interval: duration(form.values.intervalSeconds * 1000) }) : t('job.interval.help')} required min="1" />
    ${modes.length > 1 && html`<${SelectField} form=${form} name="intervalMode" label=${t('job.interval.mode')} help=${t(`interval.${form.values.intervalMode}.help`)} options=${modes.map((value) => ({ value, label: t(`interval.${value}`) }))} />`}
    <div class="row is-wide">${steps.map((step) => html`<${Button} key=${step} small kind="quiet" onClick=${() => form.set('intervalSeconds', step)}>${t('schedule.every', { interval: duration(step * 1000) })}</${Button}>`)}</div>`;
}

/** A date and time in the reader's own zone. */
export const MomentField = ({ form, name, label, help, required }) => html`<${TextField} form=${form} name=${name} label=${label} help=${help} required=${required} type="datetime-local" step="1" />`;

/** MODES: how intervals may be counted. */
export function ScheduleFields({ form, answer, modes = ['FixedRate', 'FixedDelay'] }) {
  const { scheduleType } = form.values;
  const list = useId();
  return html`
    <div class="field is-wide"><span class="field-label">${t('job.schedule')}</span><div><${Choice} label=${t('job.schedule')} value=${scheduleType} options=${['Cron', 'Interval', 'OneTime'].map((value) => ({ value, label: t(`scheduleType.${value}`) }))} onChange=${(value) => form.set('scheduleType', value)} /></div></div>
    ${scheduleType === 'Cron' && html`<${CronField} form=${form} answer=${answer} />`}
    ${scheduleType === 'Interval' && html`<${IntervalFields} form=${form} modes=${modes} />`}
    ${scheduleType === 'OneTime' && html`<${MomentField} form=${form} name="runAt" label=${t('job.runAt')} help=${t('moment.help', { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })} required />`}
    <${Field} form=${form} name="timezone" label=${t('job.timezone')} help=${t('job.timezone.help')} required>${(own) => html`<input class="input" list=${list} value=${form.values.timezone} onInput=${({ currentTarget }) => form.set('timezone', currentTarget.value)} autocomplete="off" spellcheck="false" ...${own} /><datalist id=${list}>${zones.map((zone) => html`<option key=${zone} value=${zone} />`)}</datalist>`}</${Field}>`;
}

/** "Mon 2026-01-05 03:00 +01:00" of a local time in RFC 3339. */
function zoned(text) {
  const day = new Intl.DateTimeFormat('en', { weekday: 'short', timeZone: 'UTC' }).format(new Date(`${text.slice(0, 10)}T00:00:00Z`));
  return `${day} ${text.slice(0, 10)} ${text.slice(11, 19)}`;
}

/** The next times: TIMES as the API answers them, in the job's zone. */
export const RunTimes = ({ times }) => html`<ol class="run-times">${times.map((each) => html`<li key=${each.utc}><span class="number">${zoned(each.local)}</span><span class="muted number">${each.local.slice(19).replace(/^\.\d+/, '')}</span>${each.adjusted && html`<span class="tag tone-pending" title=${t('runs.adjusted.title')}>${t('runs.adjusted')}</span>`}<span class="line-end"><${Time} at=${each.utc} /></span></li>`)}</ol>`;

/** Beside the form: what it would do. CHECK is useAnswer's of {items}; its error has the faults. */
export function NextRuns({ check, values, faults }) {
  const times = check.data?.items;
  return html`<section class="card next-runs" aria-live="polite"><div class="card-head"><h2 class="card-title">${t('runs.title')}</h2><span class="card-aside">${check.isBusy ? html`<${Spinner} />` : values.timezone}</span></div>
    <div class="card-body">${times === undefined
    ? html`<p class="muted">${faults > 0 ? t('runs.faults', { count: faults }) : t('runs.wait')}</p>`
      : times.length === 0 ? html`<p class="muted">${t('runs.none')}</p>` : html`<${RunTimes} times=${times} />`}</div></section>`;
}
