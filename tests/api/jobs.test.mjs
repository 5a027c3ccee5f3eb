// Jobs as a user handles them: create, read, list, change, delete.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test, { after, before } from 'node:test';
import { iso, startScheduler, V1, waitFor } from './support/scheduler.mjs';

let it;
before(async () => { it = await startScheduler(); });
after(() => it?.stop());

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Everything that can be said about a job, none of it the default. */
const everything = () => ({
  name: 'Ärger mit 日本語 \u{1F4C5}', description: 'first line\nsecond line', jobType: 'HttpCall', scheduleType: 'Cron',
  scheduleExpression: '15 4 * * MON-FRI', timezone: 'Europe/Berlin', startAt: '2030-01-01T00:00:00.000Z', endAt: '2040-01-01T00:00:00.000Z',
  maxRuns: 7, jitterSeconds: 3, timeoutSeconds: 44, queue: 'critical', concurrencyPolicy: 'Skip', misfirePolicy: 'FireAll',
  dstPolicy: { gap: 'Skip', overlap: 'Last' }, isEnabled: false, tags: ['one', 'zwei'], createdBy: 'somebody@example.com',
  jobConfiguration: {
    url: it.target.url('/echo?a=b'), method: 'POST', headers: { Accept: 'text/plain' }, body: { a: [1, 2.5, null, 'x'] }, timeoutSeconds: 9,
    successStatusCodes: [200, 204], retryOnStatusCodes: [503], followRedirects: true, maxRedirects: 2, parameters: { region: 'north' },
  },
  retryPolicy: { maxAttempts: 4, delaySeconds: 2, backoff: 'Linear', maxDelaySeconds: 30, jitter: false, retryOnStatusCodes: [500, 503], retryOnErrorTypes: ['Timeout', 'HttpStatus'] },
  exclusions: { excludedDates: ['2030-12-25'], excludedDaysOfWeek: ['Saturday'], timeRange: { start: '22:00:00', end: '06:00:00' } },
});

test('a job keeps all that was said about it', async () => {
  const answer = await it.post('/jobs', everything());
  assert.equal(answer.status, 201, answer.text);
  const job = answer.body;
  assert.match(job.id, guid);
  assert.equal(answer.headers.location, `${V1}/jobs/${job.id}`);
  for (const [name, value] of Object.entries(everything())) {
    if (name === 'exclusions') continue;
    assert.deepEqual(job[name], value, name);
  }
  assert.deepEqual(job.exclusions.excludedDates, ['2030-12-25']);
  assert.deepEqual(job.exclusions.excludedDaysOfWeek, ['Saturday']);
  assert.equal(job.exclusions.timeRange.start.slice(0, 5), '22:00');
  assert.match(job.createdAt, time);
  assert.equal(job.updatedAt, job.createdAt);
  assert.equal(job.currentStatus, 'Disabled');
  assert.deepEqual(await it.show(job), job);
});

test('what is not said has the default', async () => {
  const job = await it.create({ retryPolicy: undefined });
  const { description, timezone, maxRuns, jitterSeconds, timeoutSeconds, queue, concurrencyPolicy, misfirePolicy, dstPolicy, isEnabled, isPaused, tags, retryPolicy } = job;
  assert.deepEqual(
    { description, timezone, maxRuns, jitterSeconds, timeoutSeconds, queue, concurrencyPolicy, misfirePolicy, dstPolicy, isEnabled, isPaused, tags },
    { description: null, timezone: 'UTC', maxRuns: 0, jitterSeconds: 0, timeoutSeconds: 300, queue: 'default', concurrencyPolicy: 'Allow',
      misfirePolicy: 'FireOnce', dstPolicy: { gap: 'RunAfter', overlap: 'Auto' }, isEnabled: true, isPaused: false, tags: [] },
  );
  assert.deepEqual([retryPolicy.maxAttempts, retryPolicy.delaySeconds, retryPolicy.backoff], [3, 60, 'Fixed']);
  assert.deepEqual([job.createdBy, job.lastModifiedBy, job.currentStatus, job.consecutiveFailures], [it.server.email, it.server.email, 'Active', 0]);
  assert.deepEqual([job.lastExecutedAt, job.lastExecutionStatus, job.isDeleted, job.dependencies], [null, null, false, null]);
  assert.match(job.nextRunAt, /^\d{4}-01-01T00:00:00\.000Z$/);
});

