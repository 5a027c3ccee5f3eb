// api/openapi.yaml against the server, in both directions: the routes, who may call them, what they answer.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { listen } from './support/events.mjs';
import { resolve, schemaFaults } from './support/schema.mjs';
import { root, startServer, startTarget, waitFor } from './support/server.mjs';

const methods = ['get', 'post', 'put', 'patch', 'delete'];
const roles = ['none', 'Viewer', 'User', 'Admin']; // each includes the ones before it
const V1 = '/api/v1/scheduler';

let server;
let target;
let openapi;
let operations; // by operationId: {id, method, path, role, value, item}
let admin; // a session
const tokens = {}; // by role: a personal access token of an account of that role
const answered = new Map(); // operationId -> statuses that were seen

function operationsOf(description) {
  return new Map(Object.entries(description.paths).flatMap(([route, item]) => methods.filter((method) => item[method]).map((method) => {
    const value = item[method];
    return [value.operationId, { id: value.operationId, method: method.toUpperCase(), path: route, role: value['x-role'], value, item }];
  })));
}

const parametersOf = ({ value, item }) => [...(item.parameters ?? []), ...(value.parameters ?? [])].map((each) => resolve(openapi, each));

/** The answer as the description has it: status, type of the body, the body itself, headers. */
function checkAnswer(operation, answer, { headersToo = true } = {}) {
  const where = `${operation.method} ${operation.path} -> ${answer.status}`;
  const described = operation.value.responses[answer.status];
  assert.ok(described, `${where}: this status is not documented; the answer was ${answer.text.slice(0, 300)}`);
  const { content = {}, headers = {} } = resolve(openapi, described);
  const type = (answer.headers['content-type'] ?? '').split(';')[0];
  if (Object.keys(content).length === 0) {
    assert.equal(answer.text, '', `${where}: no body is documented`);
  } else {
    assert.ok(content[type], `${where}: the type ${type} is not documented`);
    const body = type.endsWith('json') ? answer.body : answer.text;
    assert.deepEqual(schemaFaults(openapi, content[type].schema, body), [], `${where}: ${answer.text.slice(0, 2000)}`);
  }
  if (answer.status >= 400) {
    assert.equal(type, 'application/problem+json', where);
    assert.equal(answer.body.status, answer.status, where);
  }
  for (const [name, header] of headersToo ? Object.entries(headers) : []) {
    const text = answer.headers[name.toLowerCase()];
    const { schema } = resolve(openapi, header);
    assert.ok(text !== undefined, `${where}: the header ${name} is missing`);
    assert.deepEqual(schemaFaults(openapi, schema, schema.type === 'integer' ? Number(text) : text), [], `${where}: ${name}`);
  }
  answered.set(operation.id, (answered.get(operation.id) ?? new Set()).add(answer.status));
  return answer;
}

/** Calls an operation by its id and holds the answer against the description. */
async function call(id, { params = {}, query = '', token = admin, body, headers, ...rest } = {}) {
  const operation = operations.get(id);
  assert.ok(operation, `there is no operation ${id}`);
  const route = operation.path.replace(/\{(\w+)\}/g, (_, name) => params[name] ?? randomUUID());
  const answer = id === 'listEvents' ? await beginningOf(route + query, { token, headers })
    : await server.request(operation.method, route + query, { token, body, headers });
  return checkAnswer(operation, answer, rest);
}

/** The head of an answer that has no end of its own. */
async function beginningOf(route, options) {
  const stream = await listen(server, route, options);
  stream.close();
  return { ...stream.response, text: JSON.stringify(stream.response.body ?? '') };
}

/** The same for a call that must work; its body must be as documented too. */
async function done(id, status, options = {}) {
  const operation = operations.get(id);
  const schema = operation?.value.requestBody?.content['application/json'].schema;
  if (options.body !== undefined) assert.deepEqual(schemaFaults(openapi, schema, JSON.parse(JSON.stringify(options.body))), [], `${id}: the body that is sent`);
  const answer = await call(id, options);
  assert.equal(answer.status, status, `${id}: ${answer.text}`);
  return answer;
}

async function addAccount(role) {
  const email = `${role.toLowerCase()}@example.com`;
  const password = `${randomUUID()}-${role}`;
  const user = await server.request('POST', '/api/v1/admin/users', { token: admin, body: { email, password, roles: [role] } });
  assert.equal(user.status, 201, user.text);
  const session = await server.login(email, password);
  const token = await server.request('POST', '/api/v1/auth/tokens', { token: session, body: { name: role } });
  assert.equal(token.status, 201, token.text);
  tokens[role] = token.body.token;
}

