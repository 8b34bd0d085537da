'use strict';

// A worker may do anything: say nothing, answer twice, answer for calls that never were, send garbage, speak another
// version. The front refuses or drops it with a reason, keeps serving through the others, and never hangs.
const assert = require('node:assert/strict');
const test = require('node:test');
const { PROTOCOL_VERSION } = require('../../node-shim/lib/protocol.js');
const { TYPES, RESULT_FLAGS, encodeFrame } = require('../support/bridge-frames.js');
const { FaultRun } = require('../support/fault-run.js');
const { callBytes, callOnce } = require('../support/http-request.js');
const { Random } = require('../support/random.js');
const { RawConnection } = require('../support/raw-connection.js');
const { RogueWorker } = require('../support/rogue-worker.js');
const { pause, waitUntil } = require('../support/wait-until.js');

const TIMEOUT = { timeout: 30_000 };
/**
 * 32 MB in pieces of 64 KiB: the kernel takes up to 10 MB for a client that does not read, and what it took is no
 * longer under way.
 */
const PIECES_BEYOND_THE_KERNEL = 512;
const alone = (use, frontOptions = []) => FaultRun.with({ workers: 0, frontOptions }, use);

/** The front is well when an honest worker is served at once. */
async function assertStillServes(run) {
  const worker = await run.startWorker();
  assert.deepEqual((await callOnce(run.front.port, 'add', { a: 5, b: 3 })).envelope, { ok: true, result: 8 });
  await run.killWorker(worker);
}

test('an honest worker of another make is welcomed and serves', TIMEOUT, () => alone(async (run) => {
  const worker = await RogueWorker.connect(run.front.socket, {
    onCall: (self, call) => self.result(call, 'from afar'),
  });
  const welcome = JSON.parse((await worker.frame(TYPES.WELCOME)).payload.toString());
  assert.equal(welcome.protocol, PROTOCOL_VERSION);
  assert.ok(welcome.limits.windowBytes > 0);
  assert.deepEqual((await callOnce(run.front.port, 'once', {})).envelope, { ok: true, result: 'from afar' });
  worker.destroy();
}));

test('a worker that never answers: the call is answered 504 and cancelled', TIMEOUT, () => alone(async (run) => {
  const worker = await RogueWorker.connect(run.front.socket);
  await worker.frame(TYPES.WELCOME);
  const { status, envelope } = await callOnce(run.front.port, 'once', {});
  assert.equal(status, 504);
  assert.equal(envelope.error.code, 'TIMEOUT');
  const cancel = await worker.frame(TYPES.CANCEL);
  assert.equal(cancel.detail, 3, 'the reason is that time ran out');
  worker.destroy();
  await run.front.quiet();
  await assertStillServes(run);
}, ['--task-timeout', '500ms']));

test('a worker that answers twice: the first counts, the second is dropped', TIMEOUT, () => alone(async (run) => {
  const worker = await RogueWorker.connect(run.front.socket, { onCall: (self, call) => {
    self.result(call, 'first');
    self.result(call, 'second');
  } });
  await worker.frame(TYPES.WELCOME);
  const connection = await RawConnection.open({ port: run.front.port });
  for (let i = 0; i < 20; i += 1) {
    connection.send(callBytes('once', { i }));
    const answer = await connection.answer();
    assert.equal(answer?.body.toString(), '{"ok":true,"result":"first"}');
  }
  await pause(50);
  assert.equal(connection.reader.unreadBytes, 0, 'nothing more came');
  assert.equal(worker.closed, false, 'a late answer is no protocol error');
  connection.destroy();
  worker.destroy();
}));

test('a worker that answers for calls that never were disturbs no call that is', TIMEOUT, () => alone(async (run) => {
  const random = new Random(4);
  const worker = await RogueWorker.connect(run.front.socket, {
    onCall: (self, call) => {
      for (let i = 0; i < 50; i += 1) self.result((call ^ random.integer(1, 0xffffffff)) >>> 0, 'stray');
      self.result(call, 'mine');
    },
  });
  await worker.frame(TYPES.WELCOME);
  for (let i = 0; i < 10; i += 1) {
    assert.deepEqual((await callOnce(run.front.port, 'once', {})).envelope, { ok: true, result: 'mine' });
  }
  worker.destroy();
  await assertStillServes(run);
}));

