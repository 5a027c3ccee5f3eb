// The whole scheduler at once: pause-all, resume-all, clear-logs, nodes, queues; and who may.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import http from 'node:http';
import path from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { onlyOnSqlite } from './support/database.mjs';
import { slow, startScheduler, V1, waitFor } from './support/scheduler.mjs';

const opened = [];
async function start(options) {
  const it = await startScheduler(options);
  opened.push(it);
  return it;
}
afterEach(async () => { for (const it of opened.splice(0)) await it.stop(); });

const QUIET = 1500; // ms without a start: with a run due each second, one would have come
const pauseAll = (it, body) => it.expect(200, it.post('/admin/pause-all', body));
const resumeAll = (it) => it.expect(200, it.post('/admin/resume-all'));
const everySecond = (it, name, more = {}) => it.job({ name, scheduleType: 'Interval', intervalSeconds: 1, jobConfiguration: { url: it.target.url(`/ok/${name}`) }, ...more });
const importAll = (it, jobs) => it.expect(200, it.post('/admin/import', { jsonPayload: jobs }));
const total = async (it, query) => (await it.expect(200, it.get(`/executions?pageSize=1${query}`))).totalCount;

/** Waits until nothing arrives at the target any more of what was started before. */
async function atRest(it) {
  await waitFor(async () => await total(it, '&status=Running') === 0, { what: 'the end of what was running', seconds: 30 });
}

/** No execution has started after TIME, and none starts now. */
async function nothingStarts(it, time) {
  await atRest(it);
  const calls = it.target.calls.length;
  await delay(QUIET);
  assert.equal(it.target.calls.length, calls, 'the target is not called any more');
  const later = await it.expect(200, it.get(`/executions?pageSize=5&fromDate=${new Date(time + 1).toISOString()}`));
  assert.deepEqual(later.items.filter(({ startedAt }) => startedAt !== null), []);
}

const sqlite = (it, sql) => execFileSync('sqlite3', [path.join(it.server.folder, 'data', 'alphabet.db'), sql], { encoding: 'utf8' }).trim();

/** Makes executions that were created MORE THAN DAYS ago, by setting what the store holds; the server is down meanwhile. */
async function age(it, days, where = 'true') {
  await it.server.end();
  sqlite(it, `update executions set created_at = created_at - ${days} * 86400000000 where ${where}`);
  await it.server.start();
  it.token = await it.server.login();
}

