// FileOperation on the real server: each operation, what goes wrong with it, how it is stopped, and what may not be touched.
//
// Two roots lie on two file systems where the machine has two (/dev/shm is one), so a move between them copies. Ids such as P3
// name rows of docs/security.md.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { startScheduler, waitFor } from './support/scheduler.mjs';

const outside = fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-outside-'));
const root = path.join(outside, 'root');
const memory = fs.existsSync('/dev/shm') ? fs.mkdtempSync('/dev/shm/alphabet-files-') : fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-second-'));
const settings = { 'Scheduler:Jobs:AllowedFileRoots': `${root},${memory}`, 'Scheduler:Jobs:MaxDecompressedBytes': 200_000_000, 'Scheduler:Hangfire:WorkerCount': 4 };
let it, number = 0;

/** A folder of its own for a test, inside of the first root. */
function place() {
  const folder = path.join(root, `t${++number}`);
  fs.mkdirSync(folder);
  return folder;
}

/** Writes files { name: text } below FOLDER. */
function fill(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
}

/** All below FOLDER: files as their text, folders as null, others as what they are. */
function tree(folder, prefix = '') {
  const all = {};
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const name = prefix + entry.name, file = path.join(folder, entry.name);
    if (entry.isDirectory()) Object.assign(all, fs.readdirSync(file).length ? {} : { [name]: null }, tree(file, `${name}/`));
    else all[name] = entry.isFile() ? fs.readFileSync(file, 'utf8') : 'other';
  }
  return all;
}

const age = (file, hours) => fs.utimesSync(file, new Date(), new Date(Date.now() - hours * 3600_000));
const job = (jobConfiguration, more = {}) => ({ name: 'Files', jobType: 'FileOperation', jobConfiguration, ...more });
const create = (jobConfiguration, more) => it.create(job(jobConfiguration, more));
const run = async (jobConfiguration, more, body) => it.run(await create(jobConfiguration, more), body);

async function runs(jobConfiguration, more, body) {
  const execution = await run(jobConfiguration, more, body);
  assert.equal(execution.status, 'Succeeded', `${execution.errorMessage}\n${execution.output}`);
  return execution;
}

async function fails(jobConfiguration, message, more, body) {
  const execution = await run(jobConfiguration, more, body);
  assert.deepEqual([execution.status, execution.errorType], ['Failed', 'File'], execution.output);
  assert.match(execution.errorMessage, message);
  return execution;
}

async function refused(jobConfiguration, scheduler = it) {
  const body = await scheduler.expect(400, scheduler.post('/jobs', scheduler.job(job(jobConfiguration))));
  return body.errors;
}

before(async () => {
  fs.mkdirSync(root);
  fs.writeFileSync(path.join(outside, 'secret.txt'), 'secret');
  it = await startScheduler({ settings });
});

after(async () => {
  await it?.stop();
  fs.rmSync(outside, { recursive: true, force: true });
  fs.rmSync(memory, { recursive: true, force: true });
});

test('Delete: the files of a folder, those old enough, with what is below and the empty folders', async () => {
  const at = place();
  fill(at, { 'a.txt': 'a', 'b.txt': 'b', 'sub/c.txt': 'c', 'sub/deep/d.txt': 'd' });
  fs.mkdirSync(path.join(at, 'empty'));
  age(path.join(at, 'b.txt'), 30);
  const dry = await runs({ operation: 'Delete', sourcePath: at, dryRun: true, recursive: true });
  assert.match(dry.output, /would be deleted .*\/a\.txt\n/);
  assert.match(dry.output, /dry run: would be 4 deleted, 0 skipped, 0 failed; 4 bytes\n$/);
  assert.equal(Object.keys(tree(at)).length, 5);
  const old = await runs({ operation: 'delete', sourcePath: at, olderThanHours: 24 });
  assert.match(old.output, /skipped .*a\.txt: is not older than 24 h\n/);
  assert.match(old.output, /skipped .*sub: is a folder, and recursive is false\n/);
  assert.deepEqual(Object.keys(tree(at)), ['a.txt', 'empty', 'sub/c.txt', 'sub/deep/d.txt']);
  const all = await runs({ operation: 'Delete', sourcePath: `${at}/`, recursive: true, deleteEmptyDirectories: true });
  assert.deepEqual([all.progressPercent, all.progressText], [100, '3 of 3 files']);
  assert.match(all.output, /removed empty folder .*sub\/deep\n.*removed empty folder .*sub\n/s);
  assert.match(all.output, /3 deleted, 0 skipped, 0 failed; 3 bytes\n$/);
  assert.deepEqual(tree(at), {});
});