before(async () => {
  target = await startTarget((request, response) => {
    if (request.url === '/slow') return; // never answers
    response.statusCode = request.url === '/fail' ? 500 : 200;
    response.end('done');
  });
  server = await startServer({ settings: { 'Scheduler:Http:AllowPrivateNetworks': true } });
  const description = await server.request('GET', '/openapi.json');
  assert.equal(description.status, 200);
  openapi = description.body;
  operations = operationsOf(openapi);
  admin = await server.login();
  for (const role of roles.slice(1)) await addAccount(role);
});

after(async () => {
  await target?.stop();
  await server?.stop();
});

const httpJob = (more = {}) => ({
  name: 'Call', jobType: 'HttpCall', scheduleType: 'Cron', scheduleExpression: '0 0 1 1 *', jobConfiguration: { url: `${target.url}/ok` },
  retryPolicy: { maxAttempts: 1 }, ...more,
});

async function ended(executionId) {
  return waitFor(async () => {
    const { body } = await call('getExecution', { params: { executionId } });
    return ['Succeeded', 'Failed', 'Cancelled'].includes(body.status) && body;
  }, { what: `the end of execution ${executionId}`, seconds: 20 });
}

// ---- the description and the table of routes

/** The rows of src/api/routes.c: {method, path, role, handler}. */
function routesOf(source) {
  const macros = Object.fromEntries([...source.matchAll(/^#define (\w+) "([^"]*)"$/gm)].map(([, name, text]) => [name, text]));
  const table = /static const struct http_route table\[\] = \{\n([\s\S]*?)\n\};/.exec(source)[1].replace(/\s+/g, ' ');
  const route = '((?:\\w+ )?)"([^"]*)"';
  const rows = [];
  const add = (method, prefix, rest, role, handler) => rows.push({
    method, path: (macros[prefix.trim()] ?? '') + rest, role: role === 'API_OPEN' ? 'none' : role[5] + role.slice(6).toLowerCase(), handler,
  });
  for (const [, prefix, rest, role, handler] of table.matchAll(new RegExp(`\\b(?:SLOW_)?READ\\(${route}, (\\w+), (\\w+)\\)`, 'g'))) add('GET', prefix, rest, role, handler);
  for (const [, prefix, rest, role, handler] of table.matchAll(new RegExp(`\\bHASHES\\(${route}, (\\w+), (\\w+)\\)`, 'g'))) add('POST', prefix, rest, role, handler);
  for (const [, method, prefix, rest, role, handler] of table.matchAll(new RegExp(`\\bWRITE\\w*\\(HTTP_(\\w+), ${route}, (\\w+), (\\w+)\\)`, 'g'))) add(method, prefix, rest, role, handler);
  for (const [, method, prefix, rest, handler, role] of table.matchAll(new RegExp(`\\{HTTP_(\\w+), ${route}, (\\w+), [\\w |]+, (\\w+), \\w+\\}`, 'g'))) add(method, prefix, rest, role, handler);
  return rows;
}

const line = ({ method, path: route, role }) => `${method} ${route} ${role}`;

test('every route of the server is described with its role, and nothing else is', () => {
  const routes = routesOf(fs.readFileSync(path.join(root, 'src/api/routes.c'), 'utf8'));
  // The handlers are declared elsewhere: when the table is written in a way that is not read here, one is missed.
  const declared = [...fs.readFileSync(path.join(root, 'src/api/context.h'), 'utf8').matchAll(/^http_handler ([^;]*);/gm)].flatMap(([, names]) => names.split(/,\s*/));
  assert.deepEqual(routes.map(({ handler }) => handler).sort(), declared.sort());
  assert.deepEqual([...operations.values()].map(line).sort(), routes.map(line).sort());
});

test('the file that is served is the file of the checkout', () => {
  const source = fs.readFileSync(path.join(root, 'api/openapi.yaml'), 'utf8');
  const ids = [...source.matchAll(/^ {6}operationId: (\w+)$/gm)].map(([, id]) => id);
  assert.deepEqual([...operations.keys()].sort(), ids.sort());
  assert.ok(source.includes(`\n  version: ${openapi.info.version}\n`));
});

test('each operation says what it is, who may call it, and which problems it has', () => {
  const tags = openapi.tags.map(({ name }) => name);
  for (const [id, { value, method, path: route, role }] of operations) {
    assert.ok(value.summary && value.description, `${id}: summary and description`);
    assert.ok(value.tags.length === 1 && tags.includes(value.tags[0]), `${id}: a tag`);
    assert.ok(roles.includes(role), `${id}: x-role ${role}`);
    assert.deepEqual(value.security, role === 'none' ? [] : undefined, `${id}: security`);
    const inPath = parametersOf(operations.get(id)).filter((each) => each.in === 'path').map(({ name }) => name);
    assert.deepEqual(inPath, [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name), `${method} ${route}: path parameters`);
    for (const status of ['429', '503', 'default']) assert.ok(value.responses[status], `${id}: ${status}`);
    assert.equal(value.responses['401'] !== undefined, role !== 'none' || ['login', 'refreshToken', 'getMetrics'].includes(id), `${id}: 401`);
    assert.equal(value.responses['403'] !== undefined, ['User', 'Admin'].includes(role) || ['createToken', 'login'].includes(id), `${id}: 403`);
    if (value.requestBody) for (const status of ['400', '413', '415']) assert.ok(value.responses[status] || id === 'logout', `${id}: ${status}`);
  }
});

test('every example fits its schema', () => {
  let count = 0;
  const holds = (schema, value, where) => {
    count++;
    assert.deepEqual(schemaFaults(openapi, schema, value), [], where);
  };
  for (const [id, { value }] of operations) {
    for (const [name, example] of Object.entries(value.requestBody?.content['application/json'].examples ?? {})) {
      holds(value.requestBody.content['application/json'].schema, example.value, `${id}: ${name}`);
    }
    for (const each of parametersOf(operations.get(id))) for (const example of each.schema.examples ?? []) holds(each.schema, example, `${id}: ${each.name}`);
  }
  for (const [name, schema] of Object.entries(openapi.components.schemas)) for (const example of schema.examples ?? []) holds(schema, example, name);
  assert.ok(count > 10);
});

test('a fault in a value is found by the check of schemas', () => {
  const job = (more) => schemaFaults(openapi, { $ref: '#/components/schemas/JobWrite' }, { ...httpJob(), ...more });
  assert.deepEqual(job({}), []);
  assert.match(job({ name: '' })[0], /^\/name: is shorter/);
  assert.match(job({ name: undefined })[0], /name/);
  assert.match(job({ nmae: 'x' })[0], /nmae is not in the description/);
  assert.match(job({ jobType: 'Fax' })[0], /^\/jobType: must be one of/);
  assert.match(job({ timeoutSeconds: 86401 })[0], /^\/timeoutSeconds: 86401 is more/);
  assert.match(job({ startAt: 'tomorrow' })[0], /^\/startAt: "tomorrow" is no date-time/);
  assert.match(job({ exclusions: 3 })[0], /fits none/);
  assert.throws(() => schemaFaults(openapi, { unevaluatedItems: false }, []), /not known/);
});

// ---- who may call what

test('each operation is open to the roles it says, and to no other', async () => {
  for (const operation of operations.values()) {
    for (const role of roles) {
      const body = operation.value.requestBody?.required ? {} : undefined;
      const answer = await call(operation.id, { token: tokens[role] ?? null, body });
      const where = `${operation.method} ${operation.path} as ${role}: ${answer.status} ${answer.text}`;
      if (roles.indexOf(role) >= roles.indexOf(operation.role)) assert.ok(![401, 403].includes(answer.status), where);
      else assert.equal(answer.status, role === 'none' ? 401 : 403, where);
    }
  }
});

test('a token that is not one is a 401 everywhere but where none is needed', async () => {
  for (const operation of operations.values()) {
    const answer = await call(operation.id, { token: 'not.a.token', body: operation.value.requestBody?.required ? {} : undefined });
    assert.equal(answer.status === 401, operation.role !== 'none', `${operation.method} ${operation.path}`);
  }
});

// ---- what they answer

test('jobs: create, read, list, change, delete', async () => {
  admin = await server.login(); // the roles' test has signed everybody out
  const created = await done('createJob', 201, { body: httpJob({ tags: ['a'], description: 'x' }) });
  const jobId = created.body.id;
  assert.equal(created.headers.location, `${V1}/jobs/${jobId}`);
  const params = { jobId };
  await done('createJob', 201, { body: httpJob({ scheduleType: 2, scheduleExpression: undefined, intervalSeconds: 86400, jobType: 1, misfirePolicy: 3, concurrencyPolicy: 4, dstPolicy: { gap: 2, overlap: 4 }, retryPolicy: { maxRetryAttempts: 2, retryBackoffType: 3, retryOnExceptions: ['System.TimeoutException'] } }) });
  await done('createJob', 201, { body: httpJob({ scheduleType: 'OneTime', scheduleExpression: null, runAt: '2090-01-01T00:00:00+02:00', exclusions: { excludedDaysOfWeek: ['Monday', 2] }, endAt: '2091-01-01T00:00:00Z' }) });
  const shown = await done('getJob', 200, { params });
  assert.deepEqual(shown.body, created.body);
  assert.equal((await done('listJobs', 200, { query: '?pageSize=2&sortBy=name&sortDirection=desc' })).body.items.length, 2);
  const filtered = await done('listJobs', 200, { query: '?jobType=HttpCall&status=active&tag=a&search=cal&queue=default&createdBy=admin%40alphabet.local' });
  assert.equal(filtered.body.totalCount, 1);
  const changed = await done('updateJob', 200, { params, body: { timeoutSeconds: 60 }, headers: { 'If-Match': shown.headers.etag } });
  assert.equal(changed.body.timeoutSeconds, 60);
  assert.equal((await call('updateJob', { params, body: { timeoutSeconds: 61 }, headers: { 'If-Match': shown.headers.etag } })).status, 412);
  await done('updateJob', 200, { params, body: changed.body }); // what was read can be sent back
  await done('rescheduleJob', 200, { params, body: { scheduleType: 'Interval', intervalSeconds: 3600, effectiveFrom: '2030-01-01T00:00:00Z' } });
  await done('pauseJob', 200, { params, body: { until: '2090-01-01T00:00:00Z' } });
  await done('pauseJob', 200, { params });
  await done('resumeJob', 200, { params });
  assert.deepEqual((await done('getExclusions', 200, { params })).body, {});
  await done('setExclusions', 200, { params, body: { excludedDates: ['2030-12-25'], excludedDaysOfWeek: ['Saturday'], timeRange: { start: '22:00', end: '06:00' } } });
  assert.equal((await done('getExclusions', 200, { params })).body.timeRange.start.slice(0, 5), '22:00');
  assert.deepEqual((await done('clearExclusions', 200, { params })).body, {});
  const { body: first } = await done('createJob', 201, { body: httpJob() });
  await done('setDependencies', 200, { params, body: { dependsOnJobIds: [first.id], condition: 'anySucceeded' } });
  assert.equal((await done('getDependencies', 200, { params })).body.jobs[0].jobId, first.id);
  await done('updateJob', 200, { params, body: (await done('getJob', 200, { params })).body });
  assert.deepEqual((await done('clearDependencies', 200, { params })).body.dependsOnJobIds, []);
  await done('previewJob', 200, { body: { job: httpJob({ scheduleExpression: '0 * * * *' }), from: '2030-01-01T00:00:00Z', to: '2030-01-01T05:00:00Z' } });
  await done('listUpcoming', 200, { params, query: '?count=3' });
  assert.ok((await done('listJobHistory', 200, { params, query: '?pageSize=200' })).body.totalCount >= 5);
  await done('deleteJob', 204, { params });
  assert.equal((await call('getJob', { params })).status, 404);
  await done('deleteJob', 204, { params, query: '?hardDelete=true' });
  assert.equal((await call('deleteJob', { params, query: '?hardDelete=true' })).status, 404);
});

test('runs: trigger, output, retry, cancel, the ledger, backfill', async () => {
  const { body: job } = await done('createJob', 201, { body: httpJob() });
  const params = { jobId: job.id };
  const triggered = await done('triggerJob', 202, { params, body: { parameters: { a: 1 }, queue: 'critical' } });
  assert.equal(triggered.headers.location, `${V1}/executions/${triggered.body}`);
  const execution = await ended(triggered.body);
  assert.equal(execution.status, 'Succeeded');
  assert.equal(execution.output, 'done');
  assert.equal((await done('getExecutionOutput', 200, { params: { executionId: execution.id } })).text, 'done');
  const stream = await done('getExecutionOutput', 200, { params: { executionId: execution.id }, headers: { Accept: 'text/event-stream' } });
  assert.match(stream.text, /event: output\ndata: "done"\n[\s\S]*event: end\ndata: "Succeeded"\n/);
  assert.equal((await call('cancelExecution', { params: { executionId: execution.id } })).status, 409);
  const again = await done('retryExecution', 202, { params: { executionId: execution.id } });
  assert.equal((await ended(again.body)).retryParentId, execution.id);
  assert.equal((await done('listJobExecutions', 200, { params, query: '?status=succeeded&fromDate=2020-01-01T00:00:00Z&toDate=2090-01-01T00:00:00Z' })).body.totalCount, 2);
  assert.equal((await done('listExecutions', 200, { query: `?jobId=${job.id}&queue=critical&status=3&pageSize=1` })).body.items.length, 1);
  await done('getStats', 200);
  await done('getForecast', 200, { query: '?hours=2&bucketMinutes=30' });
  await done('getTimeline', 200, { query: '?hours=1&bucketMinutes=10' });

  const slow = (await done('createJob', 201, { body: httpJob({ jobConfiguration: { url: `${target.url}/slow` } }) })).body;
  const { body: executionId } = await done('triggerJob', 202, { params: { jobId: slow.id } });
  await waitFor(async () => (await call('getExecution', { params: { executionId } })).body.status === 'Running', { what: 'a running execution' });
  assert.equal((await call('retryExecution', { params: { executionId } })).status, 409);
  await done('cancelExecution', 200, { params: { executionId } });
  assert.equal((await ended(executionId)).status, 'Cancelled');

  const failing = (await done('createJob', 201, { body: httpJob({ jobConfiguration: { url: `${target.url}/fail` } }) })).body;
  const failed = await ended((await done('triggerJob', 202, { params: { jobId: failing.id } })).body);
  assert.equal(failed.errorType, 'HttpStatus');
  assert.deepEqual((await done('listFailedJobs', 200, { query: '?threshold=1' })).body.map(({ id }) => id), [failing.id]);

  const hourly = (await done('createJob', 201, { body: httpJob({ scheduleExpression: '0 * * * *' }) })).body;
  const range = { fromDate: '2026-01-02T00:30:00Z', toDate: '2026-01-02T03:30:00Z' };
  assert.equal((await done('backfillJob', 202, { params: { jobId: hourly.id }, body: range })).body.count, 3);
  assert.equal((await done('backfillJob', 202, { params: { jobId: hourly.id }, body: range })).body.count, 0);
  const later = `?fromDate=${new Date().toISOString()}&toDate=${new Date(Date.now() + 7_200_000).toISOString()}`;
  assert.ok((await done('listOccurrences', 200, { params: { jobId: hourly.id }, query: later })).body.totalCount >= 1);
  await done('listOccurrences', 200, { params: { jobId: hourly.id }, query: `?fromDate=${range.fromDate}&toDate=${range.toDate}` });
});

test('workflows: create, read, list, change, run, cancel, retry, delete', async () => {
  const { body: ok } = await done('createJob', 201, { body: httpJob() });
  const { body: slow } = await done('createJob', 201, { body: httpJob({ jobConfiguration: { url: `${target.url}/slow` } }) });
  const jobs = [{ jobId: ok.id, onFailure: 2 }, { jobId: slow.id, dependsOn: [ok.id] }];
  const schedule = { scheduleType: 'Cron', scheduleExpression: '0 3 1 1 *', concurrencyPolicy: 'Skip', exclusions: { excludedDates: ['2030-12-25'] } };
  const created = await done('createWorkflow', 200, { body: { name: 'Two', jobs, schedule } });
  const params = { workflowId: created.body };
  assert.equal(created.headers.location, `${V1}/workflows/${created.body}`);
  const shown = await done('getWorkflow', 200, { params });
  assert.equal((await done('listWorkflows', 200, { query: `?search=two&jobId=${ok.id}` })).body.totalCount, 1);
  await done('updateWorkflow', 200, { params, body: shown.body, headers: { 'If-Match': shown.headers.etag } });
  assert.equal((await call('updateWorkflow', { params, body: { name: 'x' }, headers: { 'If-Match': shown.headers.etag } })).status, 412);
  assert.equal((await call('createWorkflow', { body: { name: 'x', jobs: [{ jobId: randomUUID() }] } })).status, 400);
  assert.equal((await call('deleteJob', { params: { jobId: ok.id } })).status, 409);
  const triggered = await done('triggerWorkflow', 202, { params, body: { parameters: { a: 1 } } });
  assert.equal(triggered.headers.location, `${V1}/workflows/runs/${triggered.body}`);
  const run = { runId: triggered.body };
  const inState = (...wanted) => waitFor(async () => {
    const { body } = await done('getWorkflowRun', 200, { params: run });
    return wanted.includes(body.status) && body;
  }, { what: `the run to be ${wanted}`, seconds: 20 });
  assert.equal((await call('retryWorkflowRun', { params: run })).status, 409);
  await done('cancelWorkflowRun', 200, { params: run });
  await inState('Cancelled');
  assert.equal((await call('cancelWorkflowRun', { params: run })).status, 409);
  assert.equal((await done('retryWorkflowRun', 200, { params: run, body: {} })).body.retryCount, 1);
  await done('cancelWorkflowRun', 200, { params: run });
  await inState('Cancelled');
  assert.equal((await done('listWorkflowRuns', 200, { params, query: '?status=cancelled' })).body.totalCount, 1);
  await done('deleteWorkflow', 204, { params });
  assert.equal((await call('getWorkflow', { params })).status, 404);
  await done('getWorkflowRun', 200, { params: run });
});

test('events: a stream that begins with how things stand', async () => {
  await done('listEvents', 200);
  const stream = await listen(server, operations.get('listEvents').path, { token: tokens.Viewer });
  assert.equal((await stream.next('hello')).data.isPaused, false);
  stream.close();
});

test('cron: in words, in times, and what is wrong', async () => {
  const right = await done('explainCron', 200, { body: { expression: '30 2 * * *', timezone: 'Europe/Berlin', from: '2026-03-27T00:00:00Z', count: 3 } });
  assert.equal(right.body.next.filter(({ adjusted }) => adjusted).length, 1);
  assert.equal((await done('explainCron', 200, { body: { expression: '60 * * * *' } })).body.valid, false);
});

test('signing in: login, refresh, who am I, tokens, logout', async () => {
  const body = { email: server.email, password: server.password };
  const { body: pair } = await done('login', 200, { body, token: null });
  const { body: next } = await done('refreshToken', 200, { body: { refreshToken: pair.refreshToken }, token: null });
  assert.equal((await call('refreshToken', { body: { refreshToken: pair.refreshToken }, token: null })).status, 401);
  assert.deepEqual((await done('getMe', 200, { token: next.accessToken })).body.roles, ['Admin']);
  assert.equal((await call('login', { body: { ...body, password: 'not the password' }, token: null })).status, 401);
  const made = (await done('createToken', 201, { body: { name: 'script', role: 'Viewer', expiresAt: '2090-01-01T00:00:00Z' } })).body;
  assert.equal((await done('getMe', 200, { token: made.token })).body.isPersonalToken, true);
  assert.equal((await call('createToken', { token: tokens.Viewer, body: { name: 'more', role: 'Admin' } })).status, 403);
  assert.ok((await done('listTokens', 200)).body.some(({ id }) => id === made.id));
  await done('revokeToken', 204, { params: { tokenId: made.id } });
  assert.equal((await call('getMe', { token: made.token })).status, 401);
  await done('logout', 204, { token: next.accessToken });
  assert.equal((await call('getMe', { token: next.accessToken })).status, 401);
  admin = await server.login();
});

test('users: add, show, list, lock, unlock, password, roles, delete', async () => {
  const body = { email: 'Somebody@example.com', password: 'a password long enough', roles: ['viewer'] };
  const created = await done('createUser', 201, { body });
  const params = { userId: created.body.id };
  assert.equal(created.headers.location, `/api/v1/admin/users/${created.body.id}`);
  assert.equal((await call('createUser', { body })).status, 409);
  assert.deepEqual((await done('getUser', 200, { params })).body, created.body);
  assert.ok((await done('listUsers', 200, { query: '?pageSize=200' })).body.totalCount >= 5);
  assert.equal((await done('lockUser', 200, { params })).body.isLocked, true);
  assert.equal((await done('unlockUser', 200, { params })).body.isLocked, false);
  await done('resetPassword', 204, { params, body: { password: 'another long password' } });
  await server.login('somebody@example.com', 'another long password');
  assert.deepEqual((await done('setRoles', 200, { params, body: { roles: ['User', 'Viewer'] } })).body.roles, ['User']);
  await done('deleteUser', 204, { params });
  assert.equal((await call('getUser', { params })).status, 404);
});

test('every example of a request works as it stands', async () => {
  const { body: job } = await done('createJob', 201, { body: httpJob() });
  const { body: other } = await done('createJob', 201, { body: httpJob() });
  for (const [id, { value }] of operations) {
    if (id === 'login') continue; // its password is an example
    for (const { value: body } of Object.values(value.requestBody?.content['application/json'].examples ?? {})) {
      if (id === 'setDependencies') body.dependsOnJobIds = [other.id]; // that of the example is a job of another server
      const answer = await done(id, Number(Object.keys(value.responses)[0]), { params: { jobId: job.id }, body });
      if (id === 'previewJob') assert.equal(answer.body.count, 5); // from Friday to Thursday, without the weekend
      if (id === 'explainCron') assert.equal(answer.body.next.length, 3);
    }
  }
  const [right, wrong] = openapi.components.schemas.CronAnswer.examples;
  const question = { expression: '30 2 * * MON-FRI', timezone: 'Europe/Berlin', from: '2026-03-28T00:00:00Z', count: 1 };
  assert.deepEqual((await done('explainCron', 200, { body: question })).body, right);
  assert.deepEqual((await done('explainCron', 200, { body: { expression: '60 * * * *' } })).body, wrong);
  const problem = await call('createJob', { body: httpJob({ scheduleType: 'Interval', scheduleExpression: undefined, intervalSeconds: -1, jobConfiguration: { url: 'reports' } }) });
  const [example] = openapi.components.schemas.Problem.examples;
  assert.deepEqual({ ...problem.body, traceId: '' }, { ...example, traceId: '' });
});

test('administration: pause, resume, clear, export, import, audit, nodes, queues', async () => {
  const paused = await done('pauseAll', 200, { body: { cancelRunning: true, reason: 'test' } });
  assert.deepEqual((await done('pauseAll', 200)).body, { ...paused.body, cancelled: 0 });
  await done('resumeAll', 200, { body: {} });
  assert.equal((await done('clearLogs', 200, { body: { olderThanDays: 1 } })).body, 0);
  assert.equal((await done('clearLogs', 200, { query: '?olderThanDays=1' })).body, 0);
  const exported = await done('exportJobs', 200);
  const body = { jsonPayload: exported.text, onConflict: 'Replace', partial: false, dryRun: false };
  assert.equal((await done('importJobs', 200, { body })).body, exported.body.jobs.length);
  assert.equal((await done('importJobs', 200, { body: { jsonPayload: exported.body, onConflict: 'skip' } })).body, 0);
  assert.equal((await done('importJobs', 200, { body: { jsonPayload: [httpJob()] } })).body, 1);
  await done('listAudit', 200, { query: '?actor=admin%40alphabet.local&action=job.&pageSize=200&fromDate=2020-01-01T00:00:00Z' });
  assert.equal((await done('verifyAudit', 200)).body.valid, true);
  const [node] = (await done('listNodes', 200)).body;
  assert.equal(node.isAlive, true);
  assert.deepEqual((await done('listQueues', 200)).body.map(({ name }) => name), ['critical', 'default', 'background']);
});

test('service: up, ready, version, this description, its page', async () => {
  for (const id of ['getHealth', 'getReadiness', 'getVersion', 'getMetrics', 'getOpenApi', 'getDocs']) await done(id, 200, { token: null });
  assert.equal((await done('getVersion', 200)).body.version, openapi.info.version);
});

test('each operation was seen to work as described', () => {
  for (const [id, { value }] of operations) {
    for (const status of Object.keys(value.responses).filter((each) => each.startsWith('2'))) {
      assert.ok(answered.get(id)?.has(Number(status)), `${id} was never seen to answer ${status}`);
    }
  }
});

// ---- problems

test('a body that is not JSON, malformed, too large or unknown is a problem of that kind', async () => {
  for (const [id, { value }] of operations) {
    if (!value.requestBody) continue;
    const wrong = await call(id, { body: 'x=1', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
    assert.equal(wrong.status, 415, id);
    const tooLarge = id === 'importJobs' ? 400 : 413; // it takes 64 MiB
    assert.equal((await call(id, { body: 'x'.repeat((1 << 20) + 1) })).status, tooLarge, id);
    if (id === 'logout' || id.endsWith('lockUser')) continue; // nothing in it matters
    const malformed = await call(id, { body: '{"a":1,' });
    assert.ok([400, 404].includes(malformed.status), `${id}: ${malformed.status}`);
  }
  const unknown = await call('createJob', { body: httpJob({ nmae: 'x', jobConfiguration: { url: 'ftp://example.com/' }, timeoutSeconds: 0 }) });
  assert.equal(unknown.status, 400);
  assert.deepEqual(Object.keys(unknown.body.errors).sort(), ['jobConfiguration.url', 'nmae', 'timeoutSeconds']);
});

test('an Idempotency-Key gives the first answer again, and a 409 to another body', async () => {
  const headers = { 'Idempotency-Key': randomUUID() };
  const first = await done('createJob', 201, { body: httpJob(), headers });
  const second = await done('createJob', 201, { body: httpJob(), headers, headersToo: false });
  assert.equal(second.body.id, first.body.id);
  assert.equal(second.headers.location, first.headers.location);
  assert.equal((await call('createJob', { body: httpJob({ name: 'Another' }), headers })).status, 409);
});

test('the query parameters that are described are those that the server knows', async () => {
  const { body: job } = await done('createJob', 201, { body: httpJob() });
  for (const operation of operations.values()) {
    const described = parametersOf(operation).filter((each) => each.in === 'query');
    if (described.length === 0 || operation.method === 'POST') continue;
    const answer = await call(operation.id, { params: { jobId: job.id }, query: '?nonsense=1' });
    assert.equal(answer.status, 400, operation.id);
    const [message] = answer.body.errors.nonsense;
    const known = message.replace(/^.*there are: /, '').split(', ');
    assert.deepEqual(known.sort(), described.map(({ name }) => name).sort(), operation.id);
    for (const { name, schema } of described) {
      const { minimum, maximum } = schema;
      for (const value of [minimum === undefined ? undefined : minimum - 1, maximum === undefined ? undefined : maximum + 1]) {
        if (value === undefined) continue;
        const outside = await call(operation.id, { params: { jobId: job.id }, query: `?${name}=${value}` });
        assert.deepEqual([outside.status, Object.keys(outside.body.errors ?? {})], [400, [name]], `${operation.id}: ${name}=${value}`);
      }
    }
  }
});

test('another method is a 405 that names those there are', async () => {
  for (const [route, item] of Object.entries(openapi.paths)) {
    const known = methods.filter((method) => item[method]).map((method) => method.toUpperCase());
    const allowed = [...known, ...(known.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
    const target = route.replace(/\{\w+\}/g, () => randomUUID());
    for (const method of methods.map((each) => each.toUpperCase()).filter((each) => !known.includes(each))) {
      const answer = await server.request(method, target, { token: admin });
      assert.equal(answer.status, 405, `${method} ${route}`);
      assert.deepEqual(answer.headers.allow.split(', ').sort(), allowed.sort(), `${method} ${route}`);
      assert.deepEqual(schemaFaults(openapi, { $ref: '#/components/schemas/Problem' }, answer.body), []);
    }
  }
});

test('what does not exist is a 404, and a GUID that is none a 400', async () => {
  const nothing = await server.request('GET', '/api/v1/nothing', { token: admin });
  assert.equal(nothing.status, 404);
  assert.deepEqual(schemaFaults(openapi, { $ref: '#/components/schemas/Problem' }, nothing.body), []);
  for (const [id, operation] of operations) {
    const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    if (names.length === 0) continue;
    const answer = await call(id, { params: Object.fromEntries(names.map((name) => [name, 'x'])), body: operation.value.requestBody?.required ? {} : undefined });
    assert.equal(answer.status, 400, `${id}: ${answer.text}`);
  }
});

test('too many requests are a 429 that says how long to wait', async () => {
  const limited = await startServer({ settings: { 'Server:RateLimitPerMinute': 30 } });
  try {
    const answer = await waitFor(async () => {
      const each = await limited.request('GET', '/healthz');
      return each.status !== 200 && each;
    }, { what: 'a 429', every: 0 });
    assert.equal(answer.status, 429);
    checkAnswer(operations.get('getHealth'), answer);
  } finally {
    await limited.stop();
  }
});

// ---- the page

test('the page holds every operation, no script, and the one style that its policy names', async () => {
  const { text, headers } = await server.request('GET', '/docs');
  const style = /<style>([\s\S]*?)<\/style>/.exec(text)[1];
  const hash = createHash('sha256').update(style).digest('base64');
  assert.equal(headers['content-security-policy'],
    `default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`);
  assert.doesNotMatch(text.replace(style, ''), /<script|<style>[^<]|\sstyle=|\son\w+=|javascript:|<img|<link|https?:\/\/[^<]*"/i);
  const ids = [...text.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
  assert.deepEqual(ids.filter((id, index) => ids.indexOf(id) !== index), [], 'no id is there twice');
  for (const [, to] of text.matchAll(/\shref="#([^"]*)"/g)) assert.ok(ids.includes(to), `#${to} leads nowhere`);
  for (const id of operations.keys()) assert.ok(ids.includes(id), id);
  assert.match(text, /<html lang="en">[\s\S]*<meta name="viewport"/);
});
