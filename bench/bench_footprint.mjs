// bench_footprint.mjs - how soon is a server ready, and how much memory does it hold?
//
// The promises: with an empty store ready in 50 ms and 12 MB; with 1,000,000 jobs and 1,000,000 executions
// in it (seed_store.c) in 300 ms and 64 MB. Ready is the time from spawning the program to its first 200
// at /readyz, with the files in the page cache; the median of ROUNDS starts. The memory is VmRSS of
// /proc/PID/status after answering one of each: a page of jobs, one execution, and a page of executions.
// megabytesAfterLoad is the same after many clients at once have paged through all of it and made jobs; the
// full store is held to its limit by that figure.
//
//   bench/run build/bench footprint          ROUNDS=7, JOBS=1000000, EXECUTIONS=1000000 change it
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { program } from '../tests/api/support/server.mjs';

const build = path.resolve(process.env.BENCH_BUILD || 'build/bench');
const rounds = Number(process.env.ROUNDS || 7);
const jobs = process.env.JOBS || '1000000';
const executions = process.env.EXECUTIONS || '1000000';
const V1 = '/api/v1/scheduler';
const LIMITS = {
  empty: { readyMillis: 50, megabytes: 12, held: 'megabytes' },
  full: { readyMillis: 300, megabytes: 64, held: 'megabytesAfterLoad' },
};
const LOAD_CLIENTS = 32;
const LOAD_REQUESTS = 40;
const password = 'a password long enough';

const agent = new http.Agent({ keepAlive: true });
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const round = (value, digits = 1) => Number(value.toFixed(digits));

async function ask(base, method, place, { token, body, expected = 200 } = {}) {
  const text = body && JSON.stringify(body);
  const headers = { ...(token && { Authorization: `Bearer ${token}` }), ...(text && { 'Content-Type': 'application/json', 'Content-Length': text.length }) };
  const request = http.request(base + place, { method, headers, agent }).end(text);
  const [answer] = await once(request, 'response');
  const chunks = await answer.toArray();
  assert.equal(answer.statusCode, expected, `${method} ${place}`);
  return Buffer.concat(chunks).toString();
}

/** Starts the program on FOLDER, says when it was ready, lets USE work with it, and ends it. */
async function withServer(folder, use) {
  const began = process.hrtime.bigint();
  const child = spawn(program, ['serve', '--port', '0', '--data', folder], {
    cwd: folder, env: { PATH: process.env.PATH, ALPHABET_ADMIN_PASSWORD: password }, stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  try {
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const base = /is ready at (http:\/\/\S+)/.exec(line)[1];
    await ask(base, 'GET', '/readyz');
    const readyMillis = Number(process.hrtime.bigint() - began) / 1e6;
    return await use({ base, pid: child.pid, readyMillis });
  } finally {
    child.kill('SIGTERM');
    const [code, signal] = await ended;
    assert.equal(signal ?? code, 0, 'the server did not end cleanly');
  }
}

function megabytes(pid) {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1000;
}

/** LOAD_CLIENTS at once, each asking for pages from all over the store and making a job now and then. */
async function load(base, token, total) {
  const client = async (number) => {
    for (let i = 0; i < LOAD_REQUESTS; i++) {
      const page = 1 + (number * 7919 + i * 104729) % Math.max(1, Math.floor(total / 200));
      const place = i % 2 ? `/jobs?pageSize=200&pageNumber=${page}` : `/executions?pageSize=200&pageNumber=${page}`;
      await ask(base, 'GET', V1 + place, { token });
      const body = { name: `made ${number} ${i}`, jobType: 'HttpCall', scheduleType: 'Interval', intervalSeconds: 86400, jobConfiguration: { url: 'https://example.org/' } };
      if (i % 10 === 0) await ask(base, 'POST', `${V1}/jobs`, { token, body, expected: 201 });
    }
  };
  await Promise.all(Array.from({ length: LOAD_CLIENTS }, (_, number) => client(number)));
}

/** What a first visitor asks for, then the memory; then many, and the memory again. */
async function memoryInUse({ base, pid }) {
  const atStart = megabytes(pid);
  const login = { email: 'admin@alphabet.local', password, useCookies: false };
  const token = JSON.parse(await ask(base, 'POST', '/api/v1/auth/login', { body: login })).accessToken;
  await ask(base, 'GET', `${V1}/jobs`, { token });
  const page = JSON.parse(await ask(base, 'GET', `${V1}/executions`, { token }));
  if (page.totalCount > 0) await ask(base, 'GET', `${V1}/executions/${page.items[0].id}`, { token });
  const inUse = megabytes(pid);
  await load(base, token, page.totalCount);
  return { megabytesAtStart: round(atStart), megabytes: round(inUse), megabytesAfterLoad: round(megabytes(pid)) };
}

async function measure(folder, limit) {
  await withServer(folder, () => {}); // makes what is missing, and the pages warm
  const times = [];
  for (let i = 0; i < rounds; i++) times.push(await withServer(folder, ({ readyMillis }) => readyMillis));
  const memory = await withServer(folder, memoryInUse);
  const readyMillis = round(median(times));
  return {
    readyMillis, fastestMillis: round(Math.min(...times)), slowestMillis: round(Math.max(...times)), limitMillis: limit.readyMillis,
    ...memory, limitMegabytes: limit.megabytes, ok: readyMillis <= limit.readyMillis && memory[limit.held] <= limit.megabytes,
  };
}

const folders = { empty: '', full: '' };
try {
  for (const name of Object.keys(folders)) folders[name] = fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-bench-'));
  const began = Date.now();
  const database = path.join(folders.full, 'alphabet.db');
  execFileSync(path.join(build, 'bench/seed_store'), [database, jobs, executions], { stdio: 'inherit' });
  const seedSeconds = round((Date.now() - began) / 1000);
  const databaseMegabytes = round(fs.statSync(database).size / 1e6, 0);
  const empty = await measure(folders.empty, LIMITS.empty);
  const full = await measure(folders.full, LIMITS.full);
  console.log(JSON.stringify({
    rounds, empty, full: { jobs: Number(jobs), executions: Number(executions), databaseMegabytes, seedSeconds, ...full }, ok: empty.ok && full.ok,
  }));
} finally {
  for (const folder of Object.values(folders)) if (folder) fs.rmSync(folder, { recursive: true, force: true });
  agent.destroy();
}
