// bench_api.mjs - how many requests a second does the API answer, and how late is the slowest of a hundred?
//
// The promise: `GET /executions/{id}` at 0.4 and `GET /jobs` (20 items) at 0.15 of the rate of a bare
// libmicrohttpd that answers a fixed body of the same size (bare_microhttpd.c, the same library, the same
// number of threads). A page of jobs that was answered is given again until a job changes, so it is asked
// for in two ways: `jobs` with so many different filters that each page is made anew, `polledJobs` the same
// one again and again. Both servers stand side by side; wrk asks them in turns, and the median of the
// ratios of all rounds counts, so that whatever else the machine does meanwhile meets both. wrk shares the
// processors with them, which flatters the slower side; cpuMicros, what the server's own process spent on a
// request, is free of that and is shown beside it.
//
//   bench/run build/bench api           ROUNDS=5 SECONDS=2 CONNECTIONS=32 change how long and how hard
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startServer, startTarget, waitFor } from '../tests/api/support/server.mjs';

const run = promisify(execFile);
const build = path.resolve(process.env.BENCH_BUILD || 'build/bench');
const rounds = Number(process.env.ROUNDS || 5);
const seconds = Number(process.env.SECONDS || 2);
const connections = Number(process.env.CONNECTIONS || 32);
const V1 = '/api/v1/scheduler';
const LIMITS = { execution: 0.4, jobs: 0.15, polledJobs: 0.15 };
const paths = fileURLToPath(new URL('paths.lua', import.meta.url));

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const round = (value, digits = 3) => Number(value.toFixed(digits));

/** The bare server, answering bodies of SIZE bytes. */
async function startBare(size) {
  const child = spawn(path.join(build, 'bench/bare_microhttpd'), [String(size)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [port] = await once(createInterface({ input: child.stdout }), 'line');
  return { url: `http://127.0.0.1:${port}/`, pid: child.pid, stop: () => child.stdin.end() };
}

/** The processor time that process PID has spent so far: user and system, in ticks of 10 ms. */
function cpuMicros(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** One load: requests a second, the 99th percentile, the server's time for each. Any answer but a 200 is a failure. */
async function load({ url, pid, token, places = [] }, length = seconds) {
  const before = cpuMicros(pid);
  const header = token ? ['-H', `Authorization: Bearer ${token}`] : [];
  const script = places.length > 0 ? ['-s', paths, url, '--', ...places] : [url];
  const { stdout } = await run('wrk', ['-t1', `-c${connections}`, `-d${length}s`, '--latency', ...header, ...script]);
  assert.doesNotMatch(stdout, /Non-2xx|Socket errors/, stdout);
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]);
  const answers = Number(/(\d+) requests in/.exec(stdout)[1]);
  const [, number, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout);
  return { rate, p99Micros: Number(number) * { us: 1, ms: 1000, s: 1e6 }[unit], cpuMicros: (cpuMicros(pid) - before) / answers };
}

/** Rounds of bare, real, bare, real …, after a short one to warm both. */
async function compare(real, size, limit) {
  const bare = await startBare(size);
  const sides = { real: [], bare: [] };
  try {
    await load(bare, 1);
    await load(real, 1);
    for (let i = 0; i < rounds; i++) {
      sides.bare.push(await load(bare));
      sides.real.push(await load(real));
    }
  } finally {
    bare.stop();
  }
  const ratios = sides.real.map(({ rate }, i) => rate / sides.bare[i].rate);
  const of = (side, name) => median(sides[side].map((one) => one[name]));
  const ratio = median(ratios);
  return {
    bytes: size,
    perSecond: round(of('real', 'rate'), 0), p99Micros: round(of('real', 'p99Micros'), 0), cpuMicros: round(of('real', 'cpuMicros'), 1),
    barePerSecond: round(of('bare', 'rate'), 0), bareP99Micros: round(of('bare', 'p99Micros'), 0), bareCpuMicros: round(of('bare', 'cpuMicros'), 1),
    ratio: round(ratio), lowestRatio: round(Math.min(...ratios)), highestRatio: round(Math.max(...ratios)),
    limit, ok: ratio >= limit,
  };
}

/** Twenty jobs that do not run by themselves meanwhile, and one execution of the first that has ended. */
async function fill(server, token, target) {
  const ask = async (method, place, expected, body) => {
    const answer = await server.request(method, V1 + place, { token, body });
    assert.equal(answer.status, expected, answer.text);
    return answer.body;
  };
  let first;
  for (let i = 0; i < 20; i++) {
    const job = await ask('POST', '/jobs', 201, {
      name: `Nightly report ${i}`, description: 'Collects the figures of the day and sends them to those who asked for them.',
      jobType: 'HttpCall', scheduleType: 'Cron', scheduleExpression: '30 2 1 1 *', timezone: 'Europe/Berlin',
      jobConfiguration: { url: `${target.url}/report/${i}`, method: 'POST', headers: { Accept: 'application/json' }, body: '{"day":"today"}' },
      retryPolicy: { maxAttempts: 3, delaySeconds: 60, backoff: 'Exponential' }, tags: ['reports', 'nightly'],
    });
    first ??= job;
  }
  const id = await ask('POST', `/jobs/${first.id}/trigger`, 202);
  await waitFor(async () => (await ask('GET', `/executions/${id}`, 200)).status === 'Succeeded', { what: 'the execution to end' });
  return id;
}

/** Pages that hold the same twenty jobs, each asked for otherwise; far more than the server keeps answers of. */
function filters() {
  const choices = [
    ['sortBy=name', 'sortBy=createdAt', 'sortBy=updatedAt'], ['sortDirection=asc', 'sortDirection=desc'], ['', 'status=active'],
    ['', 'jobType=HttpCall'], ['', 'queue=default'], ['', 'pageSize=20'],
  ];
  const combined = choices.reduce((begun, next) => begun.flatMap((some) => next.map((one) => [...some, one])), [[]]);
  return combined.map((parts) => `/jobs?${parts.filter((part) => part !== '').join('&')}`);
}

const target = await startTarget();
const server = await startServer({ settings: { 'Scheduler:Http:AllowedHosts': '127.0.0.1' } });
try {
  const token = await server.login();
  const id = await fill(server, token, target);
  const figures = {};
  const asked = { execution: [`/executions/${id}`], jobs: filters(), polledJobs: ['/jobs'] };
  for (const [name, list] of Object.entries(asked)) {
    const places = list.map((place) => V1 + place);
    const { text } = await server.request('GET', places[0], { token });
    const real = { url: server.base + places[0], pid: server.pid, token, places: places.slice(1) };
    figures[name] = await compare(real, Buffer.byteLength(text), LIMITS[name]);
  }
  console.log(JSON.stringify({
    connections, rounds, ...figures, ok: Object.values(figures).every(({ ok }) => ok),
  }));
} finally {
  await server.stop();
  await target.stop();
}
