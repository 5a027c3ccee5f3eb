// Who may do what: logins, refresh tokens, personal tokens, roles, users, lockout.
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { onlyOnSqlite } from './support/database.mjs';
import { iso, slow, startScheduler, waitFor } from './support/scheduler.mjs';

let it;
before(async () => { it = await startScheduler(); });
after(() => it?.stop());

const AUTH = '/api/v1/auth';
const USERS = '/api/v1/admin/users';
const password = 'a password long enough';
let number = 0;

/** A new user with a role; gives {id, email, login()}. */
async function user(role = 'User') {
  const email = `person${++number}@example.com`;
  const { id } = await it.expect(201, it.post(USERS, { email, password, roles: [role] }));
  return { id, email, login: () => pair(email) };
}
const attempt = (email, word) => it.server.request('POST', `${AUTH}/login`, { body: { email, password: word } });
async function pair(email = it.server.email, word = email === it.server.email ? it.server.password : password) {
  const answer = await attempt(email, word);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}
const me = (token) => it.server.request('GET', `${AUTH}/me`, { token });
const refresh = (refreshToken) => it.server.request('POST', `${AUTH}/refresh-token`, { body: { refreshToken } });

describe('identity', () => {

test('A1: without a token every route but the open ones is a 401 with WWW-Authenticate', async () => {
  const { body: openapi } = await it.server.request('GET', '/openapi.json');
  let closed = 0;
  for (const [route, item] of Object.entries(openapi.paths)) {
    for (const method of ['get', 'post', 'put', 'patch', 'delete'].filter((each) => item[each])) {
      if (item[method]['x-role'] === 'none') continue;
      const answer = await it.server.request(method.toUpperCase(), route.replace(/\{\w+\}/g, randomUUID()));
      assert.deepEqual([answer.status, answer.headers['www-authenticate']], [401, 'Bearer'], `${method} ${route}`);
      closed++;
    }
  }
  assert.ok(closed > 30);
});

test('A3: coming from loopback, or saying so, opens nothing', async () => {
  for (const headers of [{}, { 'X-Forwarded-For': '127.0.0.1' }, { 'X-Real-IP': '127.0.0.1' }, { Forwarded: 'for=127.0.0.1' }, { 'X-Forwarded-User': 'admin@alphabet.local' }]) {
    assert.equal((await it.server.request('GET', '/api/v1/scheduler/jobs', { headers })).status, 401);
  }
});

test('a login gives a pair of tokens, and me says who one is', async () => {
  const first = await pair();
  assert.deepEqual([first.expiresIn, first.tokenType], [900, 'Bearer']);
  const { status, body } = await me(first.accessToken);
  assert.deepEqual([status, body.email, body.roles, body.isPersonalToken], [200, it.server.email, ['Admin'], false]);
  assert.equal((await attempt('ADMIN@Alphabet.Local', it.server.password)).status, 200);
});

test('B3: an unknown account, a wrong password and a locked account get the same answer', async () => {
  const locked = await user();
  await it.expect(200, it.post(`${USERS}/${locked.id}/lock`));
  const known = await user();
  const shape = ({ status, headers, body }) => {
    const { traceId, ...rest } = body;
    const { date, 'x-request-id': id, ...others } = headers;
    return { status, rest, others: Object.keys(others).sort() };
  };
  const answers = [await attempt('nobody@example.com', password), await attempt(known.email, 'not the password'), await attempt(locked.email, password), await attempt('not an address', password)];
  for (const answer of answers) {
    assert.equal(answer.status, 401);
    assert.deepEqual(shape(answer), shape(answers[0]));
  }
});

test('refresh tokens rotate; C9: the second use of one ends the whole family', async () => {
  const someone = await user();
  const first = await someone.login();
  const second = (await refresh(first.refreshToken)).body;
  assert.notEqual(second.refreshToken, first.refreshToken);
  assert.equal((await me(second.accessToken)).status, 200);
  const third = (await refresh(second.refreshToken)).body;
  const other = await someone.login();
  assert.equal((await refresh(first.refreshToken)).status, 401, 'used before');
  assert.equal((await refresh(third.refreshToken)).status, 401, 'its family has ended');
  assert.equal((await refresh(other.refreshToken)).status, 200, 'another login is not touched');
});

test('of two refreshes with one token at once, at most one wins', async () => {
  const { refreshToken } = await (await user()).login();
  const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(refreshToken)));
  assert.ok(answers.filter(({ status }) => status === 200).length <= 1);
  assert.ok(answers.every(({ status }) => [200, 401].includes(status)));
});

