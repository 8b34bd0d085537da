'use strict';

/**
 * The npm packages as their users get them: packed, installed from the files into an empty project with no network, and
 * run. Skipped without the front's binary.
 */

const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { before, test } = require('node:test');
const { TestProcess } = require('../../Tests/support/child-process.js');
const { freePort } = require('../../Tests/support/free-port.js');
const { ROOT, frontBinary } = require('../../Tests/support/project.js');
const { temporaryFolder } = require('../../Tests/support/temporary-folder.js');
const { findFrontBinary, whyUnfit, GLIBC_FLOOR } = require('../lib/front-binary.js');

const PACKAGE = path.join(ROOT, 'node-shim');
const { version } = require('../package.json');
const MAIN = `runner-sidecar-${version}.tgz`;
const COMPARE = `runner-sidecar-compare-${version}.tgz`;
const PLATFORM = `${process.platform}-${process.arch}`;
const CHECKSUMS = 'SHA256SUMS';
/** Without an answer from a registry npm tries again for minutes; with no name to look up it takes seconds. */
const INSTALL_MILLISECONDS = 60_000;

function reasonToSkip() {
  try {
    frontBinary();
    return false;
  } catch (error) {
    return error.message;
  }
}

const skip = reasonToSkip();
const tarballs = temporaryFolder();

/** The environment of somebody who has set nothing. */
const env = { ...process.env, npm_config_update_notifier: 'false' };
delete env.RUNNER_SIDECAR_BINARY;

/** Runs scripts/package-npm over a binary. @returns {string[]} the files it made */
function packNpm(binaries, folder) {
  const named = binaries.flatMap((binary) => ['--binary', binary]);
  execFileSync(path.join(ROOT, 'scripts', 'package-npm'), [...named, folder], { env, stdio: 'pipe' });
  return fs.readdirSync(folder).sort();
}

/** An empty project with packages installed into it. */
function install(...files) {
  const folder = temporaryFolder();
  fs.writeFileSync(path.join(folder, 'package.json'), '{"name":"app","version":"1.0.0","private":true}\n');
  return installInto(folder, ...files);
}

function installInto(folder, ...files) {
  // Not --offline: npm must find nothing to ask a registry for. This one would answer nothing.
  const options = ['install', '--registry', 'http://127.0.0.1:9/', '--no-audit', '--no-fund'];
  execFileSync('npm', [...options, ...files.map((file) => path.resolve(tarballs, file))], {
    cwd: folder, env, stdio: 'pipe', timeout: INSTALL_MILLISECONDS,
  });
  return folder;
}

/** What a command of the project says, run to its end. */
function npx(folder, args, more = {}) {
  const options = { cwd: folder, env: { ...env, ...more }, encoding: 'utf8', timeout: 30_000 };
  return spawnSync('npx', ['--no-install', ...args], options);
}

const manifestIn = (folder, name) => JSON.parse(
  fs.readFileSync(path.join(folder, 'node_modules', name, 'package.json')),
);

