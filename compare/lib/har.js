'use strict';

/** Requests out of a HAR file (HTTP Archive 1.2), as browsers and proxies save them. */

const { makeRequest } = require('./requests');
const { whyUnsendable, withoutMark } = require('./passed-over');

/** Headers that belong to the recorded connection, not to the request: ours are set anew. */
const CONNECTION_HEADERS = new Set([
  'host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive', 'upgrade', 'te', 'expect',
  'proxy-connection', 'accept-encoding',
]);

/**
 * @param {string} text the HAR file
 * @returns {import('./passed-over').ReadRequests} targets from the origin; the recorded host is dropped
 * @throws {Error} when it is no HAR file
 */
function readHar(text) {
  let entries;
  try {
    entries = JSON.parse(withoutMark(text))?.log?.entries;
  } catch (error) {
    throw new Error(`this is not a HAR file: ${error.message}`);
  }
  if (!Array.isArray(entries)) throw new Error('this is not a HAR file: log.entries is missing');
  const requests = [];
  const passedOver = [];
  entries.forEach((entry, index) => {
    const read = readEntry(entry);
    if (typeof read === 'string') passedOver.push({ place: `entry ${index + 1}`, reason: read });
    else requests.push(read);
  });
  return { requests, passedOver };
}

/** @returns {import('./requests').ComparedRequest | string} a request, or why there is none */
function readEntry(entry) {
  const { request, response } = entry ?? {};
  if (typeof request?.method !== 'string' || typeof request?.url !== 'string') return 'it has no method or url';
  let url;
  try {
    url = new URL(request.url);
  } catch {
    return 'its url is not a URL';
  }
  if (!/^https?:$/.test(url.protocol)) return `its url is a ${url.protocol} URL`;
  // Browsers write 0 for a request that was aborted or blocked: there is no response to compare with.
  if (response?.status === 0) return 'it was aborted';
  const headers = Array.isArray(request.headers) ? request.headers.filter(belongsToRequest) : [];
  const made = makeRequest({
    method: request.method,
    target: url.pathname + url.search,
    headers: headers.map(({ name, value }) => [name, value]),
    body: bodyOf(request.postData),
  });
  return whyUnsendable(made) ?? made;
}

/** HTTP/2 pseudo headers (`:path`) are no header fields of HTTP/1.1. */
function belongsToRequest(header) {
  if (!header) return false;
  const name = String(header.name);
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

module.exports = { readHar, CONNECTION_HEADERS };
