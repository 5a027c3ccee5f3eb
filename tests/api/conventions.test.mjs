// What holds for every answer: headers, problems, request ids, idempotency keys, limits.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { startScheduler, V1 } from './support/scheduler.mjs';

let it;
before(async () => { it = await startScheduler(); });
after(() => it?.stop());

const big = 'x'.repeat(1_048_577);

/** One request for each kind of answer: what it is, its status, the answer. */
async function everyKind() {
  const job = await it.create();
  const raw = (method, target, options) => it.server.request(method, target, options);
  return [
    ['200', 200, await it.get('/jobs')], ['201', 201, await it.post('/jobs', it.job())], ['202', 202, await it.post(`/jobs/${job.id}/trigger`)], ['204', 204, await it.delete(`/jobs/${(await it.create()).id}`)],
    ['400 field', 400, await it.post('/jobs', {})], ['400 JSON', 400, await it.request('POST', '/jobs', { body: '{' })], ['400 query', 400, await it.get('/jobs?pageSize=0')], ['400 id', 400, await it.get('/jobs/nonsense')],
    ['401', 401, await raw('GET', `${V1}/jobs`)], ['403', 403, await (await it.as('Viewer', `v${randomUUID()}@example.com`)).post('/jobs', it.job())], ['404 route', 404, await raw('GET', '/nowhere')], ['404 id', 404, await it.get(`/jobs/${randomUUID()}`)],
    ['405', 405, await it.request('DELETE', '/jobs')], ['405 odd', 405, await raw('TRACE', `${V1}/jobs`)], ['409', 409, await it.delete(`/api/v1/admin/users/${(await it.get('/api/v1/auth/me')).body.id}`)],
    ['412', 412, await it.put(`/jobs/${job.id}`, { name: 'x' }, { 'If-Match': '"0"' })], ['413', 413, await it.request('POST', '/jobs', { body: big })], ['414', 414, await it.get(`/jobs?search=${'x'.repeat(9000)}`)],
    ['415', 415, await it.request('POST', '/jobs', { body: 'a=1', headers: { 'Content-Type': 'text/plain' } })], ['431', 431, await it.request('GET', '/jobs', { headers: Object.fromEntries(Array.from({ length: 110 }, (_, i) => [`X-H${i}`, '1'])) })],
    ['health', 200, await raw('GET', '/healthz')], ['ready', 200, await raw('GET', '/readyz')], ['version', 200, await raw('GET', '/version')], ['docs', 200, await raw('GET', '/docs')], ['openapi', 200, await raw('GET', '/openapi.json')],
  ];
}

