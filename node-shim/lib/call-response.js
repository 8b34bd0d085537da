'use strict';

const { applyCors } = require('./cors');
const { setSecurityHeaders } = require('./response-headers');

/**
 * Answers a call through a genuine `res`: its task returned a stream, or touched `req` or `res`. Does what the app's
 * exposure does then (src/node/exposure: requestHandlers.ts, handlers/taskResult.ts, httpResponse.ts).
 *
 * @param {import('./call').Call} call
 * @param {unknown} value what the task returned
 */
function respondOnCall(call, value) {
  const streaming = call.app.responses.isStream(value) ? streamOf(value) : null;
  const { req, res } = call.materialise();
  if (streaming !== null && !res.writableEnded) {
    // From here on an error's answer goes out on the same `res`, with what was set on it before.
    call.exchange.responding = true;
    applyCors(req, res, call.link.corsRules);
    respondStream(call, res, streaming);
    return;
  }
  // The task has answered, or is about to end what it began.
  if (res.writableEnded || res.headersSent) return;
  const { codec } = call.app;
  const body = codec.stringify(call.target.kind === 'event' ? { ok: true } : { ok: true, result: value });
  call.exchange.respondJson(200, body);
}

/**
 * @typedef {object} StreamingResult what a task may return
 * @property {import('node:stream').Readable} stream
 * @property {number} [status]
 * @property {string} [contentType]
 * @property {object} [headers]
 */

/** @returns {StreamingResult} */
function streamOf(value) {
  return typeof value.pipe === 'function' ? { stream: value } : value;
}

/**
 * @param {import('./call').Call} call
 * @param {import('node:http').ServerResponse} res
 * @param {StreamingResult} result
 */
function respondStream(call, res, { stream, status, contentType, headers }) {
  const stop = () => {
    if (typeof stream.destroy === 'function') stream.destroy();
  };
  try {
    res.statusCode = status ?? 200;
    res.setHeader('content-type', contentType ?? 'application/octet-stream');
    if (headers) {
      const { blockedHeaders } = call.app.responses;
      for (const [name, value] of Object.entries(headers)) {
        if (blockedHeaders === null || !blockedHeaders.has(name.toLowerCase())) res.setHeader(name, value);
      }
    }
    if (call.app.rules.securityHeaders) setSecurityHeaders(res);
    checkStatus(res);
    guardWrites(res, (error) => {
      stop();
      call.fail(error);
    });
    // What has no `pipe` throws here, and is answered as an error.
    stream.pipe(res);
  } catch (error) {
    stop();
    throw error;
  }
  // Where nodeExposure leaves the client waiting for a stream that broke, the response is cut off.
  stream.once('error', () => res.destroy());
  res.once('close', () => {
    if (!res.writableFinished) stop();
  });
}

/**
 * Node refuses such a status when the stream's first bytes are written, in the middle of the app's stream: nobody
 * catches that, and nodeExposure leaves the client waiting. So it is an error at once, and the connection closes.
 * @throws {RangeError} with Node's own words
 */
function checkStatus(res) {
  const status = res.statusCode | 0;
  if (status >= 100 && status <= 999) return;
  const error = new RangeError(`Invalid status code: ${res.statusCode}`);
  res.shouldKeepAlive = false;
  throw error;
}

/**
 * What else `res` throws at a stream that is piped into it (a chunk that is neither text nor bytes, a status message
 * with a line break) is this task's failure, and must not end the process.
 * @param {import('node:http').ServerResponse} res
 * @param {(error: unknown) => void} fail called once
 */
function guardWrites(res, fail) {
  const { write, end } = res;
  let failed = false;
  const guard = (method) => (...args) => {
    if (failed) return false;
    try {
      return method.apply(res, args);
    } catch (error) {
      failed = true;
      // For the error's answer.
      Object.assign(res, { write, end, shouldKeepAlive: false });
      fail(error);
      // For what the stream may still bring.
      Object.assign(res, { write: guard(write), end: guard(end) });
      return false;
    }
  };
  Object.assign(res, { write: guard(write), end: guard(end) });
}

module.exports = { respondOnCall };
