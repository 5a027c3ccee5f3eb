// What happens when runs meet (concurrencyPolicy), and what becomes of those that were missed (misfirePolicy).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { iso, slow, startScheduler, waitFor } from './support/scheduler.mjs';

let it;
before(async () => { it = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 50 } }); });
after(() => it?.stop());

const everySecond = (more) => it.create({ scheduleExpression: '* * * * * *', ...more });
const spans = (executions) => executions.filter(({ startedAt, completedAt }) => startedAt && completedAt).map(({ startedAt, completedAt }) => [Date.parse(startedAt), Date.parse(completedAt)]).sort((a, b) => a[0] - b[0]);
const overlaps = (executions) => spans(executions).some(([start], i, all) => i > 0 && start < all[i - 1][1]);
async function stopped(job, enough) {
  const items = await waitFor(async () => { const all = await it.executions(job); return enough(all) && all; }, { what: `enough runs of ${job.concurrencyPolicy}`, seconds: 30 });
  await it.expect(200, it.post(`/jobs/${job.id}/pause`));
  return items;
}
const count = (items, wanted) => items.filter(({ status }) => status === wanted).length;

describe('concurrencyPolicy', { concurrency: true }, () => {

test('Allow: runs go side by side', async () => {
  const job = await everySecond({ concurrencyPolicy: 'Allow', jobConfiguration: { url: it.target.url('/slow/2500/allow') } });
  const items = await stopped(job, (all) => count(all, 'Succeeded') >= 2);
  assert.ok(overlaps(items) || count(items, 'Running') > 1);
});

test('Skip: what is due meanwhile is Cancelled with the reason, and the ledger says Overlap', async () => {
  const job = await everySecond({ concurrencyPolicy: 'Skip', jobConfiguration: { url: it.target.url('/slow/1500/skip') } });
  const items = await stopped(job, (all) => count(all, 'Succeeded') >= 2 && count(all, 'Cancelled') >= 1);
  assert.equal(overlaps(items), false);
  const skipped = items.filter(({ status }) => status === 'Cancelled');
  for (const { startedAt, errorMessage } of skipped) {
    assert.equal(startedAt, null);
    assert.match(errorMessage, /skipped: the run before was still going/);
  }
  const ledger = await it.ledger(job, Date.parse(job.createdAt), Date.now());
  const entry = ledger.find(({ executionId }) => executionId === skipped[0].id) ?? ledger.find(({ due }) => due === skipped[0].scheduledFor);
  assert.deepEqual([entry.verdict, entry.reason], ['Skipped', 'Overlap']);
  assert.equal((await it.show(job)).consecutiveFailures, 0);
});

test('Queue: at most one waits, and runs never overlap', async () => {
  const job = await everySecond({ concurrencyPolicy: 'Queue', jobConfiguration: { url: it.target.url('/slow/2300/queue') } });
  let most = 0;
  const items = await stopped(job, (all) => { most = Math.max(most, count(all, 'Pending')); return count(all, 'Succeeded') >= 2; });
  assert.equal(overlaps(items), false);
  assert.ok(most <= 1, `${most} waited`);
  const ledger = await it.ledger(job, Date.parse(job.createdAt), Date.now() - 1000);
  assert.ok(ledger.some(({ verdict, reason }) => verdict === 'Skipped' && reason === 'Overlap'));
});

test('Replace: the running one is cancelled, and the new one runs', async () => {
  const job = await everySecond({ concurrencyPolicy: 'Replace', jobConfiguration: { url: it.target.url('/slow/60000/replace') } });
  const items = await stopped(job, (all) => count(all, 'Cancelled') >= 2);
  for (const { errorMessage, completedAt, scheduledFor } of items.filter(({ status }) => status === 'Cancelled')) {
    assert.match(errorMessage, /replaced/i);
    assert.ok(Date.parse(completedAt) - Date.parse(scheduledFor) < 3000 * slow);
  }
  const [...all] = spans(items);
  // The new one starts while the old one is being stopped; that takes a moment, not more.
  all.forEach(([start], i) => assert.ok(i === 0 || start + 1000 * slow > all[i - 1][1]));
  await waitFor(() => it.target.callsOf('/slow/60000/replace').filter(({ abortedAt }) => abortedAt).length >= 2, { what: 'the calls to be aborted' });
  const running = (await it.executions(job, '&status=Running'))[0];
  if (running) await it.post(`/executions/${running.id}/cancel`);
});

});

