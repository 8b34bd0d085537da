'use strict';

const { RequestHead } = require('./request-head');

const CHARACTERS_MAX = 128;

/**
 * What a log line says of the request behind a call, so that it can be found in the front's log and in traces.
 * @param {import('./call').Call} call
 * @returns {{ task?: string, event?: string, requestId?: string, traceparent?: string }}
 */
function traceOf(call) {
  const { kind, id } = call.target;
  const trace = { [kind]: id };
  if (call.head === '') return trace;
  const { headers } = new RequestHead(call.head);
  const requestId = headers['x-request-id'] || headers['x-runner-request-id'];
  if (requestId !== undefined) trace.requestId = String(requestId).slice(0, CHARACTERS_MAX);
  if (headers.traceparent !== undefined) trace.traceparent = String(headers.traceparent).slice(0, CHARACTERS_MAX);
  return trace;
}

module.exports = { traceOf };