test('C5: a refresh token is no access token, and an access token no refresh token', async () => {
  const { accessToken, refreshToken } = await pair();
  assert.equal((await me(refreshToken)).status, 401);
  assert.equal((await refresh(accessToken)).status, 401);
});

test('A7: logout ends every token of the user at once', async () => {
  const someone = await user();
  const [a, b] = [await someone.login(), await someone.login()];
  assert.equal((await it.server.request('POST', `${AUTH}/logout`, { token: a.accessToken })).status, 204);
  for (const { accessToken, refreshToken } of [a, b]) {
    assert.equal((await me(accessToken)).status, 401);
    assert.equal((await refresh(refreshToken)).status, 401);
  }
  assert.equal((await someone.login()).expiresIn, 900);
});

test('A7: another password, another role, a lock and a delete end the tokens at once', async () => {
  for (const change of [
    (id) => it.post(`${USERS}/${id}/reset-password`, { password: 'another long password' }),
    (id) => it.put(`${USERS}/${id}/roles`, { roles: ['Viewer'] }),
    (id) => it.post(`${USERS}/${id}/lock`),
    (id) => it.delete(`${USERS}/${id}`),
  ]) {
    const someone = await user();
    const tokens = await someone.login();
    assert.equal((await me(tokens.accessToken)).status, 200);
    assert.ok([200, 204].includes((await change(someone.id)).status));
    assert.equal((await me(tokens.accessToken)).status, 401);
    assert.equal((await refresh(tokens.refreshToken)).status, 401);
  }
});

test('D1: the routes by role', async () => {
  const job = await it.create();
  const execution = await it.run(job);
  const roles = { Viewer: await it.as('Viewer', 'viewer-d1@example.com'), User: await it.as('User', 'user-d1@example.com'), Admin: await it.as('Admin', 'admin-d1@example.com') };
  const table = [
    ['GET', '/jobs', undefined, 'Viewer'], ['GET', `/jobs/${job.id}`, undefined, 'Viewer'], ['GET', `/jobs/${job.id}/executions`, undefined, 'Viewer'], ['GET', `/jobs/${job.id}/history`, undefined, 'Viewer'],
    ['GET', `/jobs/${job.id}/upcoming`, undefined, 'Viewer'], ['GET', `/jobs/${job.id}/occurrences`, undefined, 'Viewer'], ['GET', `/jobs/${job.id}/exclusions`, undefined, 'Viewer'], ['GET', '/jobs/failed', undefined, 'Viewer'],
    ['GET', '/executions', undefined, 'Viewer'], ['GET', `/executions/${execution.id}`, undefined, 'Viewer'], ['GET', `/executions/${execution.id}/output`, undefined, 'Viewer'], ['GET', '/executions/timeline', undefined, 'Viewer'],
    ['GET', `${AUTH}/me`, undefined, 'Viewer'], ['GET', `${AUTH}/tokens`, undefined, 'Viewer'],
    ['POST', '/jobs', {}, 'User'], ['PUT', `/jobs/${job.id}`, { timeoutSeconds: 0 }, 'User'], ['PATCH', `/jobs/${job.id}/reschedule`, {}, 'User'], ['POST', `/jobs/${job.id}/pause`, { until: 'x' }, 'User'], ['POST', `/jobs/${job.id}/resume`, undefined, 'User'],
    ['POST', `/jobs/${job.id}/trigger`, { queue: 'x' }, 'User'], ['POST', `/jobs/${job.id}/backfill`, {}, 'User'], ['POST', `/jobs/${job.id}/exclusions`, { x: 1 }, 'User'], ['DELETE', `/jobs/${job.id}/exclusions`, undefined, 'User'],
    ['POST', '/jobs/preview', {}, 'User'], ['POST', `/executions/${execution.id}/cancel`, undefined, 'User'], ['POST', `/executions/${randomUUID()}/retry`, undefined, 'User'], ['POST', '/cron/explain', {}, 'User'], ['DELETE', `/jobs/${randomUUID()}`, undefined, 'User'],
    ['GET', USERS, undefined, 'Admin'], ['POST', USERS, {}, 'Admin'], ['GET', `${USERS}/${randomUUID()}`, undefined, 'Admin'], ['POST', `${USERS}/${randomUUID()}/lock`, undefined, 'Admin'], ['POST', `${USERS}/${randomUUID()}/unlock`, undefined, 'Admin'],
    ['POST', `${USERS}/${randomUUID()}/reset-password`, {}, 'Admin'], ['PUT', `${USERS}/${randomUUID()}/roles`, {}, 'Admin'], ['DELETE', `${USERS}/${randomUUID()}`, undefined, 'Admin'],
  ];
  const order = ['Viewer', 'User', 'Admin'];
  for (const [method, route, body, least] of table) {
    for (const role of order) {
      const { status, text } = await roles[role].request(method, route, { body });
      if (order.indexOf(role) >= order.indexOf(least)) assert.ok(![401, 403].includes(status), `${method} ${route} as ${role}: ${text}`);
      else assert.equal(status, 403, `${method} ${route} as ${role}`);
    }
  }
});

