// GET /events: what changes, as it changes; who may listen, for how long, and what a slow reader costs.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { listen } from './support/events.mjs';
import { slow, startScheduler, V1, waitFor } from './support/scheduler.mjs';

let it;
before(async () => { it = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 200 } }); });
after(() => it?.stop());

const hear = (who = it) => listen(who.server, `${V1}/events`, { token: who.token });

describe('events', { concurrency: false }, () => {

test('it begins with how things stand, and tells each execution in its states', async () => {
  const viewer = await it.as('Viewer', 'listener@example.com');
  const stream = await hear(viewer);
  assert.match(stream.response.headers['content-type'], /^text\/event-stream/);
  const { data } = await stream.next('hello');
  assert.deepEqual([data.isPaused, typeof data.nodeName, /Z$/.test(data.at)], [false, 'string', true]);
  const job = await it.create({ jobConfiguration: { url: it.target.url('/slow/100/told') } });
  assert.deepEqual({ ...(await stream.next('job')).data, at: 0 }, { jobId: job.id, change: 'created', at: 0 });
  const id = await it.trigger(job);
  const told = [];
  for (let i = 0; i < 3; i++) told.push(await stream.next('execution'));
  assert.deepEqual(told.map(({ data: each }) => [each.executionId, each.jobId, each.status]), ['Pending', 'Running', 'Succeeded'].map((status) => [id, job.id, status]));
  assert.deepEqual(told.map((each) => Number(each.id)), [0, 1, 2].map((i) => Number(told[0].id) + i), 'the numbers have no gap');
  stream.close();
});

test('it tells each change of a job by what it is', async () => {
  const stream = await hear();
  const job = await it.create();
  await it.expect(200, it.put(`/jobs/${job.id}`, { name: 'Another' }));
  await it.expect(200, it.patch(`/jobs/${job.id}/reschedule`, { scheduleExpression: '1 1 1 1 *' }));
  await it.expect(200, it.post(`/jobs/${job.id}/pause`));
  await it.expect(200, it.post(`/jobs/${job.id}/resume`));
  await it.expect(200, it.post(`/jobs/${job.id}/exclusions`, { excludedDaysOfWeek: ['Monday'] }));
  assert.equal((await it.put(`/jobs/${job.id}`, { name: '' })).status, 400); // what was refused is no change
  assert.equal((await it.delete(`/jobs/${job.id}`)).status, 204);
  const changes = [];
  while (changes.at(-1) !== 'deleted') {
    const { data } = await stream.next('job');
    assert.equal(data.jobId, job.id);
    changes.push(data.change);
  }
  assert.deepEqual(changes, ['created', 'updated', 'rescheduled', 'paused', 'resumed', 'exclusions', 'deleted']);
  stream.close();
});

test('a cancelled one that waited is told as Cancelled', async () => {
  const job = await it.create({ jobConfiguration: { url: it.target.url('/status/500') }, retryPolicy: { maxAttempts: 2, delaySeconds: 3600 } });
  await it.run(job);
  const waiting = await waitFor(async () => (await it.executions(job, '&status=Pending'))[0], { what: 'a retry that waits' });
  const stream = await hear();
  await stream.next('hello');
  await it.expect(200, it.post(`/executions/${waiting.id}/cancel`));
  const { data } = await stream.next('execution');
  assert.deepEqual([data.executionId, data.status], [waiting.id, 'Cancelled']);
  stream.close();
});

test('much at once is counted, and no change is missing from the counts', async () => {
  const job = await it.create();
  const stream = await hear();
  await stream.next('hello');
  const made = 300;
  for (let i = 0; i < made; i += 50) await Promise.all(Array.from({ length: 50 }, () => it.trigger(job)));
  const sum = { Pending: 0, Running: 0, Succeeded: 0 };
  const many = [];
  await waitFor(() => {
    Object.keys(sum).forEach((name) => { sum[name] = 0; });
    many.length = 0;
    for (const { event, data } of stream.events) {
      if (event === 'execution') sum[data.status]++;
      if (event !== 'executions') continue;
      many.push(data);
      for (const [name, count] of Object.entries(data.counts)) sum[name] += count;
    }
    return Object.values(sum).every((count) => count === made);
  }, { what: `${made} of each among ${JSON.stringify(sum)}`, seconds: 20 });
  assert.ok(many.length >= 1, 'some were told together');
  for (const { counts, latest } of many) {
    const count = Object.values(counts).reduce((all, each) => all + each, 0);
    assert.equal(latest.length, Math.min(10, count));
    assert.ok(latest.every((each) => each.executionId && each.jobId === job.id && each.status));
  }
  const ids = stream.events.filter(({ id }) => id).map(({ id }) => Number(id));
  assert.deepEqual(ids, ids.map((_, i) => ids[0] + i));
  assert.ok(stream.events.length < made * 2, `${stream.events.length} events for ${made * 3} changes`);
  stream.close();
});

test('a stream ends within 5 seconds of its token being revoked, its user being locked, or logged out', async () => {
  const user = await it.as('Viewer', 'ends@example.com');
  const made = await user.expect(201, user.post('/api/v1/auth/tokens', { name: 'listener' }));
  const byToken = await listen(it.server, `${V1}/events`, { token: made.token });
  const bySession = await hear(user);
  const stays = await hear();
  const ended = async (stream, change) => {
    await stream.next('hello');
    const from = Date.now();
    await change();
    await stream.next('bye');
    await stream.done;
    assert.ok(Date.now() - from < 5000 * slow, `${Date.now() - from} ms`);
  };
  await ended(byToken, () => user.expect(204, user.delete(`/api/v1/auth/tokens/${made.id}`)));
  assert.equal(bySession.hasEnded, undefined);
  await ended(bySession, () => user.expect(204, user.post('/api/v1/auth/logout')));
  assert.equal((await listen(it.server, `${V1}/events`, { token: made.token })).response.status, 401);
  assert.equal(stays.hasEnded, undefined);
  stays.close();
});

test('without a token nobody listens; a query it does not know is a 400', async () => {
  assert.equal((await listen(it.server, `${V1}/events`)).response.status, 401);
  assert.equal((await listen(it.server, `${V1}/events?x=1`, { token: it.token })).response.status, 400);
});

test('one user has at most 32 streams at once, and others are not harmed by it', async () => {
  const greedy = await it.as('Viewer', 'greedy@example.com');
  const streams = [];
  for (let i = 0; i < 32; i++) streams.push(await hear(greedy));
  assert.ok(streams.every(({ response }) => response.status === 200));
  const refused = await hear(greedy);
  assert.equal(refused.response.status, 429);
  assert.ok(Number(refused.response.headers['retry-after']) > 0);
  const other = await hear();
  assert.equal(other.response.status, 200);
  streams[0].close();
  await waitFor(async () => {
    await it.create(); // something to tell: so it is noticed that one has gone
    const again = await hear(greedy);
    const { status } = again.response;
    if (status === 200) again.close();
    return status === 200;
  }, { what: 'room after one has gone', every: 200 });
  for (const each of [...streams.slice(1), other]) each.close();
});

test('the stream of an output is such a stream too: it ends with its token', async () => {
  const user = await it.as('Viewer', 'output@example.com');
  const id = await it.trigger(await it.create({ jobConfiguration: { url: it.target.url('/hang/with-token') } }));
  await it.ended(id, 'Running');
  const stream = await listen(it.server, `${V1}/executions/${id}/output`, { token: user.token });
  assert.equal((await stream.next('status')).data, 'Running');
  await user.expect(204, user.post('/api/v1/auth/logout'));
  await stream.next('bye');
  await stream.done;
  await it.expect(200, it.post(`/executions/${id}/cancel`));
  await it.ended(id, 'Cancelled');
});

test('the server stops while people listen', async () => {
  const own = await startScheduler();
  const streams = [await hear(own), await hear(own)];
  await Promise.all(streams.map((stream) => stream.next('hello')));
  await own.stop();
  await Promise.all(streams.map(({ done }) => done));
});

});