test('patterns: *, ?, sets and ** pick the files; a leading dot has to be written', async () => {
  const at = place();
  const files = { 'a1.csv': '', 'a2.csv': '', 'b1.csv': '', '.a3.csv': '', 'x/a4.csv': '', 'x/y/a5.csv': '', 'x/y/z.txt': '' };
  fill(at, files);
  const lines = async (pattern) => (await runs({ operation: 'Delete', sourcePath: `${at}/${pattern}`, dryRun: true })).output.match(/(?<=deleted ).*/g)?.map((line) => path.relative(at, line)) ?? [];
  assert.deepEqual(await lines('a?.csv'), ['a1.csv', 'a2.csv']);
  assert.deepEqual(await lines('[!a]*.csv'), ['b1.csv']);
  assert.deepEqual(await lines('**/a*.csv'), ['a1.csv', 'a2.csv', 'x/a4.csv', 'x/y/a5.csv']);
  assert.deepEqual(await lines('x/*/a5.csv'), ['x/y/a5.csv']);
  assert.deepEqual(await lines('none-*'), []);
  assert.deepEqual(await lines('.a*'), ['.a3.csv']);
});

test('Move: into a folder that is made, to a new name, between two file systems; never over a file unless told', async () => {
  const at = place();
  fill(at, { 'in/a.txt': 'a', 'in/sub/b.txt': 'b', 'one.txt': 'one' });
  await runs({ operation: 'Move', sourcePath: `${at}/in`, destinationPath: `${at}/out/{{Today:yyyy}}`, recursive: true, deleteEmptyDirectories: true });
  const year = new Date().getUTCFullYear();
  assert.deepEqual(tree(at), { in: null, 'one.txt': 'one', [`out/${year}/a.txt`]: 'a', [`out/${year}/sub/b.txt`]: 'b' });
  await runs({ operation: 'Move', sourcePath: `${at}/one.txt`, destinationPath: `${at}/two.txt` });
  fs.chmodSync(`${at}/two.txt`, 0o640);
  age(`${at}/two.txt`, 5);
  const before = fs.statSync(`${at}/two.txt`);
  const far = path.join(memory, 'far');
  const moved = await runs({ operation: 'Move', sourcePath: `${at}/two.txt`, destinationPath: `${far}/` });
  assert.match(moved.output, /^moved .*two\.txt: to .*far\/two\.txt\n1 moved/);
  const now = fs.statSync(path.join(far, 'two.txt'));
  assert.deepEqual([now.mode, Math.round(now.mtimeMs)], [before.mode, Math.round(before.mtimeMs)]);
  fill(at, { 'two.txt': 'other' });
  await fails({ operation: 'Move', sourcePath: `${at}/two.txt`, destinationPath: far }, /1 of 1 files failed; the first: .*two\.txt: .*two\.txt is there already, and overwrite is false/);
  assert.equal(fs.readFileSync(path.join(far, 'two.txt'), 'utf8'), 'one');
  await runs({ operation: 'Move', sourcePath: `${at}/two.txt`, destinationPath: far, overwrite: true });
  assert.equal(fs.readFileSync(path.join(far, 'two.txt'), 'utf8'), 'other');
  // What a crash leaves between copying and deleting: both are there, the second run finishes it.
  fs.copyFileSync(path.join(far, 'two.txt'), `${at}/two.txt`);
  await runs({ operation: 'Move', sourcePath: `${at}/two.txt`, destinationPath: far });
  assert.ok(!fs.existsSync(`${at}/two.txt`));
});

