// StoredProcedure on the real server against a real PostgreSQL, and on SQLite: what is called, what comes of it, how it is stopped, what
// happens when either server goes away, and what a job may not do. Ids such as Q1 name rows of docs/security.md.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { startPostgres } from '../support/postgres.mjs';
import { startScheduler, waitFor } from './support/scheduler.mjs';

const canary = 'canary-3f9a1c77-passphrase';
let postgres, it, url;

// What belongs to SQLite.
const place = fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-scripts-'));
const scripts = path.join(place, 'scripts'), lite = path.join(place, 'lite.db');
const script = (name, text) => fs.writeFileSync(path.join(scripts, `${name}.sql`), text);
const onLite = (storedProcedureName, parameters, more = {}) => call(storedProcedureName, parameters, { databaseConnectionStringName: 'lite', ...more });
const liteSettings = { 'ConnectionStrings:lite': `sqlite:${lite}`, 'ConnectionStrings:gone': `sqlite:${place}/gone.db`, 'Scheduler:Procedures:Directory': scripts };
const query = (text) => execFileSync('sqlite3', [lite, text], { encoding: 'utf8' }).trim();

const schema = `
  create schema app; create schema other;
  create table app.ledger (id bigserial primary key, name text, amount numeric, note jsonb, at timestamptz default now());
  create procedure app.add(name text, amount numeric, note jsonb default null) language plpgsql as $$
  begin insert into app.ledger (name, amount, note) values (add.name, add.amount, add.note); end $$;
  create function app.total(name text default null) returns numeric language sql stable as
    $$ select coalesce(sum(amount), 0) from app.ledger l where total.name is null or l.name = total.name $$;
  create function app.echo(a int, b boolean, c text, d numeric, e int[], f jsonb, g date, h text[])
    returns table (a int, b boolean, c text, d numeric, e int[], f jsonb, g date, h text[], n text) language sql as
    $$ select a, b, c, d, e, f, g, h, null::text $$;
  create function app.many(n int) returns table (id int, text text) language sql as $$ select i, repeat('x', 100) from generate_series(1, n) i $$;
  create function app.length_of(value text) returns int language sql as $$ select octet_length(value) $$;
  create function app.same(value text) returns text language sql as $$ select value $$;
  create function app.talk(times int) returns void language plpgsql as $$
  begin for i in 1..times loop raise notice 'step % of %', i, times; perform pg_sleep(0.05); end loop; raise warning 'nearly done'; end $$;
  create procedure app.fails() language plpgsql as $$
  begin raise exception 'no stock of %', 'bolts' using detail = 'there are 0', hint = 'order some', errcode = 'P0042'; end $$;
  create function app.raises() returns int language plpgsql as $$ begin raise exception 'no stock of %', 'bolts'; end $$;
  create function app.naps(seconds double precision) returns int language plpgsql as $$ begin perform pg_sleep(seconds); return 1; end $$;
  create procedure app.sleeps(seconds double precision) language plpgsql as $$
  begin insert into app.ledger (name) values ('sleeps'); perform pg_sleep(seconds); end $$;
  create procedure app.stubborn() language plpgsql as $$
  begin loop begin perform pg_sleep(60); exception when query_canceled then null; end; end loop; end $$;
  create procedure app.in_steps(steps int) language plpgsql as $$
  begin for i in 1..steps loop insert into app.ledger (name, amount) values ('step', i); commit; end loop; end $$;
  create procedure app.gives_back(a int, inout b int, out c text) language plpgsql as $$ begin b := a + b; c := 'three'; end $$;
  create table app.parents (id int primary key); create table app.kids (parent int references app.parents deferrable initially deferred);
  create procedure app.orphans() language plpgsql as $$ begin insert into app.kids values (1); end $$;
  create function app.sums(variadic numbers int[]) returns bigint language sql as $$ select sum(n) from unnest(numbers) n $$;
  create function app.nameless(int, text) returns text language sql as $$ select $2 || $1 $$;
  create function app.twice(a int) returns text language sql as $$ select 'one' $$;
  create function app.twice(a int, b int) returns text language sql as $$ select 'two' $$;
  create function app.unclear(a int) returns text language sql as $$ select 'int' $$;
  create function app.unclear(a text) returns text language sql as $$ select 'text' $$;
  create function app."Mixed Case""s"(x int) returns int language sql as $$ select x $$;
  create function app."Größe"("länge" int) returns int language sql as $$ select "länge" * 2 $$;
  create procedure app.leaves() language plpgsql as $$
  begin set my.mark = 'left'; create temp table scratch (x int); perform pg_advisory_lock(42); listen news; perform pg_notify('news', 'told'); execute 'declare c cursor with hold for select 1'; set search_path = other; end $$;
  create function app.finds() returns table (mark text, scratch text, locks bigint, channels bigint, cursors bigint, path text, pid int) language sql as $$
    select current_setting('my.mark', true), to_regclass('scratch')::text, (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()),
      (select count(*) from pg_listening_channels()), (select count(*) from pg_cursors where name <> ''), current_setting('search_path'), pg_backend_pid() $$;
`;

