'use strict';

const assert = require('node:assert/strict');
const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { setTimeout: wait } = require('node:timers/promises');
const { TestFront, TYPE, frame } = require('./support/test-front');

const COMMAND = path.join(__dirname, '..', 'bin', 'runner-sidecar-shim.js');
/** The real one when there is a bundle of it, else what stands in for it in the documents' snippets. */
const RUNNER = process.env.RUNNER_BUNDLE || path.join(__dirname, '../../docs/support/runner-stand-in.js');
const FORMS = {
  'store.js': 'module.exports = { tasks: { echo: (input) => input } };',
  'promise.js': 'module.exports = Promise.resolve({ tasks: { echo: (input) => input } });',
  'function.js': 'module.exports = async () => ({ tasks: new Map([["echo", { run: (input) => input }]]) });',
  'module.mjs': 'export default { tasks: { echo: (input) => input } };',
  'named.mjs': 'export const tasks = { echo: (input) => input };',
  'promise.mjs': 'export default Promise.resolve({ tasks: { echo: (input) => input } });',
  'function.mjs': 'export default () => Promise.resolve({ tasks: { echo: (input) => input } });',
  'awaited.mjs': 'export default await Promise.resolve({ tasks: { echo: (input) => input } });',
  'compiled.js': 'exports.__esModule = true; exports.default = Promise.resolve({ tasks: { echo: (input) => input } });',
  'runtime.js': `const { r, run } = require('${RUNNER}');
    const echo = r.task('echo').run(async (input) => input).build();
    module.exports = run(r.resource('app').register([echo]).build(), { logs: { printThreshold: null } });`,
};

/** An app's file in a folder of its own, and a front for it. */
async function withApp(t, file, source) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'shim-app-'));
  const app = path.join(directory, file);
  fs.writeFileSync(app, source);
  const front = await TestFront.start();
  t.after(async () => {
    await front.close();
    fs.rmSync(directory, { recursive: true, force: true });
  });
  return { front, app };
}