test('Copy: keeps names, mode and time; a second time it passes over what is there', async () => {
  const at = place();
  fill(at, { 'in/a.txt': 'a', 'in/sub/b.txt': 'b' });
  fs.writeFileSync(`${at}/in/large.bin`, Buffer.alloc(5_000_000, 'x'));
  const configuration = { operation: 'Copy', sourcePath: `${at}/in`, destinationPath: `${memory}/copy`, recursive: true };
  assert.match((await runs(configuration)).output, /3 copied, 0 skipped, 0 failed; 5000002 bytes/);
  assert.deepEqual(tree(path.join(memory, 'copy')), tree(path.join(at, 'in')));
  assert.match((await runs(configuration)).output, /0 copied, 3 skipped/);
  fs.writeFileSync(`${at}/in/a.txt`, 'changed');
  const failed = await fails(configuration, /1 of 3 files failed; the first: .*a\.txt/);
  assert.match(failed.output, /0 copied, 2 skipped, 1 failed/);
  assert.match((await runs({ ...configuration, overwrite: true })).output, /3 copied/);
  assert.deepEqual(tree(path.join(memory, 'copy')), tree(path.join(at, 'in')));
});

for (const ending of ['zip', 'tar.gz', 'tar.zst']) {
  test(`Compress to ${ending}, and Decompress: the same files, readable by other programs`, async () => {
    const at = place();
    fill(at, { 'in/a.txt': 'a', 'in/sub/größe.txt': 'b', 'in/empty.txt': '', 'in/long.txt': 'line\n'.repeat(300_000) });
    const archive = `${at}/out/all.${ending}`;
    const packed = await runs({ operation: 'Compress', sourcePath: `${at}/in`, archivePath: archive, recursive: true });
    assert.match(packed.output, /packed .*größe\.txt\n.*wrote .*all.*: \d+ bytes\n4 packed, 0 skipped, 0 failed; 1500002 bytes\n$/s);
    const list = ending === 'zip'
      ? execFileSync('python3', ['-c', 'import sys, zipfile; print("\\n".join(zipfile.ZipFile(sys.argv[1]).namelist()))', archive], { encoding: 'utf8', env: { ...process.env, PYTHONIOENCODING: 'utf8' } })
      : execFileSync('tar', ['--quoting-style=literal', '-tf', archive], { encoding: 'utf8' });
    assert.deepEqual(list.trim().split('\n').sort(), ['a.txt', 'empty.txt', 'long.txt', 'sub/größe.txt']);
    const unpacked = await runs({ operation: 'Decompress', sourcePath: archive, destinationPath: `${at}/back` });
    assert.match(unpacked.output, /4 unpacked/);
    assert.deepEqual(tree(`${at}/back`), tree(`${at}/in`));
    assert.match((await runs({ operation: 'Decompress', sourcePath: archive, destinationPath: `${at}/back` })).output, /0 unpacked, 4 skipped/);
    // Again: what is in the archive is passed over, what is not is a failure.
    assert.match((await runs({ operation: 'Compress', sourcePath: `${at}/in`, archivePath: archive, recursive: true })).output, /0 packed, 4 skipped/);
    fs.writeFileSync(`${at}/in/a.txt`, 'A');
    await fails({ operation: 'Compress', sourcePath: `${at}/in`, archivePath: archive, recursive: true }, /a\.txt: the archive is there already, and does not hold it/);
    await runs({ operation: 'Compress', sourcePath: `${at}/in`, archivePath: archive, recursive: true, overwrite: true });
    fs.writeFileSync(`${at}/back/a.txt`, 'mine');
    await fails({ operation: 'Decompress', sourcePath: archive, destinationPath: `${at}/back` }, /1 of 4 files failed/);
    assert.equal(fs.readFileSync(`${at}/back/a.txt`, 'utf8'), 'mine');
  });
}

