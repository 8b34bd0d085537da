'use strict';

// What an app says of a task or event, as HELLO carries it.
const assert = require('node:assert/strict');
const { test } = require('node:test');
const { createPlainApp, addHandler } = require('../lib/plain-app');
const { TunnelServer } = require('..');
const { serve } = require('..');
const { TestFront } = require('./support/test-front');

/** What is announced as safe. */
const safeOf = ({ targets }) => targets.filter(({ safe }) => safe === true).map(({ kind, id }) => `${kind} ${id}`);

test('a task or event that is marked safe is announced so, others say nothing of it', () => {
  const app = createPlainApp({ http: {} });
  addHandler(app, 'task', 'get', () => 1, { safe: true });
  addHandler(app, 'task', 'set', () => 1, { safe: false });
  addHandler(app, 'event', 'seen', () => {}, { safe: true });
  addHandler(app, 'event', 'done', () => {});
  assert.deepEqual(safeOf(app.describe()), ['task get', 'event seen']);
  assert.ok(app.describe().targets.filter(({ id }) => ['set', 'done'].includes(id)).every((one) => !('safe' in one)));
  addHandler(app, 'task', 'get', () => 2);
  assert.deepEqual(safeOf(app.describe()), ['event seen'], 'registered anew, it has the marks of now');
});

test('a mark that is neither true nor false is refused', () => {
  const server = new TunnelServer();
  const wrong = /** @type {any} */ ({ safe: 'yes' });
  assert.throws(() => server.registerTask('get', () => 1, wrong), /safe of task get must be true or false/);
});

test('a store marks with safe beside run', async (t) => {
  const front = await TestFront.start();
  t.after(() => front.close());
  const service = await serve({
    tasks: { get: { run: () => 1, safe: true }, set: { run: () => 1 }, other: () => 1 },
  }, { socket: front.socket });
  t.after(() => service.close({ deadlineMilliseconds: 0 }));
  assert.deepEqual(safeOf(front.peer.hello), ['task get']);
});
