// The command line against a server: workflows and their runs; the graph as text, JSON, exit codes.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { newCli } from './support/cli.mjs';
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

const job = (name, path = `/ok/${name}`) => it.create({ name, jobConfiguration: { url: it.target.url(path) } });
const lines = (list) => list.map(([each, above = [], onFailure]) => ({ jobId: each.id, dependsOn: above.map(({ id }) => id), ...(onFailure && { onFailure }) }));
const gone = '01a20869-9b58-7000-af87-22b6f7af6a40';

describe('workflows', () => {

test('create, show with the graph, list, update, delete', async () => {
  const [a, b, c, d] = [await job('extract'), await job('load'), await job('check'), await job('report')];
  const file = cli.file('w.json', { name: 'nightly', jobs: lines([[a], [b, [a]], [c, [a], 'Continue'], [d, [b, c]]]), schedule: { scheduleType: 'Cron', scheduleExpression: '0 3 1 1 *' } });
  assert.match(await cli.ok(['workflows', 'create', '-f', file]), /^created nightly \([0-9a-f-]{36}\)\n$/);
  const shown = await cli.json(['workflows', 'show', 'nightly']);
  assert.deepEqual(shown, (await it.get(`/workflows/${shown.id}`)).body);
  const text = await cli.ok(['workflows', 'show', shown.id.toUpperCase()]);
  for (const part of [/^schedule +0 3 1 1 \*$/m, /^next run +\d{4}-01-01 03:00:00Z/m, /^extract +- +[0-9a-f-]{36}$/m, /^ {2}load /m, /^ {2}check +the rest goes on when it fails/m, /^ {4}report +also behind load/m]) assert.match(text, part);
  assert.match(await cli.ok(['workflows', 'list', '--job', 'load', '--search', 'night']), /^NAME +JOBS +ENABLED +SCHEDULE +NEXT RUN +LAST +ID\nnightly +4 +yes +0 3 1 1 \* /);
  assert.match(await cli.ok(['workflows', 'update', 'nightly', '-f', '-'], { input: '{"isEnabled": false}' }), /^updated nightly/);
  assert.match(await cli.ok(['workflows', 'list']), /^nightly +4 +no /m);
  const wrong = await cli.run(['workflows', 'update', 'nightly', '-f', '-'], { input: JSON.stringify({ jobs: [{ jobId: gone }] }) });
  assert.deepEqual([wrong.code, wrong.out], [7, '']);
  assert.match(wrong.err, new RegExp(`jobs\\[0\\]\\.jobId.*no job ${gone}`));
  assert.match(await cli.ok(['workflows', 'delete', 'nightly']), /^deleted nightly/);
  await cli.ok(['workflows', 'show', 'nightly'], { code: 3 });
  await cli.ok(['workflows', 'show', gone], { code: 3 });
});

test('trigger, wait, follow, runs, run; the exit code says how it ended', async () => {
  const [first, flaky] = [await job('first'), await job('flaky', '/flaky/1/cli')];
  const id = await it.expect(200, it.post('/workflows', { name: 'two', jobs: lines([[first], [flaky, [first]]]) }));
  const failed = await cli.run(['workflows', 'trigger', 'two', '-p', 'day=monday', '--wait']);
  assert.equal(failed.code, 1, failed.err);
  assert.match(failed.out, /^status +Failed$/m);
  assert.match(failed.out, /^first +Succeeded +[\d.]+ m?s /m);
  assert.match(failed.out, /^ {2}flaky +Failed +.*500/m);
  const [run] = (await cli.json(['workflows', 'runs', id, '--status', 'Failed'])).items;
  assert.match(await cli.ok(['workflows', 'runs', 'two']), new RegExp(`Failed +Manual .*${run.id}`));
  assert.deepEqual((await cli.json(['workflows', 'run', run.id])).parameters, { day: 'monday' });
  const again = await cli.run(['workflows', 'retry', run.id, '--follow']);
  assert.equal(again.code, 0, again.err);
  assert.match(again.out, /^flaky: Succeeded$/m);
  assert.match(again.err, /Succeeded\n$/);
  await cli.ok(['workflows', 'retry', run.id], { code: 5 });
  await cli.ok(['workflows', 'run', gone], { code: 3 });
  assert.equal((await cli.run(['workflows', 'run', 'two'])).code, 2);
});

test('cancel stops a run', async () => {
  const hang = await job('hang', '/hang/cli');
  await it.expect(200, it.post('/workflows', { name: 'hangs', jobs: lines([[hang]]) }));
  const run = JSON.parse(await cli.ok(['workflows', 'trigger', 'hangs', '--output', 'json']));
  await waitFor(() => it.target.callsOf('/hang/cli').length === 1, { what: 'the call' });
  assert.match(await cli.ok(['workflows', 'cancel', run]), new RegExp(`cancelled:? ${run}`));
  await waitFor(async () => (await it.expect(200, it.get(`/workflows/runs/${run}`))).status === 'Cancelled', { what: 'the end' });
  await cli.ok(['workflows', 'cancel', run], { code: 5 });
});

});
