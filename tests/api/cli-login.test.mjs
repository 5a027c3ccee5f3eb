// The command line's login: where it is kept, how it is renewed, what is refused, and what never shows.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import https from 'node:https';
import { createServer } from 'node:net';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { newCli, startFake } from './support/cli.mjs';
import { program, startServer, waitFor } from './support/server.mjs';

let server;
const clis = [];
const fresh = () => { const cli = newCli(); clis.push(cli); cli.server = server.base; return cli; };
before(async () => { server = await startServer({ settings: { 'Server:RateLimitPerMinute': 0 } }); });
after(async () => {
  for (const cli of clis) cli.end();
  await server.stop();
});
const modeOf = (file) => fs.statSync(file).mode & 0o777;

describe('login', () => {

test('is kept for its owner alone, remembers the server, and logout forgets it', async () => {
  const cli = fresh();
  assert.match((await cli.run(['jobs', 'list'])).err, /not logged in at http.*; `alphabet login` does it/);
  assert.equal((await cli.run(['jobs', 'list'])).code, 4);
  assert.equal(await cli.login(server), `logged in at ${server.base} as ${server.email}\n`);
  assert.equal(modeOf(cli.credentials), 0o600);
  assert.equal(modeOf(path.dirname(cli.credentials)), 0o700);
  assert.deepEqual([cli.saved().current, cli.saved().servers[server.base].email], [server.base, server.email]);
  cli.server = undefined; // the one that was logged in to last
  await cli.ok(['jobs', 'list']);
  assert.equal(await cli.ok(['logout']), `logged out at ${server.base}\n`);
  assert.deepEqual(cli.saved().servers, {});
  cli.server = server.base;
  assert.equal((await cli.run(['jobs', 'list'])).code, 4);
  assert.equal((await cli.run(['logout'])).code, 4);
});

test('a wrong password is told as the server tells it, and nothing is kept', async () => {
  const cli = fresh();
  const { code, out, err } = await cli.run(['login', server.email, '--password-stdin'], { input: 'certainly not this one\n' });
  assert.deepEqual([code, out], [4, '']);
  assert.match(err, /^alphabet login: .+\n$/);
  assert.ok(!fs.existsSync(cli.credentials));
  assert.equal((await cli.run(['login', server.email])).code, 2, 'no terminal, no --password-stdin');
  assert.equal((await cli.run(['login', '--password-stdin'], { input: 'x' })).code, 2, 'nobody to ask who');
});

test('a file or folder that others can reach is refused, with the way to mend it', async () => {
  const cli = fresh();
  await cli.login(server);
  fs.chmodSync(cli.credentials, 0o640);
  const { code, err } = await cli.run(['jobs', 'list']);
  assert.equal(code, 4);
  assert.match(err, /can be reached by others; mend it: chmod go=/);
  await cli.ok(['jobs', 'list'], { env: { ALPHABET_TOKEN: await server.login() } });
  fs.chmodSync(cli.credentials, 0o600);
  fs.chmodSync(path.dirname(cli.credentials), 0o755);
  assert.equal((await cli.run(['login', server.email, '--password-stdin'], { input: server.password })).code, 1);
});

test('an access token that has ended is renewed, and the new pair is kept', async () => {
  const cli = fresh();
  await cli.login(server);
  const before = cli.saved();
  before.servers[server.base].expiresAt = '2020-01-01T00:00:00.000Z';
  fs.writeFileSync(cli.credentials, JSON.stringify(before));
  await cli.ok(['jobs', 'list']);
  const now = cli.saved().servers[server.base];
  assert.notEqual(now.refreshToken, before.servers[server.base].refreshToken);
  assert.equal(modeOf(cli.credentials), 0o600);
  // The server refuses it although its time has not come: renewed too.
  fs.writeFileSync(cli.credentials, JSON.stringify({ current: server.base, servers: { [server.base]: { ...now, accessToken: 'no.such.token' } } }));
  await cli.ok(['jobs', 'list']);
  // A refresh token that is used up: the login is over.
  fs.writeFileSync(cli.credentials, JSON.stringify({ current: server.base, servers: { [server.base]: { ...now, accessToken: 'no.such.token' } } }));
  const over = await cli.run(['jobs', 'list']);
  assert.equal(over.code, 4);
  assert.match(over.err, /the login at .* has ended; `alphabet login` begins another/);
});

test('many processes that renew at once renew once', async () => {
  const cli = fresh();
  let renewals = 0;
  const pair = (n) => ({ accessToken: `access-${n}`, refreshToken: `refresh-${n}`, expiresIn: 900, tokenType: 'Bearer' });
  const fake = await startFake(async (request, body) => {
    if (request.url === '/api/v1/auth/refresh-token') {
      assert.equal(JSON.parse(body).refreshToken, `refresh-${renewals}`, 'no refresh token is used twice');
      renewals += 1;
      return { body: pair(renewals) };
    }
    if (request.headers.authorization !== `Bearer access-${renewals}`) return { status: 401, body: {} };
    return { body: { items: [], totalCount: 0, pageNumber: 1, pageSize: 50 } };
  });
  try {
    cli.server = fake.base;
    cli.file('.config/alphabet/credentials.json', { current: fake.base, servers: { [fake.base]: { email: 'a@b', ...pair(0), expiresAt: '2020-01-01T00:00:00.000Z' } } });
    fs.chmodSync(cli.credentials, 0o600);
    fs.chmodSync(path.dirname(cli.credentials), 0o700);
    const codes = await Promise.all(Array.from({ length: 8 }, () => cli.run(['jobs', 'list'])));
    assert.deepEqual(codes.map(({ code, err }) => [code, err]), Array(8).fill([0, '']));
    assert.equal(renewals, 1);
    assert.equal(cli.saved().servers[fake.base].refreshToken, 'refresh-1');
  } finally {
    await fake.stop();
  }
});

test('against the real server too: two renew at once, and both go on', async () => {
  const cli = fresh();
  await cli.login(server);
  for (let round = 0; round < 3; round++) {
    const saved = cli.saved();
    saved.servers[server.base].expiresAt = '2020-01-01T00:00:00.000Z';
    fs.writeFileSync(cli.credentials, JSON.stringify(saved));
    const both = await Promise.all([cli.run(['jobs', 'list']), cli.run(['jobs', 'list'])]);
    assert.deepEqual(both.map(({ code }) => code), [0, 0], both[0].err + both[1].err);
  }
});

});

