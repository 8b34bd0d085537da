'use strict';

// The units of this folder, as far as a machine without systemd in charge can tell: systemd's own checker reads them,
// the front takes the options they give, and it keeps the notification protocol that Type=notify relies on.

const assert = require('node:assert/strict');
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { once } = require('node:events');
const { test } = require('node:test');
const { TestProcess } = require('../../Tests/support/child-process.js');
const { freePort } = require('../../Tests/support/free-port.js');
const { frontBinary } = require('../../Tests/support/project.js');
const { temporaryFolder } = require('../../Tests/support/temporary-folder.js');

const UNITS = ['runner-sidecar.service', 'app.service'];
const COMMANDS = ['/usr/bin/runner-sidecar', '/usr/bin/node', '/bin/kill'];

const has = (program) => spawnSync(program, ['--version']).error === undefined;
const withoutPython = !has('python3') && 'python3, which has datagram sockets, is not installed';
const withoutSystemd = !has('systemd-analyze') && 'systemd-analyze is not installed';

/** What the checker says about the units, in a root directory that has what they start. */
function verify(change = (text) => text) {
  const root = temporaryFolder();
  for (const command of COMMANDS) {
    fs.mkdirSync(path.join(root, path.dirname(command)), { recursive: true });
    fs.writeFileSync(path.join(root, command), '', { mode: 0o755 });
  }
  fs.mkdirSync(path.join(root, 'etc/systemd/system'), { recursive: true });
  for (const unit of UNITS) {
    const text = fs.readFileSync(path.join(__dirname, unit), 'utf8');
    fs.writeFileSync(path.join(root, 'etc/systemd/system', unit), change(text));
  }
  const options = ['verify', '--man=no', '--recursive-errors=no', `--root=${root}`];
  const { stdout, stderr } = spawnSync('systemd-analyze', [...options, ...UNITS], { encoding: 'utf8' });
  return stdout + stderr;
}

test('systemd reads both units without a word', { skip: withoutSystemd }, () => {
  assert.equal(verify(), '');
  assert.match(verify((text) => text.replace('RestartSec', 'RestrtSec')), /Unknown key 'RestrtSec'/);
});

test('the front takes the options that its unit gives', () => {
  const unit = fs.readFileSync(path.join(__dirname, 'runner-sidecar.service'), 'utf8').replaceAll('\\\n', ' ');
  const [command, ...options] = /^ExecStart=(.*)$/m.exec(unit)[1].trim().split(/\s+/);
  assert.equal(command, '/usr/bin/runner-sidecar');
  const { status, stdout, stderr } = spawnSync(frontBinary(), [...options, '--print-config'], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^socket: \/run\/runner-sidecar\/bridge\.sock/m);
});

/** A service manager's socket: prints one line for each datagram. */
const LISTENER = `
import os, socket, sys
name = sys.argv[1]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind("\\0" + name[1:] if name.startswith("@") else name)
print("bound", flush=True)
while True:
    print("got " + listener.recv(4096).decode(), flush=True)
`;

/** Runs a front under a service manager that listens at `name`. */
async function notified(name, front, use) {
  const manager = new TestProcess('manager', 'python3', ['-c', LISTENER, name]);
  await manager.line((line) => line === 'bound' || undefined);
  const child = new TestProcess('front', frontBinary(), ['serve', ...front], { env: { NOTIFY_SOCKET: name } });
  const heard = (text) => manager.line((line) => line === `got ${text}` || undefined);
  try {
    await use({ manager, child, heard });
  } finally {
    await child.stop();
    await manager.stop();
  }
}

for (const [kind, nameOf] of [
  ['a path', (folder) => path.join(folder, 'notify')],
  ['an abstract name', (folder) => `@${path.basename(folder)}`],
]) {
  test(`READY=1 goes to ${kind} once both sockets can be reached, STOPPING=1 when it drains`, {
    skip: withoutPython,
  }, async () => {
    const folder = temporaryFolder();
    const port = await freePort();
    const socket = path.join(folder, 's');
    const options = ['--listen', `127.0.0.1:${port}`, '--admin', 'off', '--socket', socket];
    await notified(nameOf(folder), options, async ({ manager, child, heard }) => {
      await heard('READY=1');
      for (const address of [{ port, host: '127.0.0.1' }, { path: socket }]) {
        const connection = net.connect(address);
        await once(connection, 'connect');
        connection.destroy();
      }
      child.kill('SIGTERM');
      await heard('STOPPING=1');
      assert.deepEqual(await child.exit, { code: 0, signal: null });
      assert.equal(manager.stdout, 'bound\ngot READY=1\ngot STOPPING=1\n');
    });
  });
}

test('a front that an app brings along leaves the service manager to the app', { skip: withoutPython }, async () => {
  const name = path.join(temporaryFolder(), 'notify');
  const manager = new TestProcess('manager', 'python3', ['-c', LISTENER, name]);
  await manager.line((line) => line === 'bound' || undefined);
  const child = spawn(frontBinary(), ['serve', '--listen', '127.0.0.1:0', '--bridge-fd', '3'], {
    env: { NOTIFY_SOCKET: name }, stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
  });
  const exit = once(child, 'exit');
  const insist = setTimeout(() => child.kill('SIGKILL'), 10_000);
  try {
    const [line] = await once(child.stdout, 'data');
    assert.match(String(line), /"listening"/);
    child.kill('SIGTERM');
    assert.deepEqual(await exit, [0, null]);
    assert.equal(manager.stdout, 'bound\n');
  } finally {
    clearTimeout(insist);
    child.kill('SIGKILL');
    await manager.stop();
  }
});

test('a front that cannot start never says that it is ready', { skip: withoutPython }, async () => {
  const folder = temporaryFolder();
  const taken = net.createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  try {
    const options = [
      '--listen', `127.0.0.1:${taken.address().port}`, '--admin', 'off', '--socket', path.join(folder, 's'),
    ];
    await notified(path.join(folder, 'notify'), options, async ({ manager, child }) => {
      assert.notEqual((await child.exit).code, 0);
      assert.equal(manager.stdout, 'bound\n');
    });
  } finally {
    taken.close();
  }
});
