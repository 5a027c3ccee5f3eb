// The command line against a server: jobs and executions; tables, JSON and exit codes.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { newCli, startFake } from './support/cli.mjs';
import { startScheduler, waitFor } from './support/scheduler.mjs';

let it;
const cli = newCli();
before(async () => {
  it = await startScheduler();
  await cli.login(it.server);
});
after(async () => {
  cli.end();
  await it.stop();
});

const gone = '01a20869-9b58-7000-af87-22b6f7af6a40';

describe('jobs', () => {

test('create from a file, show, list, update, pause, resume, delete', async () => {
  const file = cli.file('job.json', it.job({ name: 'Nightly', tags: ['night'] }));
  assert.match(await cli.ok(['jobs', 'create', '-f', file]), /^created Nightly \([0-9a-f-]{36}\)\n$/);
  const shown = await cli.json(['jobs', 'show', 'Nightly']);
  assert.deepEqual(shown, await it.show(shown.id));
  assert.deepEqual(await cli.json(['jobs', 'show', shown.id.toUpperCase()]), shown);
  const text = await cli.ok(['jobs', 'show', 'Nightly']);
  for (const part of [/^name +Nightly$/m, new RegExp(`^id +${shown.id}$`, 'm'), /^schedule +0 0 1 1 \*$/m, /^next runs +\d{4}-01-01 00:00:00Z \(in /m, /^configuration +\{"url":/m]) assert.match(text, part);
  const list = await cli.ok(['jobs', 'list', '--tag', 'night']);
  assert.match(list, /^NAME +STATUS +SCHEDULE +NEXT RUN +LAST +FAILURES +ID\nNightly +Active +0 0 1 1 \* +\d{4}-01-01 00:00:00Z \(in \d+ d\) +- +0 +[0-9a-f-]{36}\n$/);
  assert.match(await cli.ok(['jobs', 'update', 'Nightly', '--file', '-'], { input: '{"timeoutSeconds": 77}' }), /^updated Nightly/);
  assert.equal((await it.show(shown)).timeoutSeconds, 77);
  await cli.ok(['jobs', 'pause', 'Nightly', '--until', '2100-01-01T00:00:00Z']);
  assert.equal((await it.show(shown)).pausedUntil, '2100-01-01T00:00:00.000Z');
  assert.match(await cli.ok(['jobs', 'list', '--status', 'paused']), /^Nightly +Paused/m);
  assert.equal((await cli.json(['jobs', 'resume', 'Nightly'])).isPaused, false);
  assert.match(await cli.ok(['jobs', 'delete', 'Nightly']), /^deleted Nightly/);
  assert.equal((await cli.run(['jobs', 'show', 'Nightly'])).code, 3);
  await cli.ok(['jobs', 'delete', '--hard', shown.id], { code: 3 });
});

test('several jobs at once: each is done, and the first fault is the exit code', async () => {
  const one = await it.create({ name: 'one of two' });
  const two = await it.create({ name: 'two of two' });
  const { code, out, err } = await cli.run(['jobs', 'pause', 'one of two', 'not there', 'two of two']);
  assert.equal(code, 3);
  assert.match(err, /^alphabet jobs pause: no job is named not there\n$/);
  assert.match(out, /^paused one of two.*\npaused two of two.*\n$/);
  for (const job of [one, two]) assert.equal((await it.show(job)).isPaused, true);
  const array = cli.file('array.json', [it.job({ name: 'first of file' }), it.job({ name: '' }), it.job({ name: 'third of file' })]);
  const created = await cli.run(['jobs', 'create', '-f', array]);
  assert.equal(created.code, 7);
  assert.match(created.out, /^created first of file .*\n$/);
  assert.match(created.err, /name: .*\n.*job 2 of the 3/);
});

test('a name that several jobs have is not guessed: they are listed', async () => {
  const twins = [await it.create({ name: 'twin' }), await it.create({ name: 'twin' })];
  await it.create({ name: 'twin sister' });
  const { code, out, err } = await cli.run(['jobs', 'delete', 'twin']);
  assert.deepEqual([code, out], [5, '']);
  assert.match(err, /2 jobs are named twin; give the id/);
  for (const { id } of twins) assert.ok(err.includes(id));
  const near = await cli.run(['jobs', 'show', 'twin sist']);
  assert.equal(near.code, 3);
  assert.match(near.err, /did you mean: twin sister/);
});

test('what the server refuses is told field by field, with exit code 7; nothing is made', async () => {
  const before = (await cli.json(['jobs', 'list', '-n', '1'])).totalCount;
  const bad = cli.file('bad.json', it.job({ name: 'bad', jobConfiguration: { url: 'nonsense' }, timeoutSeconds: -1 }));
  const { code, out, err } = await cli.run(['jobs', 'create', '-f', bad]);
  assert.deepEqual([code, out], [7, '']);
  assert.match(err, /^ {2}jobConfiguration\.url: must /m);
  assert.match(err, /^ {2}timeoutSeconds: must /m);
  assert.equal((await cli.json(['jobs', 'list', '-n', '1'])).totalCount, before);
  for (const [content, message] of [['{"name": ', /broken\.json: .*line 1/], ['', /broken\.json: /]]) {
    const broken = await cli.run(['jobs', 'create', '-f', cli.file('broken.json', content)]);
    assert.equal(broken.code, 2);
    assert.match(broken.err, message);
  }
  const absent = await cli.run(['jobs', 'create', '-f', 'not-there.json']);
  assert.equal(absent.code, 2);
  assert.match(absent.err, /cannot read not-there\.json: No such file/);
});

test('lists go over pages: --limit and --all, in one shape', async () => {
  await Promise.all(Array.from({ length: 230 }, (_, index) => it.create({ name: `many ${index}`, queue: 'background' })));
  const few = await cli.run(['jobs', 'list', '--queue', 'background', '--limit', '7']);
  assert.equal(few.out.trim().split('\n').length, 8);
  assert.match(few.err, /^7 of 230; --limit N or --all shows more\.\n$/);
  assert.equal((await cli.json(['jobs', 'list', '--queue', 'background', '--limit', '205'])).items.length, 205);
  const all = await cli.json(['jobs', 'list', '--queue', 'background', '--all']);
  assert.deepEqual([all.items.length, all.totalCount, all.pageNumber], [230, 230, 1]);
  assert.equal(new Set(all.items.map(({ id }) => id)).size, 230);
  const sorted = await cli.json(['jobs', 'list', '--queue', 'background', '--sort', 'name', '--descending', '-n2']);
  assert.deepEqual(sorted.items.map(({ name }) => name), ['many 99', 'many 98']);
  for (const args of [['--limit', '0'], ['--limit', 'x'], ['--status', 'odd'], ['--output', 'xml'], ['--timeout=0'], ['--all=1']]) assert.equal((await cli.run(['jobs', 'list', ...args])).code, 2, args.join(' '));
});

});

describe('executions', () => {

test('trigger --wait and --follow end with the run, and the exit code is its result', async () => {
  await it.create({ name: 'good', jobConfiguration: { url: it.target.url('/ok/cli') } });
  await it.create({ name: 'bad', jobConfiguration: { url: it.target.url('/status/500/cli') } });
  assert.match(await cli.ok(['jobs', 'trigger', 'good']), /^queued [0-9a-f-]{36}\n$/);
  const waited = await cli.json(['jobs', 'trigger', 'good', '--wait']);
  assert.deepEqual([waited.status, waited.output, waited.trigger], ['Succeeded', 'done', 'Manual']);
  const failed = await cli.run(['jobs', 'trigger', 'bad', '--wait']);
  assert.equal(failed.code, 1);
  assert.match(failed.out, /^status +Failed$/m);
  assert.match(failed.out, /^error +.*500/m);
  const followed = await cli.run(['jobs', 'trigger', 'good', '--follow']);
  assert.deepEqual([followed.code, followed.out], [0, 'done']);
  assert.match(followed.err, /^queued [0-9a-f-]{36}\nSucceeded after /);
  const bad = await cli.run(['jobs', 'trigger', 'bad', '--follow']);
  assert.deepEqual([bad.code, bad.out], [1, 'answer 500']);
  assert.match(bad.err, /Failed after .*500/);
});

test('parameters and a queue for one run', async () => {
  await it.create({ name: 'asks', jobConfiguration: { url: it.target.url('/echo'), method: 'POST', body: { day: '{{Parameters.day}}', n: '{{Parameters.n}}' } } });
  const run = await cli.json(['jobs', 'trigger', 'asks', '-p', 'day=a=b', '--parameter', 'n:=3', '--queue', 'critical', '--wait']);
  assert.equal(run.queue, 'critical');
  assert.deepEqual(JSON.parse(JSON.parse(run.output).body), { day: 'a=b', n: '3' });
  for (const given of ['day', '=x', 'n:=nonsense']) assert.equal((await cli.run(['jobs', 'trigger', 'asks', '-p', given])).code, 2, given);
  assert.equal((await cli.run(['jobs', 'trigger', 'asks', '--queue', 'no-such'])).code, 7);
});

test('list, show, tail, retry, cancel', async () => {
  const job = await it.create({ name: 'runs', jobConfiguration: { url: it.target.url('/status/418/cli') } });
  const run = await it.run(job);
  assert.deepEqual(await cli.json(['executions', 'show', run.id]), await it.execution(run.id));
  const text = await cli.ok(['executions', 'list', '--job', 'runs', '--status', 'Failed']);
  assert.match(text, new RegExp(`^STATUS +JOB .*\\nFailed +runs +Manual .* ${run.id} +.*418`));
  const tail = await cli.run(['executions', 'tail', run.id]);
  assert.deepEqual([tail.code, tail.out], [1, 'answer 418']);
  const again = await cli.run(['executions', 'retry', run.id, '--wait', '-o', 'json']);
  assert.equal(again.code, 1);
  assert.equal(JSON.parse(again.out).trigger, 'Retry');
  assert.equal((await cli.run(['executions', 'cancel', run.id])).code, 5);
  const hanging = await it.create({ name: 'hangs', jobConfiguration: { url: it.target.url('/hang/cli') } });
  const id = await it.trigger(hanging);
  await it.ended(id, 'Running');
  const following = cli.run(['executions', 'tail', id]);
  assert.match(await cli.ok(['executions', 'cancel', id]), new RegExp(`${id}\\n$`));
  assert.equal((await following).code, 1);
  assert.equal((await it.ended(id)).status, 'Cancelled');
  assert.equal((await cli.run(['executions', 'show', gone])).code, 3);
  assert.equal((await cli.run(['executions', 'show', 'not-an-id'])).code, 2);
  assert.match((await cli.run(['executions', 'list', '--from', 'yesterday'])).err, /--from wants a time/);
});

test('failed and timeline', async () => {
  const job = await it.create({ name: 'keeps failing', jobConfiguration: { url: it.target.url('/status/500/keeps') } });
  await it.run(job);
  await it.run(job);
  assert.match(await cli.ok(['failed', '--threshold', '2']), /^keeps failing +Failed .* +2 +[0-9a-f-]{36}$/m);
  assert.ok((await cli.json(['failed', '--threshold', '2'])).some(({ id }) => id === job.id));
  await waitFor(async () => (await cli.json(['timeline', '--hours', '1'])).some(({ failedCount }) => failedCount >= 2));
  const chart = await cli.ok(['timeline', '--hours', '1', '--bucket', '30']);
  assert.match(chart, /^FROM +SUCCEEDED +FAILED/);
  assert.match(chart, /^\d{4}-\d\d-\d\d \d\d:[03]0Z .*!/m);
});

});

describe('what others have named cannot drive the terminal', () => {

const evil = 'a\u001b[31mred\u0007\u009b2J\u202Egnp.exe\u2066\u200b\nb';
const job = { id: gone, name: evil, currentStatus: 'Active\u001b[2J', scheduleType: 'Cron', scheduleExpression: '* * * * *\u001b]0;x\u0007', timezone: 'UTC', createdAt: '2026-01-01T00:00:00.000Z', createdBy: evil, consecutiveFailures: 0 };
const execution = { id: gone, jobName: evil, status: 'Failed', errorMessage: evil, output: evil, retryCount: 0, startedAt: '2026-01-01T00:00:00.000Z', durationMs: 3 };
const problem = { status: 409, headers: { 'Content-Type': 'application/problem+json' }, body: { title: 'x', status: 409, detail: evil, errors: { [evil]: [evil] } } };
let fake;
const other = newCli();
before(async () => {
  fake = await startFake((request) => {
    if (/jobs\?/.test(request.url)) return { body: { items: [job, { ...job, name: '日本語のジョブ' }, { ...job, name: 'wide' }], totalCount: 3, pageNumber: 1, pageSize: 200 } };
    if (/upcoming/.test(request.url)) return { body: [] };
    if (/executions\?/.test(request.url)) return { body: { items: [execution], totalCount: 1, pageNumber: 1, pageSize: 50 } };
    if (/cancel/.test(request.url)) return problem;
    return { body: /executions/.test(request.url) ? execution : job };
  });
  other.server = fake.base;
});
after(async () => {
  other.end();
  await fake.stop();
});

const hostile = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2066-\u2069]/;

test('in tables, details, errors and JSON', async () => {
  const env = { ALPHABET_TOKEN: 'any' };
  for (const args of [['jobs', 'list'], ['jobs', 'show', gone], ['jobs', 'show', evil], ['jobs', 'show', `${evil}?`], ['executions', 'list'], ['executions', 'show', gone], ['executions', 'cancel', gone], ['jobs', 'list', '-o', 'json'], ['jobs', 'show', gone, '-o', 'json'], ['executions', 'show', gone, '-o', 'json'], ['jobs', evil], [evil], ['jobs', 'list', `--limit=${evil}`]]) {
    const { out, err } = await other.run(args, { env });
    assert.ok(out + err !== '');
    assert.doesNotMatch(out + err, hostile, JSON.stringify(args));
  }
  assert.match(await other.ok(['jobs', 'list'], { env }), /^a\\x1b\[31mred\\x07\\x9b2J\\u202egnp\.exe\\u2066\\u200b\\nb /m);
  assert.equal((await other.json(['jobs', 'show', gone], { env })).name, evil, 'the JSON means the same');
});

test('columns stay in line when letters are wide', async () => {
  const lines = (await other.ok(['jobs', 'list'], { env: { ALPHABET_TOKEN: 'any' } })).trim().split('\n').slice(2);
  const width = (text) => [...text].reduce((sum, letter) => sum + (letter > '\u2e80' ? 2 : 1), 0);
  const at = lines.map((line) => width(line.slice(0, line.indexOf('Active'))));
  assert.equal(at[0], at[1]);
});

});
