// Requests that are wrong, each in one way: the status, the fields that `errors` names, and that nothing has changed.
// To add one: a row in the table where it belongs. $JOB, $EXECUTION, $USER stand for ids of what is there.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { slow, startScheduler, V1 } from './support/scheduler.mjs';

const JOB = '/jobs/$JOB';
const EXECUTION = '/executions/$EXECUTION';
const USERS = '/api/v1/admin/users';
const AUTH = '/api/v1/auth';
const absent = '01977f5e-7c1a-7b3e-9d55-0242ac120002';
const long = (length, text = 'x') => text.repeat(length);
const deep = (levels) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** Rows of POST /jobs: [what, the fields that are wrong, the keys of `errors`]. undefined takes a field away. */
const jobs = [
  // names and texts
  ['no name', { name: undefined }, ['name']], ['name null', { name: null }, ['name']], ['name empty', { name: '' }, ['name']], ['name blank', { name: '   ' }, ['name']], ['name too long', { name: long(201) }, ['name']],
  ['name too long in other letters', { name: long(201, 'ü') }, ['name']], ['name a number', { name: 7 }, ['name']], ['name a list', { name: ['x'] }, ['name']], ['name with a line break', { name: 'a\nb' }, ['name']], ['name with a control character', { name: 'a\u0085b' }, ['name']],
  ['description too long', { description: long(2001) }, ['description']], ['description no text', { description: {} }, ['description']], ['createdBy too long', { createdBy: long(300) }, ['createdBy']], ['createdBy a flag', { createdBy: true }, ['createdBy']],
  // unknown and misplaced fields
  ['unknown field', { colour: 'red' }, ['colour']], ['a slip of the pen', { scheduleExpresion: 'x' }, ['scheduleExpresion']], ['another case', { Name: 'x' }, ['Name']], ['two unknown fields', { a: 1, b: 2 }, ['a', 'b']], ['a field of the engine', { runCount: 3 }, ['runCount']],
  ['__proto__', JSON.parse('{"__proto__": {"a": 1}}'), ['__proto__']], ['an empty field name', { '': 1 }, ['']], ['dependencies', { dependencies: { dependsOnJobIds: [absent], condition: 'AllSucceeded' } }, ['dependencies.dependsOnJobIds[0]']], ['dependencies a text', { dependencies: 'all' }, ['dependencies']], ['a group without a limit', { concurrencyGroup: 'g' }, ['concurrencyGroupLimit']], ['a limit without a group', { concurrencyGroupLimit: 3 }, ['concurrencyGroupLimit']],
  // choices
  ['no jobType', { jobType: undefined }, ['jobType']], ['jobType unknown', { jobType: 'Fax' }, ['jobType']], ['jobType 0', { jobType: 0 }, ['jobType']], ['jobType 99', { jobType: 99 }, ['jobType']], ['jobType 1.5', { jobType: 1.5 }, ['jobType']], ['jobType a list', { jobType: ['HttpCall'] }, ['jobType']],
  ['no scheduleType', { scheduleType: undefined }, ['scheduleType']], ['scheduleType unknown', { scheduleType: 'Sometimes' }, ['scheduleType']], ['scheduleType -1', { scheduleType: -1 }, ['scheduleType']], ['concurrencyPolicy', { concurrencyPolicy: 'Fork' }, ['concurrencyPolicy']],
  ['misfirePolicy', { misfirePolicy: 9 }, ['misfirePolicy']], ['dstPolicy a text', { dstPolicy: 'Skip' }, ['dstPolicy']], ['dstPolicy.gap', { dstPolicy: { gap: 'Jump' } }, ['dstPolicy.gap']], ['dstPolicy.overlap', { dstPolicy: { overlap: 0 } }, ['dstPolicy.overlap']], ['dstPolicy unknown', { dstPolicy: { hole: 1 } }, ['dstPolicy.hole']],
  ['isEnabled a text', { isEnabled: 'yes' }, ['isEnabled']], ['isPaused a number', { isPaused: 1 }, ['isPaused']],
  // numbers
  ['timeoutSeconds 0', { timeoutSeconds: 0 }, ['timeoutSeconds']], ['timeoutSeconds too large', { timeoutSeconds: 86401 }, ['timeoutSeconds']], ['timeoutSeconds a fraction', { timeoutSeconds: 1.5 }, ['timeoutSeconds']], ['timeoutSeconds a text', { timeoutSeconds: '60' }, ['timeoutSeconds']], ['timeoutSeconds huge', { timeoutSeconds: 1e300 }, ['timeoutSeconds']],
  ['maxRuns negative', { maxRuns: -1 }, ['maxRuns']], ['maxRuns too large', { maxRuns: 1_000_000_001 }, ['maxRuns']], ['jitterSeconds negative', { jitterSeconds: -1 }, ['jitterSeconds']], ['jitterSeconds too large', { jitterSeconds: 86_401 }, ['jitterSeconds']],
  // tags and queue
  ['tags no list', { tags: 'a' }, ['tags']], ['too many tags', { tags: Array.from({ length: 51 }, (_, i) => `t${i}`) }, ['tags']], ['an empty tag', { tags: ['a', ''] }, ['tags[1]']], ['a tag too long', { tags: [long(101)] }, ['tags[0]']], ['a tag null', { tags: [null] }, ['tags[0]']], ['a tag with a line break', { tags: ['a\nb'] }, ['tags[0]']],
  ['queue unknown', { queue: 'express' }, ['queue']], ['queue malformed', { queue: 'a b' }, ['queue']], ['queue too long', { queue: long(51) }, ['queue']], ['queue a number', { queue: 3 }, ['queue']],
  // schedules
  ['no pattern', { scheduleExpression: undefined }, ['scheduleExpression']], ['pattern empty', { scheduleExpression: '' }, ['scheduleExpression']], ['pattern a number', { scheduleExpression: 5 }, ['scheduleExpression']], ['pattern too long', { scheduleExpression: `${long(150, '1,')}1 * * * *` }, ['scheduleExpression']],
  ['zone unknown', { timezone: 'Mars/Olympus' }, ['timezone']], ['zone a path', { timezone: '../../etc/passwd' }, ['timezone']], ['zone absolute', { timezone: '/etc/localtime' }, ['timezone']], ['zone too long', { timezone: long(65) }, ['timezone']], ['zone a number', { timezone: 2 }, ['timezone']], ['zone an offset', { timezone: '+02:00' }, ['timezone']],
  ['an interval with a pattern', { scheduleType: 'Interval', intervalSeconds: 60, scheduleExpression: '* * * * *' }, ['scheduleExpression']], ['a pattern with an interval', { intervalSeconds: 60 }, ['intervalSeconds']], ['a pattern with runAt', { runAt: '2030-01-01T00:00:00Z' }, ['runAt']], ['a pattern with a mode', { intervalMode: 'FixedDelay' }, ['intervalMode']],
  ['no interval', { scheduleType: 'Interval', scheduleExpression: undefined }, ['intervalSeconds']], ['interval 0', { scheduleType: 'Interval', scheduleExpression: undefined, intervalSeconds: 0 }, ['intervalSeconds']], ['interval too long', { scheduleType: 'Interval', scheduleExpression: undefined, intervalSeconds: 31_536_001 }, ['intervalSeconds']],
  ['interval a fraction', { scheduleType: 'Interval', scheduleExpression: undefined, intervalSeconds: 0.5 }, ['intervalSeconds']], ['intervalMode', { scheduleType: 'Interval', scheduleExpression: undefined, intervalSeconds: 5, intervalMode: 'Loose' }, ['intervalMode']],
  ['no runAt', { scheduleType: 'OneTime', scheduleExpression: undefined }, ['runAt']], ['runAt without a zone', { scheduleType: 'OneTime', scheduleExpression: undefined, runAt: '2030-01-01T00:00:00' }, ['runAt']], ['runAt a number', { scheduleType: 'OneTime', scheduleExpression: undefined, runAt: 1_893_456_000 }, ['runAt']],
  ['runAt no date', { scheduleType: 'OneTime', scheduleExpression: undefined, runAt: '2030-02-30T00:00:00Z' }, ['runAt']], ['runAt no hour', { scheduleType: 'OneTime', scheduleExpression: undefined, runAt: '2030-01-01T25:00:00Z' }, ['runAt']], ['runAt too late', { scheduleType: 'OneTime', scheduleExpression: undefined, runAt: '9999-01-01T00:00:00Z' }, ['runAt']],
  ['startAt nonsense', { startAt: 'tomorrow' }, ['startAt']], ['endAt nonsense', { endAt: '2030-13-01T00:00:00Z' }, ['endAt']], ['endAt before startAt', { startAt: '2031-01-01T00:00:00Z', endAt: '2030-01-01T00:00:00Z' }, ['endAt']], ['endAt is startAt', { startAt: '2031-01-01T00:00:00Z', endAt: '2031-01-01T00:00:00Z' }, ['endAt']],
  ['runAt outside', { scheduleType: 'OneTime', scheduleExpression: undefined, runAt: '2030-01-01T00:00:00Z', startAt: '2031-01-01T00:00:00Z' }, ['runAt']],
  // exclusions
  ['exclusions a list', { exclusions: [] }, ['exclusions']], ['exclusions unknown', { exclusions: { holidays: true } }, ['exclusions.holidays']], ['dates no list', { exclusions: { excludedDates: '2030-12-25' } }, ['exclusions.excludedDates']], ['a date that is none', { exclusions: { excludedDates: ['2030-02-29'] } }, ['exclusions.excludedDates[0]']],
  ['a date with a time', { exclusions: { excludedDates: ['2030-12-25', '2030-12-25T00:00'] } }, ['exclusions.excludedDates[1]']], ['too many dates', { exclusions: { excludedDates: Array(1001).fill('2030-12-25') } }, ['exclusions.excludedDates']], ['a day that is none', { exclusions: { excludedDaysOfWeek: ['Caturday'] } }, ['exclusions.excludedDaysOfWeek[0]']],
  ['day 7', { exclusions: { excludedDaysOfWeek: [7] } }, ['exclusions.excludedDaysOfWeek[0]']], ['every day', { exclusions: { excludedDaysOfWeek: [0, 1, 2, 3, 4, 5, 6] } }, ['exclusions']], ['range without end', { exclusions: { timeRange: { start: '22:00' } } }, ['exclusions.timeRange.end']],
  ['range with hour 25', { exclusions: { timeRange: { start: '25:00', end: '06:00' } } }, ['exclusions.timeRange.start']], ['range of nothing', { exclusions: { timeRange: { start: '06:00', end: '06:00' } } }, ['exclusions.timeRange.end']], ['range a text', { exclusions: { timeRange: '22-06' } }, ['exclusions.timeRange']], ['range unknown', { exclusions: { timeRange: { start: '22:00', end: '06:00', zone: 'UTC' } } }, ['exclusions.timeRange.zone']],
  // retry policies
  ['retryPolicy a number', { retryPolicy: 3 }, ['retryPolicy']], ['retryPolicy unknown', { retryPolicy: { tries: 3 } }, ['retryPolicy.tries']], ['maxAttempts 0', { retryPolicy: { maxAttempts: 0 } }, ['retryPolicy.maxAttempts']], ['maxAttempts 101', { retryPolicy: { maxAttempts: 101 } }, ['retryPolicy.maxAttempts']], ['delay negative', { retryPolicy: { delaySeconds: -1 } }, ['retryPolicy.delaySeconds']],
  ['delay too long', { retryPolicy: { delaySeconds: 604_801 } }, ['retryPolicy.delaySeconds']], ['backoff', { retryPolicy: { backoff: 'Quadratic' } }, ['retryPolicy.backoff']], ['maxDelay below delay', { retryPolicy: { delaySeconds: 60, maxDelaySeconds: 30 } }, ['retryPolicy.maxDelaySeconds']], ['jitter', { retryPolicy: { jitter: 'some' } }, ['retryPolicy.jitter']],
  ['status codes no list', { retryPolicy: { retryOnStatusCodes: 503 } }, ['retryPolicy.retryOnStatusCodes']], ['status code 99', { retryPolicy: { retryOnStatusCodes: [503, 99] } }, ['retryPolicy.retryOnStatusCodes[1]']], ['error type', { retryPolicy: { retryOnErrorTypes: ['Boredom'] } }, ['retryPolicy.retryOnErrorTypes[0]']],
  ['alias and field differ', { retryPolicy: { maxAttempts: 3, maxRetryAttempts: 3 } }, ['retryPolicy.maxRetryAttempts']], ['alias of delay differs', { retryPolicy: { delaySeconds: 1, retryDelaySeconds: 2 } }, ['retryPolicy.retryDelaySeconds']], ['alias of backoff differs', { retryPolicy: { backoff: 1, retryBackoffType: 2 } }, ['retryPolicy.retryBackoffType']],
  ['maxRetryAttempts negative', { retryPolicy: { maxRetryAttempts: -1 } }, ['retryPolicy.maxRetryAttempts']], ['an exception that is none', { retryPolicy: { retryOnExceptions: ['System.Nonsense'] } }, ['retryPolicy.retryOnExceptions[0]']],
];

