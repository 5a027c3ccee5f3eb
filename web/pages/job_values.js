// job_values.js - between a job as the API has it and what its form holds; and from a curl command to a job.
//
//   const values = fromJob(job);              // every field of the form, lists and objects as text
//   const { job, errors } = toJob(values);    // what POST and PUT take; errors: {field: [sentence]} of what cannot be read
import { t } from '../core.js';

const blankConfigurations = {
  HttpCall: { url: '', method: 'GET', headers: '', body: '', timeoutSeconds: null, successStatusCodes: '', retryOnStatusCodes: '', followRedirects: false, maxRedirects: null, signingSecret: '', parameters: '' },
  StoredProcedure: { storedProcedureName: '', databaseConnectionStringName: '', commandTimeoutSeconds: null, parameters: '' },
  CodeExecution: { handlerType: '', methodName: '', workingDirectory: '', parameters: '', environment: '' },
  FileOperation: { operation: 'Copy', sourcePath: '', destinationPath: '', archivePath: '', compression: '', olderThanHours: null, deleteAfterDays: null, recursive: false, deleteEmptyDirectories: false, overwrite: false, dryRun: false },
};
export const blankConfiguration = (type) => ({ ...blankConfigurations[type] });

/** A new job, as its form begins. */
export const blankValues = (zone) => ({
  name: '', description: '', jobType: 'HttpCall', tags: '', isEnabled: true,
  jobConfiguration: blankConfiguration('HttpCall'),
  scheduleType: 'Cron', scheduleExpression: '0 3 * * *', intervalSeconds: 300, intervalMode: 'FixedRate', runAt: '', timezone: zone, startAt: '', endAt: '', maxRuns: null, jitterSeconds: null,
  retryPolicy: { maxAttempts: 3, delaySeconds: 60, backoff: 'Exponential', maxDelaySeconds: 3600 }, timeoutSeconds: 300,
  queue: 'default', concurrencyPolicy: 'Allow', concurrencyGroup: '', concurrencyGroupLimit: null, misfirePolicy: 'FireOnce', dstPolicy: { gap: 'RunAfter', overlap: 'Auto' },
  exclusions: { excludedDates: '', excludedDaysOfWeek: [], timeRange: { start: '', end: '' } },
  watches: { expectedWithinSeconds: null, finishBySeconds: null, maxLatenessSeconds: null, unusualDuration: false }, retention: { days: null, count: null },
});

// ---- from the API

const two = (value) => String(value).padStart(2, '0');
/** An instant as an input of type datetime-local shows it, in the reader's zone. */
function localInput(time) {
  if (!time) return '';
  const d = new Date(time);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}
const asJson = (value) => (value === undefined || value === null ? '' : JSON.stringify(value, null, 2));
const asLines = (object) => Object.entries(object ?? {}).map(([name, value]) => `${name}: ${value ?? ''}`).join('\n');
const asList = (list) => (list ?? []).join(', ');

function configurationFrom(job) {
  const from = job.jobConfiguration ?? {};
  const values = { ...blankConfiguration(job.jobType), ...Object.fromEntries(Object.entries(from).filter(([, value]) => value !== null)) };
  for (const name of ['successStatusCodes', 'retryOnStatusCodes']) if (name in values) values[name] = asList(from[name]);
  for (const name of ['headers', 'environment']) if (name in values) values[name] = asLines(from[name]);
  if ('parameters' in values) values.parameters = asJson(from.parameters);
  if ('body' in values) values.body = typeof from.body === 'string' ? from.body : asJson(from.body);
  return values;
}

export function fromJob(job) {
  const blank = blankValues(job.timezone);
  const own = Object.fromEntries(Object.keys(blank).filter((name) => job[name] !== undefined && job[name] !== null).map((name) => [name, job[name]]));
  return {
    ...blank, ...own, description: job.description ?? '', tags: asList(job.tags), jobConfiguration: configurationFrom(job),
    runAt: localInput(job.runAt), startAt: localInput(job.startAt), endAt: localInput(job.endAt),
    scheduleExpression: job.scheduleExpression ?? blank.scheduleExpression, intervalSeconds: job.intervalSeconds ?? blank.intervalSeconds, intervalMode: job.intervalMode ?? blank.intervalMode,
    retryPolicy: { ...blank.retryPolicy, ...job.retryPolicy },
    exclusions: { excludedDates: asList(job.exclusions?.excludedDates), excludedDaysOfWeek: job.exclusions?.excludedDaysOfWeek ?? [], timeRange: job.exclusions?.timeRange ?? { start: '', end: '' } },
    watches: { ...blank.watches, ...job.watches }, retention: { ...blank.retention, ...job.retention },
  };
}

