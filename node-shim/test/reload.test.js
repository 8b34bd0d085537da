'use strict';

// A rolling reload as the front sees it.
const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { TestFront, TYPE, frame } = require('./support/test-front');

const COMMAND = path.join(__dirname, '..', 'bin', 'runner-sidecar-shim.js');

/** The command with one worker, for a front that deals with each HELLO as `onHello` says. */
async function start(t, onHello) {
  const front = await TestFront.start({ loops: 2, onHello });
  const app = path.join(front.directory, 'app.js');
  fs.writeFileSync(app, 'module.exports = { tasks: { echo: (input) => input } };');
  const child = spawn(process.execPath, [COMMAND, app, '--socket', front.socket, '--workers', '1'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => { said += text; });
  t.after(async () => {
    child.kill('SIGKILL');
    await front.close();
  });
  const hears = async (pattern) => {
    while (!pattern.test(said)) await once(child.stderr, 'data', { signal: AbortSignal.timeout(15_000) });
    return said;
  };
  return { front, child, hears };
}

const ping = (peer) => peer.send(frame(TYPE.PING));

test('a worker counts as serving when every link was welcomed and it has answered', async (t) => {
  const { front, child, hears } = await start(t);
  while (front.peers.length < 2) await once(front, 'peer');
  const [first] = front.peers;
  const old = first.hello.worker;
  front.peers.forEach((peer) => {
    peer.on('frame', ({ type }) => {
      if (type === TYPE.DRAINING) peer.send(frame(TYPE.DRAINING));
    });
  });
  ping(first);
  await first.next(TYPE.PONG);
  await new Promise((resolve) => { setTimeout(resolve, 300); });
  child.kill('SIGHUP');
  while (front.peers.length < 4) await once(front, 'peer');
  const fresh = front.peers.filter((peer) => peer.hello.worker !== old);
  assert.equal(fresh.length, 2);
  await new Promise((resolve) => { setTimeout(resolve, 500); });
  const draining = () => first.frames.some(({ type }) => type === TYPE.DRAINING);
  assert.ok(!draining(), 'welcomed is not enough');
  const told = first.next(TYPE.DRAINING);
  ping(fresh[1]);
  await told;
  await hears(/reload finished: 1 worker replaced/);
});

test('a reload that changes settings which a front\'s workers must share stops, and says what to do', async (t) => {
  const reason = 'This worker announces another exposure than those that serve: auth differs';
  const { front, child, hears } = await start(t, (peer) => {
    const [{ hello: { worker } }] = front.peers;
    if (peer.hello.worker === worker) peer.welcome();
    else peer.send(frame(TYPE.REFUSED, { payload: JSON.stringify({ reason, retry: true }) }));
  });
  while (front.peers.length < 2) await once(front, 'peer');
  ping(front.peer);
  await front.peer.next(TYPE.PONG);
  await new Promise((resolve) => { setTimeout(resolve, 300); });
  child.kill('SIGHUP');
  const said = await hears(/reload stopped/);
  assert.match(said, /reload stopped: the front refuses the new worker \d+: This worker announces another exp/);
  assert.match(said, /changed by a restart, not by a reload\. The workers that were not replaced keep serving: 1 of 1/);
  assert.equal((await front.peer.call('echo', '5')).body, '{"ok":true,"result":5}');
});
