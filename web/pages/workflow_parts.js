// workflow_parts.js - what the pages of workflows share: schedules in words, the graph with its states, what can be done.
import { Icon, StateBadge, Table, Time, Took, api, ask, duration, href, html, navigate, openAddress, t, toast, useAction, useEffect, useNow, useState } from '../core.js';
import { scheduleText } from './jobs.js';

export const runEvents = ['workflowRun', 'workflowRuns', 'execution', 'executions'];
export const hasEnded = (run) => run.status !== 'Running';
export const runAddress = (id) => href(`/workflows/runs/${id}`);
/** How long a run took, in ms; null while it goes on. */
export const tookOf = ({ createdAt, completedAt }) => (completedAt ? new Date(completedAt) - new Date(createdAt) : null);
export const nameOf = (job) => job.jobName ?? t('workflow.gone');

// ---- when it runs

const words = new Map(); // pattern and zone -> the promise of its words
function wordsOf({ scheduleExpression: expression, timezone }) {
  const key = `${expression} ${timezone}`;
  if (!words.has(key)) words.set(key, api.post('/cron/explain', { expression, timezone, count: 1 }).then((answer) => answer.description, () => { words.delete(key); }));
  return words.get(key);
}

/** When a workflow runs: a pattern in words. */
export function ScheduleWords({ schedule }) {
  const [text, setText] = useState();
  const isCron = schedule?.scheduleType === 'Cron';
  useEffect(() => {
    if (!isCron) return undefined;
    let isOn = true;
    wordsOf(schedule).then((found) => { if (isOn) setText(found); });
    return () => { isOn = false; };
  }, [isCron, schedule?.scheduleExpression, schedule?.timezone]);
  if (!schedule) return html`<span class="muted">${t('workflow.schedule.none')}</span>`;
  if (!isCron || !text) return scheduleText(schedule);
  return html`<span title=${schedule.scheduleExpression}>${text}</span>${schedule.timezone !== 'UTC' && html` <span class="muted">${schedule.timezone}</span>`}`;
}

// ---- the graph

/** The nodes of a drawing: the jobs of a workflow, with the states of the steps of RUN if there is one. */
export function useNodes(jobs, run) {
  const steps = new Map((run?.jobs ?? []).map((step) => [step.jobId, step]));
  const now = useNow([...steps.values()].some(({ status }) => status === 'Running') ? 1000 : 3_600_000);
  const took = ({ startedAt, completedAt, status }) => (startedAt && (completedAt || status === 'Running') ? duration(Math.max(0, (completedAt ? new Date(completedAt) : Math.max(now, new Date(startedAt))) - new Date(startedAt))) : undefined);
  return jobs.map((job) => {
    const step = steps.get(job.jobId);
    return { id: job.jobId, name: nameOf(job), dependsOn: job.dependsOn, onFailure: job.onFailure, state: step?.status, text: step && took(step), executionId: step?.executionId };
  });
}

/** Where a node or a step leads: to its execution, else to its job. */
export const addressOf = ({ executionId, jobId, id }) => href(executionId ? `/executions/${executionId}` : `/jobs/${jobId ?? id}`);

/** The same as a table, which says the graph in words. */
export function StepTable({ jobs, run }) {
  const names = new Map(jobs.map((job) => [job.jobId, nameOf(job)]));
  const after = (job) => (job.dependsOn.length === 0 ? html`<span class="muted">${t('workflow.step.first')}</span>` : html`<span class="step-after">${job.dependsOn.map((id, index) => html`${index > 0 && ', '}<bdi key=${id}>${names.get(id) ?? id}</bdi>`)}</span>`);
  const steps = run ? run.jobs : jobs;
  const columns = [
    { id: 'job', label: t('execution.job'), primary: true, show: (job) => html`<span class="step-name"><bdi>${nameOf(job)}</bdi></span>` },
    ...(run ? [
      { id: 'state', label: t('execution.state'), show: (step) => html`<${StateBadge} state=${step.status} />` },
      { id: 'started', label: t('execution.started'), hide: 'tablet', show: (step) => html`<${Time} at=${step.startedAt} />` },
      { id: 'took', label: t('execution.took'), align: 'right', hide: 'phone', show: (step) => html`<${Took} ms=${step.startedAt && step.completedAt ? new Date(step.completedAt) - new Date(step.startedAt) : null} since=${step.status === 'Running' ? step.startedAt : undefined} />` },
    ] : []),
    { id: 'after', label: t('workflow.step.after'), hide: 'phone', show: after },
    { id: 'onFailure', label: t('workflow.step.onFailure'), hide: 'tablet', show: (job) => html`<span class="one-line"><${Icon} name=${job.onFailure === 'Stop' ? 'stop' : 'right'} size="12" /> ${t(`onFailure.${job.onFailure}`)}</span>` },
    ...(run ? [{ id: 'error', label: t('execution.error'), show: (step) => html`<span class=${step.status === 'Failed' ? 'step-error text-bad' : 'step-error muted'}>${step.errorMessage ?? ''}</span>` }] : []),
  ];
  return html`<${Table} label=${t('workflow.steps')} rows=${steps} keyOf=${({ jobId }) => jobId} columns=${columns} to=${addressOf} />`;
}

// ---- what can be done

export function useWorkflowActions(workflow, reload) {
  const trigger = useAction(async () => {
    const id = await api.post(`/workflows/${workflow.id}/trigger`);
    toast(t('workflow.triggered'), { kind: 'good', action: { text: t('job.show'), run: () => openAddress(runAddress(id)) } });
    return id;
  }, { then: reload });
  const remove = useAction(async () => {
    const answer = await ask({ title: t('workflow.delete.title'), body: html`<p><bdi>${workflow.name}</bdi></p><p>${t('workflow.delete.what')}</p>`, confirm: t('delete'), danger: true });
    if (!answer) return false;
    await api.delete(`/workflows/${workflow.id}`);
    return true;
  }, { done: t('workflow.delete.done'), then: (isDone) => (isDone ? reload?.(true) : undefined) });
  return { trigger, remove };
}

export function useRunActions(run, reload) {
  const cancel = useAction(async () => {
    const answer = await ask({ title: t('run.cancel.title'), body: t('run.cancel.what'), confirm: t('run.cancel'), danger: true });
    if (!answer) return false;
    await api.post(`/workflows/runs/${run.id}/cancel`);
    return true;
  }, { done: t('run.cancel.done'), then: reload });
  const retry = useAction(() => api.post(`/workflows/runs/${run.id}/retry`), { done: t('run.retry.done'), then: reload });
  return { cancel, retry };
}

export const toList = () => navigate('/workflows', { replace: true });
