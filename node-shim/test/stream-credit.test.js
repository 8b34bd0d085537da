'use strict';

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const { Readable } = require('node:stream');
const { test } = require('node:test');
const { setTimeout: wait } = require('node:timers/promises');
const { serving, responseOf, callTask } = require('./support/stream-calls');
const { TYPE, frame, peerBlock } = require('./support/test-front');

test('a slow reader stops the stream at the window, and gets every byte in the end', async (t) => {
  let produced = 0;
  const windowBytes = 100_000;
  const total = 3_000_000;
  const hash = createHash('sha256');
  const { front } = await serving(t, (server) => {
    server.registerTask('large', () => ({
      headers: { 'content-length': String(total) },
      stream: new Readable({
        read() {
          const chunk = Buffer.alloc(Math.min(50_000, total - produced), produced % 251);
          produced += chunk.length;
          if (chunk.length > 0) hash.update(chunk);
          this.push(chunk.length > 0 ? chunk : null);
        },
      }),
    }));
    server.registerTask('quick', () => 1);
  }, {}, { limits: { windowBytes } });
  const response = callTask(front, 'large', '1', '', { credit: false });
  await wait(100);
  assert.equal(response.bytes.length, windowBytes);
  assert.ok(produced < windowBytes + 300_000, `${produced} bytes were produced without a reader`);
  assert.equal((await callTask(front, 'quick').over).result.detail, 200);
  let credited = 0;
  while (response.flags === null) {
    const due = response.bytes.length - credited;
    credited += due;
    if (due > 0) front.peer.send(frame(TYPE.CREDIT, { call: response.call, field: due }));
    await wait(1);
  }
  const body = response.bytes.subarray(response.bytes.indexOf('\r\n\r\n') + 4);
  assert.equal(createHash('sha256').update(body).digest('hex'), hash.digest('hex'));
});

test('an app that does not read holds the upload at the window; credit comes as it reads', async (t) => {
  const windowBytes = 200_000;
  let req;
  const { front } = await serving(t, () => {}, { requestListener: (one) => {
    req = one;
  } }, { limits: { windowBytes } });
  const { peer } = front;
  const call = front.nextCall();
  const response = responseOf(peer, call);
  peer.send(
    frame(TYPE.REQUEST, { call, flags: 1, payload: Buffer.concat([
      peerBlock(), Buffer.from('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n'),
    ]) }),
    ...Array.from({ length: 10 }, () => frame(TYPE.REQUEST_DATA, { call, payload: Buffer.alloc(20_000) })),
  );
  await wait(50);
  assert.equal(response.credits, 0);
  req.resume();
  await wait(50);
  assert.ok(response.credits >= windowBytes / 2, `${response.credits} bytes of credit`);
});

test('data past the window is a protocol error', async (t) => {
  const { front } = await serving(t, () => {}, { requestListener() {}, logger: { error() {}, warn() {}, info() {} } }, {
    limits: { windowBytes: 1000 },
  });
  const { peer } = front;
  peer.send(
    frame(TYPE.REQUEST, {
      call: 1,
      flags: 1,
      payload: Buffer.concat([peerBlock(), Buffer.from('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n')]),
    }),
    frame(TYPE.REQUEST_DATA, { call: 1, payload: Buffer.alloc(1001) }),
  );
  await new Promise((resolve) => peer.once('close', resolve));
});