test('what was read can be sent back by PUT, and changes nothing', async () => {
  const first = await it.expect(201, it.post('/jobs', everything()));
  for (const job of [first, await it.create({ scheduleType: 'Interval', intervalSeconds: 3600, intervalMode: 'FixedDelay' }),
    await it.create({ scheduleType: 'OneTime', runAt: '2035-05-05T05:05:05.555+05:30' }), await it.create({ scheduleExpression: 'H H * * *', endAt: null })]) {
    const back = await it.expect(200, it.put(`/jobs/${job.id}`, job));
    const { updatedAt: a, lastModifiedBy: b, ...rest } = job;
    const { updatedAt: c, lastModifiedBy: d, ...same } = back;
    assert.deepEqual(same, rest);
    assert.ok(a <= c && b && d);
  }
});

test('what was read can be sent as a new job', async () => {
  const job = await it.expect(201, it.post('/jobs', everything()));
  const copy = await it.expect(201, it.post('/jobs', job));
  assert.notEqual(copy.id, job.id);
  for (const name of ['name', 'scheduleExpression', 'jobConfiguration', 'retryPolicy', 'exclusions', 'tags', 'queue', 'nextRunAt']) assert.deepEqual(copy[name], job[name], name);
});

test('PUT changes what it names and leaves the rest', async () => {
  const job = await it.expect(201, it.post('/jobs', everything()));
  const changed = await it.expect(200, it.put(`/jobs/${job.id}`, { name: 'Renamed', tags: [], retryPolicy: { maxAttempts: 9 }, description: '' }));
  assert.equal(changed.name, 'Renamed');
  assert.equal(changed.description, null);
  assert.deepEqual(changed.tags, []);
  assert.equal(changed.retryPolicy.maxAttempts, 9);
  assert.equal(changed.retryPolicy.backoff, 'Linear');
  for (const name of ['scheduleExpression', 'jobConfiguration', 'exclusions', 'queue', 'createdBy', 'createdAt', 'nextRunAt', 'startAt', 'maxRuns']) assert.deepEqual(changed[name], job[name], name);
  const other = await it.expect(200, it.put(`/jobs/${job.id}`, { createdBy: 'thief@example.com', id: randomUUID(), isDeleted: true, consecutiveFailures: 99 }));
  assert.deepEqual([other.createdBy, other.id, other.isDeleted, other.consecutiveFailures], [job.createdBy, job.id, false, 0]);
});

test('a schedule of another type is taken whole, and the old one is gone', async () => {
  const job = await it.create({ scheduleExpression: '*/10 * * * *' });
  const interval = await it.expect(200, it.put(`/jobs/${job.id}`, { scheduleType: 'Interval', intervalSeconds: 7200 }));
  assert.deepEqual([interval.scheduleExpression, interval.intervalSeconds, interval.intervalMode], [null, 7200, 'FixedRate']);
  const once = await it.expect(200, it.patch(`/jobs/${job.id}/reschedule`, { scheduleType: 'OneTime', runAt: '2033-01-01T00:00:00Z' }));
  assert.deepEqual([once.intervalSeconds, once.runAt, once.nextRunAt], [null, '2033-01-01T00:00:00.000Z', '2033-01-01T00:00:00.000Z']);
  const cron = await it.expect(200, it.patch(`/jobs/${job.id}/reschedule`, { scheduleType: 'Cron', scheduleExpression: '0 12 * * *', timezone: 'Asia/Kathmandu' }));
  assert.deepEqual([cron.runAt, cron.timezone, cron.nextRunAt.slice(11)], [null, 'Asia/Kathmandu', '06:15:00.000Z']);
  const later = await it.expect(200, it.patch(`/jobs/${job.id}/reschedule`, { effectiveFrom: '2031-06-01T00:00:00Z' }));
  assert.equal(later.nextRunAt, '2031-06-01T06:15:00.000Z');
});

