// Jobs that wait for other jobs: who waits and for whom, what releases them, what they are handed, and what is refused.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { iso, slow, startScheduler, waitFor } from './support/scheduler.mjs';

const nobody = '01900000-0000-7000-8000-000000000000';
let it;
before(async () => { it = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 4 } }); });
after(() => it?.stop());

const on = (jobs, condition = 'AllSucceeded') => ({ dependsOnJobIds: jobs.map(({ id }) => id), condition });
/** Due at once, once. */
const due = (scheduler, jobs, more = {}) => scheduler.create({ name: 'Dependent', scheduleType: 'OneTime', runAt: iso(Date.now()), dependencies: Array.isArray(jobs) ? on(jobs) : jobs, ...more });
const only = async (scheduler, job, what = () => true) => waitFor(async () => { const [one] = await scheduler.executions(job); return one && what(one) && one; }, { what: `the execution of ${job.name}`, seconds: 20 });
const waits = (scheduler, job) => only(scheduler, job, ({ status, waitingOn }) => status === 'Pending' && waitingOn.length > 0);
const faults = async (promise) => { const { errors } = await it.expect(400, promise); return errors; };
const failing = (more) => it.create({ jobConfiguration: { url: it.target.url('/status/500') }, ...more });

describe('waiting', { concurrency: true }, () => {

test('a due run waits, names the jobs, and starts when they have succeeded', async () => {
  const a = await it.create({ name: 'First' }), b = await it.create({ name: 'Second' });
  const c = await due(it, [a, b]);
  assert.deepEqual(c.dependencies, on([a, b]));
  const waiting = await waits(it, c);
  assert.deepEqual([waiting.waitingOn, waiting.startedAt, waiting.trigger, waiting.nodeName], [[a.id, b.id], null, 'Schedule', null]);
  const until = (Date.parse(waiting.availableAt) - Date.parse(waiting.createdAt)) / 1000;
  assert.equal(until, 86400);
  const [entry] = await it.ledger(c, Date.parse(c.createdAt) - 5000, Date.now());
  assert.deepEqual([entry.status, entry.waitingOn], ['Pending', [a.id, b.id]]);
  await it.run(a);
  assert.deepEqual((await it.execution(waiting.id)).waitingOn, [b.id]);
  const last = await it.run(b);
  const done = await it.ended(waiting.id, 'Succeeded');
  assert.deepEqual(done.waitingOn, []);
  assert.ok(Date.parse(done.startedAt) >= Date.parse(last.completedAt));
  assert.ok(Date.parse(done.startedAt) - Date.parse(last.completedAt) < 1000 * slow);
});

test('a failure does not release under AllSucceeded, and does under AllCompleted; one success will do for AnySucceeded', async () => {
  const bad = await failing({ name: 'Bad' }), good = await it.create({ name: 'Good' });
  const all = await due(it, [bad]), completed = await due(it, on([bad], 'AllCompleted')), any = await due(it, on([bad, good], 'AnySucceeded'));
  const [w1, w2, w3] = await Promise.all([all, completed, any].map((job) => waits(it, job)));
  await it.run(bad);
  await it.ended(w2.id, 'Succeeded');
  assert.deepEqual((await it.execution(w1.id)).waitingOn, [bad.id]);
  assert.deepEqual((await it.execution(w3.id)).waitingOn, [bad.id, good.id]);
  await it.run(good);
  await it.ended(w3.id, 'Succeeded');
  await it.expect(200, it.put(`/jobs/${bad.id}`, { jobConfiguration: { url: it.target.url('/ok') } }));
  await it.run(bad);
  await it.ended(w1.id, 'Succeeded');
});

test('a failure that is tried again is no end yet; cancelling the retry is', async () => {
  const bad = await failing({ name: 'Bad for long', retryPolicy: { maxAttempts: 2, delaySeconds: 3600 } });
  const completed = await due(it, on([bad], 'AllCompleted'));
  const waiting = await waits(it, completed);
  await it.run(bad);
  const retry = await waitFor(async () => (await it.executions(bad)).find(({ status }) => status === 'Pending'), { what: 'the retry' });
  assert.deepEqual((await it.execution(waiting.id)).waitingOn, [bad.id]);
  await it.expect(200, it.post(`/executions/${retry.id}/cancel`));
  await it.ended(waiting.id, 'Succeeded');
});

test('what the jobs did before counts for the first run, and for a later one only what came since', async () => {
  const a = await it.create({ name: 'Before' });
  await it.run(a);
  const b = await it.create({ name: 'After', dependencies: on([a]), scheduleType: 'OneTime', runAt: iso(Date.now()) });
  await it.ended((await only(it, b)).id, 'Succeeded');
  await it.expect(200, it.patch(`/jobs/${b.id}/reschedule`, { runAt: iso(Date.now() + 50) }));
  const second = await waitFor(async () => (await it.executions(b))[1], { what: 'the second run' });
  assert.deepEqual((await it.execution(second.id)).waitingOn, [a.id]);
  await it.run(a);
  await it.ended(second.id, 'Succeeded');
});

test('a run by hand, its retry and a backfill do not wait', async () => {
  const a = await it.create({ name: 'Never run' });
  const b = await it.create({ dependencies: on([a]), scheduleExpression: '0 0 1 1 *', startAt: '2020-06-01T00:00:00Z' });
  const manual = await it.run(b);
  assert.equal(manual.status, 'Succeeded');
  assert.equal((await it.ended(await it.expect(202, it.post(`/executions/${manual.id}/retry`)))).status, 'Succeeded');
  await it.expect(202, it.post(`/jobs/${b.id}/backfill`, { fromDate: '2021-01-01T00:00:00Z', toDate: '2021-01-02T00:00:00Z' }));
  const all = await it.endedOf(b, 3);
  assert.deepEqual(all.map(({ status }) => status), ['Succeeded', 'Succeeded', 'Succeeded']);
});

test('a run that waits can be cancelled, and counts as live: Skip skips, Queue keeps one, Replace takes its place', async () => {
  const a = await it.create({ name: 'Not yet' });
  for (const concurrencyPolicy of ['Skip', 'Queue', 'Replace']) {
    const b = await it.create({ name: concurrencyPolicy, concurrencyPolicy, dependencies: on([a]), scheduleExpression: '* * * * * *' });
    const items = await waitFor(async () => { const all = await it.executions(b); return (concurrencyPolicy === 'Queue' ? (await it.ledger(b, Date.parse(b.createdAt), Date.now())).some(({ reason }) => reason === 'Overlap') : all.some(({ status }) => status === 'Cancelled')) && all; }, { what: concurrencyPolicy, seconds: 15 });
    await it.expect(200, it.post(`/jobs/${b.id}/pause`));
    const pending = (await it.executions(b)).filter(({ status }) => status === 'Pending');
    assert.ok(items.length > 0 && pending.length >= 1 && pending.length <= (concurrencyPolicy === 'Queue' ? 2 : 1), `${concurrencyPolicy}: ${pending.length}`);
    for (const one of pending) {
      const cancelled = await it.expect(200, it.post(`/executions/${one.id}/cancel`));
      assert.deepEqual([cancelled.status, cancelled.waitingOn], ['Cancelled', []]);
    }
  }
});

test('changing the dependencies judges what waits: another job, none, a deleted one', async () => {
  const never = await it.create({ name: 'Never' }), done = await it.create({ name: 'Done' });
  await it.run(done);
  const [b, c, d, e] = await Promise.all(['B', 'C', 'D', 'E'].map((name) => due(it, [never], { name })));
  const [wb, wc, wd, we] = await Promise.all([b, c, d, e].map((job) => waits(it, job)));
  const set = await it.expect(200, it.post(`/jobs/${b.id}/dependencies`, on([done])));
  assert.deepEqual([set.dependsOnJobIds, set.condition], [[done.id], 'AllSucceeded']);
  await it.ended(wb.id, 'Succeeded');
  assert.deepEqual((await it.expect(200, it.delete(`/jobs/${c.id}/dependencies`))).dependsOnJobIds, []);
  await it.ended(wc.id, 'Succeeded');
  await it.expect(200, it.put(`/jobs/${e.id}`, { dependencies: {} }));
  await it.ended(we.id, 'Succeeded');
  assert.equal((await it.show(e)).dependencies, null);
  await it.expect(204, it.delete(`/jobs/${never.id}`));
  const failed = await it.ended(wd.id, 'Failed');
  assert.equal(failed.errorType, 'Configuration');
  assert.equal(failed.errorMessage, `not started: the job "Never" (${never.id}), which it waits for, was deleted`);
  assert.equal((await it.executions(d)).length, 1);
});

test('erasing a job that is waited for fails who waits, without its name', async () => {
  const gone = await it.create({ name: 'Gone' });
  const b = await due(it, [gone], { retryPolicy: { maxAttempts: 3, delaySeconds: 0 } });
  const waiting = await waits(it, b);
  await it.expect(204, it.delete(`/jobs/${gone.id}?hardDelete=true`));
  const failed = await it.ended(waiting.id, 'Failed');
  assert.equal(failed.errorMessage, `not started: the job ${gone.id}, which it waits for, was deleted`);
  assert.equal((await it.executions(b)).length, 1);
  const { jobs: [shown] } = await it.expect(200, it.get(`/jobs/${b.id}/dependencies`));
  assert.deepEqual([shown.isDeleted, shown.name, shown.lastSuccessAt, shown.isWaitedFor], [true, null, null, true]);
  // It can still be changed, but depends on nothing new that is not there.
  await it.expect(200, it.put(`/jobs/${b.id}`, { description: 'still here', dependencies: { dependsOnJobIds: [gone.id] } }));
});

test('GET says what each job did last, and whether the next run would wait', async () => {
  const a = await it.create({ name: 'Shown' }), bad = await failing({ name: 'Shown too' });
  const b = await it.create({ dependencies: on([a, bad]) });
  const ran = await it.run(a);
  const failed = await it.run(bad);
  const state = await it.expect(200, it.get(`/jobs/${b.id}/dependencies`));
  assert.deepEqual(state, {
    dependsOnJobIds: [a.id, bad.id], condition: 'AllSucceeded', wouldWait: true,
    jobs: [
      { jobId: a.id, name: 'Shown', isDeleted: false, lastExecutedAt: ran.startedAt, lastExecutionStatus: 'Succeeded', lastSuccessAt: ran.completedAt, lastCompletedAt: ran.completedAt, isWaitedFor: false },
      { jobId: bad.id, name: 'Shown too', isDeleted: false, lastExecutedAt: failed.startedAt, lastExecutionStatus: 'Failed', lastSuccessAt: null, lastCompletedAt: failed.completedAt, isWaitedFor: true },
    ],
  });
  assert.deepEqual(await it.expect(200, it.get(`/jobs/${a.id}/dependencies`)), { dependsOnJobIds: [], condition: 'AllSucceeded', wouldWait: false, jobs: [] });
  const { items: [entry] } = await it.history(b);
  assert.equal(entry.action, 'job.create');
});

});

