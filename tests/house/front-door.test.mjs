// The front door: every target of the Makefile is explained, every script can be read, every package line is one.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import test from 'node:test';
import { readText, root, trackedFiles } from './source.mjs';

test('make help names every target', () => {
  const makefile = readText('Makefile');
  const targets = /^\.PHONY: (.*)$/m.exec(makefile)[1].split(' ');
  const { stdout } = spawnSync('make', ['--no-print-directory', 'help'], { cwd: root, encoding: 'utf8' });
  for (const target of targets) assert.match(stdout, new RegExp(`^  make ${target} +\\S`, 'm'));
});

test('every script under version control can be read by its interpreter', () => {
  for (const file of trackedFiles().filter((name) => /^(tools|\.ci|bench|packaging|tests\/\w+)\/[\w-]+(\.sh)?$/.test(name))) {
    const [first] = readText(file).split('\n');
    const interpreter = /^#!.*\b(sh|bash|node)$/.exec(first)?.[1];
    if (!interpreter) continue;
    const { status, stderr } = spawnSync(interpreter, [interpreter === 'node' ? '--check' : '-n', path.join(root, file)], { encoding: 'utf8' });
    assert.equal(status, 0, `${file}: ${stderr}`);
  }
});

test('each line of tools/packages.txt names a group, a package and what else will do', () => {
  const lines = readText('tools/packages.txt').split('\n').map((line) => line.replace(/#.*/, '').trim()).filter(Boolean);
  assert.ok(lines.length > 10);
  for (const line of lines) {
    assert.match(line, /^(run|test|ci|lint|fuzz|bench) +[a-z0-9.+-]+( +or( [a-z0-9.+-]+)+)?( +command [a-z][a-z0-9-]*(>=\d+)?)?$/, line);
  }
});

test('every library that Meson asks for has its package in the list', () => {
  const packageOf = {
    libsodium: 'libsodium-dev', jansson: 'libjansson-dev', sqlite3: 'libsqlite3-dev', libmicrohttpd: 'libmicrohttpd-dev', libuv: 'libuv1-dev',
    libcurl: 'libcurl4-gnutls-dev', cmocka: 'libcmocka-dev', gnutls: 'libgnutls28-dev', libsystemd: 'libsystemd-dev', libpq: 'libpq-dev',
    libarchive: 'libarchive-dev', odbc: 'unixodbc-dev', zlib: 'zlib1g-dev', libzstd: 'libzstd-dev', libbrotlienc: 'libbrotli-dev', nettle: 'nettle-dev', 'yaml-0.1': 'libyaml-dev',
  };
  const list = readText('tools/packages.txt');
  for (const file of trackedFiles().filter((name) => path.basename(name) === 'meson.build')) {
    for (const [, name] of readText(file).matchAll(/\bdependency\('([^']+)'/g)) {
      if (name === 'threads') continue;
      assert.ok(packageOf[name], `${file}: which Debian package holds ${name}? Say so here and in tools/packages.txt`);
      assert.match(list, new RegExp(`^\\w+ +${packageOf[name].replace(/[+.]/g, '\\$&')}\\b`, 'm'), `${file}: ${packageOf[name]} is not in tools/packages.txt`);
    }
  }
});
