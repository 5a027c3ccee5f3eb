// docs/operators-page.md, as it stands there, pasted into a shell: each command works and does what the page says.
// Only the address, the password and the ids are put in, and the status of each answer is shown beside it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { startScheduler, waitFor } from './support/scheduler.mjs';
import { root } from './support/server.mjs';

const page = fs.readFileSync(path.join(root, 'docs/operators-page.md'), 'utf8');
const sections = Object.fromEntries(page.split(/^## /m).slice(1).map((text) => [text.slice(0, text.indexOf('\n')), text]));
const blocksOf = (text) => [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block);
/** The commands of a block; one that goes on behind a backslash is one. */
const commandsOf = (title) => {
  assert.ok(sections[title], `the page has the section ${title}`);
  return blocksOf(sections[title]).flatMap((block) => block.replaceAll('\\\n', '').trimEnd().split('\n'));
};
const [login] = blocksOf(page.split(/^## /m)[0]);

class Shell {
  constructor(server, folder, ids) {
    this.folder = folder;
    const set = Object.entries(ids).map(([name, value]) => `${name}=${value}`).join('\n');
    const pasted = login.replace(/http:\/\/127\.0\.0\.1:\d+/, server.url).replace("'the password that was printed'", `'${server.password}'`);
    assert.ok(pasted.includes(server.url) && pasted.includes(server.password), 'the login of the page has its places');
    this.preamble = `set -euo pipefail\n${pasted}\n${set}\ncurl() { command curl --write-out '%{stderr}HTTP %{http_code}\\n' "$@"; }\n`;
  }

  /** Pastes one command; its answer, which must have the status WANTED. */
  run(command, wanted = 200) {
    return new Promise((resolve, reject) => {
      execFile('bash', ['-c', this.preamble + command], { cwd: this.folder, timeout: 60_000, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
        const status = Number(/HTTP (\d+)\n$/.exec(stderr)?.[1]);
        if (error || status !== wanted) reject(new Error(`${command}\n${status} instead of ${wanted}: ${stdout}${stderr}`));
        else resolve(stdout === '' ? undefined : /^[[{"\d]/.test(stdout) ? JSON.parse(stdout) : stdout);
      });
    });
  }

  async all(title) {
    const answers = [];
    for (const command of commandsOf(title)) answers.push(await this.run(command));
    return answers;
  }
}

test("the operator's page: every command works as pasted", async (t) => {
  const it = await startScheduler();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-page-'));
  try {
    const good = await it.create({ name: 'good' });
    const bad = await it.create({ name: 'bad', jobConfiguration: { url: it.target.url('/status/500') } });
    const slow = await it.create({ name: 'slow', jobConfiguration: { url: it.target.url('/hang') } });
    const done = await it.run(good);
    assert.equal(done.status, 'Succeeded');
    let failed;
    for (let i = 0; i < 5; i++) failed = await it.run(bad);
    assert.equal(failed.status, 'Failed');
    const running = await it.expect(202, it.post(`/jobs/${slow.id}/trigger`));
    await waitFor(async () => (await it.get(`/executions/${running}`)).body.status === 'Running', { what: 'the slow one to run' });
    const shell = new Shell({ url: it.server.base, password: it.server.password }, folder, { JOB: good.id, EXECUTION: done.id, RUNNING: running, FAILED: failed.id });

    await t.test('is it healthy', async () => {
      const [, stats, timeline] = await shell.all('Is it healthy?');
      assert.equal(stats.totalJobs, 3);
      assert.equal(stats.recentFailureCount, 5);
      assert.equal(stats.runningExecutions, 1);
      assert.equal(timeline.length, 48);
      assert.equal(timeline.reduce((sum, bucket) => sum + bucket.failedCount, 0), 5);
      assert.equal(timeline.at(-1).successCount + timeline.at(-2).successCount, 1);
    });

    await t.test('what ran, what failed', async () => {
      const [failures, found, ofJob, failing, one, output, ledger] = await shell.all('What ran, what failed?');
      assert.equal(failures.totalCount, 5);
      assert.ok(failures.items.every(({ status }) => status === 'Failed'));
      assert.equal(found.totalCount, 0);
      assert.deepEqual(ofJob.items.map(({ id }) => id), [done.id]);
      assert.deepEqual(failing.map(({ name, consecutiveFailures }) => [name, consecutiveFailures]), [['bad', 5]]);
      assert.equal(one.id, done.id);
      assert.equal(output, one.output);
      assert.deepEqual(ledger.items, []);
    });

    await t.test('stop that, run it again', async () => {
      const [cancel, retry] = commandsOf('Stop that; run it again');
      await shell.run(cancel);
      const record = await waitFor(async () => {
        const { body } = await it.get(`/executions/${running}`);
        return body.status === 'Cancelled' && body;
      }, { what: 'the running one to be cancelled', seconds: 2 });
      assert.match(record.errorMessage, /admin@alphabet\.local/);
      await shell.run(cancel, 409);
      const next = await shell.run(retry, 202);
      assert.equal((await it.get(`/executions/${next}`)).body.retryParentId, failed.id);
      await waitFor(async () => (await it.get(`/executions/${next}`)).body.status === 'Failed', { what: 'the retry to end' });
    });

    await t.test('pause the world', async () => {
      const [pause, resume] = commandsOf('Pause the world');
      await shell.run(pause);
      const waiting = await it.expect(202, it.post(`/jobs/${good.id}/trigger`));
      assert.equal((await it.get(`/executions/${waiting}`)).body.status, 'Pending');
      assert.equal((await it.get('/dashboard/stats')).body.pendingExecutions, 1);
      await shell.run(resume);
      await waitFor(async () => (await it.get(`/executions/${waiting}`)).body.status === 'Succeeded', { what: 'the waiting one to run' });
    });

    await t.test('clean up', async () => {
      assert.deepEqual(await shell.all('Clean up'), [0], 'nothing is that old');
    });

    await t.test('take it with me', async () => {
      const [save, load] = commandsOf('Take it with me').join('\n').replace(/\n {2}\|/, ' |').split('\n');
      await shell.run(save);
      const exported = JSON.parse(fs.readFileSync(path.join(folder, 'scheduler-jobs-export.json'), 'utf8'));
      assert.deepEqual(exported.jobs.map(({ name }) => name), ['good', 'bad', 'slow']);
      assert.equal(await shell.run(load), 3);
      assert.equal((await it.get('/dashboard/stats')).body.totalJobs, 6);
    });

    await t.test('who did what', async () => {
      const [entries, verified] = await shell.all('Who did what?');
      assert.ok(entries.totalCount >= 10 && entries.items.every(({ actor }) => actor));
      assert.equal(verified.valid, true);
    });
  } finally {
    await it.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
