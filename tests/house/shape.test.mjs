// A map at each level, small on purpose: README files, and a report of long functions and files.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { filesBelow, readText, root, withoutWords } from './source.mjs';

const folders = fs.readdirSync(path.join(root, 'src'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && filesBelow(`src/${entry.name}`, '.c').length > 0)
  .map((entry) => `src/${entry.name}`);

test('each folder of src has a README of at most 40 lines that says what it may include', () => {
  for (const folder of folders) {
    const file = path.join(root, folder, 'README.md');
    assert.ok(fs.existsSync(file), `${folder}/README.md is missing`);
    const text = fs.readFileSync(file, 'utf8');
    assert.ok(text.trimEnd().split('\n').length <= 40, `${folder}/README.md has more than 40 lines`);
    assert.match(text, /may[ -]include/i, `${folder}/README.md does not say what the folder may include`);
  }
});

test('each header says at its top what it is for, and is guarded', () => {
  for (const file of filesBelow('src', '.h')) {
    const text = readText(file);
    assert.match(text, /^\/\* /, `${file} does not open with a comment`);
    assert.match(text, /^#ifndef ALPHABET_\w+_H$/m, `${file} has no guard ALPHABET_…_H`);
  }
});

test('each C file opens with how and why', () => {
  for (const file of filesBelow('src', '.c')) assert.match(readText(file), /^\/\* /, `${file} does not open with a comment`);
});

/** The functions of a file laid out by clang-format: [name, first line, number of lines]. */
function functions(source) {
  const lines = withoutWords(source).split('\n');
  const found = [];
  let start = -1;
  lines.forEach((line, index) => {
    if (/^[A-Za-z_].*\($|^[A-Za-z_].*\w\(.*[{,]$/.test(line) && !/[;=]\s*$/.test(line)) start = index;
    if (line === '}' && start >= 0) {
      const name = /(\w+)\s*\(/.exec(lines[start])?.[1];
      if (name) found.push([name, start + 1, index - start + 1]);
      start = -1;
    }
  });
  return found;
}

test('the measure of functions works', () => {
  assert.deepEqual(functions('int f(void) {\n    return 1;\n}\n\nstatic void g(int a,\n       int b) {\n}\n'), [['f', 1, 3], ['g', 5, 3]]);
});

// A report, not a gate: places to look at.
test('report: functions over 60 lines and files over 600', (t) => {
  for (const file of filesBelow('src', '.c', '.h')) {
    const source = readText(file);
    const length = source.split('\n').length - 1;
    if (length > 600) t.diagnostic(`${file}: ${length} lines`);
    for (const [name, line, count] of functions(source)) {
      if (count > 60) t.diagnostic(`${file}:${line}: ${name} has ${count} lines`);
    }
  }
});

test('each folder of unit tests mirrors a folder of src that is built', () => {
  for (const file of filesBelow('tests/unit', '.c')) {
    const folder = `src/${file.split('/')[2]}`;
    assert.ok(fs.existsSync(path.join(root, folder, 'meson.build')), `${file}: ${folder} is not built, so this is never run`);
    assert.match(path.basename(file), /^test_/, `${file} is not named test_…, so it is never run`);
  }
});

test('each fuzz target has a corpus to start from', () => {
  for (const file of filesBelow('tests/fuzz', '.c')) {
    const name = /^tests\/fuzz\/fuzz_(\w+)\.c$/.exec(file)?.[1];
    if (name) assert.ok(filesBelow(`tests/fuzz/corpus/${name}`, '').length > 0, `tests/fuzz/corpus/${name} is empty`);
  }
});