const U = 'http://example.com/';
/** Rows of jobConfiguration: [what, configuration, keys]. */
const configurations = [
  ['no configuration', undefined, ['jobConfiguration']], ['configuration a text', 'http://example.com/', ['jobConfiguration']], ['configuration a list', [], ['jobConfiguration']], ['no url', {}, ['jobConfiguration.url']], ['url null', { url: null }, ['jobConfiguration.url']], ['url a number', { url: 1 }, ['jobConfiguration.url']], ['url empty', { url: '' }, ['jobConfiguration.url']],
  ['url relative', { url: '/x' }, ['jobConfiguration.url']], ['url ftp', { url: 'ftp://example.com/' }, ['jobConfiguration.url']], ['url file', { url: 'file:///etc/passwd' }, ['jobConfiguration.url']], ['url without a host', { url: 'http://' }, ['jobConfiguration.url']], ['url with a user', { url: 'http://a:b@example.com/' }, ['jobConfiguration.url']], ['url with a blank', { url: 'http://exa mple.com/' }, ['jobConfiguration.url']],
  ['url too long', { url: `http://example.com/${long(8200)}` }, ['jobConfiguration.url']], ['url with port 0', { url: 'http://example.com:0/' }, ['jobConfiguration.url']], ['url with port 70000', { url: 'http://example.com:70000/' }, ['jobConfiguration.url']], ['url of a mail server', { url: 'http://example.com:25/' }, ['jobConfiguration.url']], ['url private', { url: 'http://10.0.0.1/' }, ['jobConfiguration.url']],
  ['method unknown', { url: U, method: 'BREW' }, ['jobConfiguration.method']], ['method CONNECT', { url: U, method: 'CONNECT' }, ['jobConfiguration.method']], ['method a number', { url: U, method: 1 }, ['jobConfiguration.method']], ['method with a line break', { url: U, method: 'GET\r\nX: 1' }, ['jobConfiguration.method']],
  ['headers a list', { url: U, headers: ['A: b'] }, ['jobConfiguration.headers']], ['a header a number', { url: U, headers: { 'X-A': 1 } }, ['jobConfiguration.headers.X-A']], ['a header name with a blank', { url: U, headers: { 'X A': '1' } }, ['jobConfiguration.headers.X A']], ['a header name empty', { url: U, headers: { '': '1' } }, ['jobConfiguration.headers.']],
  ['a header with a line break', { url: U, headers: { 'X-A': 'a\r\nX-B: c' } }, ['jobConfiguration.headers.X-A']], ['a header of the transport', { url: U, headers: { 'Content-Length': '5' } }, ['jobConfiguration.headers.Content-Length']], ['a header of the scheduler', { url: U, headers: { 'x-alphabet-fence': '9' } }, ['jobConfiguration.headers.x-alphabet-fence']],
  ['Idempotency-Key', { url: U, headers: { 'Idempotency-Key': 'x' } }, ['jobConfiguration.headers.Idempotency-Key']], ['a header twice', { url: U, headers: { 'X-A': '1', 'x-a': '2' } }, ['jobConfiguration.headers.x-a']], ['too many headers', { url: U, headers: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`X-${i}`, '1'])) }, ['jobConfiguration.headers']],
  ['a header too long', { url: U, headers: { 'X-A': long(8193) } }, ['jobConfiguration.headers.X-A']], ['a body with HEAD', { url: U, method: 'HEAD', body: 'x' }, ['jobConfiguration.body']], ['timeout 0', { url: U, timeoutSeconds: 0 }, ['jobConfiguration.timeoutSeconds']], ['timeout a text', { url: U, timeoutSeconds: '5' }, ['jobConfiguration.timeoutSeconds']],
  ['success codes no list', { url: U, successStatusCodes: 200 }, ['jobConfiguration.successStatusCodes']], ['success code 600', { url: U, successStatusCodes: [200, 600] }, ['jobConfiguration.successStatusCodes[1]']], ['retry code a text', { url: U, retryOnStatusCodes: ['503'] }, ['jobConfiguration.retryOnStatusCodes[0]']],
  ['followRedirects', { url: U, followRedirects: 'true' }, ['jobConfiguration.followRedirects']], ['maxRedirects 21', { url: U, maxRedirects: 21 }, ['jobConfiguration.maxRedirects']], ['signingSecret empty', { url: U, signingSecret: '' }, ['jobConfiguration.signingSecret']], ['signingSecret too long', { url: U, signingSecret: long(1025) }, ['jobConfiguration.signingSecret']],
  ['parameters a list', { url: U, parameters: [] }, ['jobConfiguration.parameters']], ['unknown field', { url: U, verify: false }, ['jobConfiguration.verify']], ['*** for a secret that never was', { url: U, headers: { Authorization: '***' } }, ['jobConfiguration.headers.Authorization']], ['too large', { url: U, method: 'POST', body: long(270_000) }, ['jobConfiguration', 'jobConfiguration.body']],
  // variables
  ['a variable that is none', { url: 'http://example.com/{{Tomorrow}}' }, ['jobConfiguration.url']], ['a variable without an end', { url: U, headers: { 'X-A': '{{Today' } }, ['jobConfiguration.headers.X-A']], ['a variable with a bad offset', { url: U, method: 'POST', body: '{{Today-1x}}' }, ['jobConfiguration.body']], ['a variable with a bad format', { url: U, method: 'POST', body: '{{Today:qq}}' }, ['jobConfiguration.body']],
  ['a secret that is not there', { url: U, headers: { Authorization: 'Bearer {{Secret.NONE_SUCH}}' } }, ['jobConfiguration.headers.Authorization']], ['a secret with a path', { url: U, headers: { Authorization: '{{Secret.../../etc/passwd}}' } }, ['jobConfiguration.headers.Authorization']], ['a parameter without a name', { url: 'http://example.com/{{Parameters.}}' }, ['jobConfiguration.url']],
];