async function call(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/__runner/task/add`, { method: 'POST', body: '{"input":[5,3]}' });
  return answer.text();
}

const APP = `
const port = Number(process.argv[2]);
const server = new TunnelServer({ port });
server.registerTask('add', ([a, b]) => a + b);
server.listen().then(() => console.log('serving'));
process.once('SIGTERM', () => server.close());
`;

/** The static one where scripts/test has built it, as users get it. */
const packedBinary = () => process.env.RUNNER_SIDECAR_STATIC_BINARY || frontBinary();

before(() => { if (!skip) packNpm([packedBinary()], tarballs); });

test('two packages are made, with checksums; neither runs anything when it is installed', { skip }, () => {
  const files = fs.readdirSync(tarballs).filter((file) => !file.endsWith('.cdx.json'));
  assert.deepEqual(files.sort(), [MAIN, COMPARE, CHECKSUMS].sort());
  execFileSync('sha256sum', ['--check', '--strict', CHECKSUMS], { cwd: tarballs, stdio: 'pipe' });
  const folder = install(MAIN, COMPARE);
  const [main, compare] = ['runner-sidecar', 'runner-sidecar-compare'].map((name) => manifestIn(folder, name));
  assert.deepEqual([Object.keys(main.scripts), Object.keys(compare.scripts)], [['shim'], []]);
  assert.equal(main.preferUnplugged, true, 'a program cannot be started out of an archive');
  const installed = (...names) => path.join(folder, 'node_modules', 'runner-sidecar', ...names);
  assert.ok(!fs.existsSync(installed('test')), 'tests stay at home');
  assert.deepEqual(fs.readdirSync(installed('native')), [PLATFORM]);
  assert.ok((fs.statSync(installed('native', PLATFORM, 'runner-sidecar')).mode & 0o111) !== 0);
});

test('no package names another: a name that nobody has published is anybody\'s', { skip }, () => {
  const folder = install(MAIN, COMPARE);
  for (const name of ['runner-sidecar', 'runner-sidecar-compare']) {
    const kinds = Object.keys(manifestIn(folder, name)).filter((key) => /dependencies$/i.test(key));
    assert.deepEqual(kinds, [], name);
  }
  const { packages } = JSON.parse(fs.readFileSync(path.join(folder, 'package-lock.json'), 'utf8'));
  const sources = Object.values(packages).map(({ resolved }) => resolved).filter(Boolean);
  assert.equal(sources.length, 2);
  for (const source of sources) assert.match(source, /^file:/);
});

for (const [file, first] of [
  ['app.js', 'const { TunnelServer } = require("runner-sidecar");'],
  ['app.mjs', 'import { TunnelServer } from "runner-sidecar";'],
]) {
  test(`${file} of a project that installed it serves calls, with nothing set`, {
    skip, timeout: 60_000,
  }, async () => {
    const folder = install(MAIN);
    fs.writeFileSync(path.join(folder, file), first + APP);
    const port = await freePort();
    const app = new TestProcess(file, process.execPath, [file, String(port)], {
      cwd: folder, env: { RUNNER_SIDECAR_BINARY: '' },
    });
    try {
      await app.line((line) => line === 'serving' || undefined);
      assert.equal(await call(port), '{"ok":true,"result":8}');
    } finally {
      await app.stop();
    }
  });
}

test('its commands work: front, shim and compare, and `npm run shim` in the package', {
  skip, timeout: 90_000,
}, async () => {
  const folder = install(MAIN);
  const [port, socket] = [await freePort(), path.join(folder, 's')];
  assert.match(npx(folder, ['runner-sidecar', '--version']).stdout, /^runner-sidecar \d/);
  fs.writeFileSync(path.join(folder, 'app.js'), 'module.exports = { tasks: { add: ([a, b]) => a + b } };');
  const listen = ['--listen', `127.0.0.1:${port}`, '--admin', 'off', '--socket', socket];
  const start = (name, args, cwd = folder) =>
    new TestProcess(name, args[0], args.slice(1), { cwd, env: { RUNNER_SIDECAR_BINARY: '' } });
  const processes = [start('front', ['node_modules/.bin/runner-sidecar', 'serve', ...listen])];
  try {
    await processes[0].line((line) => line.includes('listening') || undefined);
    const shims = [
      [['node_modules/.bin/runner-sidecar-shim', 'app.js', '--socket', socket], folder],
      [['npm', 'run', '--silent', 'shim', '--', path.join(folder, 'app.js'), '--socket', socket],
        path.join(folder, 'node_modules', 'runner-sidecar')],
    ];
    for (const [args, cwd] of shims) {
      const shim = start('shim', args, cwd);
      processes.push(shim);
      await shim.line((line) => line.includes('1 task and 0 events of app.js') || undefined);
      assert.equal(await call(port), '{"ok":true,"result":8}');
      assert.deepEqual(await processes.pop().stop(), { code: 0, signal: null }, args.join(' '));
    }
    processes.push(start('shim', shims[0][0]));
    fs.writeFileSync(path.join(folder, 'r.jsonl'), '{"task":"add","input":[1,2],"safe":true}');
    const url = `http://127.0.0.1:${port}/__runner`;
    const comparison = ['runner-sidecar', 'compare', url, url, '--requests', 'r.jsonl', '--no-load'];
    const missing = npx(folder, comparison);
    assert.equal(missing.status, 2);
    assert.match(missing.stderr, /^runner-sidecar: 'compare' is in the package runner-sidecar-compare, [^\n]*\n$/);
    installInto(folder, COMPARE);
    const compared = npx(folder, comparison);
    assert.equal(compared.status, 0, compared.stdout + compared.stderr);
    assert.match(compared.stdout, /the one request is answered alike/);
  } finally {
    for (const child of processes.reverse()) await child.stop();
  }
});

