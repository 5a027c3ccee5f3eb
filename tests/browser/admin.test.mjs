// Forecast, queues, nodes, and what admins do: users, tokens, audit, export and import, clearing history.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { looks, startDashboard, waitFor } from './support.mjs';

const payload = '"><img src=x onerror=alert(1)> \u202Ertl';
let it;
before(async () => {
  it = await startDashboard();
  const often = await it.create({ name: `Often ${payload}`, scheduleType: 'Interval', intervalSeconds: 600 });
  await it.run(often);
});
after(() => it?.stop());

const parts = [['/forecast', '.chart canvas'], ['/queues', 'tbody tr'], ['/nodes', 'tbody tr'], ['/users', 'tbody tr'], ['/tokens', '.empty, tbody tr'], ['/audit', '.history li'], ['/transfer', '.card'], ['/clear-logs', '.note']];

describe('administration', () => {

for (const look of looks) {
  test(`each page holds, at ${look.width} px, ${look.theme}`, async () => {
    const view = await it.view(look);
    await view.open('/');
    for (const [path, shown] of parts) {
      await view.go(path);
      await view.page.locator(shown).first().waitFor();
      await view.axe();
      await view.fits();
      await view.shoot(path.slice(1));
    }
    await view.close();
  });
}

test('a user is made, gets another role, is locked, unlocked, and deleted by name', async () => {
  const view = await it.view({ expected: [/status of 400/] });
  const { page } = view;
  await view.open('/users');
  await page.getByRole('button', { name: 'New user' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('E-mail').fill('nobody@example.com');
  await dialog.getByLabel('Password').fill('short');
  await dialog.getByRole('button', { name: 'Create user' }).click();
  await dialog.locator('.field-faults').first().waitFor();
  await view.axe();
  await dialog.getByLabel('Password').fill('a long enough passphrase');
  await dialog.getByRole('button', { name: 'Create user' }).click();
  const row = page.getByRole('row').filter({ hasText: 'nobody@example.com' });
  await row.waitFor();
  const stored = async () => (await it.get('/api/v1/admin/users')).body.items.find(({ email }) => email === 'nobody@example.com');
  await row.getByLabel('Role of nobody@example.com').selectOption('Viewer');
  await waitFor(async () => (await stored()).roles.includes('Viewer') && !(await stored()).roles.includes('User'));
  const menu = async (name) => { await row.getByRole('button', { name: 'Actions for nobody@example.com' }).click(); await page.getByRole('menuitem', { name }).click(); };
  await menu('Lock');
  await dialog.getByRole('button', { name: 'Lock' }).click();
  await waitFor(async () => (await stored()).isLocked);
  await row.getByText('Locked').waitFor();
  await menu('Unlock');
  await waitFor(async () => !(await stored()).isLocked);
  await menu('Delete');
  assert.ok(await dialog.getByRole('button', { name: 'Delete' }).isDisabled());
  await dialog.getByRole('textbox').fill('nobody@example.com');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await waitFor(async () => !(await stored()));
  await view.close();
});

test('a token is shown once, works, and is revoked', async () => {
  const view = await it.view();
  const { page } = view;
  await view.open('/tokens');
  await page.getByRole('button', { name: 'New token' }).first().click();
  await page.getByRole('dialog').getByLabel('Name').fill('monitoring');
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByText('It is not shown again.').waitFor();
  const token = await page.locator('.token-text code').innerText();
  assert.equal((await it.get('/dashboard/stats', { token })).status, 200);
  await page.getByRole('button', { name: 'I have copied it' }).click();
  await page.getByRole('row').filter({ hasText: 'monitoring' }).waitFor();
  assert.ok(!(await page.content()).includes(token));
  await page.getByRole('button', { name: 'Revoke monitoring' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await waitFor(async () => (await it.get('/dashboard/stats', { token })).status === 401);
  await view.close();
});

test('the audit is filtered and verified', async () => {
  await it.create({ name: 'Audited' });
  const view = await it.view();
  await view.open('/audit?action=job.');
  await view.page.getByText('Audited').first().waitFor();
  await view.page.getByRole('button', { name: 'Verify' }).click();
  await view.page.getByText('The record is whole.').waitFor();
  await view.page.getByRole('searchbox', { name: 'Who' }).fill('nobody-at-all');
  await view.page.keyboard.press('Enter');
  await view.page.getByText('No entry fits').waitFor();
  await view.close();
});

test('an export comes back by import, after its preview', async () => {
  const view = await it.view({ expected: [/status of 400/] });
  const { page } = view;
  await view.open('/transfer');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download' }).click()]);
  assert.equal(download.suggestedFilename(), 'scheduler-jobs-export.json');
  const job = (name, more) => ({ name, jobType: 'HttpCall', scheduleType: 'Interval', intervalSeconds: 60, jobConfiguration: { url: 'https://example.com/' }, ...more });
  const file = (jobs) => ({ name: 'jobs.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify({ version: 1, jobs })) });
  await page.locator('input[type=file]').setInputFiles(file([job('Imported one'), job('Imported two', { intervalSeconds: 0 })]));
  await page.getByText(/must be a whole number|must be/).first().waitFor();
  assert.ok(await page.getByRole('button', { name: 'Import' }).isDisabled());
  await view.axe();
  await view.shoot('transfer-fault');
  await page.locator('input[type=file]').setInputFiles(file([job('Imported one'), job(payload)]));
  await page.getByText('Jobs that would be written: 2').waitFor();
  assert.equal((await it.get('/jobs?search=Imported')).body.totalCount, 0);
  await page.getByRole('button', { name: 'Import' }).click();
  await page.getByText('Imported: 2').waitFor();
  assert.equal((await it.get('/jobs?search=Imported')).body.totalCount, 1);
  await page.locator('input[type=file]').setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{nonsense') });
  await page.getByText('is no JSON').waitFor();
  await view.close();
});

test('clearing says how much it is and asks twice', async () => {
  const view = await it.view();
  const { page } = view;
  await view.open('/clear-logs');
  await page.getByText('0 executions were started before').waitFor();
  assert.ok(await page.getByRole('button', { name: 'Delete history' }).isDisabled());
  await page.getByLabel('Older than days').fill('0');
  await page.getByText('Give a whole number of days.').waitFor();
  await view.close();
});

});