describe('what is refused', () => {

test('every fault names its culprit, and nothing is stored', async () => {
  const a = await it.create({ name: 'A' }), gone = await it.create({ name: 'Was here' });
  await it.expect(204, it.delete(`/jobs/${gone.id}`));
  const before = (await it.expect(200, it.get('/jobs?pageSize=1'))).totalCount;
  const dependencies = { dependsOnJobIds: [nobody, a.id, gone.id], condition: 'AllSucceeded' };
  const errors = await faults(it.post('/jobs', it.job({ name: '', concurrencyGroup: 'g', dependencies })));
  assert.deepEqual(errors, {
    name: ['must not be empty'],
    concurrencyGroupLimit: ['is required'],
    'dependencies.dependsOnJobIds[0]': [`there is no job ${nobody}`],
    'dependencies.dependsOnJobIds[2]': [`the job "Was here" (${gone.id}) was deleted`],
  });
  assert.deepEqual(Object.keys(await faults(it.post('/jobs/preview', { job: it.job({ dependencies }) }))).length, 2);
  assert.equal((await it.expect(200, it.get('/jobs?pageSize=1'))).totalCount, before);
  const own = await faults(it.post(`/jobs/${a.id}/dependencies`, { dependsOnJobIds: [a.id, nobody, nobody], condition: 'Sometimes', extra: 1 }));
  assert.deepEqual(Object.keys(own).sort(), ['condition', 'dependsOnJobIds[2]', 'extra']);
  assert.deepEqual(await faults(it.post(`/jobs/${a.id}/dependencies`, { dependsOnJobIds: [a.id] })), { 'dependsOnJobIds[0]': [`is the job itself: "A" (${a.id})`] });
  assert.deepEqual(await faults(it.post(`/jobs/${a.id}/dependencies`, {})), { dependsOnJobIds: ['is required'] });
  const many = Array.from({ length: 101 }, (_, i) => `01900000-0000-7000-8000-${String(i).padStart(12, '1')}`);
  assert.deepEqual(await faults(it.post(`/jobs/${a.id}/dependencies`, { dependsOnJobIds: many })), { dependsOnJobIds: ['must name at most 100 jobs, not 101'] });
  assert.equal((await it.show(a)).dependencies, null);
  await it.expect(404, it.get(`/jobs/${nobody}/dependencies`));
});

test('a circle is named by names and ids, wherever it is closed', async () => {
  const a = await it.create({ name: 'A' }), b = await it.create({ name: 'B', dependencies: on([a]) }), c = await it.create({ name: 'C', dependencies: on([b]) });
  const circle = `would make a circle: "A" (${a.id}) → "C" (${c.id}) → "B" (${b.id}) → "A" (${a.id})`;
  assert.deepEqual(await faults(it.post(`/jobs/${a.id}/dependencies`, on([c]))), { dependsOnJobIds: [circle] });
  assert.deepEqual(await faults(it.put(`/jobs/${a.id}`, { dependencies: on([c]), timeoutSeconds: 0 })), { 'dependencies.dependsOnJobIds': [circle], timeoutSeconds: ['must be a whole number from 1 to 86400'] });
  await it.expect(200, it.delete(`/jobs/${b.id}/dependencies`));
  await it.expect(200, it.post(`/jobs/${a.id}/dependencies`, on([c])));
});

test('two writes at once cannot make a circle', async () => {
  for (let i = 0; i < 12; i++) {
    const [a, b] = await Promise.all([it.create({ name: 'A' }), it.create({ name: 'B' })]);
    const answers = await Promise.all([it.post(`/jobs/${a.id}/dependencies`, on([b])), it.post(`/jobs/${b.id}/dependencies`, on([a]))]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400]);
  }
});

test('a Viewer may look and not change; the change is in the audit', async () => {
  const viewer = await it.as('Viewer');
  const a = await it.create({ name: 'A' }), b = await it.create({ name: 'B' });
  await viewer.expect(403, viewer.post(`/jobs/${b.id}/dependencies`, on([a])));
  await viewer.expect(403, viewer.delete(`/jobs/${b.id}/dependencies`));
  const { etag } = (await it.post(`/jobs/${b.id}/dependencies`, on([a]))).headers;
  assert.equal((await viewer.expect(200, viewer.get(`/jobs/${b.id}/dependencies`))).wouldWait, true);
  const { items: [entry] } = await it.history(b);
  assert.deepEqual([entry.action, entry.before, entry.after], ['job.dependencies', { dependencies: null }, { dependencies: on([a]) }]);
  await it.expect(412, it.delete(`/jobs/${b.id}/dependencies`, { 'If-Match': '"1"' }));
  await it.expect(200, it.delete(`/jobs/${b.id}/dependencies`, { 'If-Match': etag }));
});

});

