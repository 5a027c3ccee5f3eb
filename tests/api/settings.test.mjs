// Starting: wrong settings, addresses, TLS, the data folder.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { program, startServer, waitFor } from './support/server.mjs';

const running = new Set();
process.on('exit', () => { for (const child of running) child.kill('SIGKILL'); });
let folder;
let number = 0;
before(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-settings-')); });
after(() => fs.rmSync(folder, { recursive: true, force: true }));

const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.includes('__')));
const fresh = () => path.join(folder, `data-${++number}`);

/** A program that is started by hand: {child, out(), err(), ended}. Killed at the end when it still runs. */
function launch(args, { env = {}, cwd = folder } = {}) {
  const child = spawn(program, ['serve', ...args], { cwd, env: { ...clean, ALPHABET_ADMIN_PASSWORD: 'a password long enough', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (text) => { out += text; });
  child.stderr.on('data', (text) => { err += text; });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, out, err }));
  running.add(child);
  child.once('exit', () => running.delete(child));
  return { child, out: () => out, err: () => err, ended, ready: () => waitFor(() => /is ready at (\S+)/.exec(out)?.[1] || (child.exitCode !== null && Promise.reject(new Error(err))), { what: 'the program to be ready', seconds: 20 }) };
}

/** Starts it and expects it not to start: exit code and what it says. */
async function refused(code, args, options) {
  const data = args.includes('--data') ? [] : ['--data', fresh()];
  const launched = launch(['--port', '0', ...data, ...args], options);
  const timer = setTimeout(() => launched.child.kill('SIGKILL'), 20_000 * Number(process.env.SLOW || 1));
  const end = await launched.ended;
  clearTimeout(timer);
  assert.deepEqual([end.code, end.out], [code, ''], `${args}: ${end.err}`);
  return end.err;
}

async function stop(launched) {
  launched.child.kill('SIGTERM');
  return launched.ended;
}

