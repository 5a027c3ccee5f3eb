// GET /forecast: what the schedules will do, against the times that each job itself names.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { iso, startScheduler } from './support/scheduler.mjs';

let it;
before(async () => { it = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 2 } }); });
after(() => it?.stop());

const forecast = (query = '') => it.expect(200, it.get(`/forecast${query}`));

describe('forecast', { concurrency: false }, () => {

test('of an empty system: buckets without a gap, nothing planned', async () => {
  for (const [query, count, minutes] of [['', 24, 60], ['?hours=6', 72, 5], ['?hours=168', 168, 60], ['?hours=1&bucketMinutes=30', 2, 30], ['?hours=2&bucketMinutes=1440', 1, 1440]]) {
    const body = await forecast(query);
    assert.deepEqual([body.buckets.length, body.bucketMinutes, body.jobs, body.sampled, body.workersTotal], [count, minutes, 0, 1, 2], query);
    assert.deepEqual(body.collisions, []);
    body.buckets.forEach((each, i) => {
      assert.equal(Date.parse(each.bucket) - Date.parse(body.from), i * minutes * 60_000);
      assert.deepEqual([each.plannedExecutions, each.expectedBusyWorkers], [0, 0]);
    });
    assert.ok(Date.parse(body.from) <= Date.now() && Date.parse(body.from) + minutes * 60_000 > Date.now() - 1000);
    assert.equal(Date.parse(body.to) - Date.parse(body.from), count * minutes * 60_000);
  }
  for (const query of ['?hours=0', '?hours=169', '?bucketMinutes=0', '?bucketMinutes=1441', '?hours=168&bucketMinutes=1', '?x=1']) assert.equal((await it.get(`/forecast${query}`)).status, 400, query);
});

test('it plans what each job names as its next times', async () => {
  const jobs = await Promise.all([
    { scheduleExpression: '*/20 * * * *' }, { scheduleExpression: '*/20 * * * *' }, { scheduleExpression: '15 3 * * *', timezone: 'Asia/Kathmandu' }, { scheduleExpression: 'H * * * *' },
    { scheduleType: 'Interval', intervalSeconds: 1700 }, { scheduleType: 'OneTime', runAt: iso(Date.now() + 5_400_000) },
    { scheduleExpression: '0 * * * *', exclusions: { timeRange: { start: '00:00', end: '12:00' } } }, { scheduleExpression: '30 * * * *', maxRuns: 4 },
  ].map((each) => it.create(each)));
  await it.create({ scheduleExpression: '* * * * *', isEnabled: false });
  const body = await forecast('?hours=24&bucketMinutes=30');
  const from = Date.parse(body.from);
  const expected = body.buckets.map(() => 0);
  for (const job of jobs) {
    for (const { utc } of await it.upcoming(job, 200)) {
      const bucket = Math.floor((Date.parse(utc) - from) / 1_800_000);
      if (bucket < expected.length) expected[bucket]++;
    }
  }
  assert.deepEqual(body.buckets.map(({ plannedExecutions }) => plannedExecutions), expected);
  assert.deepEqual([body.jobs, body.unmeasuredJobs], [jobs.length, jobs.length]);
  for (const job of jobs) await it.delete(`/jobs/${job.id}`);
});

test('what takes longer than there are workers for is a collision, with the jobs that ask for most', async () => {
  const paused = await it.create({ scheduleExpression: '* * * * * *' });
  await it.expect(200, it.post(`/jobs/${paused.id}/pause`));
  const before = await forecast('?hours=2&bucketMinutes=60');
  assert.deepEqual([before.jobs, before.collisions.length], [0, 0], 'a paused job plans nothing');
  const patient = await it.create({ name: 'Takes its time', scheduleType: 'Interval', intervalSeconds: 1, startAt: iso(Date.now() + 3_600_000), jobConfiguration: { url: it.target.url('/slow/2500/patient') } });
  await it.run(patient);
  const body = await forecast('?hours=3&bucketMinutes=60');
  const { durationMs } = (await it.executions(patient))[0];
  assert.deepEqual([body.jobs, body.unmeasuredJobs], [1, 0]);
  assert.ok(body.collisions.length >= 1);
  const last = body.collisions.at(-1);
  assert.ok(Math.abs(last.expectedBusyWorkers - durationMs / 1000) < 0.02, JSON.stringify(last));
  assert.deepEqual(last.jobs.map(({ jobId, jobName }) => [jobId, jobName]), [[patient.id, 'Takes its time']]);
  const full = body.buckets.find(({ bucket }) => bucket === last.bucket);
  assert.equal(full.plannedExecutions, 3600);
  assert.equal(full.expectedBusyWorkers, last.expectedBusyWorkers);
});

});
