'use strict';

// Every unexpected error leaves a line that names the task, the request and the place in the code; what an app says no
// with does not. The front is told which was which.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');
const { TunnelServer, serve } = require('..');
const { failureFlag } = require('../lib/failure-kind');
const { makeLog } = require('../lib/log');
const { TestFront, TYPE, defaultHead } = require('./support/test-front');

const FAILED = 4;
const REGISTERED = 8;
const INVALID = 16;
const HEAD = defaultHead('fails', 'task', 'x-request-id: r-1\r\ntraceparent: 00-aa-bb-01\r\n');

/** Runs something and gives what was written to standard error meanwhile. */
async function errorsOf(run) {
  const { write } = process.stderr;
  let text = '';
  process.stderr.write = /** @type {any} */ ((part) => { text += part; return true; });
  try {
    await run();
  } finally {
    process.stderr.write = write;
  }
  return text.split('\n').filter((line) => line.includes('exposure.'));
}

async function start(t, options = {}, limits = { resultFlags: 31 }) {
  const front = await TestFront.start({ limits });
  const server = new TunnelServer({ socket: front.socket, ...options });
  server.registerTask('fails', () => { throw new RangeError('out of stock'); });
  server.registerTask('sees', (_input, _context) => { throw new RangeError('out of stock'); });
  server.registerTask('misuses', () => /** @type {any} */ ({}).run());
  await server.listen();
  t.after(async () => {
    await server.close({ deadlineMilliseconds: 0 });
    await front.close();
  });
  return front.peer;
}

const parse = (line) => JSON.parse(line.slice(line.indexOf('{')));

