// Workflows: what may be written, how runs begin, move and end, what people do to them.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { listen } from './support/events.mjs';
import { iso, startScheduler, waitFor } from './support/scheduler.mjs';

let it;
before(async () => { it = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 50 } }); });
after(() => it?.stop());

const ends = ['Succeeded', 'Failed', 'Cancelled'];
let paths = 0;

/** A job that calls a path of its own below KIND of the target. */
function stepJob(kind = '/ok', more = {}) {
  const path = `${kind}/w${++paths}`;
  return it.create({ name: `step ${paths}`, jobConfiguration: { url: it.target.url(path) }, ...more }).then((job) => ({ ...job, path }));
}

/** [[job, [jobs above], onFailure], …] as the list of a workflow. */
const lines = (list) => list.map(([job, above = [], onFailure]) => ({ jobId: job.id, dependsOn: above.map(({ id }) => id), ...(onFailure && { onFailure }) }));
const create = (list, more = {}) => it.expect(200, it.post('/workflows', { name: 'A workflow', jobs: lines(list), ...more }));
const show = (id) => it.expect(200, it.get(`/workflows/${id}`));
const trigger = (id, body) => it.expect(202, it.post(`/workflows/${id}/trigger`, body));
const showRun = (id) => it.expect(200, it.get(`/workflows/runs/${id}`));
const runsOf = async (id, query = '') => (await it.expect(200, it.get(`/workflows/${id}/runs?pageSize=200${query}`))).items;
const refused = async (list, more) => {
  const body = await it.expect(400, it.post('/workflows', { name: 'A workflow', jobs: Array.isArray(list[0]) ? lines(list) : list, ...more }));
  return body.errors;
};

/** Waits until the run is in STATUS (any end unless given). */
async function ended(id, status = ends, seconds = 20) {
  let last;
  return waitFor(async () => {
    last = await showRun(id);
    return [status].flat().includes(last.status) && last;
  }, { what: `run ${id} to be ${status}`, seconds }).catch((error) => { throw new Error(`${error.message}: ${JSON.stringify(last)}`); });
}
const stepOf = (run, job) => run.jobs.find(({ jobId }) => jobId === job.id);
const statuses = (run, ...jobs) => jobs.map((job) => stepOf(run, job).status);
const callsOf = (job) => it.target.callsOf(job.path);

