// GET /metrics: well-formed, true, bounded in its labels, and only for those who may read it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startScheduler, waitFor } from './support/scheduler.mjs';
import { startServer } from './support/server.mjs';

let it;
before(async () => { it = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 9 } }); });
after(() => it?.stop());

const read = async (who = it.server, options = {}) => {
  const answer = await who.request('GET', '/metrics', options);
  assert.equal(answer.status, 200, answer.text);
  return answer.text;
};

/** One `name{label="value",…}`: its labels, or a fault. */
function labelsOf(text) {
  const labels = {};
  let rest = text;
  while (rest !== '') {
    const [all, name, value] = /^([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,(?=.)|$)/.exec(rest) ?? [];
    assert.ok(all !== undefined, `labels: ${text}`);
    assert.ok(!Object.hasOwn(labels, name), `a label twice: ${text}`);
    labels[name] = value;
    rest = rest.slice(all.length);
  }
  return labels;
}

/** The text format 0.0.4, strictly: families by name, each {type, help, samples: [{name, labels, value, key}]}. */
function parse(text) {
  assert.ok(text.endsWith('\n'), 'the last line ends');
  const families = new Map();
  const seen = new Set();
  let family;
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-zA-Z_:][\w:]*) (\S.*)$/.exec(line);
    const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram)$/.exec(line);
    if (help) {
      assert.ok(!families.has(help[1]), `${help[1]} is there twice`);
      family = { name: help[1], help: help[2], samples: [] };
      families.set(family.name, family);
    } else if (type) {
      assert.equal(type[1], family?.name, 'TYPE follows HELP');
      [, , family.type] = type;
    } else {
      const [, name, labels, value] = /^([a-zA-Z_:][\w:]*)(?:\{(.+)\})? (-?\d+(?:\.\d+)?)$/.exec(line) ?? [];
      assert.ok(name, `no sample: ${line}`);
      assert.ok(family.type, `no type: ${line}`);
      const suffix = name.slice(family.name.length);
      assert.ok(name.startsWith(family.name) && (family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']).includes(suffix), `${line} in ${family.name}`);
      const key = `${name}{${labels ?? ''}}`;
      assert.ok(!seen.has(key), `a series twice: ${key}`);
      seen.add(key);
      family.samples.push({ name, suffix, labels: labelsOf(labels ?? ''), value: Number(value), key });
    }
  }
  for (const each of families.values()) checkFamily(each);
  return families;
}

