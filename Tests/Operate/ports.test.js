'use strict';

// A port and a socket belong to one front, unless both were told to share: then one takes the other's place.
const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const { TestProcess } = require('../support/child-process.js');
const { Front } = require('../support/front.js');
const { freePort } = require('../support/free-port.js');
const { frontBinary } = require('../support/project.js');
const { RogueWorker } = require('../support/rogue-worker.js');
const { temporaryFolder } = require('../support/temporary-folder.js');
const { waitUntil } = require('../support/wait-until.js');

/** Starts a front that need not come up. */
function tryFront({ port, socket, options = [] }) {
  return new TestProcess('front', frontBinary(), [
    'serve', '--listen', `127.0.0.1:${port}`, '--admin', 'off', '--socket', socket, ...options,
  ]);
}

const eventOf = (child, name) => child.stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line))
  .find(({ event }) => event === name);

for (const loops of ['1', '3']) {
  test(`a second front on a port (${loops} loops) ends with EADDRINUSE, for people and for programs`, {
    timeout: 20_000,
  }, async () => {
    const front = await Front.start({ options: ['--loops', loops] });
    const second = tryFront({
      port: front.port, socket: path.join(temporaryFolder(), 's'), options: ['--loops', loops],
    });
    try {
      assert.deepEqual(await second.exit, { code: 1, signal: null });
      assert.match(second.stderr, /is in use\. Choose another address with --listen, .*--share-port/);
      const { code, address, port, message } = await waitUntil('it told', () => eventOf(second, 'failed'));
      assert.deepEqual({ code, address, port }, { code: 'EADDRINUSE', address: '127.0.0.1', port: front.port });
      assert.match(message, /is in use/);
    } finally {
      await front.stop();
      await second.stop();
    }
  });
}

test('of two fronts that start at the same moment on one port and socket, one serves, and a worker reaches it', {
  timeout: 60_000,
}, async () => {
  for (let round = 0; round < 12; round += 1) {
    const [port, socket] = [await freePort(), path.join(temporaryFolder(), 's')];
    // Another port each, in every second round: then the socket alone decides.
    const children = [0, 1].map((index) => tryFront({
      port: round % 2 ? 0 : port, socket, options: ['--loops', index ? '2' : '1'],
    }));
    try {
      await Promise.all(children.map((child) => waitUntil('it listens or ends', () => (
        child.exited !== undefined || eventOf(child, 'listening') !== undefined
      ))));
      const serving = children.filter((child) => child.exited === undefined);
      assert.equal(serving.length, 1, children.map((child) => child.report()).join(''));
      const worker = await RogueWorker.connect(socket);
      await waitUntil('the worker is greeted', () => worker.frames.length > 0);
      worker.destroy();
    } finally {
      await Promise.all(children.map((child) => child.stop()));
    }
  }
});

test('with --share-port a second front listens on the port, and takes the socket over', {
  timeout: 30_000,
}, async () => {
  const options = ['--share-port'];
  const old = await Front.start({ options });
  const next = await Front.start({ options, port: old.port, socket: old.socket });
  try {
    assert.equal(next.port, old.port);
    const worker = await RogueWorker.connect(old.socket);
    await next.workersReady(1);
    await old.stop();
    const second = await RogueWorker.connect(next.socket);
    await next.workersReady(2);
    for (const each of [worker, second]) each.destroy();
  } finally {
    await old.stop();
    await next.stop();
  }
});

test('a front with --share-port does not get the port of one without', { timeout: 20_000 }, async () => {
  const front = await Front.start({ options: ['--loops', '1'] });
  const second = tryFront({ port: front.port, socket: path.join(temporaryFolder(), 's'), options: ['--share-port'] });
  try {
    assert.deepEqual(await second.exit, { code: 1, signal: null });
  } finally {
    await front.stop();
    await second.stop();
  }
});
