// The first page: its states, what it costs, and texts that would be programs.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { looks, startDashboard } from './support.mjs';

let it;
before(async () => { it = await startDashboard(); });
after(() => it?.stop());

describe('overview', () => {

for (const look of looks) {
  test(`an empty server is well, at ${look.width} px, ${look.theme}`, async () => {
    const view = await it.view(look);
    await view.open('/');
    await view.page.getByText('All is well.').waitFor();
    await view.page.locator('.chart canvas').waitFor();
    await view.axe();
    await view.fits();
    await view.shoot('overview-empty');
    await view.close();
  });
}

test('a first view costs at most 15 requests and 100 KB', async () => {
  const view = await it.view();
  await view.open('/');
  await view.page.locator('.chart canvas').waitFor();
  await view.page.waitForLoadState('load');
  const entries = await view.page.evaluate(() => performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))
    .map(({ name, encodedBodySize }) => ({ name, bytes: encodedBodySize })));
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  assert.ok(entries.length <= 15, `${entries.length} requests: ${entries.map(({ name }) => name).join('\n')}`);
  assert.ok(bytes > 10_000 && bytes <= 100_000, `${bytes} bytes: ${JSON.stringify(entries)}`);
  await view.close();
});

test('what runs, fails and waits is there without loading the page again', async () => {
  const view = await it.view();
  await view.open('/');
  await view.page.locator('.connection').getByText('Live').waitFor();
  const bad = await it.create({ name: 'Nightly ledger', jobConfiguration: { url: it.target.url('/status/500') } });
  await it.run(bad);
  await view.page.getByText('One job failed when it last ran: Nightly ledger.').waitFor();
  await it.run(bad);
  await it.run(bad);
  await view.page.getByText('One job keeps failing: Nightly ledger.').waitFor();
  await view.page.locator('.card', { hasText: 'Failing now' }).getByText('Nightly ledger').waitFor();
  await view.page.locator('.card', { hasText: 'Runs next' }).getByText('Nightly ledger').waitFor();
  await view.close();
});

test('dragging across the chart looks closer, and the address knows it', async () => {
  const view = await it.view();
  await view.open('/?range=6');
  const over = view.page.locator('.chart .u-over');
  await over.waitFor();
  const box = await over.boundingBox();
  await view.page.mouse.move(box.x + box.width * 0.3, box.y + 40);
  await view.page.mouse.down();
  await view.page.mouse.move(box.x + box.width * 0.6, box.y + 40, { steps: 5 });
  await view.page.mouse.up();
  const whole = view.page.getByRole('button', { name: 'Whole range' });
  await whole.waitFor();
  assert.match(view.place, /range=6&from=\d+&to=\d+/);
  await view.shoot('overview-zoomed');
  await whole.click();
  await whole.waitFor({ state: 'detached' });
  assert.equal(view.place, '/?range=6');
  await view.page.getByRole('radio', { name: '7 d' }).click();
  assert.equal(view.place, '/?range=168');
  await view.page.goBack();
  await view.page.getByRole('button', { name: 'Whole range' }).or(view.page.getByRole('radio', { name: '6 h', checked: true })).first().waitFor();
  await view.close();
});

test('names without a space, as long as they may be, stay inside at 360 px', async () => {
  const job = await it.create({ name: 'x'.repeat(200), jobConfiguration: { url: it.target.url('/status/500') } });
  for (let i = 0; i < 3; i++) await it.run(job);
  const view = await it.view({ width: 360 });
  await view.open('/');
  await view.page.locator('.card', { hasText: 'Failing now' }).getByText('xxxx').waitFor();
  await view.page.locator('.chart canvas').waitFor();
  await view.fits();
  await view.shoot('overview-long-names');
  await view.close();
});

test('F1: what users wrote is shown as text', async () => {
  const payloads = ['"><img src=x onerror=alert(1)>', '<svg/onload=alert(1)>', 'javascript:alert(1)', '\u202Egnp.exe\u202C \u2067bidi', '${alert(1)}{{constructor.constructor("alert(1)")()}}'];
  const jobs = [];
  for (const name of payloads) jobs.push(await it.create({ name, jobConfiguration: { url: it.target.url('/status/500') } }));
  for (const job of jobs) await it.run(job);
  const view = await it.view();
  await view.open('/');
  for (const name of payloads) await view.page.locator('.card', { hasText: 'Failing now' }).getByText(name, { exact: true }).waitFor();
  assert.equal(await view.page.locator('.main img, .main svg[onload]').count(), 0);
  await view.axe();
  await view.shoot('overview-payloads');
  await view.close();
});

});
