// Export and import: what comes out goes in again, all or nothing, and nothing can make the server large or slow by it.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { startScheduler, V1 } from './support/scheduler.mjs';

let it;
const opened = [];
const env = { ALPHABET_SECRET_TOKEN: 'not to be seen' };

/** Another server, with nothing in it. */
async function another() {
  const server = await startScheduler({ env });
  opened.push(server);
  return server;
}

before(async () => { it = await startScheduler({ env }); });
after(() => it?.stop());
afterEach(async () => { for (const server of opened.splice(0)) await server.stop(); });

const exportOf = (from = it) => from.expect(200, from.get('/admin/export'));
const importInto = (to, payload, more = {}, headers) => to.post('/admin/import', { jsonPayload: typeof payload === 'string' ? payload : JSON.stringify(payload), ...more }, headers);
const taken = (to, payload, more) => to.expect(200, importInto(to, payload, more));
const counts = ({ headers }) => ['created', 'replaced', 'skipped', 'rejected'].map((name) => Number(headers[`x-import-${name}`]));
const withoutIds = ({ jobs }) => jobs.map(({ id, ...rest }) => rest);
const total = async (of, query = '') => (await of.expect(200, of.get(`/jobs?pageSize=1${query}`))).totalCount;
const plain = (name, more = {}) => ({ name, jobType: 'HttpCall', scheduleType: 'Interval', intervalSeconds: 86400, jobConfiguration: { url: 'https://example.com/' }, ...more });

/** A job with every field set that can be. */
const everything = (target) => ({
  name: 'Everything "quoted" \\ é 😀 \u2028', description: 'line\nbreak\ttab', jobType: 'HttpCall', scheduleType: 'Cron', scheduleExpression: '30 2 * * MON-FRI', timezone: 'Europe/Berlin',
  startAt: '2030-01-01T00:00:00.123Z', endAt: '2031-01-01T00:00:00.000Z', maxRuns: 7, jitterSeconds: 5,
  jobConfiguration: { url: target.url('/echo'), method: 'POST', headers: { 'X-A': 'b', Authorization: 'Bearer {{Secret.TOKEN}}' }, body: { deep: [1, 2.5, null, true, 'x'] }, timeoutSeconds: 9, successStatusCodes: [200, 204], followRedirects: true, maxRedirects: 3 },
  retryPolicy: { maxAttempts: 4, delaySeconds: 7, backoff: 'Exponential', maxDelaySeconds: 99, jitter: false, retryOnStatusCodes: [500], retryOnErrorTypes: ['Timeout'] },
  timeoutSeconds: 77, queue: 'critical', concurrencyPolicy: 'Queue', misfirePolicy: 'Skip', dstPolicy: { gap: 'Shift', overlap: 'Both' }, isEnabled: false, isPaused: true,
  retention: { days: 30, count: 5 }, tags: ['a', 'b c'], exclusions: { excludedDates: ['2030-12-25'], excludedDaysOfWeek: ['Saturday'], timeRange: { start: '22:00', end: '06:00' } }, createdBy: 'somebody@example.com',
});

async function seed(to) {
  await to.create({ name: 'Cron' });
  await to.create(everything(to.target));
  const paused = await to.create({ name: 'Paused', scheduleType: 'Interval', intervalSeconds: 60, intervalMode: 'FixedDelay' });
  await to.expect(200, to.post(`/jobs/${paused.id}/pause`, { until: '2090-01-01T00:00:00Z' }));
  await to.create({ name: 'Once', scheduleType: 'OneTime', runAt: '2080-05-06T07:08:09.010Z' });
  await to.create({ name: 'Twice' });
  await to.create({ name: 'Twice', description: 'the second one' });
  const gone = await to.create({ name: 'Deleted' });
  await to.expect(204, to.delete(`/jobs/${gone.id}`));
}

