'use strict';

// Wherever a client goes away, everything that was for it goes away too: the app's streams, the front's, the
// descriptors of both. And the next client is served as if nothing had been.
const assert = require('node:assert/strict');
const test = require('node:test');
const { exchangeOnce, requestBytes } = require('../support/http-request.js');
const { openDescriptors } = require('../support/process-figures.js');
const { RawConnection } = require('../support/raw-connection.js');
const { pause, waitUntil } = require('../support/wait-until.js');
const { blocks } = require('./deterministic-bytes.js');
const { withStreamingServer, figuresOf } = require('./pair.js');

const LENGTH = 8 * 1048576;
const body = Buffer.concat([...blocks(LENGTH)]);
const uploadHead = Buffer.from(
  `POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nContent-Length: ${LENGTH}\r\n\r\n`,
);
const chunkedHead = Buffer.from(
  'POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
);
const echoHead = Buffer.from(
  `POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nContent-Length: ${LENGTH}\r\n\r\n`,
);
const download = requestBytes(`/download?bytes=${LENGTH * 8}`, { method: 'GET' });
const taskDownload = Buffer.from(
  'POST /__runner/task/download HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n'
      + 'Content-Length: 28\r\n\r\n{"input":{"bytes":67108864}}',
);

/** How far the client gets before it goes. @type {Record<string, (connection: RawConnection) => Promise<unknown>>} */
const STAGES = {
  'having sent nothing': async () => {},
  'within the head of an upload': async (connection) => connection.send(uploadHead.subarray(0, 30)),
  'after the head of an upload': async (connection) => connection.send(uploadHead),
  'after a byte of an upload': async (connection) => connection.send(Buffer.concat([uploadHead, body.subarray(0, 1)])),
  'in the middle of an upload': async (connection) => connection.sendWithBackpressure(
    Buffer.concat([uploadHead, body.subarray(0, LENGTH / 2)]),
  ),
  'a byte before the end of an upload': async (connection) => connection.sendWithBackpressure(
    Buffer.concat([uploadHead, body.subarray(0, LENGTH - 1)]),
  ),
  'after an upload, before its answer': async (connection) => connection.sendWithBackpressure(
    Buffer.concat([uploadHead, body]),
  ),
  'within a chunk size of a chunked upload': async (connection) => connection.send(
    Buffer.concat([chunkedHead, Buffer.from('10000')]),
  ),
  'between chunks of an upload': async (connection) => connection.send(
    Buffer.concat([chunkedHead, Buffer.from('5\r\nhello\r\n')]),
  ),
  'after the head of a download came': async (connection) => {
    connection.send(download);
    await connection.changeUntil(() => connection.receivedBytes > 0, 5_000);
    connection.socket.pause();
  },
  'in the middle of a download': async (connection) => {
    connection.send(download);
    await connection.changeUntil(() => connection.receivedBytes > LENGTH / 2, 5_000);
  },
  'in the middle of a stream that a task returned': async (connection) => {
    connection.send(taskDownload);
    await connection.changeUntil(() => connection.receivedBytes > LENGTH / 2, 5_000);
  },
  'in the middle of an echo': async (connection) => {
    connection.send(Buffer.concat([echoHead, body.subarray(0, LENGTH / 4)]));
    await connection.changeUntil(() => connection.receivedBytes > LENGTH / 8, 5_000);
  },
};

/** How the client goes. @type {Record<string, (connection: RawConnection) => Promise<void>>} */
const WAYS = {
  'closing': async (connection) => connection.destroy(),
  'resetting': async (connection) => connection.resetNow(),
  'half-closing, then closing': async (connection) => { connection.end(); await pause(50); connection.destroy(); },
};

for (const [way, leave] of Object.entries(WAYS)) {
  test(`a client that leaves by ${way} leaves nothing behind`, { timeout: 120_000 }, async (t) => {
    await withStreamingServer(async ({ port, pids, front }) => {
      await nextIsServed(port);
      await settled(port, front);
      const before = descriptors(pids);
      for (const [stage, go] of Object.entries(STAGES)) {
        if (!front && stage.includes('task')) continue;
        await t.test(stage, async () => {
          const connection = await RawConnection.open({ port });
          await go(connection);
          await leave(connection);
          await settled(port, front);
          await nextIsServed(port);
        });
      }
      await waitUntil('the descriptors are back', () => {
        const now = descriptors(pids);
        return Object.keys(before).every((name) => now[name] <= before[name]);
      }).catch((error) => {
        throw new Error(`${error.message}: ${JSON.stringify(before)} before, ${JSON.stringify(descriptors(pids))} now`);
      });
    });
  });
}

async function settled(port, front) {
  await waitUntil('the app has no stream open', async () => (await figuresOf(port)).open === 0);
  if (front) await front.quiet();
}

async function nextIsServed(port) {
  const answer = await exchangeOnce(
    port, requestBytes('/upload', { headers: [['Content-Type', 'application/octet-stream']], body: 'after' }),
  );
  assert.equal(answer?.status, 200);
  assert.equal(JSON.parse(answer.body.toString('utf8')).bytes, 5);
}

function descriptors(pids) {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, openDescriptors(pid)]));
}