describe('settings', () => {

test('an unknown key or a bad value stops the start with exit code 2, its name, its line and what is allowed', async () => {
  const file = path.join(folder, 'bad.json');
  fs.writeFileSync(file, `{\n  "Server": {\n    "Port": ${70_000},\n    "Prot": 1\n  },\n  "Logging": { "Level": "loud" },\n  "Scheduler": {\n    "Hangfire": { "WorkerCount": "many", "Queues": "a" },\n    "Jobs": { "OrphanPolicy": 3 },\n    "Http": { "AllowPrivateNetworks": "perhaps" }\n  }\n}\n`);
  const said = await refused(2, ['--config', file]);
  for (const expected of [/bad\.json line 3: Server:Port is "70000"; it must be a whole number from 0 to 65535/, /bad\.json line 4: there is no setting Server:Prot; did you mean Server:Port\?/, /line 6: Logging:Level is "loud"; it must be one of: debug\|info\|warn\|error/,
    /line 8: Scheduler:Hangfire:WorkerCount .*whole number from 1 to 100000/, /line 8: Scheduler:Hangfire:Queues .*list of texts/, /line 9: Scheduler:Jobs:OrphanPolicy .*Retry\|Fail/, /line 10: Scheduler:Http:AllowPrivateNetworks .*true or false/]) assert.match(said, expected);
});

test('the same from the environment and from flags, which name themselves', async () => {
  assert.match(await refused(2, [], { env: { Server__Prot: '1' } }), /environment Server__Prot: there is no setting Server:Prot/);
  assert.match(await refused(2, [], { env: { Scheduler__Hangfire__WorkerCount: '0' } }), /environment Scheduler__Hangfire__WorkerCount: .*from 1 to/);
  assert.match(await refused(2, ['--set', 'Server:MaxConnections=x']), /command line: Server:MaxConnections is "x"/);
  assert.match(await refused(2, ['--workers', '-3']), /WorkerCount/);
});

test('a setting of something that this version does not offer is refused, not ignored', async () => {
  assert.match(await refused(2, ['--set', 'Jwt:JwksUrl=https://example.com']), /JwksUrl is not offered by this version/);
  assert.match(await refused(2, ['--set', 'Database:Provider=Oracle']), /Database:Provider .*Sqlite\|PostgreSql/);
});

test('a file that is not JSON, not there, or holds a key twice', async () => {
  const write = (name, text) => { fs.writeFileSync(path.join(folder, name), text); return path.join(folder, name); };
  assert.match(await refused(2, ['--config', write('broken.json', '{ "Server": ')]), /broken\.json/);
  assert.match(await refused(2, ['--config', write('list.json', '[]')]), /list\.json: must hold a JSON object/);
  assert.match(await refused(2, ['--config', write('twice.json', '{ "Server": { "Port": 1, "Port": 2 } }')]), /twice\.json/);
  assert.match(await refused(2, ['--config', path.join(folder, 'absent.json')]), /absent\.json: there is no such file/);
});

test('C7: a key of access tokens that is too short is refused, and never printed', async () => {
  const said = await refused(2, ['--set', 'Jwt:SecretKey=short-canary']);
  assert.match(said, /Jwt:SecretKey must have 32/);
  assert.ok(!said.includes('short-canary'));
});

test('a first password against the rules, and wrong hosts, are refused', async () => {
  assert.match(await refused(2, [], { env: { ALPHABET_ADMIN_PASSWORD: 'short' } }), /ALPHABET_ADMIN_PASSWORD/);
  assert.match(await refused(2, ['--set', 'Scheduler:Http:AllowedHosts=not a host']), /AllowedHosts|neither a host name/);
  assert.match(await refused(2, ['--set', 'Server:TrustedProxies=nonsense']), /nonsense|TrustedProxies/);
  assert.match(await refused(2, ['--address', 'nonsense']), /nonsense/);
});

test('A2: an address beyond loopback needs TLS or an explicit word', async () => {
  for (const address of ['0.0.0.0', '::']) assert.match(await refused(2, ['--address', address]), /beyond loopback.*TlsCertificate.*AllowPlainHttp/);
  const open = launch(['--port', '0', '--data', fresh(), '--address', '0.0.0.0', '--set', 'Server:AllowPlainHttp=true']);
  assert.match(await open.ready(), /^http:\/\/0\.0\.0\.0:\d+$/);
  assert.equal((await stop(open)).code, 0);
});

test('port 0 takes a free port and says which; a port in use is exit code 1', async () => {
  const [a, b] = [launch(['--port', '0', '--data', fresh()]), launch(['--port', '0', '--data', fresh()])];
  const urls = await Promise.all([a.ready(), b.ready()]);
  assert.notEqual(urls[0], urls[1]);
  assert.equal((await fetch(`${urls[0]}/healthz`)).status, 200);
  const said = await refused(1, ['--port', new URL(urls[0]).port, '--data', fresh()]);
  assert.match(said, /cannot listen at 127\.0\.0\.1 port \d+/);
  for (const each of [a, b]) assert.equal((await stop(each)).code, 0);
});

test('two servers on one data folder: the second one does not start, and the first goes on', async () => {
  const data = fresh();
  const first = launch(['--port', '0', '--data', data]);
  const url = await first.ready();
  assert.match(await refused(1, ['--data', data]), /another|lock|in use/i);
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  first.child.kill('SIGKILL');
  await first.ended;
  const second = launch(['--port', '0', '--data', data]);
  await second.ready();
  assert.equal((await stop(second)).code, 0);
});

test('A1: the first password is made, printed once, and works; there is no default one', async () => {
  const data = fresh();
  const { ALPHABET_ADMIN_PASSWORD: none, ...rest } = clean;
  const start = () => {
    const child = spawn(program, ['serve', '--port', '0', '--data', data], { cwd: folder, env: rest, stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (text) => { out += text; });
    return { child, out: () => out, ended: once(child, 'close') };
  };
  const first = start();
  const password = await waitFor(() => /First login: admin@alphabet\.local with the password (\S+)/.exec(first.out())?.[1], { what: 'the password' });
  assert.ok(password.length >= 12);
  const base = /is ready at (\S+)/.exec(first.out())[1];
  const login = (word) => fetch(`${base}/api/v1/auth/login`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ email: 'admin@alphabet.local', password: word }) });
  assert.equal((await login(password)).status, 200);
  for (const guess of ['admin', 'password', 'admin@alphabet.local', 'alphabet', '']) assert.ok([400, 401].includes((await login(guess)).status), guess);
  first.child.kill('SIGTERM');
  await first.ended;
  const second = start();
  await waitFor(() => /is ready at/.test(second.out()), { what: 'the second start' });
  second.child.kill('SIGTERM');
  await second.ended;
  assert.ok(!second.out().includes('password'));
});

test('O2: the data folder is 0700, its files 0600; one that others may write to or a key that others may read is refused', async () => {
  const data = fresh();
  const mask = process.umask(0);
  const first = launch(['--port', '0', '--data', data]);
  process.umask(mask);
  await first.ready();
  const mode = (name) => (fs.statSync(name).mode & 0o777).toString(8);
  assert.equal(mode(data), '700');
  const names = fs.readdirSync(data);
  for (const name of ['alphabet.db', 'jwt.key']) assert.ok(names.includes(name), `${names}`);
  for (const name of names) assert.equal(mode(path.join(data, name)), '600', name);
  assert.equal((await stop(first)).code, 0);
  fs.chmodSync(data, 0o777);
  assert.match(await refused(2, ['--data', data]), /chmod 700/);
  fs.chmodSync(data, 0o700);
  fs.chmodSync(path.join(data, 'jwt.key'), 0o644);
  assert.match(await refused(2, ['--data', data]), /jwt\.key.*chmod 600/);
  fs.chmodSync(path.join(data, 'jwt.key'), 0o600);
  fs.writeFileSync(path.join(folder, 'a-file'), '');
  assert.match(await refused(2, ['--data', path.join(folder, 'a-file')]), /not a folder/);
});

