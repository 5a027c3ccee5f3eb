// When jobs run: what `upcoming` says beforehand, and that what ran equals it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { iso, slow, startScheduler, waitFor } from './support/scheduler.mjs';

let it;
before(async () => { it = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 50 } }); });
after(() => it?.stop());

const second = 1000;
/** Instants as milliseconds, oldest first. */
const dueTimes = (executions) => executions.map(({ scheduledFor }) => Date.parse(scheduledFor)).sort((a, b) => a - b);
const utc = (items) => items.map((item) => item.utc);

/** Lets a job run until COUNT of the due times that it named beforehand are over, and holds the two against each other. */
async function runsAsForetold(job, count) {
  const foretold = utc(await it.upcoming(job, count));
  assert.equal(foretold.length, count);
  const ran = await it.endedOf(job, count, 30 + count);
  assert.deepEqual(ran.slice(0, count).map(({ scheduledFor }) => scheduledFor), foretold);
  for (const { status, startedAt, scheduledFor, trigger } of ran) {
    const late = Date.parse(startedAt) - Date.parse(scheduledFor);
    assert.ok(late >= 0, `${startedAt} is earlier than ${scheduledFor}`);
    assert.ok(late < 1000 * slow, `${late} ms late`);
    assert.deepEqual([status, trigger], ['Succeeded', 'Schedule']);
  }
  return ran;
}

