// Control over executions: cancel in each state, the race between the end and a cancel, retry by hand, and output as it comes.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { listen } from './support/events.mjs';
import { slow, startScheduler, V1, waitFor } from './support/scheduler.mjs';

let it;
before(async () => { it = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 50, 'Scheduler:Handlers:Shell:Enabled': true } }); });
after(() => it?.stop());

const cancel = (id) => it.post(`/executions/${id}/cancel`);
const hanging = (name) => it.create({ jobConfiguration: { url: it.target.url(`/hang/${name}`) } });

describe('control', { concurrency: true }, () => {

test('a running call is really stopped within a second: the target sees its connection closed, the record says who asked', async () => {
  const id = await it.trigger(await hanging('proof'));
  const [call] = await waitFor(() => it.target.callsOf('/hang/proof').length === 1 && it.target.callsOf('/hang/proof'), { what: 'the call' });
  const user = await it.as('User', 'stopper@example.com');
  const from = Date.now();
  const answer = await user.expect(200, user.post(`/executions/${id}/cancel`));
  assert.equal(answer.id, id);
  await waitFor(() => call.abortedAt, { what: 'the target to see the end' });
  assert.ok(call.abortedAt - from < 1000 * slow, `${call.abortedAt - from} ms`);
  const execution = await it.ended(id, 'Cancelled');
  assert.ok(Date.parse(execution.completedAt) - from < 1000 * slow);
  assert.match(execution.errorMessage, /cancelled by stopper@example\.com/);
  assert.equal(execution.errorType, null);
  const job = await it.show(execution.jobId);
  assert.deepEqual([job.consecutiveFailures, job.currentStatus], [0, 'Active']);
  assert.deepEqual(execution.retryIds, [], 'what was cancelled is not tried again');
});

test('of the end and a cancel one wins, and both sides say the same', async () => {
  const job = await it.create({ jobConfiguration: { url: it.target.url('/slow/25/race') } });
  const said = { 200: 0, 409: 0 };
  const ends = { Succeeded: 0, Cancelled: 0 };
  await Promise.all(Array.from({ length: 8 }, async (_, worker) => {
    for (let i = 0; i < 20; i++) {
      const id = await it.trigger(job);
      await new Promise((resolve) => { setTimeout(resolve, (worker * 20 + i) % 60); });
      const { status } = await cancel(id);
      const execution = await it.ended(id);
      said[status]++;
      ends[execution.status]++;
      // A cancel that came while the end was on its way to the store is a 200 too: it has ended by itself.
      if (status === 409) assert.equal(execution.status, 'Succeeded', 'a 409 is said of what ended before');
      if (execution.status === 'Cancelled') assert.equal(status, 200);
      const again = await it.execution(id);
      assert.deepEqual([again.status, again.completedAt], [execution.status, execution.completedAt], 'an end never changes');
      assert.equal((await cancel(id)).status, 409);
    }
  }));
  assert.ok(said[200] > 0 && said[409] > 0 && ends.Cancelled > 0 && ends.Succeeded > 0, JSON.stringify({ said, ends }));
});

test('retry by hand of what Failed, was Cancelled or Succeeded; not of what is under way, nor of a deleted job', async () => {
  const failing = await it.create({ jobConfiguration: { url: it.target.url('/status/500') } });
  const failed = await it.run(failing);
  const succeeded = await it.run(await it.create());
  const stopped = await it.trigger(await hanging('retried'));
  await it.ended(stopped, 'Running');
  assert.equal((await it.post(`/executions/${stopped}/retry`)).status, 409);
  await it.expect(200, cancel(stopped));
  const cancelled = await it.ended(stopped, 'Cancelled');
  for (const parent of [failed, succeeded, cancelled]) {
    const answer = await it.post(`/executions/${parent.id}/retry`);
    assert.deepEqual([answer.status, answer.headers.location], [202, `${V1}/executions/${answer.body}`], parent.status);
    const { retryParentId, retryCount, scheduledFor, trigger } = await it.execution(answer.body);
    assert.deepEqual([retryParentId, retryCount, scheduledFor, trigger], [parent.id, parent.retryCount + 1, parent.scheduledFor, 'Retry']);
    if (parent !== cancelled) await it.ended(answer.body);
    else await it.expect(200, cancel(answer.body));
    assert.deepEqual((await it.execution(parent.id)).retryIds, [answer.body]);
  }
  assert.equal((await it.delete(`/jobs/${failing.id}`)).status, 204);
  assert.equal((await it.post(`/executions/${failed.id}/retry`)).status, 409);
});

test('retry by hand of what a crash orphaned', async () => {
  const own = await startScheduler({ settings: { 'Scheduler:Jobs:OrphanPolicy': 'Fail' } });
  try {
    const job = await own.create({ jobConfiguration: { url: own.target.url('/hang/orphan') } });
    const id = await own.trigger(job);
    await own.ended(id, 'Running');
    await own.restart('SIGKILL');
    const orphan = await own.ended(id, 'Failed');
    assert.equal(orphan.errorType, 'Orphaned');
    const again = await own.expect(202, own.post(`/executions/${id}/retry`));
    await own.ended(again, 'Running');
    assert.equal((await own.execution(again)).retryParentId, id);
    await own.expect(200, own.post(`/executions/${again}/cancel`));
    await own.ended(again, 'Cancelled');
  } finally {
    await own.stop();
  }
});

const script = (text) => it.create({ jobType: 'CodeExecution', jobConfiguration: { handlerType: 'Shell', parameters: { script: text } } });
const output = (id, headers) => listen(it.server, `${V1}/executions/${id}/output`, { token: it.token, headers });
const joined = (stream) => stream.events.filter(({ event }) => event === 'more').map(({ data }) => data).join('');

test('output is told as it comes, also to one who joins later, and as text meanwhile', async () => {
  const id = await it.trigger(await script('echo "eins ä"; sleep 1; echo zwei; sleep 2; echo drei'));
  await it.ended(id, 'Running');
  const early = await output(id);
  await waitFor(() => joined(early).includes('zwei'), { what: 'the second line while it runs' });
  assert.equal((await it.execution(id)).status, 'Running');
  const late = await output(id);
  assert.equal((await late.next('more')).data, 'eins ä\nzwei\n');
  const text = await it.get(`/executions/${id}/output`);
  assert.deepEqual([text.status, text.text], [200, 'eins ä\nzwei\n']);
  const last = early.events.filter(({ event }) => event === 'more').at(-1).id;
  const resumed = await output(id, { 'Last-Event-ID': last });
  for (const stream of [early, late, resumed]) {
    assert.equal((await stream.next('output')).data, 'eins ä\nzwei\ndrei\n');
    assert.equal((await stream.next('end')).data, 'Succeeded');
    await stream.done;
  }
  assert.equal(joined(early), 'eins ä\nzwei\ndrei\n');
  assert.equal(joined(late), 'eins ä\nzwei\ndrei\n');
  assert.equal(joined(resumed), 'drei\n', 'it goes on where the other one was');
  assert.equal((await it.get(`/executions/${id}/output`)).text, 'eins ä\nzwei\ndrei\n');
});

test('one that puts out without end harms nobody: what is kept is bounded, and what was left out is said', async () => {
  const id = await it.trigger(await script('head -c 20000000 /dev/zero | tr "\\0" x; sleep 2; echo; echo end-of-it'));
  await it.ended(id, 'Running');
  const stream = await output(id);
  await stream.next('end', 30);
  await stream.done;
  assert.ok(stream.events.some(({ event }) => event === 'gap') || stream.events.some(({ event }) => event === 'more'));
  assert.ok(stream.bytes < 4_000_000, `${stream.bytes} bytes`);
  const { outputTruncated, status } = await it.execution(id);
  assert.deepEqual([status, outputTruncated], ['Succeeded', true]);
});

});
