// GET /dashboard/stats and the timeline: every figure against a recount of the lists, and what they cost.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { iso, slow, startScheduler, waitFor } from './support/scheduler.mjs';

let it;
before(async () => { it = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 7 } }); });
after(() => it?.stop());

const stats = (who = it) => who.expect(200, who.get('/dashboard/stats'));
const timeline = (query) => it.expect(200, it.get(`/executions/timeline${query}`));

/** What the figures must be, counted from the lists of jobs and executions. */
async function recount() {
  const jobs = [];
  for (let page = 1; ; page++) {
    const body = await it.expect(200, it.get(`/jobs?pageSize=200&pageNumber=${page}`));
    jobs.push(...body.items);
    if (jobs.length >= body.totalCount) break;
  }
  const ran = await it.executions();
  const of = (status) => ran.filter((each) => each.status === status).length;
  const jobsOf = (status) => jobs.filter(({ currentStatus }) => currentStatus === status).length;
  const ended = of('Succeeded') + of('Failed') + of('Cancelled');
  const soon = Date.now() + 3_600_000;
  return {
    totalJobs: jobs.length, enabledJobs: jobs.filter(({ isEnabled, isPaused }) => isEnabled && !isPaused).length,
    activeJobs: jobsOf('Active'), pausedJobs: jobsOf('Paused'), disabledJobs: jobsOf('Disabled'), failedJobs: jobsOf('Failed'), completedJobs: jobsOf('Completed'),
    successRate: ended === 0 ? 100 : (100 * of('Succeeded')) / ended, recentFailureCount: of('Failed'), executionsToday: ended + of('Running'),
    upcomingExecutions: jobs.filter(({ nextRunAt }) => nextRunAt && Date.parse(nextRunAt) < soon).length + of('Pending'),
    pendingExecutions: of('Pending'), runningExecutions: of('Running'), workersBusy: of('Running'),
  };
}

