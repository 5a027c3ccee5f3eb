// No room left: the server may write no file any more (RLIMIT_FSIZE, as root or not), and then may again. What was
// acknowledged stays true, nothing is acknowledged that is not kept, and it recovers by itself.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import test from 'node:test';
import { slow, startScheduler, waitFor } from '../api/support/scheduler.mjs';
import { check } from './support/checker.mjs';

const canLimit = spawnSync('prlimit', ['--version']).status === 0;
const limit = (pid, bytes) => execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`]);

test('a full disk: 503 and no acknowledgement, reads go on, and all goes on by itself when there is room', { skip: canLimit ? false : 'the command prlimit is not here', timeout: 300_000 * slow }, async (t) => {
  const it = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 50, 'Logging:Level': 'warn' } });
  try {
    const make = (name) => it.create({ name, scheduleType: 'Interval', intervalSeconds: 1, misfirePolicy: 'FireAll', jobConfiguration: { url: it.target.url(`/ok/${name}`) }, retryPolicy: { maxAttempts: 4, delaySeconds: 0 } });
    const jobs = await Promise.all(Array.from({ length: 20 }, (_, i) => make(`every-second-${i}`)));
    await it.endedOf(jobs[0], 1);
    const slowJob = await it.create({ jobConfiguration: { url: it.target.url('/slow/1500') } });
    const running = await it.trigger(slowJob);
    await it.ended(running, 'Running');
    const { pid } = it.server;
    const before = await it.expect(200, it.get('/jobs?pageSize=1'));

    limit(pid, 4096);
    const refused = await waitFor(async () => { const answer = await it.post('/jobs', it.job({ name: 'No room' })); return answer.status !== 201 && answer; }, { what: 'the first refusal' });
    const made = (await it.expect(200, it.get('/jobs?search=no%20room'))).totalCount; // what still found room in a page
    assert.equal(refused.status, 503, refused.text);
    assert.equal(refused.headers['content-type'], 'application/problem+json');
    assert.ok(Number(refused.headers['retry-after']) >= 1);
    assert.doesNotMatch(refused.text, /sqlite|\/tmp\//i);
    const full = Date.now();
    while (Date.now() < full + 4000) {
      for (const answer of [await it.post('/jobs', it.job({ name: 'No room' })), await it.post(`/jobs/${jobs[0].id}/pause`), await it.post(`/jobs/${jobs[0].id}/trigger`), await it.delete(`/jobs/${jobs[1].id}`)]) assert.equal(answer.status, 503, answer.text);
      assert.equal((await it.get(`/jobs/${jobs[0].id}`)).status, 200, 'reads go on');
      assert.equal((await it.server.request('GET', '/healthz')).status, 200);
      assert.equal(it.server.hasEnded(), false, it.server.log());
    }
    const ready = await waitFor(async () => { const answer = await it.server.request('GET', '/readyz'); return answer.status === 503 && answer; }, { what: '/readyz to say so', seconds: 5 });
    assert.equal(ready.body.status, 503);

    limit(pid, 'unlimited');
    const freed = Date.now();
    await waitFor(async () => (await it.server.request('GET', '/readyz')).status === 200, { what: 'the server to recover', seconds: 15 });
    t.diagnostic(`recovered ${Date.now() - freed} ms after there was room again`);
    const after = await it.create({ name: 'Room again' });
    assert.equal((await it.expect(200, it.get('/jobs?pageSize=1'))).totalCount, before.totalCount + made + 1, 'refused jobs were not made');
    assert.equal((await it.show(jobs[0])).isPaused, false);
    const result = await it.ended(running);
    assert.deepEqual([result.status, result.output], ['Succeeded', 'slow'], 'the result of what ran meanwhile is kept');
    await waitFor(async () => (await it.executions(jobs[0])).some(({ scheduledFor, status }) => Date.parse(scheduledFor) > freed && status === 'Succeeded'), { what: 'jobs to go on', seconds: 20 });

    const until = Date.now() - 1500;
    for (const job of jobs) await it.expect(200, it.post(`/jobs/${job.id}/pause`));
    await waitFor(async () => {
      const counts = await Promise.all(['Pending', 'Running'].map(async (status) => (await it.expect(200, it.get(`/executions?status=${status}&pageSize=1`))).totalCount));
      return counts.every((count) => count === 0);
    }, { what: 'the last executions to end', seconds: 30 });
    const record = await Promise.all(jobs.map(async (job) => {
      const created = Date.parse(job.createdAt);
      return { id: job.id, created, until, fireAll: true, attempts: 4, executions: await it.executions(job), ledger: await it.ledger(job, created, until + 1000) };
    }));
    const calls = it.target.calls.filter(({ headers }) => jobs.some(({ id }) => headers['idempotency-key'].startsWith(id))).map(({ headers, at }) => ({ key: headers['idempotency-key'], execution: headers['x-alphabet-execution-id'], at }));
    assert.deepEqual(check({ jobs: record, calls }).slice(0, 10), []);

    await it.restart('SIGKILL');
    assert.equal((await it.show(after)).name, 'Room again');
    assert.equal((await it.server.end()).code, 0);
    if (spawnSync('sqlite3', ['-version']).status === 0) assert.equal(execFileSync('sqlite3', [path.join(it.server.folder, 'data', 'alphabet.db'), 'PRAGMA integrity_check'], { encoding: 'utf8' }).trim(), 'ok');
    else t.diagnostic('SKIPPED: PRAGMA integrity_check, for the command sqlite3 is not here');
    await it.server.start();
  } catch (error) {
    t.diagnostic(it.server.log().slice(-2000));
    throw error;
  } finally {
    await it.stop();
  }
});
