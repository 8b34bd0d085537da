'use strict';

// Who may connect to the bridge's socket: file permissions first, then the kernel's word on who it is.
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { decodeFrames } = require('../support/bridge-frames.js');
const { Front } = require('../support/front.js');
const { temporaryFolder } = require('../support/temporary-folder.js');
const { waitUntil } = require('../support/wait-until.js');

/** A user and a group that nobody else here has. */
const STRANGER = 54_321;
const skip = process.getuid?.() !== 0 && 'only root can be somebody else';
const TIMEOUT = 30_000;

/** Connects, says nothing, and tells what came first: an error of the system, a frame, or silence. */
const GREETER = String.raw`
  const socket = require('node:net').connect(process.argv[1]);
  const say = (text) => { process.stdout.write(text); process.exit(0); };
  socket.on('data', (bytes) => say('frame ' + bytes.toString('base64')));
  socket.on('error', (error) => say(error.code));
  setTimeout(() => say('silence'), 1_000);
`;

/** What a process of another user and group is told: the reason of a refusal, an error's code, or `silence`. */
function greetedAs(uid, gid, socket) {
  const { stdout } = spawnSync(process.execPath, ['-e', GREETER, socket], {
    uid, gid, cwd: '/', encoding: 'utf8', timeout: 10_000,
  });
  if (!stdout.startsWith('frame ')) return stdout;
  return JSON.parse(decodeFrames(Buffer.from(stdout.slice(6), 'base64')).frames[0].payload.toString()).reason;
}

/** Starts a front whose socket is in a folder that everybody may enter. */
async function withFront(options, use) {
  const folder = temporaryFolder();
  fs.chmodSync(folder, 0o755);
  const front = await Front.start({ socket: path.join(folder, 's'), options });
  try {
    return await use(front);
  } finally {
    await front.stop();
  }
}

test('the socket file has the mode and the group that were asked for', { skip, timeout: TIMEOUT }, async () => {
  await withFront(['--socket-mode', '0620', '--socket-group', String(STRANGER)], (front) => {
    const { mode, gid, uid } = fs.statSync(front.socket);
    assert.deepEqual([mode & 0o777, gid, uid], [0o620, STRANGER, 0]);
  });
});

test('who may not write to the socket file does not reach the front', { skip, timeout: TIMEOUT }, async () => {
  await withFront(['--socket-mode', '0660'], (front) => assert.equal(
    greetedAs(STRANGER, STRANGER, front.socket), 'EACCES',
  ));
});

test('who may write to it, but is another user, is refused with the remedy', { skip, timeout: TIMEOUT }, async () => {
  await withFront(['--socket-mode', '0666'], async (front) => {
    const told = greetedAs(STRANGER, STRANGER, front.socket);
    assert.match(told, new RegExp(`uid ${STRANGER}`));
    assert.match(told, /--socket-allow-uid/);
    await waitUntil('the front logs it', () => front.child.stderr.includes(`uid ${STRANGER}`));
  });
});

for (const [what, allow, uid, gid] of [
  ['user', '--socket-allow-uid', STRANGER, STRANGER + 1], ['group', '--socket-allow-gid', STRANGER + 1, STRANGER],
]) {
  test(`a ${what} that was allowed is listened to`, { skip, timeout: TIMEOUT }, async () => {
    await withFront(['--socket-mode', '0666', allow, String(STRANGER)], (front) => {
      assert.equal(greetedAs(uid, gid, front.socket), 'silence', 'it waits for HELLO');
      assert.match(greetedAs(STRANGER + 2, STRANGER + 2, front.socket), /may not connect/, 'others are not');
    });
  });
}

test('a folder that is made for the socket lets in only whom the mode does', { skip, timeout: TIMEOUT }, async () => {
  const folder = temporaryFolder();
  fs.chmodSync(folder, 0o755);
  const front = await Front.start({ socket: path.join(folder, 'made', 's'), options: ['--socket-mode', '0660'] });
  try {
    assert.equal(fs.statSync(path.dirname(front.socket)).mode & 0o007, 0);
  } finally {
    await front.stop();
  }
});