test("a worker that answers another worker's call is not believed", TIMEOUT, () => alone(async (run) => {
  let seen;
  const honest = await RogueWorker.connect(run.front.socket, { tasks: ['honest'], onCall: (_self, call) => {
    seen = call;
  } });
  const liar = await RogueWorker.connect(run.front.socket, { tasks: ['other'] });
  await honest.frame(TYPES.WELCOME);
  await liar.frame(TYPES.WELCOME);
  const answer = callOnce(run.front.port, 'honest', {});
  while (seen === undefined) await pause(10);
  liar.result(seen, 'a lie');
  await pause(100);
  honest.result(seen, 'the truth');
  assert.deepEqual((await answer).envelope, { ok: true, result: 'the truth' });
  honest.destroy();
  liar.destroy();
}));

test('a worker of a newer version is refused with a reason a person can act on', TIMEOUT, () => alone(async (run) => {
  const worker = await RogueWorker.connect(run.front.socket, { protocol: PROTOCOL_VERSION + 1 });
  const refused = JSON.parse((await worker.frame(TYPES.REFUSED)).payload.toString());
  assert.equal(refused.protocol, PROTOCOL_VERSION);
  assert.equal(refused.retry, false);
  assert.match(refused.reason, /version|protocol/i);
  assert.match(refused.reason, new RegExp(String(PROTOCOL_VERSION + 1)));
  await worker.closedByFront();
  await assertStillServes(run);
}));

test('a worker that says nothing is not waited for for ever', TIMEOUT, () => alone(async (run) => {
  const worker = await RogueWorker.connect(run.front.socket, { hello: null });
  await worker.closedByFront(8_000);
  await assertStillServes(run);
}));

const frame = (type, fields = {}) => encodeFrame({ type, ...fields });
const GARBAGE = {
  'random bytes': () => new Random(9).bytes(4096),
  'an unknown frame type': () => frame(0x7f),
  'a frame only the front may send': () => frame(TYPES.CALLS, { detail: 1 }),
  'an unknown flag': () => frame(TYPES.RESULT, { flags: 0x80, detail: 200, call: 1 }),
  'a length beyond every limit': () => frame(TYPES.RESULT, { detail: 200, call: 1, length: 0xffffffff }),
  'a PONG without its payload': () => frame(TYPES.PONG, { field: 1 }),
  'HELLO again, and not JSON': () => frame(TYPES.HELLO, { field: 1, payload: Buffer.from('{"protocol":1,') }),
};
for (const [what, bytes] of Object.entries(GARBAGE)) {
  test(`a worker that sends ${what} loses its link, and its call is answered`, TIMEOUT, () => alone(async (run) => {
    const worker = await RogueWorker.connect(run.front.socket, { onCall: (self) => self.sendBytes(bytes()) });
    await worker.frame(TYPES.WELCOME);
    const { status, envelope } = await callOnce(run.front.port, 'once', {});
    assert.deepEqual([status, envelope.error?.code], [502, 'BAD_WORKER_ANSWER']);
    await worker.closedByFront();
    assert.match(run.front.child.stderr, /protocol|bridge|frame|hello/i, 'the reason is logged');
    await assertStillServes(run);
  }));
}

const BAD_HELLOS = {
  'random bytes': new Random(3).bytes(256),
  'a result': encodeFrame({ type: TYPES.RESULT, flags: RESULT_FLAGS.empty, detail: 200 }),
  'text that is not JSON': encodeFrame({ type: TYPES.HELLO, field: 1, payload: Buffer.from('hello') }),
  'JSON of the wrong shape': encodeFrame({
    type: TYPES.HELLO, field: 1, payload: Buffer.from('{"protocol":1,"targets":5}'),
  }),
  'JSON nested without end': encodeFrame({ type: TYPES.HELLO, field: 1, payload: Buffer.from('['.repeat(100_000)) }),
  'an HTTP request': Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
};
for (const [what, hello] of Object.entries(BAD_HELLOS)) {
  test(`a connection that greets with ${what} is closed`, TIMEOUT, () => alone(async (run) => {
    const worker = await RogueWorker.connect(run.front.socket, { hello });
    await worker.closedByFront();
    assert.equal(worker.frames.some(({ type }) => type === TYPES.WELCOME), false);
    await assertStillServes(run);
  }));
}