test('names of choices may be in any case, and the numbers of generated clients are taken', async () => {
  const job = await it.create({ jobType: 1, scheduleType: 2, scheduleExpression: null, intervalSeconds: 3600, runAt: '0001-01-01T00:00:00', misfirePolicy: 'fireall', concurrencyPolicy: 2, retryPolicy: { maxRetryAttempts: 4, retryDelaySeconds: 5, retryBackoffType: 3 } });
  assert.deepEqual([job.jobType, job.scheduleType, job.misfirePolicy, job.concurrencyPolicy], ['HttpCall', 'Interval', 'FireAll', 'Skip']);
  assert.deepEqual([job.retryPolicy.maxAttempts, job.retryPolicy.delaySeconds, job.retryPolicy.backoff], [5, 5, 'Exponential']);
  const empty = await it.create({ scheduleType: 'INTERVAL', scheduleExpression: '', intervalSeconds: 60, runAt: null });
  assert.equal(empty.scheduleExpression, null);
});

test('names need not be unique', async () => {
  const name = `Twin ${randomUUID()}`;
  const [a, b] = [await it.create({ name }), await it.create({ name })];
  assert.notEqual(a.id, b.id);
  const found = await it.expect(200, it.get(`/jobs?search=${encodeURIComponent(name)}`));
  assert.deepEqual(found.items.map(({ id }) => id).sort(), [a.id, b.id].sort());
});

test('an ETag stands for one state: If-Match with another is a 412 and changes nothing', async () => {
  const answer = await it.post('/jobs', it.job());
  const { id } = answer.body;
  const first = (await it.get(`/jobs/${id}`)).headers.etag;
  assert.match(first, /^"[^"]+"$/);
  assert.equal(answer.headers.etag, first);
  const changed = await it.put(`/jobs/${id}`, { name: 'B' }, { 'If-Match': first });
  assert.equal(changed.status, 200);
  assert.notEqual(changed.headers.etag, first);
  assert.equal((await it.get(`/jobs/${id}`)).headers.etag, changed.headers.etag);
  for (const stale of [() => it.put(`/jobs/${id}`, { name: 'C' }, { 'If-Match': first }), () => it.delete(`/jobs/${id}`, { 'If-Match': first }),
    () => it.delete(`/jobs/${id}?hardDelete=true`, { 'If-Match': first }), () => it.patch(`/jobs/${id}/reschedule`, { timezone: 'Europe/Rome' }, { 'If-Match': first }),
    () => it.post(`/jobs/${id}/pause`, {}, { 'If-Match': first }), () => it.post(`/jobs/${id}/exclusions`, { excludedDaysOfWeek: [1] }, { 'If-Match': '"nonsense"' })]) {
    const refused = await stale();
    assert.equal(refused.status, 412, refused.text);
  }
  assert.equal((await it.show(id)).name, 'B');
  assert.equal((await it.put(`/jobs/${id}`, { name: 'D' }, { 'If-Match': '*' })).status, 200);
  assert.equal((await it.put(`/jobs/${id}`, { name: 'E' }, { 'If-Match': `"x", ${(await it.get(`/jobs/${id}`)).headers.etag}` })).status, 200);
});

test('of two changes at once with one ETag, one wins and the other is told', async () => {
  const job = await it.create();
  const { etag } = (await it.get(`/jobs/${job.id}`)).headers;
  const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => it.put(`/jobs/${job.id}`, { name: `Writer ${i}` }, { 'If-Match': etag })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412, 412, 412, 412, 412, 412, 412]);
  assert.equal((await it.show(job)).name, answers.find(({ status }) => status === 200).body.name);
});

test('changes at once to different fields without an ETag are all kept', async () => {
  const job = await it.create();
  const answers = await Promise.all([{ name: 'N' }, { description: 'D' }, { tags: ['t'] }, { maxRuns: 5 }].map((body) => it.put(`/jobs/${job.id}`, body)));
  for (const { status, text } of answers) assert.equal(status, 200, text);
  const { name, description, tags, maxRuns } = await it.show(job);
  assert.deepEqual({ name, description, tags, maxRuns }, { name: 'N', description: 'D', tags: ['t'], maxRuns: 5 });
});

test('a soft delete hides the job and keeps its history; a hard one removes both', async () => {
  const job = await it.create({ name: 'Doomed', tags: ['doomed'] });
  const execution = await it.run(job);
  assert.equal((await it.delete(`/jobs/${job.id}`)).status, 204);
  assert.equal((await it.get(`/jobs/${job.id}`)).status, 404);
  assert.equal((await it.put(`/jobs/${job.id}`, { name: 'x' })).status, 404);
  assert.equal((await it.post(`/jobs/${job.id}/trigger`)).status, 404);
  assert.equal((await it.delete(`/jobs/${job.id}`)).status, 404);
  assert.equal((await it.expect(200, it.get('/jobs?tag=doomed'))).totalCount, 0);
  assert.equal((await it.execution(execution.id)).status, 'Succeeded');
  assert.equal((await it.post(`/executions/${execution.id}/retry`)).status, 409);
  assert.equal((await it.delete(`/jobs/${job.id}?hardDelete=true`)).status, 204);
  assert.equal((await it.get(`/executions/${execution.id}`)).status, 404);
  assert.equal((await it.delete(`/jobs/${job.id}?hardDelete=true`)).status, 404);
});

