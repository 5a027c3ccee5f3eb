// Settings that no other test sets: each does what it says. And what the log says of those that do nothing as things stand.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startServer, waitFor } from './support/server.mjs';
import { startScheduler } from './support/scheduler.mjs';

describe('settings that are set', () => {

let it, folder;
before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-effect-'));
  fs.chmodSync(folder, 0o755);
  fs.writeFileSync(path.join(folder, 'readable'), 'to be read');
  fs.writeFileSync(path.join(folder, 'limits.sh'), `#!/bin/sh\necho files $(ulimit -n)\ncat ${folder}/readable\nhead -c 9000 /dev/zero > big\necho " grew to $(wc -c < big)"\n`, { mode: 0o755 });
  fs.mkdirSync(path.join(folder, 'work'), { mode: 0o777 });
  fs.chmodSync(path.join(folder, 'work'), 0o777);
  it = await startScheduler({
    settings: {
      'Database:ConnectionString': path.join(folder, 'elsewhere.db'),
      'Jwt:Issuer': 'Ours',
      'Jwt:Audience': 'Theirs',
      'Jwt:AccessTokenExpiryMinutes': 3,
      'LockoutSettings:MaxFailedAttempts': 2,
      'LockoutSettings:LockoutMinutes': 7,
      'Server:MaxBodyBytes': 4096,
      'Scheduler:Hangfire:DashboardPath': '/board',
      'Scheduler:Jobs:DefaultTimeoutSeconds': 77,
      'Scheduler:Jobs:HeartbeatIntervalSeconds': 1,
      'Scheduler:Jobs:MaxOutputBytes': 2048,
      'Scheduler:Retry:DefaultMaxAttempts': 5,
      'Scheduler:Retry:DefaultDelaySeconds': 9,
      'Scheduler:Handlers:Shell:Enabled': true,
      'Scheduler:Handlers:Limited:Executable': fs.realpathSync(path.join(folder, 'limits.sh')),
      'Scheduler:Handlers:Limited:ReadablePaths': path.join(folder, 'readable'),
      'Scheduler:Handlers:Limited:WorkingDirectories': path.join(folder, 'work'),
      'Scheduler:Handlers:Limited:Limits:OpenFiles': 33,
      'Scheduler:Handlers:Limited:Limits:FileSizeBytes': 4096,
    },
  });
});
after(async () => {
  await it?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

test('Database:ConnectionString: the database is where it says', () => {
  assert.ok(fs.existsSync(path.join(folder, 'elsewhere.db')));
  assert.ok(!fs.existsSync(path.join(it.server.folder, 'data', 'alphabet.db')));
});

test('Jwt: issuer, audience and life of an access token', () => {
  const { iss, aud, exp, iat } = JSON.parse(Buffer.from(it.token.split('.')[1], 'base64url').toString());
  assert.deepEqual([iss, aud, exp - iat], ['Ours', 'Theirs', 180]);
});

test('LockoutSettings: after so many failures, for so long', async () => {
  await it.expect(201, it.post('/api/v1/admin/users', { email: 'careless@example.com', password: 'a password long enough', roles: ['Viewer'] }));
  const login = () => it.server.request('POST', '/api/v1/auth/login', { body: { email: 'careless@example.com', password: 'not the right one' } });
  for (let i = 0; i < 2; i++) assert.equal((await login()).status, 401);
  const { items } = await it.expect(200, it.get('/api/v1/admin/users'));
  const minutes = (Date.parse(items.find(({ email }) => email === 'careless@example.com').lockedUntil) - Date.now()) / 60_000;
  assert.ok(minutes > 6 && minutes <= 7, `${minutes}`);
});

test('Server:MaxBodyBytes: more is 413', async () => {
  await it.expect(413, it.post('/jobs', it.job({ description: 'x'.repeat(5000) })));
});

test('Scheduler:Hangfire:DashboardPath: there, and not at /hangfire', async () => {
  assert.equal((await it.server.request('GET', '/hangfire')).status, 404);
  assert.notEqual((await it.server.request('GET', '/board')).status, 404);
});

test('defaults of a job that says nothing', async () => {
  const { timeoutSeconds, retryPolicy } = await it.create({ retryPolicy: undefined });
  assert.deepEqual([timeoutSeconds, retryPolicy.maxAttempts, retryPolicy.delaySeconds], [77, 5, 9]);
});

test('Scheduler:Jobs:HeartbeatIntervalSeconds: so often', async () => {
  const beat = async () => {
    const nodes = await it.expect(200, it.get('/admin/nodes'));
    return (nodes.items ?? nodes)[0].heartbeatAt;
  };
  const first = await beat();
  const next = await waitFor(async () => { const now = await beat(); return now !== first && now; }, { what: 'the next heartbeat' });
  assert.ok(Date.parse(next) - Date.parse(first) < 5000);
});

test('Scheduler:Jobs:MaxOutputBytes: the middle of more is left out', async () => {
  const job = await it.create({ jobType: 'CodeExecution', jobConfiguration: { handlerType: 'Shell', parameters: { script: 'yes | head -c 5000' } } });
  const { output, outputTruncated } = await it.run(job);
  assert.ok(outputTruncated && output.length <= 2048 && output.length > 1900, `${output.length}`);
});

test('a handler: its readable paths, open files and largest file', async () => {
  const { output } = await it.run(await it.create({ jobType: 'CodeExecution', jobConfiguration: { handlerType: 'Limited' } }));
  assert.match(output, /^files 33\nto be read/);
  assert.match(output, /grew to 4096\n$/);
});

});

