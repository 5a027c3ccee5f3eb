// The first five minutes of README.md, as they stand there, pasted into a shell. Only the port and the password are put
// in: those that this server has.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { program, root, waitFor } from './support/server.mjs';

const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
const section = /^## The first five minutes\n([\s\S]*?)^## /m.exec(readme)[1];
const blocks = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block);

test('README: the first five minutes work as pasted', async () => {
  assert.ok(blocks.length >= 5, 'the blocks are found');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-readme-'));
  const start = /make run ARGS="([^"]*)"/.exec(blocks[0]);
  assert.ok(start, 'the first block starts the server');
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.includes('__') && name !== 'ALPHABET_ADMIN_PASSWORD'));
  // `make run` builds and runs build/alphabet: here the program under test, with the arguments of the README.
  const launch = () => {
    const child = spawn(program, ['serve', '--port', '0', '--data', path.join(folder, 'data'), ...start[1].split(' ')], { cwd: folder, env: clean, stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (text) => { out += text; });
    process.on('exit', () => child.kill('SIGKILL'));
    const ready = waitFor(() => /^Alphabet \S+ is ready at http:\/\/127\.0\.0\.1:(\d+)$/m.exec(out)?.[1], { what: 'the program to be ready', seconds: 20 });
    return { child, ready, out: () => out, ended: once(child, 'exit') };
  };
  const bash = (script) => new Promise((resolve) => {
    execFile('bash', ['-c', script], { cwd: folder, env: clean, timeout: 60_000 }, (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr }));
  });
  fs.mkdirSync(path.join(folder, 'build'));
  fs.symlinkSync(program, path.join(folder, 'build/alphabet'));
  let server = launch();
  try {
    const port = await server.ready;
    const password = await waitFor(() => /^First login: admin@alphabet\.local with the password (\S+)$/m.exec(server.out())?.[1], { what: 'the password that the README speaks of' });
    const pasted = (blocksOf, at) => blocksOf.join('\n').replaceAll(['127.0.0.1', 8080].join(':'), `127.0.0.1:${at}`).replace("'the password that was printed'", `'${password}'`);
    const script = pasted(blocks.slice(1), port);
    assert.ok(!script.includes('8080') && script.includes(password));
    const { code, stdout, stderr } = await bash(`${script}\necho; echo "JOB=$JOB TOKEN=$TOKEN"`);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /\+0[12]:00$/m, 'the pattern was explained in Berlin time');
    const [, job, token] = /JOB=([0-9a-f-]{36}) TOKEN=([\w.-]+)$/m.exec(stdout) ?? assert.fail(stdout);
    const api = (at, route) => fetch(`http://127.0.0.1:${at}/api/v1/scheduler${route}`, { headers: { Authorization: `Bearer ${token}` } }).then((answer) => answer.json());
    const triggered = await waitFor(async () => (await api(port, `/jobs/${job}/executions`)).items.find(({ trigger, status }) => trigger === 'Manual' && status === 'Succeeded'), { what: 'the execution of the README' });
    assert.ok(stdout.includes(triggered.id), 'the README shows it');
    // "Kill the server with kill -9, start it again, and look once more: everything is still there, and the job goes on."
    const count = (await api(port, `/jobs/${job}/executions`)).totalCount;
    server.child.kill('SIGKILL');
    await server.ended;
    server = launch();
    const again = await server.ready;
    const before = await api(again, `/jobs/${job}/executions`);
    assert.ok(before.totalCount >= count && before.items.some(({ id }) => id === triggered.id));
    // It calls the port of before, where nobody listens now; that it calls at all is what counts here.
    await waitFor(async () => (await api(again, `/jobs/${job}/executions`)).totalCount > before.totalCount, { what: 'the job to go on', seconds: 20 });
  } finally {
    server.child.kill('SIGTERM');
    await server.ended;
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

test('README: every page it names is there', () => {
  for (const [, target] of readme.matchAll(/\]\((?!https?:|#)([^)#]+)\)/g)) assert.ok(fs.existsSync(path.join(root, target)), `${target} is named and is not there`);
});
