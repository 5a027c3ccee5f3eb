// The log of executions, and one of them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { looks, startDashboard, waitFor } from './support.mjs';

const payload = '"><img src=x onerror=alert(1)><script>alert(1)</script> javascript:alert(1) \u202Ertl';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-executions-'));
let it;
let good;
let bad;
let shell;
const script = (text, more = {}) => it.create({ jobType: 'CodeExecution', jobConfiguration: { handlerType: 'Shell', parameters: { script: text } }, ...more });
before(async () => {
  it = await startDashboard({ settings: { 'Scheduler:Handlers:Shell:Enabled': true, 'Scheduler:Handlers:Shell:WorkingDirectories': folder } });
  good = await it.create({ name: 'Invoices' });
  bad = await it.create({ name: payload, jobConfiguration: { url: it.target.url('/status/503') } });
  for (let i = 0; i < 3; i++) await it.run(good);
  await it.run(bad);
});
after(async () => { await it?.stop(); fs.rmSync(folder, { recursive: true, force: true }); });

const row = (view, name) => view.page.locator('.xrow').filter({ hasText: name });

describe('executions', () => {

for (const look of looks) {
  test(`the log and an execution hold, at ${look.width} px, ${look.theme}`, async () => {
    const view = await it.view(look);
    await view.open('/executions');
    await row(view, 'onerror').first().waitFor();
    await view.axe();
    await view.fits();
    await view.shoot('executions');
    await row(view, 'onerror').first().click();
    await view.page.getByText('the target answered 503').first().waitFor();
    await view.page.locator('.card').filter({ hasText: 'Output' }).first().waitFor();
    await view.axe();
    await view.fits();
    await view.shoot('execution');
    await view.close();
  });
}

test('filters are in the address and come back with it; what does not fit says so', async () => {
  const view = await it.view();
  await view.open('/executions');
  await row(view, 'Invoices').first().waitFor();
  await view.page.getByLabel('State').selectOption('Failed');
  await row(view, 'Invoices').first().waitFor({ state: 'detached' });
  assert.match(view.place, /status=Failed/);
  await view.page.reload();
  await row(view, 'onerror').first().waitFor();
  assert.equal(await row(view, 'Invoices').count(), 0);
  await view.page.getByRole('searchbox').fill('nosuchword');
  await view.page.getByText('No execution fits these filters').waitFor();
  await view.page.getByRole('button', { name: 'Clear filters' }).click();
  await row(view, 'Invoices').first().waitFor();
  await view.page.getByRole('searchbox').fill('invoices');
  await row(view, 'onerror').first().waitFor({ state: 'detached' });
  await view.close();
});

test('j, k and Enter walk through the rows', async () => {
  const view = await it.view();
  await view.open('/executions');
  await row(view, 'Invoices').first().waitFor();
  const at = () => view.page.evaluate(() => document.activeElement?.dataset?.index);
  await view.page.keyboard.press('j');
  await waitFor(async () => await at() === '0');
  await view.page.keyboard.press('j');
  await waitFor(async () => await at() === '1');
  await view.page.keyboard.press('k');
  await waitFor(async () => await at() === '0');
  await view.page.keyboard.press('Enter');
  await waitFor(() => /^\/executions\/[0-9a-f-]{36}$/.test(view.place));
  await view.close();
});

test('output is followed while it runs, a cancel stops it, and its record says so', async () => {
  shell = await script('echo first; i=0; while [ $i -lt 600 ]; do i=$((i+1)); echo "::progress $((i/6)) step $i"; echo line $i; sleep 0.05; done', { name: 'Slow script' });
  const id = await it.trigger(shell);
  await it.ended(id, 'Running');
  const view = await it.view();
  const { page } = view;
  await view.open(`/executions/${id}`);
  await page.getByText('first').waitFor();
  await page.getByText('line 12').first().waitFor();
  await page.locator('.progress .meter').waitFor();
  await page.locator('.tag').filter({ hasText: 'live' }).waitFor();
  await view.axe();
  await view.shoot('execution-live');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).last().click();
  await page.getByText(/Cancelled after/).waitFor();
  assert.equal((await it.execution(id)).status, 'Cancelled');
  await page.getByText('line 5', { exact: false }).first().waitFor();
  await view.close();
});

test('a retry makes a chain that can be walked', async () => {
  const job = await it.create({ name: 'Chain', jobConfiguration: { url: it.target.url('/status/500') }, retryPolicy: { maxAttempts: 3, delaySeconds: 0 } });
  await it.trigger(job);
  const all = await waitFor(async () => { const list = (await it.get(`/executions?jobId=${job.id}`)).body.items; return list.length === 3 && list.every(({ status }) => status === 'Failed') && list; });
  const view = await it.view();
  await view.open(`/executions/${all[1].id}`);
  const links = view.page.locator('.chain-link');
  await links.nth(2).waitFor();
  assert.equal(await links.count(), 3);
  assert.equal(await links.nth(1).getAttribute('aria-current'), 'page');
  await view.axe();
  await view.shoot('execution-chain');
  await links.nth(2).click();
  await waitFor(() => view.place === `/executions/${all[0].id}`);
  await view.page.getByRole('button', { name: 'Retry' }).click();
  await waitFor(() => view.place !== `/executions/${all[0].id}`);
  await view.close();
});

test('64 KB of output are shown as text, searched and wrapped', async () => {
  const job = await script(`i=0; while [ $i -lt 1500 ]; do i=$((i+1)); echo "$i <b>needle</b> \\"><img src=x onerror=alert(1)> aaaaaaaaaa"; done; printf '\\033[31mred\\033[0m \\007 end\\n'`, { name: 'Much output' });
  const { id } = await it.run(job);
  const view = await it.view();
  const { page } = view;
  await view.open(`/executions/${id}`);
  await page.getByText('1500 <b>needle</b>').waitFor();
  assert.ok((await page.locator('.execution-output').innerText()).includes('red ␇ end'));
  await page.getByRole('searchbox', { name: 'Search the output' }).fill('needle');
  await page.getByText(/\d+ found/).waitFor();
  await page.locator('mark').first().waitFor();
  await page.getByRole('button', { name: 'Wrap' }).click();
  await view.fits();
  await view.shoot('execution-long', { fullPage: false });
  await view.close();
});

test('thousands of rows: only those on the screen are in the document, and new ones do not move what is read', async () => {
  const many = await it.create({ name: 'Many' });
  const ids = [];
  for (let i = 0; i < 40; i++) ids.push(...await Promise.all(Array.from({ length: 25 }, () => it.trigger(many))));
  await waitFor(async () => (await it.get(`/executions?jobId=${many.id}&status=Succeeded`)).body.totalCount === 1000, { seconds: 60, what: '1000 executions' });
  const view = await it.view();
  const { page } = view;
  await view.open(`/executions?jobId=${many.id}`);
  await row(view, 'Many').first().waitFor();
  await page.getByText('1,000 executions').waitFor();
  const body = page.locator('.xbody');
  await body.evaluate((each) => { each.scrollTop = 700 * 44; });
  await page.locator('.xrow[data-index="705"]').filter({ hasText: 'Many' }).waitFor();
  assert.ok(await page.locator('.xrow').count() < 80);
  const read = await page.locator('.xrow[data-index="705"] time').getAttribute('datetime');
  for (let i = 0; i < 5; i++) await it.run(many);
  await page.getByRole('button', { name: '5 new' }).waitFor();
  assert.equal(await page.locator('.xrow[data-index="705"] time').getAttribute('datetime'), read);
  await page.getByRole('button', { name: '5 new' }).click();
  await page.getByText('1,005 executions').waitFor();
  await view.close();
});

test('chosen ones are cancelled and retried after it was said what will happen', async () => {
  const hang = await it.create({ name: 'Hangs', jobConfiguration: { url: it.target.url('/hang') } });
  const ids = [await it.trigger(hang), await it.trigger(hang)];
  for (const id of ids) await it.ended(id, 'Running');
  const view = await it.view();
  const { page } = view;
  await view.open(`/executions?jobId=${hang.id}`);
  await row(view, 'Hangs').nth(1).waitFor();
  for (let i = 0; i < 2; i++) await row(view, 'Hangs').nth(i).getByRole('checkbox').check();
  await page.getByRole('region', { name: 'Chosen rows' }).getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('dialog').getByText('really stopped').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).last().click();
  for (const id of ids) await it.ended(id, 'Cancelled');
  await view.close();
});

});
