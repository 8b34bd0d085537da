'use strict';

// An app made by `run()` ends in order: calls first, then resources, then the process, whoever asks for it. On the real
// runner where RUNNER_BUNDLE names a bundle of it, else on what stands in for it, with the same hooks.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { serve } = require('..');
const { closeBeforeDispose } = require('../lib/lifecycle');
const { TestFront, TYPE, frame } = require('./support/test-front');

const COMMAND = path.join(__dirname, '..', 'bin', 'runner-sidecar-shim.js');
const RUNNER = process.env.RUNNER_BUNDLE || path.join(__dirname, '../../docs/support/runner-stand-in.js');
const CALL_MILLISECONDS = 600;

/** A task that is longer than a restart, and a database that must outlive it. */
const appSource = (runOptions = '{}', more = '') => `
  const { r, run } = require(${JSON.stringify(RUNNER)});
  const fs = require('node:fs');
  const say = (text) => fs.writeSync(1, text + '\\n');
  const database = r.resource('app.database')
    .init(async () => ({ open: true }))
    .dispose(async (connection) => {
      connection.open = false;
      await new Promise((resolve) => setTimeout(resolve, 50));
      say('database closed');
    })
    .build();
  const slow = r.task('app.tasks.slow').dependencies({ database }).run(async (_input, { database }) => {
    await new Promise((resolve) => setTimeout(resolve, ${CALL_MILLISECONDS}));
    say(database.open ? 'call done' : 'call without its database');
    return database.open;
  }).build();
  const app = r.resource('app').register([database, slow${more && `, ${more}`}]).build();
  const started = run(app, { logs: { printThreshold: null }, ...${runOptions} });
`;

/** Runs a script beside a front that lets workers drain, and collects what it says until it ends. */
async function start(t, source, commandOf) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'lifecycle-'));
  const file = path.join(directory, 'app.js');
  const front = await TestFront.start();
  fs.writeFileSync(file, source(front.socket));
  const child = spawn(process.execPath, commandOf(file, front.socket), {
    stdio: ['ignore', 'pipe', 'inherit'], detached: true,
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => { said += text; });
  t.after(async () => {
    child.kill('SIGKILL');
    await front.close();
    fs.rmSync(directory, { recursive: true, force: true });
  });
  const exit = once(child, 'exit');
  const early = exit.then(([code]) => { throw new Error(`it ended with ${code} before it was served`); });
  if (front.peers.length === 0) await Promise.race([once(front, 'peer'), early]);
  early.catch(() => {});
  // The runner listens for signals once `run` is over.
  while (!/^up$|for the front at/m.test(said)) await once(child.stdout, 'data');
  front.peer.on('frame', ({ type }) => {
    if (type === TYPE.DRAINING) front.peer.send(frame(TYPE.DRAINING));
  });
  return { front, child, exit, lines: () => said.split('\n').filter((line) => /database|call|end/.test(line)) };
}

const byCommand = (file, socket) => [COMMAND, file, '--socket', socket];
const byItself = (file) => [file];
const exporting = (runOptions) => () => `${appSource(runOptions)}\nmodule.exports = started;`;
const serving = (more = '') => (socket) => `${appSource()}
  const { serve } = require(${JSON.stringify(path.join(__dirname, '..'))});
  started.then((runtime) => serve(runtime, { socket: ${JSON.stringify(socket)} }).then(() => { say('up'); ${more} }));`;

const registering = (socket) => appSource('{}', `require(${JSON.stringify(path.join(__dirname, '..'))})
  .sidecarResource(require(${JSON.stringify(RUNNER)}), { socket: ${JSON.stringify(socket)} })`)
  + '\nstarted.then(() => say("up"));';

const WAYS = {
  'the shim, an app with the runner\'s shutdown hooks': [exporting(), byCommand],
  'the shim, an app with shutdownHooks: false': [exporting('{ shutdownHooks: false }'), byCommand],
  'serve() alone: the runner\'s own hook ends the app': [serving(), byItself],
  'sidecarResource() registered: the runner starts and ends it': [registering, byItself],
  'serve() with a SIGTERM handler that disposes the runtime': [
    serving('process.once("SIGTERM", () => runtime.dispose());'), byItself,
  ],
};

for (const [way, [source, commandOf]] of Object.entries(WAYS)) {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    test(`${way}: ${signal} lets the call finish, closes the database once, and exits with 0`, async (t) => {
      const { front, child, exit, lines } = await start(t, source, commandOf);
      const answer = front.peer.call('app.tasks.slow', '1');
      front.peer.send(frame(TYPE.PING));
      await front.peer.next(TYPE.PONG);
      // To the whole group, as a terminal and systemd send it, and once more, as a parent may.
      process.kill(-child.pid, signal);
      child.kill(signal);
      assert.equal((await answer).body, '{"ok":true,"result":true}');
      assert.deepEqual(await exit, [0, null]);
      assert.deepEqual(lines(), ['call done', 'database closed']);
    });
  }
}

test('a resource that fails to dispose is told of, and the shim ends with 1', async (t) => {
  const source = () => 'module.exports = { tasks: { a: () => 1 }, '
    + 'dispose: async () => { throw new Error("still open"); } };';
  const { child, exit } = await start(t, source, byCommand);
  child.kill('SIGTERM');
  assert.deepEqual(await exit, [1, null]);
});

test('the runtime that disposes itself closes the service first, and closing twice is closing once', async (t) => {
  const order = [];
  const front = await TestFront.start();
  t.after(() => front.close());
  const store = { tasks: new Map([['a', { run: () => 1 }]]), dispose: async () => { order.push('disposed'); } };
  const service = await serve({ store }, { socket: front.socket });
  front.peer.on('frame', ({ type }) => {
    if (type === TYPE.DRAINING) {
      order.push('draining');
      front.peer.send(frame(TYPE.DRAINING));
    }
  });
  const closing = service.close();
  await Promise.all([store.dispose(), store.dispose(), closing, service.close()]);
  assert.deepEqual(order, ['draining', 'disposed']);
});

test('from runner 6.0 on, the service closes before the store cools down, while calls are let in', async () => {
  const order = [];
  const store = {
    cooldown: async (options) => { order.push(`cooldown ${options.window}`); },
    dispose: async () => { order.push('dispose'); },
  };
  const release = closeBeforeDispose(store, async () => { order.push('close'); });
  await store.cooldown({ window: 5 });
  release();
  await store.dispose();
  assert.deepEqual(order, ['close', 'cooldown 5', 'dispose']);
});

test('a service that could not be closed does not keep the resources from being disposed', async () => {
  const order = [];
  const store = { dispose: async () => { order.push('dispose'); } };
  closeBeforeDispose(store, async () => { throw new Error('no'); });
  await store.dispose();
  assert.deepEqual(order, ['dispose']);
});
