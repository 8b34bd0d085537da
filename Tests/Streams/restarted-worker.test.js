'use strict';

// While the only worker is being restarted, what its HTTP code would answer waits for it like any call: no 404, no 415,
// nothing lost.
const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const { startApp } = require('../support/app.js');
const { exchangeOnce, requestBytes } = require('../support/http-request.js');
const { withPair } = require('../support/pair.js');
const { waitUntil } = require('../support/wait-until.js');

const APP = path.join(__dirname, 'app.js');
const BODY = Buffer.alloc(10_000, 'a');
const octets = { headers: [['Content-Type', 'application/octet-stream']], body: BODY };
const REQUESTS = {
  'a path outside the base path': { method: 'GET', bytes: requestBytes('/download?bytes=1000', { method: 'GET' }) },
  'an upload': { method: 'POST', bytes: requestBytes('/upload', octets) },
};

for (const [what, { method, bytes }] of Object.entries(REQUESTS)) {
  test(`${what} waits for a worker that is being restarted`, {
    timeout: 30_000,
  }, () => withPair({ app: APP }, async ({ front, app }) => {
    assert.equal((await exchangeOnce(front.port, bytes, { method }))?.status, 200);
    await app.stop();
    await waitUntil('the worker is gone', async () => (
      (await front.metrics()).get('runner_sidecar_workers{state="ready"}') === 0
    ));
    const waiting = exchangeOnce(front.port, bytes, { method });
    await waitUntil('it waits', async () => (await front.underWay()).queued === 1);
    const next = await startApp(APP, { socket: front.socket });
    try {
      assert.equal((await waiting)?.status, 200);
    } finally {
      await next.stop();
    }
  }));

  test(`${what} waits its turn, when the worker has as many calls as it may`, { timeout: 30_000 }, () => (
    withPair({ app: APP, frontOptions: ['--loops', '1', '--worker-in-flight', '1'] }, async ({ front }) => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => exchangeOnce(front.port, bytes, { method })));
      assert.deepEqual([...new Set(answers.map((answer) => answer?.status))], [200]);
    })));
}