describe('handing on', { concurrency: true }, () => {

test('output and result go through three jobs', async () => {
  const name = `Export v1.2 ${Date.now()}`;
  const a = await it.create({ name, jobConfiguration: { url: it.target.url('/echo/rows?n=4') } });
  const b = await it.create({
    name: `${name} second`, scheduleType: 'OneTime', runAt: iso(Date.now()), dependencies: on([a]),
    jobConfiguration: { url: it.target.url(`/echo/{{Jobs.${name}.Result.method}}`), method: 'POST', headers: { 'Content-Type': 'application/json', 'X-From': `{{Jobs.${a.id}.Result.url}}` }, body: `{"all": {{Jobs.${name}.Result}}, "text": "{{Jobs.${name}.Output}}"}` },
  });
  const c = await it.create({
    name: `${name} third`, scheduleType: 'OneTime', runAt: iso(Date.now()), dependencies: on([b]),
    jobConfiguration: { url: it.target.url('/echo/third'), method: 'POST', body: `{{Jobs.${b.id}.Result.headers.x-from}} and {{Jobs.${name} second.Result.body}}` },
  });
  const first = await it.run(a);
  assert.equal(first.result.url, '/echo/rows?n=4');
  assert.deepEqual(first.result, JSON.parse(first.output));
  const second = await it.ended((await only(it, b)).id, 'Succeeded');
  assert.equal(second.result.url, '/echo/GET');
  assert.equal(second.result.headers['x-from'], '/echo/rows?n=4');
  assert.deepEqual(JSON.parse(second.result.body), { all: first.result, text: first.output });
  const third = await it.ended((await only(it, c)).id, 'Succeeded');
  assert.equal(third.result.body, `/echo/rows?n=4 and ${second.result.body}`);
  assert.ok((await it.executions(c)).every((listed) => !('result' in listed)));
});

test('a retry reads what the first attempt read; a run by hand what there is', async () => {
  const a = await it.create({ name: 'Source', jobConfiguration: { url: it.target.url('/echo/one') } });
  const flaky = `/flaky/1/${Date.now()}`;
  const b = await due(it, [a], { retryPolicy: { maxAttempts: 2, delaySeconds: 0 }, jobConfiguration: { url: it.target.url(flaky), method: 'POST', body: `{{Jobs.${a.id}.Result.url}}` } });
  await waits(it, b);
  await it.run(a);
  await it.expect(200, it.put(`/jobs/${a.id}`, { jobConfiguration: { url: it.target.url('/echo/two') } }));
  await it.endedOf(b, 2);
  assert.deepEqual(it.target.callsOf(flaky).map(({ body }) => body), ['/echo/one', '/echo/one']);
  await it.run(a);
  assert.equal((await it.run(b)).status, 'Succeeded');
  assert.equal(it.target.callsOf(flaky)[2].body, '/echo/two');
});

test('what is not there fails the run and says so; the form is checked when the job is written', async () => {
  const text = await it.create({ name: 'Only text' });
  const cases = [['{{Jobs.Only text.Result}}', /the run of the job "Only text" had no result/], ['{{Jobs.Other.Output}}', /the job "Other" has handed nothing on to this run/]];
  for (const [body, message] of cases) {
    const b = await due(it, on([text], 'AllSucceeded'), { jobConfiguration: { url: it.target.url('/ok'), method: 'POST', body } });
    await it.run(text);
    const failed = await it.ended((await only(it, b)).id, 'Failed');
    assert.equal(failed.errorType, 'Configuration');
    assert.match(failed.errorMessage, message);
  }
  const errors = await faults(it.post('/jobs', it.job({ jobConfiguration: { url: it.target.url('/ok'), method: 'POST', body: '{{Jobs.A}}' } })));
  assert.match(errors['jobConfiguration.body'][0], /must end in \.Output, \.Result or \.Result\.FIELD/);
});

});

