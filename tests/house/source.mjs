// source.mjs - what the house rules have in common: the files of the project, and C without its words.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Every file below FOLDER (relative to the root) whose name ends as asked, as paths from the root. */
export function filesBelow(folder, ...endings) {
  const base = path.join(root, folder);
  if (!fs.existsSync(base)) return [];
  return fs.readdirSync(base, { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(name, ...endings);
    return endings.some((ending) => entry.name.endsWith(ending)) ? [name] : [];
  }).sort();
}

/** Every file under version control; in an unpacked archive, every file but those that are built. */
export function trackedFiles() {
  try {
    return execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] })
      .split('\0').filter((name) => name && fs.existsSync(path.join(root, name)));
  } catch {
    const built = ['build', 'data', 'node_modules', '.git', '.cache'];
    return fs.readdirSync(root, { withFileTypes: true }).filter((entry) => !built.includes(entry.name))
      .flatMap((entry) => (entry.isDirectory() ? filesBelow(entry.name, '') : [entry.name]));
  }
}

export function readText(name) {
  return fs.readFileSync(path.join(root, name), 'utf8');
}

/** C source with comments and the contents of literals blanked out, line by line as it was. */
export function withoutWords(source) {
  const pattern = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'/g;
  return source.replace(pattern, (match) => {
    const edge = match[0] === '"' || match[0] === "'" ? match[0] : ' ';
    return edge + match.slice(1, -1).replace(/[^\n]/g, ' ') + edge;
  });
}

/** Calls FOUND(line number, match) for each match of PATTERN (global) in TEXT. */
export function eachMatch(text, pattern, found) {
  for (const match of text.matchAll(pattern)) {
    found(text.slice(0, match.index).split('\n').length, match);
  }
}
