// CodeExecution on the real server: handlers of every sort, good and bad, and nothing of them left behind.
//
// Handlers are written into a folder of the test. A server that runs as root runs them as nobody, so the folders they
// write to are open to all. Ids such as X3 name rows of docs/security.md.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { newCli } from './support/cli.mjs';
import { listen } from './support/events.mjs';
import { slow, startScheduler, V1, waitFor } from './support/scheduler.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-handlers-'));
const work = path.join(folder, 'work');
const secrets = path.join(folder, 'secrets');
const canary = `canary-${process.pid}-${Date.now().toString(36)}`;
let it;

/** A handler as a file that only its owner may write. */
function place(name, text, mode = 0o755) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text);
  fs.chmodSync(file, mode);
  return file;
}

const sh = (name, text) => place(name, `#!/bin/sh\n${text}\n`);

/** Settings that register NAME with MORE. */
const register = (name, more) => Object.fromEntries(Object.entries(more).map(([key, value]) => [`Scheduler:Handlers:${name}:${key}`, value]));

/** Processes whose command line holds WORD, without this one. */
function processesWith(word) {
  return fs.readdirSync('/proc').filter((id) => /^\d+$/.test(id) && ![process.pid, it.server.pid].includes(Number(id))).filter((id) => {
    try {
      return fs.readFileSync(`/proc/${id}/cmdline`, 'latin1').includes(word) && !/^Z/.test(fs.readFileSync(`/proc/${id}/stat`, 'latin1').replace(/^.*\) /, ''));
    } catch {
      return false;
    }
  });
}

/** All processes whose parent is ID. */
function childrenOf(id) {
  return fs.readdirSync('/proc').filter((each) => /^\d+$/.test(each)).filter((each) => {
    try {
      return fs.readFileSync(`/proc/${each}/stat`, 'latin1').replace(/^.*\) . /, '').split(' ')[0] === String(id);
    } catch {
      return false;
    }
  });
}

const code = (jobConfiguration, more = {}) => ({ name: 'A handler', jobType: 'CodeExecution', jobConfiguration, ...more });
const create = (jobConfiguration, more) => it.create(code(jobConfiguration, more));
const run = async (jobConfiguration, more, body) => it.run(await create(jobConfiguration, more), body);
const script = (text, parameters = {}) => ({ handlerType: 'Shell', parameters: { script: text, ...parameters } });

/** The 400 of a configuration; its errors. */
async function refused(jobConfiguration) {
  const body = await it.expect(400, it.post('/jobs', it.job(code(jobConfiguration))));
  return body.errors;
}

before(async () => {
  fs.chmodSync(folder, 0o755);
  fs.mkdirSync(path.join(work, 'deep'), { recursive: true });
  for (const each of [work, path.join(work, 'deep')]) fs.chmodSync(each, 0o777);
  fs.mkdirSync(secrets, { mode: 0o700 });
  fs.writeFileSync(path.join(secrets, 'token'), `${canary}\n`, { mode: 0o600 });
  it = await startScheduler({
    settings: {
      'Scheduler:Handlers:Shell:Enabled': true,
      'Scheduler:Handlers:Shell:WorkingDirectories': work,
      'Scheduler:Hangfire:WorkerCount': 4,
      'Scheduler:Secrets:Directory': secrets,
      ...register('Echo', {
        Executable: sh('echo.sh', 'echo "arguments: $*"\necho "method: $ALPHABET_METHOD"\ncat\necho\nenv | sort\npwd'),
        Arguments: '--fixed,two words',
        Methods: 'First,Second',
        Environment: 'REPORT_*,LOG_LEVEL,LD_PRELOAD,PATH,*',
        WorkingDirectories: work,
      }),
      ...register('Bare', { Executable: sh('bare.sh', 'echo bare; echo to-stderr >&2') }),
      ...register('Exits', { Executable: sh('exits.sh', 'exit "$ALPHABET_PARAM_STATUS"') }),
      ...register('Floods', { Executable: sh('floods.sh', 'exec yes'), 'Limits:OutputBytes': 3000000 }),
      ...register('Bombs', { Executable: sh('bombs.sh', 'bomb() { bomb | bomb & }; bomb; sleep 60'), 'Limits:Processes': 20 }),
      ...register('Hungry', { Executable: sh('hungry.sh', 'exec python3 -c "x = bytearray(1 << 30)"'), 'Limits:MemoryBytes': 200000000 }),
      ...register('Spins', { Executable: sh('spins.sh', 'while :; do :; done'), 'Limits:CpuSeconds': 1 }),
      ...register('Networked', { Executable: sh('networked.sh', 'exec python3 -c "import socket; socket.create_connection((\'127.0.0.1\', int(__import__(\'os\').environ[\'ALPHABET_PARAM_PORT\']))); print(\'connected\')"'), Network: 'Allow' }),
    },
  });
});