describe('administration', () => {

test('every route of administration is a 401 without a token and a 403 for User and Viewer', async () => {
  const it = await start();
  const openapi = (await it.server.request('GET', '/openapi.json')).body;
  const routes = Object.entries(openapi.paths).filter(([route]) => route.includes('/admin/')).flatMap(([route, item]) => ['get', 'post', 'put', 'patch', 'delete']
    .filter((method) => item[method]).map((method) => [method.toUpperCase(), route.replace(/\{\w+\}/g, '01977f5e-7c1a-7b3e-9d55-0242ac120002'), item[method]]));
  const own = ['pause-all', 'resume-all', 'clear-logs', 'export', 'import', 'audit', 'audit/verify', 'nodes', 'queues'].map((name) => `${V1}/admin/${name}`);
  for (const route of own) assert.ok(routes.some(([, each]) => each === route), route);
  const [user, viewer] = [await it.as('User'), await it.as('Viewer')];
  for (const [method, route, operation] of routes) {
    assert.equal(operation['x-role'], 'Admin', route);
    const body = operation.requestBody ? {} : undefined;
    for (const [token, status] of [[undefined, 401], ['nonsense', 401], [user.token, 403], [viewer.token, 403]]) {
      const answer = await it.server.request(method, route, { token, body });
      assert.equal(answer.status, status, `${method} ${route}: ${answer.text}`);
    }
  }
  const done = (await it.expect(200, it.get('/admin/audit?pageSize=200'))).items.map(({ action }) => action);
  assert.ok(!done.some((action) => /^(scheduler|logs|jobs)\./.test(action)), 'nothing was done');
});

// ---- pause-all

test('after pause-all not one execution starts, not after a restart either; resume-all brings every schedule back', async () => {
  const JOBS = 2000;
  const it = await start({ settings: { 'Scheduler:Hangfire:WorkerCount': 500 } });
  const names = Array.from({ length: JOBS }, (_, i) => `j${i}`);
  assert.equal(await importAll(it, names.map((name) => everySecond(it, name))), JOBS);
  const called = () => new Set(it.target.calls.map(({ path: each }) => each)).size;
  await waitFor(() => called() === JOBS, { what: 'each job to have run', seconds: 60 });
  const paused = await pauseAll(it, { reason: 'the target is moved' });
  const answeredAt = Date.now();
  assert.deepEqual([paused.paused, paused.by, paused.reason, paused.cancelled], [true, 'admin@alphabet.local', 'the target is moved', 0]);
  assert.ok(Math.abs(Date.parse(paused.pausedAt) - answeredAt) < 10_000 * slow);
  await nothingStarts(it, answeredAt);
  assert.equal((await it.expect(200, it.get('/admin/nodes')))[0].workersBusy, 0);

  const one = await it.create({ name: 'Triggered' });
  const id = await it.trigger(one);
  await it.restart('SIGKILL');
  await nothingStarts(it, answeredAt);
  assert.equal((await it.execution(id)).status, 'Pending');
  assert.deepEqual(await pauseAll(it), paused, 'asked again, it says who paused first');

  it.target.calls.length = 0;
  const resumed = await resumeAll(it);
  assert.deepEqual(resumed, { paused: false, resumedJobs: 0 });
  await waitFor(() => new Set(it.target.calls.map(({ path: each }) => each)).size >= JOBS, { what: 'each job to run again', seconds: 60 });
  await it.ended(id);
  await pauseAll(it); // so that it stops in time
});

test('what was due meanwhile follows the misfire policy of each job, and the ledger says Paused', async () => {
  const it = await start();
  const from = Date.now();
  const jobs = {};
  for (const misfirePolicy of ['FireOnce', 'Skip', 'FireAll']) jobs[misfirePolicy] = await it.create(everySecond(it, misfirePolicy, { misfirePolicy }));
  for (const job of Object.values(jobs)) await it.endedOf(job, 1);
  const { pausedAt } = await pauseAll(it);
  await atRest(it);
  const before = Object.fromEntries(await Promise.all(Object.entries(jobs).map(async ([policy, job]) => [policy, (await it.executions(job)).length])));
  await delay(3500);
  await resumeAll(it);
  const resumedAt = Date.now();
  for (const job of Object.values(jobs)) await it.endedOf(job, before[job.misfirePolicy] + 2);
  const missed = async (policy) => (await it.ledger(jobs[policy], from, resumedAt)).filter(({ due }) => due > pausedAt && Date.parse(due) < resumedAt - 1000);
  const verdicts = async (policy) => (await missed(policy)).map(({ verdict, reason }) => `${verdict} ${reason}`);
  assert.ok((await missed('Skip')).length >= 2);
  for (const verdict of await verdicts('Skip')) assert.equal(verdict, 'Skipped Paused');
  const once = await verdicts('FireOnce');
  assert.ok(once.filter((verdict) => verdict === 'Skipped Paused').length >= once.length - 1, `${once}`);
  for (const verdict of await verdicts('FireAll')) assert.match(verdict, /^Fired/);
});

test('cancelRunning ends what runs within a second, and its record says who did it and why', async () => {
  const it = await start({ settings: { 'Scheduler:Hangfire:WorkerCount': 40 } });
  const job = await it.create({ name: 'Hangs', jobConfiguration: { url: it.target.url('/hang') } });
  const ids = [];
  for (let i = 0; i < 40; i++) ids.push(await it.trigger(job));
  const waiting = await it.trigger(job);
  await waitFor(() => it.target.callsOf('/hang').length === 40, { what: 'forty calls', seconds: 20 });
  const asked = Date.now();
  const paused = await pauseAll(it, { cancelRunning: true, reason: 'fire in the house' });
  assert.equal(paused.cancelled, 40);
  await waitFor(() => it.target.callsOf('/hang').every(({ abortedAt }) => abortedAt), { what: 'the connections to close', seconds: 5, every: 5 });
  const slowest = Math.max(...it.target.callsOf('/hang').map(({ abortedAt }) => abortedAt - asked));
  assert.ok(slowest < 1000 * slow, `${slowest} ms`);
  for (const id of ids) {
    const execution = await it.ended(id, 'Cancelled');
    assert.match(execution.errorMessage, /admin@alphabet\.local.*fire in the house/);
  }
  assert.equal((await it.execution(waiting)).status, 'Pending', 'what waits keeps its place');
  assert.deepEqual(await pauseAll(it, { cancelRunning: true }), { ...paused, cancelled: 0 });
  assert.equal((await it.show(job)).consecutiveFailures, 0);
  await resumeAll(it);
  await it.ended(waiting, 'Running');
});

test('pause-all leaves what runs running when it is not asked to cancel', async () => {
  const it = await start();
  const job = await it.create({ jobConfiguration: { url: it.target.url('/slow/1500') } });
  const id = await it.trigger(job);
  await it.ended(id, 'Running');
  assert.equal((await pauseAll(it)).cancelled, 0);
  assert.equal((await it.ended(id)).status, 'Succeeded');
});

test('resume-all resumes each paused job, also a disabled one, and plans its next run', async () => {
  const it = await start();
  await importAll(it, Array.from({ length: 350 }, (_, i) => it.job({ name: `p${i}`, isPaused: true, isEnabled: i % 7 !== 0 })));
  const until = await it.create({ name: 'Until' });
  await it.expect(200, it.post(`/jobs/${until.id}/pause`, { until: '2090-01-01T00:00:00Z' }));
  const active = await it.create({ name: 'Active' });
  assert.equal((await resumeAll(it)).resumedJobs, 351);
  assert.equal((await it.expect(200, it.get('/jobs?status=paused&pageSize=1'))).totalCount, 0);
  const jobs = (await it.expect(200, it.get('/admin/export'))).jobs;
  assert.ok(jobs.every(({ isPaused, pausedUntil }) => !isPaused && pausedUntil === null));
  const shown = await it.show(until);
  assert.deepEqual([shown.currentStatus, (await it.history(until)).items[0].action], ['Active', 'job.resume']);
  assert.ok(Date.parse(shown.nextRunAt) > Date.now());
  assert.equal((await it.history(active)).totalCount, 1, 'a job that was not paused is left alone');
  assert.equal((await resumeAll(it)).resumedJobs, 0);
});

test('what pause-all and resume-all do not understand is a 400, and nothing is paused', async () => {
  const it = await start();
  for (const body of [{ cancelRunning: 'yes' }, { cancelRunning: 1 }, { reason: 7 }, { reason: 'x'.repeat(501) }, { nonsense: true }, []]) {
    const answer = await it.post('/admin/pause-all', body);
    assert.equal(answer.status, 400, JSON.stringify(body));
  }
  assert.equal((await it.post('/admin/resume-all', { nonsense: true })).status, 400);
  const id = await it.trigger(await it.create());
  await it.ended(id);
});

test('many pauses and resumes at once end in one state, and nothing is lost', async () => {
  const it = await start();
  const job = await it.create(everySecond(it, 'storm'));
  await Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 ? pauseAll(it) : resumeAll(it))));
  await resumeAll(it);
  const calls = it.target.calls.length;
  await waitFor(() => it.target.calls.length > calls, { what: 'another run', seconds: 10 });
  await it.endedOf(job, 1);
  assert.equal((await it.expect(200, it.get('/admin/audit/verify'))).valid, true);
});