describe('tokens', () => {

test('made, listed, used from a file and from the environment, revoked', async () => {
  const cli = fresh();
  await cli.login(server);
  const token = (await cli.ok(['token', 'create', 'ci', '--role', 'Viewer', '--expires', '2100-01-01T00:00:00Z'])).trim();
  assert.match(token, /^\S{20,}$/);
  const list = await cli.ok(['token', 'list']);
  assert.match(list, /^ci +\S+ +Viewer +valid +2100-01-01/m);
  assert.ok(!list.includes(token));
  const other = fresh();
  const file = other.file('token', `${token}\n`);
  await other.ok(['jobs', 'list', '--token-file', file]);
  await other.ok(['jobs', 'list'], { env: { ALPHABET_TOKEN: token } });
  const refused = await other.run(['jobs', 'create', '-f', '-', '--token-file', file], { input: '{}' });
  assert.equal(refused.code, 4, 'a Viewer only reads');
  assert.equal(await cli.ok(['token', 'revoke', 'ci']), 'revoked ci\n');
  assert.equal((await cli.run(['token', 'revoke', 'ci'])).code, 3);
  const ended = await other.run(['jobs', 'list', '--token-file', file]);
  assert.equal(ended.code, 4);
  assert.match(ended.err, /the token is not valid/);
  for (const content of ['', 'two words\n', 'a\nb\n']) assert.equal((await other.run(['jobs', 'list', '--token-file', other.file('odd', content)])).code, 2, JSON.stringify(content));
});

test('users: created, listed, role, lock, unlock, password, deleted', async () => {
  const cli = fresh();
  await cli.login(server);
  const input = 'a password long enough\n';
  assert.equal(await cli.ok(['user', 'create', 'jo@example.com', '--role', 'Viewer', '--password-stdin'], { input }), 'added jo@example.com\n');
  assert.equal((await cli.run(['user', 'create', 'jo@example.com', '--password-stdin'], { input })).code, 5);
  assert.equal((await cli.run(['user', 'create', 'short@example.com', '--password-stdin'], { input: 'short\n' })).code, 7);
  assert.match(await cli.ok(['user', 'list']), /^jo@example\.com +Viewer +no +- +[0-9a-f-]{36}$/m);
  await cli.ok(['user', 'role', 'Jo@Example.com', 'User']);
  await cli.ok(['user', 'lock', 'jo@example.com']);
  const jo = (await cli.json(['user', 'list'])).items.find(({ email }) => email === 'jo@example.com');
  assert.deepEqual([jo.roles, jo.isLocked], [['User'], true]);
  assert.equal((await cli.json(['user', 'unlock', 'jo@example.com'])).isLocked, false);
  await cli.ok(['user', 'password', 'jo@example.com', '--password-stdin'], { input: 'another password of hers\n' });
  const hers = fresh();
  await hers.login(server, 'jo@example.com', 'another password of hers');
  assert.equal((await hers.run(['user', 'list'])).code, 4);
  await cli.ok(['user', 'delete', 'jo@example.com']);
  assert.equal((await cli.run(['user', 'lock', 'jo@example.com'])).code, 3);
});

});