describe('a server of its own', () => {

test('300 runs that wait hold no worker, and all start when what they wait for comes', async (t) => {
  const own = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 2 } });
  t.after(() => own.stop());
  const a = await own.create({ name: 'Gate' });
  const jobs = await Promise.all(Array.from({ length: 300 }, (_, i) => due(own, [a], { name: `Waiter ${i}`, jobConfiguration: { url: own.target.url(`/ok/${i}`) } })));
  await waitFor(async () => (await own.expect(200, own.get('/executions?status=Pending&pageSize=1'))).totalCount === 300, { what: '300 that wait', seconds: 30 });
  const stats = await own.expect(200, own.get('/dashboard/stats'));
  assert.equal(stats.workersBusy, 0);
  assert.equal((await own.run(await own.create({ name: 'Bystander' }))).status, 'Succeeded');
  await own.run(a);
  await waitFor(async () => (await own.expect(200, own.get('/executions?status=Succeeded&pageSize=1'))).totalCount === 302, { what: 'all to have run', seconds: 60 });
  assert.equal(jobs.length, 300);
});

test('a chain of 20 jobs runs in order', async () => {
  const jobs = [await it.create({ name: 'Link 0', jobConfiguration: { url: it.target.url('/ok/link/0') } })];
  for (let i = 1; i < 20; i++) jobs.push(await due(it, [jobs[i - 1]], { name: `Link ${i}`, jobConfiguration: { url: it.target.url(`/ok/link/${i}`) } }));
  await Promise.all(jobs.slice(1).map((job) => waits(it, job)));
  await it.run(jobs[0]);
  const last = await it.ended((await only(it, jobs[19])).id, 'Succeeded', 40);
  const runs = await Promise.all(jobs.map(async (job) => (await it.executions(job))[0]));
  for (let i = 1; i < 20; i++) assert.ok(Date.parse(runs[i].startedAt) >= Date.parse(runs[i - 1].completedAt), `link ${i}`);
  assert.equal(last.status, 'Succeeded');
});

