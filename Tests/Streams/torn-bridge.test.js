'use strict';

// Streams over a bridge that delays, tears and merges arrive whole; over one that cuts, a client never takes a part for
// the whole.
const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const path = require('node:path');
const test = require('node:test');
const { startApp } = require('../support/app.js');
const { BridgeProxy } = require('../support/bridge-proxy.js');
const { Front } = require('../support/front.js');
const { requestBytes } = require('../support/http-request.js');
const { streamExchange } = require('../support/http-stream-client.js');
const { MISCHIEF } = require('../support/mischief.js');
const { parallel } = require('../support/parallel.js');
const { Random } = require('../support/random.js');
const { RawConnection } = require('../support/raw-connection.js');
const { blocks, digestOf } = require('./deterministic-bytes.js');

const TIMEOUT = { timeout: 60_000 };
const LENGTH_BYTES = 1_000_000;
const DIGEST = digestOf(LENGTH_BYTES);

/** Starts front and app with a proxy between them. */
async function throughProxy(t, mischiefName, use) {
  const random = Random.forTest(t);
  const front = await Front.start();
  const proxy = await BridgeProxy.start(front.socket, MISCHIEF[mischiefName](random));
  const app = await startApp(path.join(__dirname, 'app.js'), { socket: proxy.socket, waitsForReady: false });
  try {
    await front.workersReady();
    await use(front.port);
    await front.quiet();
  } catch (error) {
    throw new Error(`${error.message}${front.child.report()}${app.report()}`, { cause: error });
  } finally {
    proxy.stop();
    await Promise.all([front.stop(), app.stop()]);
  }
}

const upload = (port) => streamExchange(port, {
  path: '/upload', headers: { 'content-type': 'application/octet-stream', 'content-length': LENGTH_BYTES },
  body: blocks(LENGTH_BYTES),
});
const download = (port) => streamExchange(port, { method: 'GET', path: `/download?bytes=${LENGTH_BYTES}` });

for (const harmless of ['delays', 'stalls', 'tears', 'merges']) {
  test(`a bridge that ${harmless}: streams arrive whole`, TIMEOUT, (t) => throughProxy(t, harmless, async (port) => {
    const [up, down] = await Promise.all([upload(port), download(port)]);
    assert.deepEqual(JSON.parse(up.body.toString('utf8')), { bytes: LENGTH_BYTES, sha256: DIGEST });
    assert.deepEqual([down.status, down.bytes, down.sha256], [200, LENGTH_BYTES, DIGEST]);
  }));
}

test('downloads over a cut bridge are whole, or visibly cut', TIMEOUT, (t) => throughProxy(t, 'cuts', async (port) => {
  const fates = await parallel(Array.from({ length: 60 }), 4, async () => {
    const connection = await RawConnection.open({ port });
    connection.send(requestBytes(`/download?bytes=${LENGTH_BYTES}`, { method: 'GET' }));
    const answer = await connection.answer({ method: 'GET', timeoutMilliseconds: 20_000 });
    connection.destroy();
    if (!answer?.complete) {
      assert.ok(connection.ended, 'a cut answer ends its connection');
      return 'cut';
    }
    if (answer.status === 200) {
      assert.equal(createHash('sha256').update(answer.body).digest('hex'), DIGEST, 'what ends well is whole');
    }
    return String(answer.status);
  });
  const tally = Object.fromEntries(
    [...new Set(fates)].map((fate) => [fate, fates.filter((one) => one === fate).length]),
  );
  t.diagnostic(JSON.stringify(tally));
  assert.deepEqual(Object.keys(tally).filter((fate) => !['200', '502', '503', 'cut'].includes(fate)), []);
  assert.ok(tally['200'] > 0 && fates.length > tally['200'], 'some were cut and some were not');
}));