// ---- clear-logs

test('clear-logs deletes what has ended and is old, counts it, and does so once', { skip: onlyOnSqlite }, async () => {
  const it = await start({ settings: { 'Scheduler:Hangfire:WorkerCount': 20 } });
  const job = await it.create({ name: 'Old' });
  for (let i = 0; i < 30; i++) await it.trigger(job);
  await it.endedOf(job, 30);
  await age(it, 10);
  const hanging = await it.create({ jobConfiguration: { url: it.target.url('/hang') } });
  const running = await it.trigger(hanging);
  for (let i = 0; i < 5; i++) await it.run(job);
  await it.ended(running, 'Running');
  const clear = (days) => it.expect(200, it.delete(`/admin/clear-logs?olderThanDays=${days}`));
  assert.equal(await clear(11), 0);
  const answer = await it.request('DELETE', '/admin/clear-logs', { body: { olderThanDays: 9 } });
  assert.deepEqual([answer.status, answer.text], [200, '30']);
  assert.equal(await clear(9), 0);
  assert.equal((await it.executions(job)).length, 5);
  assert.equal((await it.execution(running)).status, 'Running');
  const [end, begin] = (await it.expect(200, it.get('/admin/audit?action=logs.'))).items;
  assert.deepEqual([begin.action, begin.after.olderThanDays], ['logs.clear', 9]);
  assert.deepEqual([end.action, end.after.deleted, end.after.complete], ['logs.cleared', 0, true]);
  const entries = (await it.expect(200, it.get('/admin/audit?action=logs.cleared'))).items.map(({ after }) => after.deleted);
  assert.deepEqual(entries, [0, 30, 0]);
});

