'use strict';

// No room on the disk of the socket, and no reader for the log: neither stops calls that need neither.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { TestProcess } = require('../support/child-process.js');
const { FaultRun } = require('../support/fault-run.js');
const { callOnce } = require('../support/http-request.js');
const { frontBinary } = require('../support/project.js');
const { temporaryFolder } = require('../support/temporary-folder.js');

/** Room for the folder itself and two files, so that one more file and the socket fit, or two files and no socket. */
const INODES = 3;

/** Gives `use` a tiny file system of its own. */
async function onSmallDisk(use) {
  const folder = temporaryFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=16k,nr_inodes=${INODES}`, 'tmpfs', folder]);
  try {
    await use(folder);
  } finally {
    execFileSync('umount', ['-l', folder]);
  }
}

/** Takes what is left. */
function fill(folder) {
  for (let i = 0; ; i += 1) {
    try {
      fs.writeFileSync(path.join(folder, `filler-${i}`), Buffer.alloc(65536));
    } catch (error) {
      if (error.code !== 'ENOSPC') throw error;
      try { fs.writeFileSync(path.join(folder, `empty-${i}`), ''); } catch { return; }
    }
  }
}

function whyNoMount() {
  try {
    const folder = temporaryFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', folder], { stdio: 'pipe' });
    execFileSync('umount', ['-l', folder]);
    return false;
  } catch (error) {
    return `a small file system cannot be mounted here (root may): ${String(error.stderr ?? error.message).trim()}`;
  }
}

const skip = whyNoMount();

test('a front that finds no room for its socket says so and leaves', {
  skip, timeout: 20_000,
}, () => onSmallDisk(async (folder) => {
  fill(folder);
  const socket = path.join(folder, 's');
  const front = new TestProcess('front', frontBinary(), [
    'serve', '--listen', '127.0.0.1:0', '--admin', 'off', '--socket', socket,
  ]);
  const { code } = await front.exit;
  assert.notEqual(code, 0);
  assert.match(front.stderr, /--socket .*no space left on device/i);
  assert.equal(fs.existsSync(socket), false);
}));

test('a disk that fills up later disturbs neither calls nor workers that come and go', {
  skip, timeout: 30_000,
}, () => onSmallDisk(async (folder) => {
  await FaultRun.with({ workers: 1, front: { socket: path.join(folder, 's') } }, async (run) => {
    fill(folder);
    assert.equal((await callOnce(run.front.port, 'add', { a: 5, b: 3 })).status, 200);
    const next = await run.startWorker();
    await run.front.workersReady(2);
    await run.killWorker(next);
    assert.equal((await callOnce(run.front.port, 'add', { a: 5, b: 3 })).status, 200);
    run.front.child.kill('SIGTERM');
    assert.deepEqual(await run.front.child.exit, { code: 0, signal: null });
    assert.equal(fs.existsSync(path.join(folder, 's')), false, 'the socket file is removed');
  });
}));

const LOGGING = ['--access-log', 'all', '--log-level', 'debug'];

test('a log that nobody can store costs no call', { timeout: 30_000 }, () => (
  FaultRun.with({ workers: 1, frontOptions: LOGGING, front: { stderr: fs.openSync('/dev/full', 'w') } }, servesMany)));

test('a log whose reader went away costs no call', { timeout: 30_000 }, () => (
  FaultRun.with({ workers: 1, frontOptions: LOGGING }, async (run) => {
    run.front.child.child.stderr.destroy();
    await servesMany(run);
  })));

async function servesMany(run) {
  for (let i = 0; i < 50; i += 1) assert.equal((await callOnce(run.front.port, 'add', { a: 5, b: 3 })).status, 200);
  await run.front.quiet();
}
