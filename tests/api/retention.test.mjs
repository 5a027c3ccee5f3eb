// How long history is kept: by the server's setting, and by the job's own limits.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, test } from 'node:test';
import { startScheduler, waitFor } from './support/scheduler.mjs';

const DAY = 86_400;

/** Runs SQL on the database of a server, while that is down, and starts it again. */
async function age(it, sql) {
  await it.server.end();
  execFileSync('sqlite3', [path.join(it.server.folder, 'data', 'alphabet.db'), sql]);
  await it.server.start();
  it.token = await it.server.login();
}

/** The executions of a job once there are COUNT, newest first. Housekeeping comes soon after a start. */
async function shrunk(it, job, count) {
  return waitFor(async () => {
    const items = await it.executions(job);
    return items.length === count && items.reverse();
  }, { what: `${count} executions of ${job.name}`, seconds: 20 });
}

describe('retention', { concurrency: true }, () => {

test('a job says how long its executions are kept; an empty object leaves it to the server again', async () => {
  const it = await startScheduler();
  try {
    const job = await it.create({ retention: { days: 30, count: 1000 } });
    assert.deepEqual(job.retention, { days: 30, count: 1000 });
    assert.deepEqual((await it.show(job)).retention, { days: 30, count: 1000 });
    const changed = await it.expect(200, it.put(`/jobs/${job.id}`, { retention: { days: 7, count: null } }));
    assert.deepEqual(changed.retention, { days: 7 });
    const [entry] = (await it.history(job)).items;
    assert.deepEqual([entry.before.retention, entry.after.retention], [{ days: 30, count: 1000 }, { days: 7 }]);
    assert.deepEqual((await it.expect(200, it.put(`/jobs/${job.id}`, { name: 'Same' }))).retention, { days: 7 });
    assert.equal((await it.expect(200, it.put(`/jobs/${job.id}`, { retention: {} }))).retention, null);
    assert.equal((await it.create()).retention, null);
    const wrong = await it.post('/jobs', it.job({ retention: { days: 0, count: 1_000_001, weeks: 2 } }));
    assert.equal(wrong.status, 400);
    assert.deepEqual(Object.keys(wrong.body.errors).sort(), ['retention.count', 'retention.days', 'retention.weeks']);
  } finally {
    await it.stop();
  }
});

test('what is beyond the count goes, the latest failure stays, and others keep theirs', async () => {
  const it = await startScheduler();
  try {
    const kept = await it.create({ name: 'kept' });
    const job = await it.create({ name: 'short', retention: { count: 3 } });
    const failing = await it.create({ name: 'failing', retention: { count: 2 }, jobConfiguration: { url: it.target.url('/status/500') } });
    const failures = [await it.run(failing), await it.run(failing)];
    assert.ok(failures.every(({ status }) => status === 'Failed'), JSON.stringify(failures));
    await it.expect(200, it.put(`/jobs/${failing.id}`, { jobConfiguration: { url: it.target.url('/ok') } }));
    const ids = [];
    for (let i = 0; i < 6; i++) {
      ids.push((await it.run(job)).id);
      await it.run(kept);
      await it.run(failing);
    }
    await it.restart();
    assert.deepEqual((await shrunk(it, job, 3)).map(({ id }) => id), ids.slice(3).reverse());
    const left = await shrunk(it, failing, 3);
    assert.deepEqual(left.map(({ status }) => status), ['Succeeded', 'Succeeded', 'Failed']);
    assert.equal(left[2].id, failures[1].id);
    assert.equal((await it.executions(kept)).length, 6);
    assert.equal((await it.get(`/executions/${ids[0]}`)).status, 404);
  } finally {
    await it.stop();
  }
});

test('ended executions go after ExecutionDays, unless their job keeps them longer', async () => {
  const it = await startScheduler({ settings: { 'Scheduler:Retention:ExecutionDays': 10 } });
  try {
    const job = await it.create({ name: 'usual' });
    const longer = await it.create({ name: 'longer', retention: { days: 40 } });
    for (let i = 0; i < 3; i++) await Promise.all([it.run(job), it.run(longer)]);
    await age(it, `update executions set created_at = created_at - ${20 * DAY} * 1000000;`);
    const fresh = await it.run(job);
    assert.deepEqual((await shrunk(it, job, 1)).map(({ id }) => id), [fresh.id]);
    assert.equal((await it.executions(longer)).length, 3);
  } finally {
    await it.stop();
  }
});

test('without the setting nothing goes', async () => {
  const it = await startScheduler();
  try {
    const witness = await it.create({ name: 'witness', retention: { count: 1 } });
    const job = await it.create();
    for (let i = 0; i < 3; i++) await Promise.all([it.run(job), it.run(witness)]);
    await age(it, `update executions set created_at = created_at - ${9000 * DAY} * 1000000;`);
    await shrunk(it, witness, 1); // a round has been
    assert.equal((await it.executions(job)).length, 3);
  } finally {
    await it.stop();
  }
});

});