const call = (storedProcedureName, parameters, more = {}) => ({ storedProcedureName, databaseConnectionStringName: 'crm', parameters, ...more });
const job = (jobConfiguration, more = {}) => ({ name: 'Procedure', jobType: 'StoredProcedure', jobConfiguration, ...more });
const create = (jobConfiguration, more) => it.create(job(jobConfiguration, more));
const run = async (jobConfiguration, more, body) => it.run(await create(jobConfiguration, more), body);

/** The JSON at the end of the output. */
function document(execution) {
  assert.equal(execution.status, 'Succeeded', `${execution.errorMessage}\n${execution.output}`);
  return JSON.parse(execution.output.trimEnd().split('\n').at(-1));
}

async function rows(jobConfiguration, more, body) {
  return document(await run(jobConfiguration, more, body)).rows;
}

async function fails(jobConfiguration, type, message, more, body) {
  const execution = await run(jobConfiguration, more, body);
  assert.deepEqual([execution.status, execution.errorType], ['Failed', type], `${execution.errorMessage}\n${execution.output}`);
  assert.match(execution.errorMessage, message);
  return execution;
}

async function refused(jobConfiguration) {
  const body = await it.expect(400, it.post('/jobs', it.job(job(jobConfiguration))));
  return body.errors;
}

const sql = async (text) => (await postgres.sql(text, 'crm')) ?? [];
/** How many statements of ours run that hold TEXT. */
const active = async (text) => Number(await scalar(`select count(*) from pg_stat_activity where application_name = 'alphabet' and state = 'active' and query like '%${text}%'`));
async function scalar(text) {
  const answer = await sql(text);
  const first = Array.isArray(answer) ? answer[0] : answer;
  return Array.isArray(first) ? first[0] : String(first).trim();
}

before(async () => {
  postgres = await startPostgres({ fsync: false });
  await postgres.createDatabase('crm');
  await sql(schema);
  await sql(`create role clerk login password '${canary}'; grant usage on schema app, other to clerk; grant all on all tables in schema app to clerk; grant all on all sequences in schema app to clerk;`);
  fs.mkdirSync(scripts);
  query('pragma journal_mode = wal; create table items (id integer primary key, name text, amount, note); create table tries (id integer primary key);'
    + 'create table children (id integer primary key, parent integer references items (id))');
  const server = new URL(postgres.url);
  url = `postgresql://clerk:${canary}@${server.host}/crm`;
  const odbc = `Driver={PostgreSQL Unicode};Server=127.0.0.1;Port=${server.port};Database=crm;Uid=clerk;`;
  it = await startScheduler({
    settings: {
      'ConnectionStrings:crm': url, 'ConnectionStrings:Nowhere': `host=127.0.0.1 port=1 user=x password=${canary} dbname=x`,
      'ConnectionStrings:Wrong': url.replace(canary, `${canary}-wrong`), 'Scheduler:Procedures:ConnectTimeoutSeconds': 2,
      'ConnectionStrings:odbc': `${odbc}Pwd=${canary}`, 'ConnectionStrings:OdbcWrong': `${odbc}Pwd=${canary}-wrong`, 'ConnectionStrings:OdbcLite': `Driver={SQLite3};Database=${lite}`,
      'ConnectionStrings:OdbcNone': `Driver={No such driver};Pwd=${canary}`,
      ...liteSettings, 'Scheduler:Procedures:MaxConnectionsPerName': 4, 'Scheduler:Hangfire:WorkerCount': 8, 'Server:MaxBodyBytes': 4 << 20,
    },
  });
});

after(async () => {
  await it?.stop();
  await postgres?.end();
  fs.rmSync(place, { recursive: true, force: true });
});

test('a procedure is called, a function selected from; arguments go by name, defaults stay', async () => {
  const execution = await run(call('app.add', { name: 'first', amount: 19.99 }));
  assert.deepEqual(document(execution), { procedure: 'app.add(name text, amount numeric, note jsonb)' });
  await run(call('app.add', { amount: 0.01, note: { a: [1, null, 'x'] }, name: 'first' }));
  assert.deepEqual(document(await run(call('app.total', { name: 'first' }))), {
    procedure: 'app.total(name text)', rowsAffected: 1, rowCount: 1, rows: [{ total: 20 }],
  });
});

