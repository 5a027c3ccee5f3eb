// alphabet why JOB TIME: each verdict of the ledger in a sentence, with who is behind it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { newCli, startFake } from './support/cli.mjs';
import { iso, startScheduler, waitFor } from './support/scheduler.mjs';

describe('why, against the real server', () => {

let it;
const cli = newCli();
before(async () => {
  it = await startScheduler();
  await cli.login(it.server);
});
after(async () => {
  cli.end();
  await it.stop();
});
const why = (job, ...time) => cli.ok(['why', job.name ?? job, ...time]);
const each = { scheduleType: 'Cron', scheduleExpression: '* * * * * *' };

test('it ran: lateness, result, and the retries', async () => {
  const job = await it.create({ ...each, name: 'runs', maxRuns: 1, retryPolicy: { maxAttempts: 2, delaySeconds: 1, jitter: false }, jobConfiguration: { url: it.target.url('/flaky/1/why') } });
  const runs = await it.endedOf(job, 2);
  assert.deepEqual(runs.map(({ status }) => status), ['Failed', 'Succeeded']);
  const said = await why(job, runs[0].scheduledFor);
  assert.match(said, new RegExp(`^It ran at \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d(:\\d\\d)? UTC: started \\d+ ms late, Failed after .* \\(.*500.*\\); execution ${runs[0].id}\\.\\nAttempt 2: Succeeded after .*; execution ${runs[1].id}\\.\\n$`));
  const answer = await cli.json(['why', 'runs', runs[0].scheduledFor]);
  assert.deepEqual([answer.jobId, answer.timezone, answer.occurrences[0].verdict], [job.id, 'UTC', 'Fired']);
  assert.deepEqual(answer.attempts.map(({ id }) => id), runs.map(({ id }) => id));
  const over = await why(job, iso(Date.parse(runs[0].scheduledFor) + 1000));
  assert.match(over, /^It did not run at .*: it had run 1 times, which is all that maxRuns allows\.\n$/);
});

test('it waits for other jobs: for which, until when, and how long it did', async () => {
  const first = await it.create({ name: 'first of all' }), second = await it.create({ name: 'second of all' });
  const dependencies = { dependsOnJobIds: [first.id, second.id], condition: 'AllSucceeded' };
  const job = await it.create({ ...each, name: 'waits', maxRuns: 1, dependencies });
  const run = await waitFor(async () => (await it.executions(job))[0], { what: 'the run' });
  const both = `the job first of all \\(${first.id}\\) and the job second of all \\(${second.id}\\)`;
  assert.match(await why(job, run.scheduledFor), new RegExp(`^It was due at .*: is waiting for ${both} to succeed, and fails at \\d{4}-.* UTC if that has not happened; execution ${run.id}\\.\\n$`));
  const shown = await cli.ok(['jobs', 'show', 'waits']);
  assert.match(shown, new RegExp(`waits for +AllSucceeded\\n +first of all \\(${first.id}\\), has not run, the next run would wait for it\\n`));
  await it.run(second);
  await waitFor(() => Date.now() > Date.parse(run.scheduledFor) + 1100, { what: 'a second to go by' });
  await it.run(first);
  await it.ended(run.id, 'Succeeded');
  assert.match(await why(job, run.scheduledFor), /^It ran at .*: started 1\..* s late \(1\..* s of that it waited for the jobs that it depends on\), Succeeded after /);
});

test('it was paused, by whom, from when, until when', async () => {
  const job = await it.create({ ...each, name: 'paused job' });
  const user = await it.as('User', 'ann@example.com');
  await it.expect(200, user.post(`/jobs/${job.id}/pause`));
  const from = Date.now();
  const due = await waitFor(async () => (await it.ledger(job, from + 1000, Math.max(Date.now(), from + 1000))).find(({ reason }) => reason === 'Paused')?.due);
  assert.match(await why(job, due), /^It did not run at .*: the job was paused by ann@example\.com from 127\.0\.0\.1 at .* UTC, and still is\.\n$/);
  await it.expect(200, it.post(`/jobs/${job.id}/resume`));
  assert.match(await why(job, due), /paused by ann@example\.com .*, and resumed by admin@alphabet\.local from .* at .* UTC\.\n$/);
});

test('disabled, excluded, ended; not due yet; no due time, with the ones around it', async () => {
  const off = await it.create({ ...each, name: 'off', isEnabled: false });
  const due = await waitFor(async () => (await it.ledger(off, Date.now() - 5000, Date.now()))[0]?.due);
  assert.match(await why(off, due), /^It did not run at .*: the job was disabled when created by admin@alphabet\.local from .*, and still is\.\n$/);
  const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
  const tomorrow = new Date(Date.now() + 86_400_000).getUTCDay();
  const excluded = await it.create({ name: 'excluded', scheduleExpression: '0 2 * * *', exclusions: { excludedDaysOfWeek: [days[tomorrow]] } });
  assert.match(await why(excluded, 'tomorrow', '02:00'), new RegExp(`^It will not run at .* 02:00 UTC: the job excludes every ${days[tomorrow]}\\.\\n$`));
  const date = iso(Date.now() + 86_400_000).slice(0, 10);
  await it.expect(200, it.post(`/jobs/${excluded.id}/exclusions`, { excludedDates: [date] }));
  assert.match(await why(excluded, `${date} 02:00`), new RegExp(`the job excludes the day ${date}\\.`));
  await it.expect(200, it.post(`/jobs/${excluded.id}/exclusions`, { timeRange: { start: '01:00', end: '03:00' } }));
  assert.match(await why(excluded, 'tomorrow 02:00'), /the job excludes the time from 01:00.* to 03:00/);
  const berlin = await it.create({ name: 'berlin', scheduleExpression: '30 2 * * *', timezone: 'Europe/Berlin' });
  assert.match(await why(berlin, '2027-11-24 02:30'), /^It has not come yet: it is due at 2027-11-24 02:30 \(Europe\/Berlin, 01:30Z\) and will run then\.\n$/);
  assert.match(await why(berlin, '2027-11-24T01:30:00Z'), /02:30 \(Europe\/Berlin, 01:30Z\)/);
  const none = await why(berlin, '2027-11-24 04:00');
  assert.match(none, /^It has no due time at 2027-11-24 04:00 \(Europe\/Berlin, 03:00Z\)\.\nThe one before is 2027-11-24 02:30 \(Europe\/Berlin, 01:30Z\): Upcoming\.\nThe one after is 2027-11-25 02:30 .*: Upcoming\.\n$/);
  assert.match(await why(berlin, '2020-01-01 02:30'), /^It has no due time at .*\nThe job was not there yet: admin@alphabet\.local created it at .*\nThe one after is /);
  const answer = await cli.json(['why', 'berlin', '2027-11-24 04:00']);
  assert.deepEqual([answer.occurrences, answer.before.due, answer.after.due], [[], '2027-11-24T01:30:00.000Z', '2027-11-25T01:30:00.000Z']);
});

test('daylight saving: the hour that is not there, and the one that comes twice', async () => {
  const job = await it.create({ name: 'night shift', scheduleExpression: '30 2 * * *', timezone: 'Europe/Berlin' });
  assert.match(await why(job, '2028-03-26 02:30'), /^That clock time did not exist on that day: the clocks were set forward to 2028-03-26 03:00 \(Europe\/Berlin, 01:00Z\)\.\nIt has not come yet: it is due at 2028-03-26 03:00 \(Europe\/Berlin, 01:00Z\) \(moved there by daylight saving\)/);
  assert.match(await why(job, '2028-10-29 02:30'), /^That clock time came twice on that day, the second time at 01:30Z\.\nIt has not come yet: it is due at 2028-10-29 02:30 \(Europe\/Berlin, 00:30Z\)/);
  const skips = await it.create({ name: 'skips gaps', scheduleExpression: '30 2 * * *', timezone: 'Europe/Berlin', dstPolicy: { gap: 'Skip', overlap: 'Both' } });
  assert.match(await why(skips, '2028-03-26 02:30'), /does not exist on that day, and the job's dstPolicy skips it/);
  assert.match(await why(skips, '2028-10-29 02:30'), /There are 2 due times then\.\n.*00:30Z.*\n.*01:30Z/);
});

test('overlap names the run that was still going', async () => {
  const job = await it.create({ ...each, name: 'overlaps', concurrencyPolicy: 'Skip', maxRuns: 2, jobConfiguration: { url: it.target.url('/hang/why') } });
  const due = await waitFor(async () => (await it.ledger(job, Date.now() - 10_000, Date.now())).find(({ reason }) => reason === 'Overlap')?.due);
  assert.match(await why(job, due), /^It did not run at .*: a run of it was still going, since .* UTC \(execution [0-9a-f-]{36}\), and its concurrencyPolicy is Skip\.\n$/);
});

test('many due times at once are counted, and a bad time or name is told', async () => {
  await it.create({ ...each, name: 'each second' });
  assert.match(await cli.ok(['why', 'each second', '2099-01-01 00:00']), /^There are 60 due times then\.\n(It has not come yet.*\n){10}And 50 more; --output json lists them\.\n$/);
  assert.match(await cli.ok(['why', 'each second', '2099-01-01 00:00:07']), /^It has not come yet: it is due at 2099-01-01 00:00:07 UTC and will run then\.\n$/);
  for (const time of ['noon', '25:00', '2026-02-30 02:00', 'yesterday', '02:0', '02:00 pm', '']) {
    const { code, err } = await cli.run(['why', 'each second', time]);
    assert.equal(code, 2, time);
    assert.match(err, /a time is written as 02:00/, time);
  }
  assert.equal((await cli.run(['why', 'nothing', '02:00'])).code, 3);
  assert.equal((await cli.run(['why', 'each second'])).code, 2);
});

});

describe('why, of what takes hours to happen', () => {

const id = '01a20869-9b58-7000-af87-22b6f7af6a40';
const run = '01a20869-9b58-7000-af87-22b6f7af6a41';
const due = '2026-11-22T01:00:00.000Z';
let given;
let fake;
const cli = newCli();
before(async () => {
  fake = await startFake((request) => {
    const page = (items) => ({ body: { items, totalCount: items.length, pageNumber: 1, pageSize: 200 } });
    if (request.url.includes('/occurrences')) return page([{ due, local: 'x', adjusted: false, reason: null, executionId: null, status: null, lateMs: null, ...given.occurrence }]);
    if (request.url.includes('/history')) return page(given.history ?? []);
    if (request.url.includes('/executions?')) return page(given.executions ?? []);
    if (request.url.includes('/executions/')) return { body: given.execution };
    return { body: { id, name: 'job', timezone: 'Europe/Berlin', createdAt: '2020-01-01T00:00:00.000Z', createdBy: 'ann@x', misfirePolicy: 'FireOnce', ...given.job } };
  });
  cli.server = fake.base;
});
after(async () => {
  cli.end();
  await fake.stop();
});
const says = async (what) => {
  given = what;
  return cli.ok(['why', id, '2026-11-22 02:00'], { env: { ALPHABET_TOKEN: 'any' } });
};

test('nothing was running; another schedule; late by jitter, by catching up, by waiting; still waiting', async () => {
  const at = 'It did not run at 2026-11-22 02:00 \\(Europe/Berlin, 01:00Z\\)';
  assert.match(await says({ occurrence: { verdict: 'Skipped', reason: 'Misfire' } }), new RegExp(`^${at}: no scheduler was running then to start it, and its misfirePolicy is FireOnce, so that one run caught up`));
  const entry = { at: '2026-11-23T08:00:00.000Z', actor: 'bob@x', address: '10.0.0.1', action: 'job.update', before: { scheduleExpression: 'a' }, after: { scheduleExpression: 'b' } };
  assert.match(await says({ occurrence: { verdict: 'NoRecord' }, history: [entry] }), new RegExp(`^${at} and nothing is recorded: the job had another schedule then, changed by bob@x from 10\\.0\\.0\\.1 at 2026-11-23 09:00 \\(Europe/Berlin, 08:00Z\\)\\.`));
  assert.match(await says({ occurrence: { verdict: 'NoRecord' } }), /or its executions were cleared\.$/m);
  const fired = { verdict: 'Fired', executionId: run, status: 'Succeeded', lateMs: 90_000 };
  const execution = { id: run, status: 'Succeeded', trigger: 'Schedule', startedAt: '2026-11-22T01:01:30.000Z', availableAt: due, durationMs: 1234, retryCount: 0 };
  assert.match(await says({ occurrence: fired, execution: { ...execution, availableAt: '2026-11-22T01:01:29.000Z' } }), /started 1 min 30 s late \(1 min 29 s of that is its jitter\), Succeeded after 1\.2 s; execution/);
  assert.match(await says({ occurrence: fired, execution: { ...execution, trigger: 'CatchUp' } }), /late to catch up, since no scheduler was running at the time, Succeeded/);
  assert.match(await says({ occurrence: fired, execution }), /late, having waited for a free worker or for the end of a pause, Succeeded/);
  assert.match(await says({ occurrence: { ...fired, lateMs: null, status: 'Pending' }, execution: { ...execution, status: 'Pending', startedAt: null, durationMs: null, queue: 'default' } }), /^It was due at .*: is waiting in the queue default for a free worker/);
  assert.match(await says({ occurrence: { verdict: 'Skipped', reason: 'EndOfSchedule' }, job: { endAt: '2026-01-01T00:00:00.000Z' } }), /its schedule ended at 2026-01-01 01:00 .* \(endAt\)/);
  assert.match(await says({ occurrence: { verdict: 'Skipped', reason: 'Paused' }, history: [{ ...entry, at: '2026-11-21T08:00:00.000Z', action: 'job.pause', after: { isPaused: true, pausedUntil: '2026-11-22T12:00:00.000Z' } }] }), /paused by bob@x .*, until 2026-11-22 13:00/);
});

});
