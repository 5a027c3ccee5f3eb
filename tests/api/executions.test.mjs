// Executions: lists, dates, search, output, retry, cancel, the timeline.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { iso, slow, startScheduler, waitFor } from './support/scheduler.mjs';

let it;
before(async () => { it = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 50 } }); });
after(() => it?.stop());

const enc = encodeURIComponent;
const ids = (items) => items.map(({ id }) => id);
const list = (query) => it.expect(200, it.get(`/executions?${query}`));

/** Follows the output of an execution; gives {events, done}: done is a promise of the end of the stream. */
function follow(id) {
  const events = [];
  const done = new Promise((resolve, reject) => {
    const request = http.get(`${it.server.base}/api/v1/scheduler/executions/${id}/output`, { headers: { Authorization: `Bearer ${it.token}`, Accept: 'text/event-stream' } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => {
        text += piece;
        for (let at; (at = text.indexOf('\n\n')) >= 0; text = text.slice(at + 2)) {
          const fields = Object.fromEntries(text.slice(0, at).split('\n').filter((line) => line && !line.startsWith(':')).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
          if (fields.event) events.push({ event: fields.event, data: JSON.parse(fields.data) });
        }
      }).on('end', () => resolve(response)).on('error', reject);
    });
    request.on('error', reject);
  });
  return { events, done };
}