describe('workflows', { concurrency: true }, () => {

test('a diamond runs in order, each job once, in parallel where it may', async () => {
  const [a, b, c, d] = [await stepJob(), await stepJob('/slow/600'), await stepJob('/slow/600'), await stepJob()];
  const id = await create([[d, [b, c]], [a], [b, [a]], [c, [a]]]);
  const run = await ended(await trigger(id));
  assert.equal(run.status, 'Succeeded');
  assert.deepEqual(statuses(run, a, b, c, d), Array(4).fill('Succeeded'));
  for (const job of [a, b, c, d]) assert.equal(callsOf(job).length, 1);
  const [first, left, right, last] = [a, b, c, d].map((job) => callsOf(job)[0].at);
  assert.ok(first <= left && first <= right && left + 500 <= last && right + 500 <= last);
  assert.ok(Math.abs(left - right) < 500, 'the two in the middle start together');
  const step = await it.execution(stepOf(run, b).executionId);
  assert.deepEqual([step.trigger, step.workflowRunId, step.triggeredBy], ['Workflow', run.id, it.server.email]);
  assert.equal(run.errorMessage, null);
  assert.equal((await show(id)).lastRun.id, run.id);
});

test('Stop halts the run, what runs goes on; Continue lets the jobs below go on, and the run Failed', async () => {
  const [bad, slow, below, other] = [await stepJob('/status/500'), await stepJob('/slow/700'), await stepJob(), await stepJob()];
  const id = await create([[bad], [slow], [below, [bad]], [other, [slow]]]);
  const stop = await ended(await trigger(id));
  assert.equal(stop.status, 'Failed');
  assert.deepEqual(statuses(stop, bad, slow, below, other), ['Failed', 'Succeeded', 'Cancelled', 'Cancelled']);
  assert.match(stop.errorMessage, /job "step \d+" failed: .*500/);
  assert.match(stepOf(stop, other).errorMessage, /not started: job "step \d+" failed/);
  assert.equal(stepOf(stop, other).executionId, null);
  await it.expect(200, it.put(`/workflows/${id}`, { jobs: lines([[bad, [], 'Continue'], [slow], [below, [bad]], [other, [slow, below]]]) }));
  const go = await ended(await trigger(id));
  assert.equal(go.status, 'Failed');
  assert.deepEqual(statuses(go, bad, slow, below, other), ['Failed', 'Succeeded', 'Succeeded', 'Succeeded']);
});

test('a step fails only after its retries', async () => {
  const flaky = await stepJob('/flaky/2', { retryPolicy: { maxAttempts: 3, delaySeconds: 0 } });
  const last = await stepJob();
  const run = await ended(await trigger(await create([[flaky], [last, [flaky]]])));
  assert.equal(run.status, 'Succeeded');
  assert.equal(callsOf(flaky).length, 3);
  assert.ok(callsOf(last)[0].at >= callsOf(flaky)[2].at);
  const execution = await it.execution(stepOf(run, flaky).executionId);
  assert.deepEqual([execution.retryCount, execution.workflowRunId], [2, run.id]);
});

test('what is wrong with it is told at once, by id and name', async () => {
  const [a, b] = [await stepJob(), await stepJob()];
  const gone = await stepJob();
  await it.expect(204, it.delete(`/jobs/${gone.id}`));
  const unknown = randomUUID();
  const errors = await refused([
    { jobId: a.id, dependsOn: [unknown, a.id] }, { jobId: unknown }, { jobId: gone.id }, { jobId: a.id },
    { jobId: b.id, onFailure: 'Halt' },
  ], { name: '', schedule: { scheduleType: 'Cron', scheduleExpression: 'nonsense' } });
  assert.match(errors.name[0], /character|must/);
  assert.match(errors['jobs[0].dependsOn[1]'][0], new RegExp(`"${a.name}" \\(${a.id}\\) cannot depend on itself`));
  assert.match(errors['jobs[1].jobId'][0], new RegExp(`no job ${unknown}`));
  assert.match(errors['jobs[2].jobId'][0], new RegExp(`"${gone.name}" \\(${gone.id}\\) was deleted`));
  assert.match(errors['jobs[3].jobId'][0], new RegExp(`"${a.name}".*stands in jobs\\[0\\] already`));
  assert.ok(errors['jobs[4].onFailure'] && errors['schedule.scheduleExpression']);
  const circle = await refused([[a, [b]], [b, [a]]]);
  assert.match(circle.jobs[0], new RegExp(`"${a.name}" \\(${a.id}\\) depends on "${b.name}" \\(${b.id}\\) depends on "${a.name}"`));
  assert.match((await refused([{ jobId: a.id, dependsOn: [b.id] }]))['jobs[0].dependsOn[0]'][0], /is not in the list of jobs/);
  assert.ok((await it.expect(400, it.post('/workflows', { name: 'x', jobs: [] }))).errors.jobs);
  const delay = await refused([[a]], { schedule: { scheduleType: 'Interval', intervalSeconds: 5, intervalMode: 'FixedDelay', concurrencyPolicy: 'Queue' } });
  assert.ok(delay['schedule.intervalMode'] && delay['schedule.concurrencyPolicy']);
});

test('what is read can be written back; PUT leaves out what stays; If-Match is heeded', async () => {
  const [a, b] = [await stepJob(), await stepJob()];
  const id = await create([[a], [b, [a]]], { description: 'first', schedule: { scheduleType: 'Cron', scheduleExpression: '0 0 1 1 *' } });
  const { body, headers } = await it.get(`/workflows/${id}`);
  assert.ok(body.nextRunAt);
  assert.equal(body.jobs[1].jobName, b.name);
  const same = await it.put(`/workflows/${id}`, body, { 'If-Match': headers.etag });
  assert.equal(same.status, 200, same.text);
  assert.deepEqual([same.body.jobs, same.body.schedule, same.body.nextRunAt], [body.jobs, body.schedule, body.nextRunAt]);
  await it.expect(412, it.put(`/workflows/${id}`, { name: 'late' }, { 'If-Match': headers.etag }));
  const renamed = await it.expect(200, it.put(`/workflows/${id}`, { name: 'second' }));
  assert.deepEqual([renamed.name, renamed.description, renamed.jobs.length, renamed.nextRunAt], ['second', 'first', 2, body.nextRunAt]);
  const off = await it.expect(200, it.put(`/workflows/${id}`, { isEnabled: false }));
  assert.equal(off.nextRunAt, null);
  const bare = await it.expect(200, it.put(`/workflows/${id}`, { schedule: {}, isEnabled: true }));
  assert.deepEqual([bare.schedule, bare.nextRunAt], [null, null]);
  const again = await it.expect(200, it.put(`/workflows/${id}`, { schedule: { scheduleType: 'Interval', intervalSeconds: 3600 } }));
  assert.ok(again.nextRunAt);
  await it.expect(204, it.delete(`/workflows/${id}`));
  await it.expect(404, it.get(`/workflows/${id}`));
  await it.expect(404, it.post(`/workflows/${id}/trigger`));
  const audit = await it.expect(200, it.get('/admin/audit?action=workflow.&pageSize=200'));
  const own = audit.items.filter(({ subjectId }) => subjectId === id).map(({ action }) => action);
  assert.deepEqual(own, ['workflow.delete', ...Array(5).fill('workflow.update'), 'workflow.create']);
});

test('lists find by name and by job', async () => {
  const a = await stepJob();
  const name = `needle ${randomUUID()}`;
  const id = await create([[a]], { name });
  await create([[await stepJob()]], { name: 'hay' });
  const found = await it.expect(200, it.get(`/workflows?search=${encodeURIComponent(name.toUpperCase())}`));
  assert.deepEqual([found.totalCount, found.items[0].id, found.items[0].lastRun], [1, id, null]);
  const of = await it.expect(200, it.get(`/workflows?jobId=${a.id}`));
  assert.deepEqual(of.items.map((each) => each.id), [id]);
});

test('a run is cancelled: what runs is stopped, what waits does not start; then it goes on from there', async () => {
  const [done, hang, below] = [await stepJob(), await stepJob('/slow/30000'), await stepJob()];
  const id = await create([[done], [hang, [done]], [below, [hang]]]);
  const runId = await trigger(id);
  await waitFor(() => callsOf(hang).length === 1, { what: 'the second step' });
  const asked = await it.expect(200, it.post(`/workflows/runs/${runId}/cancel`));
  assert.equal(asked.isBeingCancelled || asked.status === 'Cancelled', true);
  const run = await ended(runId);
  assert.equal(run.status, 'Cancelled');
  assert.deepEqual(statuses(run, done, hang, below), ['Succeeded', 'Cancelled', 'Cancelled']);
  assert.match(run.errorMessage, /cancelled by admin/);
  await waitFor(() => callsOf(hang)[0].abortedAt, { what: 'the call to be aborted' });
  await it.expect(409, it.post(`/workflows/runs/${runId}/cancel`));
  await it.expect(200, it.put(`/jobs/${hang.id}`, { jobConfiguration: { url: it.target.url(hang.path.replace('30000', '10')) } }));
  const again = await it.expect(200, it.post(`/workflows/runs/${runId}/retry`));
  assert.deepEqual([again.id, again.status, again.retryCount, again.errorMessage], [runId, 'Running', 1, null]);
  const good = await ended(runId);
  assert.equal(good.status, 'Succeeded');
  assert.equal(callsOf(done).length, 1, 'what had succeeded is not done again');
  await it.expect(409, it.post(`/workflows/runs/${runId}/retry`));
  assert.equal((await runsOf(id)).length, 1);
});

test('a Failed run goes on from where it failed', async () => {
  const [first, flaky, last] = [await stepJob(), await stepJob('/flaky/1'), await stepJob()];
  const runId = await trigger(await create([[first], [flaky, [first]], [last, [flaky]]]));
  assert.equal((await ended(runId)).status, 'Failed');
  await it.expect(200, it.post(`/workflows/runs/${runId}/retry`));
  const run = await ended(runId);
  assert.equal(run.status, 'Succeeded');
  assert.deepEqual([first, flaky, last].map((job) => callsOf(job).length), [1, 2, 1]);
});

test('an execution of a step that a person cancels fails the run', async () => {
  const [hang, below] = [await stepJob('/slow/30000'), await stepJob()];
  const runId = await trigger(await create([[hang], [below, [hang]]]));
  await waitFor(() => callsOf(hang).length === 1, { what: 'the step' });
  await it.expect(200, it.post(`/executions/${stepOf(await showRun(runId), hang).executionId}/cancel`));
  const run = await ended(runId);
  assert.deepEqual([run.status, ...statuses(run, hang, below)], ['Failed', 'Cancelled', 'Cancelled']);
});

test('paused and disabled jobs run in a workflow', async () => {
  const [paused, disabled] = [await stepJob('/ok', { isPaused: true }), await stepJob('/ok', { isEnabled: false })];
  const run = await ended(await trigger(await create([[paused], [disabled, [paused]]])));
  assert.equal(run.status, 'Succeeded');
});

test('a job of a workflow cannot be deleted, and a job erased in the middle fails its step', async () => {
  const [slow, below] = [await stepJob('/slow/1500'), await stepJob()];
  const id = await create([[slow], [below, [slow]]], { name: 'keeps its jobs' });
  for (const hard of [false, true]) {
    const body = await it.expect(409, it.delete(`/jobs/${below.id}?hardDelete=${hard}`));
    assert.match(body.detail, /workflow "keeps its jobs"/);
  }
  const runId = await trigger(id);
  await it.expect(200, it.put(`/workflows/${id}`, { jobs: lines([[slow]]) }));
  await it.expect(204, it.delete(`/jobs/${below.id}?hardDelete=true`));
  const run = await ended(runId);
  assert.equal(run.status, 'Failed');
  assert.match(stepOf(run, below).errorMessage, /erased/);
});

test('parameters of the run reach every job', async () => {
  const a = await stepJob('/echo', { jobConfiguration: { url: it.target.url('/echo/params?day={{Parameters.day}}') } });
  const run = await ended(await trigger(await create([[a]]), { parameters: { day: 'monday' } }));
  assert.match((await it.execution(stepOf(run, a).executionId)).output, /day=monday/);
  assert.deepEqual(run.parameters, { day: 'monday' });
});

test('its own schedule begins runs; Skip records those it does not begin', async () => {
  const slow = await stepJob('/slow/1500');
  const id = await create([[slow]], { schedule: { scheduleType: 'Cron', scheduleExpression: '* * * * * *', concurrencyPolicy: 'Skip' } });
  const runs = await waitFor(async () => {
    const all = await runsOf(id);
    return all.filter(({ status }) => status === 'Succeeded').length >= 2 && all.some(({ status }) => status === 'Cancelled') && all;
  }, { what: 'runs of the schedule', seconds: 20 });
  await it.expect(200, it.put(`/workflows/${id}`, { isEnabled: false }));
  const skipped = runs.find(({ status }) => status === 'Cancelled');
  assert.match(skipped.errorMessage, /skipped: the run before was still going/);
  assert.ok(runs.every(({ trigger: by, triggeredBy }) => by === 'Schedule' && triggeredBy === null));
  assert.equal(new Set(runs.map(({ scheduledFor }) => scheduledFor)).size, runs.length);
  assert.equal(callsOf(slow).length, runs.filter(({ status }) => status !== 'Cancelled').length);
});

test('Replace: a run that is still going is cancelled by the next', async () => {
  const hang = await stepJob('/slow/60000');
  const id = await create([[hang]], { schedule: { scheduleType: 'Interval', intervalSeconds: 1, concurrencyPolicy: 'Replace' } });
  const runs = await waitFor(async () => {
    const all = await runsOf(id, '&status=Cancelled');
    return all.length >= 2 && all;
  }, { what: 'replaced runs', seconds: 20 });
  await it.expect(200, it.put(`/workflows/${id}`, { isEnabled: false }));
  assert.match(runs[0].errorMessage, /replaced by a newer run/);
});

test('without a schedule it runs when a root job does: the execution is the step, the other roots start too', async () => {
  const at = iso(Date.now() + 1500);
  const root = await stepJob('/ok', { scheduleType: 'OneTime', runAt: at });
  const [other, below] = [await stepJob(), await stepJob()];
  const id = await create([[root], [other], [below, [root, other]]]);
  const [{ id: runId }] = await waitFor(async () => { const all = await runsOf(id); return all.length > 0 && all; }, { what: 'the run' });
  const run = await ended(runId);
  assert.deepEqual([run.status, run.trigger, run.scheduledFor], ['Succeeded', 'Schedule', at]);
  const execution = await it.execution(stepOf(run, root).executionId);
  assert.deepEqual([execution.trigger, execution.workflowRunId], ['Schedule', runId]);
  assert.deepEqual([root, other, below].map((job) => callsOf(job).length), [1, 1, 1]);
  const errors = await refused([[root]]);
  assert.match(errors['jobs[0].jobId'][0], /starts "A workflow" already/);
});

test('two roots due at the same instant begin one run', async () => {
  const at = iso(Date.now() + 1500);
  const jobs = [await stepJob('/ok', { scheduleType: 'OneTime', runAt: at }), await stepJob('/ok', { scheduleType: 'OneTime', runAt: at })];
  const id = await create(jobs.map((job) => [job]));
  const [{ id: runId }] = await waitFor(async () => { const all = await runsOf(id); return all.length > 0 && all; }, { what: 'the run' });
  assert.equal((await ended(runId)).status, 'Succeeded');
  assert.equal((await runsOf(id)).length, 1);
  assert.deepEqual(jobs.map((job) => callsOf(job).length), [1, 1]);
  const [second] = await it.executions(jobs[1], '&status=Cancelled').then(async (all) => (all.length ? all : it.executions(jobs[0], '&status=Cancelled')));
  assert.match(second.errorMessage, /had begun the run of workflow "A workflow"/);
});

test('what jobs above hand on', async () => {
  const source = await stepJob('/echo', { name: `source ${randomUUID()}`, jobConfiguration: { url: it.target.url('/echo/handed-on') } });
  const middle = await stepJob();
  const sink = await stepJob('/echo', { jobConfiguration: { url: it.target.url('/echo/sink'), method: 'POST', body: `{{Jobs.${source.name}.Output}}` } });
  const run = await ended(await trigger(await create([[source], [middle, [source]], [sink, [middle]]])));
  assert.equal(run.status, 'Succeeded', JSON.stringify(run));
  assert.match((await it.execution(stepOf(run, sink).executionId)).output, /handed-on/);
  const errors = await refused([[source], [sink]]);
  assert.match(errors['jobs[1]'][0], /no job above it has that name/);
});

test('the same Idempotency-Key creates one, and begins one run', async () => {
  const a = await stepJob();
  const key = { 'Idempotency-Key': randomUUID() };
  const body = { name: 'once', jobs: lines([[a]]) };
  const answers = [await it.post('/workflows', body, key), await it.post('/workflows', body, key)];
  assert.equal(answers[0].body, answers[1].body);
  assert.equal(answers[0].headers.location, `/api/v1/scheduler/workflows/${answers[0].body}`);
  const runs = [await it.post(`/workflows/${answers[0].body}/trigger`, {}, key), await it.post(`/workflows/${answers[0].body}/trigger`, {}, key)];
  assert.equal(runs[0].body, runs[1].body);
  assert.equal(runs[0].headers.location, `/api/v1/scheduler/workflows/runs/${runs[0].body}`);
  await ended(runs[0].body);
  assert.equal(callsOf(a).length, 1);
});

test('a viewer reads and changes nothing', async () => {
  const viewer = await it.as('Viewer');
  const a = await stepJob();
  const id = await create([[a]]);
  const runId = await trigger(id);
  for (const path of ['/workflows', `/workflows/${id}`, `/workflows/${id}/runs`, `/workflows/runs/${runId}`]) await it.expect(200, viewer.get(path));
  await it.expect(403, viewer.post('/workflows', { name: 'x', jobs: lines([[a]]) }));
  await it.expect(403, viewer.put(`/workflows/${id}`, { name: 'x' }));
  await it.expect(403, viewer.delete(`/workflows/${id}`));
  for (const path of [`/workflows/${id}/trigger`, `/workflows/runs/${runId}/cancel`, `/workflows/runs/${runId}/retry`]) await it.expect(403, viewer.post(path));
});

test('listeners are told', async () => {
  const id = await create([[await stepJob()]]);
  const stream = await listen(it.server, '/api/v1/scheduler/events', { token: it.token });
  const runId = await trigger(id);
  const told = await waitFor(() => {
    const all = stream.events.filter(({ event, data }) => event === 'workflowRun' && data.runId === runId).map(({ data }) => data);
    return all.length >= 2 && all;
  }, { what: 'the events of the run' });
  stream.close();
  assert.deepEqual(told.map(({ status, workflowId }) => [status, workflowId]), [['Running', id], ['Succeeded', id]]);
  const metrics = await it.server.request('GET', '/metrics');
  assert.match(metrics.text, /alphabet_workflow_runs_ended_total\{status="Succeeded"\} [1-9]/);
});

});

test('pause-all holds a run where it is', async () => {
  const [a, b] = [await stepJob(), await stepJob()];
  const id = await create([[a], [b, [a]]]);
  await it.expect(200, it.post('/admin/pause-all'));
  const runId = await trigger(id);
  assert.deepEqual([(await it.execution(stepOf(await showRun(runId), a).executionId)).status, (await showRun(runId)).status], ['Pending', 'Running']);
  assert.equal(callsOf(a).length, 0);
  await it.expect(200, it.post('/admin/resume-all'));
  assert.equal((await ended(runId)).status, 'Succeeded');
});
