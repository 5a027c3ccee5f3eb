// The count at the end of `make test` is only as good as the runner: it is tested like anything else.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';

const { countProgram, countTap } = createRequire(import.meta.url)('../../tools/run-tests');

const cmocka = (...lines) => lines.join('\n') + '\n';

test('cmocka tests are counted one by one', () => {
  const stdout = cmocka('[==========] Running 3 test(s).', '[ RUN      ] test_a', '[       OK ] test_a', '[ RUN      ] test_b',
    '[  FAILED  ] test_b', '[ RUN      ] test_c', '[  SKIPPED ] test_c', '[==========] 3 test(s) run.');
  assert.deepEqual(countProgram({ stdout, result: 'FAIL' }), { passed: 1, failed: 1, skipped: 1 });
});

test('a program that dies between two tests has failed', () => {
  const stdout = cmocka('[==========] Running 2 test(s).', '[ RUN      ] test_a', '[       OK ] test_a', '[ RUN      ] test_b');
  assert.deepEqual(countProgram({ stdout, result: 'FAIL' }), { passed: 1, failed: 1, skipped: 0 });
  assert.deepEqual(countProgram({ stdout: '', result: 'TIMEOUT' }), { passed: 0, failed: 1, skipped: 0 });
});

test('a program that ends well without having run what it announced has failed', () => {
  const stdout = cmocka('[==========] Running 2 test(s).', '[       OK ] test_a');
  assert.deepEqual(countProgram({ stdout, result: 'OK' }), { passed: 1, failed: 1, skipped: 0 });
  assert.deepEqual(countProgram({ stdout: '[==========] Running 0 test(s).\n', result: 'OK' }), { passed: 0, failed: 1, skipped: 0 });
});

test('a plain program is one test, and TAP lines are counted', () => {
  assert.deepEqual(countProgram({ stdout: 'hello\n', result: 'OK' }), { passed: 1, failed: 0, skipped: 0 });
  assert.deepEqual(countProgram({ stdout: 'ok 1 a\nnot ok 2 b\nok 3 # SKIP no c\n', result: 'FAIL' }), { passed: 1, failed: 1, skipped: 1 });
});

test('a report of node without a test that ran is a failure', () => {
  assert.deepEqual(countTap('# tests 0\n# pass 0\n# fail 0\n', 0), { passed: 0, failed: 1, skipped: 0 });
  assert.deepEqual(countTap('# pass 4\n# fail 1\n# cancelled 1\n# skipped 2\n# todo 0\n', 1), { passed: 4, failed: 2, skipped: 2 });
  assert.deepEqual(countTap('# pass 4\n# fail 0\n', 7), { passed: 4, failed: 1, skipped: 0 });
  assert.deepEqual(countTap('# pass 0\n# fail 0\n# skipped 3\n', 0), { passed: 0, failed: 0, skipped: 3 });
});
