// Alerts: who is told, how often, by which way, through failures and crashes; and the watches that raise them.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { slow, startScheduler, waitFor } from './support/scheduler.mjs';
import { program, startServer } from './support/server.mjs';
import { decodeHeader, startMailServer } from './support/smtp.mjs';

const SECRET = 'a secret of more than 16 bytes';
const ALERTS = '&queue=alphabet.alerts';

/** Runs ACTION with a server whose alerts go to a mail server (MAIL, its options) and a webhook (HOOK, a path of the target). */
async function withAlerts({ mail, hook, settings = {}, own = true }, action) {
  const post = mail && await startMailServer(mail);
  const it = await startScheduler({ settings: {
    'Scheduler:Hangfire:WorkerCount': 12, 'Scheduler:Monitoring:AlertTimeoutSeconds': 5 * slow,
    ...(post && own ? post.settings() : {}), ...settings,
  }, hook }).catch((error) => error);
  try {
    if (it instanceof Error) throw it;
    if (hook) {
      Object.assign(it.server.settings, { 'Scheduler:Monitoring:AlertWebhookUrl': it.target.url(hook), 'Scheduler:Monitoring:AlertWebhookSecret': SECRET });
      await it.restart();
    }
    it.mail = post;
    it.hooks = () => it.target.callsOf(hook);
    it.alerts = () => it.executions(undefined, ALERTS);
    it.told = (count, seconds = 20) => waitFor(() => it.hooks().length >= count && it.hooks().map(({ body }) => JSON.parse(body)),
      { what: `${count} calls of the webhook`, seconds });
    await action(it);
  } finally {
    await it.stop?.();
    await post?.stop();
  }
}

const failing = (it, more = {}) => it.create({ name: 'Nightly export', jobConfiguration: { url: it.target.url('/status/500/x') }, ...more });
const goTo = (it, job, path) => it.expect(200, it.put(`/jobs/${job.id}`, { jobConfiguration: { url: it.target.url(path) } }));
async function runs(it, job, count) { for (let i = 0; i < count; i++) await it.run(job); }
/** No alert waits or is being delivered. */
const quiet = (it) => waitFor(async () => (await it.alerts()).every(({ status }) => !['Pending', 'Running'].includes(status)), { what: 'alerts to end' });

function checkSignature({ headers, body }) {
  const [, time, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers['x-alphabet-signature']);
  assert.equal(mac, createHmac('sha256', SECRET).update(`${time}.${body}`).digest('hex'));
  assert.ok(Math.abs(Date.now() / 1000 - Number(time)) < 60 * slow);
}

