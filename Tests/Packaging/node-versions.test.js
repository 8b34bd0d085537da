'use strict';

/**
 * Which releases of Node the packages are for: what README says, what package.json says and what is tested
 * (scripts/node-versions) are the same, and an older Node is told so in one sentence.
 */

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { ROOT } = require('../support/project.js');
const { temporaryFolder } = require('../support/temporary-folder.js');

const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');
const majors = read('scripts/node-versions').split('\n')
  .filter((line) => line && !line.startsWith('#'))
  .map((line) => parseInt(line, 10));
const PACKAGES = ['node-shim', 'compare'];

test('README names the releases of Node that the matrix runs on, and package.json the oldest of them', () => {
  assert.deepEqual(majors, [...majors].sort((a, b) => a - b), 'the oldest is first');
  const named = `Node ${majors.slice(0, -1).join(', ')} or ${majors.at(-1)}`;
  assert.ok(read('README.md').includes(named), `README.md does not say '${named}'`);
  for (const folder of PACKAGES) {
    assert.equal(JSON.parse(read(`${folder}/package.json`)).engines.node, `>=${majors[0]}`, folder);
  }
});

test('an older Node gets one sentence, from every command and from require', () => {
  const folder = temporaryFolder();
  const old = path.join(folder, 'old-node.js');
  fs.writeFileSync(old, "Object.defineProperty(process.versions, 'node', { value: '16.15.1' });\n");
  const entrances = [
    ['node-shim/bin/runner-sidecar.js', 'serve'], ['node-shim/bin/runner-sidecar-shim.js', 'app.js'],
    ['compare/bin/runner-sidecar-compare.js'],
  ];
  for (const [command, ...args] of entrances) {
    const { status, stderr } = spawnSync(process.execPath, ['-r', old, path.join(ROOT, command), ...args], {
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.match(stderr, /^runner-sidecar\S* needs Node\.js 18 or newer, and this is 16\.15\.1 \(\S+\)\.\n$/, command);
  }
  const { stderr } = spawnSync(process.execPath, ['-r', old, '-e', "require('./node-shim')"], {
    cwd: ROOT, encoding: 'utf8',
  });
  assert.match(stderr, /Error: runner-sidecar needs Node\.js 18 or newer, and this is 16\.15\.1/);
});

test('what an older Node reads first, it can read', () => {
  for (const folder of PACKAGES) {
    assert.equal(read(`${folder}/lib/node-version.js`), read('node-shim/lib/node-version.js'), folder);
  }
  const first = ['node-shim/index.js', ...PACKAGES.flatMap((folder) => (
    fs.readdirSync(path.join(ROOT, folder, 'bin')).map((name) => `${folder}/bin/${name}`)
  ))];
  for (const file of first) {
    const [line] = read(file).split('\n').filter((one) => one.includes('require('));
    assert.match(line, /node-version'\)\.requireNode/, `${file} asks for Node's version first`);
  }
});
