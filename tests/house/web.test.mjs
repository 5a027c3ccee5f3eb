// The pages in web/: every file is listed and parses, every text has its key, no inline style or script, no colour outside the
// theme, and what npm gave is what is written down.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';
import test from 'node:test';
import { eachMatch, filesBelow, readText, root } from './source.mjs';

const meson = readText('src/dashboard/meson.build');
const listed = (name) => [...new RegExp(`^${name} = files\\(([\\s\\S]*?)^\\)`, 'm').exec(meson)[1].matchAll(/'..\/..\/([^']+)'/g)].map(([, file]) => file);
const core = listed('web_core');
const own = filesBelow('web', '.js').filter((file) => !file.startsWith('web/vendor/'));
const parses = (source) => spawnSync(process.execPath, ['--input-type=module', '--check'], { input: source, encoding: 'utf8' });

test('every file of web/ is served, and every one that is served is there', () => {
  const there = filesBelow('web', '.js', '.css', '.svg', '.html', '.LICENSE');
  assert.deepEqual([...core, ...listed('web_files')].sort(), there);
});

test('every module parses, and the core as one', () => {
  for (const file of own) assert.equal(parses(readText(file)).stderr, '', file);
  const { stdout, stderr } = spawnSync('tools/embed-web', ['--core', ...core.map((file) => path.join(root, file))], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 });
  assert.equal(stderr, '');
  assert.equal(parses(stdout).stderr, '', 'two modules of the core have the same name at the top?');
  const exported = new Set([...stdout.matchAll(/^export (?:async )?(?:function|const|class|let) (\w+)/gm)].map(([, name]) => name));
  for (const [, list] of stdout.matchAll(/^export const \{([^}]*)\}/gm)) for (const name of list.split(',')) exported.add(name.trim());
  for (const file of own.filter((name) => !core.includes(name))) {
    const names = /import \{([^}]*)\} from '(?:\.\.?\/)core\.js'/.exec(readText(file))?.[1] ?? '';
    for (const name of names.split(',').map((each) => each.trim()).filter(Boolean)) assert.ok(exported.has(name), `${file}: the core has no ${name}`);
  }
});

/** A module without its comments, line by line as it was. */
const withoutComments = (source) => source.replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, '').replace(/; \/\/ .*$/gm, ';');

/** What a module says that the rules of web/README.md forbid, as sentences. */
function violations(file, source) {
  const found = [];
  const say = (line, text) => found.push(`${file}:${line}: ${text}`);
  const code = withoutComments(source);
  eachMatch(code, /\bstyle="/g, (line) => say(line, 'a style attribute: use a class, or an object for what is measured'));
  eachMatch(code, /\bon[a-z]+="/g, (line) => say(line, 'an inline handler'));
  eachMatch(code, /dangerouslySetInnerHTML|\.innerHTML\b|\.outerHTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function\(/g, (line, [what]) => say(line, what));
  eachMatch(code, /\b(?:localStorage|sessionStorage)\b/g, (line, [what]) => say(line, `${what}: what is kept there outlives the session`));
  eachMatch(code, /https?:\/\/(?!www\.w3\.org)/g, (line) => say(line, 'an address of another site'));
  if (file !== 'web/texts.js') {
    // Words between tags of a template; what stands in ${…} is code.
    eachMatch(code, />([^<>`${}]*[A-Za-z]{3,}[^<>`${}]*)<(?=\/|\$)/g, (line, [, words]) => { if (!/[=;()&|?]/.test(words)) say(line, `a text outside of texts.js: ${words.trim()}`); });
    eachMatch(code, /\b(?:aria-label|title|placeholder|alt)="[A-Za-z]/g, (line) => say(line, 'a text outside of texts.js'));
  }
  return found;
}

test('the modules keep the rules', () => {
  assert.ok(own.length > 10);
  assert.deepEqual(own.flatMap((file) => violations(file, readText(file))), []);
});

test('planted violations are found', () => {
  const planted = ['html`<p style="color: red">${x}</p>`', 'html`<a onclick="x()">${y}</a>`', 'box.innerHTML = text;', 'localStorage.x = 1;', 'html`<p>Some words here</p>`', 'html`<button aria-label="Close">${x}</button>`', "fetch('https://example.org')"];
  for (const source of planted) assert.equal(violations('web/pages/x.js', source).length, 1, source);
  assert.deepEqual(violations('web/pages/x.js', 'html`<p class="a">${t("key")}</p><code>${x}</code>`; // style="x"'), []);
});

const texts = readText('web/texts.js');
const keys = new Set([...texts.matchAll(/(?:^|[{,])\s*(?:'([^']+)'|(\w+)): ['"`]/gm)].map(([, quoted, plain]) => quoted ?? plain));

test('every key that is asked for has its text, and every text is asked for', () => {
  const asked = new Set();
  const patterns = [];
  for (const file of own.filter((name) => name !== 'web/texts.js')) {
    const source = withoutComments(readText(file));
    // Keys are also named as plain texts ('nav.jobs') in tables, and put together: t(`state.${state}`).
    eachMatch(source, /'([a-z]\w*(?:\.[\w-]+)*)'/g, (line, [, key]) => { asked.add(key); });
    eachMatch(source, /\bt\('([^']+)'/g, (line, [, key]) => { asked.add(key); assert.ok(keys.has(key), `${file}:${line}: there is no text for ${key}`); });
    eachMatch(source, /\bt\(`([^`]+)`/g, (line, [, key]) => { patterns.push(new RegExp(`^${key.replace(/[.*+?^()|[\]\\]/g, '\\$&').replace(/\$\{[^`]*?\}/g, '.+')}$`)); });
  }
  const common = /^(?:save|delete|edit|nav\.\w+)$/; // of use to any page
  const unused = [...keys].filter((key) => !common.test(key) && !asked.has(key.replace(/\.(one|zero)$/, '')) && !asked.has(key) && !patterns.some((pattern) => pattern.test(key)));
  assert.deepEqual(unused, []);
});

test('only the theme names colours', () => {
  for (const file of filesBelow('web/styles', '.css').filter((name) => !name.endsWith('theme.css'))) {
    const source = readText(file).replace(/\/\*[\s\S]*?\*\//g, '').replace(/light-dark\((?:[^()]|\([^()]*\))*\)/g, '');
    const found = [...source.matchAll(/(?::|,|\s)(#[0-9a-f]{3,8}|rgba?\([^)]*\)|hsla?\([^)]*\))/gi)].map(([, colour]) => colour).filter((colour) => !/^#fff$/i.test(colour));
    assert.deepEqual(found, [], file);
  }
});

test('the libraries are what their manifest says', () => {
  const manifest = readText('web/vendor/README.md');
  const files = filesBelow('web/vendor', '').filter((file) => !file.endsWith('README.md'));
  assert.ok(files.length >= 6);
  for (const file of files) {
    const text = readText(file);
    const row = `| \`${path.basename(file)}\` | ${Buffer.byteLength(text)} | \`${createHash('sha256').update(text).digest('hex')}\` |`;
    assert.ok(manifest.includes(row), `${file} is not what web/vendor/README.md says`);
  }
});