test('an error of a TunnelServer task is one line on stderr, with task, request, trace and stack', async (t) => {
  const peer = await start(t);
  const [line, ...more] = await errorsOf(() => peer.call('sees', '1', { head: HEAD }));
  assert.deepEqual(more, []);
  assert.match(line, /^runner-sidecar error: exposure\.task\.error \{/);
  const { stack, ...rest } = parse(line);
  assert.deepEqual(rest, { task: 'sees', requestId: 'r-1', traceparent: '00-aa-bb-01', error: 'out of stock' });
  assert.match(stack, /^RangeError: out of stock\n.*errors-in-logs\.test\.js/);
});

test('a task that asked for no head names its request from its second failure on', async (t) => {
  const peer = await start(t);
  const announced = once(peer, 'hello');
  const [first] = await errorsOf(() => peer.call('fails', '1'));
  await announced;
  const [second] = await errorsOf(() => peer.call('fails', '1', { head: HEAD }));
  assert.equal(parse(first).task, 'fails');
  assert.equal(parse(second).requestId, 'r-1');
});

test('a logger that was given gets the message, the stack and the request', async (t) => {
  const lines = [];
  const logger = { info() {}, warn() {}, error: (message, data) => lines.push({ message, ...data }) };
  const peer = await start(t, { logger });
  await peer.call('sees', '1', { head: HEAD });
  const [{ message, error, requestId, stack }] = lines;
  assert.deepEqual([message, error, requestId], ['exposure.task.error', 'out of stock', 'r-1']);
  assert.match(stack, /RangeError/);
});

test('the runner\'s own logger gets the error itself, whose stack it prints', () => {
  const seen = [];
  const error = new Error('no');
  makeLog(undefined, { error: (...line) => seen.push(line) })('error', 'exposure.task.error', { error, task: 'a' });
  assert.deepEqual(seen, [['exposure.task.error', { error, task: 'a' }]]);
});

test('a flood of errors is shortened, and says by how much', async (t) => {
  const peer = await start(t);
  const { write } = process.stderr;
  const lines = [];
  process.stderr.write = /** @type {any} */ ((line) => { lines.push(line); return true; });
  try {
    await new Promise((resolve) => { setTimeout(resolve, 1000 - (performance.now() % 1000) + 5); });
    for (let i = 0; i < 80; i++) await peer.call('sees', '1', { head: HEAD });
    assert.equal(lines.filter((line) => line.includes('exposure.task.error')).length, 50);
    await new Promise((resolve) => { setTimeout(resolve, 1000); });
    await peer.call('sees', '1', { head: HEAD });
    assert.match(lines.at(-2), /^runner-sidecar warn: 30 more lines in one second were left out\n$/);
  } finally {
    process.stderr.write = write;
  }
});

test('what cannot be turned into text does not end a call', async (t) => {
  const front = await TestFront.start();
  t.after(() => front.close());
  const hostile = { toString() { throw new Error('never'); } };
  const service = await serve({ tasks: { a: () => { throw hostile; } } }, { socket: front.socket });
  const [line] = await errorsOf(() => front.peer.call('a', '1'));
  assert.match(line, /an error without text/);
  await service.close({ deadlineMilliseconds: 0 });
});

test('calling a definition of the runner by hand is explained, once', async (t) => {
  const peer = await start(t);
  const lines = await errorsOf(async () => {
    await peer.call('misuses', '1');
    await peer.call('misuses', '1', { head: HEAD });
  });
  assert.match(parse(lines[0]).hint, /serve\(runtime\).*docs\/migrating\.md/);
  assert.equal(parse(lines[1]).hint, undefined);
});

test('an unexpected error is a failure without more, a registered one and an invalid input say what they are', () => {
  const target = { id: 'app.tasks.spend' };
  const invalid = (data) => Object.assign(new Error('x'), { name: 'runner.errors.validation', data });
  assert.equal(failureFlag(new Error('x'), target, false), 0);
  assert.equal(failureFlag(new Error('x'), target, true), REGISTERED);
  assert.equal(failureFlag(invalid({ subject: 'Task input', id: 'app.tasks.spend' }), target, true), INVALID);
  assert.equal(failureFlag(invalid({ subject: 'Event payload', id: 'spend' }), target, false), INVALID);
  assert.equal(failureFlag(invalid({ subject: 'Task input', id: 'app.tasks.inner' }), target, false), 0);
  assert.equal(failureFlag(invalid({ subject: 'Task result', id: 'app.tasks.spend' }), target, false), 0);
});

for (const [limits, flags] of [[{ resultFlags: 31 }, [FAILED, FAILED | REGISTERED]], [{}, [FAILED, FAILED]]]) {
  test(`a front that takes ${JSON.stringify(limits)} gets the flags ${flags}`, async (t) => {
    const front = await TestFront.start({ limits: /** @type {any} */ (limits) });
    t.after(() => front.close());
    const quota = { is: (error) => error.name === 'app.errors.quota' };
    const run = async (task) => { throw Object.assign(new Error('x'), { name: task.throws, data: {} }); };
    const tasks = ['other', 'app.errors.quota'].map((name) => [name, { task: { throws: name } }]);
    const service = await serve(runtimeOf({ tasks, errors: [['app.errors.quota', quota]], run }), {
      socket: front.socket, logger: { info() {}, warn() {}, error() {} },
    });
    const results = [];
    for (const [id] of tasks) results.push((await front.peer.call(/** @type {string} */ (id), '1')).flags);
    assert.deepEqual(results, flags);
    await service.close({ deadlineMilliseconds: 0 });
  });
}

test('PONG has memory and utilization for a front that reads them', async (t) => {
  const peer = await start(t, {}, /** @type {any} */ ({ pongBytes: 24 }));
  const answered = peer.next(TYPE.PONG);
  peer.send(require('./support/test-front').frame(TYPE.PING, { field: 7 }));
  const { payload, field } = await answered;
  assert.equal(field, 7);
  assert.equal(payload.length, 24);
  const [, running, rss, heapUsed, heapTotal, utilization] = Array.from({ length: 6 }, (_, i) => (
    payload.readUInt32LE(i * 4)
  ));
  const { rss: rssNow } = process.memoryUsage();
  assert.equal(running, 0);
  assert.ok(Math.abs(rss * 1024 - rssNow) < rssNow / 2, `${rss} KiB, and now ${rssNow} bytes`);
  assert.ok(heapUsed > 0 && heapUsed <= heapTotal && heapTotal <= rss);
  assert.ok(utilization >= 0 && utilization <= 1_000_000);
});

/** The parts of an app on the runner, as far as they are read. */
function runtimeOf({ tasks, errors, run }) {
  const { Store } = require('../../docs/support/runner-stand-in.js');
  return {
    store: Object.assign(new Store(), { tasks: new Map(tasks), errors: new Map(errors) }),
    taskRunner: { run },
    eventManager: { emit: async () => {} },
    serializer: JSON,
  };
}
