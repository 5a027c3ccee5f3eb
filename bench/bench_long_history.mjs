// bench_long_history.mjs - what does a long past cost those who look at it, and those who run beside it?
//
// The promises, on SQLite with 10,000,000 executions of 100,000 jobs (seed_store.c): statistics and timeline p99
// 1 ms; a page of a job's executions p99 2 ms, the first and the 500th alike; a search for words that about a
// hundred executions hold p99 50 ms; 0.8 of the throughput of an empty store; and while clear-logs deletes half of
// it, 500 executions a second start with a p99 lateness of 100 ms.
//
//   clients   one client on one kept connection asks COUNT times in a row; p99 is what it waited, HTTP included.
//             Beside it, for what the machine itself takes: p99 of GET /version asked in the same run.
//   search    after the index has caught up (a server indexes behind); words and pairs of words, drawn anew
//   clear     500 jobs of one second interval, each calling a target that answers at once; lateness is startedAt
//             after scheduledFor in the record, of all that started while DELETE /admin/clear-logs was under way
//
//   bench/run build/bench long_history        JOBS=100000 EXECUTIONS=10000000 change it; SEED=file is made once, kept and begun from;
//                                               INDEX_SECONDS=1800: how long the index is waited for
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startServer, startTarget, waitFor } from '../tests/api/support/server.mjs';

const build = path.resolve(process.env.BENCH_BUILD || 'build/bench');
const jobs = Number(process.env.JOBS || 100_000);
const executions = Number(process.env.EXECUTIONS || 10_000_000);
const COUNT = 1000;
const V1 = '/api/v1/scheduler';
const LIMITS = { stats: 1, timeline48: 1, timelineYear: 1, firstPage: 2, page500: 2, search: 50, searchPair: 50, latenessWhileClearing: 100, ofEmpty: 0.8 };
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-history-'));
const store = path.join(folder, 'data/alphabet.db');
const env = { ALPHABET_ADMIN_PASSWORD: 'a password long enough' };
const settings = { 'Scheduler:Http:AllowedHosts': '127.0.0.1', 'Scheduler:Hangfire:WorkerCount': 200 };
const round = (value, digits = 2) => Number(value.toFixed(digits));
const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
const says = (text) => process.stderr.write(`${text}\n`);

function seed() {
  const made = process.env.SEED ?? store;
  fs.mkdirSync(path.dirname(store), { recursive: true, mode: 0o700 });
  if (!fs.existsSync(made)) {
    says(`a store with ${executions} executions of ${jobs} jobs …`);
    execFileSync(path.join(build, 'bench/seed_store'), [made, String(jobs), String(executions)], { stdio: 'inherit' });
  }
  if (made !== store) fs.copyFileSync(made, store);
}

/** Asks for PLACE(i) COUNT times in a row: milliseconds at the median and at the 99th percentile. */
async function ask(server, token, place, count = COUNT, warm = 20) {
  const times = [];
  for (let i = -warm; i < count; i++) {
    const began = process.hrtime.bigint();
    const answer = await server.request('GET', place(Math.max(i, 0)), { token });
    const took = Number(process.hrtime.bigint() - began) / 1e6;
    assert.equal(answer.status, 200, answer.text);
    if (i >= 0) times.push(took);
  }
  times.sort((a, b) => a - b);
  return { p50Millis: round(quantile(times, 0.5)), p99Millis: round(quantile(times, 0.99)) };
}

