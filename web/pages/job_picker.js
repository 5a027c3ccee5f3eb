// job_picker.js - finds jobs to be added to a list: a search, and a button for each job that was found.
import { Button, SearchField, api, html, t, useData, useState } from '../core.js';

const shownJobs = 8;

/** TAKEN: a Set of ids that are in the list already. ON_ADD(job). */
export function JobPicker({ label, taken, onAdd }) {
  const [search, setSearch] = useState('');
  const found = useData((signal) => api.get('/jobs', { query: { search, pageSize: shownJobs + Math.min(100, taken.size), sortBy: 'name' }, signal }), [search, Math.min(100, taken.size)]);
  const left = (found.data?.items ?? []).filter(({ id }) => !taken.has(id)).slice(0, shownJobs);
  return html`<div class="job-picker">
    <${SearchField} label=${label} value=${search} onChange=${setSearch} />
    <ul aria-label=${t('picker.found')}>${left.map((job) => html`<li key=${job.id}><${Button} small kind="quiet" icon="plus" class="job-picker-job" onClick=${() => onAdd(job)}><bdi>${job.name}</bdi></${Button}></li>`)}</ul>
    ${found.data && left.length === 0 && html`<p class="muted" role="status">${t('picker.none')}</p>`}
  </div>`;
}