test('a hard delete waits for no run: it is a 409 until the run has ended', async () => {
  const job = await it.create({ jobConfiguration: { url: it.target.url('/hang/hard') } });
  const id = await it.trigger(job);
  await it.ended(id, 'Running');
  assert.equal((await it.delete(`/jobs/${job.id}?hardDelete=true`)).status, 409);
  assert.equal((await it.show(job)).id, job.id);
  await it.expect(200, it.post(`/executions/${id}/cancel`));
  await it.ended(id, 'Cancelled');
  assert.equal((await it.delete(`/jobs/${job.id}?hardDelete=true`)).status, 204);
  assert.equal((await it.get(`/executions/${id}`)).status, 404);
});

test('a job that is made after a hard delete has nothing of the one that was erased', async () => {
  const erased = await it.create({ jobConfiguration: { url: it.target.url('/echo/erased'), headers: { Authorization: 'Bearer erased' } } });
  assert.equal((await it.run(erased)).status, 'Succeeded');
  assert.equal((await it.delete(`/jobs/${erased.id}?hardDelete=true`)).status, 204);
  const fresh = await it.create({ jobConfiguration: { url: it.target.url('/echo/fresh') } });
  assert.equal(JSON.parse((await it.run(fresh)).output).url, '/echo/fresh');
  assert.equal((await it.executions(fresh)).length, 1);
});

test('a deleted job starts nothing: what was pending is cancelled', async () => {
  const job = await it.create({ scheduleType: 'Interval', intervalSeconds: 1, retryPolicy: { maxAttempts: 5, delaySeconds: 3600 }, jobConfiguration: { url: it.target.url('/status/500/deleted') } });
  await waitFor(async () => (await it.executions(job)).some(({ status, retryCount }) => status === 'Pending' && retryCount === 1), { what: 'a retry that waits' });
  assert.equal((await it.delete(`/jobs/${job.id}`)).status, 204);
  const at = Date.now();
  const all = (await it.expect(200, it.get('/executions?pageSize=200&search=deleted'))).items.filter(({ jobId }) => jobId === job.id);
  assert.ok(all.every(({ status }) => status !== 'Pending'), JSON.stringify(all));
  const calls = it.target.callsOf('/status/500/deleted').filter((call) => call.at > at + 1000).length;
  assert.equal(calls, 0);
});

test('lists: filters, alone and together', async () => {
  const mark = randomUUID().slice(0, 8);
  const make = (name, more) => it.create({ name: `${name} ${mark}`, ...more });
  const a = await make('Alpha', { tags: ['x', mark], queue: 'critical' });
  const b = await make('beta', { tags: ['y', mark], description: 'uses ALPHA' });
  const c = await make('Gamma 100%_', { isEnabled: false, tags: [mark] });
  const d = await make('delta', { tags: [mark], createdBy: 'else@example.com' });
  await it.expect(200, it.post(`/jobs/${d.id}/pause`));
  const e = await make('done', { scheduleType: 'OneTime', runAt: '2020-01-01T00:00:00Z', tags: [mark] });
  const f = await make('broken', { jobConfiguration: { url: it.target.url('/status/500') }, tags: [mark] });
  await it.run(f);
  await it.endedOf(e, 1);
  await waitFor(async () => (await it.show(e)).currentStatus === 'Completed', { what: 'the one-time job to be Completed' });
  const found = async (query) => (await it.expect(200, it.get(`/jobs?pageSize=200&tag=${mark}${query}`))).items.map(({ id }) => id);
  const is = async (query, ...jobs) => assert.deepEqual((await found(query)).sort(), jobs.map(({ id }) => id).sort(), query);
  await is('', a, b, c, d, e, f);
  await is('&status=disabled', c);
  await is('&status=Paused', d);
  await is('&status=completed', e);
  await is('&status=failed', f);
  await is('&status=ACTIVE', a, b);
  await is('&queue=critical', a);
  await is('&createdBy=else@example.com', d);
  await is('&search=alpha', a, b);
  await is('&search=100%25_', c);
  await is('&search=%25', c);
  await is('&search=ALPHA&queue=critical&status=active&jobType=httpcall', a);
  await is('&jobType=FileOperation');
  await is('&search=', a, b, c, d, e, f);
  assert.deepEqual((await it.expect(200, it.get(`/jobs?tag=${mark.slice(1)}`))).items, []);
});