describe('the connection', () => {

test('a server that is not there, does not answer, or is something else', async () => {
  const cli = fresh();
  const sockets = [];
  const silent = createServer((socket) => { sockets.push(socket); }).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const port = silent.address().port;
  const env = { ALPHABET_TOKEN: 'any' };
  const late = await cli.run(['jobs', 'list', '--server', `http://127.0.0.1:${port}`, '--timeout', '1'], { env });
  assert.equal(late.code, 6);
  assert.match(late.err, /no answer from .* in time/);
  for (const socket of sockets) socket.destroy();
  silent.close();
  await once(silent, 'close');
  const down = await cli.run(['jobs', 'list', '--server', `http://127.0.0.1:${port}/`], { env });
  assert.equal(down.code, 6);
  assert.match(down.err, /cannot reach the server at http:\/\/127\.0\.0\.1:\d+: .*is it running\?/);
  for (const odd of ['ftp://x', 'nonsense', 'http://', 'http://me:pw@127.0.0.1', 'http://a b', 'http://127.0.0.1/?x']) {
    const { code, err } = await cli.run(['jobs', 'list', '--server', odd], { env });
    assert.equal(code, 2, odd);
    assert.ok(!err.includes('pw@'), odd);
  }
});

test('a token goes to another machine over TLS only, and to no server that it is not of', async () => {
  const cli = fresh();
  await cli.login(server);
  const plain = await cli.run(['jobs', 'list', '--server', 'http://192.0.2.1']);
  assert.equal(plain.code, 2);
  assert.match(plain.err, /--allow-plain-http/);
  const fake = await startFake(() => ({ body: { items: [], totalCount: 0, pageNumber: 1, pageSize: 50 } }));
  try {
    await cli.ok(['jobs', 'list', '--server', fake.base]);
    assert.equal(fake.calls[0].headers.authorization, undefined);
    assert.match(fake.calls[0].headers['user-agent'], /^alphabet\//);
  } finally {
    await fake.stop();
  }
});


test('certificates are verified', async () => {
  const cli = fresh();
  const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => path.join(cli.home, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', certificate, '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'], { stdio: 'ignore' });
  const secure = https.createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(certificate) }, (request, response) => response.end('{"items":[],"totalCount":0,"pageNumber":1,"pageSize":50}'));
  secure.listen(0, '127.0.0.1');
  await once(secure, 'listening');
  const env = { ALPHABET_TOKEN: 'any', ALPHABET_SERVER: `https://127.0.0.1:${secure.address().port}` };
  try {
    const refused = await cli.run(['jobs', 'list'], { env });
    assert.equal(refused.code, 6);
    assert.match(refused.err, /cannot be trusted .*--ca-file/);
    await cli.ok(['jobs', 'list', '--ca-file', certificate], { env });
    await cli.ok(['jobs', 'list'], { env: { ...env, ALPHABET_CA_FILE: certificate } });
    assert.equal((await cli.run(['jobs', 'list', '--ca-file', '/no/such/file'], { env })).code, 6);
  } finally {
    secure.closeAllConnections();
    secure.close();
    await once(secure, 'close');
  }
});

test('on a terminal, login asks for the password and does not show it', async () => {
  const cli = fresh();
  const asked = spawn('script', ['-qec', `'${program}' login`, '/dev/null'], { env: { PATH: process.env.PATH, HOME: cli.home, ALPHABET_SERVER: server.base }, stdio: ['pipe', 'pipe', 'inherit'] });
  let out = '';
  asked.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
  const ended = once(asked, 'close');
  await waitFor(() => out.includes('E-mail: '), { what: 'the question who' });
  asked.stdin.write(`${server.email}\n`);
  await waitFor(() => out.includes('Password: '), { what: 'the question for the password' });
  asked.stdin.write(`${server.password}\n`);
  await ended;
  assert.equal(asked.exitCode, 0, out);
  assert.match(out, /logged in at /);
  assert.ok(!out.includes(server.password));
});

test('429 is waited for; 503 and 500 are told; redirects are not followed', async () => {
  const cli = fresh();
  let count = 0;
  const fake = await startFake((request) => {
    count += 1;
    if (request.url.includes('failed')) return { status: 302, headers: { Location: 'http://127.0.0.1/' }, body: {} };
    if (request.url.includes('timeline')) return { status: 503, headers: { 'Retry-After': '1' }, body: { detail: 'the store is away', status: 503, traceId: 't-1' } };
    if (count === 1) return { status: 429, headers: { 'Retry-After': '1' }, body: { detail: 'slowly', status: 429 } };
    return { body: { items: [], totalCount: 0, pageNumber: 1, pageSize: 50 } };
  });
  try {
    const env = { ALPHABET_TOKEN: 'any', ALPHABET_SERVER: fake.base };
    await cli.ok(['jobs', 'list'], { env });
    assert.equal(count, 2);
    const away = await cli.run(['timeline'], { env });
    assert.equal(away.code, 6);
    assert.match(away.err, /the store is away\n {2}trace id: t-1/);
    assert.equal((await cli.run(['failed'], { env })).code, 1);
  } finally {
    await fake.stop();
  }
});

test('no token and no password is in arguments, output or the log of the server', async () => {
  const cli = fresh();
  let texts = await cli.login(server);
  const { accessToken, refreshToken } = cli.saved().servers[server.base];
  for (const args of [['jobs', 'list'], ['jobs', 'list', '-o', 'json'], ['token', 'list'], ['user', 'list'], ['jobs', 'show', 'none']]) {
    const { out, err } = await cli.run(args);
    texts += out + err;
  }
  texts += server.log();
  for (const secret of [accessToken, refreshToken, server.password]) assert.ok(!texts.includes(secret));
});

});
