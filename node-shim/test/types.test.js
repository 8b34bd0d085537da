'use strict';

/**
 * The types keep their word: index.d.ts serves its users, and the JSDoc types of the package agree with its code. Needs
 * `tsc` and Node's types; `scripts/setup --test` brings both.
 */

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');

const PACKAGE = path.join(__dirname, '..');
const COMPARE_PACKAGE = path.join(PACKAGE, '..', 'compare');

/** Where Debian's nodejs keeps them, and where scripts/setup puts them when Node is from elsewhere. */
const TYPE_ROOTS = [
  '/usr/share/nodejs/@types',
  path.join(PACKAGE, '..', '.build', 'node-types', 'node_modules', '@types'),
].filter((folder) => fs.existsSync(path.join(folder, 'node', 'index.d.ts')));

function reasonToSkip() {
  if (spawnSync('tsc', ['--version']).status !== 0) return 'tsc is not installed (scripts/setup --test)';
  return TYPE_ROOTS.length === 0 ? 'Node\'s types are not installed (scripts/setup --test)' : false;
}

const skip = reasonToSkip();

/** @returns {string} what the compiler has against it, '' for nothing */
function compile(folder, ...args) {
  const { stdout, stderr } = spawnSync('tsc', ['--noEmit', '--typeRoots', TYPE_ROOTS.join(','), ...args], {
    cwd: folder, encoding: 'utf8', timeout: 120_000,
  });
  return stdout + stderr;
}

const AS_A_USER = [
  '--strict', '--target', 'es2022', '--module', 'node16', '--moduleResolution', 'node16', '--types', 'node',
];

/** A project that has installed the package, with test/types/usage.ts in it under some name. */
function project(t, file, change = (text) => text) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'types-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  fs.mkdirSync(path.join(folder, 'node_modules'));
  fs.symlinkSync(PACKAGE, path.join(folder, 'node_modules', 'runner-sidecar'));
  const usage = fs.readFileSync(path.join(__dirname, 'types', 'usage.ts'), 'utf8');
  fs.writeFileSync(path.join(folder, file), change(usage));
  return folder;
}

for (const [file, kind] of [['usage.cts', 'a CommonJS module'], ['usage.mts', 'an ES module']]) {
  test(`every export is typed as ${kind} uses it`, { skip }, (t) => {
    assert.equal(compile(project(t, file), ...AS_A_USER, file), '');
  });
}

test('a use that the types forbid is noticed', { skip }, (t) => {
  const folder = project(t, 'usage.mts', (text) => text.replaceAll('// @ts-expect-error', '//'));
  assert.match(compile(folder, ...AS_A_USER, 'usage.mts'), /usage\.mts\(\d+,\d+\): error/);
});

test('the runtime exports what the types declare, and nothing else', () => {
  const declared = fs.readFileSync(path.join(PACKAGE, 'index.d.ts'), 'utf8');
  const values = [...declared.matchAll(/^export (?:class|function|const) (\w+)/gm)].map((match) => match[1]);
  assert.deepEqual(Object.keys(require('..')).sort(), [...new Set(values)].sort());
});

test('the JSDoc types agree with the code', { skip }, () => {
  assert.equal(compile(PACKAGE, '--project', 'jsconfig.json'), '');
  assert.equal(compile(COMPARE_PACKAGE, '--project', 'jsconfig.json'), '');
});
