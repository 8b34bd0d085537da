'use strict';

/** Requests out of a HAR file (HTTP Archive 1.2), as browsers and proxies save them. */

const { makeRequest } = require('./requests');

/** Headers that belong to the recorded connection, not to the request: ours are set anew. */
const CONNECTION_HEADERS = new Set([
  'host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive', 'upgrade', 'te', 'expect',
  'proxy-connection', 'accept-encoding',
]);

/**
 * @param {string} text the HAR file
 * @returns {import('./requests').ComparedRequest[]} targets from the origin; the recorded host is dropped
 * @throws {Error} when it is no HAR file
 */
function readHar(text) {
  const entries = JSON.parse(text)?.log?.entries;
  if (!Array.isArray(entries)) throw new Error('this is no HAR file: log.entries is missing');
  return entries.map(({ request }, index) => {
    if (!request?.method || !request?.url) throw new Error(`entry ${index} of the HAR file has no method or url`);
    const { pathname, search } = new URL(request.url);
    return makeRequest({
      method: request.method,
      target: pathname + search,
      headers: (request.headers ?? []).filter(belongsToRequest).map(({ name, value }) => [name, value]),
      body: bodyOf(request.postData),
    });
  });
}

/** HTTP/2 pseudo headers (`:path`) are no header fields of HTTP/1.1. */
function belongsToRequest({ name }) {
  return !name.startsWith(':') && !CONNECTION_HEADERS.has(name.toLowerCase());
}

function bodyOf(postData) {
  if (!postData) return Buffer.alloc(0);
  if (typeof postData.text === 'string') {
    return Buffer.from(postData.text, postData.encoding === 'base64' ? 'base64' : 'utf8');
  }
  const form = new URLSearchParams((postData.params ?? []).map(({ name, value }) => [name, value ?? '']));
  return Buffer.from(form.toString());
}

module.exports = { readHar };
