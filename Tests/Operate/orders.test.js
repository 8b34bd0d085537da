'use strict';

// A front that an app brings along takes orders from the app only: over a descriptor, not by signals, which reach the
// whole process group.
const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const test = require('node:test');
const { TYPES, encodeFrame, decodeFrames, PROTOCOL_VERSION, callsOf } = require('../support/bridge-frames.js');
const { callBytes } = require('../support/http-request.js');
const { frontBinary } = require('../support/project.js');
const { RawConnection } = require('../support/raw-connection.js');
const { honestHello } = require('../support/rogue-worker.js');
const { waitUntil } = require('../support/wait-until.js');

const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });
const HELLO = Buffer.from(JSON.stringify(honestHello(['never'], PROTOCOL_VERSION, {})));

/** A front as an app starts it: a worker that answers no call, and a descriptor for orders. */
class BroughtFront {
  static async start(options = []) {
    const front = new BroughtFront(options);
    front.bridge.write(encodeFrame({ type: TYPES.HELLO, field: PROTOCOL_VERSION, payload: HELLO }));
    await waitUntil('it greets the worker and listens', () => front.frames.length > 0 && front.listening());
    return front;
  }

  constructor(options) {
    this.child = spawn(frontBinary(), [
      'serve', '--listen', '127.0.0.1:0', '--bridge-fd', '3', '--control-fd', '4', '--exit-with-parent', ...options,
    ], { stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'] });
    this.exit = once(this.child, 'exit');
    this.text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) this.child[name].on('data', (text) => { this.text[name] += text; });
    [this.bridge, this.control] = /** @type {any} */ (this.child.stdio.slice(3));
    for (const stream of [this.bridge, this.control]) stream.on('error', () => {});
    this.frames = [];
    let rest = Buffer.alloc(0);
    this.bridge.on('data', (chunk) => {
      const decoded = decodeFrames(Buffer.concat([rest, chunk]));
      rest = decoded.rest;
      for (const frame of decoded.frames) {
        this.frames.push(frame);
        if (frame.type === TYPES.PING) {
          this.bridge.write(encodeFrame({ type: TYPES.PONG, field: frame.field, payload: Buffer.alloc(8) }));
        }
      }
    });
  }

  listening() {
    const line = this.text.stdout.split('\n').find((text) => text.includes('"listening"'));
    return line && JSON.parse(line);
  }

  /** A call that is under way, and stays so. */
  async call() {
    const connection = await RawConnection.open({ port: this.listening().port });
    connection.send(callBytes('never', {}));
    await waitUntil('the worker has it', () => this.frames.some((frame) => (
      frame.type === TYPES.CALLS && callsOf(frame).length > 0
    )));
    return connection;
  }

  get isThere() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async end() {
    if (this.isThere) this.child.kill('SIGKILL');
    await this.exit;
  }
}

async function withFront(options, use) {
  const front = await BroughtFront.start(options);
  try {
    await use(front);
  } finally {
    RawConnection.destroyAll();
    await front.end();
  }
}

const TIMEOUT = { timeout: 20_000 };

test('signals to the process group do nothing to a front that an app brings along', TIMEOUT, () => (
  withFront([], async (front) => {
    const call = await front.call();
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGTERM'])) {
      front.child.kill(signal);
      await pause(400);
    }
    await pause(400);
    assert.ok(front.isThere);
    assert.equal(call.ended, false, 'the call goes on');
    assert.ok(!front.text.stderr.includes('draining'), front.text.stderr);
  })
));

test('asked twice to stop in order, it stops in order', TIMEOUT, () => withFront([], async (front) => {
  const call = await front.call();
  front.control.write('stop\n');
  await waitUntil('it drains', () => front.text.stderr.includes('draining'));
  await pause(1_200);
  front.control.write('stop\nstop\n');
  front.child.kill('SIGTERM');
  await pause(300);
  assert.ok(front.isThere, 'it still waits for the call');
  assert.ok(!front.text.stderr.includes('cut short'), front.text.stderr);
  front.control.write('stop-now\n');
  assert.equal((await call.answer())?.status, 504);
  assert.deepEqual(await front.exit, [0, null]);
}));

test('an order to stop that comes while it starts is heeded', TIMEOUT, async () => {
  const front = new BroughtFront([]);
  try {
    front.control.write('stop\n');
    assert.deepEqual(await front.exit, [0, null]);
  } finally {
    await front.end();
  }
});

test('orders that it does not know are left alone, however long', TIMEOUT, () => withFront([], async (front) => {
  front.control.write(`dance\n\n${'x'.repeat(100_000)}\nsto`);
  await pause(200);
  assert.ok(front.isThere);
  front.control.write('p\n');
  assert.deepEqual(await front.exit, [0, null]);
}));

test('when the process at the other end of its orders is gone, it leaves', TIMEOUT, () => (
  withFront([], async (front) => {
    front.control.destroy();
    assert.deepEqual(await front.exit, [0, null]);
    assert.match(front.text.stderr, /the process that started this one is gone: draining/);
  })
));

test('it has an admin listener when told so, at the default address, too, and not otherwise', TIMEOUT, async () => {
  await withFront([], (front) => assert.equal(front.listening().admin, undefined));
  await withFront(['--admin', '127.0.0.1:7072'], async (front) => {
    assert.equal(front.listening().admin, '127.0.0.1:7072');
    assert.equal((await fetch('http://127.0.0.1:7072/livez')).status, 200);
  });
});
