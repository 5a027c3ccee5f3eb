// The session of a browser: its cookie, its life, and requests that somebody else's page would make with it.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { listen } from './support/events.mjs';
import { slow, startScheduler, waitFor } from './support/scheduler.mjs';
import { program, startServer } from './support/server.mjs';

const AUTH = '/api/v1/auth';
const USERS = '/api/v1/admin/users';
const password = 'a password long enough';
let it;
let number = 0;
before(async () => { it = await startScheduler(); });
after(() => it?.stop());

const host = () => new URL(it.server.base).host;
/** {name, value, attributes} of the Set-Cookie of an answer. */
function cookieOf({ headers }) {
  const [pair, ...attributes] = headers['set-cookie'][0].split('; ');
  return { name: pair.split('=')[0], value: pair.slice(pair.indexOf('=') + 1), attributes: attributes.sort() };
}

class Browser {
  constructor({ cookie, csrf, server = it.server }) { Object.assign(this, { cookie, csrf, server }); }

  /** A request as a page of the server makes it: with the cookie, and the token unless it is said to be without. */
  request(method, target, { headers = {}, csrf = this.csrf, ...more } = {}) {
    return this.server.request(method, target, { ...more, headers: { Cookie: `alphabet-session=${this.cookie}`, ...(csrf ? { 'X-CSRF-Token': csrf } : {}), ...headers } });
  }
  get(target, options) { return this.request('GET', target, options); }
  async isGood() { return (await this.get(`${AUTH}/me`)).status === 200; }
}

async function signIn({ email = it.server.email, word = email === it.server.email ? it.server.password : password, headers, server = it.server } = {}) {
  const answer = await server.request('POST', `${AUTH}/login`, { body: { email, password: word, useCookies: true }, headers });
  assert.equal(answer.status, 200, answer.text);
  return Object.assign(new Browser({ cookie: cookieOf(answer).value, csrf: answer.body.csrfToken, server }), { answer });
}
async function user(role = 'User') {
  const email = `session${++number}@example.com`;
  const { id } = await it.expect(201, it.post(USERS, { email, password, roles: [role] }));
  return { id, email };
}
const database = (server) => path.join(server.folder, 'data/alphabet.db');
const sql = (server, text) => execFileSync('sqlite3', ['-cmd', '.timeout 5000', database(server), text], { encoding: 'utf8' });

const createHashHex = (text) => createHash('sha256').update(text).digest('hex');

/** The program with TLS by the certificate in FOLDER. */
async function startTls(folder) {
  const word = 'a password for the first admin';
  const child = spawn(program, ['serve', '--port', '0', '--data', path.join(folder, 'data'), '--set', `Server:TlsCertificate=${folder}/cert.pem`, '--set', `Server:TlsKey=${folder}/key.pem`], { cwd: folder, env: { PATH: process.env.PATH, ALPHABET_ADMIN_PASSWORD: word }, stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (piece) => { said += piece; });
  const port = await waitFor(() => /is ready at https:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1], { what: 'the server with TLS', seconds: 20 });
  return {
    login: () => new Promise((resolve, reject) => {
      const request = https.request({ host: '127.0.0.1', port, path: `${AUTH}/login`, method: 'POST', rejectUnauthorized: false, agent: false, headers: { 'Content-Type': 'application/json' } }, (response) => { response.resume(); response.on('end', () => resolve({ status: response.statusCode, headers: response.headers })); });
      request.on('error', reject);
      request.end(JSON.stringify({ email: 'admin@alphabet.local', password: word, useCookies: true }));
    }),
    async stop() { child.kill('SIGTERM'); if (child.exitCode === null) await once(child, 'exit'); },
  };
}

