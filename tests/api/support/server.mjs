// server.mjs - the real program on a port it chose itself, with a data folder of its own.
//
//   const server = await startServer({ settings: { 'Scheduler:Http:AllowPrivateNetworks': true } });
//   const token = await server.login();                        // the first admin
//   const answer = await server.request('POST', '/api/v1/scheduler/jobs', { token, body: job });
//   answer.status, answer.headers, answer.body                 // body is parsed when it is JSON
//   await server.stop();                                       // SIGTERM, exit code 0, folder removed
//
// The program is the one that ALPHABET names (an absolute path), else build/alphabet. SLOW=5 multiplies every limit.
// A test that fails can show server.log(), what the program said on standard error. With ALPHABET_TEST_DATABASE=postgres
// the servers run on PostgreSQL (database.mjs).
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { databaseOf, dropDatabaseOf } from './database.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const program = process.env.ALPHABET || path.join(root, 'build/alphabet');
const slow = Number(process.env.SLOW || 1);

const running = new Set();
process.on('exit', () => { for (const child of running) child.kill('SIGKILL'); });

/** Calls CONDITION until it gives something true, which is returned; fails with WHAT after SECONDS. */
export async function waitFor(condition, { what = 'a condition', seconds = 10, every = 20 } = {}) {
  const end = Date.now() + seconds * 1000 * slow;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (Date.now() > end) throw new Error(`waited ${seconds * slow} s for ${what}`);
    await delay(every);
  }
}

/** One request over a fresh or kept connection of AGENT. GET with a body and odd headers are possible, unlike with fetch. */
function send(agent, base, method, target, { token, body, headers = {}, seconds = 30 } = {}) {
  const bytes = body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const all = { ...headers };
  const has = (name) => Object.keys(all).some((key) => key.toLowerCase() === name);
  if (token) all.Authorization = `Bearer ${token}`;
  if (bytes && !has('content-type')) all['Content-Type'] = 'application/json';
  if (bytes && !has('transfer-encoding')) all['Content-Length'] = bytes.length;
  // A server that refuses a long body closes the connection, and the answer may get lost while we still write: ask first.
  if (bytes?.length > 64 * 1024 && !has('expect')) all.Expect = '100-continue';
  return new Promise((resolve, reject) => {
    const request = http.request(new URL(target, base), { method, headers: all, agent }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const isJson = /^application\/([\w.-]+\+)?json\b/.test(response.headers['content-type'] ?? '');
        let parsed;
        try {
          parsed = isJson && text !== '' ? JSON.parse(text) : undefined;
        } catch (error) {
          reject(new Error(`${method} ${target}: the answer is not JSON: ${text.slice(0, 200)}`, { cause: error }));
          return;
        }
        resolve({ status: response.statusCode, headers: response.headers, text, body: parsed });
      });
    });
    request.setTimeout(seconds * 1000 * slow, () => request.destroy(new Error(`${method} ${target}: no answer in ${seconds * slow} s`)));
    request.on('error', reject);
    if (!all.Expect) {
      request.end(bytes);
    } else {
      request.on('continue', () => request.end(bytes));
      request.flushHeaders();
    }
  });
}

class Server {
  #child;
  #agent = new http.Agent({ keepAlive: true });
  #output = '';
  #errors = '';
  #ownsFolder;

  constructor({ folder, settings = {}, args = [], env = {} } = {}) {
    this.#ownsFolder = folder === undefined;
    this.folder = folder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-test-'));
    this.password = env.ALPHABET_ADMIN_PASSWORD ?? randomBytes(18).toString('base64url');
    this.email = 'admin@alphabet.local';
    this.settings = settings;
    this.args = args;
    this.env = env;
  }