test('a database that is none, or of a newer version, is refused and left as it is', async () => {
  const data = fresh();
  fs.mkdirSync(data, { mode: 0o700 });
  const file = path.join(data, 'alphabet.db');
  fs.writeFileSync(file, 'this is no database, but some text that somebody put here '.repeat(100), { mode: 0o600 });
  const before = fs.readFileSync(file);
  assert.match(await refused(2, ['--data', data]), /not an SQLite database/);
  assert.ok(fs.readFileSync(file).equals(before));
});

test('N2: TLS with a certificate of our own: 1.2 and 1.3 are spoken, older ones and plain HTTP are not', async () => {
  const [cert, key] = ['cert.pem', 'key.pem'].map((name) => path.join(folder, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'], { stdio: 'ignore' });
  const server = launch(['--port', '0', '--data', fresh(), '--set', `Server:TlsCertificate=${cert}`, '--set', `Server:TlsKey=${key}`]);
  const url = await server.ready();
  assert.match(url, /^https:/);
  const get = (options) => new Promise((resolve, reject) => {
    https.get(`${url}/healthz`, { ca: fs.readFileSync(cert), agent: false, ...options }, (response) => {
      const protocol = response.socket.getProtocol();
      response.resume().on('end', () => resolve({ status: response.statusCode, protocol, headers: response.headers }));
    }).on('error', reject);
  });
  const answer = await get({});
  assert.deepEqual([answer.status, answer.protocol], [200, 'TLSv1.3']);
  assert.match(answer.headers['strict-transport-security'] ?? '', /max-age=\d+/);
  assert.equal((await get({ maxVersion: 'TLSv1.2' })).protocol, 'TLSv1.2');
  await assert.rejects(get({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }));
  await assert.rejects(get({ ca: undefined }), /self.signed|unable to verify/i);
  const plain = net.connect(new URL(url).port, '127.0.0.1');
  plain.end('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  let text = '';
  plain.on('data', (data) => { text += data.toString('latin1'); }).on('error', () => {});
  await new Promise((done) => { plain.once('close', done); });
  assert.ok(!text.includes('"up"'));
  assert.equal((await stop(server)).code, 0);
});

test('TLS settings that do not go together are refused', async () => {
  assert.match(await refused(2, ['--set', 'Server:TlsCertificate=/nowhere.pem']), /go together/);
  assert.match(await refused(2, ['--set', 'Server:TlsCertificate=/nowhere.pem', '--set', 'Server:TlsKey=/nowhere.pem']), /nowhere\.pem/);
  const file = path.join(folder, 'not.pem');
  fs.writeFileSync(file, 'no PEM');
  assert.match(await refused(2, ['--set', `Server:TlsCertificate=${file}`, '--set', `Server:TlsKey=${file}`]), /certificate|key/i);
});

test('a proxy that is named is believed, and nobody else', async () => {
  const entry = async (settings) => {
    const server = await startServer({ settings });
    try {
      const token = await server.login();
      const request = (method, target, options) => server.request(method, `/api/v1/scheduler${target}`, { token, headers: { 'X-Forwarded-For': '203.0.113.7' }, ...options });
      const { body: job } = await request('POST', '/jobs', { body: { name: 'x', jobType: 'HttpCall', scheduleType: 'Cron', scheduleExpression: '0 0 1 1 *', jobConfiguration: { url: 'http://example.com/' } } });
      return (await request('GET', `/jobs/${job.id}/history`)).body.items[0].address;
    } finally {
      await server.stop();
    }
  };
  assert.equal(await entry({}), '127.0.0.1');
  assert.equal(await entry({ 'Server:TrustedProxies': '127.0.0.0/8' }), '203.0.113.7');
});

test('O1: no core dumps, and no other user may trace it', async () => {
  const server = await startServer();
  try {
    const status = fs.readFileSync(`/proc/${server.pid}/status`, 'utf8');
    assert.match(status, /^State:/m);
    const owner = fs.statSync(`/proc/${server.pid}/environ`).uid; // of a process that cannot be dumped: root's
    assert.equal(owner, 0);
  } finally {
    await server.stop();
  }
});

});
