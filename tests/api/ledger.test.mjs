// Afterwards: what became of each due time, what was missed and is run later, and who changed what.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { iso, startScheduler, waitFor } from './support/scheduler.mjs';

let it;
before(async () => { it = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 50 } }); });
after(() => it?.stop());

const backfill = (job, fromDate, toDate) => it.post(`/jobs/${job.id}/backfill`, { fromDate, toDate });

describe('ledger', { concurrency: true }, () => {

test('each due time has its verdict: those that fired with their execution and how late it was', async () => {
  const job = await it.create({ scheduleExpression: '* * * * * *' });
  await it.endedOf(job, 3);
  await it.expect(200, it.post(`/jobs/${job.id}/pause`));
  const ran = await it.executions(job);
  const ledger = await it.ledger(job, Date.parse(ran[0].scheduledFor), Date.parse(ran.at(-1).scheduledFor));
  assert.deepEqual(ledger.map(({ due }) => due), ran.map(({ scheduledFor }) => scheduledFor));
  ledger.forEach((entry, i) => {
    assert.deepEqual([entry.verdict, entry.reason, entry.executionId, entry.status, entry.adjusted], ['Fired', null, ran[i].id, 'Succeeded', false]);
    assert.ok(Math.abs(entry.lateMs - (Date.parse(ran[i].startedAt) - Date.parse(ran[i].scheduledFor))) <= 1);
  });
});

test('due times that lie ahead are Upcoming, and the pages of the ledger join', async () => {
  const job = await it.create({ scheduleExpression: '0 * * * *', timezone: 'Europe/Berlin' });
  const from = Date.now();
  const all = await it.ledger(job, from, from + 40 * 3_600_000);
  assert.equal(all.length, 40);
  assert.ok(all.every(({ verdict, executionId, lateMs }) => verdict === 'Upcoming' && executionId === null && lateMs === null));
  const query = `fromDate=${iso(from)}&toDate=${iso(from + 40 * 3_600_000)}&pageSize=15`;
  const pages = [];
  for (let page = 1; page <= 3; page++) {
    const body = await it.expect(200, it.get(`/jobs/${job.id}/occurrences?${query}&pageNumber=${page}`));
    assert.equal(body.totalCount, 40);
    pages.push(...body.items);
  }
  assert.deepEqual(pages, all);
});

test('backfill runs the due times that never ran, oldest first, and asking twice makes none twice', async () => {
  const job = await it.create({ scheduleExpression: '0 * * * *', jobConfiguration: { url: it.target.url('/echo/backfill?at={{Execution.ScheduledFor}}') } });
  const range = ['2026-03-01T00:30:00Z', '2026-03-01T05:30:00Z'];
  const first = await backfill(job, ...range);
  assert.deepEqual([first.status, first.body], [202, { count: 5 }]);
  const again = await Promise.all(Array.from({ length: 4 }, () => backfill(job, ...range)));
  assert.deepEqual(again.map(({ body }) => body.count), [0, 0, 0, 0]);
  const ran = await it.endedOf(job, 5);
  assert.deepEqual(ran.map(({ scheduledFor }) => scheduledFor).sort(), [1, 2, 3, 4, 5].map((hour) => `2026-03-01T0${hour}:00:00.000Z`));
  for (const { trigger, triggeredBy, status } of ran) assert.deepEqual([trigger, triggeredBy, status], ['CatchUp', it.server.email, 'Succeeded']);
  assert.equal(it.target.callsOf('/echo/backfill').length, 5);
  const wider = await backfill(job, '2026-03-01T04:30:00Z', '2026-03-01T07:30:00Z');
  assert.equal(wider.body.count, 2);
});

/** The most that ran at one moment. */
function mostAtOnce(ran) {
  const moments = ran.filter(({ startedAt }) => startedAt).flatMap(({ startedAt, completedAt }) => [[Date.parse(startedAt), 1], [Date.parse(completedAt), -1]]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let now = 0;
  return moments.reduce((most, [, change]) => { now += change; return Math.max(most, now); }, 0);
}
const limited = (job, fromDate, toDate, maxConcurrent) => it.post(`/jobs/${job.id}/backfill`, { fromDate, toDate, maxConcurrent });

test('a backfill with maxConcurrent never has more at once, oldest first, and asking twice makes none twice', async () => {
  const job = await it.create({ scheduleExpression: '0 * * * *', jobConfiguration: { url: it.target.url('/slow/40/limited') } });
  const range = ['2026-05-01T00:30:00Z', '2026-05-01T12:30:00Z'];
  const first = await limited(job, ...range, 2);
  assert.deepEqual([first.status, first.body], [202, { count: 12 }]);
  assert.ok((await it.executions(job)).length < 12, 'the others wait for their turn');
  assert.deepEqual((await limited(job, ...range, 3)).body, { count: 0 });
  assert.deepEqual((await backfill(job, ...range)).body, { count: 0 });
  assert.deepEqual((await limited(job, '2026-05-01T11:30:00Z', '2026-05-01T14:30:00Z', 3)).body, { count: 2 });
  await it.endedOf(job, 14);
  const ran = await it.executions(job);
  assert.equal(ran.length, 14);
  assert.equal(new Set(ran.map(({ scheduledFor }) => scheduledFor)).size, 14);
  assert.ok(mostAtOnce(ran) <= 3, `${mostAtOnce(ran)} at once`);
  const due = ran.map(({ scheduledFor }) => scheduledFor);
  assert.deepEqual(due, [...due].sort(), 'made in the order of their due times');
  assert.ok(ran.every(({ trigger, triggeredBy, status }) => trigger === 'CatchUp' && triggeredBy === it.server.email && status === 'Succeeded'));
  for (const maxConcurrent of [0, -1, 1001, 1.5, 'two']) assert.deepEqual(Object.keys((await limited(job, ...range, maxConcurrent)).body.errors), ['maxConcurrent']);
});

test('a retry keeps its place in a limited backfill; cancelling one makes room for the next', async () => {
  const job = await it.create({ scheduleExpression: '0 * * * *', jobConfiguration: { url: it.target.url('/status/500') }, retryPolicy: { maxAttempts: 2, delaySeconds: 3600 } });
  assert.equal((await limited(job, '2026-05-02T00:30:00Z', '2026-05-02T03:30:00Z', 1)).body.count, 3);
  const retry = await waitFor(async () => (await it.executions(job, '&status=Pending')).find(({ trigger }) => trigger === 'Retry'), { what: 'a retry that waits' });
  assert.equal((await it.executions(job)).length, 2);
  await it.expect(200, it.post(`/executions/${retry.id}/cancel`));
  await waitFor(async () => (await it.executions(job)).length === 4, { what: 'the next one, and its retry' });
  await it.delete(`/jobs/${job.id}`);
});

test('a limited backfill waits while the job is paused, goes on after a restart, and goes with the job', async () => {
  const own = await startScheduler();
  try {
    const job = await own.create({ scheduleExpression: '0 * * * *', jobConfiguration: { url: own.target.url('/slow/100') } });
    const answer = await own.post(`/jobs/${job.id}/backfill`, { fromDate: '2026-05-03T00:30:00Z', toDate: '2026-05-03T06:30:00Z', maxConcurrent: 1 });
    assert.equal(answer.body.count, 6);
    await own.endedOf(job, 1);
    await own.expect(200, own.post(`/jobs/${job.id}/pause`));
    const seen = await waitFor(async () => {
      const all = await own.executions(job);
      return all.every(({ status }) => status === 'Succeeded') && all.length;
    }, { what: 'what was queued to end' });
    assert.ok(seen < 6);
    await own.restart('SIGKILL');
    assert.equal((await own.executions(job)).length, seen);
    await own.expect(200, own.post(`/jobs/${job.id}/resume`));
    await own.endedOf(job, seen + 1);
    await own.restart('SIGKILL');
    await own.endedOf(job, 6);
    const ran = await own.executions(job);
    assert.deepEqual([...new Set(ran.map(({ scheduledFor }) => scheduledFor))].length, 6);
    const gone = await own.create({ scheduleExpression: '0 * * * *', jobConfiguration: { url: own.target.url('/hang') } });
    const body = { fromDate: '2026-05-03T00:30:00Z', toDate: '2026-05-03T06:30:00Z', maxConcurrent: 1 };
    await own.expect(202, own.post(`/jobs/${gone.id}/backfill`, body));
    const running = await waitFor(async () => (await own.executions(gone, '&status=Running'))[0], { what: 'the first one' });
    await own.delete(`/jobs/${gone.id}`);
    await own.expect(200, own.post(`/executions/${running.id}/cancel`));
    await own.ended(running.id);
    const { totalCount } = await own.expect(200, own.get('/executions?status=Running'));
    assert.equal(totalCount, 0);
  } finally {
    await own.stop();
  }
});

test('of many backfills at once each due time is made once', async () => {
  const job = await it.create({ scheduleExpression: '*/10 * * * *' });
  const answers = await Promise.all(Array.from({ length: 6 }, () => backfill(job, '2026-04-01T00:00:00Z', '2026-04-01T03:00:00Z')));
  assert.equal(answers.reduce((sum, { body }) => sum + body.count, 0), 19);
  await it.endedOf(job, 19);
  const ran = await it.executions(job);
  assert.equal(new Set(ran.map(({ scheduledFor }) => scheduledFor)).size, ran.length);
  assert.equal(ran.length, 19);
});

test('backfill leaves out what is excluded, what already ran, and what is too much for one request', async () => {
  const job = await it.create({ scheduleExpression: '0 * * * *', exclusions: { timeRange: { start: '02:00', end: '04:00' } } });
  assert.equal((await backfill(job, '2026-03-02T00:30:00Z', '2026-03-02T05:30:00Z')).body.count, 3);
  const much = await it.create({ scheduleExpression: '* * * * *' });
  const refused = await backfill(much, '2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z');
  assert.deepEqual([refused.status, Object.keys(refused.body.errors)], [400, ['toDate']]);
  assert.equal((await it.executions(much)).filter(({ trigger }) => trigger === 'CatchUp').length, 0);
  assert.equal((await backfill(job, '2090-01-01T00:00:00Z', '2091-01-01T00:00:00Z')).body.count, 0);
});

test('a change of the schedule leaves no due time of the past without its verdict', async () => {
  const job = await it.create({ scheduleExpression: '* * * * * *' });
  await it.endedOf(job, 2);
  await it.expect(200, it.patch(`/jobs/${job.id}/reschedule`, { scheduleType: 'Cron', scheduleExpression: '*/2 * * * * *' }));
  const count = (await it.executions(job)).length;
  await it.endedOf(job, count + 1);
  await it.delete(`/jobs/${job.id}`);
});

test('the history of a job: who, what, when, from where, with the fields before and after', async () => {
  const user = await it.as('User', 'historian@example.com');
  const job = await it.create({ name: 'One', jobConfiguration: { url: it.target.url('/ok'), headers: { 'X-Api-Key': 'canary-of-history' } } });
  await user.expect(200, user.put(`/jobs/${job.id}`, { name: 'Two', jobConfiguration: { ...job.jobConfiguration, headers: { 'X-Api-Key': 'canary-of-history-2' } } }));
  await user.expect(200, user.post(`/jobs/${job.id}/pause`));
  await user.expect(200, user.post(`/jobs/${job.id}/resume`));
  await user.expect(200, user.post(`/jobs/${job.id}/exclusions`, { excludedDaysOfWeek: ['Monday'] }));
  await user.expect(200, user.patch(`/jobs/${job.id}/reschedule`, { scheduleExpression: '1 1 1 1 *' }));
  const id = await user.trigger(job);
  await user.ended(id);
  const answer = await it.get(`/jobs/${job.id}/history?pageSize=200`);
  const { items, totalCount } = answer.body;
  assert.equal(totalCount, items.length);
  assert.deepEqual(items.map(({ action }) => action).reverse(), ['job.create', 'job.update', 'job.pause', 'job.resume', 'job.exclusions', 'job.reschedule', 'job.trigger']);
  assert.deepEqual(items.map(({ actor }) => actor).reverse(), [it.server.email, ...Array(6).fill('historian@example.com')]);
  assert.ok(items.every(({ address, at }) => address === '127.0.0.1' && /Z$/.test(at)));
  const sequence = items.map((item) => item.sequence);
  assert.deepEqual(sequence, [...sequence].sort((a, b) => b - a));
  const update = items.find(({ action }) => action === 'job.update');
  assert.deepEqual([update.before.name, update.after.name], ['One', 'Two']);
  assert.ok(update.before.jobConfiguration && !Object.hasOwn(update.before, 'timezone'));
  assert.deepEqual([items.find(({ action }) => action === 'job.pause').before, items.find(({ action }) => action === 'job.create').before], [{ isPaused: false }, null]);
  assert.ok(!answer.text.includes('canary-of-history'));
  const page = await it.expect(200, it.get(`/jobs/${job.id}/history?pageSize=2&pageNumber=2`));
  assert.deepEqual(page.items, items.slice(2, 4));
});

test('what was refused is not in the history', async () => {
  const job = await it.create();
  const viewer = await it.as('Viewer', 'refused@example.com');
  assert.equal((await viewer.put(`/jobs/${job.id}`, { name: 'x' })).status, 403);
  assert.equal((await it.put(`/jobs/${job.id}`, { name: '' })).status, 400);
  assert.equal((await it.put(`/jobs/${job.id}`, { name: 'x' }, { 'If-Match': '"999"' })).status, 412);
  assert.equal((await it.history(job)).totalCount, 1);
});

test('upcoming, preview and explain name the same times', async () => {
  for (const [scheduleExpression, timezone] of [['*/7 3 * * *', 'America/New_York'], ['0 0 L * *', 'Europe/Berlin'], ['30 2 * * MON#2', 'Asia/Kathmandu'], ['@weekly', 'UTC']]) {
    const job = await it.create({ scheduleExpression, timezone, isEnabled: true });
    const upcoming = await it.upcoming(job, 20);
    const from = job.createdAt;
    const explained = await it.expect(200, it.post('/cron/explain', { expression: scheduleExpression, timezone, from, count: 20 }));
    assert.deepEqual(explained.next, upcoming, scheduleExpression);
    const previewed = await it.expect(200, it.post('/jobs/preview', { job: it.job({ scheduleExpression, timezone }), from, to: upcoming.at(-1).utc }));
    assert.deepEqual(previewed.items, upcoming, scheduleExpression);
    assert.equal(job.nextRunAt, upcoming[0].utc);
  }
});

test('a preview stores nothing', async () => {
  const before = (await it.expect(200, it.get('/jobs?search=only%20a%20preview'))).totalCount;
  const body = await it.expect(200, it.post('/jobs/preview', { job: it.job({ name: 'Only a preview', scheduleExpression: '* * * * *' }), from: '2030-01-01T00:00:00Z', to: '2030-01-03T00:00:00Z' }));
  assert.deepEqual([body.count, body.more, body.items.length], [1000, true, 1000]);
  assert.equal((await it.expect(200, it.get('/jobs?search=only%20a%20preview'))).totalCount, before);
  await waitFor(() => true);
});

});