async function clients() {
  const server = await startServer({ folder, settings, env });
  const figures = {};
  try {
    const token = await server.login();
    const get = async (place) => (await server.request('GET', place, { token })).body;
    const deepest = (await get(`${V1}/jobs?sortBy=createdAt&pageSize=1`)).items[0].id;
    const deep = (await get(`${V1}/jobs/${deepest}/executions?pageSize=1`)).totalCount;
    figures.executionsOfOneJob = deep;
    figures.bare = await ask(server, token, () => '/version');
    figures.stats = await ask(server, token, () => `${V1}/dashboard/stats`);
    figures.timeline48 = await ask(server, token, () => `${V1}/executions/timeline?hours=48`);
    figures.timelineYear = await ask(server, token, () => `${V1}/executions/timeline?hours=8760`);
    figures.firstPage = await ask(server, token, () => `${V1}/jobs/${deepest}/executions?pageNumber=1`);
    const last = Math.min(500, Math.floor(deep / 20));
    figures.page500 = await ask(server, token, () => `${V1}/jobs/${deepest}/executions?pageNumber=${last}`);
    const word = (i) => `batch${(i * 7919) % Math.max(1, Math.floor(executions / 100))}`;
    says('waiting for the index …');
    const began = Date.now();
    const limit = Number(process.env.INDEX_SECONDS || 1800);
    const isIndexed = async () => (await ask(server, token, (i) => `${V1}/executions?search=${word(i)}`, 1, 0)).p50Millis < 25;
    figures.isIndexed = await waitFor(isIndexed, { what: 'the index', seconds: limit, every: 2000 }).catch(() => false);
    if (figures.isIndexed) {
      figures.indexedAfterSeconds = round((Date.now() - began) / 1000, 0);
      figures.search = await ask(server, token, (i) => `${V1}/executions?search=${word(i)}`, 300);
      figures.searchPair = await ask(server, token, (i) => `${V1}/executions?search=${word(i)}%20503&status=Failed`, 300);
    }
    figures.megabytes = round(fs.statSync(store).size / 1e6, 0);
  } finally {
    await server.end();
  }
  return figures;
}

async function clearing() {
  const target = await startTarget();
  const server = await startServer({ folder, settings, env });
  try {
    const token = await server.login();
    const made = [];
    for (let i = 0; i < 500; i++) {
      const startAt = new Date(Math.ceil(Date.now() / 1000) * 1000 + 2000 + i * 2).toISOString();
      const answer = await server.request('POST', `${V1}/jobs`, { token, body: {
        name: `each second ${i}`, jobType: 'HttpCall', scheduleType: 'Interval', intervalSeconds: 1, startAt, jobConfiguration: { url: target.url } } });
      assert.equal(answer.status, 201, answer.text);
      made.push(answer.body.id);
    }
    await waitFor(() => target.calls.length > 1500, { what: 'the jobs to run', seconds: 60 });
    const began = Date.now();
    says('clear-logs …');
    const { status, body, text } = await server.request('DELETE', `${V1}/admin/clear-logs`, { token, body: { olderThanDays: 15 }, seconds: 1200 });
    assert.equal(status, 200, text);
    const ended = Date.now();
    const lateness = [];
    const sample = made.filter((_, i) => i % 10 === 0);
    for (const id of sample) {
      for (let page = 1; ; page++) {
        const { items } = (await server.request('GET', `${V1}/jobs/${id}/executions?pageSize=200&pageNumber=${page}&fromDate=${new Date(began).toISOString()}&toDate=${new Date(ended).toISOString()}`, { token })).body;
        for (const one of items) if (one.startedAt && one.trigger === 'Schedule') lateness.push(Date.parse(one.startedAt) - Date.parse(one.scheduledFor));
        if (items.length < 200) break;
      }
    }
    assert.ok(lateness.length > 0);
    lateness.sort((a, b) => a - b);
    const seconds = (ended - began) / 1000;
    return {
      deleted: body, seconds: round(seconds, 0), deletedPerSecond: round(body / seconds, 0), runs: lateness.length * 10,
      p50Millis: quantile(lateness, 0.5), p99Millis: quantile(lateness, 0.99), maxMillis: lateness.at(-1),
    };
  } finally {
    await server.end();
    await target.stop();
  }
}

try {
  seed();
  const figures = await clients();
  says(JSON.stringify(figures));
  says('throughput, on a copy …');
  const copy = path.join(folder, 'copy.db');
  fs.copyFileSync(store, copy);
  const lines = execFileSync(path.join(build, 'bench/bench_engine'), ['5', os.tmpdir(), copy], { encoding: 'utf8' }).trimEnd().split('\n');
  const throughput = JSON.parse(lines.at(-1));
  for (const end of ['', '-wal', '-shm', '.lock']) fs.rmSync(copy + end, { force: true });
  says(JSON.stringify(throughput));
  const clear = await clearing();
  says(JSON.stringify(clear));
  const within = (name, value) => value <= LIMITS[name];
  console.log(JSON.stringify({
    jobs, executions, ...figures, throughput, clear, limits: LIMITS,
    ok: Object.keys(LIMITS).every((name) => (figures[name] ? within(name, figures[name].p99Millis) : true)) &&
      throughput.ratio >= LIMITS.ofEmpty && within('latenessWhileClearing', clear.p99Millis),
  }));
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
