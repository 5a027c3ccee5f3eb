// kill -9 under load, KILLS times (50), at moments drawn from SEED: nothing acknowledged is lost, no due time is doubled or
// skipped, and the server is ready again within a second. README.md says what is compared with what.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startServer, waitFor } from '../api/support/server.mjs';

const V1 = '/api/v1/scheduler';
const slow = Number(process.env.SLOW || 1);
const kills = Number(process.env.KILLS || 50);
const seed = Number(process.env.SEED || Date.now() % 1_000_000);
const jobCount = 500; // each due once a second
const period = 1000; // ms

/** Numbers from a seed (mulberry32), so that a run can be repeated. */
function randomFrom(start) {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Counts the calls of each due time by its Idempotency-Key, and notes those that come before it. */
async function startWitness() {
  const calls = new Map();
  const early = [];
  const server = http.createServer((request, response) => {
    const key = request.headers['idempotency-key'];
    calls.set(key, (calls.get(key) ?? 0) + 1);
    if (Number(key.slice(37)) / 1000 > Date.now() + 1) early.push(key);
    request.resume();
    response.end('done');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    calls, early, url: `http://127.0.0.1:${server.address().port}/`,
    async stop() { server.closeAllConnections(); server.close(); await once(server, 'close'); },
  };
}

/** Runs ACTION on each item, some at a time. */
async function inParallel(items, width, action) {
  const rest = [...items];
  await Promise.all(Array.from({ length: width }, async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await action(item);
  }));
}

/** The requests that go on while the server is being killed; what was acknowledged is kept. */
class Client {
  acknowledged = { created: new Set(), triggered: new Set(), deleted: new Set(), paused: new Set() };
  #stopped = false;

  constructor(server, token, definition) {
    Object.assign(this, { server, token, definition });
  }

  async #try(method, route, body) {
    try {
      return await this.server.request(method, V1 + route, { token: this.token, body, seconds: 5 });
    } catch {
      return undefined; // it was killed meanwhile: the outcome is unknown, and either is right
    }
  }

  async run() {
    for (let turn = 0; !this.#stopped; turn++) {
      const made = await this.#try('POST', '/jobs', this.definition({ name: `extra ${turn}`, scheduleType: 'OneTime', scheduleExpression: undefined, intervalSeconds: undefined, runAt: '2150-01-01T00:00:00Z' }));
      if (made?.status !== 201) { await delay(5); continue; }
      const { id } = made.body;
      const triggered = await this.#try('POST', `/jobs/${id}/trigger`);
      if (triggered?.status === 202) this.acknowledged.triggered.add(triggered.body);
      if (turn % 3 === 0) {
        const paused = await this.#try('POST', `/jobs/${id}/pause`);
        if (paused?.status === 200) this.acknowledged.paused.add(id);
        this.acknowledged.created.add(id);
      } else if (turn % 3 === 1) {
        const deleted = await this.#try('DELETE', `/jobs/${id}`);
        if (deleted?.status === 204) this.acknowledged.deleted.add(id); // else unknown: neither list
      } else {
        this.acknowledged.created.add(id);
      }
    }
  }

  stop() { this.#stopped = true; }
}

async function allExecutions(request, jobId) {
  const items = [];
  for (let pageNumber = 1; ; pageNumber++) {
    const { body, status, text } = await request('GET', `/jobs/${jobId}/executions?pageSize=200&pageNumber=${pageNumber}`);
    assert.equal(status, 200, text);
    items.push(...body.items);
    if (items.length >= body.totalCount || body.items.length === 0) return items;
  }
}

/** Every due time once, in a row, each chain of attempts ended well; gives {due, attempts} of each. */
function checkJob(job, executions) {
  const first = executions.filter(({ trigger }) => trigger === 'Schedule' || trigger === 'CatchUp');
  const due = first.map(({ scheduledFor }) => Date.parse(scheduledFor)).sort((a, b) => a - b);
  assert.equal(new Set(due).size, due.length, `${job.id}: a due time was doubled`);
  assert.equal(due[0], Date.parse(job.createdAt) + period, `${job.id}: the first run is due one interval after the job was made`);
  due.forEach((at, i) => assert.equal(at, due[0] + i * period, `${job.id}: a due time was skipped before ${new Date(at).toISOString()}`));
  const attempts = new Map();
  for (const execution of executions) {
    const at = Date.parse(execution.scheduledFor);
    assert.ok(['Succeeded', 'Failed'].includes(execution.status), `${execution.id} is ${execution.status}`);
    if (execution.status === 'Failed') assert.equal(execution.errorType, 'Orphaned', JSON.stringify(execution));
    const chain = attempts.get(at) ?? { count: 0, succeeded: 0 };
    chain.count++;
    if (execution.status === 'Succeeded') chain.succeeded++;
    attempts.set(at, chain);
  }
  for (const [at, { succeeded }] of attempts) assert.equal(succeeded, 1, `${job.id} due ${new Date(at).toISOString()} succeeded ${succeeded} times`);
  return attempts;
}

test(`kill -9 ${kills} times under ${jobCount} executions a second`, { timeout: 900_000 * slow }, async (t) => {
  t.diagnostic(`SEED=${seed}`);
  const random = randomFrom(seed);
  const witness = await startWitness();
  const server = await startServer({
    settings: { 'Scheduler:Http:AllowedHosts': '127.0.0.1', 'Scheduler:Hangfire:WorkerCount': 200, 'Jwt:AccessTokenExpiryMinutes': 600 },
  });
  try {
    const token = await server.login();
    const request = (method, route, body) => server.request(method, V1 + route, { token, body, seconds: 60 });
    const definition = (more) => ({
      name: 'load', jobType: 'HttpCall', scheduleType: 'Interval', intervalSeconds: 1, misfirePolicy: 'FireAll', timeoutSeconds: 600,
      retryPolicy: { maxAttempts: 50, delaySeconds: 1, jitter: false }, jobConfiguration: { url: witness.url }, ...more,
    });
    const jobs = [];
    await inParallel(Array.from({ length: jobCount }, (_, i) => i), 16, async () => {
      const made = await request('POST', '/jobs', definition());
      assert.equal(made.status, 201, made.text);
      jobs.push(made.body);
    });

    const client = new Client(server, token, definition);
    const running = client.run();
    const readyIn = [];
    for (let round = 0; round < kills; round++) {
      await delay(100 + random() * 900);
      await server.end('SIGKILL');
      const start = performance.now();
      await server.start();
      readyIn.push(performance.now() - start);
    }
    client.stop();
    await running;

    await inParallel(jobs, 16, async (job) => {
      const paused = await request('POST', `/jobs/${job.id}/pause`);
      assert.equal(paused.status, 200, paused.text);
      job.pausedAt = Date.parse(paused.body.updatedAt);
    });
    const left = async (status) => (await request('GET', `/executions?pageSize=1&status=${status}`)).body.totalCount;
    await waitFor(async () => await left('Pending') === 0 && await left('Running') === 0, { what: 'the end of all executions', seconds: 120, every: 200 });

    let total = 0, retried = 0;
    await inParallel(jobs, 8, async (job) => {
      const attempts = checkJob(job, await allExecutions(request, job.id));
      const last = Math.max(...attempts.keys());
      assert.ok(job.pausedAt - last < 2 * period, `${job.id}: due times just before the pause are missing`);
      for (const [at, { count }] of attempts) {
        const calls = witness.calls.get(`${job.id}-${at * 1000}`) ?? 0;
        assert.ok(calls >= 1 && calls <= count, `${job.id} due ${at}: ${count} attempts, ${calls} calls`);
        total++;
        retried += count - 1;
      }
    });
    assert.deepEqual(witness.early, [], 'no call came early');

    const { created, triggered, deleted, paused } = client.acknowledged;
    for (const id of created) assert.equal((await request('GET', `/jobs/${id}`)).status, 200, `job ${id} was acknowledged`);
    for (const id of paused) assert.equal((await request('GET', `/jobs/${id}`)).body.isPaused, true, `the pause of ${id} was acknowledged`);
    for (const id of deleted) assert.equal((await request('GET', `/jobs/${id}`)).status, 404, `the deletion of ${id} was acknowledged`);
    for (const id of triggered) {
      const execution = await request('GET', `/executions/${id}`);
      assert.equal(execution.status, 200, `execution ${id} was acknowledged`);
      assert.ok(['Succeeded', 'Failed', 'Cancelled'].includes(execution.body.status), execution.text);
    }
    assert.ok(created.size > 0 && triggered.size > 0 && deleted.size > 0 && paused.size > 0, 'requests were acknowledged between the kills');

    readyIn.sort((a, b) => a - b);
    const at = (share) => Math.round(readyIn[Math.min(readyIn.length - 1, Math.floor(share * readyIn.length))]);
    t.diagnostic(`${total} due times, ${retried} retries, ${triggered.size + created.size + deleted.size + paused.size} acknowledged changes`);
    t.diagnostic(`ready again after p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, max ${at(1)} ms`);
    assert.ok(at(0.9) < 1000 * slow, `ready again within a second: ${readyIn.map(Math.round)}`);

    await server.end();
    if (spawnSync('sqlite3', ['-version']).status === 0) {
      const said = execFileSync('sqlite3', [path.join(server.folder, 'data/alphabet.db'), 'pragma integrity_check']);
      assert.equal(String(said).trim(), 'ok');
    } else {
      t.diagnostic('there is no sqlite3 command: integrity_check was not run');
    }
  } finally {
    await server.stop().catch((error) => t.diagnostic(error.message));
    await witness.stop();
  }
});