test('Archive: packs, then deletes what it packed; a second run over what a crash left finishes it; old archives go', async () => {
  const at = place();
  const files = { 'logs/a.log': 'a', 'logs/b.log': 'b'.repeat(100_000) };
  fill(at, files);
  fill(at, { 'old/logs-20200101.tar.zst': 'old', 'old/logs-20200102.zip': 'not ours', 'old/other-20200101.tar.zst': 'not ours' });
  for (const name of fs.readdirSync(`${at}/old`)) age(`${at}/old/${name}`, 24 * 10);
  const configuration = { operation: 'Archive', sourcePath: `${at}/logs/*.log`, archivePath: `${at}/old/logs-{{Today:yyyyMMdd}}.tar.zst`, deleteAfterDays: 7, compression: 'TAR.ZST' };
  const dry = await runs({ ...configuration, dryRun: true });
  assert.match(dry.output, /would be archived .*a\.log\n.*would remove old archive .*logs-20200101\.tar\.zst\n/s);
  assert.match((await runs(configuration)).output, /archived .*a\.log\narchived .*b\.log\nremoved old archive .*logs-20200101\.tar\.zst\n2 archived, 0 skipped, 0 failed; 100001 bytes\n$/);
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  const left = Object.keys(tree(at));
  assert.deepEqual(left, ['logs', 'old/logs-20200102.zip', `old/logs-${day}.tar.zst`, 'old/other-20200101.tar.zst']);
  fill(at, { 'logs/b.log': 'b'.repeat(100_000) });
  assert.match((await runs(configuration)).output, /1 archived/);
  fill(at, { 'logs/b.log': 'new', 'logs/c.log': 'c' });
  await fails(configuration, /2 of 2 files failed; the first: .*b\.log: the archive is there already, and does not hold it as it is/);
  assert.deepEqual(tree(`${at}/logs`), { 'b.log': 'new', 'c.log': 'c' });
});

test('a job that cannot work is refused with every fault at once', async () => {
  const errors = await refused({ operation: 'Move', sourcePath: '/etc/passwd', destinationPath: `${root}/../x`, compression: 'zip', archivePath: `${root}/a.zip`, olderThanHours: -1, recursive: 'yes', colour: 1, deleteAfterDays: 3 });
  assert.deepEqual(Object.keys(errors).sort(), ['archivePath', 'colour', 'compression', 'deleteAfterDays', 'destinationPath', 'olderThanHours', 'recursive', 'sourcePath'].map((name) => `jobConfiguration.${name}`));
  assert.match(errors['jobConfiguration.sourcePath'][0], /lies outside of the folders that Scheduler:Jobs:AllowedFileRoots allows: /);
  assert.match(errors['jobConfiguration.destinationPath'][0], /must not contain/);
  assert.match((await refused({}))['jobConfiguration.operation'][0], /must be one of Delete, Move/);
  assert.match((await refused({ operation: 'Copy' }))['jobConfiguration.sourcePath'][0], /is required/);
  assert.match((await refused({ operation: 'Archive', sourcePath: root, archivePath: `${root}/a.rar`, overwrite: true }))['jobConfiguration.overwrite'][0], /never replaces/);
  assert.match((await refused({ operation: 'Copy', sourcePath: `${root}/a`, destinationPath: `${root}/a/b` }))['jobConfiguration.destinationPath'][0], /must not lie inside/);
  assert.match((await refused({ operation: 'Delete', sourcePath: `${root}/{{Nope}}` }))['jobConfiguration.sourcePath'][0], /no variable/);
});

test('names that lead elsewhere are refused when the job is written (P1)', async () => {
  for (const sourcePath of ['../x', '/etc/x', `${root}/a/../../x`, '', '.', `${root}/.`, `${root}/a\u0000b`, `${root}/${'x'.repeat(5000)}`, `${root}x`, `${root}/a//b`, '%2e%2e/x', `${root}/${'y'.repeat(256)}`]) {
    const answer = await it.post('/jobs', it.job(job({ operation: 'Delete', sourcePath })));
    assert.equal(answer.status, 400, JSON.stringify(sourcePath));
  }
  // Only a name, and what it names is not there.
  await fails({ operation: 'Delete', sourcePath: `${root}/%2e%2e` }, /there is no such file or folder/);
  await fails({ operation: 'Delete', sourcePath: `${root}/nowhere/x` }, /there is no such file or folder/);
});