describe('executions', { concurrency: true }, () => {

test('newest first, in pages that miss none, with an exact total', async () => {
  const job = await it.create();
  const made = [];
  for (let i = 0; i < 7; i++) made.push(await it.trigger(job));
  await it.endedOf(job, 7);
  const found = [];
  for (let page = 1; page <= 3; page++) {
    const body = await it.expect(200, it.get(`/jobs/${job.id}/executions?pageSize=3&pageNumber=${page}`));
    assert.deepEqual([body.totalCount, body.pageNumber, body.pageSize], [7, page, 3]);
    found.push(...ids(body.items));
  }
  assert.deepEqual(found, made.reverse());
  assert.deepEqual(ids((await list(`jobId=${job.id}&pageSize=200`)).items), made);
});

test('filters: status, by name, number and alias; queue; job', async () => {
  const job = await it.create();
  const failing = await it.create({ jobConfiguration: { url: it.target.url('/status/500') }, queue: 'background' });
  const good = (await it.run(job)).id;
  const urgent = await it.trigger(job, { queue: 'critical' });
  await it.ended(urgent);
  const bad = (await it.run(failing)).id;
  const of = async (query) => ids((await list(`pageSize=200&${query}`)).items);
  for (const status of ['Succeeded', 'succeeded', '3', 'Success']) assert.deepEqual((await of(`jobId=${job.id}&status=${status}`)).sort(), [good, urgent].sort(), status);
  assert.deepEqual(await of(`jobId=${job.id}&queue=critical`), [urgent]);
  assert.deepEqual(await of(`jobId=${failing.id}&status=Failed`), [bad]);
  assert.deepEqual(await of(`jobId=${failing.id}&status=4&queue=background`), [bad]);
  assert.deepEqual(await of(`jobId=${failing.id}&status=Cancelled`), []);
  assert.equal((await it.get(`/executions?jobId=${randomUUID()}`)).status, 404);
  assert.deepEqual((await it.executions(job, '&status=4')), []);
});

test('dates compare with the start, while pending with the creation; both ends count', async () => {
  const job = await it.create();
  const first = await it.run(job);
  await waitFor(() => Date.now() > Date.parse(first.completedAt) + 20, { what: 'a moment' });
  const middle = iso(Date.now());
  await waitFor(() => Date.now() > Date.parse(middle) + 20, { what: 'a moment' });
  const second = await it.run(job);
  const of = async (query) => ids(await it.executions(job, `&${query}`));
  assert.deepEqual(await of(`toDate=${middle}`), [first.id]);
  assert.deepEqual(await of(`fromDate=${middle}`), [second.id]);
  assert.deepEqual(await of(`fromDate=${enc(middle.replace('Z', '+00:00'))}`), [second.id]);
  assert.deepEqual(await of(`fromDate=${first.startedAt}&toDate=2090-01-01T00:00:00Z`), [first.id, second.id]);
  assert.deepEqual(await of('toDate=2001-01-01T00:00:00Z'), []);
  const waiting = await it.create({ retryPolicy: { maxAttempts: 2, delaySeconds: 3600 }, jobConfiguration: { url: it.target.url('/status/500') } });
  await it.run(waiting);
  await waitFor(async () => (await it.executions(waiting)).length === 2, { what: 'a retry that waits' });
  const pending = (await it.executions(waiting, '&status=Pending'))[0];
  assert.deepEqual(ids(await it.executions(waiting, `&status=Pending&fromDate=${iso(Date.parse(pending.createdAt) - 5)}&toDate=${iso(Date.parse(pending.createdAt) + 5)}`)), [pending.id]);
});

test('search finds words in the output, the error and the name of the job', async () => {
  const word = `w${randomUUID().slice(0, 8)}`;
  const byName = (await it.run(await it.create({ name: `Report ${word}` }))).id;
  const byOutput = (await it.run(await it.create({ jobConfiguration: { url: it.target.url(`/echo/${word}-out`) } }))).id;
  const byError = (await it.run(await it.create({ jobConfiguration: { url: 'http://{{Parameters.x}}.invalid/' } }), { parameters: { x: word } })).id;
  const found = ids((await list(`search=${word}&pageSize=200`)).items);
  assert.deepEqual(found.sort(), [byName, byOutput, byError].sort());
  assert.deepEqual(ids((await list(`search=${word.toUpperCase()}-OUT`)).items), [byOutput]);
  assert.deepEqual((await list(`search=${word}%25nothing`)).items, []);
  const { errors } = await it.expect(400, it.get('/executions?search=1+2+3+4+5+6+7+8+9'));
  assert.match(errors.search[0], /at most 8 words/);
});

test('output as text, and not in lists', async () => {
  const job = await it.create({ jobConfiguration: { url: it.target.url('/ok/text-output') } });
  const execution = await it.run(job);
  const answer = await it.get(`/executions/${execution.id}/output`);
  assert.deepEqual([answer.status, answer.text], [200, 'done']);
  assert.match(answer.headers['content-type'], /^text\/plain/);
  const [item] = await it.executions(job);
  assert.equal(Object.hasOwn(item, 'output'), false);
  assert.equal((await it.get(`/executions/${randomUUID()}/output`)).status, 404);
});

test('output as a stream: status while it runs, then the output and the end', async () => {
  const job = await it.create({ jobConfiguration: { url: it.target.url('/slow/800') } });
  const id = await it.trigger(job);
  await it.ended(id, 'Running');
  const stream = follow(id);
  const response = await stream.done;
  assert.match(response.headers['content-type'], /^text\/event-stream/);
  assert.ok(stream.events.some(({ event, data }) => event === 'status' && data === 'Running'));
  assert.deepEqual(stream.events.slice(-2), [{ event: 'output', data: 'slow' }, { event: 'end', data: 'Succeeded' }]);
  const late = follow(id);
  await late.done;
  assert.deepEqual(late.events, [{ event: 'output', data: 'slow' }, { event: 'end', data: 'Succeeded' }]);
});

test('a stream of many followers ends for each when the execution is cancelled', async () => {
  const id = await it.trigger(await it.create({ jobConfiguration: { url: it.target.url('/hang/followed') } }));
  await it.ended(id, 'Running');
  const streams = Array.from({ length: 10 }, () => follow(id));
  await waitFor(() => streams.every(({ events }) => events.length > 0), { what: 'each to have heard something' });
  await it.expect(200, it.post(`/executions/${id}/cancel`));
  await Promise.all(streams.map(({ done }) => done));
  for (const { events } of streams) assert.deepEqual(events.at(-1), { event: 'end', data: 'Cancelled' });
});

test('retry: a new execution of the same due time with the same parameters, which names the old one', async () => {
  const job = await it.create({ jobConfiguration: { url: it.target.url('/echo/retry?r={{Parameters.r}}') } });
  const first = await it.run(job, { parameters: { r: 'one' }, queue: 'critical' });
  const answer = await it.post(`/executions/${first.id}/retry`);
  assert.equal(answer.status, 202);
  assert.equal(answer.headers.location, `/api/v1/scheduler/executions/${answer.body}`);
  const second = await it.ended(answer.body);
  assert.deepEqual([second.retryParentId, second.retryCount, second.trigger, second.triggeredBy, second.scheduledFor, second.queue], [first.id, 1, 'Retry', it.server.email, first.scheduledFor, 'critical']);
  const third = await it.expect(202, it.post(`/executions/${first.id}/retry`));
  await it.ended(third);
  assert.deepEqual((await it.execution(first.id)).retryIds, [second.id, third], 'the chain forwards too');
  assert.deepEqual(second.retryIds, []);
  const calls = it.target.callsOf('/echo/retry').slice(0, 2);
  assert.deepEqual(calls.map(({ url }) => url), ['/echo/retry?r=one', '/echo/retry?r=one']);
  assert.equal(calls[0].headers['idempotency-key'], calls[1].headers['idempotency-key']);
});

test('retry and cancel are a 409 in the wrong state, a 404 for what is not there', async () => {
  const job = await it.create({ jobConfiguration: { url: it.target.url('/hang/states') } });
  const running = await it.trigger(job);
  await it.ended(running, 'Running');
  assert.equal((await it.post(`/executions/${running}/retry`)).status, 409);
  await it.expect(200, it.post(`/executions/${running}/cancel`));
  await it.ended(running, 'Cancelled');
  assert.equal((await it.post(`/executions/${running}/cancel`)).status, 409);
  const pending = await it.create({ jobConfiguration: { url: it.target.url('/status/500') }, retryPolicy: { maxAttempts: 2, delaySeconds: 3600 } });
  const failed = await it.run(pending);
  assert.equal((await it.post(`/executions/${failed.id}/cancel`)).status, 409);
  const retry = await waitFor(async () => (await it.executions(pending, '&status=Pending'))[0], { what: 'a retry that waits' });
  assert.equal((await it.post(`/executions/${retry.id}/retry`)).status, 409);
  const cancelled = await it.expect(200, it.post(`/executions/${retry.id}/cancel`));
  assert.deepEqual([cancelled.status, cancelled.startedAt, cancelled.durationMs], ['Cancelled', null, null]);
  assert.match(cancelled.errorMessage, new RegExp(`cancelled by ${it.server.email}`));
  assert.equal((await it.post(`/executions/${retry.id}/cancel`)).status, 409);
  assert.equal((await it.post(`/executions/${randomUUID()}/cancel`)).status, 404);
  assert.equal((await it.post(`/executions/${randomUUID()}/retry`)).status, 404);
  const shown = await it.show(pending);
  assert.equal(shown.consecutiveFailures, 1);
});

test('of many cancels at once the execution is cancelled once, and never succeeds afterwards', async () => {
  const job = await it.create({ jobConfiguration: { url: it.target.url('/slow/400') } });
  const made = await Promise.all(Array.from({ length: 5 }, () => it.trigger(job)));
  await Promise.all(made.map(async (id) => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => it.post(`/executions/${id}/cancel`)));
    assert.ok(answers.every(({ status }) => [200, 409].includes(status)));
    const said = answers.find(({ status }) => status === 200);
    const { status } = await it.ended(id);
    if (said) assert.equal(status, 'Cancelled');
  }));
});