describe('export and import', () => {

test('an export holds every job that is not deleted, in the order of creation, with every field that can be set', async () => {
  await seed(it);
  const answer = await it.get('/admin/export');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-disposition'], 'attachment; filename="scheduler-jobs-export.json"');
  assert.match(answer.headers['content-type'], /^application\/json/);
  assert.match(answer.headers['cache-control'], /no-store/);
  const { version, exportedAt, jobs, ...rest } = answer.body;
  assert.deepEqual(rest, {});
  assert.equal(version, 1);
  assert.ok(Math.abs(Date.parse(exportedAt) - Date.now()) < 60_000);
  assert.deepEqual(jobs.map(({ name }) => name), ['Cron', everything(it.target).name, 'Paused', 'Once', 'Twice', 'Twice']);
  const openapi = (await it.server.request('GET', '/openapi.json')).body;
  const fields = openapi.components.schemas.JobWrite.properties;
  const settable = Object.keys(fields).filter((name) => name === 'id' || name === 'pausedUntil' || !fields[name].$ref?.endsWith('/Ignored'));
  for (const job of jobs) assert.deepEqual(Object.keys(job).sort(), settable.sort(), 'what can be set, and nothing else');
  const { id, pausedUntil, dependencies, intervalSeconds, intervalMode, runAt, ...full } = jobs[1];
  for (const [name, value] of Object.entries(everything(it.target))) {
    if (name === 'jobConfiguration') for (const [key, part] of Object.entries(value)) assert.deepEqual(full[name][key], part, key);
    else assert.deepEqual(full[name], value, name);
  }
  assert.equal(jobs[2].pausedUntil, '2090-01-01T00:00:00.000Z');
});

test('M2: what was exported comes back field for field, and again each time it is imported', async () => {
  const to = await another();
  const first = await exportOf();
  assert.equal(await taken(to, first), first.jobs.length);
  const second = await exportOf(to);
  assert.deepEqual(withoutIds(second), withoutIds(first));
  for (const { id } of second.jobs) assert.ok(!first.jobs.some((job) => job.id === id), 'ids are new');
  assert.equal(await taken(to, first), first.jobs.length);
  assert.deepEqual(withoutIds(await exportOf(to)), [...withoutIds(first), ...withoutIds(first)]);
  const paused = (await to.get('/jobs?search=Paused')).body.items[0];
  assert.deepEqual([paused.currentStatus, paused.nextRunAt], ['Paused', null]);
  const cron = (await to.get('/jobs?search=Cron')).body.items[0];
  assert.ok(Date.parse(cron.nextRunAt) > Date.now(), 'its next run is planned');
});

test('the export itself, its jobs alone, and an export without version or time are taken too', async () => {
  const to = await another();
  const jobs = [plain('One')];
  const { body } = await to.post('/admin/import', { jsonPayload: { version: 1, exportedAt: null, jobs } });
  assert.equal(body, 1);
  assert.equal((await to.post('/admin/import', { jsonPayload: jobs })).body, 1);
  assert.equal(await taken(to, jobs), 1);
  assert.equal(await taken(to, { jobs }), 1);
  assert.equal(await taken(to, { version: 1, jobs: [] }), 0);
  assert.equal(await total(to), 4);
});

test('skip leaves out what was there before; several of one name within the import are all taken', async () => {
  const to = await another();
  const payload = { jobs: [plain('A'), plain('B'), plain('B')] };
  await taken(to, { jobs: [plain('A')] });
  const answer = await importInto(to, payload, { onConflict: 'skip' });
  assert.deepEqual([answer.body, ...counts(answer)], [2, 2, 0, 1, 0]);
  const again = await importInto(to, payload, { onConflict: 'Skip' });
  assert.deepEqual([again.body, ...counts(again)], [0, 0, 0, 3, 0]);
  assert.equal(await total(to), 3);
});

test('replace pairs jobs of a name in their order, keeps id and history, and makes what is left over', async () => {
  const to = await another();
  const first = await to.create({ name: 'Pair', description: 'oldest' });
  const second = await to.create({ name: 'Pair', description: 'next' });
  const third = await to.create({ name: 'Pair', description: 'third' });
  await to.run(first);
  const payload = { jobs: [plain('Pair', { description: 'new oldest', tags: ['x'] }), plain('Pair', { description: 'new next', isPaused: true }), plain('Other')] };
  const answer = await importInto(to, payload, { onConflict: 'replace' });
  assert.deepEqual([answer.body, ...counts(answer)], [3, 1, 2, 0, 0]);
  const now = await to.show(first);
  assert.deepEqual([now.description, now.tags, now.scheduleType, now.intervalSeconds, now.lastExecutionStatus], ['new oldest', ['x'], 'Interval', 86400, 'Succeeded']);
  assert.ok(Date.parse(now.nextRunAt) > Date.now());
  assert.equal(now.createdAt, first.createdAt);
  assert.deepEqual([(await to.show(second)).currentStatus, (await to.show(third)).description], ['Paused', 'third']);
  const entry = (await to.history(first)).items[0];
  assert.deepEqual([entry.action, entry.before.description, entry.after.description], ['job.import', 'oldest', 'new oldest']);
  const whole = await exportOf(to);
  assert.equal(await taken(to, whole, { onConflict: 'replace' }), 4);
  assert.deepEqual(await exportOf(to).then(({ jobs }) => jobs), whole.jobs, 'its own export changes nothing, ids included');
});

test('one bad job is a 400 that names its index and every fault, and nothing is imported', async () => {
  const jobs = Array.from({ length: 20 }, (_, index) => plain(`Bad ${index}`));
  jobs[17].jobConfiguration = { url: 'ftp://example.com' };
  jobs[18] = { ...jobs[18], nmae: 1, timeoutSeconds: 0 };
  jobs[19] = 'nonsense';
  const before = await total(it);
  for (const onConflict of ['duplicate', 'skip', 'replace']) {
    const answer = await importInto(it, { version: 1, jobs }, { onConflict });
    assert.equal(answer.status, 400);
    assert.deepEqual(Object.keys(answer.body.errors).sort(), ['jobs[17].jobConfiguration.url', 'jobs[18].nmae', 'jobs[18].timeoutSeconds', 'jobs[19]']);
  }
  assert.equal(await total(it), before);
});

test('partial takes the good ones and says where the faults are', async () => {
  const to = await another();
  const jobs = [plain('Good'), plain('Bad', { intervalSeconds: -1 }), plain('Good too'), 3];
  const answer = await importInto(to, { jobs }, { partial: true });
  assert.deepEqual([answer.status, answer.body, ...counts(answer)], [200, 2, 2, 0, 0, 2]);
  const [entry] = (await to.expect(200, to.get('/admin/audit?action=jobs.import'))).items;
  assert.deepEqual([entry.after.created, entry.after.rejected], [2, 2]);
  assert.deepEqual(entry.after.faults.map(({ field }) => field), ['jobs[1].intervalSeconds', 'jobs[3]']);
  assert.equal(await total(to), 2);
});

test('M1: a dry run answers as the import would, and changes nothing', async () => {
  const to = await another();
  await taken(to, { jobs: [plain('A')] });
  for (const onConflict of ['duplicate', 'skip', 'replace']) {
    const payload = { jobs: [plain('A', { description: onConflict }), plain(`B ${onConflict}`)] };
    const dry = await importInto(to, payload, { onConflict, dryRun: true });
    const before = await exportOf(to);
    const real = await importInto(to, payload, { onConflict });
    assert.deepEqual([dry.status, dry.body, ...counts(dry)], [real.status, real.body, ...counts(real)], onConflict);
    assert.equal(before.jobs.some(({ name }) => name === `B ${onConflict}`), false);
  }
  assert.equal((await importInto(to, { jobs: [plain('')] }, { dryRun: true })).status, 400);
});

test('a masked secret is a fault that says what to write; replace keeps the stored one', async () => {
  const to = await another();
  const secret = { url: to.target.url('/echo'), headers: { Authorization: 'Bearer canary-1' }, signingSecret: 'canary-2' };
  const job = await to.create({ name: 'Secret', jobConfiguration: secret });
  const text = (await to.get('/admin/export')).text;
  assert.doesNotMatch(text, /canary/);
  const refused = await importInto(to, text);
  assert.equal(refused.status, 400);
  assert.deepEqual(Object.keys(refused.body.errors).sort(), ['jobs[0].jobConfiguration.headers.Authorization', 'jobs[0].jobConfiguration.signingSecret']);
  assert.match(refused.body.errors['jobs[0].jobConfiguration.signingSecret'][0], /\{\{Secret\.NAME\}\}/);
  assert.equal(await taken(to, text, { onConflict: 'replace' }), 1);
  const ran = await to.run(job);
  assert.equal(ran.status, 'Succeeded');
  const call = to.target.callsOf('/echo').at(-1);
  assert.equal(call.headers.authorization, 'Bearer canary-1');
  const stolen = JSON.parse(text);
  stolen.jobs[0].jobConfiguration.url = 'https://elsewhere.example.com/';
  assert.equal((await importInto(to, stolen, { onConflict: 'replace' })).status, 400, 'a secret does not follow to another target');
});

test('a OneTime job that had had its run does not run again; one whose time came since then does', async () => {
  const to = await another();
  const at = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
  const job = (name, runAt, more) => ({ ...to.job({ name, scheduleType: 'OneTime', runAt }), ...more });
  const jobs = [job('had it', at(-600)), job('owed', at(-60)), job('ahead', at(86400)), job('paused', at(-600), { isPaused: true })];
  assert.equal(await taken(to, { version: 1, exportedAt: at(-300), jobs }), 4);
  const [had, owed, ahead, paused] = (await exportOf(to)).jobs;
  await to.endedOf(owed, 1);
  assert.equal((await to.show(had)).currentStatus, 'Completed');
  assert.equal((await to.executions(had)).length, 0);
  assert.equal((await to.show(ahead)).currentStatus, 'Active');
  await to.expect(200, to.post(`/jobs/${paused.id}/resume`));
  await to.endedOf(paused, 1);
});

test('an Idempotency-Key imports once', async () => {
  const headers = { 'Idempotency-Key': randomUUID() };
  const before = await total(it);
  const payload = { jobs: [plain('Once by key'), plain('Once by key too')] };
  for (let i = 0; i < 3; i++) assert.equal((await importInto(it, payload, {}, headers)).body, 2);
  assert.equal(await total(it), before + 2);
  assert.equal((await importInto(it, { jobs: [] }, {}, headers)).status, 409);
});

test('each import, and each job of it, has its audit entry', async () => {
  const to = await another();
  await taken(to, { jobs: [plain('A'), plain('B')] }, { onConflict: 'replace' });
  const [a] = (await exportOf(to)).jobs;
  const { items } = await to.history(a);
  assert.deepEqual(items.map(({ action, actor }) => [action, actor]), [['job.import', 'admin@alphabet.local']]);
  assert.equal(items[0].after.name, 'A');
  const [whole] = (await to.expect(200, to.get('/admin/audit?action=jobs.import'))).items;
  assert.deepEqual(whole.after, { onConflict: 'replace', created: 2, replaced: 0, skipped: 0, rejected: 0 });
});

// ---- M1: what must not get in

test('M1: what is malformed, unknown or too much is a 400 that says what, and changes nothing', async () => {
  const before = await total(it);
  const good = JSON.stringify(plain('x'));
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  const cases = [
    ['', 'jsonPayload'], ['   ', 'jsonPayload'], ['null', 'jsonPayload'], ['3', 'jsonPayload'], ['{', 'jsonPayload'], ['{}', 'jobs'], ['{"jobs":3}', 'jsonPayload'], ['{"jobs":null}', 'jobs'],
    ['{"version":2,"jobs":[]}', 'version'], ['{"version":"1","jobs":[]}', 'version'], ['{"version":1.5,"jobs":[]}', 'version'], ['{"version":0,"jobs":[]}', 'version'],
    ['{"jobs":[],"more":1}', 'more'], ['{"jobs":[],"jobs":[]}', 'jobs'], ['{"jobs":[],"exportedAt":"yesterday"}', 'exportedAt'],
    [`{"jobs":[${good}`, 'jsonPayload'], [`{"jobs":[${good},]}`, 'jsonPayload'], [`{"jobs":[${good} ${good}]}`, 'jsonPayload'], [`{"jobs":[${good}]}]`, 'jsonPayload'], [`{"jobs":[${good}]} x`, 'jsonPayload'],
    [`{"jobs":[${good.slice(0, -1)}]}`, 'jsonPayload'], [`{"jobs":[${good},{"name":1]}`, 'jsonPayload'],
    [`{"jobs":[${good},{"name":tru}]}`, 'jobs[1]'], [`{"jobs":[${good},{"a":1,"a":2}]}`, 'jobs[1]'], [`{"jobs":[${deep}]}`, 'jobs[0]'], [`{"jobs":[${good.replace('"url"', `"body":${deep},"url"`)}]}`, 'jobs[0]'],
    [`{"jobs":[${JSON.stringify(plain('x', { description: 'y'.repeat(2_000_000) }))}]}`, 'jobs[0]'], [`{"jobs":[${good.replace('https', 'http\\u0000s')}]}`, 'jobs[0]'],
    [JSON.stringify({ jobs: Array.from({ length: 100_001 }, () => 0) }), 'jobs'], [JSON.stringify({ jobs: Array.from({ length: 1_000_000 }, () => 0) }), 'jobs'],
    [JSON.stringify({ jobs: [plain('x', { id: 'nonsense' }), plain('y', { isEnabled: 'maybe' })] }), 'jobs[1].isEnabled'],
  ];
  for (const [payload, field] of cases) {
    const answer = await importInto(it, payload);
    assert.equal(answer.status, 400, `${payload.slice(0, 80)}: ${answer.text.slice(0, 300)}`);
    assert.ok(Object.keys(answer.body.errors ?? {}).includes(field), `${payload.slice(0, 80)}: ${answer.text.slice(0, 300)}`);
  }
  for (const body of [{}, { jsonPayload: null }, { jsonPayload: true }, { jsonPayload: '[]', onConflict: 'merge' }, { jsonPayload: '[]', onConflict: 1 }, { jsonPayload: '[]', partial: 'yes' }, { jsonPayload: '[]', overwrite: true }, [], '"x"', '{"jsonPayload":"[]","jsonPayload":"[]"}', '{"jsonPayload":"\\ud800"}', '{"jsonPayload":"[]"', deep]) {
    const answer = await it.post('/admin/import', body);
    assert.equal(answer.status, 400, `${JSON.stringify(body).slice(0, 80)}: ${answer.text.slice(0, 300)}`);
  }
  assert.equal(await total(it), before);
});

test('M1: every fault is counted, a hundred are named', async () => {
  const answer = await importInto(it, { jobs: Array.from({ length: 500 }, () => plain('x', { intervalSeconds: 0, timeoutSeconds: 0 })) });
  assert.equal(answer.status, 400);
  assert.match(answer.body.detail, /^1000 values/);
  assert.equal(Object.keys(answer.body.errors).length, 100);
});

test('M1: a body beyond 64 MiB is a 413, announced or not', async () => {
  const announced = await new Promise((resolve, reject) => {
    const request = http.request(new URL(`${V1}/admin/import`, it.server.base), { method: 'POST', headers: { Authorization: `Bearer ${it.token}`, 'Content-Type': 'application/json', 'Content-Length': 1_000_000_000, Expect: '100-continue' } }, (response) => { response.resume(); resolve(response.statusCode); });
    request.on('error', reject);
    request.flushHeaders();
  });
  assert.equal(announced, 413);
  const memory = () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${it.server.pid}/status`, 'utf8'))[1]) / 1024;
  const chunked = await new Promise((resolve) => {
    const request = http.request(new URL(`${V1}/admin/import`, it.server.base), { method: 'POST', headers: { Authorization: `Bearer ${it.token}`, 'Content-Type': 'application/json' } }, (response) => { response.resume(); resolve(response.statusCode); });
    request.on('error', () => resolve('closed'));
    const piece = Buffer.alloc(1 << 20, ' ');
    let sent = 0;
    const more = () => { while (!request.destroyed && sent++ < 80) if (!request.write(piece)) { request.once('drain', more); return; } request.end(); };
    more();
  });
  assert.ok([413, 'closed'].includes(chunked), `${chunked}`);
  assert.ok(memory() < 300, `${memory()} MiB`);
});

test('M1: a hundred at once are all of them done or refused for now, and what is counted is there', async () => {
  const to = await another();
  const small = Array.from({ length: 70 }, (_, i) => importInto(to, { jobs: [plain(`Small ${i}`), plain(`Small too ${i}`)] }));
  const padding = ' '.repeat(3 << 20);
  const large = Array.from({ length: 30 }, (_, i) => importInto(to, padding + JSON.stringify({ jobs: [plain(`Large ${i}`), plain(`Large too ${i}`)] })).catch((error) => ({ status: 'closed', error })));
  const answers = await Promise.all([...small, ...large]);
  for (const answer of answers.slice(0, 70)) assert.equal(answer.status, 200, answer.text);
  for (const answer of answers.slice(70)) assert.ok([200, 503, 'closed'].includes(answer.status), `${answer.status} ${answer.text}`);
  for (const answer of answers) if (answer.status === 503) assert.ok(Number(answer.headers['retry-after']) > 0);
  const done = answers.filter(({ status }) => status === 200);
  assert.ok(done.length >= 72, 'large ones are done too');
  assert.equal(await total(to), 2 * done.length);
});

// ---- the file

test('an export of many jobs is whole, and leaves nothing in the data folder', async () => {
  const to = await another();
  const jobs = Array.from({ length: 3000 }, (_, i) => plain(`Job ${i}`, { description: 'd'.repeat(i % 700) }));
  await taken(to, { jobs });
  const before = fs.readdirSync(path.join(to.server.folder, 'data')).sort();
  const body = await exportOf(to);
  assert.deepEqual(body.jobs.map(({ name, description }) => [name, description ?? '']), jobs.map(({ name, description }) => [name, description]));
  assert.deepEqual(fs.readdirSync(path.join(to.server.folder, 'data')).sort(), before);
});

test('exports that nobody takes are bounded, and end with their connections', async () => {
  const to = await another();
  await taken(to, { jobs: Array.from({ length: 3000 }, (_, i) => plain(`Job ${i}`, { description: 'd'.repeat(2000) })) });
  const open = () => new Promise((resolve, reject) => {
    const request = http.get(new URL(`${V1}/admin/export`, to.server.base), { headers: { Authorization: `Bearer ${to.token}` }, agent: false }, (response) => resolve({ request, response }));
    request.on('error', reject);
  });
  const held = [];
  for (let i = 0; i < 4; i++) held.push(await open()); // their bodies are not read
  assert.deepEqual(held.map(({ response }) => response.statusCode), [200, 200, 200, 200]);
  const fifth = await to.get('/admin/export');
  assert.equal(fifth.status, 429);
  assert.ok(Number(fifth.headers['retry-after']) > 0);
  for (const { request, response } of held) { response.on('error', () => {}); request.on('error', () => {}); request.destroy(); }
  for (let i = 0; ; i++) {
    const answer = await to.get('/admin/export');
    if (answer.status === 200) break;
    assert.ok(i < 500, 'the places of those that left are free again');
  }
});

test('F3: the answer to an export stays JSON whatever is asked for', async () => {
  assert.equal((await it.get('/admin/export?callback=x')).status, 400);
  const answer = await it.get('/admin/export', { headers: { Accept: 'text/html' } });
  assert.match(answer.headers['content-type'], /^application\/json/);
  assert.equal(answer.headers['x-content-type-options'], 'nosniff');
});

test('workflows come along: their jobs are those of the file, or jobs that are there', async () => {
  const from = await another();
  const to = await another();
  const [a, b] = [await from.create({ name: 'A' }), await from.create({ name: 'B' })];
  const line = (job, above = []) => ({ jobId: job.id, dependsOn: above.map(({ id }) => id) });
  const schedule = { scheduleType: 'Cron', scheduleExpression: '0 3 1 1 *', timezone: 'Europe/Berlin', concurrencyPolicy: 'Skip' };
  await from.expect(200, from.post('/workflows', { name: 'night', description: 'both', jobs: [line(b, [a]), line(a)], schedule, isEnabled: false }));
  const file = await exportOf(from);
  assert.equal(file.workflows.length, 1);
  const fresh = await importInto(to, file);
  assert.deepEqual([fresh.status, fresh.body, fresh.headers['x-import-workflows']], [200, 2, '1']);
  const list = async () => (await to.expect(200, to.get('/workflows'))).items;
  const [copy] = await list();
  const jobs = (await to.expect(200, to.get('/jobs?pageSize=200'))).items;
  const idOf = (name) => jobs.find((job) => job.name === name).id;
  assert.deepEqual(copy.jobs, [{ jobId: idOf('B'), jobName: 'B', dependsOn: [idOf('A')], onFailure: 'Stop' }, { jobId: idOf('A'), jobName: 'A', dependsOn: [], onFailure: 'Stop' }]);
  assert.deepEqual([copy.description, copy.isEnabled, copy.schedule.timezone, copy.schedule.concurrencyPolicy], ['both', false, 'Europe/Berlin', 'Skip']);
  const skipped = await importInto(to, file, { onConflict: 'skip' });
  assert.deepEqual([skipped.body, skipped.headers['x-import-workflows'], (await list()).length], [0, '0', 1]);
  const bare = { ...file, workflows: [{ name: 'night', jobs: [line(a)] }] };
  const replaced = await importInto(to, bare, { onConflict: 'replace' });
  assert.deepEqual([replaced.body, replaced.headers['x-import-workflows']], [2, '1']);
  const [now] = await list();
  assert.deepEqual([now.id, now.description, now.schedule, now.isEnabled, now.jobs.map(({ jobName }) => jobName)], [copy.id, null, null, true, ['A']]);
  const unknown = randomUUID();
  const wrong = await importInto(to, { ...file, workflows: [{ name: '', jobs: [line(a), { jobId: unknown }] }, ...file.workflows] });
  assert.deepEqual(Object.keys(wrong.body.errors).sort(), ['workflows[0].jobs[1].jobId', 'workflows[0].name']);
  assert.equal((await list()).length, 1);
  const partial = await importInto(to, { ...file, workflows: [{ name: 'x', jobs: [{ jobId: unknown }] }, ...file.workflows] }, { partial: true });
  assert.deepEqual([partial.body, partial.headers['x-import-workflows']], [2, '1']);
  const here = await importInto(to, { version: 1, jobs: [], workflows: [{ name: 'of what is here', jobs: [{ jobId: idOf('B') }] }] });
  assert.deepEqual([here.status, here.headers['x-import-workflows']], [200, '1']);
});

});