  /** Starts the program on the folder and waits until it is ready. */
  async start() {
    // Settings of the machine the test runs on stay out: they come as Section__Key.
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.includes('__')));
    const hasItsOwn = Object.keys(this.settings).some((key) => key.startsWith('Database:'));
    const settings = { ...(hasItsOwn ? {} : await databaseOf(this.folder)), ...this.settings };
    const sets = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    this.#output = '';
    this.#child = spawn(program, ['serve', '--port', '0', '--data', path.join(this.folder, 'data'), ...sets, ...this.args], {
      cwd: this.folder, // no appsettings.json of the checkout either
      env: { ...inherited, ALPHABET_ADMIN_PASSWORD: this.password, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const child = this.#child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    child.once('error', (error) => { this.#errors += `${program}: ${error.message}\n`; running.delete(child); });
    child.stdout.setEncoding('utf8').on('data', (text) => { this.#output += text; });
    child.stderr.setEncoding('utf8').on('data', (text) => { this.#errors = (this.#errors + text).slice(-200_000); });
    try {
      const port = await waitFor(() => this.#readyLine(), { what: 'the line "is ready at"', seconds: 20 });
      this.base = `http://127.0.0.1:${port}`;
      await waitFor(async () => (await this.request('GET', '/readyz')).status === 200, { what: '/readyz', seconds: 20 });
    } catch (error) {
      child.kill('SIGKILL');
      if (this.#ownsFolder) fs.rmSync(this.folder, { recursive: true, force: true });
      throw new Error(`the server did not start: ${error.message}\n${this.log()}`, { cause: error });
    }
    return this;
  }

  #readyLine() {
    if (this.hasEnded()) throw new Error(`it ended with ${this.#child.signalCode ?? this.#child.exitCode}`);
    return /^Alphabet \S+ is ready at http:\/\/(?:127\.0\.0\.1|0\.0\.0\.0):(\d+)$/m.exec(this.#output)?.[1];
  }

  get pid() { return this.#child.pid; }
  hasEnded() { return this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined; }
  /** What the program said on standard error so far. */
  log() { return this.#errors; }
  /** What it said on standard output. */
  output() { return this.#output; }

  request(method, target, options) {
    return send(this.#agent, this.base, method, target, options);
  }

  /** An access token: of the first admin, or of somebody else. */
  async login(email = this.email, password = this.password) {
    const answer = await this.request('POST', '/api/v1/auth/login', { body: { email, password } });
    if (answer.status !== 200) throw new Error(`login of ${email}: ${answer.status} ${answer.text}`);
    return answer.body.accessToken;
  }

  /** Ends the program with SIGNAL and waits; gives {code, signal}. The folder stays. */
  async end(signal = 'SIGTERM', seconds = 45) {
    this.#agent.destroy();
    this.#agent = new http.Agent({ keepAlive: true });
    if (!this.hasEnded()) {
      const ended = once(this.#child, 'exit');
      this.#child.kill(signal);
      const timer = setTimeout(() => { this.#errors += `killed after ${seconds * slow} s\n`; this.#child.kill('SIGKILL'); }, seconds * 1000 * slow);
      await ended;
      clearTimeout(timer);
    }
    return { code: this.#child.exitCode, signal: this.#child.signalCode };
  }

  /** Ends it and starts it again on the same folder, on another port. */
  async restart(signal = 'SIGTERM') {
    await this.end(signal);
    return this.start();
  }

  /** A clean end: fails when the program does not leave with 0. Removes the folder that was made for it. */
  async stop() {
    const { code, signal } = await this.end();
    this.#agent.destroy();
    if (this.#ownsFolder) {
      fs.rmSync(this.folder, { recursive: true, force: true });
      await dropDatabaseOf(this.folder);
    }
    if (code !== 0) throw new Error(`the server ended with ${signal ?? code}\n${this.log()}`);
  }
}

/**
 * A running server. FOLDER: one of your own, which is kept; else one is made and removed. SETTINGS: keys and values, as
 * for --set. ARGS: further arguments. ENV: further environment.
 */
export async function startServer(options) {
  return new Server(options).start();
}

/**
 * What HTTP jobs call: an HTTP server on loopback. HANDLER(request, response, body) answers; without one every call gets
 * a 200 with "done". `calls` holds {method, url, headers, body} of each.
 */
export async function startTarget(handler = (request, response) => response.end('done')) {
  const calls = [];
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      calls.push({ method: request.method, url: request.url, headers: request.headers, body });
      handler(request, response, body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    calls,
    url: `http://127.0.0.1:${server.address().port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
