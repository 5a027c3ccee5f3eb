// Nothing under version control knows the machine it was written on: no path of a checkout, no host of a
// package registry, and no port of its own in a test, so that any number of suites run side by side.
import assert from 'node:assert/strict';
import os from 'node:os';
import test from 'node:test';
import { eachMatch, readText, root, trackedFiles } from './source.mjs';

// Written in pieces, so that this file does not hold what it looks for.
const registries = ['registry' + '.npmjs.org', 'registry' + '.yarnpkg.com', 'pypi' + '.org', 'files' + '.pythonhosted.org',
  'proxy' + '.golang.org', 'crates' + '.io', 'deb' + '.debian.org', 'docker' + '.io', 'ghcr' + '.io'];
const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const paths = ['/wo' + 'rk/', '/Us' + 'ers/', '/home/run' + 'ner/'];
if (root.split('/').length > 2) paths.push(root + '/');
if (os.homedir().split('/').length > 2) paths.push(os.homedir() + '/');

const rules = [
  { what: 'a path of one machine', pattern: new RegExp(`(?<![\\w.$}~-])(?:${paths.map(escape).join('|')})`, 'g'), files: /./ },
  { what: 'a package registry', pattern: new RegExp(`\\b(?:${registries.map(escape).join('|')})\\b`, 'g'), files: /./ },
  {
    what: 'a fixed port to listen on',
    pattern: /\blisten\(\s*[1-9]\d+|(?:--port|[Pp]ort['"]?)\s*[=:]\s*['"]?[1-9]\d{3,}\b|(?:localhost|127\.0\.0\.1|\[::1\]):[1-9]\d{3,}\b/g,
    files: /^(tests\/(api|browser|fault|bench)|bench)\/.*\.(mjs|js|c|sh|json)$/,
  },
];

function violations(file, text) {
  const found = [];
  for (const { what, pattern, files } of rules) {
    if (!files.test(file)) continue;
    eachMatch(text, pattern, (line, [match]) => found.push(`${file}:${line}: ${what}: ${match}`));
  }
  return found;
}

const isText = (text) => !text.slice(0, 8000).includes('\0');

test('no tracked file knows a machine, a registry or a fixed port', () => {
  const found = trackedFiles().flatMap((file) => {
    let text;
    try {
      text = readText(file);
    } catch {
      return []; // a link to nowhere
    }
    return isText(text) && text.length < 4 << 20 ? violations(file, text) : [];
  });
  assert.deepEqual(found, []);
});

test('planted ones are found', () => {
  assert.equal(violations('docs/x.md', `see ${paths[0]}main`).length, 1);
  assert.equal(violations('web/package-lock.json', `"https://${registries[0]}/preact"`).length, 1);
  assert.equal(violations('tests/api/x.test.mjs', 'server.listen(8081)').length, 1);
  assert.equal(violations('tests/api/x.test.mjs', 'get("http://127.0.0.1:' + '8080/healthz")').length, 1);
  assert.equal(violations('tests/api/x.test.mjs', 'server.listen(0, "127.0.0.1")').length, 0);
  assert.equal(violations('docs/x.md', 'http://127.0.0.1:8080/docs').length, 0);
});