test('the workers: no more run at once than there are, and the rest wait their turn', async () => {
  const small = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 3 } });
  try {
    const job = await small.create({ jobConfiguration: { url: small.target.url('/slow/150') } });
    await Promise.all(Array.from({ length: 12 }, () => small.trigger(job)));
    const ran = await small.endedOf(job, 12);
    const moments = ran.flatMap(({ startedAt, completedAt }) => [[Date.parse(startedAt), 1], [Date.parse(completedAt), -1]]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    let now = 0;
    let most = 0;
    for (const [, change] of moments) { now += change; most = Math.max(most, now); }
    assert.ok(most <= 3, `${most} at once`);
    assert.ok(ran.every(({ status }) => status === 'Succeeded'));
  } finally {
    await small.stop();
  }
});

test('queues: a critical execution overtakes those that wait in the background', async () => {
  const small = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 1 } });
  try {
    const job = await small.create({ jobConfiguration: { url: small.target.url('/slow/100') } });
    const hold = await small.trigger(job);
    await small.ended(hold, 'Running');
    const back = [];
    for (let i = 0; i < 6; i++) back.push(await small.trigger(job, { queue: 'background' }));
    const urgent = await small.trigger(job, { queue: 'critical' });
    await small.endedOf(job, 8);
    const order = (await small.executions(job)).sort((a, b) => a.startedAt.localeCompare(b.startedAt)).map(({ id }) => id);
    assert.ok(order.indexOf(urgent) <= 3, `the critical one was number ${order.indexOf(urgent) + 1}`);
  } finally {
    await small.stop();
  }
});