test('values of each kind arrive and come back', async () => {
  const values = { a: -7, b: true, c: 'text', d: 12345.678, e: [1, null, 3], f: { deep: [{ x: 'y"\\' }] }, g: '2026-02-28', h: ['a,b', '"q"', '\\', '', null] };
  const [row] = await rows(call('app.echo', values));
  assert.deepEqual(row, { ...values, e: '{1,NULL,3}', h: '{"a,b","\\"q\\"","\\\\","",NULL}', n: null });
  const nulls = Object.fromEntries(Object.keys(values).map((name) => [name, null]));
  const [empty] = await rows(call('app.echo', {}), {}, { parameters: nulls });
  assert.deepEqual(empty, { ...nulls, n: null });
});

test('INOUT and OUT, VARIADIC, arguments without a name, overloads by their names', async () => {
  assert.deepEqual(await rows(call('app.gives_back', { a: 1, b: 2 })), [{ b: 3, c: 'three' }]);
  assert.deepEqual(await rows(call('app.sums', { numbers: [1, 2, 3] })), [{ sums: 6 }]);
  assert.deepEqual(await rows(call('app.nameless', { $2: 'n', $1: 5 })), [{ nameless: 'n5' }]);
  assert.deepEqual(await rows(call('app.twice', { a: 1 })), [{ twice: 'one' }]);
  assert.deepEqual(await rows(call('app.twice', { a: 1, b: 2 })), [{ twice: 'two' }]);
  assert.deepEqual(await rows(call('app.Größe', { länge: 21 })), [{ Größe: 42 }]);
  await fails(call('app.unclear', { a: 1 }), 'Configuration', /fit more than one: app\.unclear\(a integer\) and app\.unclear\(a text\)/);
});