describe('stats', { concurrency: false }, () => {

test('of an empty system: nothing ended is a success rate of 100', async () => {
  const { at, nodeName, ...rest } = await stats();
  assert.match(at, /Z$/);
  assert.ok(nodeName.length > 0);
  assert.deepEqual(rest, {
    totalJobs: 0, enabledJobs: 0, activeJobs: 0, pausedJobs: 0, disabledJobs: 0, failedJobs: 0, completedJobs: 0, successRate: 100, recentFailureCount: 0, averageDurationSeconds: 0,
    executionsToday: 0, upcomingExecutions: 0, pendingExecutions: 0, runningExecutions: 0, workersBusy: 0, workersTotal: 7, isPaused: false,
    queues: ['critical', 'default', 'background'].map((name) => ({ name, pendingCount: 0, oldestWaitSeconds: 0 })), nextExecutions: [], windowHours: 24, upcomingWindowMinutes: 60,
  });
});

test('every figure equals a recount', async () => {
  const good = await it.create({ name: 'Good', jobConfiguration: { url: it.target.url('/slow/40') } });
  const bad = await it.create({ name: 'Bad', jobConfiguration: { url: it.target.url('/status/500') } });
  const again = await it.create({ name: 'Again', jobConfiguration: { url: it.target.url('/status/500') }, retryPolicy: { maxAttempts: 2, delaySeconds: 3600 }, queue: 'background' });
  const hanging = await it.create({ name: 'Hanging', jobConfiguration: { url: it.target.url('/hang') } });
  const soon = await it.create({ name: 'Soon', scheduleType: 'OneTime', runAt: iso(Date.now() + 1_800_000) });
  await it.create({ name: 'Later', scheduleType: 'OneTime', runAt: iso(Date.now() + 7_200_000) });
  await it.create({ name: 'Disabled', isEnabled: false });
  const paused = await it.create({ name: 'Paused' });
  await it.expect(200, it.post(`/jobs/${paused.id}/pause`));
  const deleted = await it.create({ name: 'Deleted' });
  await it.delete(`/jobs/${deleted.id}`);
  for (const job of [good, good, good, bad, again]) await it.run(job);
  const running = [await it.trigger(hanging), await it.trigger(hanging), await it.trigger(hanging)];
  for (const id of running) await it.ended(id, 'Running');
  await it.expect(200, it.post(`/executions/${running[0]}/cancel`));
  await it.ended(running[0], 'Cancelled');
  await waitFor(async () => (await it.executions(again)).length === 2, { what: 'a retry that waits' });
  const { averageDurationSeconds, queues, nextExecutions, ...seen } = await stats();
  for (const [name, value] of Object.entries(await recount())) assert.equal(seen[name], value, name);
  assert.deepEqual([seen.recentFailureCount, seen.successRate, seen.runningExecutions, seen.pendingExecutions], [2, 50, 2, 1]);
  const measured = (await it.executions()).filter(({ status }) => ['Succeeded', 'Failed'].includes(status));
  const mean = measured.reduce((sum, { durationMs }) => sum + durationMs, 0) / measured.length / 1000;
  assert.ok(Math.abs(averageDurationSeconds - mean) < 0.0015, `${averageDurationSeconds} and ${mean}`);
  assert.deepEqual(queues.map(({ name, pendingCount }) => [name, pendingCount]), [['critical', 0], ['default', 0], ['background', 1]]);
  assert.equal(queues[2].oldestWaitSeconds, 0); // it waits for its delay, not for a worker
  assert.equal(nextExecutions[0].jobId, soon.id);
  assert.deepEqual(nextExecutions[0], { jobId: soon.id, jobName: 'Soon', nextRunAt: soon.nextRunAt });
  const times = nextExecutions.map(({ nextRunAt }) => nextRunAt);
  assert.deepEqual(times, [...times].sort());
  assert.ok(!nextExecutions.some(({ jobName }) => ['Disabled', 'Paused', 'Deleted'].includes(jobName)));
  for (const id of running.slice(1)) await it.expect(200, it.post(`/executions/${id}/cancel`));
});

test('a queue says how long its first one has waited for a worker', async () => {
  const small = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 1, 'Scheduler:Monitoring:StatsWindowHours': 48, 'Scheduler:Monitoring:UpcomingWindowMinutes': 90 } });
  try {
    const job = await small.create({ jobConfiguration: { url: small.target.url('/hang') } });
    const first = await small.trigger(job);
    await small.ended(first, 'Running');
    await small.trigger(job, { queue: 'critical' });
    const from = Date.now();
    const [critical] = (await waitFor(async () => {
      const each = await stats(small);
      return each.queues[0].oldestWaitSeconds >= 0.2 && each;
    }, { what: 'a wait' })).queues;
    assert.equal(critical.pendingCount, 1);
    assert.ok(critical.oldestWaitSeconds <= (Date.now() - from) / 1000 + slow);
    const { windowHours, upcomingWindowMinutes, workersBusy, workersTotal } = await stats(small);
    assert.deepEqual([windowHours, upcomingWindowMinutes, workersBusy, workersTotal], [48, 90, 1, 1]);
  } finally {
    await small.stop();
  }
});

test('the buckets of the timeline: their number, length and order, empty ones included', async () => {
  for (const [query, count, minutes] of [['', 24, 60], ['?hours=1', 12, 5], ['?hours=6', 72, 5], ['?hours=7', 7, 60], ['?hours=336', 336, 60], ['?hours=337', 15, 1440], ['?hours=8760', 365, 1440],
    ['?hours=48', 48, 60], ['?hours=2&bucketMinutes=7', 18, 7], ['?hours=1&bucketMinutes=120', 1, 120]]) {
    const buckets = await timeline(query);
    assert.equal(buckets.length, count, query);
    const starts = buckets.map(({ bucket }) => Date.parse(bucket));
    starts.forEach((start, i) => assert.equal(start - starts[0], i * minutes * 60_000, query));
    assert.ok(starts.every((start) => start % (minutes * 60_000) === 0), query);
    assert.ok(starts.at(-1) <= Date.now() && Date.now() < starts.at(-1) + minutes * 60_000, `${query}: the last one holds this moment`);
  }
  for (const query of ['?hours=0', '?hours=8761', '?hours=1.5', '?hours=x', '?bucketMinutes=0', '?hours=8760&bucketMinutes=1']) assert.equal((await it.get(`/executions/timeline${query}`)).status, 400, query);
});

test('both are quick', async () => {
  const middle = async (path) => {
    const times = [];
    for (let i = 0; i < 60; i++) {
      const from = performance.now();
      await it.expect(200, it.get(path));
      times.push(performance.now() - from);
    }
    return times.sort((a, b) => a - b)[30];
  };
  for (const path of ['/dashboard/stats', '/executions/timeline?hours=8760', '/executions/timeline?hours=48']) {
    const ms = await middle(path);
    assert.ok(ms < 20 * slow, `${path}: ${ms} ms`);
  }
});

});