test('what a variable brings cannot lead elsewhere, nor make a pattern (P1)', async () => {
  const at = place();
  fill(at, { 'a.txt': 'a' });
  const one = await create({ operation: 'Delete', sourcePath: `${at}/{{Parameters.name}}` });
  for (const name of ['../../secret.txt', '..', '*', 'a?txt', '', 'x\ny', '/etc']) {
    const { status, errorType } = await it.run(one, { parameters: { name } });
    assert.deepEqual([status, errorType], ['Failed', 'Configuration'], name);
  }
  assert.equal((await it.run(one)).errorType, 'Configuration');
  assert.equal((await it.run(one, { parameters: { name: 'a.txt' } })).status, 'Succeeded');
  assert.equal(fs.readFileSync(path.join(outside, 'secret.txt'), 'utf8'), 'secret');
});

test('links out of the root are not followed, on the way or at the end (P2)', async () => {
  const at = place();
  fs.symlinkSync(outside, `${at}/out`);
  fs.symlinkSync(path.join(outside, 'secret.txt'), `${at}/link`);
  fs.symlinkSync('../../secret.txt', `${at}/relative`);
  fs.symlinkSync('loop', `${at}/loop`);
  for (const name of ['out/secret.txt', 'link', 'relative', 'loop', 'loop/x']) {
    for (const operation of ['Delete', 'Copy']) {
      await fails({ operation, sourcePath: `${at}/${name}`, ...(operation === 'Copy' ? { destinationPath: `${at}/copy/` } : {}) }, /leads out of its root|is a symbolic link/);
    }
  }
  fill(at, { 'a.txt': 'a' });
  await fails({ operation: 'Move', sourcePath: `${at}/a.txt`, destinationPath: `${at}/out/` }, /leads out of its root/);
  const all = await runs({ operation: 'Copy', sourcePath: at, destinationPath: `${memory}/links`, recursive: true });
  assert.match(all.output, /skipped .*link: is a symbolic link\n/);
  assert.deepEqual(tree(`${memory}/links`), { 'a.txt': 'a' });
  assert.deepEqual(fs.readdirSync(outside).sort(), ['root', 'secret.txt']);
});

test('hard links, FIFOs, sockets and links of /proc are no files (P3)', async () => {
  const at = place();
  fs.linkSync(path.join(outside, 'secret.txt'), `${at}/hard`);
  execFileSync('mkfifo', [`${at}/fifo`]);
  fs.symlinkSync(`/proc/${process.pid}/root/etc/passwd`, `${at}/magic`);
  for (const [name, why] of [['hard', /has more than one name/], ['fifo', /is a FIFO/], ['magic', /is a symbolic link/]]) {
    for (const [operation, more] of [['Delete', {}], ['Move', { destinationPath: `${memory}/` }], ['Copy', { destinationPath: `${memory}/` }], ['Compress', { archivePath: `${memory}/x.zip` }], ['Decompress', { destinationPath: `${memory}/` }]]) {
      await fails({ operation, sourcePath: `${at}/${name}`, ...more }, why);
    }
  }
  const { output } = await runs({ operation: 'Delete', sourcePath: at });
  assert.match(output, /0 deleted, 3 skipped/);
  assert.equal(fs.readdirSync(at).length, 3);
});

test('a root itself stays (P4)', async () => {
  for (const more of [{ operation: 'Delete' }, { operation: 'Move', destinationPath: `${root}/moved` }]) {
    const execution = await run({ ...more, sourcePath: `${memory}/`, recursive: true, deleteEmptyDirectories: true });
    assert.equal(execution.status, 'Succeeded', execution.errorMessage);
    assert.ok(fs.existsSync(memory));
  }
});