test('the wait has an end: after DependencyWaitSeconds the run fails, is not tried again, and the next one goes its way', async (t) => {
  const own = await startScheduler({ settings: { 'Scheduler:Jobs:DependencyWaitSeconds': 2 } });
  t.after(() => own.stop());
  const a = await own.create({ name: 'Late' });
  const b = await due(own, [a], { retryPolicy: { maxAttempts: 5, delaySeconds: 0 } });
  const failed = await own.ended((await only(own, b)).id, 'Failed');
  assert.equal(failed.errorMessage, `waited 2 s for the job "Late" (${a.id}) to succeed`);
  assert.equal(failed.errorType, 'Timeout');
  assert.equal((await own.executions(b)).length, 1);
  assert.equal((await own.show(b)).consecutiveFailures, 1);
  assert.equal(own.target.callsOf('/ok').length, 0);
});

test('kill -9 while runs wait: they still wait afterwards, and the end of a run that the crash interrupted releases them', async (t) => {
  const own = await startScheduler();
  t.after(() => own.stop());
  const a = await own.create({ name: 'Interrupted', jobConfiguration: { url: own.target.url('/hang') } });
  const b = await due(own, [a]), c = await due(own, on([a], 'AllCompleted'));
  const [wb, wc] = await Promise.all([waits(own, b), waits(own, c)]);
  await own.ended(await own.trigger(a), 'Running');
  await own.restart('SIGKILL');
  assert.equal((await own.ended(wc.id)).status, 'Succeeded');
  assert.deepEqual((await own.execution(wb.id)).waitingOn, [a.id]);
  await own.expect(200, own.put(`/jobs/${a.id}`, { jobConfiguration: { url: own.target.url('/ok') } }));
  await own.restart('SIGKILL');
  await own.run(a);
  await own.ended(wb.id, 'Succeeded');
  assert.equal((await own.executions(b)).length, 1);
});

