// postgres.mjs - a PostgreSQL server for one test, thrown away behind it.
//
//   const postgres = await startPostgres();                     // { fsync: false } is quicker
//   postgres.url                                                // postgresql://alphabet:…@127.0.0.1:PORT/alphabet
//   await postgres.createDatabase('mine')                       // its URL; one server serves many tests
//   await postgres.sql('select 1', 'alphabet')                  // as superuser; rows as text
//   await postgres.kill(); await postgres.start();              // kill -9 of all its processes; the same port again
//   await postgres.restart(); await postgres.stop();            // stop('immediate') is a crash that it knows of
//   await postgres.freeze(); await postgres.thaw();             // hangs, without refusing anybody
//   await postgres.end();                                       // all is gone
//
//   const pair = await startPostgres({ standby: true, sync: true });
//   await pair.kill(); await pair.standby.promote();            // pair.standby can what the first one can
//   pair.urls                                                   // both hosts, for target_session_attrs=read-write
//
// The servers belong to a process of its own (tests/support/postgres), which takes them away also when the test dies.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';

const keeper = path.join(path.dirname(fileURLToPath(import.meta.url)), 'postgres');

/** The pipe to the keeper: requests out, answers in. It keeps the test runner alive only while an answer is awaited. */
class Wire {
  #child;
  #waiting = new Map();
  #last = 0;

  constructor(child, lines) {
    this.#child = child;
    child.stdin.on('error', () => {});
    lines.on('line', (line) => {
      const { id, result, error } = JSON.parse(line);
      const { resolve, reject } = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) child.stdout.unref();
      if (error === undefined) resolve(result);
      else reject(new Error(error));
    });
    lines.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the keeper of the server has ended'));
    });
  }

  ask(request) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdout.ref();
      this.#child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    });
  }

  async end() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.ref();
    this.#child.stdin.end();
    await ended;
  }
}

class Postgres {
  #wire;
  #name;

  constructor(wire, name, { url, port, log }, description) {
    this.#wire = wire;
    this.#name = name;
    const { user, password, database, folder } = description;
    Object.assign(this, { url, host: '127.0.0.1', port, user, password, database, folder, logFile: log });
  }

  #ask(command, more) { return this.#wire.ask({ server: this.#name, command, ...more }); }

  stop(mode = 'fast') { return this.#ask('stop', { mode }); }
  start() { return this.#ask('start'); }
  kill() { return this.#ask('kill'); }
  freeze() { return this.#ask('freeze'); }
  thaw() { return this.#ask('thaw'); }
  promote() { return this.#ask('promote'); }
  async restart(mode) { await this.stop(mode); await this.start(); }

  sql(text, database) { return this.#ask('sql', { text, database }); }
  async createDatabase(name) {
    await this.sql(`create database "${name}" owner ${this.user}`);
    return this.urlOf(name);
  }

  urlOf(database) { return this.url.replace(/[^/]*$/, database); }
  /** What it said so far. */
  log() { return fs.readFileSync(this.logFile, 'utf8'); }
  /** Takes the server away, and its standby. */
  end() { return this.#wire.end(); }
}

/**
 * A running server. FSYNC false: quicker. SETTINGS: further lines of postgresql.conf. STANDBY: a second server that follows;
 * SYNC: and that each commit waits for.
 */
export async function startPostgres({ standby = false, sync = false, fsync = true, settings = {} } = {}) {
  const args = ['serve', ...(standby ? ['--standby'] : []), ...(sync ? ['--sync'] : []), ...(fsync ? [] : ['--no-fsync']),
    ...Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${value}`])];
  // In a session of its own: what ends the test with its group must not end who cleans up behind it.
  const child = spawn(keeper, args, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => { errors += text; });
  const lines = readline.createInterface({ input: child.stdout });
  const description = await new Promise((resolve, reject) => {
    let first;
    const line = (text) => {
      if (first === undefined) { first = text; return; }
      lines.off('line', line);
      resolve(JSON.parse(text));
    };
    lines.on('line', line);
    child.once('error', reject);
    child.once('close', () => reject(new Error(`no PostgreSQL server: ${errors}`)));
  });
  const wire = new Wire(child, lines);
  for (const handle of [child, child.stdin, child.stdout, child.stderr]) handle.unref();
  const server = new Postgres(wire, 'primary', description.primary, description);
  if (description.standby) {
    server.standby = new Postgres(wire, 'standby', description.standby, description);
    server.urls = server.url.replace(/:(\d+)\//, `:$1,127.0.0.1:${server.standby.port}/`);
  }
  return server;
}