test('lists: every order, both ways, and pages that neither overlap nor miss any', async () => {
  const mark = randomUUID().slice(0, 8);
  const names = ['b', 'a', 'd', 'c', 'é'];
  for (const [i, name] of names.entries()) {
    const job = await it.create({ name, tags: [mark], scheduleType: 'OneTime', runAt: iso(Date.now() + (10 - i) * 86_400_000) });
    if (i % 2) await it.run(job);
  }
  const list = async (query) => it.expect(200, it.get(`/jobs?tag=${mark}&${query}`));
  for (const key of ['name', 'createdAt', 'updatedAt', 'nextRunAt', 'lastExecutedAt']) {
    const up = (await list(`sortBy=${key}&sortDirection=asc`)).items;
    const down = (await list(`sortBy=${key.toUpperCase()}&sortDirection=DESC`)).items;
    assert.equal(up.length, names.length);
    const values = up.map((job) => job[key]).filter((value) => value !== null);
    assert.deepEqual(values, [...values].sort(), key);
    const back = down.map((job) => job[key]).filter((value) => value !== null);
    assert.deepEqual(back, [...up.map((job) => job[key]).filter((value) => value !== null)].reverse(), key);
    const paged = [];
    for (let page = 1; page <= 3; page++) {
      const body = await list(`sortBy=${key}&pageSize=2&pageNumber=${page}`);
      assert.deepEqual([body.totalCount, body.pageNumber, body.pageSize, body.items.length], [5, page, 2, page === 3 ? 1 : 2]);
      paged.push(...body.items.map(({ id }) => id));
    }
    assert.deepEqual(paged, up.map(({ id }) => id), key);
  }
  const beyond = await list('pageSize=200&pageNumber=9');
  assert.deepEqual([beyond.items, beyond.totalCount], [[], 5]);
});

test('a page is 20 jobs unless asked otherwise', async () => {
  const mark = randomUUID().slice(0, 8);
  await Promise.all(Array.from({ length: 23 }, (_, i) => it.create({ name: `Job ${i}`, tags: [mark] })));
  const body = await it.expect(200, it.get(`/jobs?tag=${mark}`));
  assert.deepEqual([body.items.length, body.totalCount, body.pageNumber, body.pageSize], [20, 23, 1, 20]);
});

test('jobs that keep failing are listed, the worst first', async () => {
  const failing = (name) => it.create({ name, jobConfiguration: { url: it.target.url('/status/500') } });
  const [once, thrice] = [await failing('Once'), await failing('Thrice')];
  await it.run(once);
  for (let i = 0; i < 3; i++) await it.run(thrice);
  const ids = async (query) => (await it.expect(200, it.get(`/jobs/failed${query}`))).map(({ id }) => id);
  assert.deepEqual((await ids('')), [thrice.id]);
  const all = await ids('?threshold=1');
  assert.ok(all.indexOf(thrice.id) < all.indexOf(once.id));
  await it.expect(200, it.put(`/jobs/${thrice.id}`, { jobConfiguration: { url: it.target.url('/ok') } }));
  assert.equal((await it.run(thrice)).status, 'Succeeded');
  const job = await it.show(thrice);
  assert.deepEqual([job.consecutiveFailures, job.lastExecutionStatus, job.currentStatus], [0, 'Succeeded', 'Active']);
  assert.ok(!(await ids('?threshold=1')).includes(thrice.id));
});

test('many jobs made at once are all there, each once', async () => {
  const mark = randomUUID().slice(0, 8);
  const jobs = await Promise.all(Array.from({ length: 100 }, (_, i) => it.create({ name: `Many ${i}`, tags: [mark] })));
  assert.equal(new Set(jobs.map(({ id }) => id)).size, 100);
  assert.equal((await it.expect(200, it.get(`/jobs?tag=${mark}&pageSize=200`))).items.length, 100);
});
