// The list of jobs, and the form that makes and changes them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { looks, startDashboard, waitFor } from './support.mjs';

const payload = '"><img src=x onerror=alert(1)><script>alert(1)</script> javascript:alert(1) \u202Ertl';
let it;
before(async () => { it = await startDashboard(); });
after(() => it?.stop());

const named = (view, name) => view.page.getByRole('row').filter({ hasText: name });

describe('jobs', () => {

test('an empty list says what to do', async () => {
  const view = await it.view();
  await view.open('/jobs');
  await view.page.getByText('No jobs yet').waitFor();
  await view.shoot('jobs-empty');
  await view.axe();
  await view.page.getByRole('link', { name: 'New job' }).first().click();
  await view.page.getByRole('heading', { name: 'New job' }).waitFor();
  await view.close();
});

test('a job is made in the form: the pattern is explained as one types, faults stand at their fields', async () => {
  const view = await it.view({ expected: [/status of 400/] });
  const { page } = view;
  await view.open('/jobs/new');
  await page.getByText('at 03:00 every day').waitFor();
  assert.equal(await page.locator('.run-times li').count(), 10);
  await page.getByLabel('Cron pattern', { exact: false }).last().fill('61 3 * * *');
  await page.getByText('the minute must be 0 to 59, not 61').first().waitFor();
  await view.shoot('job-form-fault');
  await view.axe();
  await page.getByRole('button', { name: 'Workdays at 9' }).click();
  await page.getByText('on Monday to Friday').first().waitFor();
  await page.getByLabel('URL').fill('ftp://x');
  await page.getByText('must be an absolute http or https URL').waitFor();
  await page.getByRole('button', { name: 'Create job' }).click();
  await page.getByText('must not be empty').waitFor();
  await page.locator('.form-faults:focus').waitFor();
  await page.getByLabel('Name', { exact: true }).fill('Ledger');
  await page.getByLabel('URL').fill(it.target.url('/ok'));
  await page.getByLabel('Headers').fill('X-A: 1');
  await page.getByLabel('Tags').fill('money, nightly');
  await page.getByRole('button', { name: 'Create job' }).click();
  await page.getByText('The job is created').waitFor();
  const found = (await it.get('/jobs?search=Ledger', 200)).body.items[0];
  assert.equal(found.scheduleExpression, '0 9 * * MON-FRI');
  assert.deepEqual(found.tags, ['money', 'nightly']);
  assert.equal(found.jobConfiguration.headers['X-A'], '1');
  await view.close();
});

test('what is saved is what was changed, and the rest stays', async () => {
  const job = await it.create({ name: 'Rest stays', description: 'kept', jitterSeconds: 7, tags: ['kept'], exclusions: { excludedDaysOfWeek: ['Sunday'], timeRange: { start: '22:00', end: '06:00' } }, watches: { finishBySeconds: 60 }, jobConfiguration: { url: it.target.url('/ok'), method: 'POST', body: { a: 1 }, signingSecret: 'topsecret' } });
  const view = await it.view();
  await view.open(`/jobs/${job.id}/edit`);
  await view.page.getByLabel('Name', { exact: true }).fill('Rest stays here');
  await view.page.getByRole('button', { name: 'Save' }).click();
  await view.page.getByText('The job is saved').waitFor();
  const after = (await it.get(`/jobs/${job.id}`, 200)).body;
  for (const name of ['description', 'jitterSeconds', 'tags', 'watches', 'jobConfiguration', 'retryPolicy', 'scheduleType', 'dstPolicy']) assert.deepEqual(after[name], job[name], name);
  assert.deepEqual(after.exclusions.timeRange, job.exclusions.timeRange);
  assert.equal(after.name, 'Rest stays here');
  await view.close();
});

test('somebody else changed it meanwhile: it is said, and what was typed stays', async () => {
  const job = await it.create({ name: 'Two hands' });
  const view = await it.view({ expected: [/status of 412/] });
  await view.open(`/jobs/${job.id}/edit`);
  await view.page.getByLabel('Description').fill('mine');
  await it.put(`/jobs/${job.id}`, { description: 'theirs' }, 200);
  await view.page.getByRole('button', { name: 'Save' }).click();
  await view.page.locator('.form-faults').waitFor();
  assert.equal(await view.page.getByLabel('Description').inputValue(), 'mine');
  await view.close();
});

test('a curl command becomes a job', async () => {
  const view = await it.view();
  await view.open('/jobs/new');
  await view.page.getByRole('button', { name: 'Import curl' }).click();
  await view.page.getByRole('textbox', { name: 'Command' }).fill("curl -X PUT 'https://api.example.com/v1/x?y=1' \\\n  -H 'Content-Type: application/json' -H \"X-Key: it's\" --data-raw '{\"a\": [1, 2]}' -L --insecure");
  await view.shoot('job-curl');
  await view.axe();
  await view.page.getByRole('button', { name: 'Take over' }).click();
  assert.equal(await view.page.getByLabel('URL').inputValue(), 'https://api.example.com/v1/x?y=1');
  assert.equal(await view.page.getByLabel('Method').inputValue(), 'PUT');
  assert.equal(await view.page.getByLabel('Headers').inputValue(), "Content-Type: application/json\nX-Key: it's");
  assert.equal(await view.page.getByLabel('Body').inputValue(), '{"a": [1, 2]}');
  await view.page.getByText('Not taken over: --insecure').waitFor();
  await view.close();
});

test('filters, search and sort are in the address, and come back with it', async () => {
  await it.create({ name: 'Zebra', tags: ['stripes'] });
  await it.create({ name: 'Aardvark' });
  const view = await it.view();
  await view.open('/jobs?sortDirection=desc');
  await named(view, 'Zebra').waitFor();
  await view.page.getByRole('searchbox').fill('aard');
  await named(view, 'Zebra').waitFor({ state: 'detached' });
  assert.match(view.place, /search=aard/);
  await view.page.reload();
  await named(view, 'Aardvark').waitFor();
  assert.equal(await view.page.getByRole('searchbox').inputValue(), 'aard');
  await view.page.getByRole('button', { name: 'Clear filters' }).click();
  await named(view, 'Zebra').waitFor();
  await view.page.getByRole('button', { name: 'Name' }).click();
  await waitFor(() => !/sortDirection/.test(view.place));
  await view.close();
});

test('many are paused, resumed, run and deleted at once, after it was said what will happen', async () => {
  for (let i = 0; i < 8; i++) await it.create({ name: `Bulk ${i}` });
  const view = await it.view();
  const { page } = view;
  await view.open('/jobs?search=Bulk');
  await named(view, 'Bulk 7').waitFor();
  const all = page.getByRole('checkbox', { name: 'Choose all rows' });
  const bar = page.getByRole('region', { name: 'Chosen rows' });
  const act = async (name, said) => {
    await all.check();
    await bar.getByRole('button', { name }).click();
    await page.getByRole('dialog').getByText(said).waitFor();
    await page.getByRole('dialog').getByRole('button', { name }).click();
    await bar.waitFor({ state: 'detached' });
  };
  const states = async () => (await it.get('/jobs?search=Bulk', 200)).body.items.map(({ currentStatus }) => currentStatus);
  await act('Pause', 'Their schedules start nothing');
  assert.deepEqual(new Set(await states()), new Set(['Paused']));
  await act('Resume', 'Their schedules start again');
  assert.deepEqual(new Set(await states()), new Set(['Active']));
  await all.check();
  await view.shoot('jobs-chosen');
  await view.axe();
  await all.uncheck();
  await act('Delete', 'Their history stays');
  await page.getByText('No job fits these filters').waitFor();
  assert.deepEqual(await states(), []);
  await view.close();
});

for (const look of looks) {
  test(`hostile and long texts hold, at ${look.width} px, ${look.theme}`, async () => {
    await it.create({ name: payload, description: payload, tags: [payload.slice(0, 100)] });
    await it.create({ name: 'x'.repeat(200), tags: ['y'.repeat(100)] });
    const view = await it.view(look);
    await view.open('/jobs');
    await named(view, 'x'.repeat(200)).first().waitFor();
    await view.axe();
    await view.fits();
    await view.shoot('jobs');
    const hostile = (await it.get(`/jobs?search=${encodeURIComponent('onerror')}`, 200)).body.items[0];
    await view.open(`/jobs/${hostile.id}/edit`);
    await view.page.locator('.run-times li').first().waitFor();
    assert.equal(await view.page.getByLabel('Name', { exact: true }).inputValue(), payload);
    await view.axe();
    await view.fits();
    await view.shoot('job-form');
    await view.close();
  });
}

});
