// R3: every change through the API leaves an audit entry that says who, from where, what it was and what it is, and no
// secret; the entries can be filtered, and their chain tells when one was tampered with.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { onlyOnSqlite } from './support/database.mjs';
import { startScheduler, waitFor } from './support/scheduler.mjs';

const CANARY = 'canary-7f3a9c';
const password = `${CANARY} a long password`;
let it;
before(async () => { it = await startScheduler(); });
after(() => it?.stop());

const audit = async (query = '', of = it) => (await of.expect(200, of.get(`/admin/audit?pageSize=200${query}`))).items;
const admin = 'admin@alphabet.local';
const users = '/api/v1/admin/users';
const auth = '/api/v1/auth';
let users_made = 0;
const newUser = () => it.expect(201, it.post(users, { email: `user${users_made++}@example.com`, password, roles: ['Viewer'] }));
const secretJob = (more = {}) => it.job({ name: 'Audited', jobConfiguration: { url: it.target.url('/ok'), headers: { Authorization: `Bearer ${CANARY}` }, signingSecret: CANARY }, ...more });
const running = async () => {
  const job = await it.create({ jobConfiguration: { url: it.target.url('/hang') } });
  const id = await it.trigger(job);
  await it.ended(id, 'Running');
  return id;
};

const workflow = async (more = {}) => { const job = await it.create(more); return { name: 'Audited', jobs: [{ jobId: job.id }] }; };
const newWorkflow = async (more) => ({ id: await it.expect(200, it.post('/workflows', await workflow(more))) });
/** A run of a workflow whose one job does not end, or has failed. */
const newRun = async (path, status) => {
  const made = await newWorkflow({ jobConfiguration: { url: it.target.url(path) } });
  const id = await it.expect(202, it.post(`/workflows/${made.id}/trigger`));
  await waitFor(async () => (await it.get(`/workflows/runs/${id}`)).body.status === status);
  return id;
};

/**
 * Each operation that changes something: what it needs, the call, and the entry that it must leave: its action, and whether
 * something was before and is after.
 */
const changes = {
  createJob: [null, () => it.post('/jobs', secretJob()), 'job.create', false, true],
  updateJob: [() => it.create(secretJob()), (job) => it.put(`/jobs/${job.id}`, { description: 'x', jobConfiguration: { url: it.target.url('/ok'), signingSecret: `${CANARY}-2` } }), 'job.update', true, true],
  deleteJob: [() => it.create(secretJob()), (job) => it.delete(`/jobs/${job.id}`), 'job.delete', true, true],
  eraseJob: [() => it.create(secretJob()), (job) => it.delete(`/jobs/${job.id}?hardDelete=true`), 'job.erase', true, false],
  rescheduleJob: [() => it.create(), (job) => it.patch(`/jobs/${job.id}/reschedule`, { scheduleType: 'Interval', intervalSeconds: 3600 }), 'job.reschedule', true, true],
  pauseJob: [() => it.create(), (job) => it.post(`/jobs/${job.id}/pause`), 'job.pause', true, true],
  resumeJob: [() => it.create({ isPaused: true }), (job) => it.post(`/jobs/${job.id}/resume`), 'job.resume', true, true],
  setExclusions: [() => it.create(), (job) => it.post(`/jobs/${job.id}/exclusions`, { excludedDates: ['2030-12-25'] }), 'job.exclusions', true, true],
  setDependencies: [() => it.create(), async (job) => it.post(`/jobs/${job.id}/dependencies`, { dependsOnJobIds: [(await it.create()).id] }), 'job.dependencies', true, true],
  clearDependencies: [async () => it.create({ dependencies: { dependsOnJobIds: [(await it.create()).id] } }), (job) => it.delete(`/jobs/${job.id}/dependencies`), 'job.dependencies', true, true],
  clearExclusions: [() => it.create({ exclusions: { excludedDates: ['2030-12-25'] } }), (job) => it.delete(`/jobs/${job.id}/exclusions`), 'job.exclusions', true, true],
  triggerJob: [() => it.create(), (job) => it.post(`/jobs/${job.id}/trigger`, { parameters: { password: CANARY } }), 'job.trigger', false, true],
  backfillJob: [() => it.create({ scheduleExpression: '0 * * * *' }), (job) => it.post(`/jobs/${job.id}/backfill`, { fromDate: '2026-01-02T00:30:00Z', toDate: '2026-01-02T01:30:00Z' }), 'job.backfill', false, true],
  cancelExecution: [running, (id) => it.post(`/executions/${id}/cancel`), 'execution.cancel', false, true],
  retryExecution: [async () => (await it.run(await it.create())).id, (id) => it.post(`/executions/${id}/retry`), 'execution.retry', true, true],
  login: [null, () => it.post(`${auth}/login`, { email: it.server.email, password: it.server.password }), 'login', false, false],
  logout: [null, () => it.post(`${auth}/logout`), 'logout', false, false],
  createToken: [null, () => it.post(`${auth}/tokens`, { name: 'script' }), 'token.create', false, true],
  revokeToken: [() => it.expect(201, it.post(`${auth}/tokens`, { name: 'script' })), (token) => it.delete(`${auth}/tokens/${token.id}`), 'token.revoke', true, false],
  createUser: [null, () => it.post(users, { email: 'made@example.com', password, roles: ['User'] }), 'user.create', false, true],
  lockUser: [newUser, (user) => it.post(`${users}/${user.id}/lock`), 'user.lock', true, true],
  unlockUser: [newUser, (user) => it.post(`${users}/${user.id}/unlock`), 'user.unlock', true, true],
  resetPassword: [newUser, (user) => it.post(`${users}/${user.id}/reset-password`, { password: `${password} 2` }), 'user.password', true, true],
  setRoles: [newUser, (user) => it.put(`${users}/${user.id}/roles`, { roles: ['Admin'] }), 'user.role', true, true],
  deleteUser: [newUser, (user) => it.delete(`${users}/${user.id}`), 'user.delete', true, false],
  pauseAll: [null, () => it.post('/admin/pause-all', { reason: 'audit' }), 'scheduler.pause', false, true],
  resumeAll: [null, () => it.post('/admin/resume-all'), 'scheduler.resume', true, true],
  clearLogs: [null, () => it.delete('/admin/clear-logs?olderThanDays=60'), 'logs.cleared', false, true],
  createWorkflow: [() => workflow(), (body) => it.post('/workflows', body), 'workflow.create', false, true],
  updateWorkflow: [newWorkflow, (made) => it.put(`/workflows/${made.id}`, { description: 'x' }), 'workflow.update', true, true],
  deleteWorkflow: [newWorkflow, (made) => it.delete(`/workflows/${made.id}`), 'workflow.delete', true, false],
  triggerWorkflow: [newWorkflow, (made) => it.post(`/workflows/${made.id}/trigger`), 'workflow.trigger', false, true],
  cancelWorkflowRun: [() => newRun('/hang', 'Running'), (id) => it.post(`/workflows/runs/${id}/cancel`), 'workflow.cancel', false, true],
  retryWorkflowRun: [() => newRun('/status/500', 'Failed'), (id) => it.post(`/workflows/runs/${id}/retry`), 'workflow.retry', false, true],
  importJobs: [null, () => it.post('/admin/import', { jsonPayload: [secretJob()] }), 'job.import', false, true],
};
/** Operations by POST that change nothing worth an entry. */
const unaudited = {
  previewJob: 'stores nothing', explainCron: 'stores nothing',
  refreshToken: 'goes on with a session whose login is recorded; the use of an old token is recorded as refresh.reuse',
};

