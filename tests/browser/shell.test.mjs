// What stands around every page: navigation, palette, shortcuts, themes, banners, the connection.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { looks, startDashboard, waitFor } from './support.mjs';

let it;
before(async () => { it = await startDashboard(); });
after(() => it?.stop());

describe('shell', () => {

test('the navigation names each page once, and each leads somewhere', async () => {
  const view = await it.view();
  await view.open('/');
  const links = await view.page.getByRole('navigation', { name: 'Pages' }).getByRole('link').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  assert.equal(new Set(links).size, links.length);
  for (const link of links) {
    await view.page.locator(`.nav a[href="${link}"]`).click();
    await view.page.locator('h1').waitFor();
    assert.notEqual(await view.page.locator('h1').textContent(), 'Not found', link);
    assert.equal(await view.page.locator(`.nav a[href="${link}"]`).getAttribute('aria-current'), 'page');
  }
  await view.close();
});

test('an address that is no page says so', async () => {
  const view = await it.view();
  await view.open('/no/such/%3Cimg%20src=x%20onerror=alert(1)%3E');
  await view.page.getByText('There is no such page').waitFor();
  await view.axe();
  await view.shoot('not-found');
  await view.page.getByRole('link', { name: 'To the overview' }).click();
  await view.page.getByRole('heading', { name: 'Overview' }).waitFor();
  await view.page.goBack();
  await view.page.getByText('There is no such page').waitFor();
  await view.close();
});

test('on a phone the navigation is a drawer that Escape closes', async () => {
  const view = await it.view({ width: 375 });
  await view.open('/');
  const entry = view.page.getByRole('link', { name: 'Overview' });
  assert.equal(await entry.isVisible(), false);
  await view.page.getByRole('button', { name: 'Navigation' }).click();
  await entry.waitFor();
  await view.axe();
  await view.shoot('drawer', { fullPage: false });
  await view.page.keyboard.press('Escape');
  await entry.waitFor({ state: 'hidden' });
  await view.close();
});

for (const look of looks) {
  test(`the palette at ${look.width} px, ${look.theme}`, async () => {
    const view = await it.view(look);
    await view.open('/');
    await view.page.keyboard.press('Control+k');
    await view.page.getByRole('option', { name: /Overview/ }).waitFor();
    await view.axe('dialog');
    await view.shoot('palette', { fullPage: false });
    await view.page.keyboard.press('Escape');
    await view.page.getByRole('dialog').waitFor({ state: 'detached' });
    await view.page.getByRole('button', { name: /Account$/ }).click();
    await view.page.getByRole('menu').waitFor();
    await view.axe();
    await view.shoot('menu', { fullPage: false });
    await view.close();
  });
}

test('? lists the shortcuts, and not while somebody types', async () => {
  const view = await it.view();
  await view.open('/');
  await view.page.keyboard.press('?');
  const help = view.page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await help.getByText('Go to Overview').waitFor();
  await view.axe('dialog');
  await view.shoot('shortcuts', { fullPage: false });
  await view.page.keyboard.press('Escape');
  await help.waitFor({ state: 'detached' });
  await view.page.keyboard.press('Control+k');
  await view.page.getByRole('combobox').press('?');
  assert.equal(await view.page.getByRole('combobox').inputValue(), '?');
  assert.equal(await help.count(), 0);
  await view.close();
});

test('the palette does what it says: a theme, which stays after loading the page again', async () => {
  const view = await it.view({ theme: 'light' });
  await view.open('/');
  await view.page.keyboard.press('Control+k');
  await view.page.getByRole('combobox').fill('dark');
  await view.page.keyboard.press('Enter');
  const background = () => view.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await waitFor(async () => (await background()) === 'rgb(13, 14, 18)', { what: 'the dark page' });
  await view.open('/');
  assert.equal(await view.page.locator('html').getAttribute('data-theme'), 'dark');
  assert.equal(await background(), 'rgb(13, 14, 18)');
  await view.close();
});

test('pause-all shows a banner on every page at once, and resuming asks first', async () => {
  const view = await it.view();
  await view.open('/');
  await view.page.locator('.connection').getByText('Live').waitFor();
  await it.expect(200, it.post('/admin/pause-all'));
  const banner = view.page.locator('.banner');
  await banner.getByText('Everything is paused.').waitFor();
  await view.page.locator('.verdict').getByText(/^Paused: /).waitFor();
  await view.axe();
  await view.shoot('paused');
  await banner.getByRole('button', { name: 'Resume all' }).click();
  const question = view.page.getByRole('dialog', { name: 'Resume everything?' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  assert.equal((await it.expect(200, it.get('/dashboard/stats'))).isPaused, true);
  await banner.getByRole('button', { name: 'Resume all' }).click();
  await view.axe('dialog');
  await view.shoot('question', { fullPage: false });
  await question.getByRole('button', { name: 'Resume all' }).click();
  await banner.waitFor({ state: 'detached' });
  assert.equal((await it.expect(200, it.get('/dashboard/stats'))).isPaused, false);
  await view.close();
});

/** Puts a stand-in for the event stream into the page: window.stream is the latest, stream.tell(type, data) what it hears. */
const standIn = () => {
  window.EventSource = class extends EventTarget {
    constructor() { super(); window.stream = this; window.opened = (window.opened ?? 0) + 1; }
    close() { this.isClosed = true; }
    tell(type, data) { this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) })); }
  };
};

