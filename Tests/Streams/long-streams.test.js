'use strict';

// However long a stream is, neither side keeps it: uploads, downloads and both at once arrive whole, in memory that
// does not grow with their length.
const assert = require('node:assert/strict');
const test = require('node:test');
const { amount } = require('../support/amount.js');
const { MemoryWatch } = require('../support/memory-watch.js');
const { streamExchange } = require('../support/http-stream-client.js');
const { blocks, digestOf } = require('./deterministic-bytes.js');
const { withStreamingServer } = require('./pair.js');

const LENGTH_BYTES = amount('STREAM_MEGABYTES', { usual: 256, long: 2048 }) * 1048576;
/** The front's own promise is 256 KiB a stream; the rest is the allocator's slack. */
const FRONT_GROWTH_LIMIT_BYTES = 4 * 1048576;
/** V8 frees the buffers that passed through when it sees fit. Well below the shortest run all the same. */
const APP_GROWTH_LIMIT_BYTES = 96 * 1048576;
const TIMEOUT = { timeout: 30_000 + LENGTH_BYTES / 5_000 };

const octets = { 'content-type': 'application/octet-stream', 'content-length': LENGTH_BYTES };

/** Runs `exchange` against a server of its own, and holds its memory to the limits. */
async function inBoundedMemory(t, exchange) {
  await withStreamingServer(async ({ port, pids }) => {
    await exchange(port, 4 * 1048576);
    const watch = new MemoryWatch(pids);
    const began = Date.now();
    await exchange(port, LENGTH_BYTES);
    const grown = watch.end();
    t.diagnostic(
      `${LENGTH_BYTES / 1048576} MB in ${((Date.now() - began) / 1000).toFixed(1)} s; memory: ${watch.report()}`,
    );
    if (grown.front !== undefined) {
      assert.ok(grown.front <= FRONT_GROWTH_LIMIT_BYTES, `the front grew by ${grown.front} bytes`);
    }
    assert.ok(grown.app <= APP_GROWTH_LIMIT_BYTES, `the app grew by ${grown.app} bytes`);
  });
}

test('a long upload arrives whole, in constant memory', TIMEOUT, (t) => inBoundedMemory(t, async (
  port, lengthBytes,
) => {
  const answer = await streamExchange(port, {
    path: '/upload', headers: { ...octets, 'content-length': lengthBytes }, body: blocks(lengthBytes),
  });
  assert.deepEqual(JSON.parse(answer.body.toString('utf8')), { bytes: lengthBytes, sha256: digestOf(lengthBytes) });
}));

test('a long chunked upload arrives whole, in constant memory', TIMEOUT, (t) => inBoundedMemory(t, async (
  port, lengthBytes,
) => {
  const answer = await streamExchange(port, {
    path: '/upload', headers: { 'content-type': 'application/octet-stream' }, body: blocks(lengthBytes),
  });
  assert.deepEqual(JSON.parse(answer.body.toString('utf8')), { bytes: lengthBytes, sha256: digestOf(lengthBytes) });
}));

test('a long download arrives whole, in constant memory', TIMEOUT, (t) => inBoundedMemory(t, async (
  port, lengthBytes,
) => {
  const answer = await streamExchange(port, { method: 'GET', path: `/download?bytes=${lengthBytes}` });
  assert.deepEqual([answer.status, answer.bytes, answer.sha256], [200, lengthBytes, digestOf(lengthBytes)]);
}));

test('a long stream that a task called with JSON returns arrives whole, in constant memory', {
  ...TIMEOUT, skip: process.env.STREAMS_ON_NODE === '1' && 'tasks need the front',
}, (t) => inBoundedMemory(t, async (port, lengthBytes) => {
  const body = Buffer.from(JSON.stringify({ input: { bytes: lengthBytes } }));
  const answer = await streamExchange(port, {
    path: '/__runner/task/download',
    headers: { 'content-type': 'application/json', 'content-length': body.length },
    body: [body],
  });
  assert.deepEqual([answer.status, answer.bytes, answer.sha256], [200, lengthBytes, digestOf(lengthBytes)]);
}));

test('a long upload echoed while it comes arrives whole, in constant memory', TIMEOUT, (t) => inBoundedMemory(t, async (
  port, lengthBytes,
) => {
  const answer = await streamExchange(port, {
    path: '/echo', headers: { ...octets, 'content-length': lengthBytes }, body: blocks(lengthBytes),
  });
  assert.deepEqual([answer.status, answer.bytes, answer.sha256], [200, lengthBytes, digestOf(lengthBytes)]);
}));
