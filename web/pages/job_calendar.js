// job_calendar.js - when a job must not run: a calendar of its exclusions, with the runs between them; a click on a day
// excludes it. Days are those of the job's own zone, as the schedule counts.
import { Button, Card, Form, Submit, TextField, api, html, number, t, useData, useForm, useMemo, useState } from '../core.js';

const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const mostRuns = 1000;
const two = (value) => String(value).padStart(2, '0');
const dateText = (year, month, day) => `${year}-${two(month + 1)}-${two(day)}`;
/** Monday is 0. */
const weekday = (date) => (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;

/** The dates of a month as weeks that begin on Monday; '' fills them up. */
function weeksOf(year, month) {
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const cells = [...Array(weekday(dateText(year, month, 1))).fill(''), ...Array.from({ length: last }, (_, index) => dateText(year, month, index + 1))];
  while (cells.length % 7 !== 0) cells.push('');
  return Array.from({ length: cells.length / 7 }, (_, index) => cells.slice(7 * index, 7 * index + 7));
}

const initialOf = (exclusions) => ({ dates: exclusions?.excludedDates ?? [], weekdays: exclusions?.excludedDaysOfWeek ?? [], timeRange: { start: exclusions?.timeRange?.start ?? '', end: exclusions?.timeRange?.end ?? '' } });

function bodyOf({ dates, weekdays, timeRange }) {
  const range = timeRange.start || timeRange.end ? { timeRange } : {};
  return { excludedDates: [...dates].sort(), excludedDaysOfWeek: weekdays, ...range };
}

function Month({ year, month, values, runs, toggle, toggleWeekday }) {
  const name = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(Date.UTC(year, month, 1)));
  return html`<table class="calendar"><caption>${name}</caption>
    <thead><tr>${days.map((day) => html`<th key=${day} scope="col"><button type="button" class="calendar-weekday" aria-pressed=${values.weekdays.includes(day)} title=${t('calendar.weekday', { day })} onClick=${() => toggleWeekday(day)}>${t(`day.${day}`)}</button></th>`)}</tr></thead>
    <tbody>${weeksOf(year, month).map((week, index) => html`<tr key=${index}>${week.map((date, place) => {
    if (date === '') return html`<td key=${place}></td>`;
    const byDate = values.dates.includes(date);
    const byDay = values.weekdays.includes(days[place]);
    const count = runs.get(date) ?? 0;
    const says = byDate || byDay ? t('calendar.excluded') : t('calendar.runs', { count });
    return html`<td key=${date}><button type="button" class=${`calendar-day${byDate || byDay ? ' is-excluded' : ''}`} aria-pressed=${byDate} title=${says} onClick=${() => toggle(date)}><span>${Number(date.slice(8))}</span><span class="visually-hidden"> ${`${date}: ${says}`}</span>${!byDate && !byDay && count > 0 && html`<span class="calendar-runs" aria-hidden="true">${number(count)}</span>`}</button></td>`;
  })}</tr>`)}</tbody></table>`;
}

export function Calendar({ job, reload }) {
  const [offset, setOffset] = useState(0);
  const save = (values) => {
    const body = bodyOf(values);
    const isNone = body.excludedDates.length === 0 && body.excludedDaysOfWeek.length === 0 && !body.timeRange;
    return isNone ? api.delete(`/jobs/${job.id}/exclusions`) : api.post(`/jobs/${job.id}/exclusions`, body);
  };
  const form = useForm(initialOf(job.exclusions), save, { guard: true, then: () => { reload(); } });
  const upcoming = useData((signal) => api.get(`/jobs/${job.id}/upcoming`, { query: { count: mostRuns }, signal }), [job.id, job.updatedAt]);
  const runs = useMemo(() => {
    const counts = new Map();
    for (const { local } of upcoming.data ?? []) counts.set(local.slice(0, 10), (counts.get(local.slice(0, 10)) ?? 0) + 1);
    return counts;
  }, [upcoming.data]);
  const { values } = form;
  const flip = (list, item) => (list.includes(item) ? list.filter((each) => each !== item) : [...list, item]);
  const today = new Date();
  const months = [0, 1, 2].map((step) => new Date(Date.UTC(today.getFullYear(), today.getMonth() + offset + step, 1)));
  return html`<${Card} title=${t('calendar.title')} aside=${job.timezone}>
    <p class="section-lead">${t('calendar.lead')}</p>
    <${Form} form=${form}>
      <div class="is-wide row calendar-steps"><${Button} small icon="left" label=${t('calendar.earlier')} onClick=${() => setOffset(offset - 3)} /><${Button} small kind="quiet" disabled=${offset === 0} onClick=${() => setOffset(0)}>${t('calendar.today')}</${Button}><${Button} small icon="right" label=${t('calendar.later')} onClick=${() => setOffset(offset + 3)} /></div>
      <div class="is-wide calendars">${months.map((each) => html`<${Month} key=${each.toISOString()} year=${each.getUTCFullYear()} month=${each.getUTCMonth()} values=${values} runs=${runs} toggle=${(date) => form.set('dates', flip(values.dates, date))} toggleWeekday=${(day) => form.set('weekdays', flip(values.weekdays, day))} />`)}</div>
      ${upcoming.data?.length === mostRuns && html`<p class="field-help is-wide">${t('calendar.cut', { count: number(mostRuns) })}</p>`}
      <${TextField} form=${form} name="timeRange.start" label=${t('job.excludedFrom')} help=${t('job.excludedFrom.help')} mono placeholder="22:00" />
      <${TextField} form=${form} name="timeRange.end" label=${t('job.excludedTo')} help=${t('job.excludedTo.help')} mono placeholder="06:00" />
      <div class="form-actions"><${Submit} form=${form} disabled=${!form.isDirty}>${t('calendar.save')}</${Submit}>${form.isDirty && html`<${Button} onClick=${() => form.setAll(initialOf(job.exclusions))}>${t('calendar.undo')}</${Button}>`}</div>
    </${Form}>
  </${Card}>`;
}