describe('alerts', { concurrency: 3 }, () => {

test('one alert for a streak of failures, one for its end, by e-mail and by webhook', async () => {
  await withAlerts({ mail: {}, hook: '/ok/hook' }, async (it) => {
    const job = await failing(it);
    await runs(it, job, 2);
    await quiet(it);
    assert.deepEqual([it.mail.mails.length, it.hooks().length, (await it.alerts()).length], [0, 0, 0]);
    const third = await it.run(job);
    await runs(it, job, 2);
    await goTo(it, job, '/ok/now');
    const good = await it.run(job);
    await runs(it, job, 1);
    const mails = await it.mail.arrived(2);
    const [raised, recovered] = (await it.told(2)).sort((a, b) => a.at.localeCompare(b.at));
    await quiet(it);
    assert.deepEqual([mails.length, it.hooks().length, (await it.alerts()).length], [2, 2, 2]);

    assert.deepEqual(raised, {
      id: raised.id, kind: 'ConsecutiveFailures', state: 'Raised', text: 'Job "Nightly export" has failed 3 times in a row', at: third.completedAt,
      jobId: job.id, jobName: job.name, executionId: third.id, consecutiveFailures: 3, errorMessage: 'the target answered 500 Internal Server Error',
      scheduledFor: third.scheduledFor, limitSeconds: null, measuredMs: null, usualMs: null,
    });
    assert.deepEqual([recovered.kind, recovered.state, recovered.consecutiveFailures, recovered.executionId], ['ConsecutiveFailures', 'Recovered', 5, good.id]);
    for (const call of it.hooks()) {
      checkSignature(call);
      assert.deepEqual([call.method, call.headers['content-type'], call.headers['idempotency-key']], ['POST', 'application/json', JSON.parse(call.body).id]);
    }
    const subjects = mails.map(({ headers }) => decodeHeader(headers.subject)).sort();
    assert.deepEqual(subjects, ['Job "Nightly export" has failed 3 times in a row', 'Job "Nightly export" has recovered: it succeeded after 5 failures in a row']);
    const mail = mails.find(({ headers }) => headers['message-id'] === `<${raised.id}@example.com>`);
    assert.deepEqual([mail.from, mail.to, mail.headers.to, mail.headers['auto-submitted']], ['alphabet@example.com', ['ops@example.com'], '<ops@example.com>', 'auto-generated']);
    assert.ok(Math.abs(Date.parse(mail.headers.date) - Date.now()) < 60_000 * slow);
    assert.ok(mail.body.includes(job.id) && mail.body.includes(third.id) && mail.body.includes('the target answered 500'), mail.body);
  });
});

test('an alert is an execution: seen, cancelled and tried again like one, while its job stays out of sight', async () => {
  await withAlerts({ hook: '/ok/seen', settings: { 'Scheduler:Monitoring:AlertOnConsecutiveFailures': 1 } }, async (it) => {
    const job = await failing(it);
    await it.run(job);
    await it.told(1);
    await quiet(it);
    const [{ id }] = await it.alerts();
    const alert = await it.execution(id);
    assert.deepEqual([alert.status, alert.trigger, alert.jobName, alert.queue, alert.triggeredBy], ['Succeeded', 'Alert', 'Alerts', 'alphabet.alerts', 'system']);
    assert.equal(alert.output, 'Job "Nightly export" has failed\nwebhook: 200 done');
    assert.deepEqual((await it.expect(200, it.get('/jobs'))).items.map(({ name }) => name), ['Nightly export']);
    await it.expect(404, it.get(`/jobs/${alert.jobId}`));
    await it.expect(404, it.post(`/jobs/${alert.jobId}/trigger`));
    await it.expect(404, it.put(`/jobs/${alert.jobId}`, { name: 'mine' }));
    assert.match((await it.expect(409, it.delete(`/jobs/${alert.jobId}?hardDelete=true`))).detail, /server's own/);
    for (const jobType of ['Alert', 5]) await it.expect(400, it.post('/jobs', it.job({ jobType })));
    await it.expect(400, it.post('/jobs', it.job({ queue: 'alphabet.alerts' })));
    const again = await it.expect(202, it.post(`/executions/${id}/retry`));
    assert.equal((await it.ended(again)).status, 'Succeeded');
    assert.deepEqual(it.hooks().map(({ headers }) => headers['idempotency-key']), [id, id]);
  });
});

test('a mail server that wants STARTTLS and a login gets both, and the password stays with it', async () => {
  const password = 'canary-of-the-mailbox';
  await withAlerts({ mail: { tls: 'starttls', user: 'ada', password }, settings: { 'Scheduler:Monitoring:AlertOnConsecutiveFailures': 1 } }, async (it) => {
    await it.run(await failing(it));
    const [mail] = await it.mail.arrived(1);
    await quiet(it);
    assert.deepEqual([mail.secured, mail.user], [true, 'ada']);
    const [{ id }] = await it.alerts();
    assert.match((await it.execution(id)).output, /^ops@example.com: accepted: 250 2\.0\.0 kept$/m);
    const texts = [it.server.log(), JSON.stringify(await it.executions()), (await it.execution(id)).output,
      execFileSync(program, ['config', '--set', `EmailSettings:Password=${password}`, '--set', 'EmailSettings:User=ada'], { encoding: 'utf8', cwd: it.server.folder })];
    for (const text of texts) assert.ok(!text.includes(password));
  });
});

test('TLS from the start; a certificate of an unknown authority is not accepted', async () => {
  const one = { 'Scheduler:Monitoring:AlertOnConsecutiveFailures': 1 };
  await withAlerts({ mail: { tls: 'implicit' }, settings: one }, async (it) => {
    await it.run(await failing(it));
    assert.equal((await it.mail.arrived(1))[0].secured, true);
    delete it.server.settings['EmailSettings:CaFile'];
    await it.restart();
    await it.run(await failing(it, { name: 'Another' }));
    const failed = await waitFor(async () => (await it.alerts()).find(({ status }) => status === 'Failed'), { what: 'an alert to fail' });
    assert.deepEqual([failed.errorType, it.mail.mails.length], ['Connection', 1]);
    assert.match(failed.errorMessage, /^ops@example.com: .*(certificate|verif)/i);
  });
});

test('a mail server beyond loopback without TLS is not spoken to unless the settings say so', async () => {
  await withAlerts({ mail: {}, settings: { 'Scheduler:Monitoring:AlertOnConsecutiveFailures': 1, 'EmailSettings:UseTls': 'StartTls' } }, async (it) => {
    await it.run(await failing(it));
    const failed = await waitFor(async () => (await it.alerts()).find(({ status }) => status === 'Failed'), { what: 'an alert to fail' });
    assert.match(failed.errorMessage, /TLS|STARTTLS/);
    it.server.settings['EmailSettings:UseTls'] = 'None';
    await it.restart();
    await it.mail.arrived(1, 30);
    assert.match(it.server.log(), /alerts go out unencrypted/);
  });
});

test('who refuses is asked again, and who has it already is not', async () => {
  await withAlerts({ mail: { refusals: 1 }, hook: '/ok/owed', settings: { 'Scheduler:Monitoring:AlertOnConsecutiveFailures': 1 } }, async (it) => {
    await it.run(await failing(it));
    await it.mail.arrived(1, 30);
    await quiet(it);
    const [first, second, ...more] = await it.alerts();
    assert.deepEqual([first.status, second.status, more.length, it.hooks().length, it.mail.attempts], ['Failed', 'Succeeded', 0, 1, 2]);
    assert.match(first.errorMessage, /451 4\.7\.1 come back later/);
    assert.equal(second.retryParentId, first.id);
    assert.match((await it.execution(second.id)).output, /^webhook: accepted by an earlier attempt$/m);
    assert.equal(it.mail.mails[0].headers['message-id'], `<${first.id}@example.com>`);
  });
});

test('a recipient who is refused does not keep the others from hearing', async () => {
  const settings = { 'Scheduler:Monitoring:AlertOnConsecutiveFailures': 1, 'Scheduler:Monitoring:FailedJobsAlertEmail': 'gone@example.com, ops@example.com' };
  await withAlerts({ mail: { refused: 'gone@example.com' }, settings }, async (it) => {
    await it.run(await failing(it));
    assert.deepEqual((await it.mail.arrived(1))[0].to, ['ops@example.com']);
    const failed = await waitFor(async () => (await it.alerts()).find(({ status }) => status === 'Failed'), { what: 'an alert to fail' });
    assert.match(failed.errorMessage, /^gone@example.com: .*550/);
    assert.doesNotMatch(failed.errorMessage, /ops@/);
  });
});

for (const hangs of ['greeting', 'data', 'quit']) {
  test(`a mail server that hangs (${hangs}) holds up neither jobs nor the webhook`, async () => {
    await withAlerts({ mail: { hangs }, hook: '/ok/free', settings: { 'Scheduler:Monitoring:AlertOnConsecutiveFailures': 1, 'Scheduler:Monitoring:AlertTimeoutSeconds': 3 * slow } }, async (it) => {
      await it.run(await failing(it));
      await it.told(1);
      const job = await it.create({ jobConfiguration: { url: it.target.url('/ok/meanwhile') } });
      const began = Date.now();
      for (let i = 0; i < 5; i++) assert.equal((await it.run(job)).status, 'Succeeded');
      assert.ok(Date.now() - began < 2500 * slow, `${Date.now() - began} ms`);
      const alert = await waitFor(async () => (await it.alerts()).find(({ status }) => ['Succeeded', 'Failed'].includes(status)), { what: 'the alert to end' });
      assert.deepEqual([alert.status, alert.errorType], hangs === 'quit' ? ['Succeeded', null] : ['Failed', 'Timeout']);
      if (hangs === 'quit') assert.equal(it.mail.quits, 1);
    });
  });
}

test('an alert that is being delivered can be cancelled, and is stopped at a shutdown', async () => {
  await withAlerts({ mail: { hangs: 'greeting' }, settings: { 'Scheduler:Monitoring:AlertOnConsecutiveFailures': 1, 'Scheduler:Monitoring:AlertTimeoutSeconds': 600, 'Scheduler:Jobs:ShutdownGraceSeconds': 0 } }, async (it) => {
    const running = () => waitFor(async () => (await it.alerts()).find(({ status }) => status === 'Running'), { what: 'a delivery' });
    await it.run(await failing(it));
    const { id } = await running();
    await it.expect(200, it.post(`/executions/${id}/cancel`));
    assert.equal((await it.ended(id)).status, 'Cancelled');
    await it.run(await failing(it, { name: 'Another' }));
    const next = await running();
    it.mail.options.hangs = undefined;
    await it.restart();
    assert.equal((await it.ended(next.id)).status, 'Succeeded');
    assert.equal((await it.mail.arrived(1)).length, 1);
  });
});

test('kill -9 between the failure and the delivery: it is delivered by the next process', async () => {
  await withAlerts({ mail: { hangs: 'greeting' }, settings: { 'Scheduler:Monitoring:AlertTimeoutSeconds': 600, 'Scheduler:Jobs:OrphanPolicy': 'Fail' } }, async (it) => {
    const job = await failing(it);
    await runs(it, job, 3);
    const { id } = await waitFor(async () => (await it.alerts()).find(({ status }) => status === 'Running'), { what: 'a delivery' });
    it.mail.options.hangs = undefined;
    await it.restart('SIGKILL');
    const [mail] = await it.mail.arrived(1, 30);
    assert.equal(mail.headers['message-id'], `<${id}@example.com>`);
    await quiet(it);
    const alerts = await it.alerts();
    assert.deepEqual(alerts.map(({ status, errorType }) => [status, errorType]), [['Failed', 'Orphaned'], ['Succeeded', null]]);
    assert.equal(it.mail.mails.length, 1);
  });
});

test('busy workers do not hold an alert', async () => {
  await withAlerts({ hook: '/ok/busy', settings: { 'Scheduler:Hangfire:WorkerCount': 1, 'Scheduler:Monitoring:AlertOnConsecutiveFailures': 1 } }, async (it) => {
    const bad = await failing(it, { jobConfiguration: { url: it.target.url('/slow/1500'), successStatusCodes: [201] } });
    const endless = await it.create({ jobConfiguration: { url: it.target.url('/hang/busy') } });
    await it.trigger(bad);
    const held = await it.trigger(endless);
    const waiting = await it.trigger(endless);
    await it.told(1);
    await it.ended(held, 'Running');
    assert.equal((await it.execution(held)).status, 'Running');
    await quiet(it);
    for (const id of [waiting, held]) await it.expect(200, it.post(`/executions/${id}/cancel`));
  });
});

test('under pause-all nothing is expected, an alert waits like everything, and afterwards both go on', async () => {
  await withAlerts({ hook: '/ok/pause', settings: { 'Scheduler:Monitoring:AlertOnConsecutiveFailures': 1 } }, async (it) => {
    const bad = await failing(it, { jobConfiguration: { url: it.target.url('/slow/800'), successStatusCodes: [201] } });
    const id = await it.trigger(bad);
    await it.ended(id, 'Running');
    await it.expect(200, it.post('/admin/pause-all'));
    await it.create({ name: 'Watched', watches: { expectedWithinSeconds: 1 } });
    const failed = await it.ended(id);
    await waitFor(() => Date.now() - Date.parse(failed.completedAt) > 2500, { what: 'time to pass' });
    assert.deepEqual((await it.alerts()).map(({ status }) => status), ['Pending']);
    assert.equal(it.hooks().length, 0);
    const resumed = Date.now();
    await it.expect(200, it.post('/admin/resume-all'));
    const told = await it.told(2);
    assert.deepEqual(told.map(({ kind }) => kind), ['ConsecutiveFailures', 'NoSuccess']);
    assert.ok(Date.parse(told[1].at) - resumed >= 900);
  });
});

test('whatever a job is called, the message has the same headers and says its name', async () => {
  const names = ['=?UTF-8?B?DQpCY2M6IHg=?=', 'Bcc: evil@example.net', 'Ünïcödé — 数据 🚀 '.repeat(8).trim(), '<script>"quotes" & \\r\\n.\\r\\n', 'a'.repeat(200), '.', '\u2028Bcc: x'];
  await withAlerts({ mail: {}, settings: { 'Scheduler:Monitoring:AlertOnConsecutiveFailures': 1 } }, async (it) => {
    for (const name of ['a\r\nBcc: evil@example.net', 'a\u0000b', 'a\tb']) await it.expect(400, it.post('/jobs', it.job({ name })));
    for (const name of names) await it.run(await failing(it, { name }));
    const mails = await it.mail.arrived(names.length);
    assert.deepEqual(mails.map(({ headers }) => decodeHeader(headers.subject)).sort(), names.map((name) => `Job "${name}" has failed`).sort());
    for (const mail of mails) {
      assert.deepEqual(Object.keys(mail.headers).sort(), ['auto-submitted', 'content-transfer-encoding', 'content-type', 'date', 'from', 'message-id', 'mime-version', 'subject', 'to']);
      assert.deepEqual(mail.to, ['ops@example.com']);
      assert.ok(mail.text.split('\r\n').every((line) => line.length <= 78 && /^[\x20-\x7e]*$/.test(line)));
    }
  });
});

test('settings that cannot work stop the start and say how to mend them', async () => {
  const refused = async (settings, ...wanted) => {
    const error = await startServer({ settings }).then((server) => server.stop().then(() => undefined), (reason) => reason);
    assert.ok(error, 'it started');
    for (const each of wanted) assert.match(error.message, each);
    assert.doesNotMatch(error.message, /canary/);
  };
  await refused({ 'Scheduler:Monitoring:FailedJobsAlertEmail': 'ops@example.com' }, /EmailSettings:SmtpServer is needed/, /EmailSettings:From/);
  await refused({ 'Scheduler:Monitoring:AlertWebhookUrl': 'https://example.com/canary' }, /AlertWebhookSecret must have 16 bytes/);
  await refused({ 'Scheduler:Hangfire:Queues': 'default,alphabet.alerts' }, /server's own/);
});

});

describe('watches', { concurrency: 3 }, () => {

const only = { 'Scheduler:Monitoring:AlertOnConsecutiveFailures': 1000 };
const short = (alerts) => alerts.map(({ kind, state, jobName }) => `${jobName} ${kind} ${state}`);
const soon = (ms) => new Date(Date.now() + ms).toISOString();

test('are shown, replaced as a whole and removed; every fault is told', async () => {
  await withAlerts({}, async (it) => {
    const watches = { unusualDuration: true, expectedWithinSeconds: 90 };
    const job = await it.create({ watches });
    assert.deepEqual(job.watches, watches);
    assert.deepEqual((await it.expect(200, it.put(`/jobs/${job.id}`, { name: 'B' }))).watches, watches);
    assert.deepEqual((await it.expect(200, it.put(`/jobs/${job.id}`, { watches: { finishBySeconds: 5 } }))).watches, { finishBySeconds: 5 });
    assert.equal((await it.expect(200, it.put(`/jobs/${job.id}`, { watches: {} }))).watches, null);
    assert.equal((await it.show(job)).watches, null);
    const { errors } = await it.expect(400, it.post('/jobs', it.job({ watches: { finishBySeconds: 0, maxLatenessSeconds: 1e9, late: 1 } })));
    assert.deepEqual(Object.keys(errors).sort(), ['watches.finishBySeconds', 'watches.late', 'watches.maxLatenessSeconds']);
    const { items } = await it.history(job);
    assert.ok(items.some(({ after }) => after?.watches?.finishBySeconds === 5), JSON.stringify(items));
  });
});

test('no success in time, and a success at last', async () => {
  await withAlerts({ hook: '/ok/watch', settings: only }, async (it) => {
    const job = await it.create({ name: 'Backup', watches: { expectedWithinSeconds: 2 }, jobConfiguration: { url: it.target.url('/status/500/watch') } });
    const began = Date.now();
    await it.run(job);
    const [raised] = await it.told(1);
    assert.ok(Date.now() - began >= 1900);
    assert.deepEqual([raised.kind, raised.limitSeconds, raised.text], ['NoSuccess', 2, 'Job "Backup" has not succeeded for 2 s (expectedWithinSeconds)']);
    await goTo(it, job, '/ok/backup');
    await it.run(job);
    assert.deepEqual(short(await it.told(2)), ['Backup NoSuccess Raised', 'Backup NoSuccess Recovered']);
    assert.deepEqual(short(await it.told(3)).slice(2), ['Backup NoSuccess Raised']); // and no further run
  });
});

test('what is paused or disabled is not expected; it has its time again when it is resumed', async () => {
  await withAlerts({ hook: '/ok/rest', settings: only }, async (it) => {
    const watches = { expectedWithinSeconds: 2 };
    const paused = await it.create({ name: 'Paused', watches });
    await it.expect(200, it.post(`/jobs/${paused.id}/pause`));
    await it.create({ name: 'Disabled', watches, isEnabled: false });
    await it.create({ name: 'Marker', watches: { expectedWithinSeconds: 4 } });
    assert.deepEqual(short(await it.told(1)), ['Marker NoSuccess Raised']);
    const resumed = Date.now();
    await it.expect(200, it.post(`/jobs/${paused.id}/resume`));
    assert.deepEqual(short(await it.told(2)).slice(1), ['Paused NoSuccess Raised']);
    assert.ok(Date.now() - resumed >= 1900);
  });
});

test('what was missed while the server was down is noticed when it is back', async () => {
  await withAlerts({ hook: '/ok/down', settings: only }, async (it) => {
    const began = Date.now();
    await it.create({ name: 'Missed', watches: { expectedWithinSeconds: 3 } });
    await it.server.end();
    await waitFor(() => Date.now() - began > 3200, { what: 'its time to pass' });
    assert.equal(it.hooks().length, 0);
    await it.restart();
    assert.deepEqual(short(await it.told(1)), ['Missed NoSuccess Raised']);
  });
});

test('not done in time after its due time, and done again', async () => {
  await withAlerts({ hook: '/ok/finish', settings: only }, async (it) => {
    const runAt = soon(500);
    const job = await it.create({ name: 'Report', scheduleType: 'OneTime', runAt, watches: { finishBySeconds: 1 }, jobConfiguration: { url: it.target.url('/hang/finish') } });
    const [raised] = await it.told(1);
    const [execution] = await it.executions(job);
    assert.deepEqual([raised.kind, raised.state, raised.executionId, raised.scheduledFor], ['NotFinished', 'Raised', execution.id, execution.scheduledFor]);
    assert.ok(Date.parse(raised.at) - Date.parse(runAt) >= 1000);
    await goTo(it, job, '/ok/report');
    await it.run(job);
    assert.deepEqual(short(await it.told(2)), ['Report NotFinished Raised', 'Report NotFinished Recovered']);
    await it.expect(200, it.post(`/executions/${execution.id}/cancel`));
  });
});

test('done in time, or cancelled, raises nothing', async () => {
  await withAlerts({ hook: '/ok/fine', settings: only }, async (it) => {
    const one = { scheduleType: 'OneTime', watches: { finishBySeconds: 1, maxLatenessSeconds: 30, unusualDuration: true } };
    await it.create({ ...one, name: 'Good', runAt: soon(300) });
    const stopped = await it.create({ ...one, name: 'Stopped', runAt: soon(300), jobConfiguration: { url: it.target.url('/hang/fine') } });
    const running = await waitFor(async () => (await it.executions(stopped)).find(({ status }) => status === 'Running'), { what: 'a run' });
    await it.expect(200, it.post(`/executions/${running.id}/cancel`));
    await it.create({ ...one, name: 'Bad', runAt: soon(1000), jobConfiguration: { url: it.target.url('/status/500/fine') } });
    assert.deepEqual(short(await it.told(1)), ['Bad NotFinished Raised']);
    await quiet(it);
    assert.equal(it.hooks().length, 1);
  });
});

test('started late, and in time again', async () => {
  await withAlerts({ hook: '/ok/late', settings: { ...only, 'Scheduler:Hangfire:WorkerCount': 1 } }, async (it) => {
    const busy = await it.create({ jobConfiguration: { url: it.target.url('/slow/3500') } });
    await it.trigger(busy);
    const job = await it.create({ name: 'Punctual', scheduleType: 'Interval', intervalSeconds: 2, concurrencyPolicy: 'Skip', watches: { maxLatenessSeconds: 1 } });
    const [raised] = await it.told(1);
    const late = (await it.executions(job)).find(({ id }) => id === raised.executionId);
    assert.deepEqual([raised.kind, raised.state, raised.measuredMs], ['StartedLate', 'Raised', Date.parse(late.startedAt) - Date.parse(late.scheduledFor)]);
    assert.ok(raised.measuredMs > 1000);
    assert.deepEqual(short(await it.told(2)), ['Punctual StartedLate Raised', 'Punctual StartedLate Recovered']);
    await it.expect(200, it.post(`/jobs/${job.id}/pause`));
  });
});

test('unlike its own history: too slow, too fast, and as usual again', async () => {
  await withAlerts({ hook: '/ok/usual', settings: only }, async (it) => {
    const job = await it.create({ name: 'Steady', watches: { unusualDuration: true }, jobConfiguration: { url: it.target.url('/ok/steady') } });
    await runs(it, job, 10);
    await goTo(it, job, '/slow/1500');
    const slowRun = await it.run(job);
    const [raised] = await it.told(1);
    assert.deepEqual([raised.kind, raised.executionId], ['TooSlow', slowRun.id]);
    assert.ok(Math.abs(raised.measuredMs - slowRun.durationMs) <= 1 && raised.usualMs < 500, JSON.stringify(raised));
    await goTo(it, job, '/ok/steady');
    await it.run(job);
    assert.deepEqual(short(await it.told(2)), ['Steady TooSlow Raised', 'Steady TooSlow Recovered']);

    const heavy = await it.create({ name: 'Heavy', watches: { unusualDuration: true }, jobConfiguration: { url: it.target.url('/slow/3000') } });
    const all = await Promise.all(Array.from({ length: 12 }, () => it.trigger(heavy)));
    await Promise.all(all.map((id) => it.ended(id)));
    await goTo(it, heavy, '/ok/heavy');
    await it.run(heavy);
    assert.deepEqual(short(await it.told(3)).slice(2), ['Heavy TooFast Raised']);
  });
});

});
