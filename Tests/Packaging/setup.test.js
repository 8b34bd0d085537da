'use strict';

/** What scripts/setup says on a machine that lacks what it cannot install itself. */

const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { ROOT } = require('../support/project.js');
const { temporaryFolder } = require('../support/temporary-folder.js');

/** Runs it on a machine that has a few tools and these programs. @param {Record<string, string>} programs */
function setup(programs) {
  const bin = temporaryFolder();
  for (const tool of ['bash', 'dirname', 'sed', 'uname']) {
    fs.symlinkSync(execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim(), path.join(bin, tool));
  }
  for (const [name, text] of Object.entries(programs)) {
    fs.writeFileSync(path.join(bin, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
  }
  const { status, stderr } = spawnSync(path.join(bin, 'bash'), [path.join(ROOT, 'scripts', 'setup')], {
    env: { PATH: bin }, encoding: 'utf8',
  });
  return { status, stderr };
}

const swift = (version) => `echo 'Apple Swift version ${version} (swift-${version}-RELEASE)'`;

test('without Swift it says each command that installs it, and how to try it without', () => {
  const { status, stderr } = setup({});
  assert.equal(status, 1);
  assert.match(stderr, /^error: Swift is not installed/);
  for (const command of ['curl -O https://download.swift.org/swiftly/linux/', 'tar zxf swiftly-', './swiftly init']) {
    assert.ok(stderr.includes(`\n  ${command}`), command);
  }
  assert.match(stderr, /\nOr try it without Swift: docker compose -f docker\/compose\.yaml up --build\n$/);
});

test('an older Swift is told its version; 6.2 and newer pass to what comes next', () => {
  assert.match(setup({ swift: swift('6.1.2') }).stderr, /^error: Swift 6\.1\.2 is too old\n/);
  for (const version of ['6.2', '6.3.1', '6.10', '7.0']) {
    assert.match(setup({ swift: swift(version) }).stderr, /^error: Node\.js is not installed/, version);
  }
});

test('an older Node is told its version', () => {
  const node = 'if [ "$1" = --version ]; then echo v16.15.1; else exit 1; fi';
  const { status, stderr } = setup({ swift: swift('6.3.1'), node });
  assert.equal(status, 1);
  assert.match(stderr, /^error: Node\.js v16\.15\.1 is too old: install 18, 20, 22 or 24/);
});

test('where there is no apt-get, it names what to install, as other systems call it', () => {
  const { stderr } = setup({ swift: swift('6.3.1'), node: 'echo v20.0.0', pkg: '' });
  assert.match(stderr, /please install what Debian calls pkg-config/);
  assert.match(stderr, /dnf install libuv-devel/);
});