describe('session', () => {

test('E1: the cookie is opaque, HttpOnly, strict, for every path and no domain; the answer holds no token', async () => {
  const { answer } = await signIn();
  const { name, value, attributes } = cookieOf(answer);
  assert.equal(name, 'alphabet-session');
  assert.match(value, /^als_[\w-]{43}$/); // 256 bits
  assert.deepEqual(attributes, ['HttpOnly', 'Max-Age=43200', 'Path=/', 'SameSite=Strict']);
  assert.deepEqual(Object.keys(answer.body).sort(), ['csrfToken', 'email', 'id', 'isPersonalToken', 'roles', 'sessionExpiresAt']);
  assert.ok(!answer.text.includes(value));
  assert.equal(answer.headers['cache-control'], 'no-store');
});

test('E1: under TLS the cookie is __Host- and Secure, and the plain name opens nothing', async (t) => {
  const folder = fs.mkdtempSync(path.join(it.server.folder, 'tls-'));
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${folder}/key.pem`, '-out', `${folder}/cert.pem`, '-days', '1', '-subj', '/CN=localhost']);
  if (made.status !== 0) { t.skip('openssl cannot make a certificate'); return; }
  // Behind a trusted proxy the same holds when the proxy says that TLS was there.
  const server = await startServer({ settings: { 'Server:TrustedProxies': '127.0.0.1' } });
  try {
    const secure = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '203.0.113.7' };
    const answer = await server.request('POST', `${AUTH}/login`, { body: { email: server.email, password: server.password, useCookies: true }, headers: secure });
    const { name, value, attributes } = cookieOf(answer);
    assert.equal(name, '__Host-alphabet-session');
    assert.ok(attributes.includes('Secure') && attributes.includes('Path=/') && !attributes.some((each) => each.startsWith('Domain')));
    const me = (cookie, headers) => server.request('GET', `${AUTH}/me`, { headers: { Cookie: cookie, ...headers } });
    assert.equal((await me(`__Host-alphabet-session=${value}`, secure)).status, 200);
    assert.equal((await me(`alphabet-session=${value}`, secure)).status, 401);
    assert.equal((await me(`__Host-alphabet-session=${value}`, {})).status, 401);
  } finally {
    await server.stop();
  }
  const tls = await startTls(folder);
  try {
    const { headers } = await tls.login();
    assert.match(headers['set-cookie'][0], /^__Host-alphabet-session=als_[\w-]{43}; .*; Secure$/);
    assert.match(headers['strict-transport-security'], /max-age=/);
  } finally {
    await tls.stop();
  }
});

test('E1, E3: a login gives a new session whatever was sent along, and ends the old one', async () => {
  const made = await signIn({ headers: { Cookie: `alphabet-session=als_${'A'.repeat(43)}` } });
  assert.notEqual(made.cookie, `als_${'A'.repeat(43)}`);
  const next = await signIn({ headers: { Cookie: `alphabet-session=${made.cookie}` } });
  assert.notEqual(next.cookie, made.cookie);
  assert.deepEqual([await made.isGood(), await next.isGood()], [false, true]);
});

test('the store holds no secret, only its hash', async () => {
  const { cookie, csrf } = await signIn();
  for (const file of fs.readdirSync(path.join(it.server.folder, 'data'))) {
    const bytes = fs.readFileSync(path.join(it.server.folder, 'data', file));
    assert.ok(!bytes.includes(cookie.slice(4)) && !bytes.includes(csrf), file);
  }
});

test('me gives the token again, bound to this session; a token of another session is refused', async () => {
  const one = await signIn();
  const two = await signIn();
  const { body } = await one.get(`${AUTH}/me`);
  assert.equal(body.csrfToken, one.csrf);
  assert.notEqual(one.csrf, two.csrf);
  assert.equal((await one.request('POST', '/api/v1/scheduler/jobs/preview', { csrf: two.csrf, body: {} })).status, 403);
});

const change = () => ['POST', '/api/v1/scheduler/jobs'];
const refused = [
  ['no token', {}, null], ['a made-up token', {}, 'A'.repeat(43)], ['an empty token', { 'X-CSRF-Token': '' }, null], ['half a token', (csrf) => ({ 'X-CSRF-Token': csrf.slice(0, 20) }), null],
  ['another site', { Origin: 'https://evil.example' }], ['no origin to name', { Origin: 'null' }], ['a subdomain', () => ({ Origin: `http://sub.${host()}` })],
  ['another port of this host', { Origin: 'http://127.0.0.1:1' }], ['another scheme', () => ({ Origin: `https://${host()}` })],
  ['Sec-Fetch-Site: cross-site', { 'Sec-Fetch-Site': 'cross-site' }], ['Sec-Fetch-Site: same-site', { 'Sec-Fetch-Site': 'same-site' }], ['typed into the address bar', { 'Sec-Fetch-Site': 'none' }],
];
for (const [what, headers, csrf] of refused) {
  test(`E2: a change by cookie is a 403: ${what}`, async () => {
    const browser = await signIn();
    const [method, target] = change();
    const sent = typeof headers === 'function' ? headers(browser.csrf) : headers;
    const answer = await browser.request(method, target, { headers: sent, body: it.job({ name: 'Forged' }), ...(csrf === undefined ? {} : { csrf }) });
    assert.equal(answer.status, 403, answer.text);
    assert.equal((await it.expect(200, it.get('/jobs?search=Forged'))).totalCount, 0);
  });
}

test('E2: with the token, from this origin, it is done; by a form, as text or by GET it is not', async () => {
  const browser = await signIn();
  const body = it.job({ name: 'By cookie' });
  const own = { Origin: `http://${host()}`, 'Sec-Fetch-Site': 'same-origin' };
  const created = await browser.request('POST', '/api/v1/scheduler/jobs', { body, headers: own });
  assert.equal(created.status, 201, created.text);
  const text = JSON.stringify(body);
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    assert.equal((await browser.request('POST', '/api/v1/scheduler/jobs', { body: text, headers: { ...own, 'Content-Type': type } })).status, 415, type);
  }
  assert.equal((await browser.get(`/api/v1/scheduler/jobs/${created.body.id}/trigger`, { headers: own })).status, 405);
  assert.equal((await browser.request('DELETE', `/api/v1/scheduler/jobs/${created.body.id}`, { headers: own, csrf: null })).status, 403);
  assert.equal((await browser.request('DELETE', `/api/v1/scheduler/jobs/${created.body.id}`, { headers: own })).status, 204);
  const history = await it.expect(200, it.get(`/admin/audit?job=${created.body.id}`).then((answer) => (answer.status === 200 ? answer : it.get('/admin/audit'))));
  assert.ok(history.items.some(({ actor }) => actor === it.server.email));
});

test('E2: another site cannot make a browser log in', async () => {
  for (const headers of [{ Origin: 'https://evil.example' }, { 'Sec-Fetch-Site': 'cross-site' }]) {
    const answer = await it.server.request('POST', `${AUTH}/login`, { body: { email: it.server.email, password: it.server.password, useCookies: true }, headers });
    assert.equal(answer.status, 403);
    assert.equal(answer.headers['set-cookie'], undefined);
  }
});

test('reading by cookie needs no token, but the same origin', async () => {
  const browser = await signIn();
  assert.equal((await browser.get('/api/v1/scheduler/jobs', { csrf: null })).status, 200);
  assert.equal((await browser.get('/api/v1/scheduler/jobs', { headers: { 'Sec-Fetch-Site': 'none' } })).status, 200);
  assert.equal((await browser.get('/api/v1/scheduler/jobs', { headers: { Origin: 'https://evil.example' } })).status, 403);
});

test('a bearer token goes before the cookie, and needs no other', async () => {
  const { email } = await user('Viewer');
  const viewer = await signIn({ email });
  const answer = await viewer.request('POST', '/api/v1/scheduler/jobs', { token: it.token, csrf: null, body: it.job(), headers: { Origin: 'https://evil.example' } });
  assert.equal(answer.status, 201, answer.text);
  assert.equal((await viewer.get(`${AUTH}/me`, { token: 'not a token' })).status, 401);
});

test('the secret of a session is neither a bearer token nor a refresh token', async () => {
  const { cookie } = await signIn();
  assert.equal((await it.server.request('GET', `${AUTH}/me`, { token: cookie })).status, 401);
  assert.equal((await it.server.request('POST', `${AUTH}/refresh-token`, { body: { refreshToken: cookie } })).status, 401);
  assert.equal((await it.server.request('GET', `${AUTH}/me`, { headers: { Cookie: `alphabet-session=${it.token}` } })).status, 401);
});

test('roles hold by cookie as by token', async () => {
  const { email } = await user('Viewer');
  const viewer = await signIn({ email });
  assert.deepEqual((await viewer.get(`${AUTH}/me`)).body.roles, ['Viewer']);
  assert.equal((await viewer.get('/api/v1/scheduler/jobs')).status, 200);
  assert.equal((await viewer.request('POST', '/api/v1/scheduler/jobs', { body: it.job() })).status, 403);
  assert.equal((await viewer.get('/api/v1/scheduler/admin/nodes')).status, 403);
});

test('logout ends this session alone, and takes the cookie back', async () => {
  const one = await signIn();
  const two = await signIn();
  const answer = await one.request('POST', `${AUTH}/logout`);
  assert.equal(answer.status, 204, answer.text);
  const { value, attributes } = cookieOf(answer);
  assert.deepEqual([value, attributes.includes('Max-Age=0')], ['', true]);
  assert.deepEqual([await one.isGood(), await two.isGood()], [false, true]);
});

for (const [what, act] of [
  ['locked', (id) => it.post(`${USERS}/${id}/lock`)], ['given another password', (id) => it.post(`${USERS}/${id}/reset-password`, { password: 'another password, long' })],
  ['given another role', (id) => it.put(`${USERS}/${id}/roles`, { roles: ['Viewer'] })], ['deleted', (id) => it.delete(`${USERS}/${id}`)],
]) {
  test(`E6: a session and its event stream end within 5 seconds when its user is ${what}`, async () => {
    const { id, email } = await user();
    const browser = await signIn({ email });
    const stream = await listen(it.server, '/api/v1/scheduler/events', { headers: { Cookie: `alphabet-session=${browser.cookie}` } });
    await stream.next('hello');
    const answer = await act(id);
    assert.ok(answer.status < 300, answer.text);
    const began = Date.now();
    assert.equal(await browser.isGood(), false);
    await stream.done;
    assert.ok(Date.now() - began < 5000 * slow);
  });
}

test('E6: an event stream by cookie is for this origin, and for a good session', async () => {
  const { cookie } = await signIn();
  const open = (headers) => listen(it.server, '/api/v1/scheduler/events', { headers });
  const own = await open({ Cookie: `alphabet-session=${cookie}` });
  await own.next('hello');
  own.close();
  for (const headers of [{ Origin: 'https://evil.example' }, { Origin: 'null' }, { 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' }]) {
    assert.equal((await open({ Cookie: `alphabet-session=${cookie}`, ...headers })).response.status, 403);
  }
  assert.equal((await open({ Cookie: `alphabet-session=als_${'x'.repeat(43)}` })).response.status, 401);
});

test('E4: no other origin is let read, and never with credentials', async () => {
  const server = await startServer({ settings: { 'Cors:AllowedOrigins': 'https://app.example' } });
  try {
    const browser = await signIn({ email: server.email, word: server.password, server });
    for (const origin of ['https://evil.example', 'null', 'https://sub.app.example', 'https://app.example.evil', 'https://app.example']) {
      const answer = await browser.get('/api/v1/scheduler/jobs', { headers: { Origin: origin } });
      assert.equal(answer.status, 403, origin);
      assert.equal(answer.headers['access-control-allow-credentials'], undefined);
      assert.notEqual(answer.headers['access-control-allow-origin'], '*');
      if (origin !== 'https://app.example') assert.equal(answer.headers['access-control-allow-origin'], undefined);
    }
    const preflight = await server.request('OPTIONS', '/api/v1/scheduler/jobs', { headers: { Origin: 'https://app.example', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'x-csrf-token' } });
    assert.doesNotMatch(preflight.headers['access-control-allow-headers'] ?? '', /csrf/i);
  } finally {
    await server.stop();
  }
});

test('E3: a session outlives the server, and ends by idleness and by age; SIGKILL or not', async () => {
  const server = await startServer({ settings: { 'Session:IdleMinutes': 5, 'Session:LifetimeHours': 1 } });
  try {
    const sign = () => signIn({ email: server.email, word: server.password, server });
    const [one, idle, old] = [await sign(), await sign(), await sign()];
    assert.ok(cookieOf(one.answer).attributes.includes('Max-Age=3600'));
    await server.restart();
    assert.equal(await one.isGood(), true);
    await server.restart('SIGKILL');
    assert.equal(await one.isGood(), true);
    await server.end();
    const hash = ({ cookie }) => `x'${createHashHex(cookie)}'`;
    sql(server, `update refresh_tokens set created_at = created_at - 301 * 1000000, used_at = null where hash = ${hash(idle)};`
      + `update refresh_tokens set expires_at = created_at - 1 where hash = ${hash(old)};`);
    await server.start();
    assert.deepEqual([await one.isGood(), await idle.isGood(), await old.isGood()], [true, false, false]);
  } finally {
    await server.stop();
  }
});

test('not each request of a session costs a write', async () => {
  const browser = await signIn();
  const hash = `x'${createHashHex(browser.cookie)}'`;
  const seen = () => sql(it.server, `select coalesce(used_at, 0) from refresh_tokens where hash = ${hash}`).trim();
  assert.equal(seen(), '0'); // it was new a moment ago
  assert.equal(await browser.isGood(), true);
  assert.equal(seen(), '0');
});

});