test('the timeline counts what ended, in buckets without a gap', async () => {
  const own = await startScheduler();
  try {
    await own.run(await own.create());
    await own.run(await own.create());
    await own.run(await own.create({ jobConfiguration: { url: own.target.url('/status/500') } }));
    const hanging = await own.create({ jobConfiguration: { url: own.target.url('/hang') } });
    const [a, b] = [await own.trigger(hanging), await own.trigger(hanging)];
    await own.ended(a, 'Running');
    await own.ended(b, 'Running');
    await own.expect(200, own.post(`/executions/${a}/cancel`));
    await own.ended(a, 'Cancelled');
    const sum = (buckets) => buckets.reduce((all, each) => ['successCount', 'failedCount', 'runningCount', 'cancelledCount'].map((name, i) => all[i] + each[name]), [0, 0, 0, 0]);
    for (const [query, count, minutes] of [['', 24, 60], ['?hours=1', 12, 5], ['?hours=6', 72, 5], ['?hours=7', 7, 60], ['?hours=400', 17, 1440], ['?hours=2&bucketMinutes=30', 4, 30], ['?hours=8760', 365, 1440]]) {
      const buckets = await own.expect(200, own.get(`/executions/timeline${query}`));
      assert.equal(buckets.length, count, query);
      assert.deepEqual(sum(buckets), [2, 1, 1, 1], query);
      buckets.forEach(({ bucket }, i) => assert.equal(Date.parse(bucket) - Date.parse(buckets[0].bucket), i * minutes * 60_000));
    }
  } finally {
    await own.stop();
  }
});

test('an execution says all that there is to say', async () => {
  const execution = await it.run(await it.create({ name: 'All fields' }));
  const { id, jobId, createdAt, availableAt, startedAt, completedAt, endedAt, scheduledFor, duration, durationMs, nodeName, ...rest } = execution;
  assert.deepEqual(rest, {
    jobName: 'All fields', status: 'Succeeded', queue: 'default', trigger: 'Manual', triggeredBy: it.server.email, progressPercent: null, progressText: null, output: 'done', outputTruncated: false, errorMessage: null, errorType: null,
    retryCount: 0, retryParentId: null, retryIds: [], workflowRunId: null, waitingOn: [],
  });
  assert.equal(endedAt, completedAt);
  assert.ok(nodeName.length > 0 && id && jobId && scheduledFor && durationMs >= 0 && duration);
  assert.ok(createdAt <= availableAt && availableAt <= startedAt && startedAt <= completedAt);
  assert.ok(Date.parse(startedAt) - Date.parse(createdAt) < 1000 * slow);
});

});
