// The command line without a server: cron explain, config, version; wrong usage.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { program } from './support/server.mjs';
import { startScheduler } from './support/scheduler.mjs';

let folder;
before(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-cli-')); });
after(() => fs.rmSync(folder, { recursive: true, force: true }));

const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.includes('__')));
/** Runs the program; gives {code, out, err}. */
const run = (args, env = {}) => new Promise((resolve) => {
  execFile(program, args, { cwd: folder, env: { ...clean, ...env }, timeout: 60_000 }, (error, out, err) => resolve({ code: error ? error.code : 0, out, err }));
});

describe('the command line', () => {

test('cron explain says the same as POST /cron/explain', async () => {
  const it = await startScheduler();
  try {
    const from = '2026-10-24T12:34:56Z';
    for (const [expression, timezone, count] of [['*/5 * * * *', 'UTC', 3], ['30 2 * * *', 'Europe/Berlin', 4], ['0 0 L * FRI#2+', 'UTC', 2], ['@daily', 'Australia/Lord_Howe', 5], ['15 10 ? * MON-FRI 2027', 'America/New_York', 3], ['60 * * * *', 'UTC', 1], ['* * *', 'UTC', 1], ['0 0 30 2 *', 'UTC', 1], ['@reboot', 'UTC', 1], ['*/0 * * * *', 'UTC', 1], ['0 0 ä * *', 'UTC', 1]]) {
      const body = await it.expect(200, it.post('/cron/explain', { expression, timezone, from, count }));
      const { code, out } = await run(['cron', 'explain', expression, '--timezone', timezone, '--from', from, '--count', String(count), '--output', 'json']);
      assert.deepEqual(JSON.parse(out), body, expression);
      assert.equal(code, body.valid ? 0 : 1, expression);
    }
    const refused = await it.post('/cron/explain', { expression: '* * * * *', timezone: 'Mars/Olympus' });
    assert.equal(refused.status, 400);
  } finally {
    await it.stop();
  }
});

test('cron explain for people: in words, then the times; a fault is pointed at', async () => {
  const good = await run(['cron', 'explain', '30 2 * * MON-FRI', '--from', '2026-03-27T00:00:00Z', '--timezone', 'Europe/Berlin', '--count', '2']);
  assert.equal(good.code, 0);
  assert.match(good.out, /^at 02:30 on Monday to Friday\n2026-03-27T01:30:00\.000Z {2}2026-03-27T02:30:00\+01:00\n2026-03-30T00:30:00\.000Z {2}2026-03-30T02:30:00\+02:00\n$/);
  const bad = await run(['cron', 'explain', '0 24 * * *']);
  assert.equal(bad.code, 1);
  const [pattern, pointer, message] = bad.out.split('\n');
  assert.equal(pattern, '0 24 * * *');
  assert.equal(pointer.indexOf('^'), 2);
  assert.match(message, /hour/);
});

test('wrong usage is exit code 2 with the usage', async () => {
  for (const args of [[], ['nonsense'], ['cron'], ['cron', 'explain'], ['cron', 'explain', '* * * * *', '--count', '0'], ['cron', 'explain', '*', '*'], ['cron', 'explain', '* * * * *', '--from', 'x'], ['cron', 'explain', '* * * * *', '--timezone', 'Mars/Olympus'], ['serve', '--nonsense'], ['serve', '--port'], ['serve', '--set', 'x'], ['config', '--port', 'x']]) {
    const { code, out, err } = await run(args);
    assert.deepEqual([code, out], [2, ''], `${args}`);
    assert.ok(err.length > 10, `${args}`);
  }
});

test('help goes to standard output with exit code 0', async () => {
  for (const args of [['--help'], ['help'], ['serve', '--help'], ['config', '-h'], ['cron', '--help'], ['cron', 'explain', '--help']]) {
    const { code, out, err } = await run(args);
    assert.deepEqual([code, err], [0, ''], `${args}`);
    assert.match(out, /^Usage: alphabet/);
  }
});

test('version', async () => {
  for (const args of [['version'], ['--version']]) assert.match((await run(args)).out, /^(alphabet|Alphabet) \d+\.\d+\.\d+/);
});

test('config prints every setting, its value and where it came from; secrets are masked', async () => {
  const file = path.join(folder, 'own.json');
  fs.writeFileSync(file, JSON.stringify({ Server: { RequestTimeoutSeconds: 12 }, Jwt: { SecretKey: 'canary-key-of-thirty-two-bytes-or-more' }, Scheduler: { Hangfire: { Queues: ['a', 'b'] } } }));
  const { code, out } = await run(['config', '--config', file, '--set', 'Server:MaxConnections=77'], { Scheduler__Hangfire__WorkerCount: '20', scheduler__jobs__orphanpolicy: 'fail' });
  assert.equal(code, 0);
  const line = (key) => out.split('\n').find((each) => each.startsWith(`${key} `));
  assert.match(line('Server:RequestTimeoutSeconds'), /12 .*own\.json/);
  assert.match(line('Server:MaxConnections'), /77 .*command line/);
  assert.match(line('Scheduler:Hangfire:WorkerCount'), /20 .*environment Scheduler__Hangfire__WorkerCount/);
  assert.match(line('Scheduler:Jobs:OrphanPolicy'), /"Fail" .*environment/);
  assert.match(line('Scheduler:Hangfire:Queues'), /\["a", "b"\]/);
  assert.match(line('Server:Address'), /"127\.0\.0\.1" .*default/);
  assert.match(line('Jwt:SecretKey'), /\*\*\*/);
  assert.ok(!out.includes('canary-key'));
});

test('flags override the environment, which overrides the file', async () => {
  const file = path.join(folder, 'appsettings.json');
  fs.writeFileSync(file, JSON.stringify({ Server: { Port: 1 }, Scheduler: { Hangfire: { WorkerCount: 1 } }, Logging: { Level: 'warn' } }));
  try {
    const { out } = await run(['config', '--workers=3'], { Server__Port: '2', Scheduler__Hangfire__WorkerCount: '2' });
    assert.match(out, /^Server:Port +2 /m);
    assert.match(out, /^Scheduler:Hangfire:WorkerCount +3 /m);
    assert.match(out, /^Logging:Level +"warn" /m);
  } finally {
    fs.rmSync(file);
  }
});

});
