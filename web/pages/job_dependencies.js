// job_dependencies.js - which jobs a job waits for, how that stands, and the workflows it is part of. What is changed here is
// written by Save.
import { Button, Card, Empty, Icon, Loaded, Note, Select, StateBadge, Time, api, href, html, t, toast, useData, useState } from '../core.js';
import { JobPicker } from './job_picker.js';

const conditions = ['AllSucceeded', 'AnySucceeded', 'AllCompleted'];
const nameOf = (each) => each.name ?? t('workflow.gone');

const Line = ({ each, remove }) => html`<li class="line">
  <span class="grow dependency-name"><a href=${href(`/jobs/${each.jobId}`)}><bdi>${nameOf(each)}</bdi></a></span>
  ${each.isDeleted ? html`<${StateBadge} state="Deleted" />` : each.lastExecutionStatus && html`<${StateBadge} quiet state=${each.lastExecutionStatus} />`}
  ${each.lastExecutedAt && html`<span class="line-end hide-phone"><${Time} at=${each.lastExecutedAt} /></span>`}
  ${each.isWaitedFor !== undefined && html`<span class="line-end">${t(each.isWaitedFor ? 'dependency.waited' : 'dependency.done')}</span>`}
  <${Button} small kind="quiet" icon="close" label=${t('editor.unlink', { name: nameOf(each) })} onClick=${remove} />
</li>`;

function Editor({ job, state, reload }) {
  const [draft, setDraft] = useState(null); // {jobs, condition} once something was changed
  const [faults, setFaults] = useState([]);
  const [isBusy, setBusy] = useState(false);
  const { jobs, condition } = draft ?? state;
  const change = (patch) => { setFaults([]); setDraft({ jobs, condition, ...patch }); };
  const save = async () => {
    if (isBusy) return;
    setBusy(true);
    try {
      if (jobs.length === 0) await api.delete(`/jobs/${job.id}/dependencies`);
      else await api.post(`/jobs/${job.id}/dependencies`, { dependsOnJobIds: jobs.map(({ jobId }) => jobId), condition });
      toast(t('dependency.saved'), { kind: 'good' });
      await reload();
      setDraft(null);
    } catch (error) {
      const all = Object.values(error.errors ?? {}).flat();
      setFaults(all.length > 0 ? all : [error.message]);
    }
    setBusy(false);
  };
  return html`<${Card} title=${t('dependency.title')} aside=${state.jobs.length > 0 && t(state.wouldWait ? 'dependency.wouldWait' : 'dependency.wouldStart')} pad=${false}>
    ${jobs.length === 0 ? html`<${Empty} icon="link" title=${t('dependency.none')}>${t('dependency.none.text')}</${Empty}>` : html`<ul class="lines">${jobs.map((each) => html`<${Line} key=${each.jobId} each=${each} remove=${() => change({ jobs: jobs.filter(({ jobId }) => jobId !== each.jobId) })} />`)}</ul>`}
    <div class="editor-under">
      ${faults.length > 0 && html`<div role="alert">${faults.map((fault) => html`<p class="field-faults" key=${fault}><${Icon} name="alert" size="14" /><span>${fault}</span></p>`)}</div>`}
      <div class="row"><span class="field-label" aria-hidden="true">${t('dependency.condition')}</span><${Select} label=${t('dependency.condition')} value=${condition} onChange=${(next) => change({ condition: next })} options=${conditions.map((value) => ({ value, label: t(`condition.${value}`) }))} />
        ${draft && html`<${Button} kind="primary" isBusy=${isBusy} onClick=${save}>${t('save')}</${Button}><${Button} kind="quiet" onClick=${() => { setDraft(null); setFaults([]); }}>${t('calendar.undo')}</${Button}>`}</div>
      <${JobPicker} label=${t('dependency.add')} taken=${new Set([job.id, ...jobs.map(({ jobId }) => jobId)])} onAdd=${({ id, name }) => change({ jobs: [...jobs, { jobId: id, name }] })} />
    </div>
  </${Card}>`;
}

export function Dependencies({ job }) {
  const state = useData((signal) => api.get(`/jobs/${job.id}/dependencies`, { signal }), [job.id], { on: ['job', 'jobs', 'execution', 'executions'], atMostEvery: 1500 });
  const workflows = useData((signal) => api.get('/workflows', { query: { jobId: job.id, pageSize: 50 }, signal }), [job.id]);
  return html`<div class="grid">
    <${Loaded} of=${state}>${(known) => html`<${Editor} key=${job.id} job=${job} state=${known} reload=${state.reload} />`}</${Loaded}>
    <${Card} title=${t('dependency.workflows')} pad=${false}><${Loaded} of=${workflows}>${({ items }) => (items.length === 0 ? html`<${Empty} icon="workflows" title=${t('dependency.workflows.none')} />` : html`<ul class="lines">${items.map((each) => html`<li class="line" key=${each.id}><span class="grow dependency-name"><a href=${href(`/workflows/${each.id}`)}><bdi>${each.name}</bdi></a></span>${each.lastRun && html`<${StateBadge} quiet state=${each.lastRun.status} />`}</li>`)}</ul>`)}</${Loaded}>
      <div class="editor-under"><${Note}>${t('dependency.workflows.note')}</${Note}></div></${Card}>
  </div>`;
}
