'use strict';

// The head of a streamed answer is the app's own. When the front is told to stop, the app says for it that the
// connection ends.
const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const { fieldValue } = require('../support/http-answer-reader.js');
const { requestBytes } = require('../support/http-request.js');
const { withPair } = require('../support/pair.js');
const { RawConnection } = require('../support/raw-connection.js');
const { waitUntil } = require('../support/wait-until.js');

const UPLOAD = Buffer.alloc(100_000, 'a');
const REQUESTS = {
  'a download': { method: 'GET', bytes: requestBytes('/download?bytes=100000', { method: 'GET' }), status: 200 },
  'an upload': {
    method: 'POST',
    bytes: requestBytes('/upload', { headers: [['Content-Type', 'application/octet-stream']], body: UPLOAD }),
    status: 200,
  },
};

for (const [what, { method, bytes, status }] of Object.entries(REQUESTS)) {
  test(`${what} through a front that was told to stop is whole, and says Connection: close`, {
    timeout: 30_000,
  }, async () => {
    await withPair({
      app: path.join(__dirname, 'app.js'), frontOptions: ['--drain-delay', '30s'],
    }, async ({ front }) => {
      const connection = await RawConnection.open({ port: front.port });
      connection.send(bytes);
      assert.equal(fieldValue(await connection.answer({ method }), 'connection'), 'keep-alive');
      front.child.kill('SIGTERM');
      await waitUntil('it is not ready', async () => (await front.admin('/readyz')).status === 503);
      connection.send(bytes);
      const answer = await connection.answer({ method });
      assert.equal(answer?.status, status);
      assert.equal(answer.complete, true);
      assert.equal(fieldValue(answer, 'connection'), 'close');
      assert.ok(await connection.closedWithin(2_000));
      connection.destroy();
    });
  });
}
