// Signing in and out, sessions that end, where one is led, and who may see the dashboard.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AUTH, looks, startDashboard } from './support.mjs';

let it;
before(async () => { it = await startDashboard(); });
after(() => it?.stop());

const unauthorized = /status of 401/;
async function fill({ page }, { email = it.server.email, password = it.server.password } = {}) {
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}
async function account(role) {
  const who = { email: `${role.toLowerCase()}@example.org`, password: 'a password long enough' };
  await it.expect(201, it.post('/api/v1/admin/users', { ...who, roles: [role] }));
  return who;
}

describe('login', () => {

for (const look of looks) {
  test(`the login page at ${look.width} px, ${look.theme}`, async () => {
    const view = await it.view({ ...look, as: null });
    await view.open('/');
    assert.equal(view.place, '/login');
    await view.axe();
    await view.fits();
    await view.shoot('login');
    await view.close();
  });
}

test('E1: signing in gives an HttpOnly, strict cookie, and no script can reach what it stands for', async () => {
  const view = await it.view({ as: null });
  await view.open('/');
  await fill(view);
  await view.page.getByRole('heading', { name: 'Overview' }).waitFor();
  const cookies = await view.context.cookies();
  assert.deepEqual(cookies.map(({ name, httpOnly, sameSite, path }) => ({ name, httpOnly, sameSite, path })), [{ name: 'alphabet-session', httpOnly: true, sameSite: 'Strict', path: '/' }]);
  const reach = await view.page.evaluate(() => ({ cookie: document.cookie, local: { ...localStorage }, session: { ...sessionStorage }, address: location.href }));
  assert.deepEqual([reach.cookie, reach.local, reach.session], ['', {}, {}]);
  assert.doesNotMatch(reach.address, /token|als_/);
  await view.close();
});

test('a wrong password is said beside the form, and the address is kept', async () => {
  const view = await it.view({ as: null, expected: [unauthorized] });
  await view.open('/somewhere?x=1');
  assert.equal(view.place, '/login?next=%2Fhangfire%2Fsomewhere%3Fx%3D1');
  await fill(view, { password: 'not the password at all' });
  await view.page.getByRole('alert').getByText('e-mail or password is wrong').waitFor();
  await view.axe();
  await view.shoot('login-refused');
  await fill(view);
  await view.page.getByRole('heading', { name: 'Not found' }).waitFor();
  assert.equal(view.place, '/somewhere?x=1');
  await view.close();
});

for (const next of ['//evil.example', '/\\evil.example', 'https:evil.example', 'https://evil.example/hangfire', '/hangfire/../evil', '/hangfire\r\nSet-Cookie:x=1', '/api/v1/scheduler/jobs', 'javascript:alert(1)', '/hangfirevil', '/hangfire/login?next=//evil.example']) {
  test(`E5: ?next=${JSON.stringify(next)} stays on the dashboard`, async () => {
    const view = await it.view({ as: null });
    await view.open(`/login?next=${encodeURIComponent(next)}`);
    await fill(view);
    await view.page.getByRole('heading', { name: 'Overview' }).waitFor();
    assert.equal(view.place, '/');
    await view.close();
  });
}

test('signing out ends the session and leads to the login page', async () => {
  const view = await it.view({ expected: [unauthorized] });
  await view.open('/');
  const [{ value }] = await view.context.cookies();
  await view.page.getByRole('button', { name: /Account$/ }).click();
  await view.page.getByRole('menuitem', { name: 'Sign out' }).click();
  await view.page.getByLabel('E-mail').waitFor();
  assert.equal(view.place, '/login');
  assert.deepEqual(await view.context.cookies(), []);
  const answer = await it.server.request('GET', `${AUTH}/me`, { headers: { Cookie: `alphabet-session=${value}` } });
  assert.equal(answer.status, 401);
  await view.close();
});

test('E3: a session that ends asks for the password over the page, which goes on as it was', async () => {
  const view = await it.view({ expected: [unauthorized] });
  await view.open('/');
  await view.page.keyboard.press('Control+k');
  await view.page.getByRole('combobox').fill('typed before');
  await view.context.clearCookies();
  await view.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange'))); // nothing yet: requests find out
  const asked = view.page.getByRole('dialog', { name: 'Your session has ended' });
  await asked.waitFor({ timeout: 30_000 });
  await view.axe('dialog[open]:last-of-type');
  await view.shoot('session-ended', { fullPage: false });
  await asked.getByRole('textbox', { name: 'Password' }).fill(it.server.password);
  await asked.getByRole('button', { name: 'Sign in' }).click();
  await asked.waitFor({ state: 'detached' });
  assert.equal(await view.page.getByRole('combobox').inputValue(), 'typed before');
  await view.close();
});

for (const role of ['User', 'Viewer']) {
  test(`a ${role} is told that the dashboard is for administrators`, async () => {
    const view = await it.view({ as: await account(role) });
    await view.open('/jobs');
    await view.page.getByRole('heading', { name: 'This is for administrators' }).waitFor();
    await view.axe();
    await view.shoot(`forbidden-${role.toLowerCase()}`);
    await view.page.getByRole('button', { name: 'Sign in as somebody else' }).click();
    await view.page.getByLabel('E-mail').waitFor();
    await view.close();
  });
}

});