test('clear-logs never takes what is Pending or Running, however old', { skip: onlyOnSqlite }, async () => {
  const it = await start();
  const job = await it.create();
  await pauseAll(it);
  const pending = await it.trigger(job);
  await age(it, 100);
  assert.equal(await it.expect(200, it.delete('/admin/clear-logs?olderThanDays=1')), 0);
  assert.equal((await it.execution(pending)).status, 'Pending');
  await resumeAll(it);
  await it.ended(pending);
  assert.equal(await it.expect(200, it.delete('/admin/clear-logs?olderThanDays=1')), 1);
});

test('days that are none are a 400', async () => {
  const it = await start();
  const bodies = [undefined, {}, { olderThanDays: null }, { olderThanDays: 0 }, { olderThanDays: -1 }, { olderThanDays: 1.5 }, { olderThanDays: '60' }, { olderThanDays: true }, { olderThanDays: 1e300 }, { olderThanDays: 36501 }, { days: 3 }, []];
  for (const body of bodies) {
    const answer = await it.request('DELETE', '/admin/clear-logs', { body });
    assert.equal(answer.status, 400, JSON.stringify(body));
  }
  for (const query of ['olderThanDays=0', 'olderThanDays=-3', 'olderThanDays=x', 'olderThanDays=', 'olderThanDays=1.5', 'olderThanDays=99999999999999999999', 'days=3']) {
    assert.equal((await it.delete(`/admin/clear-logs?${query}`)).status, 400, query);
  }
  assert.equal((await it.request('DELETE', '/admin/clear-logs?olderThanDays=3', { body: { olderThanDays: 4 } })).status, 400);
  assert.equal(await it.expect(200, it.request('DELETE', '/admin/clear-logs?olderThanDays=3', { body: { olderThanDays: 3 } })), 0);
});

test('a connection that breaks does not stop it half way, and the scheduler goes on meanwhile', { skip: onlyOnSqlite }, async () => {
  const it = await start({ settings: { 'Scheduler:Hangfire:WorkerCount': 100 } });
  const names = Array.from({ length: 300 }, (_, i) => `c${i}`);
  await importAll(it, names.map((name) => everySecond(it, name)));
  await waitFor(() => it.target.calls.length >= 3000, { what: 'three thousand runs', seconds: 60 });
  await pauseAll(it);
  await atRest(it);
  await age(it, 40);
  const old = await total(it, '');
  await resumeAll(it);
  await new Promise((resolve) => {
    const request = http.request(new URL(`${V1}/admin/clear-logs?olderThanDays=30`, it.server.base), { method: 'DELETE', headers: { Authorization: `Bearer ${it.token}` } });
    request.on('error', resolve);
    request.end();
    setTimeout(() => { request.destroy(); resolve(); }, 15);
  });
  const entry = await waitFor(async () => (await it.expect(200, it.get('/admin/audit?action=logs.cleared'))).items[0], { what: 'the end of it', seconds: 30 });
  assert.deepEqual([entry.after.deleted, entry.after.complete], [old, true]);
  const calls = it.target.calls.length;
  await waitFor(() => it.target.calls.length > calls + 300, { what: 'runs after it', seconds: 20 });
  await pauseAll(it);
});