// Most of them wait for the clock, so they wait together.
describe('schedules', { concurrency: true }, () => {

test('every second: each second once, none early, none twice', async () => {
  const job = await it.create({ name: 'Every second', scheduleExpression: '* * * * * *', jobConfiguration: { url: it.target.url('/ok/every-second') } });
  const ran = await runsAsForetold(job, 4);
  await it.expect(200, it.post(`/jobs/${job.id}/pause`));
  const times = dueTimes(ran);
  times.forEach((time, i) => assert.equal(time - times[0], i * second));
  const keys = it.target.callsOf('/ok/every-second').map(({ headers }) => headers['idempotency-key']);
  assert.equal(new Set(keys).size, keys.length);
});

test('every two seconds by pattern', async () => {
  const job = await it.create({ scheduleExpression: '*/2 * * * * *' });
  const ran = await runsAsForetold(job, 2);
  assert.ok(dueTimes(ran).every((time) => time % 2000 === 0));
  await it.delete(`/jobs/${job.id}`);
});

test('an interval counts from the creation, at a fixed rate, whatever runs take', async () => {
  const job = await it.create({ scheduleType: 'Interval', intervalSeconds: 1, jobConfiguration: { url: it.target.url('/slow/1300') } });
  const ran = await it.endedOf(job, 3);
  await it.delete(`/jobs/${job.id}`);
  const times = dueTimes(ran);
  const created = Date.parse(job.createdAt);
  times.forEach((time, i) => assert.equal(time, created + (i + 1) * second));
});

test('an interval counts from startAt when there is one', async () => {
  const startAt = Date.now() - 3600_000 + 500;
  const job = await it.create({ scheduleType: 'Interval', intervalSeconds: 7, startAt: iso(startAt) });
  for (const at of utc(await it.upcoming(job, 5))) {
    assert.equal((Date.parse(at) - startAt) % 7000, 0, at);
    assert.ok(Date.parse(at) > Date.parse(job.createdAt));
  }
});

test('a fixed delay counts from the end of the run before', async () => {
  const job = await it.create({ scheduleType: 'Interval', intervalSeconds: 1, intervalMode: 'FixedDelay', jobConfiguration: { url: it.target.url('/slow/700') } });
  const ran = await it.endedOf(job, 3);
  await it.delete(`/jobs/${job.id}`);
  for (let i = 1; i < 3; i++) {
    const gap = Date.parse(ran[i].scheduledFor) - Date.parse(ran[i - 1].completedAt);
    assert.ok(gap >= 990 && gap < 1000 + 800 * slow, `${gap} ms after the end`);
  }
});

test('a one-time job runs at its instant, is Completed, and has no next run', async () => {
  const runAt = iso(Date.now() + 1200);
  const job = await it.create({ scheduleType: 'OneTime', runAt });
  assert.deepEqual([job.nextRunAt, utc(await it.upcoming(job))], [runAt, [runAt]]);
  const [execution] = await it.endedOf(job, 1);
  assert.equal(execution.scheduledFor, runAt);
  const done = await waitFor(async () => { const now = await it.show(job); return now.currentStatus === 'Completed' && now; }, { what: 'Completed' });
  assert.equal(done.nextRunAt, null);
  assert.deepEqual(await it.upcoming(job), []);
});

test('a one-time job in the past runs at once', async () => {
  const job = await it.create({ scheduleType: 'OneTime', runAt: '2001-02-03T04:05:06Z' });
  const [execution] = await it.endedOf(job, 1);
  assert.deepEqual([execution.scheduledFor, execution.status, execution.trigger], ['2001-02-03T04:05:06.000Z', 'Succeeded', 'Schedule']);
  assert.equal((await it.executions(job)).length, 1);
});

test('a completed one-time job runs again when it is given another time', async () => {
  const job = await it.create({ scheduleType: 'OneTime', runAt: '2001-02-03T04:05:06Z' });
  await it.endedOf(job, 1);
  await it.expect(200, it.patch(`/jobs/${job.id}/reschedule`, { runAt: iso(Date.now() + 300) }));
  assert.equal((await it.endedOf(job, 2)).length, 2);
});

test('maxRuns: after so many runs by schedule it is Completed; triggers do not count', async () => {
  const job = await it.create({ scheduleType: 'Interval', intervalSeconds: 1, maxRuns: 2 });
  await it.run(job);
  assert.equal((await it.upcoming(job, 100)).length <= 2, true);
  await waitFor(async () => (await it.show(job)).currentStatus === 'Completed', { what: 'Completed' });
  await it.endedOf(job, 3);
  const by = (await it.executions(job)).map(({ trigger }) => trigger).sort();
  assert.deepEqual(by, ['Manual', 'Schedule', 'Schedule']);
  assert.deepEqual(await it.upcoming(job), []);
  assert.equal((await it.show(job)).nextRunAt, null);
});

test('startAt and endAt bound the schedule, both ends included', async () => {
  const first = Math.ceil(Date.now() / 1000) * 1000 + 1000;
  const job = await it.create({ scheduleExpression: '* * * * * *', startAt: iso(first), endAt: iso(first + 2000) });
  const foretold = utc(await it.upcoming(job, 50));
  assert.deepEqual(foretold, [first, first + 1000, first + 2000].map(iso));
  await waitFor(async () => (await it.show(job)).currentStatus === 'Completed', { what: 'Completed' });
  await it.endedOf(job, 3);
  assert.deepEqual(dueTimes(await it.executions(job)).map(iso), foretold);
});

test('a paused job starts nothing, can be triggered, and goes on when it is resumed', async () => {
  const job = await it.create({ scheduleExpression: '* * * * * *' });
  await it.endedOf(job, 1);
  const paused = await it.expect(200, it.post(`/jobs/${job.id}/pause`));
  assert.deepEqual([paused.isPaused, paused.currentStatus, paused.pausedUntil], [true, 'Paused', null]);
  assert.deepEqual(await it.upcoming(job), []);
  const before = (await it.executions(job)).filter(({ trigger }) => trigger === 'Schedule').length;
  assert.equal((await it.run(job)).status, 'Succeeded');
  const mark = Date.now();
  await waitFor(() => Date.now() > mark + 2200, { what: 'two seconds of pause', every: 100 });
  assert.equal((await it.executions(job)).filter(({ trigger }) => trigger === 'Schedule').length, before);
  const resumed = await it.expect(200, it.post(`/jobs/${job.id}/resume`));
  assert.deepEqual([resumed.isPaused, resumed.currentStatus], [false, 'Active']);
  assert.ok(Date.parse(resumed.nextRunAt) > mark);
  await it.endedOf(job, before + 3);
  await it.expect(200, it.post(`/jobs/${job.id}/pause`));
  const from = Date.parse(job.createdAt);
  const skipped = (await it.ledger(job, from, Date.now())).filter(({ verdict }) => verdict === 'Skipped');
  assert.ok(skipped.length >= 2 && skipped.every(({ reason }) => reason === 'Paused'), JSON.stringify(skipped));
});

test('a pause with an end goes on by itself', async () => {
  const job = await it.create({ scheduleExpression: '* * * * * *' });
  const until = iso(Date.now() + 2500);
  const paused = await it.expect(200, it.post(`/jobs/${job.id}/pause`, { until }));
  assert.deepEqual([paused.isPaused, paused.pausedUntil], [true, until]);
  const count = (await it.executions(job)).length;
  const ran = await it.endedOf(job, count + 1);
  const firstAfter = Date.parse(ran[count].scheduledFor);
  assert.ok(firstAfter >= Date.parse(until) && firstAfter <= Date.parse(until) + 1000 * slow, ran[count].scheduledFor);
  const job2 = await it.show(job);
  assert.deepEqual([job2.isPaused, job2.pausedUntil], [false, null]);
  await it.delete(`/jobs/${job.id}`);
});

test('a disabled job starts nothing but what is triggered', async () => {
  const job = await it.create({ scheduleExpression: '* * * * * *', isEnabled: false });
  assert.deepEqual([job.currentStatus, await it.upcoming(job)], ['Disabled', []]);
  const execution = await it.run(job);
  assert.deepEqual([execution.status, execution.trigger, execution.triggeredBy], ['Succeeded', 'Manual', it.server.email]);
  await it.expect(200, it.put(`/jobs/${job.id}`, { isEnabled: true }));
  await it.endedOf(job, 2);
  await it.delete(`/jobs/${job.id}`);
});

test('exclusions: upcoming and nextRunAt know them, a trigger ignores them, and several replace each other', async () => {
  const job = await it.create({ scheduleExpression: '0 * * * *', timezone: 'Asia/Kathmandu' });
  const set = await it.expect(200, it.post(`/jobs/${job.id}/exclusions`, { excludedDaysOfWeek: ['saturday', 0], timeRange: { start: '22:00', end: '06:00' } }));
  assert.deepEqual(set.excludedDaysOfWeek, ['Sunday', 'Saturday']);
  const items = await it.upcoming(job, 200);
  for (const { local, utc: at } of items) {
    const hour = Number(local.slice(11, 13));
    assert.ok(hour >= 6 && hour < 22, local);
    assert.ok(![0, 6].includes(new Date(Date.parse(at) + 20_700_000).getUTCDay()), local);
    assert.ok(local.endsWith('+05:45'), local);
  }
  assert.equal((await it.show(job)).nextRunAt, items[0].utc);
  const [firstDay] = items[0].local.split('T');
  await it.expect(200, it.post(`/jobs/${job.id}/exclusions`, { excludedDates: [firstDay] }));
  const later = await it.upcoming(job, 48);
  assert.ok(later.every(({ local }) => !local.startsWith(firstDay)));
  assert.ok(later.some(({ local }) => local.slice(11, 13) === '23'), 'the time range is gone');
  assert.equal((await it.run(job)).status, 'Succeeded');
  assert.deepEqual(await it.expect(200, it.delete(`/jobs/${job.id}/exclusions`)), {});
  assert.equal((await it.show(job)).exclusions, null);
});

test('a due time inside an exclusion is passed over, and the ledger says so', async () => {
  const today = iso(Date.now()).slice(0, 10);
  const tomorrow = iso(Date.now() + 86_400_000).slice(0, 10);
  const job = await it.create({ scheduleExpression: '* * * * * *', exclusions: { excludedDates: [today, tomorrow] } });
  assert.ok(Date.parse(job.nextRunAt) >= Date.parse(`${tomorrow}T00:00:00Z`) + 86_400_000);
  const from = Date.parse(job.createdAt);
  await waitFor(() => Date.now() > from + 2500, { what: 'two due times', every: 100 });
  const ledger = await it.ledger(job, from, Date.now());
  assert.ok(ledger.length >= 2);
  for (const { verdict, reason } of ledger) assert.deepEqual([verdict, reason], ['Skipped', 'Exclusion']);
  assert.equal((await it.executions(job)).length, 0);
});

// ---- daylight saving

const preview = async (job, from, to) => (await it.expect(200, it.post('/jobs/preview', { job: it.job(job), from, to }))).items;

test('Lord Howe: the gap and the overlap of half an hour', async () => {
  const zone = { timezone: 'Australia/Lord_Howe' };
  // On 2026-10-04 02:00 +10:30 becomes 02:30 +11:00: 02:15 does not exist and runs once, at the first instant after.
  const gap = await preview({ ...zone, scheduleExpression: '15 2 * * *' }, '2026-10-03T00:00:00Z', '2026-10-04T16:00:00Z');
  assert.deepEqual(gap.map(({ utc: at, local, adjusted }) => [at, local, adjusted]), [
    ['2026-10-03T15:30:00.000Z', '2026-10-04T02:30:00+11:00', true],
    ['2026-10-04T15:15:00.000Z', '2026-10-05T02:15:00+11:00', false],
  ]);
  // On 2026-04-05 02:00 +11:00 becomes 01:30 +10:30: 01:45 occurs twice and runs the first time.
  const once = await preview({ ...zone, scheduleExpression: '45 1 * * *' }, '2026-04-04T14:00:00Z', '2026-04-05T13:00:00Z');
  assert.deepEqual(utc(once), ['2026-04-04T14:45:00.000Z']);
  const both = await preview({ ...zone, scheduleExpression: '*/15 1 * * *' }, '2026-04-04T13:30:00Z', '2026-04-04T16:00:00Z');
  assert.deepEqual(utc(both), ['14:00', '14:15', '14:30', '14:45', '15:00', '15:15'].map((at) => `2026-04-04T${at}:00.000Z`));
  const last = await preview({ ...zone, scheduleExpression: '45 1 * * *', dstPolicy: { overlap: 'Last' } }, '2026-04-04T14:00:00Z', '2026-04-05T13:00:00Z');
  assert.deepEqual(utc(last), ['2026-04-04T15:15:00.000Z']);
});

test('a job in Lord Howe time runs every second of it', async () => {
  const job = await it.create({ scheduleExpression: '* * * * * *', timezone: 'Australia/Lord_Howe' });
  const ran = await runsAsForetold(job, 2);
  await it.delete(`/jobs/${job.id}`);
  assert.ok(ran.length >= 2);
});

test('Berlin: the policies of gap and overlap', async () => {
  const due = (policy, expression, from) => preview({ timezone: 'Europe/Berlin', scheduleExpression: expression, dstPolicy: policy }, `${from}T00:00:00+01:00`, `${from}T12:00:00+01:00`);
  const spring = '2026-03-29';
  const autumn = '2026-10-25';
  assert.deepEqual(utc(await due({}, '30 2 * * *', spring)), ['2026-03-29T01:00:00.000Z']);
  assert.deepEqual(utc(await due({ gap: 'Shift' }, '30 2 * * *', spring)), ['2026-03-29T01:30:00.000Z']);
  assert.deepEqual(utc(await due({ gap: 'Skip' }, '30 2 * * *', spring)), []);
  assert.deepEqual(utc(await due({}, '30 2 * * *', autumn)), ['2026-10-25T00:30:00.000Z']);
  assert.deepEqual(utc(await due({ overlap: 'Both' }, '30 2 * * *', autumn)), ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z']);
  assert.deepEqual(utc(await due({ overlap: 'Last' }, '30 2 * * *', autumn)), ['2026-10-25T01:30:00.000Z']);
  assert.deepEqual(utc(await due({ overlap: 'First' }, '0,30 2 * * *', autumn)), ['2026-10-25T00:00:00.000Z', '2026-10-25T00:30:00.000Z']);
});

test('H spreads jobs, and a job keeps its place', async () => {
  const jobs = await Promise.all(Array.from({ length: 8 }, () => it.create({ scheduleExpression: 'H H * * *' })));
  assert.ok(new Set(jobs.map(({ nextRunAt }) => nextRunAt.slice(11))).size > 3);
  const [job] = jobs;
  const same = await it.expect(200, it.put(`/jobs/${job.id}`, { name: 'Another name' }));
  assert.equal(same.nextRunAt, job.nextRunAt);
  const times = utc(await it.upcoming(job, 3)).map((at) => at.slice(11));
  assert.equal(new Set(times).size, 1);
});

test('jitter delays by at most so much, and the due time stays what it was', async () => {
  const job = await it.create({ scheduleExpression: '* * * * * *', jitterSeconds: 2 });
  const ran = await it.endedOf(job, 3);
  await it.delete(`/jobs/${job.id}`);
  for (const { scheduledFor, availableAt } of ran) {
    const delay = Date.parse(availableAt) - Date.parse(scheduledFor);
    assert.ok(delay >= 0 && delay <= 2000, `${delay} ms`);
    assert.equal(Date.parse(scheduledFor) % 1000, 0);
  }
});

test('a change of the name neither moves nor repeats the next run; one of the schedule counts from now', async () => {
  const job = await it.create({ scheduleType: 'Interval', intervalSeconds: 3600 });
  await waitFor(() => Date.now() > Date.parse(job.createdAt) + 50, { what: 'a moment' });
  assert.equal((await it.expect(200, it.put(`/jobs/${job.id}`, { name: 'B', intervalSeconds: 3600 }))).nextRunAt, job.nextRunAt);
  const changed = await it.expect(200, it.put(`/jobs/${job.id}`, { intervalSeconds: 60 }));
  assert.ok(Date.parse(changed.nextRunAt) > Date.now() && Date.parse(changed.nextRunAt) <= Date.now() + 60_000, changed.nextRunAt);
});

});