after(async () => {
  await it?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

test('the three examples are there and succeed', async () => {
  const sample = await run({ handlerType: 'SampleJob', methodName: 'Execute', parameters: { steps: 2, day: '{{Today:yyyy}}' } });
  assert.equal(sample.status, 'Succeeded', sample.errorMessage);
  assert.match(sample.output, /"day":"\d{4}"/);
  assert.match(sample.output, /::progress 100 step 2 of 2\ndone/);
  const report = await run({ handlerType: 'reportgenerationjob', parameters: { title: 'Nightly', format: 'json' } });
  assert.equal(report.status, 'Succeeded', report.errorMessage);
  assert.equal(JSON.parse(report.output.split('\n').find((line) => line.startsWith('{'))).title, 'Nightly');
  const cleanup = await run({ handlerType: 'CleanupJob' });
  assert.equal(cleanup.status, 'Succeeded', cleanup.errorMessage);
});

test('a library that fails is a Failed execution with its status', async () => {
  const failed = await run({ handlerType: 'SampleJob', parameters: { fail: true } });
  assert.deepEqual([failed.status, failed.errorType, failed.errorMessage], ['Failed', 'Process', 'exit status 3']);
});

test('a handler gets the operator\'s arguments, the parameters on standard input and as variables, and its folder', async () => {
  const execution = await run(
    { handlerType: 'Echo', methodName: 'Second', parameters: { a: 1, 'b-c': { d: ['{{Job.Name}}'] } }, environment: { REPORT_KIND: 'x {{Execution.Attempt}}' }, workingDirectory: path.join(work, 'deep') },
    {}, { parameters: { a: '{{Today}}' } },
  );
  assert.equal(execution.status, 'Succeeded', execution.errorMessage);
  const lines = execution.output.split('\n');
  assert.equal(lines[0], 'arguments: --fixed two words');
  assert.equal(lines[1], 'method: Second');
  assert.deepEqual(JSON.parse(lines[2]), { a: '{{Today}}', 'b-c': { d: ['A handler'] } });
  for (const line of ['ALPHABET_PARAM_B_C={"d":["A handler"]}', 'REPORT_KIND=x 1', `ALPHABET_EXECUTION_ID=${execution.id}`, 'ALPHABET_ATTEMPT=1', 'HOME=/', path.join(work, 'deep')]) {
    assert.ok(lines.includes(line), `${line} in ${execution.output}`);
  }
  const first = await run({ handlerType: 'Echo' });
  assert.match(first.output, /^method: First$/m);
});

test('the environment is clean: nothing of the server is in it', async () => {
  const { output } = await run({ handlerType: 'Echo' });
  const names = output.split('\n').filter((line) => /^[A-Z_]+=/.test(line)).map((line) => line.split('=')[0]);
  for (const name of names) assert.match(name, /^(ALPHABET_(EXECUTION_ID|JOB_ID|JOB_NAME|ATTEMPT|FENCE|SCHEDULED_FOR|HANDLER|METHOD)|PATH|LANG|HOME|USER|TMPDIR|PWD|OLDPWD|_|SHLVL)$/);
  assert.ok(!output.includes(it.server.password));
});

test('standard error is output too', async () => {
  const { output } = await run({ handlerType: 'Bare' });
  assert.equal(output, 'bare\nto-stderr\n');
});

test('failure: exit status, signal, and a retry with the next attempt', async () => {
  const failed = await run({ handlerType: 'Exits', parameters: { status: 7 } });
  assert.deepEqual([failed.status, failed.errorType, failed.errorMessage], ['Failed', 'Process', 'exit status 7']);
  const crashed = await run(script('kill -SEGV $$'));
  assert.deepEqual([crashed.status, crashed.errorType, crashed.errorMessage], ['Failed', 'Process', 'signal 11 (Segmentation fault)']);
  const job = await create(script('echo attempt $ALPHABET_ATTEMPT; [ $ALPHABET_ATTEMPT = 2 ]'), { retryPolicy: { maxAttempts: 3, delaySeconds: 0 } });
  await it.trigger(job);
  const all = await it.endedOf(job, 2);
  assert.deepEqual(all.map(({ status }) => status), ['Failed', 'Succeeded']);
  assert.equal((await it.execution(all[1].id)).output, 'attempt 2\n');
});

test('what does not exist is refused by name when the job is written (K2)', async () => {
  assert.match((await refused({ handlerType: '/bin/sh' }))['jobConfiguration.handlerType'][0], /there is no handler \/bin\/sh; there are: Bare, Bombs, CleanupJob, Echo/);
  assert.match((await refused({}))['jobConfiguration.handlerType'][0], /is required; there are/);
  assert.match((await refused({ handlerType: 'Echo', methodName: 'Third' }))['jobConfiguration.methodName'][0], /there are: First, Second/);
  assert.match((await refused({ handlerType: 'Bare', methodName: 'x' }))['jobConfiguration.methodName'][0], /has no methods/);
  assert.match((await refused({ handlerType: 'Bare', command: 'rm', executable: '/bin/rm' }))['jobConfiguration.command'][0], /no such field/);
  assert.match((await refused({ handlerType: 'Bare', parameters: { a: ['{{Nope}}'] } }))['jobConfiguration.parameters.a[0]'][0], /no variable/);
  assert.match((await refused({ handlerType: 'Bare', parameters: { a: '{{Secret.none}}' } }))['jobConfiguration.parameters.a'][0], /no secret/);
  for (const workingDirectory of ['/etc', `${work}/../secrets`, 'relative', `${work}x`]) {
    const answer = await it.post('/jobs', it.job(code({ handlerType: 'Echo', workingDirectory })));
    if (workingDirectory.includes('..')) { // beneath by its text; the kernel decides when it runs
      const { status, errorType } = await it.run(await it.expect(201, Promise.resolve(answer)));
      assert.deepEqual([status, errorType], ['Failed', 'Configuration']);
    } else {
      assert.equal(answer.status, 400, workingDirectory);
    }
  }
});

test('a link out of the working directory is not followed', async () => {
  fs.symlinkSync('/etc', path.join(work, 'out'));
  const { status, errorType } = await run({ handlerType: 'Echo', workingDirectory: path.join(work, 'out') });
  assert.deepEqual([status, errorType], ['Failed', 'Configuration']);
});

test('X2: variables that change how programs run are refused, whatever the operator allows', async () => {
  const bad = ['LD_PRELOAD', 'LD_LIBRARY_PATH', 'GCONV_PATH', 'BASH_ENV', 'IFS', 'PATH', 'PYTHONPATH', 'NODE_OPTIONS', 'ld_preload', 'ALPHABET_FENCE', 'A=B', '', '1A', 'GLIBC_TUNABLES'];
  const errors = await refused({ handlerType: 'Echo', environment: Object.fromEntries(bad.map((name) => [name, 'x'])) });
  for (const name of bad) assert.ok(errors[`jobConfiguration.environment.${name}`], name);
  assert.match((await refused({ handlerType: 'Bare', environment: { FINE: 'x' } }))['jobConfiguration.environment.FINE'][0], /Environment list/);
});

test('X1: what a parameter holds is never a command', async () => {
  const evil = '$(touch /tmp/x); `id` | -rf *';
  const { output } = await run({ handlerType: 'Echo', parameters: { evil } });
  assert.ok(output.includes(`ALPHABET_PARAM_EVIL=${evil}`));
});

test('X4: a secret reaches the handler, no command line, no output and no answer', async () => {
  const job = await create({ handlerType: 'Shell', parameters: { script: 'printf "%s|" "$TOKEN"; cat; sleep 1; exit 4' , inside: 'x{{Secret.token}}x' }, environment: {} });
  const id = await it.trigger(job);
  await it.ended(id, 'Running');
  for (const pid of processesWith('alphabet-run').concat(processesWith('/proc/self/fd/3'))) assert.ok(!fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(canary));
  assert.deepEqual(processesWith(canary), []);
  const execution = await it.ended(id);
  assert.match(execution.output, /\{"inside":"x\*\*\*x"\}/);
  const pages = await Promise.all([it.get(`/executions/${id}/output`), it.get(`/jobs/${job.id}`), it.get(`/executions/${id}`), it.get(`/jobs/${job.id}/history`)]);
  for (const { text } of pages) assert.ok(!text.includes(canary));
  assert.ok(!it.server.log().includes(canary));
});

test('X3: a child has descriptors 0, 1 and 2, and cannot look into the server', async () => {
  const { output } = await run(script('sleep 60 & child=$!; until grep -q sleep /proc/$child/comm; do :; done; for f in /proc/$child/fd/*; do echo "fd ${f##*/}"; done; kill $child'));
  const fds = [...output.matchAll(/^fd (\d+)$/gm)].map(([, fd]) => Number(fd));
  assert.deepEqual(fds, [0, 1, 2]);
  const probe = await run({
    handlerType: 'Shell',
    parameters: { script: 'for f in "/proc/$ALPHABET_PARAM_SERVER/environ" "/proc/$ALPHABET_PARAM_SERVER/maps" "/proc/$ALPHABET_PARAM_SERVER/mem" "$ALPHABET_PARAM_DATA/alphabet.db" "$ALPHABET_PARAM_DATA/jwt.key" "$ALPHABET_PARAM_SECRETS/token" /etc/shadow; do if cat "$f" >/dev/null 2>&1; then echo "READ $f"; fi; done; ls "$ALPHABET_PARAM_DATA" 2>/dev/null; echo end', server: String(it.server.pid), data: path.join(it.server.folder, 'data'), secrets },
  });
  assert.equal(probe.output, 'end\n');
});

const abi = () => Number(/landlock=(\d+)/.exec(it.server.log())?.[1] ?? 0);
const probes = {
  'write /etc': ['echo x > /etc/alphabet-probe', 1],
  'write /tmp': ['echo x > /tmp/alphabet-probe', 1],
  'read a home': ['ls /root', 1],
  'signal the server': ['kill -0 "$ALPHABET_PARAM_SERVER"', 6],
  mount: ['mount -t tmpfs none /mnt', 0],
  'user namespace': ['unshare -U true', 0],
  'network namespace': ['unshare -n true', 0],
  'bind a port': ['python3 -c "import socket; s = socket.socket(); s.bind((\'127.0.0.1\', 0)); s.listen()"', 0],
  'connect out': ['python3 -c "import socket; socket.create_connection((\'127.0.0.1\', 9))"', 0],
  'send a datagram': ['python3 -c "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b\'x\', (\'127.0.0.1\', 9))"', 0],
  ...Object.fromEntries(Object.entries({ keyctl: 250, io_uring: 425, bpf: 321, perf: 298, ptrace: 101, add_key: 248, unshare: 272, setns: 308 })
    .map(([name, number]) => [name, [`python3 -c "import ctypes; libc = ctypes.CDLL(None, use_errno=True); r = libc.syscall(${number}, 0, 0, 0, 0, 0); raise SystemExit(1 if r < 0 and ctypes.get_errno() == 1 else 0)"`, 0, 'x64']])),
  'a file with the set-user-id bit gains nothing': ['[ "$(sed -n "s/^NoNewPrivs:.//p" /proc/self/status)" = 0 ]', 0],
};
for (const [what, [command, needs, arch]] of Object.entries(probes)) {
  test(`X5, X6: outside of the sandbox: ${what}`, async (t) => {
    if (arch && arch !== process.arch) return t.skip(`system call numbers of ${arch}`);
    if (needs && abi() < needs) return t.skip(`this kernel's Landlock is ABI ${abi()}, not ${needs}`);
    const { output, status } = await run(script(`if { ${command}; } 2>/dev/null; then echo OUT; else echo in; fi`, { server: String(it.server.pid) }));
    assert.deepEqual([status, output], ['Succeeded', 'in\n']);
  });
}

test('what is allowed works: its folder, the network of a handler that has it', async () => {
  const written = await run(script('echo hello > note && mkdir sub && mv note sub/ && cat sub/note && rm -r sub && mktemp >/dev/null && echo fine'));
  assert.equal(written.output, 'hello\nfine\n');
  const connected = await run({ handlerType: 'Networked', parameters: { port: String(new URL(it.target.url('/')).port) } });
  assert.equal(connected.output, 'connected\n', connected.errorMessage);
});

test('timeout: the group gets SIGTERM, and the record says how it ended', async () => {
  const { status, errorType, errorMessage } = await run(script('sleep 600 & wait'), { timeoutSeconds: 1 });
  assert.deepEqual([status, errorType], ['Failed', 'Timeout']);
  assert.match(errorMessage, /ended by SIGTERM: signal 15 \(Terminated\); no process is left/);
});

test('cancel: SIGTERM obeyed, with the exit status the handler chose', async () => {
  const job = await create(script('trap "echo bye; exit 5" TERM; echo up; while :; do sleep 0.05; done'));
  const id = await it.trigger(job);
  await waitFor(async () => (await it.execution(id)).status === 'Running');
  await waitFor(() => processesWith('/proc/self/fd/3').length > 0);
  await new Promise((resolve) => { setTimeout(resolve, 200); });
  const began = Date.now();
  await it.expect(200, it.post(`/executions/${id}/cancel`));
  const execution = await it.ended(id, 'Cancelled');
  assert.ok(Date.now() - began < 3000 * slow);
  assert.match(execution.errorMessage, /ended by SIGTERM: exit status 5; no process is left/);
  assert.match(execution.output, /^up\n(Terminated\n)?bye\n$/); // some shells tell of the sleep
});

test('cancel: SIGTERM ignored, by a daemon as well: all killed within six seconds, and none is left', async () => {
  const mark = `3${process.pid}7`;
  const job = await create(script(`trap "" TERM; (setsid sh -c 'trap "" TERM; sleep ${mark}; sleep ${mark}' &); echo up; while :; do sleep ${mark}; done`));
  const id = await it.trigger(job);
  await waitFor(() => processesWith(mark).length >= 3, { what: 'three processes' });
  const began = Date.now();
  await it.expect(200, it.post(`/executions/${id}/cancel`));
  const execution = await it.ended(id, 'Cancelled');
  const took = Date.now() - began;
  assert.ok(took > 4500 && took < 6000 * slow, `${took} ms`);
  assert.match(execution.errorMessage, /SIGTERM was not obeyed within 5 s, then SIGKILL to \d+ processes: signal 9 \(Killed\); no process is left/);
  assert.deepEqual(processesWith(mark), []);
});

test('a grandchild left behind by a handler that succeeds is killed, and the output says so', async () => {
  const mark = `4${process.pid}3`;
  const { status, output } = await run(script(`(setsid sleep ${mark} >/dev/null 2>&1 &); echo done`));
  assert.equal(status, 'Succeeded');
  assert.match(output, /^done\n\n… 1 process outlived the handler and was killed …\n$/);
  assert.deepEqual(processesWith(mark), []);
});

test('a fork bomb is one Failed execution, and other jobs go on', async () => {
  const bomb = await create({ handlerType: 'Bombs' });
  const id = await it.trigger(bomb);
  const other = await run({ handlerType: 'SampleJob' });
  assert.equal(other.status, 'Succeeded', other.errorMessage);
  const { status, errorType, errorMessage } = await it.ended(id);
  assert.deepEqual([status, errorType], ['Failed', 'Process']);
  assert.match(errorMessage, /more than the 20 processes .* no process is left/);
  assert.deepEqual(processesWith('bombs.sh'), []);
});

test('a child that closes its pipes is waited for', async () => {
  const { status, durationMs, output } = await run(script('echo first; exec >&- 2>&- <&-; sleep 0.5; exit 0'));
  assert.deepEqual([status, output], ['Succeeded', 'first\n']);
  assert.ok(durationMs >= 450);
});

test('an endless output ends the run; its beginning and end are kept', async () => {
  const { status, errorType, errorMessage, output, outputTruncated } = await run({ handlerType: 'Floods' });
  assert.deepEqual([status, errorType, outputTruncated], ['Failed', 'Process', true]);
  assert.match(errorMessage, /more than the 3000000 bytes of output .* no process is left/);
  assert.match(output, /^y\ny\n[^]*bytes left out[^]*y\n/);
  assert.ok(Buffer.byteLength(output) <= 65536);
});

test('limits: processor time, memory and files', async () => {
  const spun = await run({ handlerType: 'Spins' });
  assert.match(spun.errorMessage, /signal 24 \(CPU time limit exceeded\)/);
  const hungry = await run({ handlerType: 'Hungry' });
  assert.match(hungry.output, /MemoryError/);
});

test('output is live, progress lines with it', async () => {
  const go = path.join(work, 'go');
  const job = await create(script('echo "::progress 40 reading"; echo live; until [ -e go ]; do sleep 0.05; done; echo more'));
  const id = await it.trigger(job);
  await waitFor(async () => (await it.get(`/executions/${id}/output`)).text === '::progress 40 reading\nlive\n', { what: 'the output so far' });
  assert.equal((await it.execution(id)).status, 'Running');
  fs.writeFileSync(go, '');
  const execution = await it.ended(id);
  assert.equal(execution.output, '::progress 40 reading\nlive\nmore\n');
});

test('progress is recorded, told to those who listen, shown by the command line, and kept at the end', async () => {
  const go = path.join(work, 'go-on');
  const job = await create(script('printf "::progress 40 reading \\377 it\\n"; until [ -e go-on ]; do sleep 0.05; done; echo "::progress 90 $ALPHABET_PARAM_INSIDE"; exit 1', { inside: 'x{{Secret.token}}x' }));
  const feed = await listen(it.server, `${V1}/events`, { token: it.token });
  await feed.next('hello');
  const id = await it.trigger(job);
  const told = await feed.next('progress');
  assert.deepEqual({ ...told.data, at: 0 }, { executionId: id, jobId: job.id, status: 'Running', at: 0, progressPercent: 40, progressText: 'reading \ufffd it' });
  feed.close();
  const cli = newCli();
  const env = { ALPHABET_SERVER: it.server.base, ALPHABET_TOKEN: it.token };
  try {
    const halfway = await it.execution(id);
    assert.deepEqual([halfway.status, halfway.progressPercent, halfway.progressText], ['Running', 40, 'reading \ufffd it']);
    assert.match((await cli.run(['executions', 'show', id], { env })).out, /^progress +40 % reading \ufffd it$/m);
    assert.match((await cli.run(['executions', 'list', '--job', job.id], { env })).out, /^Running 40 % /m);
    const tail = cli.run(['executions', 'tail', id], { env });
    const follower = await listen(it.server, `${V1}/executions/${id}/output`, { token: it.token });
    assert.deepEqual((await follower.next('progress')).data, { progressPercent: 40, progressText: 'reading \ufffd it' });
    fs.writeFileSync(go, '');
    follower.close();
    const execution = await it.ended(id);
    assert.deepEqual([execution.status, execution.progressPercent, execution.progressText], ['Failed', 90, 'x***x']);
    assert.ok(!execution.output.includes(canary));
    assert.match((await tail).err, /^\[(40 % reading \ufffd it|90 % x\*\*\*x)\]$/m);
  } finally {
    cli.end();
  }
});

test('Shell: for administrators alone, its script is never the trigger\'s', async () => {
  const user = await it.as('User');
  const body = it.job(code(script('echo mine')));
  await user.expect(403, user.post('/jobs', body));
  const job = await create(script('echo "{{Today}} $ALPHABET_PARAM_X"'));
  await user.expect(403, user.put(`/jobs/${job.id}`, { description: 'x' }));
  await user.expect(403, user.put(`/jobs/${job.id}`, { jobConfiguration: script('echo mine') }));
  await user.expect(403, user.patch(`/jobs/${job.id}/reschedule`, { scheduleType: 'Interval', intervalSeconds: 60 }));
  const own = await user.create(code({ handlerType: 'Bare' }));
  await user.expect(403, user.put(`/jobs/${own.id}`, { jobConfiguration: script('echo mine') }));
  const fine = await user.run(job, { parameters: { x: '$(id)' } });
  assert.equal(fine.output, '{{Today}} $(id)\n');
  const evil = await user.run(job, { parameters: { script: 'id' } });
  assert.deepEqual([evil.status, evil.errorType], ['Failed', 'Configuration']);
  assert.match((await refused({ handlerType: 'Shell' }))['jobConfiguration.parameters.script'][0], /is required/);
});

test('X7, K1: a file that others could change does not run', async () => {
  const file = path.join(folder, 'bare.sh');
  fs.chmodSync(file, 0o777);
  const open = await run({ handlerType: 'Bare' });
  assert.deepEqual([open.status, open.errorType], ['Failed', 'Configuration']);
  assert.match(open.errorMessage, /others may write to .*bare\.sh \(chmod go-w\)/);
  fs.rmSync(file);
  fs.symlinkSync('/usr/bin/id', file);
  assert.match((await run({ handlerType: 'Bare' })).errorMessage, /symbolic link/);
  fs.rmSync(file);
  sh('bare.sh', 'echo replaced'); // by the operator: another inode
  assert.equal((await run({ handlerType: 'Bare' })).output, 'replaced\n');
});

test('the supervisor killed from outside: the execution has failed, and nothing is left', async () => {
  const mark = `5${process.pid}1`;
  const job = await create(script(`(setsid sleep ${mark} &); sleep ${mark}`));
  const id = await it.trigger(job);
  await waitFor(() => processesWith(mark).length >= 2);
  for (const pid of childrenOf(it.server.pid)) process.kill(Number(pid), 'SIGKILL');
  const { status, errorType } = await it.ended(id);
  assert.deepEqual([status, errorType], ['Failed', 'Process']);
  await waitFor(() => processesWith(mark).length === 0);
});

test('the server killed in the middle: its children die with it, and the execution is Orphaned', async () => {
  const mark = `6${process.pid}2`;
  const job = await create(script(`trap "" TERM; (setsid sleep ${mark} &); sleep ${mark}`));
  const id = await it.trigger(job);
  await waitFor(() => processesWith(mark).length >= 2);
  await it.restart('SIGKILL');
  await waitFor(() => processesWith(mark).length === 0, { what: 'the children to die', seconds: 5 });
  const { status, errorType } = await it.execution(id);
  assert.deepEqual([status, errorType], ['Failed', 'Orphaned']);
});

test('nothing is left in the process table', async () => {
  await waitFor(() => childrenOf(it.server.pid).length === 0, { what: 'the server to have no child' });
});