test('misfirePolicy after two seconds without a server: once, none, each', async () => {
  const own = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 20 } });
  try {
    const jobs = {};
    for (const misfirePolicy of ['FireOnce', 'Skip', 'FireAll']) jobs[misfirePolicy] = await own.create({ name: misfirePolicy, misfirePolicy, scheduleExpression: '* * * * * *', jobConfiguration: { url: own.target.url(`/ok/${misfirePolicy}`) } });
    const paused = await own.create({ name: 'Paused', misfirePolicy: 'FireAll', scheduleExpression: '* * * * * *', isPaused: true });
    for (const job of Object.values(jobs)) await own.endedOf(job, 1);
    await own.server.end('SIGKILL');
    const down = Date.now();
    await waitFor(() => Date.now() > down + 3500, { what: 'some seconds without a server', every: 100 });
    const up = Date.now();
    await own.server.start();
    own.token = await own.server.login();
    for (const job of Object.values(jobs)) await waitFor(async () => (await own.executions(job)).some(({ scheduledFor, status }) => Date.parse(scheduledFor) > up + 1500 && status === 'Succeeded'), { what: `${job.name} to go on` });
    for (const job of Object.values(jobs)) await own.expect(200, own.post(`/jobs/${job.id}/pause`));
    const missedOf = async (job) => {
      const ledger = await own.ledger(job, down + 50, up - 1100);
      assert.ok(ledger.length >= 1, 'something was missed');
      return ledger;
    };
    for (const entry of await missedOf(jobs.FireAll)) assert.deepEqual([entry.verdict, entry.status], ['Fired', 'Succeeded'], JSON.stringify(entry));
    for (const entry of await missedOf(jobs.Skip)) assert.deepEqual([entry.verdict, entry.reason], ['Skipped', 'Misfire'], JSON.stringify(entry));
    const once = (await own.executions(jobs.FireOnce)).filter(({ trigger }) => trigger === 'CatchUp');
    assert.equal(once.length, 1, 'one run catches up');
    assert.equal((await own.executions(paused)).length, 0);
    for (const job of Object.values(jobs)) {
      const due = (await own.executions(job)).map(({ scheduledFor, retryCount }) => retryCount === 0 && scheduledFor).filter(Boolean);
      assert.equal(new Set(due).size, due.length, `${job.name}: a due time ran twice`);
      const ledger = await own.ledger(job, Date.parse(job.createdAt), Date.now() - 1000);
      assert.deepEqual(ledger.filter(({ verdict }) => verdict === 'NoRecord'), [], `${job.name}: a due time without a verdict`);
    }
  } finally {
    await own.stop();
  }
});

test('what runs when the server is killed is Failed as Orphaned, and follows its retry policy', async () => {
  const own = await startScheduler();
  try {
    const retried = await own.create({ jobConfiguration: { url: own.target.url('/hang/orphan') }, retryPolicy: { maxAttempts: 2, delaySeconds: 0 }, timeoutSeconds: 600 });
    const single = await own.create({ jobConfiguration: { url: own.target.url('/hang/single') }, retryPolicy: { maxAttempts: 1 } });
    const [a, b] = [await own.trigger(retried), await own.trigger(single)];
    await own.ended(a, 'Running');
    await own.ended(b, 'Running');
    await own.restart('SIGKILL');
    for (const id of [a, b]) {
      const execution = await own.execution(id); // settled before the port opened
      assert.deepEqual([execution.status, execution.errorType], ['Failed', 'Orphaned'], JSON.stringify(execution));
      assert.ok(execution.completedAt && execution.errorMessage);
    }
    const retry = await waitFor(async () => (await own.executions(retried)).find(({ retryParentId }) => retryParentId === a), { what: 'the retry' });
    assert.equal(retry.retryCount, 1);
    await waitFor(() => own.target.callsOf('/hang/orphan').length === 2, { what: 'the second call' });
    const [first, second] = own.target.callsOf('/hang/orphan');
    assert.equal(first.headers['idempotency-key'], second.headers['idempotency-key']);
    assert.ok(Number(first.headers['x-alphabet-fence']) < Number(second.headers['x-alphabet-fence']));
    assert.equal((await own.executions(single)).length, 1);
    await own.expect(200, own.post(`/executions/${retry.id}/cancel`));
  } finally {
    await own.stop();
  }
});

test('OrphanPolicy Fail: what a crash interrupted is not tried again', async () => {
  const own = await startScheduler({ settings: { 'Scheduler:Jobs:OrphanPolicy': 'Fail' } });
  try {
    const job = await own.create({ jobConfiguration: { url: own.target.url('/hang/fail') }, retryPolicy: { maxAttempts: 5, delaySeconds: 0 } });
    const id = await own.trigger(job);
    await own.ended(id, 'Running');
    await own.restart('SIGKILL');
    assert.equal((await own.execution(id)).errorType, 'Orphaned');
    assert.equal((await own.executions(job)).length, 1);
  } finally {
    await own.stop();
  }
});

test('what was acknowledged is still there after a kill: jobs, pauses, pending executions, deletes', async () => {
  const own = await startScheduler();
  try {
    const kept = await own.create({ name: 'Kept' });
    const paused = await own.create({ name: 'Paused' });
    const deleted = await own.create({ name: 'Deleted' });
    const waiting = await own.create({ name: 'Waiting', jobConfiguration: { url: own.target.url('/status/500') }, retryPolicy: { maxAttempts: 2, delaySeconds: 3600, jitter: false } });
    await own.run(waiting);
    const retry = await waitFor(async () => (await own.executions(waiting, '&status=Pending'))[0], { what: 'a retry that waits' });
    await own.expect(200, own.post(`/jobs/${paused.id}/pause`, { until: iso(Date.now() + 3_600_000) }));
    assert.equal((await own.delete(`/jobs/${deleted.id}`)).status, 204);
    const last = await own.create({ name: 'Last words' });
    await own.restart('SIGKILL');
    assert.deepEqual(await own.show(kept), kept);
    assert.deepEqual(await own.show(last), last);
    assert.equal((await own.show(paused)).currentStatus, 'Paused');
    assert.equal((await own.get(`/jobs/${deleted.id}`)).status, 404);
    assert.deepEqual(await own.execution(retry.id).then(({ status, availableAt }) => [status, availableAt]), ['Pending', retry.availableAt]);
  } finally {
    await own.stop();
  }
});
