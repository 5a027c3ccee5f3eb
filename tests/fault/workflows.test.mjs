// A workflow of 200 jobs over ten levels: each runs once, in order, as wide as it is; and the same under kill -9 at random
// moments: every run reaches its end, no step is lost, and none is doubled but where a kill is charged for it.
//
//   KILLS=20    how often                       SEED=n    repeats the graph and the moments of a failure
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import test, { after, before } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { V1, slow } from '../api/support/scheduler.mjs';
import { startServer, waitFor } from '../api/support/server.mjs';

const kills = Number(process.env.KILLS || 20);
const seed = Number(process.env.SEED || randomInt(1, 2 ** 31));
const widths = [2, 10, 20, 30, 38, 38, 30, 20, 10, 2];
const answerAfterMs = 40;

/** Mulberry32: the same numbers for the same seed. */
function generator(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
const random = generator(seed);
const below = (n) => Math.floor(random() * n);

/** The witness: which execution of which job called, from when to when. Nothing else is believed of what ran. */
async function startWitness() {
  const calls = [];
  const server = http.createServer((request, response) => {
    const call = { job: request.headers['x-alphabet-job-id'], execution: request.headers['x-alphabet-execution-id'], key: request.headers['idempotency-key'], at: performance.now() };
    calls.push(call);
    request.resume();
    setTimeout(() => { call.answeredAt = performance.now(); response.end('ok'); }, answerAfterMs);
  });
  server.keepAliveTimeout = 120_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { calls, url: `http://127.0.0.1:${server.address().port}/`, async stop() { server.closeAllConnections(); server.close(); await once(server, 'close'); } };
}

let server;
let witness;
let token;
let workflowId;
let edges; // [below, above], by job id
let jobIds;
const api = (method, route, options) => server.request(method, V1 + route, { token, ...options });
async function ok(promise, ...statuses) {
  const answer = await promise;
  assert.ok(statuses.includes(answer.status), `${answer.status} ${answer.text}`);
  return answer.body;
}

before(async () => {
  witness = await startWitness();
  server = await startServer({ settings: { 'Scheduler:Http:AllowedHosts': '127.0.0.1', 'Scheduler:Hangfire:WorkerCount': 100 } });
  token = await server.login();
  const make = (name) => ok(api('POST', '/jobs', { body: { name, jobType: 'HttpCall', scheduleType: 'Cron', scheduleExpression: '0 0 1 1 *', jobConfiguration: { url: witness.url }, retryPolicy: { maxAttempts: 50, delaySeconds: 0, jitter: false } } }), 201);
  const levels = await Promise.all(widths.map((width, level) => Promise.all(Array.from({ length: width }, (_, i) => make(`level ${level}, ${i}`)))));
  edges = [];
  levels.forEach((level, i) => level.forEach(({ id }) => {
    if (i === 0) return;
    const count = 1 + below(4);
    const all = levels[i - 1].map((each) => each.id);
    for (let n = 0; n < count && all.length > 0; n++) edges.push([id, all.splice(below(all.length), 1)[0]]);
  }));
  jobIds = levels.flat().map(({ id }) => id);
  const jobs = jobIds.map((jobId) => ({ jobId, dependsOn: edges.filter(([each]) => each === jobId).map(([, above]) => above) }));
  workflowId = await ok(api('POST', '/workflows', { body: { name: 'ten levels', jobs } }), 200);
});
after(async () => {
  await server?.stop();
  await witness?.stop();
});

const runOf = (id) => ok(api('GET', `/workflows/runs/${id}`), 200);
const ended = (id, seconds = 60) => waitFor(async () => {
  const run = await runOf(id);
  return run.status !== 'Running' && run;
}, { what: `the end of run ${id}`, seconds, every: 50 });

/** All executions of the server, by run and job: Map runId -> Map jobId -> [execution]. */
async function executionsByRun() {
  const runs = new Map();
  for (let page = 1; ; page++) {
    const body = await ok(api('GET', `/executions?pageSize=200&pageNumber=${page}`), 200);
    for (const each of body.items) {
      const jobs = runs.get(each.workflowRunId) ?? runs.set(each.workflowRunId, new Map()).get(each.workflowRunId);
      jobs.set(each.jobId, [...(jobs.get(each.jobId) ?? []), each]);
    }
    if (page * 200 >= body.totalCount) return runs;
  }
}

/** Holds the steps, the executions and the witness against each other; gives how many executions kills have cost. */
function check(run, byJob) {
  assert.equal(run.status, 'Succeeded', `run ${run.id}: ${run.errorMessage}`);
  assert.equal(byJob.size, jobIds.length, 'every job has run');
  const good = new Map(); // jobId -> its execution that Succeeded
  let charged = 0;
  for (const [jobId, executions] of byJob) {
    const succeeded = executions.filter(({ status }) => status === 'Succeeded');
    assert.equal(succeeded.length, 1, `job ${jobId} of run ${run.id} succeeded ${succeeded.length} times`);
    good.set(jobId, succeeded[0]);
    assert.equal(executions.filter(({ retryCount }) => retryCount === 0).length, 1, `job ${jobId} of run ${run.id} was begun more than once`);
    for (const each of executions) {
      const calls = witness.calls.filter(({ execution }) => execution === each.id);
      assert.ok(calls.length <= 1, `execution ${each.id} called ${calls.length} times`);
      assert.ok(calls.every(({ key }) => key === `${jobId}-${run.id}`), `the key of execution ${each.id}`);
      if (each.status === 'Succeeded') { assert.equal(calls.length, 1, `execution ${each.id} succeeded and did not call`); continue; }
      assert.deepEqual([each.status, each.errorType], ['Failed', 'Orphaned'], `execution ${each.id}: ${each.errorMessage}`);
      assert.equal(executions.filter(({ retryParentId }) => retryParentId === each.id).length, 1, `execution ${each.id} was not followed by one retry`);
      charged++;
    }
    const step = run.jobs.find((each) => each.jobId === jobId);
    assert.deepEqual([step.status, step.executionId], ['Succeeded', succeeded[0].id]);
  }
  for (const [lower, upper] of edges) {
    const answered = witness.calls.find(({ execution }) => execution === good.get(upper).id).answeredAt;
    const ids = byJob.get(lower).map(({ id }) => id);
    for (const { at } of witness.calls.filter(({ execution }) => ids.includes(execution))) assert.ok(at >= answered, `${lower} ran before ${upper} had ended`);
  }
  return charged;
}

test('each job runs once, in order, as wide as the graph is', async () => {
  const began = performance.now();
  const run = await ended(await ok(api('POST', `/workflows/${workflowId}/trigger`), 202));
  const took = performance.now() - began;
  assert.equal(check(run, (await executionsByRun()).get(run.id)), 0);
  const marks = witness.calls.flatMap(({ at, answeredAt }) => [[at, 1], [answeredAt, -1]]).sort((a, b) => a[0] - b[0]);
  let [now, most] = [0, 0];
  for (const [, step] of marks) { now += step; most = Math.max(most, now); }
  assert.ok(most >= 30, `at most ${most} ran at once`);
  assert.ok(took < widths.length * answerAfterMs + 3000 * slow, `it took ${took} ms`);
  console.log(`# 200 jobs, ten levels of ${answerAfterMs} ms: ${took.toFixed(0)} ms, at most ${most} at once`);
});

test('killed at random moments, every run reaches its end, and no step is lost or doubled', async () => {
  const runs = [];
  console.log(`# SEED=${seed} KILLS=${kills}`);
  for (let done = 0; done < kills; done++) {
    const key = { 'Idempotency-Key': `${seed}-${runs.length}` };
    const ask = () => api('POST', `/workflows/${workflowId}/trigger`, { headers: key });
    const asks = done % 3 === 0; // runs overlap
    const asked = asks && ask().catch(() => undefined);
    await delay(below(500));
    await server.restart('SIGKILL');
    token = await server.login();
    await asked;
    if (asks) runs.push(await ok(ask(), 202)); // killed before it answered: asked again, it is begun once
  }
  assert.equal(new Set(runs).size, runs.length);
  let charged = 0;
  for (const id of runs) await ended(id);
  const byRun = await executionsByRun();
  for (const id of runs) charged += check(await runOf(id), byRun.get(id));
  const all = await ok(api('GET', `/workflows/${workflowId}/runs?pageSize=200`), 200);
  assert.equal(all.totalCount, runs.length + 1, 'as many runs as were asked for');
  console.log(`# ${runs.length} runs of ${jobIds.length} jobs through ${kills} kills: ${charged} executions were cut off and done again`);
});
