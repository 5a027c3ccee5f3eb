// The page of one job: what it did, what it will do, when it must not run, who changed it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { looks, startDashboard, waitFor } from './support.mjs';

let it;
let job;
before(async () => {
  it = await startDashboard();
  job = await it.create({ name: 'Ledger', description: 'Sums up the day.', tags: ['money'], scheduleExpression: '0 3 * * *', timezone: 'Europe/Berlin', exclusions: { excludedDaysOfWeek: ['Sunday'] } });
  for (let i = 0; i < 6; i++) await it.run(job);
  await it.expect(200, it.put(`/jobs/${job.id}`, { jobConfiguration: { url: it.target.url('/status/500') } }));
  await it.run(job);
});
after(() => it?.stop());

describe('job', () => {

for (const look of looks) {
  test(`all of its parts, at ${look.width} px, ${look.theme}`, async () => {
    const view = await it.view(look);
    for (const [tab, shown] of [['overview', '.strip-bar'], ['executions', 'tbody tr'], ['occurrences', '.empty, tbody tr'], ['calendar', '.calendar-day'], ['history', '.difference']]) {
      await view.open(`/jobs/${job.id}?tab=${tab}`);
      await view.page.locator(shown).first().waitFor();
      if (tab === 'overview') await view.page.locator('.chart canvas').first().waitFor();
      await view.axe();
      await view.fits();
      await view.shoot(`job-${tab}`);
    }
    await view.close();
  });
}

test('what happens to it is there at once: run, pause, resume, delete', async () => {
  const own = await it.create({ name: 'Hands' });
  const view = await it.view();
  const { page } = view;
  await view.open(`/jobs/${own.id}`);
  await page.getByText('It has not run yet').waitFor();
  await page.getByRole('button', { name: 'Run now' }).click();
  await page.getByText('The execution is queued').waitFor();
  await page.locator('.strip-bar.tone-good').waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Resume' }).waitFor();
  assert.equal((await it.show(own)).currentStatus, 'Paused');
  await page.getByText('None while it is paused.').waitFor();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  await page.getByRole('button', { name: 'Actions for Hands' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await waitFor(() => view.place === '/jobs');
  assert.equal((await it.get(`/jobs/${own.id}`)).body.isDeleted ?? true, true);
  await view.close();
});

test('a click on a day excludes it, and the next run knows', async () => {
  const own = await it.create({ name: 'Calendar', scheduleExpression: '0 12 * * *', timezone: 'UTC' });
  const first = (await it.get(`/jobs/${own.id}/upcoming?count=1`)).body[0].utc.slice(0, 10);
  const view = await it.view();
  const { page } = view;
  await view.open(`/jobs/${own.id}?tab=calendar`);
  await page.getByRole('button', { name: `${first}: one run` }).click();
  await page.getByRole('button', { name: 'Monday' }).or(page.getByTitle('Every Monday')).first().click();
  await page.getByRole('button', { name: 'Save exclusions' }).click();
  const saved = await waitFor(async () => (await it.show(own)).exclusions);
  assert.deepEqual(saved.excludedDates, [first]);
  assert.deepEqual(saved.excludedDaysOfWeek, ['Monday']);
  assert.notEqual((await it.show(own)).nextRunAt.slice(0, 10), first);
  await view.close();
});

test('why it did not run is said', async () => {
  const own = await it.create({ name: 'Seldom', scheduleType: 'Interval', intervalSeconds: 1, exclusions: { excludedDaysOfWeek: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'].filter((_, index) => index === (new Date().getUTCDay() + 6) % 7) } });
  const view = await it.view();
  await waitFor(async () => (await it.get(`/jobs/${own.id}/occurrences`)).body.totalCount > 0);
  await view.open(`/jobs/${own.id}?tab=occurrences`);
  await view.page.getByText('An exclusion').first().waitFor();
  await view.close();
});

});
