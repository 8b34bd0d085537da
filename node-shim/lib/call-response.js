'use strict';

const { applyCors } = require('./cors');

/**
 * Answers a call through a genuine `res`: its task returned a stream, or touched `req` or `res`. Does what nodeExposure
 * 4.8.6 does then (src/node/exposure/requestHandlers.ts and httpResponse.ts, respondStream).
 *
 * @param {import('./call').Call} call
 * @param {unknown} value what the task returned
 */
function respondOnCall(call, value) {
  const streaming = streamOf(value);
  const { req, res } = call.materialise();
  if (streaming !== null && !res.writableEnded) {
    applyCors(req, res, call.app.http.cors);
    respondStream(res, streaming);
    return;
  }
  // The task has answered, or is about to end what it began.
  if (res.writableEnded || res.headersSent) return;
  const { codec } = call.app;
  const body = codec.stringify(call.target.kind === 'event' ? { ok: true } : { ok: true, result: value });
  call.exchange.respondJson(200, body);
}

/**
 * @returns {{ stream: import('node:stream').Readable, status?: number, contentType?: string, headers?: object }
 * | null}
 */
function streamOf(value) {
  if (!value) return null;
  if (typeof value.pipe === 'function') return { stream: value };
  return typeof value === 'object' && value.stream ? value : null;
}

function respondStream(res, { stream, status, contentType, headers }) {
  res.statusCode = status ?? 200;
  res.setHeader('content-type', contentType ?? 'application/octet-stream');
  if (headers) {
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  }
  // pipe() first: what has no `pipe` throws here, and is answered as an error.
  stream.pipe(res);
  // Where nodeExposure leaves the client waiting for a stream that broke, the response is cut off.
  stream.once('error', () => res.destroy());
  res.once('close', () => {
    if (!res.writableFinished && typeof stream.destroy === 'function') stream.destroy();
  });
}

module.exports = { respondOnCall };
