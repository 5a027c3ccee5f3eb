// The command line for operators: stats, forecast, pause-all, clear-logs, export, import, crontabs, audit, doctor.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { onlyOnSqlite } from './support/database.mjs';
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
const erase = async () => {
  for (const { id } of (await cli.json(['jobs', 'list', '--all'])).items) await it.expect(204, it.delete(`/jobs/${id}?hardDelete=true`));
};

describe('the whole scheduler', () => {

test('stats: for people, and as the API says them', async () => {
  const job = await it.create({ name: 'counted', scheduleType: 'Interval', intervalSeconds: 600, jobConfiguration: { url: it.target.url('/ok/stats') } });
  await it.run(job);
  const stats = await cli.json(['stats']);
  const api = await it.expect(200, it.get('/dashboard/stats'));
  assert.deepEqual(Object.keys(stats), Object.keys(api));
  assert.equal(stats.totalJobs, api.totalJobs);
  const text = await cli.ok(['stats']);
  for (const part of [/^jobs +\d+: \d+ active, /m, /^success +100\.00 % of the last 24 h$/m, /^workers +\d+ of \d+ busy$/m, /^QUEUE +PENDING +OLDEST WAITS$/m, /^default +0 +/m, /^NEXT RUN +JOB$/m, / counted$/m]) assert.match(text, part);
});

test('forecast: planned runs by hour', async () => {
  await it.create({ name: 'planned', scheduleType: 'Interval', intervalSeconds: 600 });
  const forecast = await cli.json(['forecast', '--hours', '3', '--bucket', '60']);
  assert.equal(forecast.bucketMinutes, 60);
  const chart = await cli.ok(['forecast', '--hours', '3', '--bucket', '60']);
  assert.match(chart, /^FROM +PLANNED +BUSY WORKERS/);
  assert.match(chart, /^\d{4}-\d\d-\d\d \d\d:00Z +(6|12) /m);
  assert.match(chart, /^[12] jobs run in that time on 5 workers/m);
});

test('pause-all, and what stats and why then say; resume-all', async () => {
  const job = await it.create({ name: 'stopped', scheduleExpression: '* * * * * *', misfirePolicy: 'Skip', jobConfiguration: { url: it.target.url('/ok/stopped') } });
  assert.match(await cli.ok(['pause-all', '--reason', 'moving house']), /^everything is paused, since .* by admin@alphabet\.local: moving house\n$/);
  assert.match(await cli.ok(['stats']), /^Everything is paused; `alphabet resume-all` ends that\./);
  const from = Date.now();
  await waitFor(async () => (await it.ledger(job, from, Date.now())).length >= 2, { what: 'two due times to pass' });
  assert.match(await cli.ok(['resume-all']), /^everything goes on; 0 paused jobs were resumed\n$/);
  const skipped = await waitFor(async () => (await it.ledger(job, from, Date.now())).find(({ reason }) => reason === 'Paused'), { what: 'a due time that was skipped under the pause' });
  assert.match(await cli.ok(['why', 'stopped', skipped.due]), /^It did not run at .*: everything was paused then by admin@alphabet\.local from .* at .* UTC, and resumed by admin@alphabet\.local from .*\.\n$/);
  const user = newCli();
  user.server = it.server.base;
  await it.as('User', 'plain@example.com');
  await user.ok(['login', 'plain@example.com', '--password-stdin'], { input: 'a password long enough' });
  assert.match(await user.ok(['why', 'stopped', skipped.due]), /: everything was paused then\.\n$/);
  for (const args of [['pause-all'], ['resume-all'], ['clear-logs', '--older-than', '1'], ['export'], ['audit'], ['audit', 'verify']]) assert.equal((await user.run(args)).code, 4, args.join(' '));
  user.end();
  await cli.ok(['jobs', 'delete', 'stopped']);
});

test('clear-logs wants to be told how old, and audit says who asked', async () => {
  assert.equal((await cli.run(['clear-logs'])).code, 2);
  assert.equal((await cli.run(['clear-logs', '--older-than', '0'])).code, 2);
  assert.equal(await cli.ok(['clear-logs', '--older-than', '3650']), '0 executions were deleted\n');
  assert.equal(await cli.json(['clear-logs', '--older-than', '3650']), 0);
  const entries = await cli.json(['audit', '--action', 'logs.', '--by', 'Admin@alphabet.local', '-n', '5']);
  assert.ok(entries.items.length > 0 && entries.items.every(({ action }) => action.startsWith('logs.')));
  assert.match(await cli.ok(['audit', '-n', '1']), /^ *# +AT +WHO +FROM +ACTION +OF +CHANGED TO\n *\d+ +.* admin@alphabet\.local +127\.0\.0\.1 /);
  const job = await it.create({ name: 'audited' });
  assert.deepEqual((await cli.json(['audit', '--job', 'audited'])).items.map(({ action, subjectId }) => [action, subjectId]), [['job.create', job.id]]);
  assert.match(await cli.ok(['audit', 'verify']), /^the audit record is whole: \d+ entries fit to each other\n$/);
  assert.equal((await cli.json(['audit', 'verify'])).valid, true);
});

});

describe('export and import', () => {

beforeEach(erase);

test('there and back, by file and by pipe; skip and replace', async () => {
  await it.create({ name: 'one', tags: ['x'] });
  await it.create({ name: 'two', scheduleType: 'Interval', intervalSeconds: 60 });
  const text = await cli.ok(['export']);
  assert.deepEqual(JSON.parse(text).jobs.map(({ name }) => name), ['one', 'two']);
  assert.equal(await cli.ok(['export', '--file', 'out.json']), '');
  const file = path.join(cli.home, 'out.json');
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(JSON.parse(fs.readFileSync(file, 'utf8')).jobs, JSON.parse(text).jobs);
  assert.deepEqual(fs.readdirSync(cli.home).filter((name) => name.startsWith('out.json.')), [], 'nothing is left beside it');
  assert.equal(await cli.ok(['import', '--on-conflict', 'skip'], { input: text }), '0 created, 0 replaced, 2 left out because of their name\n');
  assert.equal(await cli.ok(['import', '-f', 'out.json', '--on-conflict', 'replace', '--dry-run']), 'would be: 0 created, 2 replaced, 0 left out because of their name\n');
  assert.equal(await cli.json(['import', '-f', 'out.json']), 2);
  assert.equal((await cli.json(['jobs', 'list'])).totalCount, 4);
  const bad = cli.file('bad.json', { version: 1, jobs: [it.job({ name: 'good' }), it.job({ name: 'bad', timezone: 'Mars' })] });
  const refused = await cli.run(['import', '-f', bad]);
  assert.equal(refused.code, 7);
  assert.match(refused.err, /^ {2}jobs\[1\]\.timezone: /m);
  assert.equal((await cli.json(['jobs', 'list'])).totalCount, 4);
  assert.equal(await cli.ok(['import', '-f', bad, '--partial']), '1 created, 0 replaced, 0 left out because of their name, 1 refused\n');
  assert.equal((await cli.run(['export', '-f', '/no/such/folder/x'])).code, 1);
});

const crontab = `# m h dom mon dow command
MAILTO=ops@example.com
CRON_TZ=Europe/Berlin

# Nightly report
30 2 * * 1-5	/usr/bin/curl -fsS -X POST -H 'X-Key: a b' --data "day=1&x=2" "https://reports.example.com/build?x=1" >/dev/null 2>&1

*/5 * * * *   wget -q -O - --timeout=20 http://example.com/ping > /dev/null
@daily curl -m 30 --retry 2 -L example.com/daily
`;

test('a crontab: each call becomes a job, as cron ran it', async () => {
  const out = await cli.ok(['import', '--from', 'crontab', '-f', cli.file('crontab', crontab)]);
  assert.equal(out, `${[
    'line 2: left out, since no shell runs the jobs: MAILTO=ops@example.com', 'line 6: job: Nightly report', 'line 8: job: GET http://example.com/ping',
    'line 9: job: GET http://example.com/daily', '3 jobs, 0 lines refused', '3 created, 0 replaced, 0 left out because of their name'].join('\n')}\n`.replace(/^/, out.split('\n')[0] + '\n'));
  const jobs = (await cli.json(['jobs', 'list'])).items;
  assert.deepEqual(jobs.map(({ name, scheduleExpression, timezone, misfirePolicy, retryPolicy, timeoutSeconds }) => [name, scheduleExpression, timezone, misfirePolicy, retryPolicy.maxAttempts, timeoutSeconds]), [
    ['Nightly report', '30 2 * * 1-5', 'Europe/Berlin', 'Skip', 1, 300],
    ['GET http://example.com/ping', '*/5 * * * *', 'Europe/Berlin', 'Skip', 1, 20],
    ['GET http://example.com/daily', '@daily', 'Europe/Berlin', 'Skip', 3, 30],
  ]);
  assert.deepEqual(jobs[0].jobConfiguration, { url: 'https://reports.example.com/build?x=1', method: 'POST', headers: { 'X-Key': 'a b', 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'day=1&x=2' });
  assert.equal(jobs[1].jobConfiguration.followRedirects, true);
  assert.equal(jobs[2].jobConfiguration.url, 'http://example.com/daily');
});

test('lines that are no calls are refused one by one, and nothing is imported without --partial', async () => {
  const lines = [
    ['0 4 * * * /usr/local/bin/backup.sh', /only calls of URLs by curl or wget/], ['@reboot curl http://x.example.com', /@reboot/],
    ['0 5 * * * curl http://x.example.com/ | grep ok', /needs a shell: \|/], ['0 5 * * * curl "http://x.example.com/$HOME"', /needs a shell: \$/],
    ['0 5 * * * curl http://x.example.com/`id`', /needs a shell: `/], ['0 5 * * * curl http://x.example.com/ > /tmp/file', /reads or writes a file/],
    ['0 5 * * * curl http://x.example.com/ && true', /needs a shell: &/], ['61 5 * * * curl http://x.example.com/', /minute must be 0 to 59/],
    ['0 6 * * * curl -u me:pw http://x.example.com/', /\{\{Secret\.NAME\}\}/], ['0 6 * * * curl -k https://x.example.com/', /certificates/],
    ['0 6 * * * curl http://x.example.com/%20a', /line break to cron/], ['0 6 * * * curl -d @/etc/passwd http://x.example.com/', /sends a file/],
    ['0 6 * * * curl -o page.html http://x.example.com/', /writes a file/], ['0 6 * * * curl http://a.example.com http://b.example.com', /more than one URL/],
    ['0 6 * * * curl ftp://x.example.com/', /only http and https/], ['0 6 * * * curl -s', /names no URL/], ['0 6 * * * curl --proxy x http://x.example.com', /--proxy has no counterpart/],
    ['0 6 * * * curl "http://x.example.com', /quotation mark is not closed/], ['0 6 * * *', /no command|five fields/], ['nonsense', /five fields/], ['CRON_TZ=Mars/Olympus', /Mars/],
    ["0 6 * * * curl 'http://x.example.com/\u001b[2J'\u001b", /./],
  ];
  const file = cli.file('crontab', `${lines.map(([line]) => line).join('\n')}\n0 7 * * * curl http://good.example.com/\n`);
  const { code, out, err } = await cli.run(['import', '--from', 'crontab', '-f', file, '--timezone', 'Asia/Tokyo']);
  assert.equal(code, 7);
  assert.match(err, /nothing was imported, since lines were refused/);
  const said = out.split('\n');
  assert.equal(said[0], 'times are those of Asia/Tokyo');
  lines.slice(0, -1).forEach(([line, reason], index) => {
    assert.match(said[index + 1], new RegExp(`^line ${index + 1}: refused: `), line);
    assert.match(said[index + 1], reason, line);
  });
  assert.doesNotMatch(out, /\u001b/);
  assert.equal((await cli.json(['jobs', 'list'])).totalCount, 0);
  assert.match(await cli.ok(['import', '--from', 'crontab', '-f', cli.file('short', `${lines[0][0]}\n0 7 * * * root curl http://good.example.com/\n`), '--with-user', '--partial']), /1 jobs, 1 lines refused\n1 created/);
  assert.equal((await cli.run(['import', '--from', 'crontab', '--timezone', 'Mars'], { input: '' })).code, 2);
  assert.equal((await cli.run(['import', '--timezone', 'UTC'], { input: '{}' })).code, 2);
});

});

describe('apply', () => {

beforeEach(erase);
const folder = () => path.join(cli.home, 'jobs');
const put = (name, content) => cli.file(`jobs/${name}`, content);
beforeEach(() => fs.rmSync(folder(), { recursive: true, force: true }));
const apply = (...args) => cli.ok(['apply', '-f', folder(), ...args]);

test('makes, changes, leaves alone, and prunes what it made', async () => {
  const other = await it.create({ name: 'made by hand' });
  put('a.json', { ...it.job({ name: 'a' }), jobType: 1, scheduleType: 'cron', exclusions: { timeRange: { start: '22:00', end: '06:00' }, excludedDaysOfWeek: [0, 'saturday'] }, retryPolicy: { maxRetryAttempts: 2, backoff: 3 }, dstPolicy: { gap: 'skip' } });
  const url = it.target.url('/ok');
  put('deep/er/b.json', [{ ...it.job({ name: 'b', scheduleType: 'OneTime', runAt: '2090-05-01T08:00:00+02:00' }), jobConfiguration: { url, method: 'post', signingSecret: '0123456789abcdef0123456789abcdef' } }, it.job({ name: 'c', scheduleType: 'Interval', intervalSeconds: 60 })]);
  put('notes.txt', 'not a job');
  put('.hidden.json', '{');
  const dry = await apply('--dry-run');
  assert.match(dry, /^\+ create a \(.*a\.json\)\n\+ create b \(.*\)\n\+ create c \(.*\)\nwould be: 3 created, 0 updated, 0 deleted, 0 unchanged\n$/);
  assert.equal((await cli.json(['jobs', 'list'])).totalCount, 1);
  assert.match(await apply(), /^3 created, 0 updated, 0 deleted, 0 unchanged$/m);
  const made = (await cli.json(['jobs', 'list'])).items;
  assert.deepEqual(made.filter(({ tags }) => tags.includes('apply:default')).map(({ name }) => name).sort(), ['a', 'b', 'c']);
  assert.equal(await apply(), '0 created, 0 updated, 0 deleted, 3 unchanged\n');
  assert.deepEqual((await cli.json(['jobs', 'list'])).items, made, 'twice is the same as once');

  fs.rmSync(path.join(folder(), 'a.json'));
  put('deep/er/b.json', [it.job({ name: 'c', scheduleType: 'Interval', intervalSeconds: 61 })]);
  const plan = await apply('--prune', '--dry-run');
  assert.match(plan, /^~ update c \(.*\)\n {4}intervalSeconds: 60 -> 61\n- delete [ab] \(.*\)\n- delete [ab] \(.*\)\nwould be: 0 created, 1 updated, 2 deleted, 0 unchanged\n$/);
  assert.match(await apply(), /0 created, 1 updated, 0 deleted, 0 unchanged$/m);
  const done = JSON.parse(await apply('--prune', '--output', 'json'));
  assert.deepEqual([done.dryRun, done.created, done.updated, done.deleted.map(({ name }) => name).sort(), done.unchanged], [false, [], [], ['a', 'b'], 1]);
  assert.deepEqual((await cli.json(['jobs', 'list'])).items.map(({ id, name }) => [id === other.id, name]).sort(), [[false, 'c'], [true, 'made by hand']]);
});

test('takes over a job of that name, and a pause by hand stays', async () => {
  const job = await it.create({ name: 'takes over', tags: ['own'] });
  await it.expect(200, it.post(`/jobs/${job.id}/pause`));
  put('x.json', { ...it.job({ name: 'takes over' }), tags: ['own'], timeoutSeconds: 44 });
  assert.match(await apply(), /^ {4}timeoutSeconds: 300 -> 44$/m);
  const now = await it.show(job);
  assert.deepEqual([now.isPaused, now.timeoutSeconds, now.tags], [true, 44, ['own', 'apply:default']]);
  assert.match(await apply('--owner', 'team'), /tags: /);
});

test('one mistake, and nothing is changed', async () => {
  put('a.json', it.job({ name: 'fine' }));
  for (const [name, content, code, message] of [
    ['b.json', it.job({ name: 'bad', timezone: 'Mars' }), 7, /timezone: [\s\S]*that was bad in .*b\.json[\s\S]*nothing was changed, since 1 jobs/],
    ['b.json', '{', 2, /b\.json: /], ['b.json', [1], 2, /a job is an object with a name/], ['b.json', it.job({ name: 'fine' }), 2, /fine is in .*a\.json already/],
  ]) {
    put(name, content);
    const { code: got, err } = await cli.run(['apply', '-f', folder()]);
    assert.equal(got, code, err);
    assert.match(err, message);
  }
  fs.rmSync(path.join(folder(), 'b.json'));
  await it.create({ name: 'fine' });
  await it.create({ name: 'fine' });
  const twins = await cli.run(['apply', '-f', folder()]);
  assert.equal(twins.code, 5);
  assert.match(twins.err, /2 jobs are named fine/);
  fs.rmSync(path.join(folder(), 'a.json'));
  assert.equal((await cli.run(['apply', '-f', folder(), '--prune'])).code, 2, 'an empty folder deletes nothing');
  assert.equal((await cli.run(['apply', '-f', path.join(folder(), 'none')])).code, 2);
  assert.equal((await cli.run(['apply'])).code, 2);
});

});

describe('doctor', () => {

const findings = async (args, options) => {
  const { code, out } = await cli.run(['doctor', '--output', 'json', ...args], options);
  return { code, of: Object.fromEntries(JSON.parse(out).map((finding) => [finding.check, finding])) };
};

test('a machine and a server that are well', { skip: onlyOnSqlite }, async () => {
  const { code, of } = await findings(['--data', path.join(it.server.folder, 'data')]);
  assert.equal(code, 0);
  for (const check of ['settings', 'time zones', 'data folder', 'disk', 'database', 'server', 'login']) assert.equal(of[check].verdict, 'ok', JSON.stringify(of[check]));
  assert.match(of.database.found, /schema (\d+) of \1/);
  assert.match(of.login.found, /admin@alphabet\.local/);
  assert.match(await cli.ok(['doctor', '--data', path.join(it.server.folder, 'data')]), /^ok +settings +/m);
});

test('what is wrong is told with the way to mend it', async () => {
  const data = path.join(cli.home, 'data');
  fs.mkdirSync(data, { mode: 0o700 });
  fs.chmodSync(data, 0o777);
  fs.writeFileSync(path.join(data, 'alphabet.db'), 'this is not a database at all, whatever it is called'.repeat(100));
  const { code, of } = await findings(['--data', data, '--port', '1', '--server', 'http://127.0.0.1:1']);
  assert.equal(code, 1);
  assert.deepEqual([of['data folder'].verdict, of.database.verdict, of.server.verdict], ['wrong', 'wrong', 'warning']);
  for (const check of ['data folder', 'database', 'server']) assert.ok(of[check].mend.length > 10, check);
  const text = await cli.run(['doctor', '--data', data]);
  assert.match(text.out, /^wrong +data folder .*\n +mend: chmod 700/m);
  assert.equal((await cli.run(['doctor', '--set', 'No:Such=1'])).code, 2);
  assert.match((await findings(['--data', path.join(cli.home, 'none')])).of['data folder'].found, /is not there yet/);
});

});
