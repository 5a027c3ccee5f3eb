// The program as a process: starts that fail, and what they leave behind.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { program, startServer, startTarget, waitFor } from './support/server.mjs';

/** Runs `serve` in a folder of its own until it ends; gives {code, output, errors}. */
async function serve(folder, args, env = {}) {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.includes('__') && name !== 'ALPHABET_ADMIN_PASSWORD'));
  const child = spawn(program, ['serve', '--data', path.join(folder, 'data'), ...args], { cwd: folder, env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { output: '', errors: '' };
  child.stdout.on('data', (text) => { said.output += text; });
  child.stderr.on('data', (text) => { said.errors += text; });
  const code = await new Promise((resolve, reject) => { child.on('close', resolve); child.on('error', reject); });
  return { code, ...said };
}

async function inFolder(run) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-test-'));
  try {
    return await run(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

test('A2: an address beyond loopback without TLS does not start', () => inFolder(async (folder) => {
  for (const address of ['0.0.0.0', '::', '192.0.2.1']) {
    const { code, output, errors } = await serve(folder, ['--address', address, '--port', '0']);
    assert.equal(code, 2, errors);
    assert.match(errors, /beyond loopback/);
    assert.equal(output, '');
  }
  assert.equal(fs.existsSync(path.join(folder, 'data')), false);
}));

test('A1: the first password is told even when that start fails', () => inFolder(async (folder) => {
  const taken = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { code, output, errors } = await serve(folder, ['--port', String(taken.address().port)]);
  taken.close();
  assert.equal(code, 1, errors);
  assert.match(errors, /cannot listen at 127\.0\.0\.1 port \d+: Address already in use/);
  const password = /^First login: admin@alphabet\.local with the password (\S+)$/m.exec(output)?.[1];
  assert.ok(password, output);
  const server = await startServer({ folder });
  try {
    assert.ok(await server.login('admin@alphabet.local', password));
  } finally {
    await server.stop();
  }
}));

test('O2: what the program writes is its own alone', () => inFolder(async (folder) => {
  const server = await startServer({ folder });
  try {
    const data = path.join(folder, 'data');
    assert.equal(fs.statSync(data).mode & 0o777, 0o700);
    const names = fs.readdirSync(data);
    assert.ok(names.includes('alphabet.db') && names.includes('jwt.key'), names.join());
    for (const name of names) assert.equal(fs.statSync(path.join(data, name)).mode & 0o077, 0, name);
  } finally {
    await server.stop();
  }
}));

test('a second server on the same folder does not start, and leaves the first alone', () => inFolder(async (folder) => {
  const server = await startServer({ folder });
  try {
    const { code, errors } = await serve(folder, ['--port', '0']);
    assert.equal(code, 1, errors);
    assert.match(errors, /alphabet\.db/);
    assert.equal((await server.request('GET', '/readyz')).status, 200);
  } finally {
    await server.stop();
  }
}));

test('13: a process with few descriptors waits for free ones instead of turning in circles', () => inFolder(async (folder) => {
  const child = spawn('sh', ['-c', 'ulimit -n 64; exec "$0" "$@"', program, 'serve', '--data', path.join(folder, 'data'), '--port', '0'],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const sockets = [];
  try {
    let output = '';
    const port = await new Promise((resolve, reject) => {
      child.stdout.on('data', (text) => {
        output += text;
        const ready = /is ready at http:\/\/127\.0\.0\.1:(\d+)$/m.exec(output);
        if (ready) resolve(Number(ready[1]));
      });
      child.once('close', () => reject(new Error('it ended')));
    });
    const processorTicks = () => fs.readFileSync(`/proc/${child.pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ').slice(11, 13).reduce((sum, ticks) => sum + Number(ticks), 0);
    for (let i = 0; i < 200; i++) sockets.push(net.connect(port, '127.0.0.1').on('error', () => {}));
    const open = () => fs.readdirSync(`/proc/${child.pid}/fd`).length;
    const before = open();
    await waitFor(() => open() > before + 10, { what: 'connections to be accepted' });
    const start = processorTicks();
    await new Promise((resolve) => { setTimeout(resolve, 1000); });
    assert.ok(processorTicks() - start < 20, `${processorTicks() - start} ticks of 10 ms in a second`);
    assert.ok(open() < 60, `${open()} descriptors of 64`);
    for (const socket of sockets) socket.destroy();
    await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200, { what: 'an answer' });
  } finally {
    for (const socket of sockets) socket.destroy();
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
  }
}));

test('10: a full disk is a 503 and no acknowledgement; with room again everything goes on by itself', () => inFolder(async (folder) => {
  const target = await startTarget();
  const server = await startServer({ folder, settings: { 'Scheduler:Http:AllowedHosts': '127.0.0.1' } });
  try {
    const token = await server.login();
    const jobs = '/api/v1/scheduler/jobs';
    const body = { name: 'one', jobType: 'HttpCall', scheduleType: 'Interval', intervalSeconds: 1, jobConfiguration: { url: target.url } };
    const job = (await server.request('POST', jobs, { token, body })).body;
    await waitFor(() => target.calls.length > 0, { what: 'a run' });
    const limit = (bytes) => execFileSync('prlimit', ['--pid', String(server.pid), `--fsize=${bytes}:`]);
    limit(4096); // smaller than what is there: no file of it can grow
    const large = { ...body, name: 'two', scheduleType: 'OneTime', intervalSeconds: undefined, runAt: '2100-01-01T00:00:00Z', description: 'd'.repeat(2000) };
    const refused = await server.request('POST', jobs, { token, body: large });
    assert.equal(refused.status, 503, refused.text);
    assert.match(refused.body.detail, /no room/);
    assert.ok(Number(refused.headers['retry-after']) > 0);
    await waitFor(async () => (await server.request('GET', '/readyz')).status === 503, { what: '/readyz to say so' });
    assert.equal((await server.request('GET', '/healthz')).status, 200);
    assert.equal((await server.request('GET', `${jobs}/${job.id}`, { token })).status, 200);
    const calls = target.calls.length;
    limit('unlimited');
    await waitFor(async () => (await server.request('POST', jobs, { token, body: large })).status === 201, { what: 'a write to go through' });
    await waitFor(async () => (await server.request('GET', '/readyz')).status === 200, { what: '/readyz to recover', seconds: 20 });
    await waitFor(() => target.calls.length > calls, { what: 'a further run' });
    const { body: found } = await server.request('GET', `${jobs}?search=two`, { token });
    assert.equal(found.totalCount, 1, 'what was refused is not there');
  } finally {
    await server.stop();
    await target.stop();
  }
}));
