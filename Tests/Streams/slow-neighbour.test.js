'use strict';

// One slow stream holds up nobody: not the calls beside it on the link, and not the memory of either side. Who is slow
// pushes back on who is fast, all the way.
const assert = require('node:assert/strict');
const test = require('node:test');
const { callBytes, requestBytes } = require('../support/http-request.js');
const { streamExchange } = require('../support/http-stream-client.js');
const { Latencies } = require('../support/latency.js');
const { MemoryWatch } = require('../support/memory-watch.js');
const { parallel } = require('../support/parallel.js');
const { RawConnection } = require('../support/raw-connection.js');
const { pause } = require('../support/wait-until.js');
const { blocks, digestOf } = require('./deterministic-bytes.js');
const { withStreamingServer, figuresOf } = require('./pair.js');

const MEGABYTE = 1048576;
const SLOW_BYTES_PER_SECOND = MEGABYTE;
const SLOW_BYTES = 6 * MEGABYTE;
/**
 * What may be under way between a producer and a consumer: the kernel's buffers on the client's connection (up to 4 MB
 * to send and 6 MB to receive, by Linux' defaults), and the stream's window with the buffers of Node's own streams.
 */
const UNDER_WAY_LIMIT_BYTES = 12 * MEGABYTE;
const CALLS = 1_000;
const CALL_LANES = 4;
/** What a call may take at the median beside a slow stream, on a machine that does other work too. */
const MEDIAN_LIMIT_MILLISECONDS = 25;
const onNode = process.env.STREAMS_ON_NODE === '1';

/** Makes calls on kept connections until there were enough. */
async function callsBeside(port) {
  const latencies = new Latencies();
  const call = onNode ? requestBytes('/figures', { method: 'GET' }) : callBytes('add', { a: 5, b: 3 });
  await parallel(Array.from({ length: CALL_LANES }), CALL_LANES, async () => {
    const connection = await RawConnection.open({ port });
    for (let i = 0; i < CALLS / CALL_LANES; i += 1) {
      const answer = await latencies.time(() => { connection.send(call); return connection.answer(); });
      assert.equal(answer?.status, 200);
      if (!onNode) assert.equal(answer.body.toString(), '{"ok":true,"result":8}');
    }
    connection.destroy();
  });
  return latencies;
}

test('a client that reads slowly stops the source, and the calls beside it stay fast', {
  timeout: 60_000,
}, async (t) => {
  const length = 64 * MEGABYTE;
  await withStreamingServer(async ({ port, pids }) => {
    await callsBeside(port);
    const watch = new MemoryWatch(pids);
    let received = 0;
    const slow = new AbortController();
    const reading = readSlowly(port, length, slow.signal, (bytes) => { received = bytes; });
    await pause(300);
    const latencies = await callsBeside(port);
    const { produced } = await figuresOf(port);
    slow.abort();
    await reading;
    watch.end();
    t.diagnostic(`${latencies.report()}; ${watch.report()}; produced ${produced} bytes, read ${received}`);
    assert.ok(produced - received <= UNDER_WAY_LIMIT_BYTES, `${produced - received} bytes were made that nobody read`);
    assert.ok(latencies.percentile(0.5) <= MEDIAN_LIMIT_MILLISECONDS, latencies.report());
  });
});

test('a download read at 1 MB/s arrives whole', { timeout: 60_000 }, async () => {
  await withStreamingServer(async ({ port }) => {
    const answer = await streamExchange(port, {
      method: 'GET', path: `/download?bytes=${SLOW_BYTES}`, bytesPerSecond: SLOW_BYTES_PER_SECOND,
    });
    assert.deepEqual([answer.bytes, answer.sha256], [SLOW_BYTES, digestOf(SLOW_BYTES)]);
  });
});

test("a task that reads slowly stops the client's upload, and the calls beside it stay fast", {
  timeout: 60_000,
}, async (t) => {
  await withStreamingServer(async ({ port, pids }) => {
    await callsBeside(port);
    const watch = new MemoryWatch(pids);
    let sent = 0;
    const length = SLOW_BYTES + UNDER_WAY_LIMIT_BYTES;
    const uploading = streamExchange(port, {
      path: `/upload?bytesPerSecond=${4 * SLOW_BYTES_PER_SECOND}`,
      headers: { 'content-type': 'application/octet-stream', 'content-length': length }, body: blocks(length),
      onSent: (bytes) => { sent = bytes; },
    });
    await pause(500);
    const latencies = await callsBeside(port);
    const { consumed } = await figuresOf(port);
    const ahead = sent - consumed;
    const answer = await uploading;
    watch.end();
    t.diagnostic(`${latencies.report()}; ${watch.report()}; the client was ${ahead} bytes ahead`);
    assert.ok(ahead <= UNDER_WAY_LIMIT_BYTES, `the client could send ${ahead} bytes that nobody had read`);
    assert.deepEqual(JSON.parse(answer.body.toString('utf8')), { bytes: length, sha256: digestOf(length) });
    assert.ok(latencies.percentile(0.5) <= MEDIAN_LIMIT_MILLISECONDS, latencies.report());
  });
});

async function readSlowly(port, length, signal, onReceived) {
  const connection = await RawConnection.open({ port });
  connection.send(requestBytes(`/download?bytes=${length}`, { method: 'GET' }));
  const began = Date.now();
  while (!signal.aborted) {
    const ahead = connection.receivedBytes - ((Date.now() - began) / 1_000) * SLOW_BYTES_PER_SECOND;
    if (ahead > 0) connection.socket.pause(); else connection.socket.resume();
    onReceived(connection.receivedBytes);
    await pause(10);
  }
  connection.destroy();
}
