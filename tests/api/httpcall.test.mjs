// What an HttpCall sends, what becomes of the answer, and what it may not reach.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { slow, startScheduler, waitFor } from './support/scheduler.mjs';

const secret = 'canary-5up3r-s3cret/"value';
let it;
let folder;

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-secrets-'));
  fs.writeFileSync(path.join(folder, 'KEY'), secret, { mode: 0o600 });
  it = await startScheduler({
    settings: { 'Scheduler:Hangfire:WorkerCount': 50, 'Scheduler:Secrets:Directory': folder },
    env: { ALPHABET_SECRET_FROM_ENV: 'from-the-environment', http_proxy: 'http://127.0.0.1:1/', HTTP_PROXY: 'http://127.0.0.1:1/' },
  });
});
after(async () => {
  await it?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** Creates a job that calls PATH, runs it once and gives {job, execution, calls}. */
async function call(path_, configuration = {}, more = {}, body = undefined) {
  const url = path_.includes('://') ? path_ : it.target.url(path_);
  const job = await it.create({ ...more, jobConfiguration: { url, ...configuration } });
  const execution = await it.run(job, body);
  return { job, execution, calls: it.target.callsOf(path_.split('?')[0]) };
}

/** The whole chain of attempts of a job, once LAST has ended well or badly and nothing waits. */
const chain = (job, count) => it.endedOf(job, count, 60);

describe('HttpCall', { concurrency: true }, () => {

test('the request is what was configured, with the headers of the scheduler', async () => {
  const { job, execution, calls } = await call('/echo/plain', { method: 'put', headers: { 'X-Own': 'yes', Accept: 'text/plain' }, body: { a: [1, 'ä'] } });
  assert.deepEqual([execution.status, execution.errorMessage, execution.errorType, execution.outputTruncated], ['Succeeded', null, null, false]);
  assert.equal(calls.length, 1);
  const [{ method, headers, body }] = calls;
  assert.deepEqual([method, JSON.parse(body), headers['x-own'], headers.accept, headers['content-type']], ['PUT', { a: [1, 'ä'] }, 'yes', 'text/plain', 'application/json']);
  assert.equal(headers['x-alphabet-execution-id'], execution.id);
  assert.equal(headers['x-alphabet-job-id'], job.id);
  assert.equal(headers['x-alphabet-attempt'], '1');
  assert.match(headers['x-alphabet-fence'], /^[1-9]\d*$/);
  assert.match(headers.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
  assert.ok(headers['idempotency-key'].startsWith(job.id));
  assert.equal(headers['x-alphabet-signature'], undefined);
  assert.ok(Math.abs(execution.durationMs - (Date.parse(execution.completedAt) - Date.parse(execution.startedAt))) <= 1);
  assert.match(execution.duration, /^00:00:\d\d\.\d{3}$/);
});

test('every method arrives as it was asked for', async () => {
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']) {
    const { execution, calls } = await call(`/ok/method/${method}`, { method });
    assert.equal(execution.status, 'Succeeded');
    assert.deepEqual(calls.map((each) => each.method), [method]);
  }
});

test('a text is sent as it is', async () => {
  const { calls } = await call('/ok/text', { method: 'POST', body: 'a=1\nb=ü' });
  assert.equal(calls[0].body, 'a=1\nb=ü');
  assert.match(calls[0].headers['content-type'], /^text\/plain/);
});

test('a failure is tried again: a new execution each, naming the one before, with one Idempotency-Key', async () => {
  const job = await it.create({ jobConfiguration: { url: it.target.url('/flaky/2/chain') }, retryPolicy: { maxAttempts: 5, delaySeconds: 1, backoff: 'Exponential', jitter: false } });
  await it.trigger(job);
  const attempts = await chain(job, 3);
  assert.deepEqual(attempts.map(({ status, retryCount, trigger }) => [status, retryCount, trigger]), [['Failed', 0, 'Manual'], ['Failed', 1, 'Retry'], ['Succeeded', 2, 'Retry']]);
  assert.deepEqual(attempts.map(({ retryParentId }) => retryParentId), [null, attempts[0].id, attempts[1].id]);
  assert.equal(new Set(attempts.map(({ scheduledFor }) => scheduledFor)).size, 1);
  for (const [i, { errorType, errorMessage }] of attempts.slice(0, 2).entries()) {
    assert.deepEqual([errorType, errorMessage], ['HttpStatus', 'the target answered 500 Internal Server Error']);
    const delay = Date.parse(attempts[i + 1].availableAt) - Date.parse(attempts[i].completedAt);
    assert.ok(Math.abs(delay - 1000 * 2 ** i) < 50, `retry ${i + 1} after ${delay} ms`);
    assert.ok(Date.parse(attempts[i + 1].startedAt) >= Date.parse(attempts[i + 1].availableAt));
  }
  const calls = it.target.callsOf('/flaky/2/chain');
  assert.deepEqual(calls.map(({ headers }) => headers['x-alphabet-attempt']), ['1', '2', '3']);
  assert.equal(new Set(calls.map(({ headers }) => headers['idempotency-key'])).size, 1);
  const fences = calls.map(({ headers }) => Number(headers['x-alphabet-fence']));
  assert.ok(fences[0] < fences[1] && fences[1] < fences[2], `${fences}`);
  const shown = await it.show(job);
  assert.deepEqual([shown.consecutiveFailures, shown.lastExecutionStatus], [0, 'Succeeded']);
});

test('two due times have two Idempotency-Keys, and the fence of a job only grows', async () => {
  const job = await it.create({ scheduleExpression: '* * * * * *', jobConfiguration: { url: it.target.url('/ok/keys') } });
  await it.endedOf(job, 3);
  await it.delete(`/jobs/${job.id}`);
  const calls = it.target.callsOf('/ok/keys');
  assert.equal(new Set(calls.map(({ headers }) => headers['idempotency-key'])).size, calls.length);
  const fences = calls.map(({ headers }) => Number(headers['x-alphabet-fence']));
  assert.deepEqual(fences, [...new Set(fences)].sort((a, b) => a - b));
});

test('retries end with maxAttempts', async () => {
  const job = await it.create({ jobConfiguration: { url: it.target.url('/status/500/thrice') }, retryPolicy: { maxAttempts: 3, delaySeconds: 0 } });
  await it.trigger(job);
  await chain(job, 3);
  await waitFor(async () => (await it.show(job)).consecutiveFailures === 3, { what: 'three failures' });
  assert.equal((await it.executions(job)).length, 3);
  assert.equal(it.target.callsOf('/status/500/thrice').length, 3);
});

test('retryOnStatusCodes: another status is not tried again', async () => {
  const retryPolicy = { maxAttempts: 3, delaySeconds: 0, retryOnStatusCodes: [503] };
  const other = await it.create({ retryPolicy, jobConfiguration: { url: it.target.url('/status/500/not-listed') } });
  const listed = await it.create({ retryPolicy, jobConfiguration: { url: it.target.url('/status/503/listed') } });
  const ofCall = await it.create({ retryPolicy: { maxAttempts: 3, delaySeconds: 0 }, jobConfiguration: { url: it.target.url('/status/404/of-call'), retryOnStatusCodes: [500] } });
  await Promise.all([other, listed, ofCall].map((job) => it.trigger(job)));
  await chain(listed, 3);
  await chain(other, 1);
  await chain(ofCall, 1);
  assert.deepEqual([(await it.executions(other)).length, (await it.executions(ofCall)).length], [1, 1]);
});

test('retryOnErrorTypes: a refused connection is not tried again when only timeouts are', async () => {
  const closed = net.createServer().listen(0, '127.0.0.1');
  await new Promise((done) => { closed.once('listening', done); });
  const { port } = closed.address();
  await new Promise((done) => { closed.close(done); });
  const jobConfiguration = { url: `http://127.0.0.1:${port}/` };
  const job = await it.create({ retryPolicy: { maxAttempts: 3, delaySeconds: 0, retryOnErrorTypes: ['Timeout'] }, jobConfiguration });
  const execution = await it.run(job);
  assert.deepEqual([execution.status, execution.errorType], ['Failed', 'Connection']);
  assert.ok(execution.errorMessage.includes(`127.0.0.1:${port}`), execution.errorMessage);
  const again = await it.create({ retryPolicy: { maxAttempts: 2, delaySeconds: 0, retryOnErrorTypes: ['Connection'] }, jobConfiguration });
  await it.trigger(again);
  await chain(again, 2);
  assert.equal((await it.executions(job)).length, 1);
});

test('Retry-After of the target is honoured when it is later', async () => {
  const job = await it.create({ jobConfiguration: { url: it.target.url('/after/2/x') }, retryPolicy: { maxAttempts: 2, delaySeconds: 0 } });
  await it.trigger(job);
  const [first, second] = await chain(job, 2);
  assert.ok(Date.parse(second.availableAt) - Date.parse(first.completedAt) >= 1990, `${first.completedAt} ${second.availableAt}`);
  const [a, b] = it.target.callsOf('/after/2/x');
  assert.ok(b.at - a.at >= 1900, `${b.at - a.at} ms`);
  assert.equal(second.status, 'Succeeded');
});

test('successStatusCodes say what a success is', async () => {
  assert.equal((await call('/status/404/good', { successStatusCodes: [404] })).execution.status, 'Succeeded');
  assert.equal((await call('/status/200/bad', { successStatusCodes: [204] })).execution.status, 'Failed');
  assert.equal((await call('/status/204/empty')).execution.status, 'Succeeded');
  assert.equal((await call('/status/302/nowhere')).execution.status, 'Failed');
});

test('a failed answer keeps its output', async () => {
  const { execution } = await call('/status/500/output');
  assert.deepEqual([execution.status, execution.output], ['Failed', 'answer 500']);
});

test('timeoutSeconds of the job ends a call that hangs, as Failed with errorType Timeout', async () => {
  const { execution, calls } = await call('/hang/timeout', {}, { timeoutSeconds: 1 });
  assert.deepEqual([execution.status, execution.errorType], ['Failed', 'Timeout']);
  assert.ok(execution.durationMs >= 990 && execution.durationMs < 1000 + 1000 * slow, `${execution.durationMs} ms`);
  await waitFor(() => calls[0].abortedAt, { what: 'the connection to be closed', seconds: 2 });
});

test('timeoutSeconds of the call, and a body that drips for ever', async () => {
  const { execution } = await call('/drip/100', { timeoutSeconds: 1 });
  assert.deepEqual([execution.status, execution.errorType], ['Failed', 'Timeout']);
  assert.match(execution.errorMessage, /timeoutSeconds/);
  assert.ok(execution.durationMs < 1000 + 1000 * slow, `${execution.durationMs} ms`);
});

test('a target that accepts and says nothing does not keep others from running', async () => {
  const hanging = await it.create({ jobConfiguration: { url: it.target.url('/hang/others') }, timeoutSeconds: 30 });
  const ids = await Promise.all(Array.from({ length: 20 }, () => it.trigger(hanging)));
  const started = Date.now();
  assert.equal((await call('/ok/meanwhile')).execution.status, 'Succeeded');
  assert.ok(Date.now() - started < 2000 * slow);
  await Promise.all(ids.map(async (id) => { await it.ended(id, 'Running'); await it.expect(200, it.post(`/executions/${id}/cancel`)); await it.ended(id, 'Cancelled'); }));
});

test('an answer that ends too early is a failure of the connection', async () => {
  const { execution } = await call('/close/early');
  assert.deepEqual([execution.status, execution.errorType], ['Failed', 'Connection']);
  assert.match(execution.errorMessage, /ended before it was complete/);
});

test('cancel aborts the request within a second, with the record; it is not retried and no failure', async () => {
  const job = await it.create({ jobConfiguration: { url: it.target.url('/hang/cancel') }, retryPolicy: { maxAttempts: 3, delaySeconds: 0 } });
  const id = await it.trigger(job);
  await waitFor(() => it.target.callsOf('/hang/cancel').length === 1, { what: 'the call' });
  await it.ended(id, 'Running');
  const asked = Date.now();
  const answer = await it.expect(200, it.post(`/executions/${id}/cancel`));
  assert.ok(['Running', 'Cancelled'].includes(answer.status));
  const execution = await it.ended(id);
  const took = Date.now() - asked;
  assert.ok(took < 1000 * slow, `Cancelled after ${took} ms`);
  assert.equal(execution.status, 'Cancelled');
  assert.match(execution.errorMessage, new RegExp(`^cancelled by ${it.server.email}: request aborted after \\d+\\.\\d s: its connection was closed`));
  const [entry] = (await it.history(job)).items;
  assert.deepEqual([entry.action, entry.actor, entry.after], ['execution.cancel', it.server.email, id]);
  const [{ abortedAt }] = await waitFor(() => it.target.callsOf('/hang/cancel').filter((each) => each.abortedAt).length && it.target.callsOf('/hang/cancel'), { what: 'the target to see it', seconds: 2 });
  assert.ok(abortedAt - asked < 1000 * slow, `the socket was closed after ${abortedAt - asked} ms`);
  const shown = await it.show(job);
  assert.deepEqual([shown.consecutiveFailures, (await it.executions(job)).length], [0, 1]);
});

test('redirects are not followed unless the job says so, and then at most maxRedirects', async () => {
  const to = encodeURIComponent(it.target.url('/ok/after-redirect'));
  assert.equal((await call(`/redirect/none?to=${to}`)).execution.status, 'Failed');
  assert.equal(it.target.callsOf('/ok/after-redirect').length, 0);
  const followed = await call(`/redirect/one?to=${to}`, { followRedirects: true });
  assert.deepEqual([followed.execution.status, followed.execution.output], ['Succeeded', 'done']);
  const loop = await call(`/redirect/loop?to=${encodeURIComponent(it.target.url('/redirect/loop?to=%2Fredirect%2Floop'))}`, { followRedirects: true, maxRedirects: 3 });
  assert.equal(loop.execution.status, 'Failed');
  assert.ok(it.target.callsOf('/redirect/loop').length <= 4, `${it.target.callsOf('/redirect/loop').length} calls`);
});

test('a redirect to another origin does not carry Authorization and Cookie on', async () => {
  const other = await (await import('./support/target.mjs')).startHttpTarget();
  try {
    const headers = { Authorization: 'Bearer of-the-first', Cookie: 'a=b', 'X-Public': 'yes' };
    const { execution } = await call(`/redirect/cross?to=${encodeURIComponent(other.url('/ok/cross'))}`, { followRedirects: true, headers });
    assert.equal(execution.status, 'Succeeded');
    const [seen] = other.callsOf('/ok/cross');
    assert.deepEqual([seen.headers.authorization, seen.headers.cookie, seen.headers['x-public']], [undefined, undefined, 'yes']);
    assert.equal(it.target.callsOf('/redirect/cross')[0].headers.authorization, 'Bearer of-the-first');
  } finally {
    await other.stop();
  }
});

test('a redirect to something that is not http is not followed', async () => {
  for (const to of ['file:///etc/passwd', 'gopher://127.0.0.1/', 'ftp://127.0.0.1/x']) {
    const { execution } = await call(`/redirect/scheme?to=${encodeURIComponent(to)}`, { followRedirects: true });
    assert.equal(execution.status, 'Failed', to);
    assert.ok(!JSON.stringify(execution).includes('root:'), to);
  }
});

test('a long output is kept head and tail, the middle marked', async () => {
  const { execution } = await call('/huge/3000000');
  assert.deepEqual([execution.status, execution.outputTruncated], ['Succeeded', true]);
  assert.ok(Buffer.byteLength(execution.output) <= 65_536, `${execution.output.length}`);
  assert.ok(execution.output.startsWith('STARTxxx') && execution.output.endsWith('xxxEND'));
  assert.match(execution.output, /\d+ bytes left out/);
});

test('variables: of the run, of the job, of the time, of the parameters, with formats and offsets', async () => {
  const day = (offset) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  const today = day(0);
  const { job, execution, calls } = await call('/echo/variables?d={{Today}}&p={{Parameters.region}}&q={{Parameters.odd}}', {
    method: 'POST', headers: { 'X-Job': '{{Job.Name}} {{Execution.Attempt}}' }, parameters: { region: 'south', count: 3 },
    body: { job: '{{Job.Id}}', execution: '{{Execution.Id}}', by: '{{User.Email}}', yesterday: '{{Today-1d:yyyyMMdd}}', region: '{{Parameters.region}}', odd: '{{Parameters.odd}}', braces: '{{{{', due: '{{Execution.ScheduledFor}}' },
  }, { name: 'Vars' }, { parameters: { region: 'north', odd: '"},{"a&b=ü' } });
  if (today !== day(0)) return; // midnight has passed in between
  assert.equal(execution.status, 'Succeeded', execution.errorMessage);
  const url = new URL(calls[0].url, 'http://x');
  assert.deepEqual([...url.searchParams], [['d', today], ['p', 'north'], ['q', '"},{"a&b=ü']]);
  assert.equal(calls[0].headers['x-job'], 'Vars 1');
  assert.deepEqual(JSON.parse(calls[0].body), {
    job: job.id, execution: execution.id, by: it.server.email, yesterday: day(-1).replaceAll('-', ''), region: 'north', odd: '"},{"a&b=ü', braces: '{{', due: execution.scheduledFor,
  });
});

test('a parameter that the run does not bring is a failure that is not retried', async () => {
  const { job, execution } = await call('/ok/{{Parameters.missing}}', {}, { retryPolicy: { maxAttempts: 3, delaySeconds: 0 } });
  assert.deepEqual([execution.status, execution.errorType], ['Failed', 'Configuration']);
  assert.match(execution.errorMessage, /missing/);
  assert.equal((await it.executions(job)).length, 1);
});

test('a call is signed over time and body, and the signature can be verified', async () => {
  const { calls } = await call('/ok/signed', { method: 'POST', body: { n: 1 }, signingSecret: '{{Secret.KEY}}' });
  const [, time, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(calls[0].headers['x-alphabet-signature']);
  assert.equal(mac, createHmac('sha256', secret).update(`${time}.${calls[0].body}`).digest('hex'));
  assert.ok(Math.abs(Number(time) - Date.now() / 1000) < 5 * slow);
});

test('R2: a secret reaches the target and nothing else: no answer, no list, no history, no log, no file of the store', async () => {
  const literal = 'canary-literal-0f-the-job';
  const { job, execution, calls } = await call('/echo/secret?k={{Secret.KEY}}', {
    method: 'POST', headers: { Authorization: 'Bearer {{Secret.KEY}}', 'X-Api-Key': literal, 'X-Env': '{{Secret.FROM_ENV}}' }, body: { password: literal, nested: { deep: { token: literal } }, text: '{{Secret.KEY}}' },
    signingSecret: literal,
  });
  assert.equal(execution.status, 'Succeeded', execution.errorMessage);
  assert.equal(calls[0].headers.authorization, `Bearer ${secret}`);
  assert.equal(calls[0].headers['x-env'], 'from-the-environment');
  assert.equal(JSON.parse(calls[0].body).text, secret);
  assert.equal(calls[0].headers['x-api-key'], literal);
  await it.expect(200, it.put(`/jobs/${job.id}`, { name: 'Renamed', jobConfiguration: { ...job.jobConfiguration, headers: { ...job.jobConfiguration.headers, 'X-Api-Key': `${literal}-2` } } }));
  const id = execution.id;
  const looked = [];
  for (const route of [`/jobs/${job.id}`, '/jobs?pageSize=200', `/jobs/${job.id}/history`, `/jobs/${job.id}/executions`, `/executions/${id}`, `/executions/${id}/output`, '/executions?pageSize=200', '/jobs/failed?threshold=1']) looked.push((await it.get(route)).text);
  looked.push((await it.get(`/executions/${id}/output`, { headers: { Accept: 'text/event-stream' } })).text, it.server.log(), it.server.output());
  const encodings = (text) => [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text), Buffer.from(text).toString('base64').replace(/=+$/, '')];
  for (const text of looked) {
    for (const canary of [secret, 'from-the-environment', literal].flatMap(encodings)) assert.ok(!text.includes(canary), `${canary} is in: ${text.slice(0, 3000)}`);
  }
  assert.equal(job.jobConfiguration.headers['X-Api-Key'], '***');
  assert.equal(job.jobConfiguration.headers.Authorization, 'Bearer {{Secret.KEY}}');
  for (const name of fs.readdirSync(path.join(it.server.folder, 'data'))) {
    const bytes = fs.readFileSync(path.join(it.server.folder, 'data', name));
    assert.equal(bytes.includes(secret), false, `${name} holds the secret`);
    assert.equal(bytes.includes('from-the-environment'), false, `${name} holds the secret`);
  }
});

test('*** that is sent back keeps the secret for the same target, and not for another one', async () => {
  const job = await it.create({ jobConfiguration: { url: it.target.url('/ok/kept'), headers: { 'X-Api-Key': 'kept-value' } } });
  const same = await it.expect(200, it.put(`/jobs/${job.id}`, { jobConfiguration: { ...job.jobConfiguration, url: it.target.url('/ok/kept2') } }));
  assert.equal((await it.run(same)).status, 'Succeeded');
  assert.equal(it.target.callsOf('/ok/kept2')[0].headers['x-api-key'], 'kept-value');
  const thief = await it.put(`/jobs/${job.id}`, { jobConfiguration: { ...job.jobConfiguration, url: 'http://elsewhere.example/' } });
  assert.deepEqual([thief.status, Object.keys(thief.body.errors)], [400, ['jobConfiguration.headers.X-Api-Key']]);
});

test('a header with a line break cannot be made, not even by a variable', async () => {
  const { execution, calls } = await call('/ok/crlf', { headers: { 'X-A': '{{Parameters.a}}' } }, {}, { parameters: { a: 'x\r\nX-Injected: 1' } });
  assert.deepEqual([execution.status, execution.errorType, calls.length], ['Failed', 'Configuration', 0]);
});

test('what the answer says is text: it changes nothing of the job', async () => {
  const { execution } = await call('/echo/<script>alert(1)</script>', { method: 'POST', body: '{"nextRunAt":"2020-01-01","status":"Cancelled"}' });
  const output = await it.get(`/executions/${execution.id}/output`);
  assert.match(output.headers['content-type'], /^text\/plain; ?charset=utf-8$/i);
  assert.equal(output.headers['x-content-type-options'], 'nosniff');
  assert.equal(execution.status, 'Succeeded');
});

test('a run that fails while its job is deleted is not tried again', async () => {
  const job = await it.create({ jobConfiguration: { url: it.target.url('/hang/deleted') }, timeoutSeconds: 2, retryPolicy: { maxAttempts: 5, delaySeconds: 0 } });
  const id = await it.trigger(job);
  await it.ended(id, 'Running');
  assert.equal((await it.delete(`/jobs/${job.id}`)).status, 204);
  assert.equal((await it.ended(id)).status, 'Failed');
  const at = Date.now();
  await waitFor(() => Date.now() > at + 500, { what: 'half a second' });
  assert.equal(it.target.callsOf('/hang/deleted').length, 1);
  const left = (await it.executions(null, '&search=deleted')).filter(({ jobId, status }) => jobId === job.id && status === 'Pending');
  assert.deepEqual(left, []);
});

});
