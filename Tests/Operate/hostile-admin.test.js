'use strict';

// Admin clients that are slow, many, greedy or malicious: they are cut, probes still get through, and clients of the
// data port notice nothing.
const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const { Latencies } = require('../support/latency.js');
const { callBytes } = require('../support/http-request.js');
const { MemoryWatch } = require('../support/memory-watch.js');
const { withPair } = require('../support/pair.js');
const { openDescriptors } = require('../support/process-figures.js');
const { RawConnection } = require('../support/raw-connection.js');
const { pause, waitUntil } = require('../support/wait-until.js');
const { askAdmin } = require('./admin-client.js');

const APP = path.join(__dirname, 'app.js');
const CONNECTION_LIMIT = 64;
const ask = (target) => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

test('a client that dribbles its request is cut within seconds, however long it keeps sending', {
  timeout: 30_000,
}, async () => {
  await withPair({ app: APP }, async ({ front }) => {
    const connection = await RawConnection.open({ port: front.adminPort });
    connection.send('GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ');
    const began = Date.now();
    while (!connection.ended && Date.now() - began < 10_000) {
      connection.send('x');
      await pause(100);
    }
    assert.ok(Date.now() - began < 7_000, `held for ${Date.now() - began} ms`);
  });
});

test('more connections than there may be: probes get through, and only so many descriptors are taken', {
  timeout: 60_000,
}, async () => {
  await withPair({ app: APP }, async ({ front }) => {
    const before = openDescriptors(front.pid);
    const crowd = await Promise.all(Array.from({ length: 300 }, () => RawConnection.open({ port: front.adminPort })));
    for (const connection of crowd) connection.send('GET /me');
    await pause(300);
    const more = openDescriptors(front.pid) - before;
    assert.ok(more <= CONNECTION_LIMIT, `${more} more descriptors`);
    for (let i = 0; i < 20; i += 1) assert.equal((await askAdmin(front, '/readyz')).status, 200);
    for (const connection of crowd) connection.destroy();
    await waitUntil('they are gone', () => openDescriptors(front.pid) <= before);
  });
});

test('requests that are too large or malformed are refused and the connection closed', {
  timeout: 30_000,
}, async () => {
  await withPair({ app: APP }, async ({ front }) => {
    const refused = async (bytes) => {
      const connection = await RawConnection.open({ port: front.adminPort });
      connection.send(bytes);
      const answer = await connection.answer({ method: 'GET' });
      assert.ok(await connection.closedWithin(3_000), 'closed');
      connection.destroy();
      return answer?.status;
    };
    assert.equal(await refused(`GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(9_000)}\r\n\r\n`), 431);
    assert.equal(await refused(`GET /${'x'.repeat(2_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`), 414);
    const put = 'PUT /log-level HTTP/1.1\r\nHost: localhost\r\n';
    assert.equal(await refused(`${put}Content-Length: 100000\r\n\r\n${'x'.repeat(50_000)}`), 413);
    assert.equal(await refused(`${put}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`), 411);
    assert.equal(await refused('\x16\x03\x01\x02\x00\x01'), 400);
    assert.equal((await askAdmin(front, '/livez')).status, 200);
  });
});

test('under a flood of scrapes that nobody reads, calls go on as before and memory stays bounded', {
  timeout: 60_000,
}, async (t) => {
  await withPair({ app: APP, frontOptions: ['--loops', '1'] }, async ({ front }) => {
    const calls = async (milliseconds) => {
      const latencies = new Latencies();
      const connection = await RawConnection.open({ port: front.port });
      for (const end = Date.now() + milliseconds; Date.now() < end;) {
        const answer = await latencies.time(() => {
          connection.send(callBytes('add', { a: 1, b: 2 }));
          return connection.answer();
        });
        assert.equal(answer?.status, 200);
      }
      connection.destroy();
      return latencies;
    };
    const quiet = await calls(1_000);
    const watch = new MemoryWatch({ front: front.pid });
    let isFlooded = true;
    const flood = Array.from({ length: 100 }, async () => {
      while (isFlooded) {
        const connection = await RawConnection.open({ port: front.adminPort }).catch(() => undefined);
        connection?.socket.pause();
        connection?.send(ask('/metrics').repeat(50));
        await pause(100);
        connection?.destroy();
      }
    });
    const flooded = await calls(2_000);
    isFlooded = false;
    await Promise.all(flood);
    const { front: grown } = watch.end();
    t.diagnostic(`before: ${quiet.report()}; in the flood: ${flooded.report()}; the front grew by ${grown} bytes`);
    // The flood itself runs in this process and takes its share of the cores; what must not be is a call that waits.
    assert.ok(flooded.percentile(0.99) < 250, 'no call waits for the flood');
    assert.ok(grown < 48 * 1048576, `the front grew by ${grown} bytes`);
    assert.equal((await askAdmin(front, '/livez')).status, 200);
  });
});