/** Patterns: [pattern, the character at fault counted from 1, or undefined when no place is]. */
const patterns = [
  ['* * * *', undefined], ['* * * * * * * *', undefined], ['60 * * * *', 1], ['* 24 * * *', 3], ['* * 0 * *', 5], ['* * 32 * *', 5], ['* * * 13 *', 7], ['* * * 0 *', 7], ['* * * * 8', 9], ['*/0 * * * *', 3], ['1-0 * * * *', undefined], ['a * * * *', 1], ['* * * FOO *', 7], ['* * * * FOO', 9], ['1,,2 * * * *', 3], ['1, * * * *', undefined], ['-1 * * * *', 1],
  ['*/999999999999999999999 * * * *', undefined], ['0-99999999999 * * * *', undefined], ['@reboot', undefined], ['@nonsense', undefined], ['0 0 30 2 *', undefined], ['0 0 31 4,6,9,11 *', undefined], ['0 0 1 1 * 1969', undefined], ['* * L-32 * *', undefined], ['* * W * *', undefined], ['* * * * 1#6', undefined], ['* * * * 1#0', undefined], ['1/2/3 * * * *', undefined], ['* * ? ? *', undefined], ['; DROP TABLE jobs', undefined], ['* * * * *\u0000', undefined],
];

/** Everything else: [what, method, path, options, status, keys of errors]. A body that is a text is sent as it is. */
const others = [
  // bodies that are no body
  ['no body', 'POST', '/jobs', {}, 400], ['an empty body', 'POST', '/jobs', { body: '' }, 400], ['a blank body', 'POST', '/jobs', { body: '  ' }, 400], ['a list', 'POST', '/jobs', { body: '[]' }, 400, ['']], ['a text', 'POST', '/jobs', { body: '"x"' }, 400, ['']], ['null', 'POST', '/jobs', { body: 'null' }, 400, ['']], ['a number', 'POST', '/jobs', { body: '7' }, 400, ['']], ['an empty object', 'POST', '/jobs', { body: '{}' }, 400, ['jobConfiguration', 'jobType', 'name', 'scheduleType']],
  ['cut JSON', 'POST', '/jobs', { body: '{"name": "x"' }, 400], ['JSON and more', 'POST', '/jobs', { body: '{} {}' }, 400], ['a trailing comma', 'POST', '/jobs', { body: '{"name":"x",}' }, 400], ['a comment', 'POST', '/jobs', { body: '{/* x */"name":"x"}' }, 400], ['single quotes', 'POST', '/jobs', { body: "{'name':'x'}" }, 400], ['NaN', 'POST', '/jobs', { body: '{"maxRuns":NaN}' }, 400], ['1e400', 'POST', '/jobs', { body: '{"maxRuns":1e400}' }, 400],
  ['a huge number', 'POST', '/jobs', { body: `{"maxRuns":${long(400, '9')}}` }, 400], ['a duplicate key', 'POST', '/jobs', { body: '{"name":"a","name":"b"}' }, 400], ['a duplicate key inside', 'POST', '/jobs', { body: '{"name":"a","jobConfiguration":{"url":"http://a.example/","url":"http://b.example/"}}' }, 400], ['a lone surrogate', 'POST', '/jobs', { body: '{"name":"\\ud800"}' }, 400], ['an escaped NUL', 'POST', '/jobs', { body: '{"name":"a\\u0000b"}' }, 400],
  ['a raw control character', 'POST', '/jobs', { body: '{"name":"a\u0001b"}' }, 400], ['broken UTF-8', 'POST', '/jobs', { bytes: Buffer.from([0x7b, 0x22, 0x6e, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]) }, 400], ['overlong UTF-8', 'POST', '/jobs', { bytes: Buffer.from([0x7b, 0x22, 0x6e, 0x22, 0x3a, 0x22, 0xc0, 0xaf, 0x22, 0x7d]) }, 400], ['UTF-16', 'POST', '/jobs', { bytes: Buffer.from('{"name":"x"}', 'utf16le') }, 400],
  ['depth 65', 'POST', '/jobs', { body: deep(65) }, 400], ['depth 100000', 'POST', '/jobs', { body: deep(100_000) }, 400], ['depth in an object', 'POST', '/jobs', { body: `${long(70, '{"a":')}1${long(70, '}')}` }, 400], ['only brackets', 'POST', '/jobs', { body: long(500_000, '[') }, 400], ['200000 items', 'POST', '/jobs', { body: `{"tags":[${long(200_000, '1,')}1]}` }, 400],
  // media types and encodings
  ['no type', 'POST', '/jobs', { bytes: Buffer.from('{}'), headers: { 'Content-Type': '' } }, 415], ['text/plain', 'POST', '/jobs', { body: '{}', headers: { 'Content-Type': 'text/plain' } }, 415], ['a form', 'POST', '/jobs', { body: 'name=x', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }, 415], ['XML', 'POST', '/jobs', { body: '<job/>', headers: { 'Content-Type': 'application/xml' } }, 415],
  ['another charset', 'POST', '/jobs', { body: '{}', headers: { 'Content-Type': 'application/json; charset=iso-8859-1' } }, 415], ['two types', 'POST', '/jobs', { body: '{}', headers: { 'Content-Type': 'application/json, text/plain' } }, 415], ['gzip', 'POST', '/jobs', { body: '{}', headers: { 'Content-Encoding': 'gzip' } }, 415], ['too large', 'POST', '/jobs', { body: long(1_048_577) }, 413],
  // ids and paths
  ['an id that is none', 'GET', '/jobs/nonsense', {}, 400, ['jobId']], ['an id too short', 'GET', `/jobs/${absent.slice(1)}`, {}, 400, ['jobId']], ['an id too long', 'GET', `/jobs/${absent}0`, {}, 400, ['jobId']], ['an id in braces', 'GET', `/jobs/%7B${absent}%7D`, {}, 400, ['jobId']], ['SQL for an id', 'GET', '/jobs/1%27%20OR%20%271%27=%271', {}, 400, ['jobId']], ['a path for an id', 'GET', '/jobs/..%2f..%2fetc%2fpasswd', {}, 400],
  ['an absent job', 'GET', `/jobs/${absent}`, {}, 404], ['an absent job to change', 'PUT', `/jobs/${absent}`, { body: { name: 'x' } }, 404], ['an absent job to delete', 'DELETE', `/jobs/${absent}`, {}, 404], ['an absent job to trigger', 'POST', `/jobs/${absent}/trigger`, {}, 404], ['an execution id that is none', 'GET', '/executions/x', {}, 400, ['executionId']], ['an absent execution', 'GET', `/executions/${absent}`, {}, 404],
  ['an absent user', 'GET', `${USERS}/${absent}`, {}, 404], ['an absent token', 'DELETE', `${AUTH}/tokens/${absent}`, {}, 404], ['the id of a job for an execution', 'GET', '/executions/$JOB', {}, 404], ['no such route', 'GET', '/nonsense', {}, 404], ['a route of a job that is none', 'POST', `${JOB}/explode`, {}, 404], ['a slash at the end', 'GET', '/jobs/', {}, [400, 404]], ['two slashes', 'GET', '//jobs', {}, [400, 404]], ['another case', 'GET', '/Jobs', {}, 404], ['dots', 'GET', '/../scheduler/jobs', { plain: true }, [400, 404]],
  ['a bad escape in the path', 'GET', '/jobs/%zz', {}, 400], ['a NUL in the path', 'GET', '/jobs/%00', {}, 400], ['broken UTF-8 in the path', 'GET', '/jobs/%ff', {}, 400],
  // methods and bodies where none belongs
  ['GET with a body', 'GET', '/jobs', { body: {} }, 400], ['DELETE with a body', 'DELETE', JOB, { body: {} }, 400], ['DELETE of all jobs', 'DELETE', '/jobs', {}, 405], ['PUT of all jobs', 'PUT', '/jobs', { body: {} }, 405], ['GET of a change', 'GET', `${JOB}/trigger`, {}, 405], ['PATCH of a job', 'PATCH', JOB, { body: {} }, 405], ['a method that is none', 'BREW', '/jobs', {}, 405, undefined],
  // queries
  ['pageSize 0', 'GET', '/jobs?pageSize=0', {}, 400, ['pageSize']], ['pageSize 201', 'GET', '/jobs?pageSize=201', {}, 400, ['pageSize']], ['pageSize -1', 'GET', '/jobs?pageSize=-1', {}, 400, ['pageSize']], ['pageSize 1e9', 'GET', '/jobs?pageSize=1e9', {}, 400, ['pageSize']], ['pageSize a word', 'GET', '/jobs?pageSize=all', {}, 400, ['pageSize']], ['pageNumber 0', 'GET', '/jobs?pageNumber=0', {}, 400, ['pageNumber']],
  ['pageNumber huge', 'GET', '/jobs?pageNumber=99999999999999999999', {}, 400, ['pageNumber']], ['both', 'GET', '/jobs?pageNumber=x&pageSize=y', {}, 400, ['pageNumber', 'pageSize']], ['unknown parameter', 'GET', '/jobs?format=html', {}, 400, ['format']], ['callback', 'GET', '/jobs?callback=x', {}, 400, ['callback']], ['a parameter twice', 'GET', '/jobs?pageSize=1&pageSize=2', {}, 400, ['pageSize']], ['another case of it', 'GET', '/jobs?PageSize=1', {}, 400, ['PageSize']],
  ['jobType unknown', 'GET', '/jobs?jobType=Fax', {}, 400, ['jobType']], ['status unknown', 'GET', '/jobs?status=sleepy', {}, 400, ['status']], ['status deleted', 'GET', '/jobs?status=deleted', {}, 400, ['status']], ['sortBy unknown', 'GET', '/jobs?sortBy=colour', {}, 400, ['sortBy']], ['sortBy SQL', 'GET', '/jobs?sortBy=name;drop', {}, 400, ['sortBy']], ['sortDirection', 'GET', '/jobs?sortDirection=up', {}, 400, ['sortDirection']],
  ['search too long', 'GET', `/jobs?search=${long(201)}`, {}, 400, ['search']], ['search with a control character', 'GET', '/jobs?search=%01', {}, 400, ['search']], ['a bad escape', 'GET', '/jobs?search=%zz', {}, 400, ['search']], ['broken UTF-8', 'GET', '/jobs?search=%ff', {}, 400, ['search']], ['a NUL', 'GET', '/jobs?search=%00', {}, 400, ['search']], ['100 parameters', 'GET', `/jobs?${Array.from({ length: 100 }, (_, i) => `p${i}=1`).join('&')}`, {}, 400, undefined],
  ['executions: status', 'GET', '/executions?status=Done', {}, 400, ['status']], ['executions: jobId', 'GET', '/executions?jobId=x', {}, 400, ['jobId']], ['executions: fromDate', 'GET', '/executions?fromDate=yesterday', {}, 400, ['fromDate']], ['executions: dates the wrong way', 'GET', '/executions?fromDate=2031-01-01T00:00:00Z&toDate=2030-01-01T00:00:00Z', {}, 400, ['fromDate']], ['executions: a + that is a blank', 'GET', '/executions?fromDate=2030-01-01T00:00:00+02:00', {}, 400, ['fromDate']],
  ['of a job: search', 'GET', `${JOB}/executions?search=x`, {}, 400, ['search']], ['of a job: dates', 'GET', `${JOB}/executions?toDate=x`, {}, 400, ['toDate']], ['upcoming 0', 'GET', `${JOB}/upcoming?count=0`, {}, 400, ['count']], ['upcoming 1001', 'GET', `${JOB}/upcoming?count=1001`, {}, 400, ['count']], ['history: page', 'GET', `${JOB}/history?pageSize=999`, {}, 400, ['pageSize']], ['ledger: dates the wrong way', 'GET', `${JOB}/occurrences?fromDate=2031-01-01T00:00:00Z&toDate=2030-01-01T00:00:00Z`, {}, 400, ['fromDate']],
  ['timeline: hours 0', 'GET', '/executions/timeline?hours=0', {}, 400, ['hours']], ['timeline: hours 8761', 'GET', '/executions/timeline?hours=8761', {}, 400, ['hours']], ['timeline: too many buckets', 'GET', '/executions/timeline?hours=8760&bucketMinutes=1', {}, 400, ['bucketMinutes']], ['failed: threshold 0', 'GET', '/jobs/failed?threshold=0', {}, 400, ['threshold']], ['hardDelete', 'DELETE', `${JOB}?hardDelete=maybe`, {}, 400, ['hardDelete']], ['delete: unknown parameter', 'DELETE', `${JOB}?force=true`, {}, 400, ['force']],
  // unknown parameters where none is known
  ['a job with a parameter', 'GET', `${JOB}?expand=all`, {}, 400, ['expand']], ['an execution with a parameter', 'GET', `${EXECUTION}?x=1`, {}, 400, ['x']], ['output with a parameter', 'GET', `${EXECUTION}/output?format=html`, {}, 400, ['format']], ['create with a parameter', 'POST', '/jobs?dryRun=true', { body: { name: 'x' } }, 400, ['dryRun']], ['trigger with a parameter', 'POST', `${JOB}/trigger?queue=critical`, {}, 400, ['queue']],
  ['pause with a parameter', 'POST', `${JOB}/pause?until=x`, {}, 400, ['until']], ['exclusions with a parameter', 'GET', `${JOB}/exclusions?x`, {}, 400, ['x']], ['me with a parameter', 'GET', `${AUTH}/me?x=1`, {}, 400, ['x']], ['users with a parameter', 'GET', `${USERS}?role=Admin`, {}, 400, ['role']], ['update with a parameter', 'PUT', `${JOB}?force=1`, { body: { name: 'y' } }, 400, ['force']],
  // changes
  ['update: unknown field', 'PUT', JOB, { body: { nmae: 'x' } }, 400, ['nmae']], ['update: name empty', 'PUT', JOB, { body: { name: '' } }, 400, ['name']], ['update: another type without its field', 'PUT', JOB, { body: { scheduleType: 'Interval' } }, 400, ['intervalSeconds']], ['update: a list', 'PUT', JOB, { body: [] }, 400, ['']], ['update: an If-Match that is stale', 'PUT', JOB, { body: { name: 'y' }, headers: { 'If-Match': '"0"' } }, 412], ['update: an If-Match without quotes', 'PUT', JOB, { body: { name: 'y' }, headers: { 'If-Match': 'x' } }, 412],
  ['reschedule: nothing', 'PATCH', `${JOB}/reschedule`, { body: {} }, 400, ['']], ['reschedule: unknown', 'PATCH', `${JOB}/reschedule`, { body: { name: 'x' } }, 400, ['', 'name']], ['reschedule: pattern', 'PATCH', `${JOB}/reschedule`, { body: { scheduleExpression: 'x' } }, 400, ['scheduleExpression']], ['reschedule: another type without its field', 'PATCH', `${JOB}/reschedule`, { body: { scheduleType: 'OneTime' } }, 400, ['runAt']], ['reschedule: effectiveFrom', 'PATCH', `${JOB}/reschedule`, { body: { effectiveFrom: 'soon' } }, 400, ['effectiveFrom']],
  ['pause: in the past', 'POST', `${JOB}/pause`, { body: { until: '2020-01-01T00:00:00Z' } }, 400, ['until']], ['pause: nonsense', 'POST', `${JOB}/pause`, { body: { until: 'later' } }, 400, ['until']], ['pause: a number', 'POST', `${JOB}/pause`, { body: { until: 5 } }, 400, ['until']], ['pause: unknown', 'POST', `${JOB}/pause`, { body: { for: 5 } }, 400, ['for']], ['pause: a list', 'POST', `${JOB}/pause`, { body: [] }, 400, ['']], ['resume: unknown', 'POST', `${JOB}/resume`, { body: { now: true } }, 400, ['now']], ['resume: a text', 'POST', `${JOB}/resume`, { body: '"x"' }, 400, ['']],
  ['trigger: unknown', 'POST', `${JOB}/trigger`, { body: { now: true } }, 400, ['now']], ['trigger: parameters a list', 'POST', `${JOB}/trigger`, { body: { parameters: [] } }, 400, ['parameters']], ['trigger: queue', 'POST', `${JOB}/trigger`, { body: { queue: 'nope' } }, 400, ['queue']], ['trigger: queue a number', 'POST', `${JOB}/trigger`, { body: { queue: 1 } }, 400, ['queue']],
  ['exclusions: unknown', 'POST', `${JOB}/exclusions`, { body: { days: [] } }, 400, ['days']], ['exclusions: a day', 'POST', `${JOB}/exclusions`, { body: { excludedDaysOfWeek: ['x'] } }, 400, ['excludedDaysOfWeek[0]']], ['exclusions: no body', 'POST', `${JOB}/exclusions`, {}, 400], ['backfill: nothing', 'POST', `${JOB}/backfill`, { body: {} }, 400, ['fromDate', 'toDate']], ['backfill: the wrong way', 'POST', `${JOB}/backfill`, { body: { fromDate: '2026-02-01T00:00:00Z', toDate: '2026-01-01T00:00:00Z' } }, 400, ['fromDate']],
  ['backfill: nonsense', 'POST', `${JOB}/backfill`, { body: { fromDate: 1, toDate: 'x' } }, 400, ['fromDate', 'toDate']], ['backfill: maxConcurrent out of range', 'POST', `${JOB}/backfill`, { body: { fromDate: '2026-02-01T00:00:00Z', toDate: '2026-02-02T00:00:00Z', maxConcurrent: 0 } }, 400, ['maxConcurrent']], ['cancel: unknown', 'POST', `${EXECUTION}/cancel`, { body: { force: true } }, 400, ['force']], ['cancel: ended', 'POST', `${EXECUTION}/cancel`, {}, 409], ['retry: unknown', 'POST', `${EXECUTION}/retry`, { body: { now: 1 } }, 400, ['now']],
  ['preview: no job', 'POST', '/jobs/preview', { body: {} }, 400, ['job']], ['preview: a wrong job', 'POST', '/jobs/preview', { body: { job: { name: 'x' } } }, 400, ['jobConfiguration', 'jobType', 'scheduleType']], ['preview: the wrong way', 'POST', '/jobs/preview', { body: { job: 1, from: '2031-01-01T00:00:00Z', to: '2030-01-01T00:00:00Z' } }, 400, ['from', 'job']],
  ['explain: nothing', 'POST', '/cron/explain', { body: {} }, 400, ['expression']], ['explain: zone', 'POST', '/cron/explain', { body: { expression: '* * * * *', timezone: 'Nowhere' } }, 400, ['timezone']], ['explain: count', 'POST', '/cron/explain', { body: { expression: '* * * * *', count: 0 } }, 400, ['count']], ['explain: from', 'POST', '/cron/explain', { body: { expression: '* * * * *', from: 'x' } }, 400, ['from']], ['explain: unknown', 'POST', '/cron/explain', { body: { expression: '* * * * *', n: 1 } }, 400, ['n']],
  // idempotency keys
  ['an Idempotency-Key too long', 'POST', `${JOB}/trigger`, { headers: { 'Idempotency-Key': long(256) } }, 400, ['Idempotency-Key']], ['an Idempotency-Key with a blank', 'POST', `${JOB}/trigger`, { headers: { 'Idempotency-Key': 'a b' } }, 400, ['Idempotency-Key']], ['an empty Idempotency-Key', 'POST', `${JOB}/trigger`, { headers: { 'Idempotency-Key': '' } }, 400, ['Idempotency-Key']],
  // signing in, tokens, users
  ['login: nothing', 'POST', `${AUTH}/login`, { body: {} }, 400, ['email', 'password']], ['login: types', 'POST', `${AUTH}/login`, { body: { email: 1, password: [] } }, 400, ['email', 'password']], ['login: unknown', 'POST', `${AUTH}/login`, { body: { email: 'a@b', password: 'x', otp: 1 } }, 400, ['otp']], ['login: cookies', 'POST', `${AUTH}/login`, { body: { email: 'a@b', password: 'x', useCookies: 'yes' } }, 400, ['useCookies']], ['A5 login: a password of 600 kB', 'POST', `${AUTH}/login`, { body: { email: 'a@b', password: long(600_000) } }, 400, ['password']],
  ['login: a query', 'POST', `${AUTH}/login?password=x`, { body: { email: 'a@b', password: 'x' } }, 400, ['password']], ['refresh: nothing', 'POST', `${AUTH}/refresh-token`, { body: {} }, 400, ['refreshToken']], ['refresh: nonsense', 'POST', `${AUTH}/refresh-token`, { body: { refreshToken: 'x' } }, 401], ['logout: a body', 'POST', `${AUTH}/logout`, { body: { everywhere: true } }, 400, ['everywhere']],
  ['token: nothing', 'POST', `${AUTH}/tokens`, { body: {} }, 400, ['name']], ['token: name empty', 'POST', `${AUTH}/tokens`, { body: { name: '' } }, 400, ['name']], ['token: name too long', 'POST', `${AUTH}/tokens`, { body: { name: long(101) } }, 400, ['name']], ['token: role', 'POST', `${AUTH}/tokens`, { body: { name: 'x', role: 'Root' } }, 400, ['role']], ['token: expiresAt', 'POST', `${AUTH}/tokens`, { body: { name: 'x', expiresAt: 'never' } }, 400, ['expiresAt']], ['token: in the past', 'POST', `${AUTH}/tokens`, { body: { name: 'x', expiresAt: '2020-01-01T00:00:00Z' } }, 400, ['expiresAt']],
  ['user: nothing', 'POST', USERS, { body: {} }, 400, ['email', 'password']], ['user: address', 'POST', USERS, { body: { email: 'nobody', password: 'a password long enough' } }, 400, ['email']], ['user: address with a blank', 'POST', USERS, { body: { email: 'a b@example.com', password: 'a password long enough' } }, 400, ['email']], ['user: two at signs', 'POST', USERS, { body: { email: 'a@b@c', password: 'a password long enough' } }, 400, ['email']], ['user: address too long', 'POST', USERS, { body: { email: `${long(250)}@example.com`, password: 'a password long enough' } }, 400, ['email']],
  ['user: password short', 'POST', USERS, { body: { email: 'p@example.com', password: 'short' } }, 400, ['password']], ['user: roles a text', 'POST', USERS, { body: { email: 'p@example.com', password: 'a password long enough', roles: 'Admin' } }, 400, ['roles']], ['user: roles empty', 'POST', USERS, { body: { email: 'p@example.com', password: 'a password long enough', roles: [] } }, 400, ['roles']], ['user: role unknown', 'POST', USERS, { body: { email: 'p@example.com', password: 'a password long enough', roles: ['Root'] } }, 400, ['roles']],
  ['user: control characters in the password', 'POST', USERS, { body: { email: 'p@example.com', password: 'a password\nlong enough' } }, 400, ['password']], ['roles: nothing', 'PUT', `${USERS}/$USER/roles`, { body: {} }, 400, ['roles']], ['password: nothing', 'POST', `${USERS}/$USER/reset-password`, { body: {} }, 400, ['password']], ['password: short', 'POST', `${USERS}/$USER/reset-password`, { body: { password: 'x' } }, 400, ['password']], ['lock: a body', 'POST', `${USERS}/$USER/lock`, { body: { minutes: 5 } }, 400, ['minutes']], ['unlock: a body', 'POST', `${USERS}/$USER/unlock`, { body: { x: 5 } }, 400, ['x']], ['users: page', 'GET', `${USERS}?pageSize=0`, {}, 400, ['pageSize']],
  // tokens that are none
  ['no token', 'POST', '/jobs', { token: '', body: {} }, 401], ['a token that is none', 'POST', '/jobs', { token: 'x.y.z', body: {} }, 401], ['a token of 20 kB', 'POST', '/jobs', { token: long(12_000), body: {} }, 401], ['a personal token that is none', 'POST', '/jobs', { token: `alph_${long(40)}`, body: {} }, 401],
];