test('D7 A8: personal tokens: shown once, never more than the maker may, revocable, with an end', async () => {
  const someone = await it.as('User', 'tokens@example.com');
  const make = (body) => someone.post(`${AUTH}/tokens`, body);
  const made = await someone.expect(201, make({ name: 'script' }));
  assert.equal(made.role, 'User');
  assert.ok(made.token.startsWith(made.prefix) && made.prefix.length < made.token.length / 2);
  assert.equal((await make({ name: 'more', role: 'Admin' })).status, 403);
  assert.equal((await make({ name: 'past', expiresAt: '2020-01-01T00:00:00Z' })).status, 400);
  const less = await someone.expect(201, make({ name: 'less', role: 'viewer' }));
  const as = (token, method, route, body) => it.server.request(method, route, { token, body });
  assert.deepEqual((await me(less.token)).body.roles, ['Viewer']);
  assert.equal((await as(less.token, 'POST', '/api/v1/scheduler/jobs', it.job())).status, 403);
  assert.equal((await as(made.token, 'POST', '/api/v1/scheduler/jobs', it.job())).status, 201);
  const answer = await someone.get(`${AUTH}/tokens`);
  assert.ok(!answer.text.includes(made.token));
  assert.ok(answer.body.every((each) => !Object.hasOwn(each, 'token')));
  for (const name of fs.readdirSync(path.join(it.server.folder, 'data'))) assert.equal(fs.readFileSync(path.join(it.server.folder, 'data', name)).includes(made.token), false, `${name} holds the token`);
  const short = await someone.expect(201, make({ name: 'short', expiresAt: iso(Date.now() + 1200) }));
  assert.equal((await me(short.token)).status, 200);
  await waitFor(async () => (await me(short.token)).status === 401, { what: 'the end of the token', seconds: 10 });
  const stranger = await it.as('Admin', 'stranger@example.com');
  assert.equal((await stranger.delete(`${AUTH}/tokens/${made.id}`)).status, 404, 'a token of somebody else');
  assert.equal((await someone.delete(`${AUTH}/tokens/${made.id}`)).status, 204);
  assert.equal((await me(made.token)).status, 401);
  await it.expect(200, it.put(`${USERS}/${(await me(someone.token)).body.id}/roles`, { roles: ['Viewer'] }));
  assert.deepEqual((await me(less.token)).body.roles, ['Viewer']);
  assert.equal((await me(someone.token)).status, 401);
});

test('B1: five wrong passwords lock the account; the right one does not help, an admin does, and others go on', async () => {
  const [victim, other] = [await user(), await user()];
  for (let i = 0; i < 5; i++) assert.equal((await attempt(victim.email, 'not the password')).status, 401);
  assert.equal((await attempt(victim.email, password)).status, 401);
  const shown = await it.expect(200, it.get(`${USERS}/${victim.id}`));
  assert.equal(shown.isLocked, true);
  const minutes = (Date.parse(shown.lockedUntil) - Date.now()) / 60_000;
  assert.ok(minutes > 4 && minutes <= 5.1, shown.lockedUntil);
  assert.equal((await attempt(other.email, password)).status, 200);
  await it.expect(200, it.post(`${USERS}/${victim.id}/unlock`));
  assert.equal((await attempt(victim.email, password)).status, 200);
});

test('a right password starts the count of wrong ones anew', async () => {
  const someone = await user();
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 4; i++) await attempt(someone.email, 'not the password');
    assert.equal((await attempt(someone.email, password)).status, 200);
  }
});