test('export and import keep who waits for whom; what is not there is a fault', async (t) => {
  const own = await startScheduler();
  t.after(() => own.stop());
  const a = await own.create({ name: 'A' }), b = await own.create({ name: 'B', dependencies: on([a]), concurrencyGroup: 'g', concurrencyGroupLimit: 2 });
  await own.expect(200, own.post(`/jobs/${a.id}/dependencies`, { dependsOnJobIds: [] }));
  const c = await own.create({ name: 'C', dependencies: on([b, a], 'AnySucceeded') });
  const exported = await own.expect(200, own.get('/admin/export'));
  // The other way round, so that a reference comes before the job.
  exported.jobs.reverse();
  const load = (jobs, more) => own.post('/admin/import', { jsonPayload: JSON.stringify({ ...exported, jobs }), ...more });
  assert.equal(await own.expect(200, load(exported.jobs)), 3);
  const all = (await own.expect(200, own.get('/jobs?pageSize=200&sortBy=createdAt'))).items;
  const copies = all.filter(({ id }) => ![a.id, b.id, c.id].includes(id));
  const copy = (name) => copies.find((job) => job.name === name);
  assert.deepEqual(copy('B').dependencies, on([copy('A')]));
  assert.deepEqual(copy('C').dependencies, on([copy('B'), copy('A')], 'AnySucceeded'));
  assert.deepEqual([copy('B').concurrencyGroup, copy('B').concurrencyGroupLimit], ['g', 2]);
  // Replace: the ids of the jobs that were there stay. Skip: who is left out is the job that is there.
  assert.equal(await own.expect(200, load(exported.jobs, { onConflict: 'replace' })), 3);
  assert.deepEqual((await own.show(b)).dependencies, on([a]));
  const [jobC, jobB, jobA] = exported.jobs;
  assert.equal(await own.expect(200, load([{ ...jobC, name: 'D' }, { ...jobB, id: nobody }, jobA], { onConflict: 'skip' })), 1);
  const d = (await own.expect(200, own.get('/jobs?search=D'))).items[0];
  assert.deepEqual(d.dependencies.dependsOnJobIds.slice(1), [a.id]);
  const missing = (await own.expect(400, load([{ ...jobC, dependencies: { dependsOnJobIds: [nobody] } }, jobA]))).errors;
  assert.deepEqual(missing, { 'jobs[0].dependencies.dependsOnJobIds[0]': [`neither the import nor this server has a job ${nobody}`] });
  const circle = (await own.expect(400, load([jobC, jobB, { ...jobA, dependencies: on([c]) }]))).errors;
  assert.match(Object.values(circle)[0][0], /^would make a circle: "\w" → "\w" → ("\w" → )?"\w"$/);
  const partial = await own.post('/admin/import', { jsonPayload: JSON.stringify([{ ...jobC, dependencies: { dependsOnJobIds: [b.id, nobody] } }, { ...jobB, dependencies: on([c]) }, jobA]), partial: true });
  assert.equal(partial.body, 1);
  // Through a job that is not in the file: a circle all the same.
  const e = await own.create({ name: 'E' }), f = await own.create({ name: 'F', dependencies: on([e]) });
  const [jobE] = (await own.expect(200, own.get('/admin/export'))).jobs.filter(({ id }) => id === e.id);
  const through = (await own.expect(400, load([{ ...jobE, dependencies: on([f]) }], { onConflict: 'replace' }))).errors;
  assert.match(through['jobs[0].dependencies.dependsOnJobIds'][0], /would make a circle: "E" .* → "F" .* → "E"/);
});

});