describe('conventions', () => {

test('F2: every answer carries a request id and the headers of safety, and tells nothing of the server', async () => {
  for (const [what, status, answer] of await everyKind()) {
    assert.equal(answer.status, status, `${what}: ${answer.text.slice(0, 300)}`);
    const { headers } = answer;
    assert.match(headers['x-request-id'] ?? '', /^[A-Za-z0-9._-]{1,128}$/, what);
    assert.equal(headers['x-content-type-options'], 'nosniff', what);
    assert.equal(headers.server, undefined, what);
    assert.equal(headers['x-powered-by'], undefined, what);
    assert.equal(headers['access-control-allow-origin'], undefined, what);
    if (what !== 'docs' && what !== 'openapi') assert.match(headers['cache-control'] ?? '', /no-store/, what);
    if (answer.text) assert.match(headers['content-type'], /^(application\/(problem\+)?json|text\/html|text\/plain)/, what);
  }
});

test('every error is a problem with its own type, and says nothing of the inside', async () => {
  for (const [what, status, answer] of await everyKind()) {
    if (status < 400) continue;
    assert.equal(answer.headers['content-type'].split(';')[0], 'application/problem+json', what);
    const { type, title, status: said, detail, instance, traceId, errors, ...rest } = answer.body;
    assert.deepEqual(rest, {}, what);
    assert.match(type, /^urn:alphabet:problem:[a-z-]+$/);
    assert.ok(title && detail && typeof instance === 'string', what);
    assert.deepEqual([said, traceId], [status, answer.headers['x-request-id']], what);
    if (errors) for (const messages of Object.values(errors)) assert.ok(Array.isArray(messages) && messages.length > 0 && messages.every((each) => typeof each === 'string' && each.length > 3), what);
    assert.doesNotMatch(answer.text, /sqlite|\.c:\d|src\/|\/tmp\/|\/root|SELECT|0x[0-9a-f]{6}/i, what);
  }
});

test('all faults of a body are named at once', async () => {
  const answer = await it.post('/jobs', { name: '', jobType: 'Fax', scheduleType: 'Cron', scheduleExpression: '61 * * * *', timezone: 'Mars/Olympus', timeoutSeconds: 0, maxRuns: -1, tags: ['', 3], queue: 'nope', retryPolicy: { maxAttempts: 0, nonsense: 1 }, jobConfiguration: {}, nmae: 'x' });
  assert.equal(answer.status, 400);
  assert.deepEqual(Object.keys(answer.body.errors).sort(), ['jobType', 'maxRuns', 'name', 'nmae', 'queue', 'retryPolicy.maxAttempts', 'retryPolicy.nonsense', 'scheduleExpression', 'tags[0]', 'tags[1]', 'timeoutSeconds', 'timezone']);
  assert.match(answer.body.errors.nmae[0], /name/, 'a near name is suggested');
});

test('a request id is taken over when it is sane, and a trace id too', async () => {
  assert.equal((await it.get('/jobs', { headers: { 'X-Request-Id': 'abc-123_X.y' } })).headers['x-request-id'], 'abc-123_X.y');
  for (const bad of ['has space', 'x'.repeat(129), 'semi;colon', '<script>']) {
    const id = (await it.get('/jobs', { headers: { 'X-Request-Id': bad } })).headers['x-request-id'];
    assert.notEqual(id, bad);
    assert.match(id, /^[0-9a-f-]{36}$/);
  }
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const answer = await it.get('/jobs/nonsense', { headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` } });
  assert.equal(answer.body.traceId, trace);
});

test('405 names what is allowed; HEAD is GET without the body; OPTIONS answers', async () => {
  const refused = await it.request('PATCH', '/jobs');
  assert.deepEqual(refused.headers.allow.split(', ').sort(), ['GET', 'HEAD', 'OPTIONS', 'POST']);
  const head = await it.request('HEAD', '/jobs');
  assert.deepEqual([head.status, head.text], [200, '']);
  const get = await it.get('/jobs');
  assert.equal(head.headers['content-length'], get.headers['content-length']);
  const options = await it.server.request('OPTIONS', `${V1}/jobs`);
  assert.ok([200, 204].includes(options.status));
  assert.deepEqual(options.headers.allow.split(', ').sort(), ['GET', 'HEAD', 'OPTIONS', 'POST']);
});

test('S11: one Idempotency-Key, one effect: the same answer again, also for many at once', async () => {
  const headers = { 'Idempotency-Key': `key-${randomUUID()}` };
  const body = it.job({ name: `Once ${randomUUID()}` });
  const answers = await Promise.all(Array.from({ length: 8 }, () => it.post('/jobs', body, headers)));
  answers.push(await it.post('/jobs', body, headers));
  assert.ok(answers.every(({ status }) => status === 201), answers.map(({ text }) => text).join('\n'));
  assert.equal(new Set(answers.map(({ body: { id } }) => id)).size, 1);
  assert.equal(new Set(answers.map((each) => each.headers.location)).size, 1);
  assert.equal((await it.get(`/jobs?search=${encodeURIComponent(body.name)}`)).body.totalCount, 1);
  const other = await it.post('/jobs', { ...body, name: 'Another' }, headers);
  assert.equal(other.status, 409);
});

test('an Idempotency-Key of trigger, retry, backfill and pause; another path or another caller is another key', async () => {
  const [a, b] = [await it.create({ scheduleExpression: '0 * * * *' }), await it.create()];
  const headers = { 'Idempotency-Key': `key-${randomUUID()}` };
  const first = await it.trigger(a, undefined, headers);
  assert.equal(await it.trigger(a, undefined, headers), first);
  const elsewhere = await it.trigger(b, undefined, headers);
  assert.notEqual(elsewhere, first);
  const somebody = await it.as('User', `i${randomUUID()}@example.com`);
  assert.notEqual(await somebody.trigger(a, undefined, headers), first);
  await it.ended(first);
  const again = await it.expect(202, it.post(`/executions/${first}/retry`, undefined, headers));
  assert.equal(await it.expect(202, it.post(`/executions/${first}/retry`, undefined, headers)), again);
  const range = { fromDate: '2026-02-01T00:30:00Z', toDate: '2026-02-01T03:30:00Z' };
  assert.deepEqual(await it.expect(202, it.post(`/jobs/${a.id}/backfill`, range, headers)), { count: 3 });
  assert.deepEqual(await it.expect(202, it.post(`/jobs/${a.id}/backfill`, range, headers)), { count: 3 });
  await it.endedOf(a, 6);
  assert.equal((await it.executions(a)).length, 6);
});

test('an Idempotency-Key outlives the server, also a kill', async () => {
  const headers = { 'Idempotency-Key': `key-${randomUUID()}` };
  const body = it.job({ name: `Outlives ${randomUUID()}` });
  const { id } = await it.expect(201, it.post('/jobs', body, headers));
  await it.restart('SIGKILL');
  assert.equal((await it.expect(201, it.post('/jobs', body, headers))).id, id);
  assert.equal((await it.get(`/jobs?search=${encodeURIComponent(body.name)}`)).body.totalCount, 1);
});

test('a refused request does not use its Idempotency-Key up', async () => {
  const headers = { 'Idempotency-Key': `key-${randomUUID()}` };
  assert.equal((await it.post('/jobs', it.job({ name: '' }), headers)).status, 400);
  assert.equal((await it.post('/jobs', it.job(), headers)).status, 201);
});

test('times: any offset is taken, and answered in UTC with milliseconds', async () => {
  for (const [runAt, wanted] of [['2035-06-01T12:00:00+02:00', '2035-06-01T10:00:00.000Z'], ['2035-06-01T12:00:00.123456Z', '2035-06-01T12:00:00.123Z'], ['2035-06-01t12:00:00z', '2035-06-01T12:00:00.000Z'], ['2035-12-31T23:59:59-00:30', '2036-01-01T00:29:59.000Z']]) {
    assert.equal((await it.create({ scheduleType: 'OneTime', runAt })).runAt, wanted);
  }
});

test('ids may come in upper case', async () => {
  const job = await it.create();
  assert.equal((await it.get(`/jobs/${job.id.toUpperCase()}`)).body.id, job.id);
});

test('the body may be as large as the limit, chunked as well, and not a byte larger', async () => {
  const frame = JSON.stringify(it.job({ description: '' }));
  const pad = (length) => frame.replace(/}$/, `${' '.repeat(length - frame.length)}}`);
  assert.equal((await it.request('POST', '/jobs', { body: pad(1_048_576) })).status, 201);
  assert.equal((await it.request('POST', '/jobs', { body: pad(1_048_577) })).status, 413);
  assert.equal((await it.request('POST', '/jobs', { body: pad(1_048_576), headers: { 'Transfer-Encoding': 'chunked' } })).status, 201);
  const chunked = await it.request('POST', '/jobs', { body: pad(1_200_000), headers: { 'Transfer-Encoding': 'chunked' } }).catch((error) => error);
  assert.ok(chunked.status === 413 || chunked.code === 'ECONNRESET' || chunked.code === 'EPIPE', `${chunked.status ?? chunked}`);
  assert.equal((await it.get('/jobs')).status, 200);
});

test('JSON with a charset, a +json type and odd but right spellings is taken', async () => {
  for (const type of ['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON;charset="UTF-8"', 'application/merge-patch+json']) {
    assert.equal((await it.request('POST', '/jobs', { body: JSON.stringify(it.job()), headers: { 'Content-Type': type } })).status, 201, type);
  }
});

test('E4: another origin gets no permission, and a listed one does', async () => {
  const preflight = (where, origin) => where.server.request('OPTIONS', `${V1}/jobs`, { headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' } });
  for (const origin of ['https://evil.example', 'null', 'https://sub.evil.example']) {
    assert.equal((await it.get('/jobs', { headers: { Origin: origin } })).headers['access-control-allow-origin'], undefined);
    assert.equal((await preflight(it, origin)).headers['access-control-allow-origin'], undefined);
  }
  const open = await startScheduler({ settings: { 'Cors:AllowedOrigins': 'https://app.example' } });
  try {
    assert.equal((await preflight(open, 'https://app.example')).headers['access-control-allow-origin'], 'https://app.example');
    assert.equal((await open.get('/jobs', { headers: { Origin: 'https://app.example' } })).headers['access-control-allow-origin'], 'https://app.example');
    for (const origin of ['https://evil.example', 'https://app.example.evil.example', 'http://app.example', 'null']) assert.equal((await preflight(open, origin)).headers['access-control-allow-origin'], undefined, origin);
  } finally {
    await open.stop();
  }
});

test('more requests than the rate allows are a 429 with Retry-After', async () => {
  const own = await startScheduler({ settings: { 'Server:RateLimitPerMinute': 30 } });
  try {
    const answers = [];
    for (let i = 0; i < 40; i++) answers.push(await own.get('/jobs'));
    const limited = answers.filter(({ status }) => status === 429);
    assert.ok(limited.length >= 5 && answers[0].status === 200);
    for (const { headers, body } of limited) assert.ok(Number(headers['retry-after']) >= 1 && body.type.endsWith('too-many-requests'));
  } finally {
    await own.stop();
  }
});

test('health, readiness, version: what they say, and to everybody', async () => {
  const at = async (path) => (await it.server.request('GET', path)).body;
  assert.deepEqual(await at('/healthz'), { status: 'up' });
  assert.deepEqual(await at('/readyz'), { status: 'ready' });
  assert.equal((await at('/version')).name, 'alphabet');
});

test('R1: a line of the log cannot be forged: whatever is asked, one event is one line', async () => {
  const own = await startScheduler({ settings: { 'Logging:Level': 'debug', 'LockoutSettings:MaxFailedAttempts': 2 } });
  try {
    const forged = '\n2026-01-01T00:00:00.000Z ERROR forged \u001b[31m\u202e"';
    await own.get(`/jobs?search=${encodeURIComponent(forged)}`);
    await own.server.request('GET', `/${encodeURIComponent(forged)}`);
    for (let i = 0; i < 3; i++) await own.server.request('POST', '/api/v1/auth/login', { body: { email: `${forged}@example.com`, password: forged } });
    const job = await own.create({ name: 'Forged \u202e "', jobConfiguration: { url: own.target.url(`/status/500/${encodeURIComponent(forged)}`) } });
    await own.run(job);
    await own.server.request('GET', '/jobs', { headers: { 'X-Request-Id': 'a"b', 'User-Agent': '%0aforged' } });
    await own.server.end();
    const lines = own.server.log().split('\n').filter(Boolean);
    assert.ok(lines.length >= 1);
    for (const line of lines) {
      assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (DEBUG|INFO|WARN|ERROR) /);
      assert.doesNotMatch(line, /ERROR forged|\u001b/);
    }
    await own.server.start();
  } finally {
    await own.stop();
  }
});

});
