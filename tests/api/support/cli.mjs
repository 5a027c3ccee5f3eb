// cli.mjs - the program as a person or a script runs it, with a home folder of its own.
//
//   const cli = newCli();                                       // nobody is logged in
//   const { code, out, err } = await cli.run(['jobs', 'list'], { input, env });
//   cli.server = it.server.base; await cli.login(it);           // ALPHABET_SERVER, and a login
//   cli.end();                                                  // the home folder goes
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { program } from './server.mjs';

const slow = Number(process.env.SLOW || 1);

class Cli {
  constructor() {
    this.home = fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-cli-'));
    this.server = undefined;
    this.credentials = path.join(this.home, '.config/alphabet/credentials.json');
  }

  /** Runs the program; gives {code, out, err}. INPUT goes to standard input, ENV is added. */
  run(args, { input = '', env = {}, cwd = this.home } = {}) {
    const inherited = Object.fromEntries(Object.entries(process.env)
      .filter(([name]) => !name.includes('__') && !/^(ALPHABET_|XDG_|NO_COLOR|.*_proxy$)/i.test(name)));
    const own = this.server ? { ALPHABET_SERVER: this.server } : {};
    const child = spawn(program, args, { cwd, env: { ...inherited, HOME: this.home, ...own, ...env }, timeout: 60_000 * slow });
    const texts = { out: [], err: [] };
    child.stdout.on('data', (piece) => texts.out.push(piece));
    child.stderr.on('data', (piece) => texts.err.push(piece));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code: code ?? signal, out: Buffer.concat(texts.out).toString('utf8'), err: Buffer.concat(texts.err).toString('utf8') }));
    });
  }

  /** The same, which must end with CODE (0); gives what came on standard output. */
  async ok(args, options = {}) {
    const { code, out, err } = await this.run(args, options);
    assert.equal(code, options.code ?? 0, `alphabet ${args.join(' ')}\n${out}\n${err}`);
    return out;
  }

  /** The same with --output json, parsed. */
  async json(args, options) {
    return JSON.parse(await this.ok([...args, '--output', 'json'], options));
  }

  /** A file in the home folder; gives its path. */
  file(name, content) {
    const file = path.join(this.home, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }

  /** Logs in at a server of startScheduler or startServer. */
  async login(server, email = server.email, password = server.password) {
    this.server = server.base;
    return this.ok(['login', email, '--password-stdin'], { input: `${password}\n` });
  }

  saved() { return JSON.parse(fs.readFileSync(this.credentials, 'utf8')); }
  end() { fs.rmSync(this.home, { recursive: true, force: true }); }
}

export const newCli = () => new Cli();

/** A server that says what a test wants: ANSWER(request, body) gives {status, headers, body} or null for no answer. */
export async function startFake(answer) {
  const calls = [];
  const server = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece) => { body += piece; });
    request.on('end', async () => {
      calls.push({ method: request.method, url: request.url, headers: request.headers, body });
      const given = await answer(request, body);
      if (given === null) { request.destroy(); return; }
      response.writeHead(given.status ?? 200, { 'Content-Type': 'application/json', ...given.headers });
      response.end(typeof given.body === 'string' ? given.body : JSON.stringify(given.body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    calls,
    base: `http://127.0.0.1:${server.address().port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