test('a worker that sends past a stream window loses its link', TIMEOUT, () => alone(async (run) => {
  const head = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n');
  const piece = encodeFrame({ type: TYPES.RESPONSE_DATA, call: 0, payload: Buffer.alloc(65536) });
  const worker = await RogueWorker.connect(run.front.socket, {
    onCall: (self, call) => {
      self.send({ type: TYPES.RESPONSE_DATA, call, payload: head });
      piece.writeUInt32LE(call, 8);
      for (let i = 0; i < PIECES_BEYOND_THE_KERNEL; i += 1) self.sendBytes(Buffer.from(piece));
    },
  });
  await worker.frame(TYPES.WELCOME);
  const connection = await RawConnection.open({ port: run.front.port });
  connection.socket.pause();
  connection.send(callBytes('once', {}));
  await worker.closedByFront();
  connection.destroy();
  await assertStillServes(run);
}));

test('what one stream left of its window is not the next one\'s', TIMEOUT, () => alone(async (run) => {
  const body = Buffer.alloc(50_000);
  const head = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${4 * body.length}\r\n\r\n`);
  const worker = await RogueWorker.connect(run.front.socket, {
    // All of it within the window, and its end with it: nothing is worth giving credit for any more.
    onCall: (self, call) => self.sendBytes(Buffer.concat([
      ...[head, body, body, body, body].map((payload) => encodeFrame({ type: TYPES.RESPONSE_DATA, call, payload })),
      encodeFrame({ type: TYPES.RESPONSE_END, flags: 1, call }),
    ])),
  });
  await worker.frame(TYPES.WELCOME);
  const connection = await RawConnection.open({ port: run.front.port });
  for (let i = 0; i < 10; i += 1) {
    connection.send(callBytes('once', {}));
    assert.equal((await connection.answer())?.body.length, 4 * body.length);
  }
  const credited = new Map();
  for (const { type, call, field } of worker.frames) {
    if (type === TYPES.CREDIT) credited.set(call, (credited.get(call) ?? 0) + field);
  }
  for (const [call, bytes] of credited) {
    assert.ok(bytes <= head.length + 4 * body.length, `call ${call} got credit for ${bytes} bytes`);
  }
  assert.equal(worker.closed, false);
  connection.destroy();
  worker.destroy();
}));

test('calls for an absent worker hold up nobody else, and are answered when it is back', TIMEOUT, () => alone(async (
  run,
) => {
  const start = (id) => RogueWorker.connect(run.front.socket, {
    tasks: [id], onCall: (self, call) => self.result(call, id),
  });
  const [here, away] = await Promise.all([start('here'), start('away')]);
  await Promise.all([here, away].map((worker) => worker.frame(TYPES.WELCOME)));
  away.destroy();
  await run.front.workersReady(1);
  const patience = { timeoutMilliseconds: 20_000 };
  const waiting = Array.from({ length: 600 }, () => callOnce(run.front.port, 'away', {}, patience));
  await waitUntil('they wait', async () => (await run.front.underWay()).queued === waiting.length);
  for (let i = 0; i < 200; i += 1) assert.equal((await callOnce(run.front.port, 'here', {})).envelope.result, 'here');
  const back = await start('away');
  const results = (await Promise.all(waiting)).map(({ envelope }) => envelope.result);
  assert.deepEqual([...new Set(results)], ['away']);
  for (const worker of [here, back]) worker.destroy();
}, ['--loops', '1', '--worker-wait', '1m']));

test('workers with different tables each get only what they announced', TIMEOUT, () => alone(async (run) => {
  const [first, second] = await Promise.all(['one', 'two'].map((id) => RogueWorker.connect(run.front.socket, {
    tasks: [id], onCall: (self, call) => self.result(call, id),
  })));
  await first.frame(TYPES.WELCOME);
  await second.frame(TYPES.WELCOME);
  for (let i = 0; i < 10; i += 1) {
    assert.equal((await callOnce(run.front.port, 'one', {})).envelope.result, 'one');
    assert.equal((await callOnce(run.front.port, 'two', {})).envelope.result, 'two');
  }
  assert.equal((await callOnce(run.front.port, 'three', {})).status, 404);
  first.destroy();
  second.destroy();
}));
