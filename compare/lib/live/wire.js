'use strict';

/** A mirrored call as what the rest of the comparison works with: the request to send, the answer that was given. */

const zlib = require('node:zlib');
const { CONNECTION_HEADERS } = require('../har');
const { makeRequest } = require('../requests');

const BODY_MOST_BYTES = 64 << 20;

/**
 * @param {import('./mirror-stream').MirroredCall} call
 * @param {string} basePath of the front
 * @returns {import('../requests').ComparedRequest | null} null: the head is none
 */
function requestOf({ kind, id, head, body }, basePath) {
  const [first, ...lines] = head.toString('latin1').split('\r\n');
  const [, method, target] = /^(\S+) (\S+) HTTP\/1\.[01]$/.exec(first) ?? [];
  if (target === undefined) return null;
  return makeRequest({
    name: `${kind} ${id}`,
    method,
    // The second server may serve under another base path.
    path: target.startsWith(`${basePath}/`) ? target.slice(basePath.length) : `/${kind}/${encodeURIComponent(id)}`,
    headers: fieldsOf(lines).filter(([name]) => !CONNECTION_HEADERS.has(name.toLowerCase())),
    body,
  });
}

/**
 * @param {import('./mirror-stream').MirroredCall} call
 * @returns {import('../diff').Answer | null} null: the bytes are no response
 */
function answerOf({ response, milliseconds }) {
  const end = response.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [first, ...lines] = response.toString('latin1', 0, end).split('\r\n');
  const [, status] = /^HTTP\/1\.1 (\d{3})\b/.exec(first) ?? [];
  if (status === undefined) return null;
  return unzipped({
    status: Number(status), headers: fieldsOf(lines), body: response.subarray(end + 4), complete: true,
    streamed: false, firstByteMilliseconds: milliseconds, totalMilliseconds: milliseconds,
  });
}

/** @returns {Array<[string, string]>} */
function fieldsOf(lines) {
  return lines.filter((line) => line.includes(':')).map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
}

/**
 * What a client that takes gzip reads: whether the connection carries it compressed is not the app's affair.
 * @param {import('../diff').Answer} answer
 * @returns {import('../diff').Answer}
 */
function unzipped(answer) {
  const isGzip = ([name, value]) => name.toLowerCase() === 'content-encoding' && value.toLowerCase() === 'gzip';
  if (!answer.headers.some(isGzip)) return answer;
  try {
    const body = zlib.gunzipSync(answer.body, { maxOutputLength: BODY_MOST_BYTES });
    return { ...answer, body, headers: answer.headers.filter((field) => !isGzip(field)) };
  } catch {
    return answer;
  }
}

module.exports = { requestOf, answerOf, unzipped };
