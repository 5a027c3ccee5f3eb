// The throw-away PostgreSQL server itself: what it promises to tests, and that nothing of it stays behind.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import readline from 'node:readline';
import { once } from 'node:events';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { waitFor } from '../api/support/server.mjs';
import { startPostgres } from './postgres.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const psql = async (url, text) => (await promisify(execFile)('psql', ['-X', '-A', '-t', '-q', '-d', url, '-c', text])).stdout.trim();

function isOpen(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}

async function isGone({ folder, port }) {
  await waitFor(async () => !fs.existsSync(folder) && !(await isOpen(port)), { what: `${folder} and port ${port} to be gone`, seconds: 30 });
}

test('a server lets in who knows the password, and goes away with its folder', async () => {
  const postgres = await startPostgres();
  try {
    assert.equal(await psql(postgres.url, 'select current_user, current_database()'), 'alphabet|alphabet');
    assert.equal(await psql(postgres.url, 'show fsync'), 'on');
    await assert.rejects(psql(postgres.url.replace(postgres.password, 'wrong'), 'select 1'), /password authentication failed/);
    await assert.rejects(psql(postgres.url, 'create role other superuser'), /permission denied|must be superuser/);
    const url = await postgres.createDatabase('one more');
    assert.equal(await psql(url, 'create table t as select 7 as seven; select seven from t'), '7');
    assert.equal(await postgres.sql('select seven from t', 'one more'), '7');
    await assert.rejects(postgres.sql('select nonsense'), /column "nonsense" does not exist/);
  } finally {
    await postgres.end();
  }
  await isGone(postgres);
});

test('options become lines of postgresql.conf', async () => {
  const postgres = await startPostgres({ fsync: false, settings: { work_mem: '5MB', 'alphabet.word': "it's" } });
  try {
    assert.equal(await psql(postgres.url, "select current_setting('fsync'), current_setting('work_mem'), current_setting('alphabet.word')"), "off|5MB|it's");
  } finally {
    await postgres.end();
  }
  await assert.rejects(startPostgres({ settings: { nonsense: '1' } }), /unrecognized configuration parameter "nonsense"/);
});

test('what was committed is there after kill -9 and after a stop, at the same address', async () => {
  const postgres = await startPostgres();
  try {
    await psql(postgres.url, 'create table t (n int)');
    const steps = { kill: () => postgres.kill(), crash: () => postgres.stop('immediate'), stop: () => postgres.stop() };
    let rows = 0;
    for (const [name, step] of Object.entries(steps)) {
      await psql(postgres.url, 'insert into t values (1)');
      rows += 1;
      await step();
      assert.equal(await isOpen(postgres.port), false, name);
      await postgres.start();
      assert.equal(await psql(postgres.url, 'select count(*) from t'), String(rows), name);
    }
    await assert.rejects(postgres.start(), /runs already/);
    assert.match(postgres.log(), /not properly shut down/);
  } finally {
    await postgres.end();
  }
});

test('a frozen server hangs and then goes on', async () => {
  const postgres = await startPostgres({ fsync: false });
  try {
    await postgres.freeze();
    const answer = psql(postgres.url, 'select 5');
    const first = await Promise.race([answer, new Promise((resolve) => { setTimeout(resolve, 300, 'nothing'); })]);
    assert.equal(first, 'nothing');
    await postgres.thaw();
    assert.equal(await answer, '5');
    await postgres.freeze();
  } finally {
    await postgres.end(); // also one that is frozen
  }
  await isGone(postgres);
});

test('a standby has each commit that was acknowledged, and takes over', async () => {
  const postgres = await startPostgres({ standby: true, sync: true });
  try {
    await psql(postgres.url, 'create table t as select 1 as n');
    assert.equal(await psql(postgres.standby.url, 'select pg_is_in_recovery()'), 't');
    await assert.rejects(psql(postgres.standby.url, 'insert into t values (0)'), /read-only/);
    await psql(postgres.url, 'insert into t values (2)');
    await postgres.kill();
    await postgres.standby.promote();
    assert.equal(await psql(`${postgres.urls}?target_session_attrs=read-write`, 'insert into t values (3) returning (select count(*) from t)'), '2');
  } finally {
    await postgres.end();
  }
  await isGone(postgres);
  await isGone({ ...postgres, port: postgres.standby.port });
});

/** Starts a server in a process of its own; gives that process and what it says of the server. */
async function elsewhere() {
  const code = `const { startPostgres } = await import(${JSON.stringify(path.join(here, 'postgres.mjs'))});
    const { folder, port } = await startPostgres({ fsync: false });
    console.log(JSON.stringify({ folder, port }));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(readline.createInterface({ input: child.stdout }), 'line');
  return { child, ...JSON.parse(line) };
}

test('nothing stays when the test program is killed with its group', async () => {
  const { child, ...server } = await elsewhere();
  try {
    assert.equal(await isOpen(server.port), true);
  } finally {
    process.kill(-child.pid, 'SIGKILL');
  }
  await isGone(server);
});

test('no server stays when its keeper is killed', async () => {
  const { child, folder, port } = await elsewhere();
  try {
    const pid = fs.readFileSync(path.join(folder, 'primary/postmaster.pid'), 'utf8').split('\n')[0];
    const keeper = /^PPid:\t(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1];
    process.kill(Number(keeper), 'SIGKILL');
    await waitFor(async () => !(await isOpen(port)) && !fs.existsSync(path.join(folder, 'primary/postmaster.pid')),
      { what: 'the server to end', seconds: 30 });
  } finally {
    process.kill(-child.pid, 'SIGKILL');
    fs.rmSync(folder, { recursive: true });
  }
});

test('run hands the URL to a command and ends as it ended', async () => {
  const run = (...command) => promisify(execFile)(path.join(here, 'postgres'), ['run', '--no-fsync', '--', ...command]);
  const { stdout } = await run('sh', '-c', 'psql -X -A -t -d "$ALPHABET_TEST_POSTGRES" -c "select 40 + 2"');
  assert.equal(stdout.trim(), '42');
  await assert.rejects(run('sh', '-c', 'exit 3'), ({ code }) => code === 3);
  await assert.rejects(run('sh', '-c', 'kill -TERM $$'), ({ code }) => code === 143);
  await assert.rejects(run('/nowhere/to/be/found'), ({ code, stderr }) => code === 2 && /ENOENT/.test(stderr));
  await assert.rejects(promisify(execFile)(path.join(here, 'postgres'), ['serve', '--nonsense']), ({ code, stderr }) => code === 2 && /--nonsense/.test(stderr));
});
