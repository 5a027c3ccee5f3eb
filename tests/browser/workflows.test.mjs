// Workflows: the list, the graph with live states, runs that are cancelled and gone on with, the editor.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { looks, startDashboard, waitFor } from './support.mjs';

const payload = '"><img src=x onerror=alert(1)><script>alert(1)</script> javascript:alert(1) \u202Ertl';
let it;
before(async () => { it = await startDashboard({ settings: { 'Scheduler:Hangfire:WorkerCount': 20 } }); });
after(() => it?.stop());

let paths = 0;
/** A job that calls a path of its own below KIND of the target. */
const step = (name, kind = '/ok', more = {}) => it.create({ name, jobConfiguration: { url: it.target.url(`${kind}/b${++paths}`) }, ...more });
const lines = (list) => list.map(([job, above = [], onFailure = 'Stop']) => ({ jobId: job.id, dependsOn: above.map(({ id }) => id), onFailure }));
const create = (name, list, more = {}) => it.expect(200, it.post('/workflows', { name, jobs: lines(list), ...more }));
const trigger = (id) => it.expect(202, it.post(`/workflows/${id}/trigger`));
const showRun = (id) => it.expect(200, it.get(`/workflows/runs/${id}`));
const ended = (id, status) => waitFor(async () => { const run = await showRun(id); return run.status === status && run; }, { what: `run ${id} to be ${status}` });
const node = (view, name) => view.page.locator('.gnode').filter({ has: view.page.locator('.gnode-name', { hasText: name }) });

/** extract → two in the middle → load. */
async function diamond(kinds = ['/ok', '/ok', '/ok', '/ok'], name = 'Nightly ledger') {
  const [a, b, c, d] = await Promise.all(['Extract', 'Check', 'Convert', 'Load'].map((each, index) => step(each, kinds[index])));
  return { jobs: [a, b, c, d], id: await create(name, [[a], [b, [a]], [c, [a], 'Continue'], [d, [b, c]]], { description: 'From the shop to the books.', schedule: { scheduleType: 'Cron', scheduleExpression: '0 3 * * *', timezone: 'Europe/Berlin' } }) };
}

/** Five layers of ten, each behind one to three of the layer before, and a few far ones. */
async function large(name = 'Fifty') {
  const jobs = [];
  for (let i = 0; i < 50; i += 10) jobs.push(...await Promise.all(Array.from({ length: 10 }, (_, j) => step(`Step ${i + j}`))));
  const list = jobs.map((job, i) => {
    const above = i < 10 ? [] : [...new Set([0, 1 + i % 2, 3 * (i % 3)].slice(0, 1 + i % 3).map((add) => jobs[i - 10 - i % 10 + (i * 7 + add) % 10]))];
    return [job, [...above, ...(i === 49 ? [jobs[0]] : []), ...(i === 35 ? [jobs[3]] : [])].filter((each) => each !== job)];
  });
  return create(name, list);
}

/** The boxes of the nodes, in the drawing's own measures. */
const boxes = (view) => view.page.locator('.gnode').evaluateAll((all) => all.map((each) => { const [, x, y] = /translate\(([-\d.]+) ([-\d.]+)\)/.exec(each.getAttribute('transform')).map(Number); return { x, y }; }));
const apart = (list) => list.every((a, i) => list.every((b, j) => i >= j || Math.abs(a.x - b.x) >= 196 || Math.abs(a.y - b.y) >= 50));