test('B2: many logins at once: each is answered, and reading goes on', async () => {
  const logins = Array.from({ length: 40 }, () => attempt('nobody@example.com', password));
  const started = Date.now();
  assert.equal((await it.get('/jobs')).status, 200);
  const took = Date.now() - started;
  for (const { status, headers } of await Promise.all(logins)) {
    assert.ok([401, 429].includes(status), `${status}`);
    if (status === 429) assert.ok(Number(headers['retry-after']) >= 1);
  }
  assert.ok(took < 2000 * slow, `${took} ms`);
});

test('users: an address once, in any case; passwords by the rules', async () => {
  const { email } = await user();
  const answer = await it.post(USERS, { email: email.toUpperCase(), password });
  assert.equal(answer.status, 409);
  for (const bad of ['short', 'x'.repeat(11), 'x'.repeat(129)]) {
    const refused = await it.post(USERS, { email: `p${number}@example.com`, password: bad });
    assert.deepEqual([refused.status, Object.keys(refused.body.errors)], [400, ['password']]);
    assert.ok(!refused.text.includes(bad) || bad === 'short');
  }
  for (const good of ['x'.repeat(12), 'ü'.repeat(128)]) {
    const address = `good${++number}@example.com`;
    await it.expect(201, it.post(USERS, { email: address, password: good }));
    await pair(address, good);
  }
});

test('D10: the last admin cannot be deleted, locked or demoted; another one makes it possible', async () => {
  const own = await startScheduler();
  try {
    const { id } = (await own.get(`${AUTH}/me`)).body;
    for (const answer of [await own.delete(`${USERS}/${id}`), await own.post(`${USERS}/${id}/lock`), await own.put(`${USERS}/${id}/roles`, { roles: ['User'] })]) assert.equal(answer.status, 409, answer.text);
    const second = await own.as('Admin');
    assert.equal((await second.delete(`${USERS}/${id}`)).status, 204);
    assert.equal((await own.get('/jobs')).status, 401);
    assert.equal((await second.get(USERS)).body.totalCount, 1);
  } finally {
    await own.stop();
  }
});

test('D6: what nobody may set is not taken from the body', async () => {
  for (const extra of [{ id: randomUUID() }, { isLocked: false }, { role: 'Admin' }, { passwordHash: 'x' }]) {
    const answer = await it.post(USERS, { email: `m${++number}@example.com`, password, ...extra });
    assert.deepEqual([answer.status, Object.keys(answer.body.errors)], [400, Object.keys(extra)]);
  }
});

test('a user who changes his role in the body of anything else stays what he is', async () => {
  const someone = await it.as('User', 'climber@example.com');
  const { id } = (await someone.get(`${AUTH}/me`)).body;
  assert.equal((await someone.put(`${USERS}/${id}/roles`, { roles: ['Admin'] })).status, 403);
  assert.deepEqual((await someone.get(`${AUTH}/me`)).body.roles, ['User']);
});

// ---- forged tokens: the key of this server is in its data folder, so all but the fault is right

const b64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