describe('audit', () => {

test('every operation that changes something is in the table', async () => {
  const openapi = (await it.server.request('GET', '/openapi.json')).body;
  const all = Object.values(openapi.paths).flatMap((item) => ['post', 'put', 'patch', 'delete'].filter((method) => item[method]).map((method) => item[method].operationId));
  const known = [...Object.keys(changes), ...Object.keys(unaudited)].filter((id) => id !== 'eraseJob');
  assert.deepEqual(all.sort(), known.sort());
});

test('each change leaves an entry with actor, address, before and after, and no secret', async () => {
  for (const [id, [prepare, change, action, hasBefore, hasAfter]] of Object.entries(changes)) {
    const subject = await prepare?.();
    const [last] = await audit();
    const answer = await change(subject);
    assert.ok(answer.status < 300, `${id}: ${answer.status} ${answer.text}`);
    if (id === 'logout') it.token = await it.server.login();
    const since = (await audit()).filter(({ sequence }) => sequence > last.sequence);
    const entry = since.find((each) => each.action === action);
    assert.ok(entry, `${id}: no entry ${action} among ${JSON.stringify(since)}`);
    assert.equal(entry.actor, admin, id);
    assert.equal(entry.address, '127.0.0.1', id);
    assert.equal(entry.before !== null, hasBefore, `${id}: before ${JSON.stringify(entry.before)}`);
    assert.equal(entry.after !== null, hasAfter, `${id}: after ${JSON.stringify(entry.after)}`);
    if (hasBefore && hasAfter && !['unlockUser', 'resetPassword'].includes(id)) assert.notDeepEqual(entry.before, entry.after, id);
    assert.doesNotMatch(JSON.stringify(since), new RegExp(CANARY), `${id}: a secret`);
  }
});

test('every field of a job that can be set is in the entry of its creation', async () => {
  const openapi = (await it.server.request('GET', '/openapi.json')).body;
  const fields = openapi.components.schemas.JobWrite.properties;
  const settable = Object.keys(fields).filter((name) => !fields[name].$ref?.endsWith('/Ignored') && name !== 'createdBy');
  const job = await it.create({ name: 'All of it' });
  const [entry] = (await it.history(job)).items;
  const named = new Set(Object.keys(entry.after).map((name) => name.split('.')[0]));
  assert.deepEqual(settable.filter((name) => !named.has(name)), []);
});

test('what was refused leaves none', async () => {
  const [last] = await audit();
  assert.equal((await it.post('/jobs', {})).status, 400);
  assert.equal((await it.post(`/jobs/${randomUUID()}/trigger`)).status, 404);
  assert.equal((await it.post('/admin/import', { jsonPayload: [{}] })).status, 400);
  assert.equal((await it.delete('/admin/clear-logs')).status, 400);
  assert.equal((await it.post(users, { email: 'made@example.com', password })).status, 409);
  assert.equal((await audit())[0].sequence, last.sequence);
});

test('failed logins and the lock that they cause are recorded', async () => {
  const { email } = await newUser();
  for (let i = 0; i < 6; i++) assert.equal((await it.post(`${auth}/login`, { email, password: `wrong ${CANARY}` })).status, 401);
  const mine = await audit(`&actor=${email}`);
  assert.deepEqual(mine.map(({ action }) => action), ['login.lockout', 'login.failed', 'login.failed', 'login.failed', 'login.failed']);
  assert.ok(Date.parse(mine[0].after.lockedUntil) > Date.now());
  assert.doesNotMatch(JSON.stringify(mine), new RegExp(CANARY));
});

test('entries are filtered by actor, job, action and time, newest first, in pages', async () => {
  const other = await it.as('User', 'other@example.com');
  const began = new Date().toISOString();
  const job = await other.create({ name: 'Filtered' });
  await it.expect(200, it.put(`/jobs/${job.id}`, { description: 'y' }));
  await it.expect(200, it.post(`/jobs/${job.id}/pause`));
  const ended = (await audit())[0].at;
  assert.deepEqual((await audit(`&jobId=${job.id}`)).map(({ action }) => action), ['job.pause', 'job.update', 'job.create']);
  assert.deepEqual((await audit(`&jobId=${job.id}&actor=Other@Example.com`)).map(({ action }) => action), ['job.create']);
  assert.deepEqual((await audit(`&jobId=${job.id}&action=job.update`)).map(({ action }) => action), ['job.update']);
  assert.ok((await audit('&action=user.')).every(({ action }) => action.startsWith('user.')));
  const within = await audit(`&fromDate=${began}&toDate=${ended}`);
  assert.ok(within.length >= 3 && within.every(({ at }) => at >= began && at <= ended));
  assert.equal((await audit(`&toDate=2020-01-01T00:00:00Z`)).length, 0);
  const whole = await audit();
  const page = await it.expect(200, it.get('/admin/audit?pageSize=3&pageNumber=2'));
  assert.deepEqual(page.items, whole.slice(3, 6));
  assert.equal(page.totalCount, (await it.expect(200, it.get('/admin/audit?pageSize=1'))).totalCount);
  for (const entry of whole) assert.match(entry.hash, /^[0-9a-f]{64}$/);
  assert.equal(new Set(whole.map(({ hash }) => hash)).size, whole.length);
  const history = (await it.history(job)).items;
  assert.deepEqual(history, (await audit(`&jobId=${job.id}`)).map(({ hash, subjectId, ...entry }) => entry), 'the history of the job has the shape it had');
});

test('what is wrong in the query is a 400', async () => {
  for (const query of ['jobId=x', 'fromDate=yesterday', 'toDate=1', 'pageSize=0', 'pageSize=201', 'nonsense=1', 'fromDate=2030-01-02T00:00:00Z&toDate=2030-01-01T00:00:00Z', `actor=${'x'.repeat(300)}`]) {
    const answer = await it.get(`/admin/audit?${query}`);
    assert.equal(answer.status, 400, query);
    assert.ok(answer.body.errors[query.split('=')[0]], answer.text);
  }
  assert.equal((await it.get('/admin/audit/verify?x=1')).status, 400);
});

test('the chain is whole, and names the first entry that was changed or taken out', { skip: onlyOnSqlite }, async () => {
  const whole = await it.expect(200, it.get('/admin/audit/verify'));
  assert.deepEqual([whole.valid, whole.brokenAt], [true, null]);
  assert.equal(whole.checked, (await it.expect(200, it.get('/admin/audit?pageSize=1'))).totalCount);
  const file = path.join(it.server.folder, 'data', 'alphabet.db');
  const tamper = async (sql) => {
    await it.server.end();
    execFileSync('sqlite3', [file, sql]);
    await it.server.start();
    it.token = await it.server.login();
    return it.expect(200, it.get('/admin/audit/verify'));
  };
  const columns = execFileSync('sqlite3', [file, 'select group_concat(name) from pragma_table_info(\'audit\')'], { encoding: 'utf8' });
  assert.match(columns, /actor/);
  const changed = await tamper("update audit set actor = 'nobody' where id = 7");
  assert.deepEqual([changed.valid, changed.brokenAt], [false, 7]);
  const gone = await tamper("delete from audit where id = 5");
  assert.deepEqual([gone.valid, gone.brokenAt], [false, 6]);
});

});