test('RUNNER_SIDECAR_BINARY names another binary, also over one that is installed', { skip }, () => {
  const folder = install(MAIN);
  const own = path.join(folder, 'own-front');
  fs.writeFileSync(own, '#!/bin/sh\necho own front "$@"\n', { mode: 0o755 });
  assert.equal(npx(folder, ['runner-sidecar', 'serve'], { RUNNER_SIDECAR_BINARY: own }).stdout, 'own front serve\n');
  const missing = npx(folder, ['runner-sidecar', 'serve'], { RUNNER_SIDECAR_BINARY: '/nowhere/front' });
  assert.equal(missing.stderr, 'runner-sidecar: RUNNER_SIDECAR_BINARY names /nowhere/front, which does not exist\n');
});

/** What the installed command says about the binary that a change was made to. */
function withBinary(change) {
  const folder = install(MAIN);
  const binary = path.join(folder, 'node_modules', 'runner-sidecar', 'native', PLATFORM, 'runner-sidecar');
  change(binary);
  const { status, stdout, stderr } = npx(folder, ['runner-sidecar', '--version']);
  assert.equal(stdout, '');
  assert.equal(status, 1);
  return stderr;
}

test('a binary that is not the published one is not started', { skip }, () => {
  assert.match(
    withBinary((binary) => fs.appendFileSync(binary, '\n')),
    /^runner-sidecar: \S+ is not the file that the package was published with; install it again\n$/,
  );
});

test('a binary that lost its permission to be executed is told from one that is missing', { skip }, () => {
  assert.match(
    withBinary((binary) => fs.chmodSync(binary, 0o644)),
    /^runner-sidecar: the front is (\S+), which is not marked as executable: run `chmod \+x \1`\n$/,
  );
});

test('a binary on a file system mounted noexec is told from one without permission', (t) => {
  const folder = temporaryFolder();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'noexec', 'tmpfs', folder]).status !== 0) {
    t.skip('only root can mount a file system');
    return;
  }
  try {
    const binary = path.join(folder, 'front');
    fs.writeFileSync(binary, '#!/bin/sh\n', { mode: 0o755 });
    const message = /options\.binary names \S+, which may not be .*noexec.*set RUNNER_SIDECAR_BINARY to the copy$/;
    assert.throws(() => findFrontBinary(binary), message);
  } finally {
    spawnSync('umount', [folder]);
  }
});

test('`npm pack` alone works, too; without a binary one sentence says how to get one', { skip }, () => {
  const packed = temporaryFolder();
  execFileSync('npm', ['pack', '--offline', '--silent', '--pack-destination', packed], {
    cwd: PACKAGE, env, stdio: 'pipe',
  });
  const folder = install(path.join(packed, MAIN));
  const { status, stderr } = npx(folder, ['runner-sidecar', 'serve']);
  assert.equal(status, 1);
  assert.match(stderr, /^runner-sidecar: this package has no front for linux-\w+\. [^\n]*swift build [^\n]*\n$/);
  assert.match(
    npx(folder, ['runner-sidecar', '--version'], { RUNNER_SIDECAR_BINARY: frontBinary() }).stdout, /^runner-sidecar \d/,
  );
});