describe('workflows', () => {

test('an empty list says what a workflow is', async () => {
  const view = await it.view();
  await view.open('/workflows');
  await view.page.getByText('No workflows yet').waitFor();
  await view.axe();
  await view.shoot('workflows-empty');
  await view.close();
});

test('a run goes through the graph before one\'s eyes, and each step leads to its execution', async () => {
  const { id, jobs } = await diamond(['/slow/400', '/slow/800', '/slow/1200', '/slow/300']);
  const view = await it.view();
  const { page } = view;
  await view.open(`/workflows/${id}`);
  await page.getByText('at 03:00 every day').waitFor();
  assert.equal(await page.locator('.gnode').count(), 4);
  assert.equal(await page.locator('.gedge').count(), 4);
  assert.ok(apart(await boxes(view)));
  assert.match(await node(view, 'Load').getAttribute('aria-description'), /after Check, Convert/);
  assert.equal(new URL(await node(view, 'Load').evaluate((each) => each.href.baseVal), it.server.base).pathname, `/hangfire/jobs/${jobs[3].id}`);
  await page.getByRole('button', { name: 'Run now' }).click();
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.getByRole('heading', { name: 'Run of Nightly ledger' }).waitFor();
  await page.locator('.gnode.is-running').first().waitFor();
  await view.shoot('workflow-run-running');
  await view.axe();
  await page.getByText('All 4 steps succeeded.').waitFor();
  assert.equal(await page.locator('.gnode.is-succeeded').count(), 4);
  assert.match(await node(view, 'Extract').textContent(), /Succeeded · \d/);
  await node(view, 'Extract').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await node(view, 'Load').and(page.locator(':focus')).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Load' }).waitFor();
  assert.match(view.place, /^\/executions\//);
  await view.close();
});

test('a run that failed goes on from where it failed', async () => {
  const a = await step('Fetch');
  const b = await step('Flaky', '/flaky/1');
  const c = await step('Publish');
  const id = await create('Press', [[a], [b, [a]], [c, [b]]]);
  const run = await ended(await trigger(id), 'Failed');
  const first = run.jobs.find(({ jobId }) => jobId === a.id).executionId;
  const view = await it.view();
  const { page } = view;
  await view.open(`/workflows/runs/${run.id}`);
  await page.getByText('1 of 3 steps succeeded.').waitFor();
  assert.equal(await page.locator('.gnode.is-failed').count(), 1);
  assert.equal(await page.locator('.gnode.is-cancelled').count(), 1);
  await page.getByRole('table', { name: 'Steps' }).getByText('500').first().waitFor();
  await view.shoot('workflow-run-failed');
  await view.axe();
  await page.getByRole('button', { name: 'Retry from where it failed' }).click();
  await page.getByText('All 3 steps succeeded.').waitFor();
  const again = await showRun(run.id);
  assert.equal(again.retryCount, 1);
  assert.equal(again.jobs.find(({ jobId }) => jobId === a.id).executionId, first, 'what succeeded is not done again');
  await page.getByRole('button', { name: 'Retry from where it failed' }).waitFor({ state: 'detached' });
  await view.close();
});

test('a run is cancelled after a question, and what has not started never does', async () => {
  const { id } = await diamond(['/hang', '/ok', '/ok', '/ok'], 'Hangs');
  const runId = await trigger(id);
  const view = await it.view();
  const { page } = view;
  await view.open(`/workflows/runs/${runId}`);
  await page.locator('.gnode.is-running').waitFor();
  await page.getByRole('button', { name: 'Cancel the run' }).click();
  await page.getByRole('dialog').getByText('What waits does not start').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the run' }).click();
  await page.getByText('0 of 4 steps had succeeded.').waitFor();
  assert.equal(await page.locator('.gnode.is-cancelled').count(), 4);
  assert.equal((await showRun(runId)).status, 'Cancelled');
  await view.close();
});

test('a graph of fifty can be read: nothing overlaps, it is zoomed and scrolled', async () => {
  const id = await large();
  await ended(await trigger(id), 'Succeeded');
  const view = await it.view();
  const { page } = view;
  await view.open(`/workflows/${id}`);
  await page.locator('.gnode.is-succeeded').nth(49).waitFor();
  assert.ok(apart(await boxes(view)));
  const width = () => page.locator('.graph-drawing').evaluate((drawing) => drawing.getBoundingClientRect().width);
  assert.ok(await page.locator('.gnode').first().evaluate((each) => each.getBoundingClientRect().width) >= 130, 'nodes are large enough to be read');
  await view.shoot('workflow-fifty');
  await view.axe();
  await page.getByRole('button', { name: 'Fit' }).click();
  const whole = await width();
  assert.ok(whole <= await page.locator('.graph-box').evaluate((box) => box.clientWidth));
  await page.getByRole('button', { name: 'Larger' }).click();
  await page.getByRole('button', { name: 'Larger' }).click();
  await waitFor(async () => await width() > whole);
  await view.fits();
  await view.close();
});

test('the list runs and deletes, after it was asked', async () => {
  const a = await step('Alone');
  const id = await create('To be deleted', [[a]]);
  const view = await it.view();
  const { page } = view;
  await view.open('/workflows?search=to+be');
  const row = page.getByRole('row').filter({ hasText: 'To be deleted' });
  await row.getByRole('button', { name: 'Actions for To be deleted' }).click();
  await page.getByRole('menuitem', { name: 'Run now' }).click();
  await row.getByText('Succeeded').waitFor();
  await row.getByRole('button', { name: 'Actions for To be deleted' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('No workflow fits these filters').waitFor();
  assert.equal((await it.get('/workflows?search=to+be')).body.totalCount, 0, id);
  await view.close();
});

test('the editor adds jobs, draws edges by list and by graph, and refuses a circle by name', async () => {
  const [a, b, c] = [await step('Gather'), await step('Grind'), await step('Brew')];
  const view = await it.view({ expected: [/status of 400/] });
  const { page } = view;
  await view.open('/workflows/new');
  await page.getByRole('button', { name: 'Create workflow' }).click();
  await page.locator('.form-faults').waitFor();
  const search = page.getByRole('searchbox', { name: 'Search jobs to add' });
  for (const name of ['Gather', 'Grind', 'Brew']) {
    await search.fill(name);
    await page.getByRole('button', { name, exact: true }).click();
    await node(view, name).waitFor();
  }
  const chosen = page.getByRole('region', { name: 'The chosen job' });
  await chosen.getByRole('heading', { name: 'Brew' }).waitFor();
  await chosen.getByLabel('Another job').selectOption({ label: 'Grind' });
  await chosen.getByRole('button', { name: 'Add' }).click();
  await page.locator('.gedge').waitFor({ state: 'attached' });
  await node(view, 'Grind').focus();
  await page.keyboard.press('Enter');
  await chosen.getByRole('heading', { name: 'Grind' }).waitFor();
  await chosen.getByRole('radio', { name: 'The run goes on' }).click();
  await chosen.getByRole('button', { name: 'Choose in the graph' }).click();
  await node(view, 'Gather').click();
  assert.equal(await page.locator('.gedge').count(), 2);
  await node(view, 'Brew').click();
  await page.getByText('That would be a circle, which could never start: "Grind" → "Brew" → "Grind"').waitFor();
  assert.equal(await page.locator('.gedge').count(), 2);
  await page.getByLabel('It has a schedule of its own').check();
  await page.getByText('at 03:00 every day').waitFor();
  await view.shoot('workflow-editor');
  await view.axe();
  await page.getByRole('textbox', { name: 'Name' }).fill('Coffee');
  await page.getByRole('button', { name: 'Create workflow' }).click();
  await page.getByRole('heading', { name: 'Coffee' }).waitFor();
  const made = (await it.get('/workflows?search=Coffee', 200)).body.items[0];
  const of = (job) => made.jobs.find(({ jobId }) => jobId === job.id);
  assert.deepEqual([a, b, c].map((job) => of(job).dependsOn), [[], [a.id], [b.id]]);
  assert.deepEqual([a, b, c].map((job) => of(job).onFailure), ['Stop', 'Continue', 'Stop']);
  assert.equal(made.schedule.scheduleExpression, '0 3 * * *');
  await page.getByRole('link', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Tea');
  await page.getByLabel('It has a schedule of its own').uncheck();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Tea' }).waitFor();
  const { schedule, jobs } = await it.expect(200, it.get(`/workflows/${made.id}`));
  assert.equal(schedule, null);
  assert.deepEqual(jobs, made.jobs);
  await view.close();
});

test('the dependencies of a job are changed on its page, and a circle is refused', async () => {
  const [a, b] = [await step('Source'), await step('Sink')];
  await it.run(a);
  const view = await it.view({ expected: [/status of 400/] });
  const { page } = view;
  await view.open(`/jobs/${b.id}?tab=dependencies`);
  await page.getByText('It waits for no other job').waitFor();
  await page.getByRole('searchbox', { name: 'Search jobs to wait for' }).fill('Source');
  await page.getByRole('button', { name: 'Source', exact: true }).click();
  await page.getByLabel('Starts when').selectOption('AllCompleted');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The dependencies are saved').waitFor();
  await page.getByText('A run that came due now would start.').waitFor();
  const made = (await it.get(`/jobs/${b.id}/dependencies`, 200)).body;
  assert.deepEqual([made.dependsOnJobIds, made.condition], [[a.id], 'AllCompleted']);
  await view.shoot('job-dependencies');
  await view.axe();
  await view.open(`/jobs/${a.id}?tab=dependencies`);
  await page.getByRole('searchbox', { name: 'Search jobs to wait for' }).fill('Sink');
  await page.getByRole('button', { name: 'Sink', exact: true }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText(/"Source".*→ "Sink"/).waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('It waits for no other job').waitFor();
  await view.open(`/jobs/${b.id}?tab=dependencies`);
  await page.getByRole('button', { name: 'Does not depend on Source' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The dependencies are saved').waitFor();
  assert.deepEqual((await it.get(`/jobs/${b.id}/dependencies`, 200)).body.dependsOnJobIds, []);
  await view.open(`/jobs/${b.id}/edit`);
  await page.getByText('Queue, overlaps, limits').click();
  await page.getByLabel('Group with a limit').fill('the ERP');
  await page.getByLabel('Limit of the group').fill('3');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The job is saved').waitFor();
  const grouped = await it.show(b);
  assert.deepEqual([grouped.concurrencyGroup, grouped.concurrencyGroupLimit], ['the ERP', 3]);
  await view.close();
});

for (const look of looks) {
  test(`hostile and long names hold, at ${look.width} px, ${look.theme}`, async () => {
    const [a, b, c] = [await step(payload), await step('x'.repeat(200)), await step('Fails', '/status/500')];
    const { id: plain } = await diamond(undefined, 'Nightly ledger');
    const id = await create(payload, [[a], [b, [a], 'Continue'], [c, [b]]], { description: payload });
    await create('y'.repeat(200), [[b]]);
    const runId = await trigger(id);
    await ended(runId, 'Failed');
    await ended(await trigger(plain), 'Succeeded');
    const view = await it.view(look);
    for (const [place, name] of [['/workflows', 'workflows'], [`/workflows/${plain}`, 'workflow'], [`/workflows/${id}`, 'workflow-hostile'], [`/workflows/runs/${runId}`, 'workflow-run'], [`/workflows/${id}/edit`, 'workflow-edit']]) {
      await view.open(place);
      await view.page.locator(place.endsWith('/edit') ? '.gnode' : 'tbody tr').first().waitFor();
      if (place !== '/workflows' && !place.endsWith('/edit')) await view.page.locator('.gnode.is-succeeded').first().waitFor();
      await view.axe();
      await view.fits();
      await view.shoot(name);
    }
    await view.close();
  });
}

});
