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

const PACKAGE = path.join(ROOT, 'node-shim');
const { version } = require('../package.json');
const MAIN = `runner-sidecar-${version}.tgz`;
const COMPARE = `runner-sidecar-compare-${version}.tgz`;
const PLATFORM = `${process.platform}-${process.arch}`;
const PLATFORM_PACKAGE = `runner-sidecar-${PLATFORM}-${version}.tgz`;

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
function packNpm(binary, folder) {
  execFileSync(path.join(ROOT, 'scripts', 'package-npm'), ['--binary', binary, folder], { env, stdio: 'pipe' });
  return fs.readdirSync(folder).sort();
}

/** An empty project with packages installed into it. */
function install(...files) {
  const folder = temporaryFolder();
  fs.writeFileSync(path.join(folder, 'package.json'), '{"name":"app","version":"1.0.0","private":true}\n');
  return installInto(folder, ...files);
}

function installInto(folder, ...files) {
  const options = ['install', '--offline', '--no-audit', '--no-fund'];
  execFileSync('npm', [...options, ...files.map((file) => path.join(tarballs, file))], {
    cwd: folder, env, stdio: 'pipe',
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

before(() => { if (!skip) packNpm(packedBinary(), tarballs); });

test('three packages are made, none runs anything when it is installed', { skip }, () => {
  assert.deepEqual(fs.readdirSync(tarballs).sort(), [MAIN, PLATFORM_PACKAGE, COMPARE].sort());
  const folder = install(MAIN, PLATFORM_PACKAGE);
  const [main, platform] = ['runner-sidecar', `runner-sidecar-${PLATFORM}`].map((name) => manifestIn(folder, name));
  assert.deepEqual(Object.keys(main.scripts), ['shim']);
  assert.equal(platform.scripts, undefined);
  assert.deepEqual(main.optionalDependencies, {
    'runner-sidecar-linux-x64': version, 'runner-sidecar-linux-arm64': version,
  });
  assert.deepEqual([platform.os, platform.cpu, platform.libc], [['linux'], [process.arch], ['glibc']]);
  assert.ok(!fs.existsSync(path.join(folder, 'node_modules', 'runner-sidecar', 'test')), 'tests stay at home');
});

for (const [file, first] of [
  ['app.js', 'const { TunnelServer } = require("runner-sidecar");'],
  ['app.mjs', 'import { TunnelServer } from "runner-sidecar";'],
]) {
  test(`${file} of a project that installed both serves calls, with nothing set`, {
    skip, timeout: 60_000,
  }, async () => {
    const folder = install(MAIN, PLATFORM_PACKAGE);
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
  const folder = install(MAIN, PLATFORM_PACKAGE);
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
  const folder = install(MAIN, PLATFORM_PACKAGE);
  const own = path.join(folder, 'own-front');
  fs.writeFileSync(own, '#!/bin/sh\necho own front "$@"\n', { mode: 0o755 });
  assert.equal(npx(folder, ['runner-sidecar', 'serve'], { RUNNER_SIDECAR_BINARY: own }).stdout, 'own front serve\n');
  const missing = npx(folder, ['runner-sidecar', 'serve'], { RUNNER_SIDECAR_BINARY: '/nowhere/front' });
  assert.equal(
    missing.stderr, 'runner-sidecar: RUNNER_SIDECAR_BINARY names /nowhere/front, which is not an executable file\n',
  );
});

test('a binary that is not the published one is not started', { skip }, () => {
  const folder = install(MAIN, PLATFORM_PACKAGE);
  fs.appendFileSync(path.join(folder, 'node_modules', `runner-sidecar-${PLATFORM}`, 'bin', 'runner-sidecar'), '\n');
  const { status, stdout, stderr } = npx(folder, ['runner-sidecar', '--version']);
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(
    stderr, /^runner-sidecar: .* is not the file that runner-sidecar-\S+ was published with; install it again\n$/,
  );
});

test('`npm pack` alone works, too; without a binary one sentence says how to get one', { skip }, () => {
  const packed = temporaryFolder();
  execFileSync('npm', ['pack', '--offline', '--silent', '--pack-destination', packed], {
    cwd: PACKAGE, env, stdio: 'pipe',
  });
  const folder = install(path.relative(tarballs, path.join(packed, MAIN)));
  const { status, stderr } = npx(folder, ['runner-sidecar', 'serve']);
  assert.equal(status, 1);
  assert.match(stderr, /^runner-sidecar: the front's binary is not here: [^\n]*swift build -c release[^\n]*\n$/);
  assert.match(
    npx(folder, ['runner-sidecar', '--version'], { RUNNER_SIDECAR_BINARY: frontBinary() }).stdout, /^runner-sidecar \d/,
  );
});

test('where the front cannot run, the sentence does not tell to build it', () => {
  const program = `
    Object.defineProperty(process, 'platform', { value: 'darwin' });
    require('node:fs').accessSync = () => { throw new Error('not built'); };
    require('./lib/front-binary.js').findFrontBinary();`;
  const { stderr } = spawnSync(process.execPath, ['-e', program], { cwd: PACKAGE, env, encoding: 'utf8' });
  assert.match(stderr, /runs on Linux only and this is darwin: start it in a container/);
  assert.doesNotMatch(stderr, /swift build/);
});

test('a binary of another machine makes the package of its platform, what is none makes none', { skip }, () => {
  const folder = temporaryFolder();
  const binary = path.join(folder, 'binary');
  const bytes = fs.readFileSync(frontBinary());
  bytes.writeUInt16LE(183, 18);
  fs.writeFileSync(binary, bytes);
  assert.deepEqual(
    packNpm(binary, path.join(folder, 'out')),
    [MAIN, COMPARE, `runner-sidecar-linux-arm64-${version}.tgz`].sort(),
  );
  fs.writeFileSync(binary, '#!/bin/sh\n'.padEnd(100));
  assert.throws(() => packNpm(binary, path.join(folder, 'out')), /is not a program for Linux on x64 or arm64/);
});