// ---- to the API

class Reader {
  errors = {};

  fault(name, sentence) { (this.errors[name] ??= []).push(sentence); }

  json(name, text) {
    if (text.trim() === '') return undefined;
    try {
      const value = JSON.parse(text);
      if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
      this.fault(name, t('fault.object'));
    } catch (error) {
      this.fault(name, t('fault.json', { why: error.message }));
    }
    return undefined;
  }

  lines(name, text) {
    const result = {};
    for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
      const colon = line.indexOf(':');
      if (colon <= 0) this.fault(name, t('fault.line', { line: line.trim() }));
      else result[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
    }
    return result;
  }

  list(text) { return text.split(/[,\n]/).map((each) => each.trim()).filter(Boolean); }

  numbers(name, text) {
    return this.list(text).map((each) => {
      if (!/^\d+$/.test(each)) this.fault(name, t('fault.number', { text: each }));
      return Number(each);
    });
  }

  instant(name, text) {
    if (text === '') return null;
    const at = new Date(text);
    if (Number.isNaN(at.getTime())) this.fault(name, t('fault.time'));
    else return at.toISOString();
    return null;
  }
}

function bodyOf(text) {
  if (text === '') return undefined;
  if (!/^\s*[{[]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text; // variables without quotes, or simply text
  }
}

function configurationOf(values, reader) {
  const from = values.jobConfiguration;
  const place = (name) => `jobConfiguration.${name}`;
  const job = Object.fromEntries(Object.entries(from).filter(([, value]) => value !== '' && value !== null && value !== false));
  for (const name of ['successStatusCodes', 'retryOnStatusCodes']) if (job[name]) job[name] = reader.numbers(place(name), from[name]);
  for (const name of ['headers', 'environment']) if (job[name]) job[name] = reader.lines(place(name), from[name]);
  if (job.parameters) job.parameters = reader.json(place('parameters'), from.parameters);
  if (job.body) job.body = bodyOf(from.body);
  return job;
}

function exclusionsOf({ excludedDates, excludedDaysOfWeek, timeRange }, reader) {
  const dates = reader.list(excludedDates);
  const range = timeRange?.start || timeRange?.end ? { start: timeRange.start, end: timeRange.end } : null;
  if (dates.length === 0 && excludedDaysOfWeek.length === 0 && !range) return null;
  return { ...(dates.length > 0 && { excludedDates: dates }), ...(excludedDaysOfWeek.length > 0 && { excludedDaysOfWeek }), ...(range && { timeRange: range }) };
}

const given = (object) => {
  const some = Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== '' && value !== false));
  return Object.keys(some).length > 0 ? some : null;
};

const scheduleFields = { Cron: ['scheduleExpression'], Interval: ['intervalSeconds', 'intervalMode'], OneTime: ['runAt'] };

export function toJob(values) {
  const reader = new Reader();
  const job = { ...values, description: values.description || null, tags: reader.list(values.tags), jobConfiguration: configurationOf(values, reader) };
  for (const [type, names] of Object.entries(scheduleFields)) if (type !== values.scheduleType) for (const name of names) delete job[name];
  if (values.scheduleType === 'OneTime') job.runAt = reader.instant('runAt', values.runAt);
  job.startAt = reader.instant('startAt', values.startAt);
  job.endAt = reader.instant('endAt', values.endAt);
  job.maxRuns = values.maxRuns ?? 0;
  job.jitterSeconds = values.jitterSeconds ?? 0;
  job.concurrencyGroup = values.concurrencyGroup.trim(); // an empty one leaves the group
  job.concurrencyGroupLimit = values.concurrencyGroupLimit ?? 0;
  job.exclusions = exclusionsOf(values.exclusions, reader);
  job.watches = given(values.watches);
  job.retention = given(values.retention);
  return { job, errors: reader.errors };
}

// ---- from curl

