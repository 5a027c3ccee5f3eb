// The decision ledger: each verdict there is, for each reason, made on the real server.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startScheduler, waitFor } from './support/scheduler.mjs';

let it;
before(async () => { it = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 20 } }); });
after(() => it?.stop());

const everySecond = { scheduleExpression: '* * * * * *' };
const second = (time) => Math.ceil(time / 1000) * 1000;
const passed = (time) => waitFor(() => Date.now() > time, { what: 'a moment' });

/** The verdicts of [from, to] as "Skipped Paused", each once. */
async function verdicts(who, job, from, to) {
  const items = await who.ledger(job, from, to);
  assert.ok(items.length > 0, 'there are due times');
  return [...new Set(items.map(({ verdict, reason }) => (reason ? `${verdict} ${reason}` : verdict)))];
}

describe('verdicts', { concurrency: true }, () => {

test('Fired, and Skipped for Overlap while one is still going', async () => {
  const job = await it.create({ ...everySecond, concurrencyPolicy: 'Skip', jobConfiguration: { url: it.target.url('/slow/2500/overlap') } });
  const skipped = await waitFor(async () => (await it.executions(job, '&status=Cancelled'))[0], { what: 'a skip that is recorded' });
  await it.expect(200, it.post(`/jobs/${job.id}/pause`));
  const [entry] = await it.ledger(job, Date.parse(skipped.scheduledFor), Date.parse(skipped.scheduledFor));
  assert.deepEqual([entry.verdict, entry.reason, entry.executionId], ['Skipped', 'Overlap', skipped.id]);
  const ran = (await it.executions(job)).find(({ startedAt }) => startedAt);
  const [fired] = await it.ledger(job, Date.parse(ran.scheduledFor), Date.parse(ran.scheduledFor));
  assert.deepEqual([fired.verdict, fired.reason, fired.executionId], ['Fired', null, ran.id]);
});

test('Skipped for Paused and for Disabled, also after it runs again', async () => {
  for (const [reason, rest, work] of [
    ['Paused', (job) => it.post(`/jobs/${job.id}/pause`), (job) => it.post(`/jobs/${job.id}/resume`)],
    ['Disabled', (job) => it.put(`/jobs/${job.id}`, { isEnabled: false }), (job) => it.put(`/jobs/${job.id}`, { isEnabled: true })],
  ]) {
    const job = await it.create(everySecond);
    await it.endedOf(job, 1);
    await it.expect(200, rest(job));
    const from = second(Date.now());
    await passed(from + 2000);
    assert.deepEqual(await verdicts(it, job, from, from + 1000), [`Skipped ${reason}`], 'while it rests');
    await it.expect(200, work(job));
    const count = (await it.executions(job)).length;
    await it.endedOf(job, count + 1);
    assert.deepEqual(await verdicts(it, job, from, from + 1000), [`Skipped ${reason}`], 'and afterwards');
    await it.delete(`/jobs/${job.id}`);
  }
});

test('Skipped for an Exclusion, ahead and in the past', async () => {
  const day = new Date().toLocaleDateString('en-US', { weekday: 'long', timeZone: 'UTC' });
  const job = await it.create({ ...everySecond, exclusions: { excludedDaysOfWeek: [day] } });
  const from = second(Date.now());
  await passed(from + 1500);
  assert.deepEqual(await verdicts(it, job, from, from + 1000), ['Skipped Exclusion']);
  assert.deepEqual(await it.executions(job), []);
  const hourly = await it.create({ scheduleExpression: '0 * * * *', exclusions: { timeRange: { start: '22:00', end: '06:00' } } });
  const tomorrow = Math.ceil(Date.now() / 86_400_000) * 86_400_000;
  const items = await it.ledger(hourly, tomorrow, tomorrow + 86_399_000);
  assert.deepEqual(items.map(({ reason }) => reason === 'Exclusion'), Array.from({ length: 24 }, (_, hour) => hour >= 22 || hour < 6));
});

test('Skipped for DaylightSaving where dstPolicy says so', async () => {
  const job = await it.create({ scheduleExpression: '30 2 * * *', timezone: 'Europe/Berlin', dstPolicy: { gap: 'Skip', overlap: 'Auto' } });
  const items = await it.ledger(job, Date.parse('2027-03-27T00:00:00Z'), Date.parse('2027-03-29T12:00:00Z'));
  assert.deepEqual(items.map(({ verdict, reason }) => reason ?? verdict), ['Upcoming', 'DaylightSaving', 'Upcoming']);
  const moved = await it.create({ scheduleExpression: '30 2 * * *', timezone: 'Europe/Berlin' });
  const [, shifted] = await it.ledger(moved, Date.parse('2027-03-27T00:00:00Z'), Date.parse('2027-03-29T12:00:00Z'));
  assert.deepEqual([shifted.verdict, shifted.adjusted, shifted.due], ['Upcoming', true, '2027-03-28T01:00:00.000Z']);
});

test('Skipped for EndOfSchedule when all runs are used up', async () => {
  const job = await it.create({ ...everySecond, maxRuns: 1 });
  const [only] = await it.endedOf(job, 1);
  const from = Date.parse(only.scheduledFor) + 1000;
  await passed(from + 1000);
  assert.deepEqual(await verdicts(it, job, from, from + 1000), ['Skipped EndOfSchedule']);
  assert.equal((await it.show(job)).currentStatus, 'Completed');
});

test('Skipped for Misfire: what came due while nothing ran', async () => {
  const own = await startScheduler();
  try {
    const skips = await own.create({ ...everySecond, name: 'Skips', misfirePolicy: 'Skip' });
    const once = await own.create({ ...everySecond, name: 'Once', misfirePolicy: 'FireOnce' });
    await own.endedOf(skips, 1);
    await own.server.end('SIGKILL');
    const from = second(Date.now());
    await passed(from + 3000);
    await own.restart();
    for (const job of [skips, once]) {
      const count = (await own.executions(job)).length;
      await own.endedOf(job, count + 1);
    }
    assert.deepEqual(await verdicts(own, skips, from, from + 2000), ['Skipped Misfire']);
    const items = await own.ledger(once, from, from + 3000);
    assert.ok(items.some(({ reason }) => reason === 'Misfire'), JSON.stringify(items));
    const caught = (await own.executions(once)).filter(({ trigger }) => trigger === 'CatchUp');
    assert.equal(caught.length, 1);
    const [entry] = await own.ledger(once, Date.parse(caught[0].scheduledFor), Date.parse(caught[0].scheduledFor));
    assert.deepEqual([entry.verdict, entry.executionId], ['Fired', caught[0].id]);
    assert.ok(entry.lateMs >= 0);
  } finally {
    await own.stop();
  }
});

});