/** An archive that Python writes: SCRIPT has `out` and the modules. */
function forge(file, script) {
  execFileSync('python3', ['-c', `import sys, io, tarfile, zipfile\nout = sys.argv[1]\n${script}`, file]);
}

test('archives with names that climb, links, devices and bombs are refused whole (P6)', async () => {
  const at = place();
  const entry = (name, more = '') => `
with tarfile.open(out, 'w:gz') as t:
  g = tarfile.TarInfo('good.txt'); g.size = 1; t.addfile(g, io.BytesIO(b'x'))
  i = tarfile.TarInfo('${name}'); i.size = 0
  ${more}
  t.addfile(i)`;
  const forged = {
    'climbs.tar.gz': [entry('../evil.txt'), /a name that leads elsewhere, and nothing is unpacked: \.\.\/evil/],
    'inside.tar.gz': [entry('a/../../evil.txt'), /leads elsewhere/],
    'absolute.tar.gz': [entry('/tmp/evil.txt'), /leads elsewhere/],
    'soft.tar.gz': [entry('soft', 'i.type = tarfile.SYMTYPE; i.linkname = "/etc"'), /holds a symbolic link/],
    'hard.tar.gz': [entry('hard', 'i.type = tarfile.LNKTYPE; i.linkname = "/etc/passwd"'), /holds a hard link/],
    'device.tar.gz': [entry('device', 'i.type = tarfile.CHRTYPE; i.devmajor = 1; i.devminor = 3'), /holds a device/],
    'fifo.tar.gz': [entry('fifo', 'i.type = tarfile.FIFOTYPE'), /holds a device, FIFO/],
    'zip.zip': [`with zipfile.ZipFile(out, 'w') as z: z.writestr('good.txt', 'x'); z.writestr('../evil.txt', 'x')`, /leads elsewhere/],
    'bomb.tar.gz': [`with tarfile.open(out, 'w:gz') as t:\n  i = tarfile.TarInfo('bomb'); i.size = 100_000_000; t.addfile(i, io.BytesIO(bytes(100_000_000)))`, /more than 200 times its own size/],
    'text.zip': [`open(out, 'w').write('no archive')`, /./],
    'cut.tar.gz': [`\nwith tarfile.open(out, 'w:gz') as t:\n  i = tarfile.TarInfo('a'); i.size = 100000; t.addfile(i, io.BytesIO(bytes(100000)))\nb = open(out, 'rb').read(); open(out, 'wb').write(b[:len(b) // 2])`, /./],
  };
  for (const [name, [script, why]] of Object.entries(forged)) {
    forge(`${at}/${name}`, script);
    await fails({ operation: 'Decompress', sourcePath: `${at}/${name}`, destinationPath: `${at}/to-${name}` }, why);
    assert.ok(!fs.existsSync(`${at}/to-${name}`), name);
  }
  assert.deepEqual(fs.readdirSync(outside).sort(), ['root', 'secret.txt']);
  forge(`${at}/modes.tar.gz`, `\nwith tarfile.open(out, 'w:gz') as t:\n  i = tarfile.TarInfo('./tool'); i.mode = 0o6777; t.addfile(i)`);
  await runs({ operation: 'Decompress', sourcePath: `${at}/modes.tar.gz`, destinationPath: `${at}/modes` });
  assert.equal(fs.statSync(`${at}/modes/tool`).mode & 0o7777, 0o755);
});

test('too much for MaxDecompressedBytes is refused before anything is written (P6)', async () => {
  const at = place();
  forge(`${at}/large.zip`, `import os\nwith zipfile.ZipFile(out, 'w') as z:\n  for i in range(3): z.writestr(f'{i}', os.urandom(1 << 20) * 70)`);
  await fails({ operation: 'Decompress', sourcePath: `${at}/large.zip`, destinationPath: `${at}/to` }, /more than the 200000000 bytes that Scheduler:Jobs:MaxDecompressedBytes allows/);
  assert.ok(!fs.existsSync(`${at}/to`));
});

