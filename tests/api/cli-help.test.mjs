// The table of commands: help, the manual page and the completions say the same of every command and option.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { newCli } from './support/cli.mjs';
import { root } from './support/server.mjs';

const cli = newCli();
after(() => cli.end());

/** [{name: "jobs list", words, options: ["--limit", …], letters: ["-n"], arguments}], as --help tells them. */
const commands = [];
before(async () => {
  const all = await cli.ok(['--help']);
  for (const [, left] of /Commands:\n([\s\S]*?)\n\n/.exec(all)[1].matchAll(/^ {2}(\S.*?) {2,}\S/gm)) {
    const words = left.split(' ').filter((word) => /^[a-z][a-z-]*$/.test(word));
    const help = await cli.ok([...words, '--help']);
    commands.push({
      words, name: words.join(' '), help, arguments: left.slice(words.join(' ').length).trim(),
      options: [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, option]) => option),
      letters: [...help.matchAll(/^ {2}(-\w), /gm)].map(([, letter]) => letter),
    });
  }
});

describe('the table of commands', () => {

test('every command explains itself, and `help COMMAND` says the same', async () => {
  assert.ok(commands.length >= 30, `${commands.length} commands`);
  for (const { words, help, name } of commands) {
    assert.match(help, new RegExp(`^Usage: alphabet ${name}\\b`), name);
    assert.equal(await cli.ok(['help', ...words]), help, name);
    assert.ok(help.split('\n').every((line) => line.length <= 110), name);
  }
  for (const group of new Set(commands.filter(({ words }) => words.length > 1).map(({ words }) => words[0]))) {
    const behind = commands.filter(({ words }) => words.length > 1 && words[0] === group);
    const help = await cli.ok([group, '--help']);
    for (const { name } of behind) assert.ok(help.includes(`  ${name} `), `${group}: ${name}`);
    if (commands.some(({ name }) => name === group)) continue; // a command itself, too
    assert.match(help, new RegExp(`^Usage: alphabet ${group} COMMAND`));
    const without = await cli.run([group]);
    assert.deepEqual([without.code, without.out], [2, '']);
  }
});

test('every example is one: its command, its options and as many arguments as there may be', async () => {
  for (const { help, name, options, letters } of commands) {
    const example = /^Example:\n {2}alphabet (.*)$/m.exec(help)?.[1];
    if (!example) continue;
    assert.ok(example.startsWith(name), example);
    for (const [, option] of example.matchAll(/ (--?[a-z][a-z-]*)/g)) assert.ok([...options, ...letters].includes(option), `${example}: ${option}`);
  }
});

test('an unknown option is refused by every command, with its own name in front', async () => {
  for (const { words, name } of commands) {
    const { code, out, err } = await cli.run([...words, '--no-such-option']);
    assert.deepEqual([code, out], [2, ''], name);
    assert.match(err, /--no-such-option/, name);
  }
});

test('too few and too many arguments are refused', async () => {
  for (const { words, name, arguments: wanted } of commands) {
    if (['serve', 'config'].includes(name)) continue;
    if (wanted && !wanted.startsWith('[')) {
      const { code, err } = await cli.run(words);
      assert.equal(code, 2, name);
      assert.match(err, /is missing/, name);
    }
    if (!wanted.includes('...')) {
      const { code, err } = await cli.run([...words, ...Array(wanted.split(' ').filter(Boolean).length + 1).fill('x')]);
      assert.equal(code, 2, name);
      assert.match(err, /one too many/, name);
    }
  }
});

test('the manual page names every command, option and exit code, and packaging holds it', async () => {
  const page = await cli.ok(['help', '--man']);
  const plain = page.replaceAll('\\-', '-');
  for (const { name, options } of commands) {
    assert.ok(plain.includes(`.SS "alphabet ${name}`), name);
    for (const option of options) assert.ok(plain.includes(`\\fB${option}\\fR`), `${name} ${option}`);
  }
  for (const code of [0, 1, 2, 3, 4, 5, 6, 7]) assert.ok(plain.includes(`\\fB${code}\\fR`), `exit code ${code}`);
  assert.equal(page, fs.readFileSync(path.join(root, 'packaging/alphabet.1'), 'utf8'), 'packaging/alphabet.1 is out of date: build/alphabet help --man > packaging/alphabet.1');
});

test('troff reads the manual page without a warning', async () => {
  const { stderr, status } = spawnSync('groff', ['-man', '-ww', '-z', '-Tutf8'], { input: await cli.ok(['help', '--man']), encoding: 'utf8' });
  assert.deepEqual([status, stderr], [0, '']);
});

test('the completions of all three shells name every command and option', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const script = await cli.ok(['completion', shell]);
    for (const { words, options, name } of commands) {
      for (const word of words) assert.match(script, new RegExp(`\\b${word}\\b`), `${shell}: ${name}`);
      for (const option of options) assert.ok(script.includes(shell === 'fish' ? `-l ${option.slice(2)} ` : option), `${shell}: ${name} ${option}`);
    }
  }
  assert.equal((await cli.run(['completion', 'tcsh'])).code, 2);
});

test('bash completes commands, their words, options, choices and files', async () => {
  const script = cli.file('alphabet.bash', await cli.ok(['completion', 'bash']));
  cli.file('here.json', '{}');
  const complete = (...words) => execFileSync('bash', ['-c', `. '${script}'; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _alphabet; printf '%s\\n' "\${COMPREPLY[@]}"`, 'bash', 'alphabet', ...words], { encoding: 'utf8', cwd: cli.home }).split('\n').filter(Boolean);
  assert.deepEqual(complete('exec'), ['executions']);
  assert.ok(complete('').includes('why') && complete('').filter((word) => word === 'jobs').length === 1);
  assert.deepEqual(complete('jobs', 'tr'), ['trigger']);
  assert.deepEqual(complete('jobs', 'trigger', '--fo'), ['--follow']);
  assert.deepEqual(complete('jobs', 'list', '--status', 'p'), ['paused']);
  assert.deepEqual(complete('completion', 'z'), ['zsh']);
  assert.ok(complete('jobs', 'create', '-f', 'he').includes('here.json'));
  assert.ok(complete('jobs', 'create', '--file', 'he').includes('here.json'));
  assert.ok(complete('timeline', '--').includes('--hours'));
});

});
