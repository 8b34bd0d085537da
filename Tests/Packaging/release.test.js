'use strict';

/** What a release rests on: one version, fixed dependencies, and the files that a forge and its users look for. */

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { ROOT } = require('../support/project.js');

const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');
const VALIDATOR = path.join(ROOT, '.build', 'schemas', 'bin', 'check-jsonschema');

test('every place that names the version has that of node-shim/package.json', () => {
  const { status, stderr } = spawnSync(path.join(ROOT, 'scripts', 'set-version'), ['--check'], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});

test('CHANGELOG has the version, or what comes after it', () => {
  const { version } = JSON.parse(read('node-shim/package.json'));
  const headings = [...read('CHANGELOG.md').matchAll(/^## (\S+)/gm)].map(([, heading]) => heading);
  assert.ok(headings.includes(version), `${version} is not in ${headings.join(', ')}`);
});

// Package.resolved is not committed: it names commits, which differ in a mirror.
test('Swift packages are fixed to a version', () => {
  const dependencies = [...read('Package.swift').matchAll(/\.package\(([^)]*)\)/g)].map(([, given]) => given);
  assert.ok(dependencies.length > 0);
  for (const given of dependencies) assert.match(given, /exact: "\d+\.\d+\.\d+"/);
});

test('the workflow is one that the forge accepts, and runs what CI runs', {
  skip: !fs.existsSync(VALIDATOR) && 'the schemas are not installed (scripts/setup --test)',
}, () => {
  const workflow = path.join('.github', 'workflows', 'ci.yml');
  const { status, stdout, stderr } = spawnSync(VALIDATOR, ['--builtin-schema', 'vendor.github-workflows', workflow], {
    cwd: ROOT, encoding: 'utf8',
  });
  assert.equal(status, 0, stdout + stderr);
  assert.match(read(workflow), /run: \.ci\/run$/m);
});
