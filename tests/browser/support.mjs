// support.mjs - the dashboard of a fresh server in a real browser.
//
//   const it = await startDashboard();                                  // a server, a target, a browser
//   const view = await it.view({ width: 375, theme: 'dark' });          // a browser profile of its own, signed in as the admin
//   await view.open('/jobs');                                           // a path of the dashboard
//   await view.page.getByRole('button', { name: 'New job' }).click();   // playwright's page
//   await view.axe();                                                   // no fault of WCAG 2.2 A and AA
//   await view.shoot('jobs');                                           // build/screenshots/jobs-dark-375.png
//   await view.close();                                                 // fails when the console, the policy or a script complained
//   await it.stop();
//
// it.create(), it.run() and so on are those of tests/api/support/scheduler.mjs. The browser is the one that CHROMIUM names, else
// Debian's chromium. Nothing here waits for a time: playwright's locators wait for what they name.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { root } from '../api/support/server.mjs';
import { slow, startScheduler } from '../api/support/scheduler.mjs';

export { waitFor } from '../api/support/scheduler.mjs';
export const AUTH = '/api/v1/auth';
const axeSource = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const shots = path.join(root, 'build/screenshots');

function findBrowser() {
  const named = process.env.CHROMIUM;
  const found = [named, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) => file && fs.existsSync(file));
  if (!found) throw new Error('no browser: install the Debian package chromium, or name one by CHROMIUM');
  return found;
}

/** The widths and themes that each page is looked at in. */
export const looks = [375, 1440].flatMap((width) => ['light', 'dark'].map((theme) => ({ width, theme })));

/** OPTIONS are those of startScheduler. */
export async function startDashboard(options) {
  const it = await startScheduler(options);
  try {
    it.browser = await chromium.launch({ executablePath: findBrowser(), args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
  } catch (error) {
    await it.stop();
    throw error;
  }
  const stopServer = it.stop.bind(it);
  it.stop = async () => {
    await it.browser.close();
    await stopServer();
  };
  it.view = (more) => newView(it, more);
  return it;
}

/**
 * A browser profile with one page. AS: 'admin' (default), null for nobody, or {email, password}. EXPECTED: patterns of what the
 * console may say, such as the status of an answer that the test is about.
 */
async function newView(it, { width = 1440, height = width < 700 ? 812 : 900, theme = 'light', as = 'admin', expected = [], ...more } = {}) {
  const context = await it.browser.newContext({
    viewport: { width, height }, colorScheme: theme, reducedMotion: 'reduce', timezoneId: 'Europe/Berlin', locale: 'en-GB', hasTouch: width < 700, ...more,
  });
  context.setDefaultTimeout(10_000 * slow);
  const view = new View(it, context, await context.newPage(), { width, theme, expected });
  await view.watch();
  if (as) await view.signIn(as === 'admin' ? it.server : as);
  return view;
}

class View {
  constructor(it, context, page, { width, theme, expected }) {
    Object.assign(this, { it, context, page, width, theme, expected, complaints: [], dialogs: [], requests: [] });
  }

  /** Collects what goes wrong: errors of scripts and of the console, reports of the policy, dialogs, failed requests. */
  async watch() {
    const { page, complaints } = this;
    const say = (text) => { if (!this.expected.some((pattern) => pattern.test(text))) complaints.push(text); };
    page.on('pageerror', (error) => say(`a script failed: ${error.stack}`));
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) say(`console: ${message.text()} (${message.location().url})`); });
    page.on('dialog', (dialog) => { this.dialogs.push(dialog.message()); dialog.dismiss(); });
    page.on('response', (response) => this.requests.push(response));
    await page.exposeBinding('reportPolicy', (source, text) => complaints.push(`the policy was violated: ${text}`));
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => window.reportPolicy(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
    });
  }

  /** A session of somebody, without the page for it. */
  async signIn({ email, password }) {
    const answer = await this.context.request.post(`${this.it.server.base}${AUTH}/login`, { data: { email, password, useCookies: true } });
    assert.equal(answer.status(), 200, await answer.text());
  }

  /** Opens a path of the dashboard and waits for its heading. */
  async open(place = '/') {
    await this.page.goto(`${this.it.server.base}/hangfire${place === '/' ? '' : place}`);
    await this.page.locator('h1').first().waitFor();
  }

  /** Goes to a path by its link, as people do: the page is not loaded again. On a phone the links are in the drawer. */
  async go(place) {
    if (this.width < 700) await this.page.getByRole('button', { name: 'Navigation' }).click();
    await this.page.locator(`.nav-entry[href$="${place}"]:visible`).click();
    await this.page.locator('h1').first().waitFor();
  }

  /** The path and query the browser shows, below the dashboard. */
  get place() {
    const { pathname, search } = new URL(this.page.url());
    return (pathname.replace(/^\/hangfire/, '') || '/') + search;
  }

  /** No fault of WCAG 2.2, levels A and AA, in what is shown (or in the part that SELECTOR names). */
  async axe(selector) {
    await this.page.evaluate(axeSource);
    const { violations } = await this.page.evaluate((within) => window.axe.run(within ?? document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], rules: { region: { enabled: false } },
    }), selector);
    assert.deepEqual(violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => `${node.html.slice(0, 200)} ${node.failureSummary.replace(/\s+/g, ' ').slice(0, 300)}`).join(' | ')}`), []);
  }

  /** Nothing is wider than the window. */
  async fits() {
    const tooWide = await this.page.evaluate(() => {
      const limit = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= limit) return [];
      return [...document.querySelectorAll('body *')].filter((each) => each.getBoundingClientRect().right > limit + 1).slice(0, 5).map((each) => each.outerHTML.slice(0, 120));
    });
    assert.deepEqual(tooWide, []);
  }

  /** A picture for people to look at: build/screenshots/NAME-THEME-WIDTH.png, not kept under version control. */
  async shoot(name, { fullPage = true } = {}) {
    fs.mkdirSync(shots, { recursive: true });
    await this.page.screenshot({ path: path.join(shots, `${name}-${this.theme}-${this.width}.png`), fullPage });
  }

  async close() {
    await this.context.close();
    assert.deepEqual({ complaints: this.complaints, dialogs: this.dialogs }, { complaints: [], dialogs: [] });
  }
}
