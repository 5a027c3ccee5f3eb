// Stopping: SIGTERM drains, what does not end is handed back; SIGHUP; a client in mid-request.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { slow, startScheduler, waitFor } from './support/scheduler.mjs';

describe('shutdown', { concurrency: true }, () => {

test('SIGTERM lets what runs finish, starts nothing more, and exits with 0', async () => {
  const it = await startScheduler();
  try {
    const job = await it.create({ jobConfiguration: { url: it.target.url('/slow/1500') }, concurrencyPolicy: 'Allow' });
    const every = await it.create({ scheduleExpression: '* * * * * *', jobConfiguration: { url: it.target.url('/ok/every') } });
    await it.endedOf(every, 1);
    const id = await it.trigger(job);
    await it.ended(id, 'Running');
    const asked = Date.now();
    const { code, signal } = await it.server.end('SIGTERM');
    const took = Date.now() - asked;
    assert.deepEqual([code, signal], [0, null]);
    assert.ok(took >= 800 && took < 6000 * slow, `${took} ms`);
    const late = it.target.callsOf('/ok/every').filter(({ at }) => at > asked + 1000);
    assert.equal(late.length, 0, 'nothing starts while it stops');
    await it.server.start();
    it.token = await it.server.login();
    assert.deepEqual(await it.execution(id).then(({ status, output }) => [status, output]), ['Succeeded', 'slow']);
    const due = (await it.executions(every)).map(({ scheduledFor }) => scheduledFor);
    assert.equal(new Set(due).size, due.length);
  } finally {
    await it.stop();
  }
});

test('what is not done in time is handed back and runs again after the start, without counting an attempt', async () => {
  const it = await startScheduler({ settings: { 'Scheduler:Jobs:ShutdownGraceSeconds': 0 } });
  try {
    const job = await it.create({ jobConfiguration: { url: it.target.url('/hang/back') }, retryPolicy: { maxAttempts: 1 }, timeoutSeconds: 600 });
    const id = await it.trigger(job);
    await it.ended(id, 'Running');
    const { code } = await it.server.end('SIGTERM');
    assert.equal(code, 0);
    await waitFor(() => it.target.callsOf('/hang/back')[0].abortedAt, { what: 'the call to be aborted' });
    await it.server.start();
    it.token = await it.server.login();
    await waitFor(() => it.target.callsOf('/hang/back').length === 2, { what: 'the second call' });
    const again = await it.ended(id, 'Running');
    assert.deepEqual([again.retryCount, again.retryParentId], [0, null]);
    const [first, second] = it.target.callsOf('/hang/back');
    assert.deepEqual(['idempotency-key', 'x-alphabet-attempt', 'x-alphabet-execution-id'].map((name) => second.headers[name] === first.headers[name]), [true, true, true]);
    assert.ok(Number(second.headers['x-alphabet-fence']) > Number(first.headers['x-alphabet-fence']));
    assert.equal((await it.executions(job)).length, 1);
    assert.equal((await it.show(job)).consecutiveFailures, 0);
  } finally {
    await it.stop();
  }
});

test('SIGINT is the same as SIGTERM', async () => {
  const it = await startScheduler();
  try {
    assert.deepEqual(await it.server.end('SIGINT'), { code: 0, signal: null });
    await it.server.start();
  } finally {
    await it.stop();
  }
});

test('requests that were taken are answered; later ones find nobody', async () => {
  const it = await startScheduler();
  try {
    const asked = Array.from({ length: 50 }, (_, i) => it.post('/jobs', it.job({ name: `At the end ${i}` })).catch((error) => error));
    await waitFor(() => true);
    const ended = it.server.end('SIGTERM');
    const answers = await Promise.all(asked);
    assert.equal((await ended).code, 0);
    const made = answers.filter(({ status }) => status === 201).map(({ body }) => body.id);
    for (const answer of answers) assert.ok(answer instanceof Error || [201, 503].includes(answer.status), `${answer.status}`);
    await it.server.start();
    it.token = await it.server.login();
    for (const id of made) assert.equal((await it.get(`/jobs/${id}`)).status, 200);
  } finally {
    await it.stop();
  }
});

test('a client that sits on its connection, or follows a stream, does not hold the stop up', async () => {
  const it = await startScheduler({ settings: { 'Scheduler:Jobs:ShutdownGraceSeconds': 1 } });
  try {
    const port = Number(new URL(it.server.base).port);
    const idle = net.connect(port, '127.0.0.1');
    const half = net.connect(port, '127.0.0.1');
    half.write('POST /api/v1/scheduler/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{');
    const stream = net.connect(port, '127.0.0.1');
    for (const socket of [idle, half, stream]) socket.on('error', () => {}).resume();
    const id = await it.trigger(await it.create({ jobConfiguration: { url: it.target.url('/hang/stream') } }));
    await it.ended(id, 'Running');
    stream.write(`GET /api/v1/scheduler/executions/${id}/output HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nAuthorization: Bearer ${it.token}\r\n\r\n`);
    await once(stream, 'data').catch(() => {});
    const asked = Date.now();
    assert.equal((await it.server.end('SIGTERM')).code, 0);
    assert.ok(Date.now() - asked < 40_000 * slow);
    for (const socket of [idle, half, stream]) socket.destroy();
    await it.server.start();
  } finally {
    await it.stop();
  }
});

test('SIGHUP takes over the level of the log, keeps what is in force when the file is wrong, and stops nothing', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-hup-'));
  const file = path.join(folder, 'own.json');
  const write = (level) => fs.writeFileSync(file, JSON.stringify({ Logging: { Level: level } }));
  write('warn');
  const it = await startScheduler({ args: ['--config', file] });
  try {
    const { pid } = it.server;
    const job = await it.create({ scheduleExpression: '* * * * * *' });
    assert.ok(!it.server.log().includes('reloaded'));
    write('info');
    process.kill(pid, 'SIGHUP');
    await waitFor(() => /reloaded.*log_level=info/.test(it.server.log()), { what: 'the new level' });
    write('loud');
    process.kill(pid, 'SIGHUP');
    await waitFor(() => /reload failed/.test(it.server.log()) && /Logging:Level/.test(it.server.log()), { what: 'the complaint' });
    assert.equal(it.server.pid, pid);
    await it.endedOf(job, 2);
  } finally {
    await it.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

const python = spawnSync('python3', ['--version']).status === 0;

test('the service manager is told of the start, of the stop, and in between that all is well', { skip: python ? false : 'python3 is not here' }, async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-notify-'));
  const socket = path.join(folder, 'notify');
  const listener = spawn('python3', ['-uc', `import socket\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\ns.bind(${JSON.stringify(socket)})\nprint("listening")\nwhile True: print(s.recv(4096).decode())`], { stdio: ['ignore', 'pipe', 'inherit'] });
  let heard = '';
  listener.stdout.on('data', (text) => { heard += text; });
  try {
    await waitFor(() => heard.includes('listening'), { what: 'the listener' });
    const it = await startScheduler({ env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '300000' } });
    await waitFor(() => (heard.match(/WATCHDOG=1/g) ?? []).length >= 3, { what: 'signs of life', seconds: 10 });
    assert.ok(heard.indexOf('READY=1') < heard.indexOf('WATCHDOG=1'));
    process.kill(it.server.pid, 'SIGHUP');
    await waitFor(() => /reloaded/.test(it.server.log()), { what: 'the reload' });
    await it.stop();
    await waitFor(() => heard.trim().endsWith('STOPPING=1'), { what: 'the stop to be told' });
  } finally {
    listener.kill('SIGKILL');
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

});
