// What the compiler and linker were asked for is in the release program (ALPHABET, or build/alphabet).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { root } from './source.mjs';

const program = process.env.ALPHABET || path.join(root, 'build/alphabet');
const absent = fs.existsSync(program) ? false : `${path.relative(root, program)} is not built`;
const readelf = (...options) => execFileSync('readelf', [...options, program], { encoding: 'utf8', maxBuffer: 1 << 28 });
// An x86 build also asks for control-flow protection; elsewhere the flag does not exist.
const isX86 = process.arch === 'x64';

// `make test` promises the program; without one this fails instead of passing unseen.
test('the release program is there', { skip: process.env.ALPHABET && fs.existsSync(path.join(root, 'src/main.c')) ? false : absent }, () => {
  assert.ok(!absent, String(absent));
});

test('it is position independent, read-only after relocation, and binds at start', { skip: absent }, () => {
  assert.match(readelf('-h'), /Type:\s+DYN \(Position-Independent Executable/);
  const text = readelf('-lWd');
  assert.match(text, /GNU_RELRO/);
  assert.match(text, /BIND_NOW|FLAGS.*\bNOW\b/);
  assert.match(text, /FLAGS_1.*\bPIE\b/);
});

test('no stack and no segment is both writable and executable', { skip: absent }, () => {
  const text = readelf('-lW');
  const stack = /^\s*GNU_STACK.*$/m.exec(text)?.[0];
  assert.ok(stack, 'GNU_STACK is there');
  assert.doesNotMatch(stack, /\bRWE\b/);
  assert.doesNotMatch(text, /^\s*LOAD.*\bRWE\b/m);
});

test('no library path, and no relocation in its text', { skip: absent }, () => {
  const text = readelf('-dW');
  assert.doesNotMatch(text, /\(R(UN)?PATH\)/);
  assert.doesNotMatch(text, /TEXTREL/);
});

test('stack protector and fortified functions are in use', { skip: absent }, () => {
  const symbols = readelf('-sW', '--dyn-syms');
  assert.match(symbols, /__stack_chk_fail/);
  const fortified = new Set(symbols.match(/__(?:mem|str|v?s?n?printf|v?fprintf|read|fd)\w*_chk\b/g) ?? []);
  assert.ok(fortified.size > 0, 'at least one fortified function');
});

// The mark in the file's notes is no measure: it is lost as soon as one object of the C library lacks it.
test('functions begin with a landing mark for indirect branches', { skip: absent || (isX86 ? false : 'x86-64 only') }, () => {
  const mark = Buffer.from([0xf3, 0x0f, 0x1e, 0xfa]); // endbr64
  const bytes = fs.readFileSync(program);
  let count = 0;
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 4)) count += 1;
  assert.ok(count >= 10, `${count} marks`);
});

test('no path of the machine that built it is inside', { skip: absent }, () => {
  const bytes = fs.readFileSync(program);
  for (const place of [root, process.env.HOME].filter((name) => name && name.split('/').length > 2)) {
    assert.equal(bytes.indexOf(place + '/'), -1, `the program holds ${place}/`);
  }
});