/** What is said on another machine, in a clone where nothing is built. */
function messageOn(platform, arch) {
  const program = `
    Object.defineProperty(process, 'platform', { value: '${platform}' });
    Object.defineProperty(process, 'arch', { value: '${arch}' });
    require('node:fs').statSync = () => { throw new Error('not built'); };
    require('./lib/front-binary.js').findFrontBinary();`;
  const { stderr } = spawnSync(process.execPath, ['-e', program], { cwd: PACKAGE, env, encoding: 'utf8' });
  return /Error: (.*)/.exec(stderr)[1];
}

test('where the front cannot run, the sentence does not tell to build it', () => {
  const message = messageOn('darwin', 'arm64');
  assert.match(message, /runs on Linux only, and this is darwin\. Run the front in its own container/);
  assert.doesNotMatch(message, /swift build/);
});

test('on a processor that it is not built for, the sentence names those that it is built for', () => {
  assert.match(messageOn('linux', 'ppc64'), /is built for linux-x64 and linux-arm64, and this is linux-ppc64\. Run/);
});

test('without glibc, or with an older one than the floor, the sentence says so', () => {
  const folder = temporaryFolder();
  const write = (name, text) => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, text);
    return file;
  };
  assert.match(whyUnfit('/nowhere/ld-linux.so.2'), /^the front needs glibc 2\.34 or newer.*Alpine Linux has musl/);
  const loader = write('loader', '');
  for (const [first, unfit] of [
    ['ldd (Debian GLIBC 2.31-13+deb11u11) 2.31', '2.31'], ['ldd (GNU libc) 2.28', '2.28'],
    ['ldd (GNU libc) 2.34', null], ['ldd (Ubuntu GLIBC 2.39-0ubuntu8) 2.39', null],
    ['something else', null],
  ]) {
    const message = whyUnfit(loader, write('ldd', `#! /bin/bash\n    echo '${first}'\n`));
    if (unfit === null) assert.equal(message, null, first);
    else assert.equal(message, `the front needs glibc 2.34 or newer, and this system has ${unfit}.`);
  }
  assert.equal(whyUnfit(loader, '/nowhere/ldd'), null, 'an image without ldd');
});

test('the floor that messages and README name is the one that the build keeps', () => {
  const build = fs.readFileSync(path.join(ROOT, 'scripts', 'build-static'), 'utf8');
  assert.equal(/^glibc_floor=(\S+)$/m.exec(build)[1], GLIBC_FLOOR);
  assert.ok(fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8').includes(`glibc ${GLIBC_FLOOR}`));
});

test('one package may bring binaries of several platforms; what is none is refused', { skip }, () => {
  const folder = temporaryFolder();
  const other = path.join(folder, 'other');
  const bytes = fs.readFileSync(frontBinary());
  bytes.writeUInt16LE(183, 18);
  fs.writeFileSync(other, bytes);
  const out = path.join(folder, 'out');
  packNpm([frontBinary(), other], out);
  const listed = execFileSync('tar', ['--list', '--file', path.join(out, MAIN)], { encoding: 'utf8' });
  const fronts = listed.split('\n').filter((name) => name.endsWith('/runner-sidecar')).sort();
  assert.deepEqual(fronts, ['linux-arm64', 'linux-x64'].map((one) => `package/native/${one}/runner-sidecar`));
  assert.throws(() => packNpm([other, other], out), /two binaries are for linux-arm64/);
  fs.writeFileSync(other, '#!/bin/sh\n'.padEnd(100));
  assert.throws(() => packNpm([other], out), /is not a program for Linux on x64 or arm64/);
});
