'use strict';

const path = require('node:path');
const { TestProcess } = require('../support/child-process.js');
const { freePort } = require('../support/free-port.js');
const { exchangeOnce, requestBytes } = require('../support/http-request.js');
const { withPair } = require('../support/pair.js');

const APP = path.join(__dirname, 'app.js');

/**
 * Runs `use` with the streaming app behind a front. With `STREAMS_ON_NODE=1` Node's own HTTP server stands in its
 * place: the way to see that these tests hold for a server known to be right. Cases that need the front then say so.
 * @param {(server: { port: number, pids: Record<string, number>, front?: import('../support/front.js').Front }) =>
 *   Promise<void>} use
 */
async function withStreamingServer(use) {
  if (process.env.STREAMS_ON_NODE !== '1') {
    await withPair({ app: APP }, ({ front, app }) => use({
      port: front.port, front, pids: { front: front.pid, app: app.pid },
    }));
    return;
  }
  const port = await freePort();
  const app = new TestProcess('app on node:http', process.execPath, [APP], { env: { PORT: String(port) } });
  try {
    await app.line((line) => (line === 'app ready' ? true : undefined));
    await use({ port, pids: { app: app.pid } });
  } finally {
    await app.stop();
  }
}

/** What the app says of its streams: `{ open, aborted, produced, consumed }`. */
async function figuresOf(port) {
  const answer = await exchangeOnce(port, requestBytes('/figures', { method: 'GET' }), { method: 'GET' });
  return JSON.parse(answer.body.toString('utf8'));
}

module.exports = { withStreamingServer, figuresOf };