/** The command in a process group of its own. */
function start(t, front, ...args) {
  const child = spawn(process.execPath, [COMMAND, ...args, '--socket', front.socket], {
    stdio: ['ignore', 'pipe', 'inherit'], detached: true,
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

/** As a front answers a worker that wants to leave. */
function agreeToDrain(peer) {
  peer.on('frame', ({ type }) => {
    if (type === TYPE.DRAINING) peer.send(frame(TYPE.DRAINING));
  });
}

/** Everything sent to this worker before has arrived. */
async function pong(peer) {
  const answered = peer.next(TYPE.PONG);
  peer.send(frame(TYPE.PING));
  await answered;
}

for (const [file, source] of Object.entries(FORMS)) {
  test(`the shim serves ${file}, says what it exposes, and drains on SIGTERM`, async (t) => {
    const { front, app } = await withApp(t, file, source);
    const child = start(t, front, app);
    const [said] = await once(child.stdout, 'data');
    assert.match(String(said), new RegExp(`1 task and \\d events? of ${file} under /__runner`));
    if (front.peers.length === 0) await once(front, 'peer');
    assert.equal((await front.peer.call('echo', '1')).body, '{"ok":true,"result":1}');
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await front.peer.next(TYPE.DRAINING);
    front.peer.send(frame(TYPE.DRAINING));
    assert.deepEqual(await exit, [0, null]);
  });
}

test('--workers runs several processes, each a worker of its own, and replaces one that dies', async (t) => {
  const { front, app } = await withApp(t, 'app.js', FORMS['store.js']);
  const child = start(t, front, app, '--workers', '2');
  while (front.peers.length < 2) await once(front, 'peer');
  const [one, two] = front.peers.map((peer) => peer.hello);
  assert.notEqual(one.worker, two.worker);
  process.kill(one.pid, 'SIGKILL');
  const [third] = await once(front, 'peer');
  assert.ok(![one.worker, two.worker].includes(third.hello.worker));
  const exit = once(child, 'exit');
  front.peers.forEach(agreeToDrain);
  child.kill('SIGTERM');
  assert.deepEqual(await exit, [0, null]);
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`${signal} to the whole process group, as systemd and a terminal send it, lets calls finish`, async (t) => {
    const { front, app } = await withApp(t, 'slow.js', 'module.exports = { tasks: { slow: (input) => new Promise('
      + '(resolve) => setTimeout(resolve, 600, input)) } };');
    const child = start(t, front, app, '--workers', '2');
    while (front.peers.length < 2) await once(front, 'peer');
    const answers = front.peers.map((peer, i) => peer.call('slow', String(i)));
    front.peers.forEach(agreeToDrain);
    const exit = once(child, 'exit');
    // The calls have arrived; their processes hear the signal at once, and again from the first one.
    await Promise.all(front.peers.map(pong));
    process.kill(-child.pid, signal);
    const bodies = (await Promise.all(answers)).map(({ body }) => body);
    assert.deepEqual(bodies, ['{"ok":true,"result":0}', '{"ok":true,"result":1}']);
    assert.deepEqual(await exit, [0, null]);
  });
}

test('a second signal cuts it short, workers included', async (t) => {
  const { front, app } = await withApp(
    t, 'never.js', 'module.exports = { tasks: { never: () => new Promise(() => {}) } };',
  );
  const child = start(t, front, app, '--workers', '2');
  while (front.peers.length < 2) await once(front, 'peer');
  front.peers.forEach((peer) => peer.call('never', '1').catch(() => {}));
  await Promise.all(front.peers.map(pong));
  const closed = front.peers.map((peer) => once(peer, 'close'));
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await Promise.all(front.peers.map((peer) => peer.next(TYPE.DRAINING)));
  // At once, it would be the same order again.
  child.kill('SIGTERM');
  await wait(1100);
  assert.equal(child.exitCode, null);
  child.kill('SIGTERM');
  assert.deepEqual(await exit, [1, null]);
  await Promise.all(closed);
});

test('healthcheck says how the workers do, and fails when none serves', async (t) => {
  const { front, app } = await withApp(t, 'app.js', FORMS['store.js']);
  const control = path.join(path.dirname(app), 'control');
  const child = start(t, front, app, '--workers', '1', '--control', control);
  if (front.peers.length === 0) await once(front, 'peer');
  const check = async () => {
    const asked = spawn(process.execPath, [COMMAND, 'healthcheck', '--control', control]);
    let said = '';
    asked.stdout.on('data', (text) => { said += text; });
    const [code] = await once(asked, 'close');
    return { code, said };
  };
  const early = await check();
  assert.deepEqual(early, { code: 1, said: '0 of 1 workers serve\n' });
  await front.peer.call('echo', '1');
  for (let i = 0; i < 50 && (await check()).code !== 0; i++) await wait(50);
  assert.deepEqual(await check(), { code: 0, said: '1 of 1 workers serve\n' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal((await check()).code, 1);
});

test('what an app throws while it is loaded is printed whole, with its place', () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'broken-app-'));
  const broken = {
    'syntax.js': ['const a = ;', /syntax\.js:1\nconst a = ;\n +\^/],
    'syntax.mjs': ['export const a = ;', /syntax\.mjs:1\nexport const a = ;\n +\^/],
    'throws.js': ['throw new TypeError("boom")', /TypeError: boom\n +at .*throws\.js:1/],
    'rejects.js': [
      'module.exports = Promise.reject(new Error("no database", { cause: new Error("refused") }))',
      /Error: no database\n +at .*rejects\.js:1[\s\S]*\[cause\]: Error: refused/,
    ],
    'text.js': ['throw "only a text"', /text\.js failed:\n'only a text'/],
  };
  try {
    for (const [file, [source, message]] of Object.entries(broken)) {
      fs.writeFileSync(path.join(directory, file), /** @type {string} */ (source));
      const { stderr, status } = spawnSync(process.execPath, [COMMAND, path.join(directory, file), '--socket', '/x'], {
        encoding: 'utf8',
      });
      assert.match(stderr, /** @type {RegExp} */ (message));
      assert.equal(status, 1);
    }
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
});

test('a command that cannot run says why', () => {
  const run = (...args) => spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' });
  assert.match(run().stderr, /name one app to load/);
  assert.match(run('app.js').stderr, /--socket PATH/);
  assert.match(run('app.js', '--socket', '/x', '--workers', 'many').stderr, /--workers takes a whole number/);
  assert.match(run('/nowhere.js', '--socket', '/x').stderr, /nowhere\.js/);
  assert.match(run('--help').stdout, /--workers N/);
});

test('the ES module entry gives the same', async () => {
  const module = await import('runner-sidecar');
  assert.equal(module.TunnelServer, require('runner-sidecar').TunnelServer);
  assert.equal(module.serve, require('..').serve);
});