/** The words of a shell command line, quotes and escapes resolved. */
function shellWords(text) {
  const words = [];
  let word = null;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (/\s/.test(c)) { if (word !== null) { words.push(word); word = null; } continue; }
    word ??= '';
    if (c === '\\') { if (text[i + 1] === '\n') { i++; if (word === '') word = null; } else word += text[++i] ?? ''; continue; }
    if (c === "'") { const end = text.indexOf("'", i + 1); if (end < 0) throw new Error(t('curl.quote')); word += text.slice(i + 1, end); i = end; continue; }
    if (c === '"') {
      for (i++; text[i] !== '"'; i++) {
        if (i >= text.length) throw new Error(t('curl.quote'));
        if (text[i] === '\\' && '"\\$`'.includes(text[i + 1])) i++;
        word += text[i];
      }
      continue;
    }
    if (c === '$' && text[i + 1] === "'") {
      const escapes = { n: '\n', t: '\t', r: '\r' };
      for (i += 2; text[i] !== "'"; i++) {
        if (i >= text.length) throw new Error(t('curl.quote'));
        if (text[i] === '\\') { i++; word += escapes[text[i]] ?? text[i]; } else word += text[i];
      }
      continue;
    }
    word += c;
  }
  if (word !== null) words.push(word);
  return words;
}

const withValue = { '-X': 'method', '--request': 'method', '-H': 'header', '--header': 'header', '-d': 'data', '--data': 'data', '--data-raw': 'data', '--data-binary': 'data', '--data-ascii': 'data', '--json': 'json', '-u': 'user', '--user': 'user', '-A': 'agent', '--user-agent': 'agent', '-e': 'referer', '--referer': 'referer', '-b': 'cookie', '--cookie': 'cookie', '-m': 'seconds', '--max-time': 'seconds', '--url': 'url' };
const without = { '-L': 'follow', '--location': 'follow', '-I': 'head', '--head': 'head', '-G': 'get', '--get': 'get', '-s': '', '-S': '', '-sS': '', '--silent': '', '--show-error': '', '-f': '', '--fail': '', '--compressed': '', '-v': '', '--verbose': '', '-i': '', '--include': '', '--http1.1': '', '--http2': '' };

/** The configuration of an HttpCall that does what a curl command does: {configuration, ignored: [option]}. Throws an Error that says why not. */
export function fromCurl(text) {
  const words = shellWords(text.trim());
  if (words.shift() !== 'curl') throw new Error(t('curl.begin'));
  const found = { headers: [], data: [] };
  const ignored = [];
  for (let i = 0; i < words.length; i++) {
    let word = words[i];
    let inline;
    const equals = /^(--[\w-]+)=(.*)$/s.exec(word);
    if (equals) [, word, inline] = equals;
    else if (/^-[XHdubAem]./.test(word) && !word.startsWith('--')) [word, inline] = [word.slice(0, 2), word.slice(2)];
    if (word in withValue) {
      const value = inline ?? words[++i];
      if (value === undefined) throw new Error(t('curl.value', { option: word }));
      const kind = withValue[word];
      if (kind === 'header') found.headers.push(value);
      else if (kind === 'data' || kind === 'json') {
        if (value.startsWith('@')) throw new Error(t('curl.file', { option: word }));
        found.data.push(value);
        if (kind === 'json') found.headers.push('Content-Type: application/json', 'Accept: application/json');
      } else found[kind] = value;
    } else if (word in without) {
      if (without[word]) found[without[word]] = true;
    } else if (word.startsWith('-') && word.length > 1) ignored.push(word);
    else found.url ??= word;
  }
  if (!found.url) throw new Error(t('curl.url'));
  const headers = [...found.headers];
  const has = (name) => headers.some((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  if (found.user) headers.push(`Authorization: Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(found.user)))}`);
  if (found.agent) headers.push(`User-Agent: ${found.agent}`);
  if (found.referer) headers.push(`Referer: ${found.referer}`);
  if (found.cookie) headers.push(`Cookie: ${found.cookie}`);
  const body = found.data.join('&');
  const url = /^https?:/i.test(found.url) ? found.url : ['http:', '', found.url].join('/');
  const isGet = found.get && body !== '';
  if (body !== '' && !isGet && !has('Content-Type')) headers.push('Content-Type: application/x-www-form-urlencoded');
  const method = (found.method ?? (found.head ? 'HEAD' : body !== '' && !isGet ? 'POST' : 'GET')).toUpperCase();
  const query = isGet ? `${url.includes('?') ? '&' : '?'}${body}` : '';
  const seconds = Number(found.seconds);
  return {
    configuration: { ...blankConfiguration('HttpCall'), url: url + query, method, headers: headers.map((line) => line.replace(/^([^:]+):\s*/, '$1: ')).join('\n'), body: isGet ? '' : body, followRedirects: Boolean(found.follow), timeoutSeconds: seconds >= 1 ? Math.ceil(seconds) : null },
    ignored,
  };
}