/**
 * What goes out over a socket as it stands: [what, bytes, status]. Every one is answered once, and the connection closed.
 * 'library': libmicrohttpd answers by itself, with a 400 or 413 whose head it sends twice. 'closed': it only closes.
 */
const head = 'Host: localhost\r\nAuthorization: Bearer $TOKEN\r\n';
const smuggled = `POST ${V1}/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer $TOKEN\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`;
const post = (headers, body = '') => `POST ${V1}/jobs HTTP/1.1\r\n${head}Content-Type: application/json\r\n${headers}\r\n${body}`;
const raws = [
  ['H1 Content-Length and Transfer-Encoding', post('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`), 400], ['H1 two lengths', post('Content-Length: 0\r\nContent-Length: 5\r\n', smuggled), 400], ['H1 two equal lengths', post('Content-Length: 2\r\nContent-Length: 2\r\n', `{}${smuggled}`), 400], ['H1 length +5', post('Content-Length: +5\r\n', smuggled), 'library'], ['H1 length 5,5', post('Content-Length: 5,5\r\n', smuggled), 'library'], ['H1 length 0x5', post('Content-Length: 0x5\r\n', smuggled), 'library'],
  ['H1 length -1', post('Content-Length: -1\r\n', smuggled), 'library'], ['H1 length 2^64', post('Content-Length: 18446744073709551616\r\n', smuggled), 'library'], ['H1 length empty', post('Content-Length: \r\n', smuggled), 'library'], ['H1 xchunked', post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${smuggled}`), [400, 501]], ['H1 chunked twice', post('Transfer-Encoding: chunked, chunked\r\n', `0\r\n\r\n${smuggled}`), 400], ['H1 two codings', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', `0\r\n\r\n${smuggled}`), 400],
  ['H1 gzip, chunked', post('Transfer-Encoding: gzip, chunked\r\n', `0\r\n\r\n${smuggled}`), [400, 501]], ['H1 a blank before the colon', post('Transfer-Encoding : chunked\r\n', `0\r\n\r\n${smuggled}`), 400], ['H1 coding with HTTP/1.0', `POST ${V1}/jobs HTTP/1.0\r\n${head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`, 400],
  ['H2 bare LF', `GET ${V1}/jobs HTTP/1.1\nHost: localhost\n\n`, 400], ['H2 a bare LF in a header', `GET ${V1}/jobs HTTP/1.1\r\n${head}X-A: 1\nX-B: 2\r\n\r\n`, 400], ['H2 a folded header', `GET ${V1}/jobs HTTP/1.1\r\n${head}X-A: 1\r\n 2\r\n\r\n`, 400], ['H2 a NUL in a header', `GET ${V1}/jobs HTTP/1.1\r\n${head}X-A: a\0b\r\n\r\n`, 400], ['H2 a bare CR in a header', `GET ${V1}/jobs HTTP/1.1\r\n${head}X-A: a\rb\r\n\r\n`, 400], ['H2 a header without a name', `GET ${V1}/jobs HTTP/1.1\r\n${head}: x\r\n\r\n`, 400], ['H2 a header without a colon', `GET ${V1}/jobs HTTP/1.1\r\n${head}nonsense\r\n\r\n`, 400],
  ['H2 a chunk size that is none', post('Transfer-Encoding: chunked\r\n', 'zz\r\n{}\r\n0\r\n\r\n'), 400], ['H2 a chunk size too large', post('Transfer-Encoding: chunked\r\n', 'fffffffffffffffff\r\n{}\r\n0\r\n\r\n'), [400, 413]], ['H2 a chunk longer than it says', post('Transfer-Encoding: chunked\r\n', '1\r\n{}\r\n0\r\n\r\n'), 400],
  ['H3 no Host', `GET ${V1}/jobs HTTP/1.1\r\n\r\n`, 400], ['H3 two Hosts', `GET ${V1}/jobs HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`, 400], ['H3 another host in the target', `GET http://evil.example${V1}/jobs HTTP/1.1\r\n${head}\r\n`, 400], ['H3 a target without a slash', `GET jobs HTTP/1.1\r\n${head}\r\n`, 400], ['HTTP/2.0', `GET ${V1}/jobs HTTP/2.0\r\n${head}\r\n`, [400, 505]], ['HTTP/0.9', `GET ${V1}/jobs\r\n\r\n`, [400, 505]], ['an umlaut in the target', `GET ${V1}/jöbs HTTP/1.1\r\n${head}\r\n`, 400], ['a blank in the target', `GET ${V1}/jobs x HTTP/1.1\r\n${head}\r\n`, 400], ['a fragment', `GET ${V1}/jobs#x HTTP/1.1\r\n${head}\r\n`, 400],
  ['G1 a target of 9 kB', `GET ${V1}/jobs?search=${long(9000)} HTTP/1.1\r\n${head}\r\n`, 414], ['G1 101 headers', `GET ${V1}/jobs HTTP/1.1\r\n${head}${Array.from({ length: 101 }, (_, i) => `X-${i}: 1\r\n`).join('')}\r\n`, 431], ['G1 a header of 17 kB', `GET ${V1}/jobs HTTP/1.1\r\n${head}X-A: ${long(17_000)}\r\n\r\n`, 431], ['no request', '\0\x01\x02\x03\r\n\r\n', 'closed'], ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 'closed'],
];

let it;
let ids;
before(async () => {
  it = await startScheduler();
  const job = await it.create({ name: 'There', scheduleExpression: '0 0 1 1 *' });
  const execution = await it.run(job);
  const user = await it.expect(201, it.post(USERS, { email: 'there@example.com', password: 'a password long enough' }));
  ids = { $JOB: job.id, $EXECUTION: execution.id, $USER: user.id };
});
after(() => it?.stop());

/** What must stay as it is. */
async function state() {
  const [jobsOf, executions, history, job, users, tokens, me] = await Promise.all(['/jobs?pageSize=1', '/executions?pageSize=1', `/jobs/${ids.$JOB}/history?pageSize=1`, `/jobs/${ids.$JOB}`, `${USERS}?pageSize=200`, `${AUTH}/tokens`, `${AUTH}/me`].map((route) => it.get(route)));
  assert.equal(me.status, 200, 'the session has ended');
  return { jobs: jobsOf.body.totalCount, executions: executions.body.totalCount, audit: [history.body.totalCount, history.body.items[0].sequence], job: [job.headers.etag, job.text], users: users.text, tokens: tokens.text };
}

async function refuses(what, method, route, { bytes, plain, token = it.token, ...options }, status, keys) {
  const earlier = await state();
  const target = route.replace(/\$[A-Z]+/, (name) => ids[name]);
  const full = target.startsWith('/api') ? target : V1 + target;
  const started = Date.now();
  const { answer } = await exchange(method, full, { bytes, token, plain, ...options });
  const took = Date.now() - started;
  assert.ok([status].flat().includes(answer.status), `${what}: ${answer.status} instead of ${status}: ${answer.text.slice(0, 500)}`);
  assert.equal(answer.headers['content-type'], 'application/problem+json', what);
  assert.equal(answer.body.status, answer.status, what);
  if (keys) assert.deepEqual(Object.keys(answer.body.errors ?? {}).sort(), [...keys].sort(), `${what}: ${answer.text.slice(0, 500)}`);
  assert.ok(answer.text.length < 20_000, `${what}: an answer of ${answer.text.length} bytes`);
  assert.ok(took < 2000 * slow, `${what}: ${took} ms`);
  assert.deepEqual(await state(), earlier, `${what}: something has changed`);
}

/** Over the client of the suite, or over a socket when a byte must not be changed on the way. */
async function exchange(method, target, { bytes, token, plain, body, headers = {} }) {
  if (!bytes && !plain && method !== 'BREW') return { answer: await it.server.request(method, target, { token, body, headers }) };
  const all = { Host: 'localhost', Connection: 'close', ...(token ? { Authorization: `Bearer ${token}` } : {}), ...(bytes ? { 'Content-Type': 'application/json', 'Content-Length': bytes.length } : {}), ...headers };
  const text = `${method} ${target} HTTP/1.1\r\n${Object.entries(all).filter(([, value]) => value !== '').map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  const { answers } = await overSocket(Buffer.concat([Buffer.from(text, 'latin1'), bytes ?? Buffer.alloc(0)]));
  return { answer: answers[0] };
}

/** Sends BYTES and reads until the server closes; gives the answers as it sent them. */
function overSocket(bytes) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(new URL(it.server.base).port), '127.0.0.1');
    const chunks = [];
    const timer = setTimeout(() => { socket.destroy(); reject(new Error(`the connection was not closed: ${Buffer.concat(chunks)}`)); }, 20_000 * slow);
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => {}).on('close', () => {
      clearTimeout(timer);
      let rest = Buffer.concat(chunks).toString('utf8');
      const answers = [];
      while (rest.startsWith('HTTP/1.')) {
        const at = rest.indexOf('\r\n\r\n');
        const [first, ...lines] = rest.slice(0, at).split('\r\n');
        const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
        const length = Number(headers['content-length'] ?? 0);
        const text = Buffer.from(rest.slice(at + 4), 'utf8').subarray(0, length).toString('utf8');
        answers.push({ status: Number(first.split(' ')[1]), headers, text, body: /json/.test(headers['content-type'] ?? '') ? JSON.parse(text) : undefined });
        rest = Buffer.from(rest.slice(at + 4), 'utf8').subarray(length).toString('utf8');
      }
      resolve({ answers, rest });
    });
    socket.write(bytes);
  });
}

describe('malformed requests', () => {

for (const [what, fields, keys] of jobs) test(`a job: ${what}`, () => refuses(what, 'POST', '/jobs', { body: it.job(fields) }, 400, keys));

for (const [what, jobConfiguration, keys] of configurations) {
  test(`an HttpCall: ${what}`, async () => {
    const { jobConfiguration: gone, ...rest } = it.job();
    await refuses(what, 'POST', '/jobs', { body: { ...rest, ...(jobConfiguration === undefined ? {} : { jobConfiguration }) } }, 400, keys);
  });
}

for (const [pattern, position] of patterns) {
  test(`a pattern: ${JSON.stringify(pattern)}`, async () => {
    if (pattern.includes('\0')) { await refuses(pattern, 'POST', '/jobs', { body: it.job({ scheduleExpression: pattern }) }, 400); return; }
    await refuses(pattern, 'POST', '/jobs', { body: it.job({ scheduleExpression: pattern }) }, 400, ['scheduleExpression']);
    const [message] = (await it.post('/jobs', it.job({ scheduleExpression: pattern }))).body.errors.scheduleExpression;
    if (position !== undefined) assert.ok(message.startsWith(`character ${position}: `), message);
    assert.ok(message.length > 10 && message.length < 300, message);
    await refuses(pattern, 'PATCH', `${JOB}/reschedule`, { body: { scheduleExpression: pattern } }, 400, ['scheduleExpression']);
    const explained = await it.expect(200, it.post('/cron/explain', { expression: pattern }));
    assert.equal(explained.valid, false);
    if (position !== undefined) assert.equal(explained.position, position - 1);
  });
}

for (const [what, method, route, options, status, keys] of others) test(`${method} ${route.slice(0, 60)}: ${what}`, () => refuses(what, method, route, options, status, keys));

for (const [what, bytes, status] of raws) {
  test(`over a socket: ${what}`, async () => {
    const earlier = await state();
    const { answers, rest } = await overSocket(Buffer.from(bytes.replaceAll('$TOKEN', it.token), 'latin1'));
    const statuses = answers.map((each) => each.status);
    if (status === 'closed') {
      assert.ok(statuses.length === 0 || statuses[0] === 400, `${statuses}`);
    } else if (status === 'library') {
      assert.ok(statuses.length > 0 && statuses.every((each) => [400, 413].includes(each)), `${statuses}`);
    } else {
      assert.equal(rest, '', what);
      assert.equal(answers.length, 1, `${what}: ${statuses}`);
      assert.ok([status].flat().includes(statuses[0]), `${what}: ${statuses[0]} ${answers[0].text}`);
    }
    assert.deepEqual(await state(), earlier, what);
  });
}

test('after all of this the server answers, and there are enough rows', async () => {
  const count = jobs.length + configurations.length + patterns.length + others.length + raws.length;
  assert.ok(count >= 170, `${count} rows`);
  assert.equal((await it.run(await it.create())).status, 'Succeeded');
  assert.equal((await it.server.request('GET', '/readyz')).status, 200);
});

});
