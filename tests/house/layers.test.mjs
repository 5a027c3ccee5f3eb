// The layers of ARCHITECTURE.md: a file includes only from its own folder or from further right.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { eachMatch, filesBelow, readText } from './source.mjs';

// From left to right; the folders of one inner list do not know each other.
const layers = [
  'main.c', 'app', 'cli', 'api', 'dashboard', 'engine', ['handlers', 'http', 'identity'], 'store', 'model',
  'schedule', 'base',
];
const silent = ['base', 'schedule', 'model', 'store']; // these return errors; those above them log
const concreteStore = /^store\/(sqlite|postgres|memory)/;

const rank = (folder) => layers.findIndex((layer) => [layer].flat().includes(folder));

/** What is wrong with the includes of one file, as sentences. */
function violations(file, source) {
  const found = [];
  const [, folder] = file.split('/'); // src/FOLDER/..., or src/main.c
  if (rank(folder) < 0) return [`${file}: the folder src/${folder} has no place among the layers`];
  const say = (line, text) => found.push(`${file}:${line}: ${text}`);
  eachMatch(source, /^[ \t]*#[ \t]*include[ \t]*"([^"]+)"/gm, (line, [, included]) => {
    const [target] = included.split('/');
    if (included.endsWith('.inc')) return undefined; // made at build, in the folder's own library
    if (!included.includes('/')) return say(line, `"${included}" does not name its layer`);
    if (included.includes('..')) return say(line, `"${included}" climbs`);
    if (target === 'alphabet') { // the public header, in include/
      if (rank(folder) > rank('handlers')) say(line, `${folder} may not know "${included}"`);
      return undefined;
    }
    if (rank(target) < 0) return say(line, `"${included}" is in no layer`);
    const allowed = target === folder || rank(target) > rank(folder);
    if (!allowed) return say(line, `${folder} may not include "${included}"`);
    if (concreteStore.test(included) && folder !== 'store' && folder !== 'app') {
      return say(line, `only app names a concrete store, not ${folder}: "${included}"`);
    }
    if (folder === 'handlers' && target === 'store') return say(line, `handlers know no store: "${included}"`);
    if (folder === 'http' && target !== 'http' && target !== 'base') return say(line, `http knows nothing of jobs: "${included}"`);
    if (included === 'base/log.h' && silent.includes(folder) && path.basename(file, path.extname(file)) !== 'log') {
      return say(line, `${folder} never logs`);
    }
    return undefined;
  });
  return found;
}

test('each file includes only from its own folder or from further right', () => {
  const files = filesBelow('src', '.c', '.h');
  assert.ok(files.length > 0, 'there are source files');
  assert.deepEqual(files.flatMap((file) => violations(file, readText(file))), []);
});

test('a planted violation is found', () => {
  const planted = [
    ['src/base/buf.c', 'schedule/cron.h'],
    ['src/schedule/cron.c', 'model/job.h'],
    ['src/http/server.c', 'store/store.h'],
    ['src/http/server.c', 'model/job.h'],
    ['src/store/store.c', 'handlers/handler.h'],
    ['src/handlers/http_call.c', 'store/store.h'],
    ['src/identity/users.c', 'http/server.h'],
    ['src/engine/plan.c', 'api/routes.h'],
    ['src/engine/plan.c', 'store/sqlite/sqlite.h'],
    ['src/store/store.c', 'base/log.h'],
    ['src/api/jobs.c', 'jobs.h'],
    ['src/api/jobs.c', 'misc/helper.h'],
    ['src/misc/helper.c', 'base/buf.h'],
  ];
  for (const [file, included] of planted) {
    const found = violations(file, `/* a file */\n#include "${included}"\n`);
    assert.equal(found.length, 1, `${file} includes ${included}`);
  }
});

test('what is allowed is let through', () => {
  const allowed = [
    ['src/main.c', 'app/serve.h'], ['src/app/serve.c', 'store/sqlite/sqlite.h'], ['src/api/jobs.c', 'engine/engine.h'],
    ['src/identity/users.c', 'store/store.h'],
    ['src/engine/plan.c', 'store/store.h'], ['src/handlers/process.c', 'base/log.h'], ['src/handlers/plugin.c', 'alphabet/handler.h'],
    ['src/store/sqlite/claim.c', 'store/sqlite/sqlite.h'], ['src/base/log.c', 'base/log.h'],
  ];
  for (const [file, included] of allowed) assert.deepEqual(violations(file, `#include "${included}"\n`), [], file);
});
