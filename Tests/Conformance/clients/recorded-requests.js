'use strict';

const fs = require('node:fs');
const path = require('node:path');

/**
 * @typedef {{ name: string, request: Buffer, body: Buffer }} ClientRequest `body` is decoded: without chunked framing
 */

/**
 * @param {string} [file] where they are; default: the project's own copy, of 4.8.6
 * @returns {ClientRequest[]} the requests of the official clients, as they were on the wire
 */
function recordedRequests(file = path.join(__dirname, 'recorded.jsonl')) {
  return fs.readFileSync(file, 'utf8').split('\n').filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .filter((record) => record.request !== null)
    .map(({ name, request }) => {
      const bytes = Buffer.from(withWholeBoundary(request), 'latin1');
      return { name, request: bytes, body: bodyOf(bytes) };
    });
}

/** Lengthens a shortened multipart boundary until the first length that the client announced is met. */
function withWholeBoundary(text) {
  const [, boundary] = /boundary=(\S+)/.exec(text) ?? [];
  if (!boundary) return text;
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  if (/content-length: N\r\n/.test(text)) return text.replace(/content-length: N/, `content-length: ${body.length}`);
  const contentLength = /content-length: (\d+)/i.exec(text);
  let missing;
  if (contentLength) {
    missing = (Number(contentLength[1]) - body.length) / (body.split(boundary).length - 1);
  } else {
    const [sizeLine, size] = /** @type {RegExpExecArray} */ (/^([0-9a-f]+)\r\n/.exec(body));
    const firstChunkEnd = body.indexOf('\r\n\r\n') + 4;
    missing = parseInt(size, 16) - (firstChunkEnd - sizeLine.length);
  }
  return text.replaceAll(boundary, boundary + 'x'.repeat(missing));
}

function bodyOf(bytes) {
  const headEnd = bytes.indexOf('\r\n\r\n') + 4;
  if (!/transfer-encoding: chunked/i.test(bytes.latin1Slice(0, headEnd))) return bytes.subarray(headEnd);
  const parts = [];
  for (let at = headEnd; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = parseInt(bytes.latin1Slice(at, lineEnd), 16);
    if (size === 0) return Buffer.concat(parts);
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

module.exports = { recordedRequests };
