'use strict';

const { createHash } = require('node:crypto');
const http = require('node:http');
const { once } = require('node:events');

/**
 * One streaming exchange over Node's own HTTP client: sends what `body` gives at the pace the server takes it, reads
 * the answer as it comes.
 * @param {number} port
 * @param {{ method?: string, path: string, headers?: Record<string, string | number>, body?: Iterable<Buffer>,
 *   bytesPerSecond?: number, onSent?: (bytes: number) => void, onReceived?: (bytes: number) => void }} exchange
 *   `bytesPerSecond`: read no faster than this
 * @returns {Promise<{ status: number, bytes: number, sha256: string, body: Buffer }>} `body` is its first 64 KiB
 */
async function streamExchange(
  port, { method = 'POST', path, headers, body, bytesPerSecond = Infinity, onSent = () => {}, onReceived = () => {} },
) {
  const request = http.request({ host: '127.0.0.1', port, method, path, headers, agent: false });
  request.setNoDelay(true);
  const answered = once(request, 'response');
  const sent = send(request, body ?? [], onSent);
  const [response] = await Promise.race([answered, sent.then(() => answered)]);
  const hash = createHash('sha256');
  const kept = [];
  let bytes = 0;
  const began = Date.now();
  for await (const part of response) {
    hash.update(part);
    if (bytes < 65536) kept.push(part);
    bytes += part.length;
    onReceived(bytes);
    const aheadMilliseconds = (bytes / bytesPerSecond) * 1_000 - (Date.now() - began);
    if (aheadMilliseconds > 1) await new Promise((resolve) => { setTimeout(resolve, aheadMilliseconds); });
  }
  await sent;
  return { status: response.statusCode, bytes, sha256: hash.digest('hex'), body: Buffer.concat(kept) };
}

async function send(request, body, onSent) {
  let bytes = 0;
  for (const block of body) {
    bytes += block.length;
    if (!request.write(block)) await once(request, 'drain');
    onSent(bytes);
  }
  request.end();
}

module.exports = { streamExchange };
