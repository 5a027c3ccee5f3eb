// transfer.js - all jobs as a file, and jobs from a file: what would be made is shown before anything is.
import { Button, Card, CheckField, Failure, Field, Form, Icon, Note, PageHead, SelectField, Submit, Tag, api, bytes, html, number, t, toast, useForm, useMemo, useState } from '../core.js';
import { scheduleText } from './jobs.js';

const mostListed = 200;

function Export() {
  return html`<${Card} title=${t('export.title')}><div class="stack"><p class="muted">${t('export.text')}</p>
    <p><a class="button button-primary" href="/api/v1/scheduler/admin/export" download="scheduler-jobs-export.json"><${Icon} name="download" /><span class="button-text">${t('export.do')}</span></a></p></div></${Card}>`;
}

/** The jobs of a file, read here: {jobs} or {error}. */
function readFile(text) {
  try {
    const value = JSON.parse(text);
    const jobs = Array.isArray(value) ? value : value?.jobs;
    return Array.isArray(jobs) ? { jobs } : { error: t('import.noJobs') };
  } catch (error) {
    return { error: t('fault.json', { why: error.message }) };
  }
}

function Preview({ jobs, faults }) {
  const wrong = useMemo(() => new Map(Object.entries(faults).map(([name, sentences]) => [Number(/^jobs\[(\d+)\]/.exec(name)?.[1] ?? -1), `${name.replace(/^jobs\[\d+\]\.?/, '')} ${sentences.join('; ')}`])), [faults]);
  const listed = jobs.map((job, index) => ({ job, index })).filter(({ index }) => index < mostListed || wrong.has(index));
  return html`<div class="import-list" tabindex="0" role="region" aria-label=${t('import.preview')}><ol class="lines">${listed.map(({ job, index }) => html`<li key=${index} class="line"><span class="muted number">${number(index)}</span><span class="grow"><bdi>${String(job?.name ?? t('none'))}</bdi>${wrong.has(index) && html`<span class="field-faults"><${Icon} name="alert" size="14" />${wrong.get(index)}</span>`}</span><span class="line-end hide-phone">${job?.scheduleType ? scheduleText({ timezone: 'UTC', ...job }) : ''}</span>${job?.isPaused && html`<${Tag} tone="pending">${t('state.Paused')}</${Tag}>`}</li>`)}</ol>
    ${listed.length < jobs.length && html`<p class="muted import-more">${t('tags.more', { count: number(jobs.length - listed.length) })}</p>`}</div>`;
}

function Import() {
  const [file, setFile] = useState(null); // {name, size, text, jobs, error}
  const [tried, setTried] = useState(null); // what a dry run said: {count} or {error}
  const send = ({ onConflict, partial }, dryRun) => api.post('/admin/import', { jsonPayload: file.text, onConflict, partial, dryRun }, { full: true });
  const form = useForm({ onConflict: 'duplicate', partial: false }, (values) => send(values, false), { then: ({ body }) => { toast(t('import.done', { count: number(body) }), { kind: 'good' }); setFile(null); setTried(null); } });
  const attempt = async (values, next = file) => {
    if (!next?.jobs) return;
    setTried({ isBusy: true });
    try {
      const answer = await api.post('/admin/import', { jsonPayload: next.text, onConflict: values.onConflict, partial: values.partial, dryRun: true }, { full: true });
      setTried({ count: answer.body, rejected: Number(answer.headers.get('X-Import-Rejected') ?? 0), workflows: Number(answer.headers.get('X-Import-Workflows') ?? 0) });
    } catch (error) {
      setTried({ error });
    }
  };
  const choose = async ({ currentTarget }) => {
    const chosen = currentTarget.files[0];
    if (!chosen) return;
    const text = await chosen.text();
    const next = { name: chosen.name, size: chosen.size, text, ...readFile(text) };
    setFile(next);
    setTried(null);
    attempt(form.values, next);
  };
  const set = (name, value) => { form.set(name, value); attempt({ ...form.values, [name]: value }); };
  const own = { ...form, set };
  return html`<${Card} title=${t('import.title')}><${Form} form=${own}>
    <${Field} form=${own} name="file" label=${t('import.file')} help=${file ? `${file.name}, ${bytes(file.size)}` : t('import.file.help')} required wide>${(more) => html`<input class="input" type="file" accept="application/json,.json" onChange=${choose} ...${more} />`}</${Field}>
    ${file?.error && html`<div class="is-wide"><${Note} tone="bad">${file.error}</${Note}></div>`}
    ${file?.jobs && html`
      <${SelectField} form=${own} name="onConflict" label=${t('import.conflict')} help=${t(`conflict.${form.values.onConflict}.help`)} options=${['duplicate', 'skip', 'replace'].map((value) => ({ value, label: t(`conflict.${value}`) }))} />
      <${CheckField} form=${own} name="partial" label=${t('import.partial')} help=${t('import.partial.help')} />
      <div class="is-wide stack">
        ${tried?.isBusy && html`<p class="muted">${t('import.trying')}</p>`}
        ${tried?.error && (tried.error.status === 400 ? html`<${Note} tone="bad" title=${t('import.wrong', { count: Object.keys(tried.error.errors).length })}>${tried.error.message}</${Note}>` : html`<${Failure} error=${tried.error} />`)}
        ${tried?.count !== undefined && html`<${Note} tone=${tried.rejected > 0 ? 'pending' : 'good'} title=${t('import.would', { count: number(tried.count) })}>${tried.rejected > 0 ? t('import.rejected', { count: number(tried.rejected) }) : ''} ${tried.workflows > 0 ? t('import.workflows', { count: number(tried.workflows) }) : ''}</${Note}>`}
        <${Preview} jobs=${file.jobs} faults=${tried?.error?.errors ?? {}} />
      </div>
      <div class="form-actions"><${Submit} form=${form} disabled=${!(tried?.count > 0)}>${t('import.do')}</${Submit}></div>`}
  </${Form}></${Card}>`;
}

export default function Transfer() {
  return html`<${PageHead} title=${t('nav.transfer')} lead=${t('transfer.lead')} /><div class="stack"><${Export} /><${Import} /></div>`;
}
