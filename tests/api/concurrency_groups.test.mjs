// Limits beyond one job: jobs that share a concurrencyGroup, and MaxConcurrentJobs for all of them together.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { slow, startScheduler, waitFor } from './support/scheduler.mjs';

let it;
before(async () => { it = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 20 } }); });
after(() => it?.stop());

const slowJob = (scheduler, ms, more) => scheduler.create({ jobConfiguration: { url: scheduler.target.url(`/slow/${ms}/${Math.random()}`) }, ...more });
/** How many of these executions went on at once at most, by their own record. */
function mostAtOnce(executions) {
  const edges = executions.flatMap(({ startedAt, completedAt }) => [[Date.parse(startedAt), 1], [Date.parse(completedAt), -1]]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let now = 0, most = 0;
  for (const [, step] of edges) most = Math.max(most, now += step);
  return most;
}
const allEnded = (scheduler, ids) => Promise.all(ids.map((id) => scheduler.ended(id, undefined, 60)));

test('runs of a group never exceed its limit, whatever job they are of, and others pass them by', async () => {
  const jobs = await Promise.all(['A', 'B', 'C'].map((name) => slowJob(it, 300, { name, concurrencyGroup: 'the ERP', concurrencyGroupLimit: 2 })));
  const other = await slowJob(it, 300, { name: 'Other' });
  const ids = [];
  for (let i = 0; i < 4; i++) for (const job of jobs) ids.push(await it.trigger(job));
  const free = await it.ended(await it.trigger(other));
  const runs = await allEnded(it, ids);
  assert.deepEqual(new Set(runs.map(({ status }) => status)), new Set(['Succeeded']));
  assert.equal(mostAtOnce(runs), 2);
  assert.ok(Date.parse(free.startedAt) - Date.parse(free.createdAt) < 1000 * slow);
  assert.ok(runs.some(({ startedAt }) => Date.parse(startedAt) > Date.parse(free.startedAt)), 'the group was full meanwhile');
});

test('each job has its own limit of the group: a stricter one waits longer', async () => {
  const [loose, strict] = [await slowJob(it, 1500, { name: 'Loose', concurrencyGroup: 'mixed', concurrencyGroupLimit: 3 }), await slowJob(it, 100, { name: 'Strict', concurrencyGroup: 'mixed', concurrencyGroupLimit: 1 })];
  const first = await it.trigger(loose), second = await it.trigger(loose);
  await it.ended(second, 'Running');
  const last = await it.trigger(strict);
  const [a, b, c] = await allEnded(it, [first, second, last]);
  assert.ok(Date.parse(c.startedAt) >= Math.max(Date.parse(a.completedAt), Date.parse(b.completedAt)));
});

test('runs that the schedule makes keep to it too, and a changed limit counts at once', async () => {
  const more = { scheduleExpression: '* * * * * *', concurrencyGroup: 'due', concurrencyGroupLimit: 1 };
  const jobs = await Promise.all(['X', 'Y', 'Z'].map((name) => slowJob(it, 400, { name, ...more })));
  await waitFor(async () => (await Promise.all(jobs.map((job) => it.executions(job)))).every((all) => all.some(({ status }) => status === 'Succeeded')), { what: 'a run of each', seconds: 30 });
  await Promise.all(jobs.map((job) => it.expect(200, it.put(`/jobs/${job.id}`, { isPaused: true }))));
  const made = (await Promise.all(jobs.map((job) => it.executions(job)))).flat();
  assert.equal(mostAtOnce(await allEnded(it, made.map(({ id }) => id))), 1);
  const [job] = jobs;
  await it.expect(200, it.put(`/jobs/${job.id}`, { jobConfiguration: { url: it.target.url('/hang/due') } }));
  const ids = [await it.trigger(job), await it.trigger(job)];
  await it.ended(ids[0], 'Running');
  assert.equal((await it.execution(ids[1])).status, 'Pending');
  await it.expect(200, it.put(`/jobs/${job.id}`, { concurrencyGroupLimit: 2 }));
  await it.ended(ids[1], 'Running');
  for (const id of ids) await it.expect(200, it.post(`/executions/${id}/cancel`));
});

test('a run that waits for its group and is cancelled is gone; leaving the group lets the others go on', async () => {
  const job = await slowJob(it, 60000, { name: 'Full', concurrencyGroup: 'full', concurrencyGroupLimit: 1 });
  const running = await it.trigger(job);
  await it.ended(running, 'Running');
  const [one, two] = [await it.trigger(job), await it.trigger(job)];
  assert.equal((await it.expect(200, it.post(`/executions/${one}/cancel`))).status, 'Cancelled');
  const changed = await it.expect(200, it.put(`/jobs/${job.id}`, { concurrencyGroup: '' }));
  assert.deepEqual([changed.concurrencyGroup, changed.concurrencyGroupLimit], [null, null]);
  await it.ended(two, 'Running');
  for (const id of [running, two]) await it.expect(200, it.post(`/executions/${id}/cancel`));
});

test('MaxConcurrentJobs bounds all jobs together, below the workers', async (t) => {
  const own = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 20, 'Scheduler:Jobs:MaxConcurrentJobs': 3 } });
  t.after(() => own.stop());
  const jobs = await Promise.all(Array.from({ length: 4 }, (_, i) => slowJob(own, 200, { name: `Job ${i}` })));
  const every = await slowJob(own, 200, { name: 'Every second', scheduleExpression: '* * * * * *' });
  const ids = [];
  for (let i = 0; i < 3; i++) for (const job of jobs) ids.push(await own.trigger(job));
  await allEnded(own, ids);
  await waitFor(async () => (await own.executions(every)).some(({ status }) => status === 'Succeeded'), { what: 'a run by schedule' });
  await own.expect(200, own.post(`/jobs/${every.id}/pause`));
  await waitFor(async () => (await own.executions()).every(({ status }) => status === 'Succeeded'), { what: 'all to end' });
  const runs = await own.executions();
  assert.ok(mostAtOnce(runs) <= 3, `${mostAtOnce(runs)} at once`);
  assert.ok(mostAtOnce(runs) >= 2);
});

test('kill -9 with a full group: what was running is settled, and the limit still holds', async (t) => {
  const own = await startScheduler({ settings: { 'Scheduler:Jobs:OrphanPolicy': 'Fail' } });
  t.after(() => own.stop());
  const job = await slowJob(own, 700, { name: 'Crashed', concurrencyGroup: 'g', concurrencyGroupLimit: 1 });
  const ids = [await own.trigger(job), await own.trigger(job), await own.trigger(job)];
  await own.ended(ids[0], 'Running');
  await own.restart('SIGKILL');
  const runs = await allEnded(own, ids);
  assert.deepEqual(runs.map(({ status }) => status), ['Failed', 'Succeeded', 'Succeeded']);
  assert.equal(mostAtOnce(runs.slice(1)), 1);
});
