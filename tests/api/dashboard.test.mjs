// The dashboard as files: where it is, its headers, its encodings, and that it can be turned off or put elsewhere.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { startServer } from './support/server.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
const html = { Accept: 'text/html,application/xhtml+xml' };
const page = (path = '/hangfire', headers = {}) => server.request('GET', path, { headers: { ...html, ...headers } });
const attribute = (text, name) => new RegExp(`data-${name}="([^"]*)"`).exec(text)[1];

/** The answer with its body as bytes. */
function raw(path, headers = {}) {
  return new Promise((resolve, reject) => {
    http.get(new URL(path, server.base), { headers, agent: false }, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece)).on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces) })).on('error', reject);
    }).on('error', reject);
  });
}

describe('dashboard', () => {

test('F2: the page has a strict policy and is never stored; so has each path below that is no file', async () => {
  for (const path of ['/hangfire', '/hangfire/', '/hangfire/jobs', '/hangfire/jobs/01890000-0000-7000-8000-000000000000', '/hangfire/%22%3E%3Cscript%3Ealert(1)%3C/script%3E?x=%3Cscript%3E']) {
    const { status, headers, text } = await page(path);
    assert.equal(status, 200, path);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(headers['content-security-policy'], policy);
    assert.equal(headers['cache-control'], 'no-store');
    assert.deepEqual([headers['x-content-type-options'], headers['referrer-policy'], headers['cross-origin-opener-policy'], headers['cross-origin-resource-policy']], ['nosniff', 'no-referrer', 'same-origin', 'same-origin']);
    assert.ok(headers['x-request-id']);
    assert.doesNotMatch(text, /alert\(1\)|<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/);
    assert.doesNotMatch(text, /\{\{/);
  }
});

test('a browser that asks for / is led there; a program is not', async () => {
  const { status, headers } = await page('/');
  assert.deepEqual([status, headers.location], [302, '/hangfire']);
  assert.equal((await server.request('GET', '/', { headers: { Accept: 'application/json' } })).status, 404);
  assert.equal((await server.request('GET', '/')).status, 404);
});

test('each file that the page names is there, to be kept for ever, as gzip for those who take it', async () => {
  const { text } = await page();
  const assets = attribute(text, 'assets');
  assert.match(assets, /^\/hangfire\/assets\/[0-9a-f]{16}$/);
  const named = [...text.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path]) => path);
  assert.ok(named.length >= 3 && named.every((path) => path.startsWith(assets)));
  for (const path of [...named, `${assets}/pages/overview.js`, `${assets}/components/chart.js`, `${assets}/vendor/uplot.js`]) {
    const plain = await raw(path);
    const zipped = await raw(path, { 'Accept-Encoding': 'br, gzip;q=0.8' });
    assert.equal(plain.status, 200, path);
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.equal(zipped.headers['content-encoding'], 'gzip');
    assert.deepEqual(gunzipSync(zipped.body), plain.body);
    for (const { headers } of [plain, zipped]) {
      assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable');
      assert.equal(headers.vary, 'Accept-Encoding');
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'");
      assert.match(headers['content-type'], /^(text\/(javascript|css); charset=utf-8|image\/svg\+xml)$/);
    }
    assert.equal((await raw(path, { 'Accept-Encoding': 'gzip;q=0, identity' })).headers['content-encoding'], undefined);
    assert.equal((await raw(path, { 'Accept-Encoding': 'gzip;q=0.000' })).headers['content-encoding'], undefined);
  }
});

test('a file of another version, or one that is none, is a 404 that nobody keeps', async () => {
  const assets = attribute((await page()).text, 'assets');
  for (const path of ['/hangfire/assets/0123456789abcdef/core.js', `${assets}/no.js`, `${assets}/`, assets, `${assets}/../core.js`, `${assets}/%2e%2e/core.js`, `${assets}/index.html/x`, '/hangfire/assets/']) {
    const { status, headers } = await raw(path);
    assert.equal(status, 404, path);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['content-type'], 'application/problem+json');
    assert.equal(headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'");
  }
});

test('only GET and HEAD are there', async () => {
  for (const path of ['/hangfire', '/hangfire/jobs']) {
    const answer = await server.request('POST', path, { body: {} });
    assert.equal(answer.status, 405);
    assert.match(answer.headers.allow, /GET/);
    assert.equal((await server.request('HEAD', path)).status, 200);
  }
});

test('the page takes the theme from its cookie, and nothing else that is in it', async () => {
  assert.equal(attribute((await page()).text, 'theme'), 'system');
  assert.equal(attribute((await page('/hangfire', { Cookie: 'a=b; alphabet-theme=dark' })).text, 'theme'), 'dark');
  assert.equal(attribute((await page('/hangfire', { Cookie: 'alphabet-theme="><script>alert(1)</script>' })).text, 'theme'), 'system');
  assert.equal(attribute((await page()).text, 'session'), 'none');
  assert.equal(attribute((await page('/hangfire', { Cookie: 'alphabet-session=als_x' })).text, 'session'), 'some');
});

test('F3: the API answers JSON whatever is asked for', async () => {
  const token = await server.login();
  for (const query of ['?callback=alert', '?format=html', '?callback=x&format=html']) {
    const { status, headers } = await server.request('GET', `/api/v1/scheduler/jobs${query}`, { token, headers: html });
    assert.equal(status, 400); // parameters that nobody knows
    assert.equal(headers['content-type'], 'application/problem+json');
    assert.equal(headers['x-content-type-options'], 'nosniff');
  }
});

test('settings put it elsewhere or turn it off', async () => {
  const other = await startServer({ settings: { 'Scheduler:Hangfire:DashboardPath': '/ops/scheduler.board' } });
  try {
    const { status, text } = await other.request('GET', '/ops/scheduler.board/jobs', { headers: html });
    assert.equal(status, 200);
    assert.equal(attribute(text, 'path'), '/ops/scheduler.board');
    assert.ok(attribute(text, 'assets').startsWith('/ops/scheduler.board/assets/'));
    assert.equal((await other.request('GET', `${attribute(text, 'assets')}/core.js`)).status, 200);
    assert.equal((await other.request('GET', '/hangfire')).status, 404);
    assert.equal((await other.request('GET', '/', { headers: html })).headers.location, '/ops/scheduler.board');
  } finally {
    await other.stop();
  }
  const off = await startServer({ settings: { 'Scheduler:Hangfire:DashboardEnabled': false } });
  try {
    for (const path of ['/hangfire', '/hangfire/jobs', '/']) assert.equal((await off.request('GET', path, { headers: html })).status, 404, path);
  } finally {
    await off.stop();
  }
});

for (const path of ['hangfire', '/', '/hangfire/', '/api', '/api/x', '/a//b', '/{x}', '/a b', '/../x', '/.well', '/a"b', '', '/healthz']) {
  test(`the path ${JSON.stringify(path)} does not start`, async () => {
    await assert.rejects(startServer({ settings: { 'Scheduler:Hangfire:DashboardPath': path } }), /DashboardPath/);
  });
}

});
