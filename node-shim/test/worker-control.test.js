'use strict';

// The socket at which the supervisor of the workers is asked.
const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { ControlSocket, ask } = require('../lib/worker-control');

function folder(t) {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'control-'));
  t.after(() => fs.rmSync(made, { recursive: true, force: true }));
  return made;
}

async function open(t, actions = {}) {
  const control = new ControlSocket(path.join(folder(t), 'c'), {
    status: () => ({ serving: 3 }), reload: async () => ({ outcome: 'finished', replaced: 1 }), ...actions,
  });
  await control.open();
  t.after(() => control.close());
  return control;
}

test('only its own user may ask: the file has mode 0600', async (t) => {
  const { path: file } = await open(t);
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
});

test('a status is one answer, a reload says how it goes until it is over', async (t) => {
  const { path: file } = await open(t, {
    reload: async (say) => {
      say('one of two');
      await new Promise((resolve) => { setTimeout(resolve, 50); });
      say('two of two');
      return { outcome: 'stopped', replaced: 1, reason: 'no' };
    },
  });
  assert.deepEqual(await ask(file, 'status'), { done: true, status: { serving: 3 } });
  const heard = [];
  const answer = await ask(file, 'reload', (text) => heard.push(text));
  assert.deepEqual(heard, ['one of two', 'two of two']);
  assert.deepEqual(answer, { done: true, outcome: 'stopped', replaced: 1, reason: 'no' });
});

test('nonsense is answered with what may be asked, and the socket serves on', async (t) => {
  const { path: file } = await open(t);
  for (const request of ['stop\n', `${'x'.repeat(10_000)}`, '\n', '\u0000\u0001\n']) {
    const socket = net.connect(file);
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('error', () => {});
    socket.write(request);
    await once(socket, 'close');
    assert.deepEqual(JSON.parse(text), { done: true, error: 'the request must be status or reload' });
  }
  assert.equal((await ask(file, 'status')).done, true);
});

test('one who leaves during a reload leaves nothing behind', async (t) => {
  let finish;
  const control = await open(t, { reload: () => new Promise((resolve) => { finish = resolve; }) });
  const socket = net.connect(control.path);
  socket.write('reload\n');
  while (finish === undefined) await new Promise((resolve) => { setTimeout(resolve, 10); });
  socket.destroy();
  while (control.sockets.size > 0) await new Promise((resolve) => { setTimeout(resolve, 10); });
  finish({ outcome: 'finished' });
  assert.equal((await ask(control.path, 'status')).done, true);
});

test('the socket of one that was killed is taken over, that of one that runs is not', async (t) => {
  const file = path.join(folder(t), 'c');
  const dead = spawn(process.execPath, ['-e', `require('net').createServer().listen(${JSON.stringify(file)},
    () => console.log('listening'))`], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(dead.stdout, 'data');
  const control = new ControlSocket(file, /** @type {any} */ ({ status: () => 1 }));
  await assert.rejects(control.open(), /is in use by another process. Stop that one, or choose another path/);
  dead.kill('SIGKILL');
  await once(dead, 'exit');
  await control.open();
  t.after(() => control.close());
  assert.equal((await ask(file, 'status')).status, 1);
});

test('what is in the way is said, and left as it is', async (t) => {
  const file = path.join(folder(t), 'c');
  fs.writeFileSync(file, 'mine');
  const blocked = new ControlSocket(file, /** @type {any} */ ({}));
  await assert.rejects(blocked.open(), /exists and is not a socket; left unchanged/);
  assert.equal(fs.readFileSync(file, 'utf8'), 'mine');
  const nowhere = new ControlSocket('/nowhere/c', /** @type {any} */ ({}));
  await assert.rejects(nowhere.open(), /--control \/nowhere\/c: .*Choose a path in a folder that this user may wri/);
});
