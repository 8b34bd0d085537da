'use strict';

/** Sends one request and records the answer with its timing. */

const http = require('node:http');
const https = require('node:https');

/** Parts of a body this far apart in time were not sent at once. */
const STREAMING_GAP_MILLISECONDS = 8;

const BODYLESS_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * One of the two servers.
 *
 * @param {string} baseURL with the base path, `http://127.0.0.1:7070/__runner`
 * @param {{headers?: Array<[string, string]>, timeoutMilliseconds?: number}} [options] headers are added to every
 *   request
 */
function makeSide(baseURL, options = {}) {
  const url = new URL(baseURL);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error(`${baseURL}: http or https is needed`);
  const transport = url.protocol === 'https:' ? https : http;
  return {
    url,
    transport,
    basePath: url.pathname.replace(/\/+$/, ''),
    headers: options.headers ?? [],
    timeoutMilliseconds: options.timeoutMilliseconds ?? 10_000,
    agent: new transport.Agent({ keepAlive: true, maxSockets: 1 }),
  };
}

/**
 * @param {ReturnType<typeof makeSide>} side
 * @param {import('./requests').ComparedRequest} request
 */
function targetOf(side, request) {
  return request.path !== undefined ? side.basePath + request.path : request.target;
}

/** Whether the connection had been used before and was closed under us: then the request was not looked at. */
function isStaleConnection(outgoing, error) {
  return outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

/**
 * @param {ReturnType<typeof makeSide>} side
 * @param {import('./requests').ComparedRequest} request
 * @returns {Promise<import('./diff').Answer>} never rejects: what went wrong is in `failure`
 */
function exchange(side, request) {
  return new Promise((resolve) => {
    const started = performance.now();
    const since = () => performance.now() - started;
    const headers = [...request.headers, ...side.headers];
    // Said even when it is 0: otherwise Node would frame an empty POST as chunked.
    if (request.body.length > 0 || !BODYLESS_METHODS.has(request.method)) {
      headers.push(['content-length', String(request.body.length)]);
    }
    headers.unshift(['host', side.url.host]);
    const fail = (failure) => resolve({
      status: 0, headers: [], body: Buffer.alloc(0), complete: false, streamed: false,
      firstByteMilliseconds: since(), totalMilliseconds: since(), failure,
    });

    let outgoing;
    try {
      outgoing = side.transport.request({
        host: side.url.hostname.replace(/^\[|\]$/g, ''),
        port: side.url.port,
        method: request.method,
        path: targetOf(side, request),
        // Names and values in turn, which Node takes as they are (and its types do not know).
        headers: /** @type {any} */ (headers.flat()),
        agent: side.agent,
        timeout: side.timeoutMilliseconds,
      });
    } catch (error) {
      fail(`cannot be sent: ${error.message}`);
      return;
    }
    outgoing.on('timeout', () => {
      outgoing.destroy(Object.assign(new Error('no answer in time'), { code: 'TIMEOUT' }));
    });
    outgoing.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      if (isStaleConnection(outgoing, error)) resolve(exchange(side, request));
      else fail(error.code ?? error.message);
    });
    outgoing.on('response', (incoming) => {
      const firstByteMilliseconds = since();
      const chunks = [];
      const arrivals = [];
      incoming.on('data', (chunk) => {
        chunks.push(chunk);
        arrivals.push(since());
      });
      incoming.on('error', () => {}); // a cut body: told by `complete`
      incoming.on('close', () => resolve({
        status: incoming.statusCode,
        headers: pairs(incoming.rawHeaders),
        body: Buffer.concat(chunks),
        complete: incoming.complete,
        streamed: arrivals.length > 1 && arrivals.at(-1) - arrivals[0] >= STREAMING_GAP_MILLISECONDS,
        firstByteMilliseconds,
        totalMilliseconds: since(),
      }));
    });
    outgoing.end(request.body);
  });
}

/** @returns {Array<[string, string]>} */
function pairs(rawHeaders) {
  /** @type {Array<[string, string]>} */
  const list = [];
  for (let i = 0; i < rawHeaders.length; i += 2) list.push([rawHeaders[i], rawHeaders[i + 1]]);
  return list;
}

module.exports = { makeSide, exchange, targetOf };
