// The checker of the fault tests finds what is planted: a checker that finds nothing would prove nothing.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import { check } from './support/checker.mjs';

const created = Date.parse('2030-01-01T00:00:00.123Z');
const iso = (time) => new Date(time).toISOString();

/** A job that ran five times, the third time with a retry after a crash. */
function world() {
  const job = { id: randomUUID(), created, until: created + 5000, fireAll: true, attempts: 3, executions: [], ledger: [] };
  const calls = [];
  const add = (n, more = {}) => {
    const scheduledFor = iso(created + n * 1000);
    const execution = { id: randomUUID(), scheduledFor, status: 'Succeeded', trigger: 'Schedule', retryCount: 0, retryParentId: null, errorType: null, ...more };
    job.executions.push(execution);
    calls.push({ key: `${job.id}-${(created + n * 1000) * 1000}`, execution: execution.id, at: created + n * 1000 + 2 });
    return execution;
  };
  for (let n = 1; n <= 5; n++) {
    const first = add(n, n === 3 ? { status: 'Failed', errorType: 'Orphaned' } : {});
    job.ledger.push({ due: first.scheduledFor, verdict: 'Fired', executionId: first.id, reason: null });
    if (n === 3) add(n, { trigger: 'Retry', retryCount: 1, retryParentId: first.id });
  }
  return { jobs: [job], calls };
}

const mutations = {
  'a due time is lost': ({ jobs: [job], calls }) => { const { id } = job.executions.shift(); job.ledger[0].verdict = 'NoRecord'; calls.splice(calls.findIndex(({ execution }) => execution === id), 1); },
  'a due time is passed over under FireAll': ({ jobs: [job], calls }) => { const { id } = job.executions.shift(); Object.assign(job.ledger[0], { verdict: 'Skipped', reason: 'Misfire' }); calls.splice(calls.findIndex(({ execution }) => execution === id), 1); },
  'a due time runs twice': ({ jobs: [job] }) => job.executions.push({ ...job.executions[0], id: randomUUID() }),
  'an execution calls twice': ({ calls }) => calls.push({ ...calls[0] }),
  'a call nobody recorded': ({ calls }) => calls.push({ ...calls[0], execution: randomUUID() }),
  'a call that is early': ({ calls }) => { calls[1].at = created; },
  'a due time that is none': ({ jobs: [job] }) => { job.executions[1].scheduledFor = iso(created + 2500); },
  'two retries of one': ({ jobs: [job] }) => job.executions.push({ ...job.executions[3], id: randomUUID() }),
  'a retry of a success': ({ jobs: [job] }) => { job.executions[2].status = 'Succeeded'; },
  'a retry that is missing': ({ jobs: [job], calls }) => { const [{ id }] = job.executions.splice(3, 1); calls.splice(calls.findIndex(({ execution }) => execution === id), 1); },
  'too many attempts': ({ jobs: [job] }) => { job.executions[3].retryCount = 3; },
  'an execution without an end': ({ jobs: [job] }) => { job.executions[4].status = 'Running'; },
  'a success that never called': ({ calls }) => calls.pop(),
  'a ledger that names another execution': ({ jobs: [job] }) => { job.ledger[1].executionId = randomUUID(); },
};

test('the checker is content with a good record', () => assert.deepEqual(check(world()), []));

for (const [what, mutate] of Object.entries(mutations)) {
  test(`the checker finds: ${what}`, () => {
    const changed = world();
    mutate(changed);
    assert.notDeepEqual(check(changed), []);
  });
}