test('5,000 events a second cost at most one round of drawing a frame', async () => {
  const view = await it.view();
  await view.page.addInitScript(standIn);
  await view.open('/');
  const { rounds, frames, events } = await view.page.evaluate(async () => {
    const { subscribe } = await import(`${document.documentElement.dataset.assets}/core.js`);
    const seen = { rounds: 0, frames: 0, events: 0 };
    const count = () => { seen.frames++; requestAnimationFrame(count); };
    subscribe(['execution'], (batch) => { seen.rounds++; seen.events += batch.length; });
    window.stream.tell('hello', { nodeName: 'test', isPaused: false });
    requestAnimationFrame(count);
    for (let piece = 0; piece < 50; piece++) {
      for (let i = 0; i < 100; i++) window.stream.tell('execution', { executionId: 'x', jobId: 'y', status: 'Running' });
      await new Promise((done) => { setTimeout(done, 5); });
    }
    while (seen.events < 5000) await new Promise((done) => { requestAnimationFrame(done); });
    return seen;
  });
  assert.equal(events, 5000);
  assert.ok(rounds <= frames + 1, `${rounds} rounds in ${frames} frames`);
  await view.close();
});

test('the stream is closed while the page is hidden, and everything is read anew when it is seen again', async () => {
  const view = await it.view();
  await view.page.addInitScript(standIn);
  await view.open('/');
  const hide = (hidden) => view.page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await view.page.waitForFunction(() => window.stream);
  await hide(true);
  assert.equal(await view.page.evaluate(() => window.stream.isClosed), true);
  await hide(false);
  assert.equal(await view.page.evaluate(() => window.opened), 2);
  const read = view.page.waitForResponse((response) => response.url().endsWith('/dashboard/stats'));
  await view.page.waitForFunction(() => performance.now() > 600); // what was read a moment ago is not read again
  await view.page.evaluate(() => window.stream.tell('hello', { nodeName: 'test', isPaused: false }));
  await read;
  await view.close();
});

test('a time says exactly when, to the pointer and to the keyboard', async () => {
  const job = await it.create({ name: 'Told in time' });
  await it.run(job);
  const view = await it.view();
  await view.open('/');
  const time = view.page.locator('.card', { hasText: 'Runs next' }).locator('time').first();
  await time.hover();
  await view.page.getByRole('tooltip').getByText(/UTC\n.* \(Europe\/Berlin\)/).waitFor();
  await view.shoot('tip', { fullPage: false });
  await view.page.keyboard.press('Escape');
  await view.page.getByRole('tooltip').waitFor({ state: 'detached' });
  await time.focus();
  await view.page.mouse.move(0, 0);
  await view.page.keyboard.press('Shift+Tab');
  await view.page.keyboard.press('Tab');
  await view.page.getByRole('tooltip').waitFor();
  await view.close();
});

test('a server that goes away is said, and a server that comes back is noticed', async () => {
  const own = await startDashboard();
  try {
    const view = await own.view({ expected: [/status of 503/, /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/] });
    await view.open('/');
    await view.page.locator('.connection').getByText('Live').waitFor();
    await view.page.locator('.chart canvas').waitFor();
    const port = new URL(own.server.base).port;
    await own.server.end();
    await view.page.getByRole('alert').getByText('The connection is lost.').waitFor();
    await view.axe();
    await view.shoot('connection-lost');
    own.server.args.push('--port', port);
    await own.server.start();
    await view.page.getByRole('button', { name: 'Try now' }).click();
    await view.page.locator('.connection').getByText('Live').waitFor();
    await view.page.getByText('The connection is lost.').waitFor({ state: 'detached' });
    await view.close();
  } finally {
    await own.stop();
  }
});

test('a stream that is refused is asked for again with growing patience', async () => {
  const view = await it.view({ expected: [/status of 429/] });
  const asked = [];
  await view.page.route('**/api/v1/scheduler/events', (route) => { asked.push(Date.now()); return route.fulfill({ status: 429 }); });
  await view.open('/');
  await waitFor(() => asked.length >= 3, { what: 'three tries' });
  const gaps = asked.slice(1, 3).map((at, index) => at - asked[index]);
  assert.ok(gaps[0] >= 700 && gaps[1] >= 1500, `tried again after ${gaps} ms`);
  await view.close();
});

});