function checkFamily({ name, type, samples }) {
  assert.match(name, /^(alphabet|process)_[a-z_]+$/);
  assert.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`);
  if (type === 'counter') assert.ok(samples.every(({ value }) => value >= 0), name);
  if (type !== 'histogram') return;
  const groups = new Map();
  for (const each of samples) {
    const { le, ...rest } = each.labels;
    const group = JSON.stringify(rest);
    groups.set(group, [...(groups.get(group) ?? []), each]);
  }
  for (const [group, members] of groups) {
    const buckets = members.filter(({ suffix }) => suffix === '_bucket');
    const bounds = buckets.map(({ labels: { le } }) => (le === '+Inf' ? Infinity : Number(le)));
    assert.deepEqual(bounds, [...bounds].sort((a, b) => a - b), `${name} ${group}`);
    assert.equal(bounds.at(-1), Infinity, `${name} ${group}`);
    buckets.forEach(({ value }, i) => assert.ok(i === 0 || value >= buckets[i - 1].value, `${name} ${group} falls`));
    const [sum, count] = ['_sum', '_count'].map((suffix) => members.filter((each) => each.suffix === suffix));
    assert.deepEqual([sum.length, count.length], [1, 1], `${name} ${group}`);
    assert.equal(count[0].value, buckets.at(-1).value, `${name} ${group}`);
  }
}

/** The value of the first series of this name with these labels; undefined when there is none. */
function value(families, name, labels = {}) {
  const { samples } = families.get(name) ?? families.get(name.replace(/_(count|sum)$/, ''));
  return samples.find((each) => each.name === name && Object.entries(labels).every(([key, wanted]) => each.labels[key] === wanted))?.value;
}
const series = (families) => [...families.values()].flatMap(({ samples }) => samples.map(({ key }) => key)).sort();

describe('metrics', { concurrency: false }, () => {

test('the text is well-formed, and says what it is', async () => {
  const answer = await it.server.request('GET', '/metrics');
  assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  const families = parse(answer.text);
  const wanted = {
    alphabet_build_info: 'gauge', alphabet_executions_started_total: 'counter', alphabet_executions_ended_total: 'counter', alphabet_execution_duration_seconds: 'histogram',
    alphabet_execution_lateness_seconds: 'histogram', alphabet_executions: 'gauge', alphabet_executions_unsettled: 'gauge', alphabet_jobs: 'gauge', alphabet_queue_pending: 'gauge',
    alphabet_queue_oldest_wait_seconds: 'gauge', alphabet_workers: 'gauge', alphabet_workers_busy: 'gauge', alphabet_workflow_runs_ended_total: 'counter', alphabet_scheduler_paused: 'gauge', alphabet_store_away: 'gauge', alphabet_store_readable: 'gauge',
    alphabet_store_commit_duration_seconds: 'histogram', alphabet_store_commit_writes: 'histogram', alphabet_store_commits_failed_total: 'counter', alphabet_event_streams: 'gauge',
    alphabet_http_requests_total: 'counter', alphabet_http_request_duration_seconds: 'histogram', process_cpu_seconds_total: 'counter', process_resident_memory_bytes: 'gauge',
    process_virtual_memory_bytes: 'gauge', process_open_fds: 'gauge', process_max_fds: 'gauge', process_threads: 'gauge', process_start_time_seconds: 'gauge',
  };
  assert.deepEqual(Object.fromEntries([...families].map(([name, { type }]) => [name, type])), wanted);
  const { body } = await it.server.request('GET', '/version');
  assert.equal(value(families, 'alphabet_build_info', { version: body.version }), 1);
  assert.equal(value(families, 'alphabet_workers'), 9);
  assert.ok(Math.abs(value(families, 'process_start_time_seconds') - Date.now() / 1000) < 600);
  assert.ok(value(families, 'process_resident_memory_bytes') > 1e6 && value(families, 'process_open_fds') > 3 && value(families, 'process_cpu_seconds_total') > 0);
});

test('what happens is counted', async () => {
  const before = parse(await read());
  const good = await it.create({ jobConfiguration: { url: it.target.url('/slow/30') } });
  const bad = await it.create({ jobConfiguration: { url: it.target.url('/status/500') } });
  const hanging = await it.create({ jobConfiguration: { url: it.target.url('/hang') } });
  for (const job of [good, good, bad]) await it.run(job);
  const cancelled = await it.trigger(hanging);
  await it.ended(cancelled, 'Running');
  const during = parse(await read());
  assert.equal(value(during, 'alphabet_workers_busy'), 1);
  assert.equal(value(during, 'alphabet_executions', { status: 'Running' }), 1);
  await it.expect(200, it.post(`/executions/${cancelled}/cancel`));
  await it.ended(cancelled, 'Cancelled');
  const every = await it.create({ scheduleExpression: '* * * * * *' });
  await it.endedOf(every, 1);
  await it.expect(200, it.post(`/jobs/${every.id}/pause`));
  await it.get('/jobs/not-a-guid');
  const now = parse(await read());
  const grown = (name, labels) => value(now, name, labels) - (value(before, name, labels) ?? 0);
  const scheduled = (await it.executions(every)).length;
  assert.equal(grown('alphabet_executions_ended_total', { job_type: 'HttpCall', status: 'Failed' }), 1);
  assert.equal(grown('alphabet_executions_ended_total', { job_type: 'HttpCall', status: 'Cancelled' }), 1);
  assert.equal(grown('alphabet_executions_ended_total', { job_type: 'HttpCall', status: 'Succeeded' }), 2 + scheduled);
  assert.equal(grown('alphabet_execution_duration_seconds_count', { job_type: 'HttpCall' }), 3 + scheduled);
  assert.ok(grown('alphabet_execution_duration_seconds_sum', { job_type: 'HttpCall' }) >= 0.06);
  assert.equal(grown('alphabet_execution_lateness_seconds_count'), scheduled);
  assert.equal(grown('alphabet_executions_started_total'), 4 + scheduled);
  assert.equal(grown('alphabet_jobs', { status: 'Paused' }), 1);
  assert.equal(grown('alphabet_http_requests_total', { route: '/api/v1/scheduler/jobs', method: 'POST', status: '201' }), 4);
  assert.equal(grown('alphabet_http_requests_total', { route: '/api/v1/scheduler/jobs/{jobId}', method: 'GET', status: '400' }), 1);
  assert.equal(grown('alphabet_http_request_duration_seconds_count', { route: '/api/v1/scheduler/jobs', method: 'POST' }), 4);
  assert.ok(grown('alphabet_store_commit_writes_count') > 0 && grown('alphabet_store_commit_duration_seconds_sum') > 0);
});

test('a queue tells how many wait in it', async () => {
  const small = await startScheduler({ settings: { 'Scheduler:Hangfire:WorkerCount': 1 } });
  try {
    const job = await small.create({ jobConfiguration: { url: small.target.url('/hang') } });
    await small.ended(await small.trigger(job), 'Running');
    for (let i = 0; i < 3; i++) await small.trigger(job, { queue: 'background' });
    const families = await waitFor(async () => {
      const each = parse(await read(small.server));
      return value(each, 'alphabet_queue_oldest_wait_seconds', { queue: 'background' }) > 0 && each;
    }, { what: 'a wait' });
    assert.equal(value(families, 'alphabet_queue_pending', { queue: 'background' }), 3);
    assert.deepEqual(families.get('alphabet_queue_pending').samples.map(({ labels }) => labels.queue), ['critical', 'default', 'background', 'other']);
  } finally {
    await small.stop();
  }
});

test('what people choose makes no new series', async () => {
  const odd = ['"><img src=x>', 'a{b="c"} 1', 'null', 'Ünïcödé 🎉', 'x'.repeat(150)];
  const ask = async (round) => {
    for (const name of odd) await it.create({ name: `${name} ${round}`, tags: [name.slice(0, 20)] });
    for (let i = 0; i < 1000; i += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, k) => it.server.request(['GET', 'POST', 'DELETE'][k % 3], `/${round}/${i + k}/${encodeURIComponent(odd[k % 4])}`)));
    }
    for (const name of odd.slice(0, 4)) await it.get(`/executions?queue=${encodeURIComponent(name)}`);
  };
  await ask('first');
  const before = parse(await read());
  await ask('second');
  const now = parse(await read());
  assert.deepEqual(series(now), series(before));
  assert.equal(value(now, 'alphabet_http_requests_total', { route: 'none', status: '404' }) - value(before, 'alphabet_http_requests_total', { route: 'none', status: '404' }), 1000);
});

test('beyond loopback it takes a token, unless it is set open', async () => {
  const settings = { 'Server:Address': '0.0.0.0', 'Server:AllowPlainHttp': true };
  const closed = await startServer({ settings });
  try {
    const refused = await closed.request('GET', '/metrics');
    assert.deepEqual([refused.status, refused.headers['www-authenticate']], [401, 'Bearer']);
    assert.equal((await closed.request('GET', '/metrics', { token: 'x' })).status, 401);
    parse(await read(closed, { token: await closed.login() }));
  } finally {
    await closed.stop();
  }
  const open = await startServer({ settings: { ...settings, 'Server:OpenMetrics': true } });
  try {
    parse(await read(open));
  } finally {
    await open.stop();
  }
});

});