test('Scheduler:Hangfire:DashboardEnabled false: there is none', async () => {
  const server = await startServer({ settings: { 'Scheduler:Hangfire:DashboardEnabled': false } });
  try {
    assert.equal((await server.request('GET', '/hangfire')).status, 404);
  } finally {
    await server.stop();
  }
});

test('a setting that does nothing as things stand is named in the log, with the reason', async () => {
  const server = await startServer({
    settings: {
      'EmailSettings:SmtpServer': 'mail.example.com',
      'Scheduler:Monitoring:AlertOnConsecutiveFailures': 2,
      'Scheduler:Handlers:Shell:WorkingDirectories': '/tmp',
      'Scheduler:Hangfire:WorkerCount': 3,
    },
  });
  try {
    const named = [...server.log().matchAll(/setting without effect setting=(\S+) reason="(.*)"/g)].map(([, key]) => key);
    assert.deepEqual(named, ['Scheduler:Monitoring:AlertOnConsecutiveFailures', 'EmailSettings:SmtpServer', 'Scheduler:Handlers:Shell:WorkingDirectories']);
  } finally {
    await server.stop();
  }
});

test('SIGHUP: what only a restart takes over is named', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-effect-'));
  const file = path.join(folder, 'own.json');
  const write = (settings) => fs.writeFileSync(file, JSON.stringify(settings));
  write({ Scheduler: { Hangfire: { Queues: ['a', 'b'] }, Handlers: { Gone: { Executable: '/usr/bin/true' } } } });
  const server = await startServer({ args: ['--config', file] });
  try {
    process.kill(server.pid, 'SIGHUP');
    await waitFor(() => /reloaded/.test(server.log()), { what: 'the first reload' });
    write({ Logging: { Level: 'debug' }, Jwt: { Issuer: 'Other' }, Scheduler: { Hangfire: { Queues: ['a', 'c'], WorkerCount: 5 } } });
    process.kill(server.pid, 'SIGHUP');
    const [, keys] = await waitFor(() => /settings that only a restart takes over changed="(.*)"/.exec(server.log()), { what: 'the second reload' });
    assert.deepEqual(keys.split(', ').filter((key) => !key.startsWith('Scheduler:Handlers:Gone:')), ['Jwt:Issuer', 'Scheduler:Hangfire:Queues']);
    assert.ok(keys.includes('Scheduler:Handlers:Gone:Executable'));
  } finally {
    await server.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