/** Sparse files: large to read, small to keep. */
function large(folder, count, size) {
  fs.mkdirSync(folder, { recursive: true });
  for (let i = 0; i < count; i++) {
    fs.writeFileSync(`${folder}/f${String(i).padStart(3, '0')}`, '');
    fs.truncateSync(`${folder}/f${String(i).padStart(3, '0')}`, size);
  }
}

async function wholeAndNothingElse(from, to) {
  const names = fs.existsSync(to) ? fs.readdirSync(to) : [];
  for (const name of names) {
    assert.match(name, /^f\d+$/, 'a part of a file was left');
    assert.equal(fs.statSync(`${to}/${name}`).size, fs.statSync(`${from}/${name}`).size);
  }
  return names.length;
}

test('cancel stops between two files, and says after how many', async () => {
  const at = place();
  large(`${at}/in`, 40, 64 << 20);
  const one = await create({ operation: 'Copy', sourcePath: `${at}/in`, destinationPath: `${memory}/cancelled` });
  const id = await it.trigger(one);
  await waitFor(() => fs.existsSync(`${memory}/cancelled/f001`), { what: 'two files' });
  const asked = Date.now();
  await it.expect(200, it.post(`/executions/${id}/cancel`));
  const execution = await it.ended(id);
  assert.equal(execution.status, 'Cancelled');
  assert.ok(Date.now() - asked < 3000, `${Date.now() - asked} ms`);
  const count = await wholeAndNothingElse(`${at}/in`, `${memory}/cancelled`);
  assert.match(execution.errorMessage, new RegExp(`stopped after ${count} of 40 files; each is whole`));
  fs.rmSync(`${memory}/cancelled`, { recursive: true });
});

test('timeout ends it as Failed/Timeout, in the middle of a large file too, and leaves no part of it', async () => {
  const at = place();
  large(`${at}/in`, 1, 200 * 2 ** 30); // sparse; packing it takes minutes
  const execution = await run({ operation: 'Compress', sourcePath: `${at}/in/f000`, archivePath: `${at}/out/x.tar.gz` }, { timeoutSeconds: 1 });
  assert.deepEqual([execution.status, execution.errorType], ['Failed', 'Timeout']);
  assert.match(execution.errorMessage, /stopped after 0 of 1 files; no archive was written/);
  assert.deepEqual(fs.readdirSync(`${at}/out`), []);
});

test('a retry finishes what the first attempt could not', async () => {
  const at = place();
  fill(at, { 'in/a': 'a', 'in/b': 'b', 'out/b': 'in the way' });
  const one = await create({ operation: 'Move', sourcePath: `${at}/in`, destinationPath: `${at}/out` }, { retryPolicy: { maxAttempts: 3, delaySeconds: 1, backoff: 'Fixed', jitter: false } });
  await it.trigger(one);
  await it.endedOf(one, 1);
  fs.rmSync(`${at}/out/b`);
  const all = await it.endedOf(one, 2);
  assert.deepEqual(all.map(({ status }) => status), ['Failed', 'Succeeded']);
  assert.deepEqual(tree(at), { in: null, 'out/a': 'a', 'out/b': 'b' });
});

test('killed in the middle: every file is whole, nothing is left over, and the next attempt finishes it', async () => {
  const at = place();
  large(`${at}/in`, 20, 64 << 20);
  const to = `${memory}/killed`;
  const one = await create({ operation: 'Copy', sourcePath: `${at}/in`, destinationPath: to }, { retryPolicy: { maxAttempts: 2, delaySeconds: 0 } });
  await it.trigger(one);
  await waitFor(() => fs.existsSync(`${to}/f001`), { what: 'two files' });
  await it.restart('SIGKILL');
  for (const name of fs.readdirSync(to).filter((each) => !each.startsWith('.alphabet-'))) assert.equal(fs.statSync(`${to}/${name}`).size, 64 << 20);
  const all = await it.endedOf(one, 2, 60);
  assert.deepEqual(all.map(({ status, errorType }) => [status, errorType]), [['Failed', 'Orphaned'], ['Succeeded', null]]);
  assert.equal(await wholeAndNothingElse(`${at}/in`, to), 20);
  fs.rmSync(to, { recursive: true });
});