test('what does not fit is a Configuration error that says what there is', async () => {
  await fails(call('app.ad', {}), 'Configuration', /there is no procedure or function app\.ad; there are: app\.add, /);
  await fails(call('add', {}), 'Configuration', /there is no procedure or function add/);
  await fails(call('APP.ADD', {}), 'Configuration', /there is no procedure or function APP\.ADD/);
  await fails(call('app.add', { name: 'x', amount: 1, notes: 2 }), 'Configuration', /there is no parameter notes in app\.add\(name text, amount numeric, note jsonb\)/);
  await fails(call('app.add', { name: 'x' }), 'Configuration', /the parameter amount is missing: app\.add\(/);
  await fails(call('app.add', { name: 'x', amount: [1] }), 'Configuration', /the parameter amount is of type numeric and cannot be an array/);
  await fails(call('pg_sleep', { $1: 1 }), 'Configuration', /pg_catalog\.pg_sleep is not among the procedures/);
  assert.match((await refused(call('pg_catalog.pg_sleep', {})))['jobConfiguration.storedProcedureName'][0], /not among the procedures/);
  await fails(call('app.add', { name: 'x', amount: 'much' }), 'Database', /^22P02: invalid input syntax for type numeric: "much"/);
});

test('RAISE EXCEPTION is Failed/Database with everything the server says, and is retried by policy', async () => {
  const failed = await fails(call('app.fails'), 'Database', /^P0042: no stock of bolts\ndetail: there are 0\nhint: order some\nwhere: PL\/pgSQL function app\.fails\(\) line 2 at RAISE$/);
  assert.equal(failed.output ?? null, null);
  await fails(call('app.orphans'), 'Database', /^23503: insert or update on table "kids" violates foreign key constraint/);
  const again = await create(call('app.fails'), { retryPolicy: { maxAttempts: 2, delaySeconds: 0, jitter: false, retryOnErrorTypes: ['Database'] } });
  await it.run(again);
  const all = await it.endedOf(again, 2);
  assert.deepEqual(all.map(({ retryCount, errorType }) => [retryCount, errorType]), [[0, 'Database'], [1, 'Database']]);
});

test('notices are in the output while it runs, the rows at its end', async () => {
  const talk = await create(call('app.talk', { times: 20 }));
  const id = await it.trigger(talk);
  await waitFor(async () => (await it.get(`/executions/${id}/output`)).text.includes('step 3 of 20'), { what: 'a notice of a running procedure' });
  assert.equal((await it.execution(id)).status, 'Running');
  const { output } = await it.ended(id);
  assert.match(output, /^NOTICE: step 1 of 20\n(.*\n)*NOTICE: step 20 of 20\nWARNING: nearly done\n\{"procedure":"app\.talk\(times integer\)","rowsAffected":1\}\n$/);
});

test('of many rows the first are kept as JSON, and all are counted', async () => {
  const execution = await run(call('app.many', { n: 20_000 }));
  const { rowCount, rows: kept, rowsLeftOut } = document(execution);
  assert.equal(rowCount, 20_000);
  assert.ok(kept.length > 300 && kept.length < 700, `${kept.length}`);
  assert.equal(kept.length + rowsLeftOut, rowCount);
  assert.deepEqual(kept[1], { id: 2, text: 'x'.repeat(100) });
  assert.ok(execution.outputTruncated && execution.output.length <= 65536);
});

test('texts arrive as they are: quotes, backslashes, SQL, a megabyte; a NUL is refused', async () => {
  const hostile = `'; drop table app.ledger; -- " \\ $1 :x ? %s {{{{ \u{1F600} \u202e`;
  assert.equal((await rows(call('app.same', {}), {}, { parameters: { value: hostile } }))[0].same, hostile);
  assert.equal((await rows(call('app.same', { value: hostile.replace('{{{{', '{{{{{{{{') })))[0].same, hostile.replace('{{{{', '{{{{'));
  assert.deepEqual(await rows(call('app.length_of', {}), {}, { parameters: { value: 'é\\\''.repeat(250_000) } }), [{ length_of: 1_000_000 }]);
  await it.expect(400, it.post('/jobs', it.job(job(call('app.same', { value: 'a\u0000b' })))));
  assert.equal(await scalar('select count(*) > 0 from app.ledger'), 't');
});

test('Q1: names that are no identifiers are refused when the job is written', async () => {
  const names = ['p; drop table jobs --', '"a"."b"()--', 'a b', 'a.b.c', '', '.', 'app.', '.add', 'a'.repeat(64), 'app.add(1)', "o'clock", 'a\u200bb', '1st', 'a-b', 'app.{{Job.Name}}'];
  for (const name of names) {
    const errors = await refused(call(name));
    assert.match(errors['jobConfiguration.storedProcedureName'][0], /must be a name such as|too many parts/, JSON.stringify(name));
  }
  const errors = await refused({ storedProcedureName: 7, databaseConnectionStringName: 'nope', parameters: { 'a b': 1, $0: 2 }, commandTimeoutSeconds: 0, sql: 'drop' });
  assert.deepEqual(Object.keys(errors).sort(), ['jobConfiguration.commandTimeoutSeconds', 'jobConfiguration.databaseConnectionStringName', 'jobConfiguration.parameters.$0',
    'jobConfiguration.parameters.a b', 'jobConfiguration.sql', 'jobConfiguration.storedProcedureName']);
  assert.match(errors['jobConfiguration.databaseConnectionStringName'][0], /no connection nope .*there are: .*crm/);
});

test('cancel: the server confirms it within a second, nothing runs any more, and it is not retried', async () => {
  const sleeps = await create(call('app.sleeps', { seconds: 60 }), { retryPolicy: { maxAttempts: 3, delaySeconds: 0 } });
  const id = await it.trigger(sleeps);
  await waitFor(async () => await active('app"."sleeps') === 1, { what: 'the procedure to run' });
  const asked = Date.now();
  await it.expect(200, it.post(`/executions/${id}/cancel`));
  const execution = await it.ended(id);
  assert.ok(Date.now() - asked < 1000, `it took ${Date.now() - asked} ms`);
  assert.equal(execution.status, 'Cancelled');
  assert.match(execution.errorMessage, /cancelled by admin@alphabet\.local: server-side cancel confirmed \(SQLSTATE 57014\)/);
  assert.equal(await active('app"."sleeps'), 0);
  assert.equal(await scalar("select count(*) from app.ledger where name = 'sleeps'"), '0');
  assert.equal((await it.executions(sleeps)).length, 1);
});

test('timeoutSeconds and commandTimeoutSeconds end it the same way, as Failed/Timeout', async () => {
  await fails(call('app.sleeps', { seconds: 60 }), 'Timeout', /^stopped after 1 s \(timeoutSeconds\): server-side cancel confirmed \(SQLSTATE 57014\)$/, { timeoutSeconds: 1 });
  await fails(call('app.sleeps', { seconds: 60 }, { commandTimeoutSeconds: 1 }), 'Timeout', /^stopped after 1 s \(commandTimeoutSeconds\): server-side cancel confirmed \(SQLSTATE 57014\)$/);
  assert.equal(await active('app"."sleeps'), 0);
});

test('a procedure that ignores the cancel: its connection is closed, the record says so, and the server lets go of it', async () => {
  const id = await it.trigger(await create(call('app.stubborn')));
  await waitFor(async () => await scalar("select count(*) from pg_stat_activity where wait_event = 'PgSleep' and query like '%stubborn%'") === '1', { what: 'the procedure to be where it ignores cancels' });
  await it.expect(200, it.post(`/executions/${id}/cancel`));
  const execution = await it.ended(id);
  assert.equal(execution.status, 'Cancelled');
  assert.match(execution.errorMessage, /did not confirm the cancel within 3 s: the connection was closed/);
  await waitFor(async () => await active('stubborn') === 0, { what: 'the server to notice that its client is gone', seconds: 30 });
});

test('a procedure that commits on its way keeps what it committed', async () => {
  document(await run(call('app.in_steps', { steps: 5 })));
  assert.equal(await scalar("select count(*) from app.ledger where name = 'step'"), '5');
});

test('nothing of a run is left for the next one: settings, temporary tables, locks, LISTEN', async () => {
  const leaves = await create(call('app.leaves')), finds = await create(call('app.finds'));
  for (let i = 0; i < 3; i++) {
    document(await it.run(leaves));
    const [found] = document(await it.run(finds)).rows;
    assert.deepEqual({ ...found, pid: 0, mark: found.mark || null }, { mark: null, scratch: null, locks: 0, channels: 0, cursors: 0, path: '"$user", public', pid: 0 });
  }
});

test('a procedure that was replaced while its call was prepared is found anew', async () => {
  await sql('create function app.moves(a int) returns int language sql as $$ select a $$');
  const moves = await create(call('app.moves', { a: 1 }));
  assert.deepEqual(document(await it.run(moves)).rows, [{ moves: 1 }]);
  await sql("drop function app.moves(int); create function app.moves(a text) returns text language sql as $$ select 'text ' || a $$");
  assert.deepEqual(document(await it.run(moves)).rows, [{ moves: 'text 1' }]);
  await sql('drop function app.moves(text)');
  const gone = await it.run(moves);
  assert.deepEqual([gone.status, gone.errorType], ['Failed', 'Configuration'], gone.errorMessage);
});

test('variables and secrets work in parameters, and secrets are hidden wherever they come out', async () => {
  const secret = 'ss-very-"secret"\\value';
  const own = await startScheduler({ settings: { 'ConnectionStrings:crm': url }, env: { ALPHABET_SECRET_TOKEN: secret } });
  try {
    const other = await own.create(job(call('app.same', { value: '{{Secret.token}} of {{Job.Name}}' })));
    const { output, status, errorMessage } = await own.run(other);
    assert.equal(status, 'Succeeded', errorMessage);
    assert.deepEqual(JSON.parse(output).rows, [{ same: '*** of Procedure' }]);
    assert.ok(!JSON.stringify(await own.executions()).includes('very'));
  } finally {
    await own.stop();
  }
});

test('no connection is Failed/Connection, with the reason and without the password', async () => {
  await fails(call('app.add', {}, { databaseConnectionStringName: 'nowhere' }), 'Connection', /^no connection to Nowhere: .*Connection refused/);
  await fails(call('app.add', {}, { databaseConnectionStringName: 'Wrong' }), 'Connection', /^no connection to Wrong: .*28P01: password authentication failed for user "clerk"/);
});

test('the database is killed while a procedure runs: Failed/Connection, never run again by itself; then all goes on', async () => {
  const id = await it.trigger(await create(call('app.sleeps', { seconds: 60 })));
  await waitFor(async () => await active('app"."sleeps') === 1, { what: 'the procedure to run' });
  await postgres.kill();
  const execution = await it.ended(id);
  assert.deepEqual([execution.status, execution.errorType], ['Failed', 'Connection']);
  assert.match(execution.errorMessage, /the connection was lost while the procedure ran, and whether it was done is not known|57P0/);
  const later = await it.trigger(await create(call('app.total', {}), { retryPolicy: { maxAttempts: 10, delaySeconds: 1, jitter: false } }));
  await postgres.start();
  const first = await it.ended(later);
  if (first.status === 'Failed') assert.equal(first.errorType, 'Connection');
  await waitFor(async () => (await it.run(await create(call('app.total', {})))).status === 'Succeeded', { what: 'a call to succeed again' });
  assert.equal(await scalar("select count(*) from app.ledger where name = 'sleeps'"), '0');
});

test('the database is restarted while connections are idle: the next run takes a new one', async () => {
  document(await run(call('app.total', {})));
  await postgres.restart('fast');
  document(await run(call('app.total', {})));
});

test('our server is killed while a procedure runs: the database stops it, and the execution is settled as Orphaned', async () => {
  const own = await startScheduler({ settings: { 'ConnectionStrings:crm': url } });
  try {
    const id = await own.trigger(await own.create(job(call('app.sleeps', { seconds: 60 }))));
    await waitFor(async () => await active('app"."sleeps') === 1, { what: 'the procedure to run' });
    await own.restart('SIGKILL');
    const execution = await own.execution(id);
    assert.deepEqual([execution.status, execution.errorType], ['Failed', 'Orphaned']);
    await waitFor(async () => await active('app"."sleeps') === 0, { what: 'the server to notice that its client is gone', seconds: 30 });
  } finally {
    await own.stop();
  }
});

test('Scheduler:Procedures:Allowed says which procedures jobs may call', async () => {
  const own = await startScheduler({ settings: { 'ConnectionStrings:crm': `${url}?options=-csearch_path%3Dapp`, 'Scheduler:Procedures:Allowed': 'app.tot*,pg_catalog.pg_backend_pid' } });
  try {
    document(await own.run(await own.create(job(call('total', {})))));
    document(await own.run(await own.create(job(call('pg_catalog.pg_backend_pid', {})))));
    const { errors } = await own.expect(400, own.post('/jobs', own.job(job(call('app.add', {})))));
    assert.match(errors['jobConfiguration.storedProcedureName'][0], /not among the procedures/);
    const hidden = await own.run(await own.create(job(call('fails', {}))));
    assert.deepEqual([hidden.status, hidden.errorType], ['Failed', 'Configuration']);
    assert.match(hidden.errorMessage, /app\.fails is not among the procedures/);
  } finally {
    await own.stop();
  }
});

// --- SQLite: scripts of a folder ---

test('SQLite: a script runs whole in one transaction, with its parameters bound; the last rows and all changes are said', async () => {
  script('add', `-- adds, and shows; 'not :this' nor :that
    insert into items (name, amount, note) values (:name, :amount, :note);
    insert into items (name, amount) values (:name || ' again; :not a parameter', :amount * 2);
    select count(*) from items; /* :nor this */
    select id, name, amount, note, x'00ff' as bytes, null as none, 1.5 as real, amount from items order by id;`);
  const name = `it's "quoted" \\ ; drop table items; -- \u{1F600}`;
  assert.deepEqual(document(await run(onLite('add', { name, amount: 2, note: { a: [1.25, true] } }))), {
    procedure: 'add.sql', rowsAffected: 2, rowCount: 2,
    rows: [{ id: 1, name, amount: 2, note: '{"a":[1.25,true]}', bytes: '\\x00ff', none: null, real: 1.5, amount_2: 2 },
      { id: 2, name: `${name} again; :not a parameter`, amount: 4, note: null, bytes: '\\x00ff', none: null, real: 1.5, amount_2: 4 }],
  });
  script('long', 'select length(:text) as length, :text = :other as same;');
  const text = 'é\''.repeat(500_000);
  assert.deepEqual(document(await run(onLite('long', {}), {}, { parameters: { text, other: text } })).rows, [{ length: 1_000_000, same: 1 }]);
});

test('SQLite: what fails is rolled back, all of it', async () => {
  script('half', "insert into items (name) values ('half');\n\ninsert into items (id, name) values (1, 'taken');");
  const before = query('select count(*) from items');
  await fails(onLite('half'), 'Database', /^SQLite 1555: UNIQUE constraint failed: items\.id\nwhere: line 3 of half\.sql$/);
  script('wrong', 'selec 1;');
  await fails(onLite('wrong'), 'Database', /^SQLite 1: near "selec": syntax error\nwhere: line 1 of wrong\.sql$/);
  script('stray', "insert into children (parent) values (99);");
  await fails(onLite('stray'), 'Database', /FOREIGN KEY constraint failed/);
  assert.equal(query('select count(*) from items'), before);
});

test('SQLite: parameters that are missing or that nobody knows, and scripts that are not there', async () => {
  script('needs', 'select :a, :b;');
  await fails(onLite('needs', { a: 1 }), 'Configuration', /^the parameter b of the script is missing$/);
  await fails(onLite('needs', { a: 1, b: 2, c: 3 }), 'Configuration', /^there is no parameter c in the script; it has: a, b$/);
  script('other', 'select ?1;');
  await fails(onLite('other'), 'Configuration', /^other\.sql: has a parameter that begins with \?; write :name$/);
  await fails(onLite('nothing'), 'Configuration', /^there is no nothing\.sql in Scheduler:Procedures:Directory; there are: .*add/);
  assert.match((await refused(onLite('a.b')))['jobConfiguration.storedProcedureName'][0], /too many parts; with lite it must be name, of a file/);
  assert.match((await refused(onLite('../add')))['jobConfiguration.storedProcedureName'][0], /must be a name such as/);
});

test('Q3: no ATTACH, no extension, no transaction of its own, no PRAGMA that changes something, no link out of the folder', async () => {
  const denied = { attach: `attach '${place}/other.db' as other;`, begin: 'commit; begin;', savepoint: 'savepoint a;', pragma: 'pragma writable_schema = 1;', journal: 'pragma journal_mode = delete;',
    extension: "select load_extension('x');", vacuum: `vacuum into '${place}/copy.db';`, detach: 'detach main;', schema: "update sqlite_schema set sql = '' where name = 'items';" };
  for (const [name, text] of Object.entries(denied)) {
    script(name, `select 1;\n${text}`);
    const execution = await run(onLite(name));
    assert.equal(execution.status, 'Failed', `${name}: ${execution.output}`);
    if (!['vacuum', 'schema'].includes(name)) assert.match(execution.errorMessage, /^line 2 of \w+\.sql: .* has no place in a script$/, name);
  }
  assert.deepEqual(fs.readdirSync(place).filter((file) => /other|copy/.test(file)), []);
  script('asks', 'pragma user_version; pragma table_info(items);');
  assert.equal(document(await run(onLite('asks'))).rowCount, 4);
  fs.writeFileSync(path.join(place, 'outside.sql'), 'select 1;');
  fs.symlinkSync('../outside.sql', path.join(scripts, 'link.sql'));
  await fails(onLite('link'), 'Configuration', /link\.sql cannot be opened/);
  execFileSync('mkfifo', [path.join(scripts, 'fifo.sql')]);
  await fails(onLite('fifo'), 'Configuration', /fifo\.sql is no plain file/);
  script('open', 'select 1;');
  fs.chmodSync(path.join(scripts, 'open.sql'), 0o666);
  await fails(onLite('open'), 'Configuration', /everybody may write to open\.sql/);
});

test('SQLite: cancel and timeouts interrupt a script, also one that waits for another writer, and roll it back', async () => {
  script('forever', "insert into items (name) values ('forever'); with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n;");
  const before = query('select count(*) from items');
  const made = await create(onLite('forever'));
  const id = await it.trigger(made);
  await waitFor(() => { try { query('begin immediate; rollback'); return false; } catch { return true; } }, { what: 'the script to hold the database' });
  const waits = await it.trigger(await create(onLite('add', { name: 'w', amount: 1, note: null }), { timeoutSeconds: 1 }), { parameters: { note: null } });
  const late = await it.ended(waits);
  assert.deepEqual([late.status, late.errorType], ['Failed', 'Timeout']);
  assert.equal(late.errorMessage, 'stopped after 1 s (timeoutSeconds): stopped while it waited for the database: nothing was done');
  const asked = Date.now();
  await it.expect(200, it.post(`/executions/${id}/cancel`));
  const execution = await it.ended(id);
  assert.ok(Date.now() - asked < 1000);
  assert.equal(execution.status, 'Cancelled');
  assert.match(execution.errorMessage, /: interrupted, and its transaction was rolled back: nothing of it is kept$/);
  assert.equal(query('select count(*) from items'), before);
  await fails(onLite('forever', {}, { commandTimeoutSeconds: 1 }), 'Timeout', /^stopped after 1 s \(commandTimeoutSeconds\): interrupted, and its transaction was rolled back/);
});

test('SQLite: more runs than connections take turns; a database that is not there is Failed/Connection', async () => {
  script('slow', 'with recursive n(i) as (select 1 union all select i + 1 from n where i < 300000) select max(i) as most from n;');
  const made = await create(onLite('slow'));
  const ids = await Promise.all(Array.from({ length: 12 }, () => it.trigger(made)));
  for (const id of ids) assert.deepEqual(document(await it.ended(id)).rows, [{ most: 300_000 }]);
  await fails(call('slow', {}, { databaseConnectionStringName: 'gone' }), 'Connection', /^the database .*gone\.db cannot be opened: unable to open database file$/);
  assert.ok(!fs.existsSync(path.join(place, 'gone.db')));
});

test('SQLite: our server is killed in the middle: nothing of the script is kept', async () => {
  const before = query('select count(*) from items');
  const own = await startScheduler({ settings: liteSettings });
  try {
    const id = await own.trigger(await own.create(job(onLite('forever'))));
    await waitFor(() => { try { query('begin immediate; rollback'); return false; } catch { return true; } }, { what: 'the script to hold the database' });
    await own.restart('SIGKILL');
    assert.equal((await own.execution(id)).errorType, 'Orphaned');
    assert.equal(query('select count(*) from items'), before);
  } finally {
    await own.stop();
  }
});

test('a retry by policy runs a script again', async () => {
  script('tries', "insert into tries default values; select 1 / (count(*) - 1) as x, json('{') from tries where (select count(*) from tries) < 9;");
  const made = await create(onLite('tries'), { retryPolicy: { maxAttempts: 2, delaySeconds: 0, jitter: false } });
  await it.run(made);
  const all = await it.endedOf(made, 2);
  assert.deepEqual(all.map(({ retryCount, errorType }) => [retryCount, errorType]), [[0, 'Database'], [1, 'Database']]);
});

// --- ODBC: by psqlodbc, on the same PostgreSQL ---

const onOdbc = (storedProcedureName, parameters, more = {}) => call(storedProcedureName, parameters, { databaseConnectionStringName: 'odbc', ...more });

test('ODBC: parameters go by name in the order that the driver says, rows come back as JSON', async () => {
  const { rows: [row], procedure } = document(await run(onOdbc('app.echo', { h: '{x}', g: '2026-02-28', f: { deep: [1] }, e: '{1,2}', d: 12.5, c: 'gr\u00f6\u00dfer \u{1F600} \' " \\ ;', b: true, a: -7 })));
  assert.equal(procedure, 'app.echo');
  assert.deepEqual(row, { a: -7, b: '1', c: 'gr\u00f6\u00dfer \u{1F600} \' " \\ ;', d: 12.5, e: '{1,2}', f: '{"deep": [1]}', g: '2026-02-28', h: '{x}', n: null });
  assert.deepEqual(document(await run(onOdbc('app.total', {}), {}, { parameters: { name: null } })).rows[0].total >= 0, true);
  assert.deepEqual(document(await run(onOdbc('app.length_of', {}), {}, { parameters: { value: 'é\\\''.repeat(250_000) } })).rows, [{ length_of: 1_000_000 }]);
  assert.equal(document(await run(onOdbc('app.many', { n: 5000 }))).rowCount, 5000);
});

test('ODBC: what does not fit is a Configuration error, what the database refuses a Database error', async () => {
  await fails(onOdbc('app.echoes', {}), 'Configuration', /^app\.echoes: there is no such procedure; there are: app\./);
  await fails(onOdbc('app.length_of', {}), 'Configuration', /^app\.length_of: the parameter value is missing$/);
  await fails(onOdbc('app.length_of', { value: 'x', other: 1 }), 'Configuration', /there are other parameters given than it has; it takes: value$/);
  await fails(onOdbc('app.unclear', { a: 1 }), 'Configuration', /fit more than one procedure/);
  assert.deepEqual(document(await run(onOdbc('app.twice', { a: 1, b: 2 }))).rows, [{ twice: 'two' }]);
  await fails(onOdbc('app.raises', {}), 'Database', /no stock of bolts/);
  const again = await create(onOdbc('app.raises'), { retryPolicy: { maxAttempts: 2, delaySeconds: 0, jitter: false } });
  await it.run(again);
  assert.equal((await it.endedOf(again, 2)).length, 2);
});

test('ODBC: cancel and timeouts are confirmed by the server', async () => {
  const id = await it.trigger(await create(onOdbc('app.naps', { seconds: 60 })));
  await waitFor(async () => Number(await scalar("select count(*) from pg_stat_activity where state = 'active' and query like '%naps%' and pid <> pg_backend_pid()")) === 1, { what: 'the function to run' });
  const asked = Date.now();
  await it.expect(200, it.post(`/executions/${id}/cancel`));
  const execution = await it.ended(id);
  assert.ok(Date.now() - asked < 1000, `it took ${Date.now() - asked} ms`);
  assert.equal(execution.status, 'Cancelled');
  assert.match(execution.errorMessage, /server-side cancel confirmed \(SQLSTATE (57014|HY008)\)/);
  assert.equal(await scalar("select count(*) from pg_stat_activity where state = 'active' and query like '%naps%' and pid <> pg_backend_pid()"), '0');
  await fails(onOdbc('app.naps', { seconds: 60 }, { commandTimeoutSeconds: 1 }), 'Timeout', /^stopped after 1 s \(commandTimeoutSeconds\): server-side cancel confirmed/);
  await fails(onOdbc('app.naps', { seconds: 60 }), 'Timeout', /^stopped after 1 s \(timeoutSeconds\): server-side cancel confirmed/, { timeoutSeconds: 1 });
});

test('ODBC: the database is killed while a procedure runs: Failed, and the next run goes on', async () => {
  const id = await it.trigger(await create(onOdbc('app.naps', { seconds: 60 })));
  await waitFor(async () => Number(await scalar("select count(*) from pg_stat_activity where state = 'active' and query like '%naps%' and pid <> pg_backend_pid()")) === 1, { what: 'the function to run' });
  await postgres.kill();
  const execution = await it.ended(id);
  assert.deepEqual([execution.status, execution.errorType], ['Failed', 'Connection'], execution.errorMessage);
  await fails(onOdbc('app.many', { n: 1 }), 'Connection', /^no connection: /);
  await postgres.start();
  await waitFor(async () => (await run(onOdbc('app.many', { n: 1 }))).status === 'Succeeded', { what: 'a call to succeed again' });
});

test('ODBC: a driver without procedures says so; a driver that is not there, and a wrong password, are Failed/Connection', async () => {
  await fails(call('anything', {}, { databaseConnectionStringName: 'OdbcLite' }), 'Configuration', /^anything: this ODBC driver, or its database, knows no procedures$/);
  await fails(call('anything', {}, { databaseConnectionStringName: 'OdbcNone' }), 'Connection', /^no connection: .*(driver|Driver|file not found)/);
  await fails(call('anything', {}, { databaseConnectionStringName: 'OdbcWrong' }), 'Connection', /^no connection: .*password authentication failed/);
});

test('R2: the password is in no answer, no record, no export, no log and no list of settings', async () => {
  const texts = [it.server.log(), JSON.stringify(await it.executions())];
  for (const path of ['/jobs?pageSize=200', '/admin/export', '/admin/audit?pageSize=200']) texts.push((await it.get(path)).text);
  for (const text of texts) assert.ok(!text.includes(canary));
});
