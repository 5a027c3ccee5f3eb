// checker.mjs - holds what a server recorded against the clock and against what the target saw.
//
//   const faults = check({ jobs, calls });      // texts; none when all is as promised
//
// jobs: [{ id, created, until, fireAll, attempts, executions, ledger }]: an Interval job of one second, its creation and
// the end of the time that counts in milliseconds, its executions and its ledger as the API gave them.
// calls: [{ key, execution, at }]: what arrived at the target. "Lost" is a due time without a verdict, "doubled" one with
// two first attempts or an execution that called twice, "early" a call before its due time.
const ends = ['Succeeded', 'Failed', 'Cancelled'];
const second = 1000;

function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(item);
  }
  return groups;
}

/** Every due time has one verdict, and the ledger and the executions say the same. */
function checkDueTimes(job, say) {
  const first = job.executions.filter(({ retryCount, trigger }) => retryCount === 0 && ['Schedule', 'CatchUp'].includes(trigger));
  const byDue = groupBy(first, ({ scheduledFor }) => Date.parse(scheduledFor));
  for (const [due, items] of byDue) {
    if (items.length > 1) say(`doubled: ${items.length} first attempts for ${new Date(due).toISOString()}`);
    if ((due - job.created) % second !== 0 || due <= job.created) say(`phantom: ${new Date(due).toISOString()} is no due time`);
  }
  const verdicts = new Map(job.ledger.map((entry) => [Date.parse(entry.due), entry]));
  for (let due = job.created + second; due <= job.until; due += second) {
    const entry = verdicts.get(due);
    const ran = byDue.get(due)?.[0];
    const at = new Date(due).toISOString();
    if (ran && entry?.verdict !== 'Fired') say(`ledger: ${at} ran and the ledger says ${entry?.verdict}`);
    else if (ran && entry.executionId !== ran.id) say(`ledger: ${at} names another execution`);
    else if (!ran && entry?.verdict !== 'Skipped') say(`lost: ${at} neither ran nor was passed over, the ledger says ${entry?.verdict}`);
    else if (!ran && job.fireAll) say(`lost: ${at} was passed over (${entry.reason}) under FireAll`);
  }
}

/** Retries follow one another, each parent has one, and there are no more than the policy allows. */
function checkChains(job, say) {
  const parents = new Set(job.executions.map(({ retryParentId }) => retryParentId));
  const byId = new Map(job.executions.map((execution) => [execution.id, execution]));
  for (const [parent, items] of groupBy(job.executions.filter(({ retryParentId }) => retryParentId), ({ retryParentId }) => retryParentId)) {
    if (items.length > 1) say(`doubled: ${items.length} retries of ${parent}`);
    const before = byId.get(parent);
    if (!before) say(`retry of an execution that is not there: ${parent}`);
    else if (before.status !== 'Failed') say(`retry of one that is ${before.status}: ${parent}`);
    else if (items[0].retryCount !== before.retryCount + 1) say(`retry ${items[0].retryCount} after attempt ${before.retryCount}`);
  }
  for (const { id, status, retryCount, errorType } of job.executions) {
    if (!ends.includes(status)) say(`not ended: ${id} is ${status}`);
    if (retryCount >= job.attempts) say(`attempt ${retryCount + 1} of ${job.attempts}: ${id}`);
    const retried = parents.has(id);
    if (status === 'Failed' && retryCount + 1 < job.attempts && !retried) say(`no retry of ${id}, which failed (${errorType})`);
  }
}

/** What the target saw: no execution twice, none early, none unknown, and what succeeded did arrive. */
function checkCalls(job, calls, say) {
  const byExecution = groupBy(calls, ({ execution }) => execution);
  const known = new Map(job.executions.map((execution) => [execution.id, execution]));
  for (const [id, items] of byExecution) {
    const execution = known.get(id);
    if (!execution) { say(`unknown: the target was called by ${id}, of which there is no record`); continue; }
    if (items.length > 1) say(`doubled: execution ${id} called ${items.length} times`);
    if (items.some(({ at }) => at < Date.parse(execution.scheduledFor))) say(`early: ${id}`);
  }
  for (const { id, status } of job.executions) if (status === 'Succeeded' && !byExecution.has(id)) say(`a success that the target never saw: ${id}`);
  const attempts = groupBy(job.executions, ({ scheduledFor }) => scheduledFor);
  for (const [key, items] of groupBy(calls, (call) => call.key)) {
    const due = new Date(Math.floor(Number(key.slice(job.id.length + 1)) / 1000)).toISOString();
    const allowed = attempts.get(due)?.length ?? 0;
    if (items.length > allowed) say(`doubled: ${key} arrived ${items.length} times in ${allowed} attempts`);
  }
}

export function check({ jobs, calls }) {
  const faults = [];
  const byJob = groupBy(calls, ({ key }) => key.slice(0, 36));
  for (const job of jobs) {
    const say = (text) => faults.push(`${job.id}: ${text}`);
    checkDueTimes(job, say);
    checkChains(job, say);
    checkCalls(job, byJob.get(job.id) ?? [], say);
  }
  return faults;
}