// ---- nodes and queues

test('nodes say who they are, whether they live and how busy they are', async () => {
  const it = await start({ settings: { 'Scheduler:Hangfire:WorkerCount': 7 } });
  const job = await it.create({ jobConfiguration: { url: it.target.url('/hang') } });
  await it.ended(await it.trigger(job), 'Running');
  const [node, ...more] = await it.expect(200, it.get('/admin/nodes'));
  assert.deepEqual(more, []);
  assert.deepEqual([node.isAlive, node.workersBusy, node.workersTotal], [true, 1, 7]);
  assert.equal(node.version, (await it.server.request('GET', '/version')).body.version);
  assert.ok(Date.parse(node.startedAt) <= Date.parse(node.heartbeatAt));
});

test('queues come in order of priority, with what waits in them and for how long', async () => {
  const it = await start();
  const empty = await it.expect(200, it.get('/admin/queues'));
  assert.deepEqual(empty, ['critical', 'default', 'background'].map((name) => ({ name, isConfigured: true, pending: 0, oldestWaitSeconds: 0, oldestAvailableAt: null })));
  const job = await it.create({ queue: 'background' });
  await pauseAll(it);
  for (let i = 0; i < 3; i++) await it.trigger(job);
  await it.trigger(job, { queue: 'critical' });
  const waited = await waitFor(async () => {
    const queues = await it.expect(200, it.get('/admin/queues'));
    return queues[2].oldestWaitSeconds >= 1 && queues;
  }, { what: 'a second of waiting' });
  assert.deepEqual(waited.map(({ pending }) => pending), [1, 0, 3]);
  assert.ok(Math.abs(Date.parse(waited[2].oldestAvailableAt) + waited[2].oldestWaitSeconds * 1000 - Date.now()) < 3000 * slow);
});

test('a queue that is no longer configured shows while something waits in it', async () => {
  const it = await start();
  const job = await it.create({ queue: 'background' });
  await pauseAll(it);
  await it.trigger(job);
  it.server.settings['Scheduler:Hangfire:Queues'] = 'critical,default';
  await it.restart();
  const queues = await it.expect(200, it.get('/admin/queues'));
  assert.deepEqual(queues.map(({ name, isConfigured, pending }) => [name, isConfigured, pending]), [['critical', true, 0], ['default', true, 0], ['background', false, 1]]);
});

test('adding a user by an Idempotency-Key adds one, and tells nobody the password', { skip: onlyOnSqlite }, async () => {
  const it = await start();
  const body = { email: 'once@example.com', password: 'a password long enough', roles: ['User'] };
  const headers = { 'Idempotency-Key': 'add-once' };
  const first = await it.post('/api/v1/admin/users', body, headers);
  const second = await it.post('/api/v1/admin/users', body, headers);
  assert.deepEqual([first.status, second.status, second.body], [201, 201, first.body]);
  assert.equal(second.headers.location, first.headers.location);
  assert.equal((await it.post('/api/v1/admin/users', { ...body, password: 'another long password' }, headers)).status, 409);
  const hash = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  await it.server.end();
  const kept = sqlite(it, 'select hex(request_hash) from idempotency').toLowerCase();
  assert.match(kept, /^[0-9a-f]{64}$/);
  assert.notEqual(kept, hash, 'it cannot be found out by trying');
  await it.server.start();
});

});
