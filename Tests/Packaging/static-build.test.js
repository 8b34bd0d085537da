'use strict';

/**
 * What scripts/build-static promises of the file that users get, held against programs that break each promise. The
 * build itself makes the same check of the front, and scripts/test builds it.
 */

const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { ROOT } = require('../support/project.js');
const { temporaryFolder } = require('../support/temporary-folder.js');

const SCRIPT = path.join(ROOT, 'scripts', 'build-static');
const skip = ['gcc', 'objdump'].some((tool) => spawnSync(tool, ['--version']).status !== 0) && 'gcc is not installed';
const folder = temporaryFolder();

/** Compiles a C program. @returns {string} its path */
function compile(name, text, ...args) {
  const [source, binary] = [path.join(folder, `${name}.c`), path.join(folder, name)];
  fs.writeFileSync(source, text);
  execFileSync('gcc', ['-O0', '-o', binary, source, ...args], { stdio: 'pipe' });
  return binary;
}

/** What the script says about a binary. */
function check(binary) {
  const { status, stdout, stderr } = spawnSync(SCRIPT, ['--check', binary], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('a program that keeps to the floor passes, with its size in MB and its libraries', { skip }, () => {
  const { status, stdout, stderr } = check(compile('small', 'int main(void) { return 0; }'));
  assert.equal(status, 0, stderr);
  assert.match(stdout, /small: 0\.\d\d MB, needs only libc\.so\.6 of glibc 2\.34 or newer\n$/);
});

test('a symbol of a newer glibc than the floor is named', { skip }, (t) => {
  const text = '#include <math.h>\nint main(int n, char **a) { (void)a; return (int)hypotf(n, 2); }';
  const binary = compile('newer', text, '-lm');
  if (!execFileSync('objdump', ['-T', binary], { encoding: 'utf8' }).includes('GLIBC_2.35')) {
    t.skip('glibc is older than 2.35 here');
    return;
  }
  const { status, stderr } = check(binary);
  assert.equal(status, 1);
  assert.match(stderr, /newer needs a newer glibc than 2\.34, for: hypotf \(glibc 2\.35\)/);
});

test('the functions of scripts/glibc-floor.c take the place of the newer ones, and compute the same', { skip }, () => {
  const text = `#include <math.h>
#include <stdio.h>
#include <stdlib.h>
int main(int n, char **a) {
  for (int i = 1; i + 1 < n; i += 2) printf("%a ", hypotf(strtof(a[i], 0), strtof(a[i + 1], 0)));
  return 0;
}`;
  const pairs = ['3', '4', '1e30', '1e30', '1e-40', '2e-40', 'inf', 'nan', 'nan', '1', '-0', '0', '3.3e38', '3.3e38'];
  const own = compile('own', text, '-fno-builtin', path.join(ROOT, 'scripts', 'glibc-floor.c'), '-lm');
  assert.equal(check(own).status, 0);
  const ofTheSystem = compile('system', text, '-fno-builtin', '-lm');
  const run = (binary) => execFileSync(binary, pairs, { encoding: 'utf8' });
  assert.equal(run(own), run(ofTheSystem));
});

test('a library that is not glibc is named, and a file over the limit is refused', { skip }, () => {
  fs.writeFileSync(path.join(folder, 'other.c'), 'int other(void) { return 1; }');
  execFileSync('gcc', ['-shared', '-o', path.join(folder, 'libother.so'), path.join(folder, 'other.c')]);
  const needy = compile('needy', 'int other(void); int main(void) { return other(); }', `-L${folder}`, '-lother');
  assert.match(check(needy).stderr, /needy still needs libother\.so/);
  const large = compile('large', 'int main(void) { return 0; }');
  fs.truncateSync(large, 9_500_001);
  assert.match(check(large).stderr, /large has 9500001 bytes, more than 9\.5 MB/);
});
