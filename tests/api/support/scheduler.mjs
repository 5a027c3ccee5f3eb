// scheduler.mjs - a server, somebody logged in, and a target, as most tests of the API need them.
//
//   const it = await startScheduler();
//   const job = await it.create({ scheduleType: 'Interval', intervalSeconds: 1 });    // asserts the 201
//   const execution = await it.run(job);                                               // triggered, waited for
//   await it.stop();
import assert from 'node:assert/strict';
import { startServer, waitFor } from './server.mjs';
import { startHttpTarget } from './target.mjs';

export { waitFor } from './server.mjs';
export const V1 = '/api/v1/scheduler';
/** SLOW multiplies what a slow machine or a sanitizer takes. */
export const slow = Number(process.env.SLOW || 1);
export const iso = (time) => new Date(time).toISOString();
const ends = ['Succeeded', 'Failed', 'Cancelled'];

/** A server that may call loopback, and a target there. SETTINGS are added to those. */
export async function startScheduler({ settings = {}, ...options } = {}) {
  const target = await startHttpTarget();
  try {
    const server = await startServer({ settings: { 'Scheduler:Http:AllowedHosts': '127.0.0.1', ...settings }, ...options });
    return new Scheduler(server, target, await server.login());
  } catch (error) {
    await target.stop();
    throw error;
  }
}

class Scheduler {
  constructor(server, target, token) {
    Object.assign(this, { server, target, token });
  }

  /** A request below the base path, as the admin unless OPTIONS say otherwise. */
  request(method, path, options = {}) {
    return this.server.request(method, path.startsWith('/api') ? path : V1 + path, { token: this.token, ...options });
  }

  get(path, options) { return this.request('GET', path, options); }
  post(path, body, headers) { return this.request('POST', path, { body, headers }); }
  put(path, body, headers) { return this.request('PUT', path, { body, headers }); }
  patch(path, body, headers) { return this.request('PATCH', path, { body, headers }); }
  delete(path, headers) { return this.request('DELETE', path, { headers }); }

  /** The body of an answer that must have STATUS. */
  async expect(status, promise) {
    const answer = await promise;
    assert.equal(answer.status, status, `${answer.text}\n${this.server.log().slice(-2000)}`);
    return answer.body;
  }

  /** A definition: once a year, one attempt, /ok of the target, unless MORE says otherwise. */
  job(more = {}) {
    const cron = more.scheduleType === undefined || more.scheduleType === 'Cron';
    return {
      name: 'A job', jobType: 'HttpCall', scheduleType: 'Cron', ...(cron ? { scheduleExpression: '0 0 1 1 *' } : {}),
      jobConfiguration: { url: this.target.url('/ok') }, retryPolicy: { maxAttempts: 1 }, ...more,
    };
  }

  /** Creates a job of this.job(MORE). */
  create(more) { return this.expect(201, this.post('/jobs', this.job(more))); }
  show(job) { return this.expect(200, this.get(`/jobs/${job.id ?? job}`)); }
  trigger(job, body, headers) { return this.expect(202, this.post(`/jobs/${job.id}/trigger`, body, headers)); }
  execution(id) { return this.expect(200, this.get(`/executions/${id}`)); }

  /** Waits until the execution is in STATUS (one or several; any end unless given). */
  async ended(id, status = ends, seconds = 20) {
    const wanted = [status].flat();
    let last;
    return waitFor(async () => {
      last = await this.execution(id);
      return wanted.includes(last.status) && last;
    }, { what: `execution ${id} to be ${wanted.join(' or ')}`, seconds }).catch((error) => { throw new Error(`${error.message}: ${JSON.stringify(last)}`); });
  }

  /** Triggers a job and waits for the end of that execution. */
  async run(job, body) { return this.ended(await this.trigger(job, body)); }

  /** All executions that fit QUERY (a job's when it is given), the oldest first, from all pages. */
  async executions(job, query = '') {
    const items = [];
    for (let page = 1; ; page++) {
      const path = job ? `/jobs/${job.id}/executions` : '/executions';
      const body = await this.expect(200, this.get(`${path}?pageSize=200&pageNumber=${page}${query}`));
      items.push(...body.items);
      if (body.items.length === 0 || page * 200 >= body.totalCount) return items.reverse();
    }
  }

  /** Waits until a job has COUNT executions that have ended, and gives all. */
  async endedOf(job, count, seconds = 20) {
    return waitFor(async () => {
      const items = await this.executions(job);
      return items.filter(({ status }) => ends.includes(status)).length >= count && items;
    }, { what: `${count} ended executions of ${job.name}`, seconds });
  }

  async upcoming(job, count = 10) { return this.expect(200, this.get(`/jobs/${job.id}/upcoming?count=${count}`)); }
  async ledger(job, from, to) {
    const body = await this.expect(200, this.get(`/jobs/${job.id}/occurrences?fromDate=${iso(from)}&toDate=${iso(to)}&pageSize=200`));
    return body.items;
  }

  async history(job) { return this.expect(200, this.get(`/jobs/${job.id}/history?pageSize=200`)); }

  /** A user with a role, and somebody who is logged in as it: a Scheduler on the same server. */
  async as(role, email = `${role.toLowerCase()}@example.com`, password = 'a password long enough') {
    await this.expect(201, this.post('/api/v1/admin/users', { email, password, roles: [role] }));
    return new Scheduler(this.server, this.target, await this.server.login(email, password));
  }

  /** Ends the server by SIGNAL and starts it again on the same data, logged in anew. */
  async restart(signal) {
    await this.server.restart(signal);
    this.token = await this.server.login();
  }

  async stop() {
    await this.target.stop();
    await this.server.stop();
  }
}
