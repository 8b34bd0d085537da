'use strict';

/**
 * The requests to be compared, as JSON lines: one object a line.
 *
 *     {"task": "app.tasks.add", "input": {"a": 5, "b": 3}, "safe": true}
 *     {"event": "app.events.notify", "payload": {"message": "hi"}}
 *     {"name": "a wrong method", "method": "GET", "path": "/task/app.tasks.add", "headers": {"accept": "text/plain"}}
 *
 * `path` is below the base URL, `target` from the origin. `body` is text, `bodyBase64` bytes. `safe` says that asking
 * several times changes nothing; GET, HEAD and OPTIONS are safe by themselves (RFC 9110, 9.2.1), everything else is
 * not.
 *
 * @typedef {object} ComparedRequest
 * @property {string} name what reports call it
 * @property {string} method
 * @property {string} [path] below the base URL
 * @property {string} [target] from the origin, when `path` is not given
 * @property {Array<[string, string]>} headers
 * @property {Buffer} body
 * @property {boolean} safe
 */

const { whyUnsendable, withoutMark } = require('./passed-over');

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * @param {{name?: string, method: string, path?: string, target?: string, headers?: Array<[string, string]>, body?:
 *   Buffer, safe?: boolean}} parts
 * @returns {ComparedRequest}
 */
function makeRequest(parts) {
  const method = parts.method.toUpperCase();
  return {
    name: parts.name ?? `${method} ${parts.path ?? parts.target}`,
    method,
    path: parts.path,
    target: parts.target,
    headers: parts.headers ?? [],
    body: parts.body ?? Buffer.alloc(0),
    safe: parts.safe ?? SAFE_METHODS.has(method),
  };
}

/**
 * A call as the exposure's clients send it.
 *
 * @param {'task' | 'event'} kind
 * @param {string} id
 * @param {unknown} input undefined for none
 * @param {{name?: string, safe?: boolean, headers?: Array<[string, string]>}} [more]
 */
function makeCall(kind, id, input, more = {}) {
  const member = kind === 'task' ? 'input' : 'payload';
  return makeRequest({
    name: more.name ?? `${kind} ${id}`,
    method: 'POST',
    path: `/${kind}/${encodeURIComponent(id)}`,
    headers: [['content-type', 'application/json'], ...(more.headers ?? [])],
    body: Buffer.from(JSON.stringify({ [member]: input })),
    safe: more.safe ?? false,
  });
}

const KNOWN_MEMBERS = new Set([
  'name', 'task', 'event', 'input', 'payload', 'method', 'path', 'target', 'headers', 'body', 'bodyBase64', 'safe',
]);

/**
 * @param {string} text JSON lines; empty lines and lines that begin with `#` or `//` are passed over
 * @returns {ComparedRequest[]}
 * @throws {Error} that names the line: this file is written by hand, so a mistake in it is one to mend
 */
function readRequestLines(text) {
  const requests = [];
  withoutMark(text).split('\n').forEach((line, index) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith('//')) return;
    try {
      const request = readRequest(JSON.parse(trimmed));
      const unsendable = whyUnsendable(request);
      if (unsendable !== null) throw new Error(unsendable);
      requests.push(request);
    } catch (error) {
      throw new Error(`line ${index + 1} of the requests: ${error.message}`);
    }
  });
  return requests;
}

function readRequest(given) {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) throw new Error('an object is expected');
  const unknown = Object.keys(given).find((member) => !KNOWN_MEMBERS.has(member));
  if (unknown) throw new Error(`unknown member '${unknown}'; known: ${[...KNOWN_MEMBERS].join(', ')}`);
  const headers = headerPairs(given.headers);
  if (given.task !== undefined) {
    return makeCall('task', given.task, given.input, { name: given.name, safe: given.safe, headers });
  }
  if (given.event !== undefined) {
    return makeCall('event', given.event, given.payload, { name: given.name, safe: given.safe, headers });
  }
  if (given.path === undefined && given.target === undefined) {
    throw new Error('one of task, event, path or target is needed');
  }
  const body = given.bodyBase64 !== undefined ? Buffer.from(given.bodyBase64, 'base64') : Buffer.from(given.body ?? '');
  const method = given.method ?? (body.length > 0 ? 'POST' : 'GET');
  return makeRequest({
    name: given.name, method, path: given.path, target: given.target, headers, body, safe: given.safe,
  });
}

function headerPairs(headers) {
  if (headers === undefined) return [];
  return Array.isArray(headers) ? headers : Object.entries(headers);
}

module.exports = { makeRequest, makeCall, readRequestLines };