test('killed again and again: Move between file systems and Archive lose nothing, and finish', async () => {
  const at = place(), moved = `${memory}/moved`, archive = `${memory}/again.tar.zst`;
  const contents = new Map();
  for (let i = 0; i < 60; i++) contents.set(`f${i}`, randomBytes(1 << 20));
  for (const folder of ['move', 'pack']) {
    fs.mkdirSync(`${at}/${folder}`);
    for (const [name, bytes] of contents) fs.writeFileSync(`${at}/${folder}/${name}`, bytes);
  }
  const retryPolicy = { maxAttempts: 50, delaySeconds: 0 };
  const jobs = [await create({ operation: 'Move', sourcePath: `${at}/move`, destinationPath: moved }, { retryPolicy }),
    await create({ operation: 'Archive', sourcePath: `${at}/pack`, archivePath: archive }, { retryPolicy })];
  for (const each of jobs) await it.trigger(each);
  for (let kills = 0; kills < 5; kills++) {
    await new Promise((resolve) => { setTimeout(resolve, 20 + Math.random() * 150); });
    await it.restart('SIGKILL');
    for (const [name, bytes] of contents) {
      const whole = (file) => fs.existsSync(file) && fs.readFileSync(file).equals(bytes);
      assert.ok(whole(`${at}/move/${name}`) || whole(`${moved}/${name}`), `${name} is gone`);
      assert.ok(whole(`${at}/pack/${name}`) || fs.existsSync(archive), `${name} is gone`);
    }
  }
  for (const each of jobs) {
    await waitFor(async () => (await it.executions(each)).some(({ status }) => status === 'Succeeded'), { what: 'success', seconds: 60 });
    for (const { status, errorType } of await it.executions(each)) assert.ok(status === 'Succeeded' || errorType === 'Orphaned', errorType);
  }
  assert.deepEqual([fs.readdirSync(`${at}/move`), fs.readdirSync(`${at}/pack`)], [[], []]);
  assert.deepEqual(fs.readdirSync(moved).sort(), [...contents.keys()].sort());
  fs.mkdirSync(`${at}/back`);
  execFileSync('tar', ['-xf', archive, '-C', `${at}/back`]);
  for (const [name, bytes] of contents) for (const folder of [moved, `${at}/back`]) assert.ok(fs.readFileSync(`${folder}/${name}`).equals(bytes), name);
  assert.deepEqual(fs.readdirSync(memory).filter((name) => name.startsWith('.alphabet-')), []);
});

test('many at once take turns, and the server answers meanwhile', async () => {
  const at = place();
  const all = [];
  for (let i = 0; i < 6; i++) {
    fill(`${at}/in${i}`, Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`f${n}`, `${n}`])));
    all.push(it.trigger(await create({ operation: 'Copy', sourcePath: `${at}/in${i}`, destinationPath: `${memory}/many${i}` })));
  }
  for (const [i, id] of (await Promise.all(all)).entries()) {
    assert.equal((await it.ended(id, undefined, 60)).status, 'Succeeded');
    assert.deepEqual(tree(`${memory}/many${i}`), tree(`${at}/in${i}`));
  }
});

test('without AllowedFileRoots the job type is off, and says how to switch it on; bad roots stop the start', async () => {
  const other = await startScheduler();
  try {
    const errors = await refused({ operation: 'Delete', sourcePath: `${root}/x` }, other);
    assert.match(errors.jobType[0], /set Scheduler:Jobs:AllowedFileRoots/);
  } finally {
    await other.stop();
  }
  for (const roots of ['relative', '/', `${outside}/nowhere`, path.join(outside, 'secret.txt'), os.tmpdir()]) { // the last holds the data folder
    await assert.rejects(async () => { await (await startScheduler({ settings: { 'Scheduler:Jobs:AllowedFileRoots': roots } })).stop(); }, roots);
  }
});
