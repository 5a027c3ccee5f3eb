// Functions that have no place in the program, and clocks read elsewhere than in base/clock.c.
import assert from 'node:assert/strict';
import test from 'node:test';
import { eachMatch, filesBelow, readText, withoutWords } from './source.mjs';

const instead = {
  strcpy: 'struct buf', strcat: 'struct buf', stpcpy: 'struct buf', strncat: 'struct buf', strncpy: 'struct buf',
  sprintf: 'snprintf or buf_putf', vsprintf: 'vsnprintf', gets: 'fgets', strtok: 'str functions', alloca: 'an arena',
  atoi: 'a parser that reports errors', atol: 'a parser that reports errors', atof: 'a parser that reports errors',
  localtime: 'schedule/zone', localtime_r: 'schedule/zone', mktime: 'base/clock', gmtime: 'base/clock',
  setenv: 'an environment built for the child', putenv: 'an environment built for the child', unsetenv: 'an environment built for the child',
  system: 'handlers/process', popen: 'handlers/process', tmpnam: 'mkostemp', mktemp: 'mkostemp', rand: 'libsodium', srand: 'libsodium',
};
const clocks = ['time', 'gettimeofday', 'clock_gettime', 'uv_hrtime', 'uv_now', 'uv_update_time'];
// Timers of a libuv loop are set on the loop's own clock: whoever drives a loop must read it.
const loopClocks = ['uv_hrtime', 'uv_now', 'uv_update_time'];
const drivesLoop = ['src/engine/loop.c', 'src/handlers/http_call.c'];

function violations(file, source) {
  const found = [];
  const names = [...Object.keys(instead), ...(file === 'src/base/clock.c' ? [] : clocks)]
    .filter((name) => !(drivesLoop.includes(file) && loopClocks.includes(name)));
  const call = new RegExp(`(?<![\\w.]|->)(${names.join('|')})[ \\t]*\\(`, 'g');
  eachMatch(withoutWords(source), call, (line, [, name]) => {
    found.push(`${file}:${line}: ${name}() is forbidden; use ${instead[name] ?? 'a struct clock'}`);
  });
  return found;
}

test('no forbidden function is called', () => {
  const files = [...filesBelow('src', '.c', '.h'), ...filesBelow('include', '.h')];
  assert.ok(files.length > 0, 'there are source files');
  assert.deepEqual(files.flatMap((file) => violations(file, readText(file))), []);
});

test('a planted call is found, and a word in a comment or a text is not', () => {
  assert.equal(violations('src/base/buf.c', 'strcpy(a, b);').length, 1);
  assert.equal(violations('src/engine/plan.c', 'x = time(NULL);\ny = clock_gettime(CLOCK_REALTIME, &ts);').length, 2);
  assert.equal(violations('src/engine/loop.c', 'uv_now(loop); clock_gettime(id, &ts);').length, 1);
  assert.equal(violations('src/engine/plan.c', 'uv_now(loop);').length, 1);
  assert.equal(violations('src/base/clock.c', 'clock_gettime(id, &ts);').length, 0);
  assert.equal(violations('src/base/buf.c', '/* like strcpy() */ f("sprintf(x)"); // atoi()\nrun_time(x); t->time(c); my_strcpy(a);').length, 0);
});
