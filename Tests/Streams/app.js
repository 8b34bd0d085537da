'use strict';

// An app whose work is streams: it takes uploads, gives downloads, and echoes. It counts what is open, so that a test
// can see that nothing leaks. Environment: SOCKET, RUNNER_SIDECAR_SHIM; or PORT, to be served by Node's own HTTP server
// instead.
const { createHash } = require('node:crypto');
const http = require('node:http');
const { Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { blocks } = require('./deterministic-bytes.js');

/** What is open, and what became of what was. `produced` and `consumed` are bytes of all streams. */
const figures = { open: 0, aborted: 0, produced: 0, consumed: 0 };

/** A readable that makes its bytes only when asked, and counts itself. */
function download(lengthBytes) {
  const source = blocks(lengthBytes);
  figures.open += 1;
  return new Readable({
    read() {
      const { value, done } = source.next();
      if (!done) figures.produced += value.length;
      this.push(done ? null : value);
    },
    destroy(error, callback) {
      figures.open -= 1;
      callback(error);
    },
  });
}

/**
 * @type {Record<string, (req: http.IncomingMessage, res: http.ServerResponse, query: URLSearchParams) =>
 *   Promise<void>>}
 */
const ROUTES = {
  async '/upload'(req, res, query) {
    const hash = createHash('sha256');
    const bytesPerSecond = Number(query.get('bytesPerSecond') ?? Infinity);
    const began = Date.now();
    let bytes = 0;
    for await (const part of req) {
      hash.update(part);
      bytes += part.length;
      figures.consumed += part.length;
      const aheadMilliseconds = (bytes / bytesPerSecond) * 1_000 - (Date.now() - began);
      if (aheadMilliseconds > 1) await new Promise((resolve) => { setTimeout(resolve, aheadMilliseconds); });
    }
    respond(res, { bytes, sha256: hash.digest('hex') });
  },
  async '/download'(req, res, query) {
    await pipeline(download(Number(query.get('bytes'))), res);
  },
  async '/echo'(req, res) {
    await pipeline(req, res);
  },
  async '/figures'(req, res) {
    respond(res, { ...figures, memory: process.memoryUsage() });
  },
};

/** @type {http.RequestListener} */
async function requestListener(req, res) {
  const { pathname, searchParams } = new URL(req.url, 'http://localhost');
  const counted = pathname !== '/figures';
  if (counted) {
    figures.open += 1;
    res.once('close', () => {
      figures.open -= 1;
      if (!res.writableFinished) figures.aborted += 1;
    });
  }
  try {
    await ROUTES[pathname](req, res, searchParams);
  } catch {
    res.destroy();
  }
}

function respond(res, value) {
  const text = JSON.stringify(value);
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  res.end(text);
}

const TASKS = {
  'add': async (input) => input.a + input.b,
  'download': async (input) => download(input.bytes),
  'figures': async () => figures,
};

async function main() {
  if (process.env.PORT !== undefined) {
    const server = http.createServer(requestListener);
    await new Promise((resolve) => { server.listen(Number(process.env.PORT), '127.0.0.1', () => resolve(undefined)); });
    return;
  }
  const { serve } = require(process.env.RUNNER_SIDECAR_SHIM);
  const tasks = new Map(Object.entries(TASKS).map(([id, run]) => [id, { run }]));
  await serve({ tasks }, { socket: process.env.SOCKET, http: { basePath: '/__runner' }, requestListener });
}

main().then(() => console.log('app ready'), (error) => { console.error(error); process.exit(1); });