test('C1 to C6: tokens that are nearly right', async () => {
  const { accessToken } = await pair();
  const [head, body, signature] = accessToken.split('.');
  const key = fs.readFileSync(path.join(it.server.folder, 'data', 'jwt.key'), 'utf8').trim();
  const header = JSON.parse(Buffer.from(head, 'base64url'));
  const claims = JSON.parse(Buffer.from(body, 'base64url'));
  const sign = (h, c, k = key, alg = 'sha256') => { const text = `${b64(h)}.${b64(c)}`; return `${text}.${createHmac(alg, k).update(text).digest('base64url')}`; };
  assert.equal((await me(sign(header, claims))).status, 200, 'the forger of this test works');
  assert.equal(header.alg, 'HS256');
  assert.deepEqual([claims.iss, claims.aud], ['Alphabet', 'Alphabet.Clients']);
  const now = Math.floor(Date.now() / 1000);
  const without = (name) => { const { [name]: gone, ...rest } = claims; return rest; };
  const forged = {
    'C1 alg none': `${b64({ ...header, alg: 'none' })}.${body}.`, 'C1 alg None': sign({ ...header, alg: 'None' }, claims), 'C1 no alg': sign({ typ: 'JWT' }, claims), 'C1 no signature': `${head}.${body}.`, 'C1 two parts': `${head}.${body}`,
    'C2 HS384': sign({ ...header, alg: 'HS384' }, claims, key, 'sha384'), 'C2 RS256': sign({ ...header, alg: 'RS256' }, claims), 'C2 another key': sign(header, claims, 'another key of thirty-two bytes!'), 'C2 empty key': sign(header, claims, ''),
    'C4 past': sign(header, { ...claims, exp: now - 60 }), 'C4 no exp': sign(header, without('exp')), 'C4 exp text': sign(header, { ...claims, exp: '9999999999' }), 'C4 exp negative': sign(header, { ...claims, exp: -1 }),
    'C4 exp 1e400': `${head}.${b64(JSON.stringify({ ...claims, exp: 0 }).replace('"exp":0', '"exp":1e400'))}.${signature}`, 'C4 nbf future': sign(header, { ...claims, nbf: now + 3600 }),
    'C5 iss': sign(header, { ...claims, iss: 'Other' }), 'C5 aud': sign(header, { ...claims, aud: 'Other' }), 'C5 no iss': sign(header, without('iss')), 'C5 no aud': sign(header, without('aud')), 'C5 no sub': sign(header, without('sub')), 'C5 sub of nobody': sign(header, { ...claims, sub: randomUUID() }),
    'C6 trailing': `${accessToken}x`, 'C6 a dot more': `${accessToken}.`, 'C6 spaces': `${head}. ${body}.${signature}`, 'C6 body not base64url': `${head}.${body}+/.${signature}`, 'C6 duplicate keys': (() => { const text = `${head}.${b64(JSON.stringify(claims).replace('{', '{"exp":9999999999,'))}`; return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`; })(),
    'C6 JWE': `${b64({ alg: 'dir', enc: 'A256GCM' })}..x.y.z`, 'C6 10 kB': sign(header, { ...claims, pad: 'x'.repeat(10_240) }), 'C6 depth': sign(header, `${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`), 'C3 crit': sign({ ...header, crit: ['exp'] }, claims), garbage: 'x', empty: '..',
  };
  for (const [what, token] of Object.entries(forged)) {
    const answer = await me(token);
    assert.deepEqual([answer.status, answer.headers['www-authenticate']], [401, 'Bearer'], `${what}: ${answer.text}`);
  }
  for (const extra of [{ kid: '../../dev/null' }, { jku: `${it.target.url('/ok/jku')}` }, { x5u: `${it.target.url('/ok/jku')}` }, { jwk: { kty: 'oct', k: b64('x') } }]) {
    assert.ok([200, 401].includes((await me(sign({ ...header, ...extra }, claims))).status));
    assert.equal((await me(sign({ ...header, ...extra }, claims, 'x'))).status, 401);
  }
  assert.equal(it.target.callsOf('/ok/jku').length, 0);
});

test('a role in the token counts no more than that of the account', async () => {
  const someone = await user('User');
  const { accessToken } = await someone.login();
  const [head, body] = accessToken.split('.');
  const key = fs.readFileSync(path.join(it.server.folder, 'data', 'jwt.key'), 'utf8').trim();
  const claims = JSON.parse(Buffer.from(body, 'base64url'));
  const name = Object.keys(claims).find((each) => /role/i.test(each));
  const text = `${head}.${b64({ ...claims, [name]: Array.isArray(claims[name]) ? ['Admin'] : 'Admin' })}`;
  const forged = `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
  assert.equal((await it.server.request('GET', USERS, { token: forged })).status, 403);
});

test('other schemes of Authorization are a 401', async () => {
  const { accessToken } = await pair();
  for (const value of [`Basic ${Buffer.from(`${it.server.email}:${it.server.password}`).toString('base64')}`, accessToken, `Token ${accessToken}`, 'Bearer', `Bearer ${accessToken} x`]) {
    assert.equal((await it.server.request('GET', `${AUTH}/me`, { headers: { Authorization: value } })).status, 401, value.slice(0, 12));
  }
  assert.equal((await it.server.request('GET', `${AUTH}/me?access_token=${accessToken}`)).status, 401);
  assert.equal((await it.server.request('GET', `${AUTH}/me`, { headers: { Authorization: `bearer ${accessToken}` } })).status, 200);
});

test('A6: the stored password is Argon2id, and no file holds it as it is', { skip: onlyOnSqlite }, async () => {
  const someone = await user();
  assert.equal((await pair(someone.email)).expiresIn, 900);
  const data = path.join(it.server.folder, 'data');
  const all = Buffer.concat(fs.readdirSync(data).map((name) => fs.readFileSync(path.join(data, name))));
  assert.ok(all.includes('$argon2id$v=19$m='));
  assert.equal(all.includes(password), false);
  assert.equal(all.includes(it.server.password), false);
  const [, memory, time] = /\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$/.exec(all.toString('latin1'));
  assert.ok(Number(memory) >= 19_456 && Number(time) >= 2);
});

});
