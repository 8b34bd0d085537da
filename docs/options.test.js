'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { ROOT, frontBinary } = require('../Tests/support/project.js');

const operating = fs.readFileSync(path.join(ROOT, 'docs', 'operating.md'), 'utf8');
const optionsTable = spawnSync(frontBinary(), ['options', '--format', 'markdown'], { encoding: 'utf8' }).stdout;
const options = new Set([...optionsTable.matchAll(/^\| `--([\w-]+)`/gm)].map(([, name]) => name));
/**
 * Flags that are no options: of the command, the shim, the scripts, of Node, npm and Swift; and one that is misspelt on
 * purpose.
 */
const commandHelps = [
  ['node-shim', 'runner-sidecar-shim.js', '--help'], ['node-shim', 'runner-sidecar.js', 'check', '--help'],
  ['node-shim', 'runner-sidecar.js', 'dev', '--help'], ['compare', 'runner-sidecar-compare.js', '--help'],
  ['compare', 'runner-sidecar-compare.js', '--live', '--help'],
].map(([folder, file, ...args]) => (
  spawnSync(process.execPath, [path.join(ROOT, folder, 'bin', file), ...args], { encoding: 'utf8' }).stdout
)).join('\n');
const OTHER_FLAGS = new Set([
  ...[...commandHelps.matchAll(/--([a-z-]+)/g)].map(([, name]) => name),
  'config', 'format', 'print-config', 'help', 'version',
  'check', 'long', 'sanitize', 'node-matrix', 'container', 'binary', 'build', 'require', 'max-http-header-size',
  'filter', 'product', 'inspect',
  'bench', 'record', 'quick', 'omit', 'runner', 'write-docs', 'idle-timout',
]);
const FOREIGN_COMMANDS = /^\s*(curl|swift|node --test|RUNNER_SIDECAR_BINARY=\S+ node)\b/;

test('docs/operating.md has every option as the front itself describes it', () => {
  const { status, stderr } = spawnSync(path.join(ROOT, 'scripts', 'update-docs'), ['--check'], {
    encoding: 'utf8', env: { ...process.env, RUNNER_SIDECAR_BINARY: frontBinary() },
  });
  assert.equal(status, 0, stderr);
  assert.ok(options.size > 40 && options.has('listen') && operating.includes(optionsTable));
});

test('no document names an option that does not exist', () => {
  const unknown = [];
  for (const document of [
    'README.md', 'CONTRIBUTING.md', 'docs/migrating.md', 'docs/operating.md', 'docs/security.md',
    'docs/bridge-protocol.md', 'docs/performance.md',
  ]) {
    const lines = fs.readFileSync(path.join(ROOT, document), 'utf8').split('\n');
    for (const [index, line] of lines.entries()) {
      if (FOREIGN_COMMANDS.test(line)) continue;
      for (const [, name] of line.matchAll(/(?<![\w-])--([a-z][a-z-]+[a-z])\b/g)) {
        if (!options.has(name) && !OTHER_FLAGS.has(name)) unknown.push(`${document}:${index + 1}: --${name}`);
      }
    }
  }
  assert.deepEqual(unknown, []);
});

test('every link between the documents leads somewhere', () => {
  const broken = [];
  for (const document of [
    'README.md', 'CONTRIBUTING.md', 'docs/migrating.md', 'docs/operating.md', 'docs/security.md',
    'docs/bridge-protocol.md', 'docs/performance.md',
  ]) {
    const file = path.join(ROOT, document);
    for (const [, target] of fs.readFileSync(file, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [name, anchor] = target.split('#');
      const linked = name ? path.resolve(path.dirname(file), name) : file;
      if (!fs.existsSync(linked)) broken.push(`${document}: ${target}`);
      else if (anchor && !anchorsOf(linked).has(anchor)) broken.push(`${document}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

/** As GitHub makes them from headings. */
function anchorsOf(file) {
  const headings = fs.readFileSync(file, 'utf8').match(/^#+ .+$/gm) || [];
  return new Set(
    headings.map((heading) => heading.replace(/^#+ /, '').toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-')),
  );
}
