// api.js - the public API as functions. Paths are below /api/v1/scheduler unless they begin with /api.
//
//   const page = await api.get('/jobs', { query: { status: 'failed' }, signal });
//   await api.post(`/jobs/${id}/pause`, { until });
//   const { body, etag } = await api.get(`/jobs/${id}`, { full: true });   await api.put(path, job, { etag });
//
// An answer of 400 or more, and no answer at all, throw a Problem. A session that has ended asks for the password in
// front of the page, which keeps what was typed, and then the request is made again.
import { createStore } from './store.js';
import { t } from './texts.js';

const V1 = '/api/v1/scheduler';
export const AUTH = '/api/v1/auth';

/** Who is signed in: {id, email, roles, csrfToken, …}; null = nobody, undefined = not known yet. */
export const me = createStore(undefined);
/** What waits for a new sign-in: null, or {resolve} for each request. */
export const expired = createStore(null);
/** False while requests get no answer. */
export const reachable = createStore(true);

/** What went wrong with a request. status 0: no answer. errors: {field: [sentence]}. */
export class Problem extends Error {
  constructor(status, body = {}) {
    super(body.detail || body.title || t('error.status', { status }));
    this.name = 'Problem';
    this.status = status;
    this.title = body.title;
    this.errors = body.errors ?? {};
    this.traceId = body.traceId;
  }
}

export const isAbort = (error) => error?.name === 'AbortError';

function addressOf(path, query) {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === null || value === '') continue;
    for (const each of [value].flat()) params.append(key, String(each));
  }
  const text = params.toString();
  return (path.startsWith('/api') || path === '/version' ? path : V1 + path) + (text ? `?${text}` : '');
}

async function send(method, path, body, { query, signal, etag, headers = {}, idempotencyKey }) {
  const all = { Accept: 'application/json', ...headers };
  if (body !== undefined) all['Content-Type'] = 'application/json';
  if (method !== 'GET' && me.get()?.csrfToken) all['X-CSRF-Token'] = me.get().csrfToken;
  if (etag) all['If-Match'] = etag;
  if (idempotencyKey) all['Idempotency-Key'] = idempotencyKey;
  try {
    const response = await fetch(addressOf(path, query), {
      method, headers: all, signal, credentials: 'same-origin', cache: 'no-store', body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    reachable.set(true);
    return { response, text };
  } catch (error) {
    if (isAbort(error)) throw error;
    reachable.set(false);
    throw new Problem(0, { title: t('error.unreachable'), detail: t('error.unreachable.detail') });
  }
}

function bodyOf({ response, text }) {
  const isJson = /\bjson\b/.test(response.headers.get('Content-Type') ?? '');
  if (!isJson) return text;
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    throw new Problem(response.status, { title: t('error.garbled') });
  }
}

/** Waits until somebody has signed in again. */
function signedInAgain() {
  return new Promise((resolve) => { expired.set({ waiting: [...(expired.get()?.waiting ?? []), resolve] }); });
}

export async function request(method, path, body, options = {}) {
  let answer = await send(method, path, body, options);
  while (answer.response.status === 401 && !options.asNobody) {
    await signedInAgain();
    answer = await send(method, path, body, options);
  }
  const value = bodyOf(answer);
  if (!answer.response.ok) throw new Problem(answer.response.status, typeof value === 'object' ? value : { detail: value });
  if (!options.full) return value;
  return { body: value, etag: answer.response.headers.get('ETag'), location: answer.response.headers.get('Location'), headers: answer.response.headers };
}

export const api = {
  get: (path, options) => request('GET', path, undefined, options),
  post: (path, body, options) => request('POST', path, body, options),
  put: (path, body, options) => request('PUT', path, body, options),
  patch: (path, body, options) => request('PATCH', path, body, options),
  delete: (path, body, options) => request('DELETE', path, body, options),
};

/** Finds out who is signed in; null when nobody is. */
export async function whoAmI() {
  try {
    me.set(await api.get(`${AUTH}/me`, { asNobody: true }));
  } catch (error) {
    if (error.status !== 401) throw error;
    me.set(null);
  }
  return me.get();
}

export async function signIn(email, password) {
  me.set(await api.post(`${AUTH}/login`, { email, password, useCookies: true }, { asNobody: true }));
  const waiting = expired.get()?.waiting ?? [];
  expired.set(null);
  for (const resolve of waiting) resolve();
}

export async function signOut() {
  try {
    await api.post(`${AUTH}/logout`, undefined, { asNobody: true });
  } catch (error) {
    if (error.status !== 401) throw error;
  }
  me.set(null);
}
