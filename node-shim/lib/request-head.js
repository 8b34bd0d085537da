'use strict';

const { IncomingMessage } = require('node:http');
const { PEER_BYTES } = require('./protocol');

/** Only its rule for joining repeated fields is used, so that `headers` here and on a genuine req cannot differ. */
const joiner = new IncomingMessage(null);

/** An id that the front made, which is the last field of the head. */
const OWN_REQUEST_ID = /\r\nx-runner-request-id: ([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\r\n\r\n$/;

/**
 * A request head as the front received it. The front has checked it against RFC 9112, so it is only cut here.
 */
class RequestHead {
  /** @param {string} text the peer block and the head, latin1 */
  constructor(text) {
    const lineEnd = text.indexOf('\r\n', PEER_BYTES);
    const line = text.slice(PEER_BYTES, lineEnd);
    const first = line.indexOf(' ');
    this.method = line.slice(0, first);
    const last = line.lastIndexOf(' ');
    this.target = line.slice(first + 1, last);
    /** `1.1`, say. */
    this.version = line.slice(last + 1 + 'HTTP/'.length);
    this.fields = text.slice(lineEnd + 2);
    this.parsed = null;
  }

  /** As `IncomingMessage.headers`: lower-case names, repeated fields joined or dropped by Node's own rule. */
  get headers() {
    if (this.parsed === null) {
      this.parsed = parseFields(this.fields);
      const own = OWN_REQUEST_ID.exec(this.fields);
      // Instead of what the client sent, which was none.
      if (own !== null) this.parsed['x-runner-request-id'] = own[1];
    }
    return this.parsed;
  }
}

function parseFields(text) {
  const headers = {};
  let at = 0;
  for (;;) {
    const end = text.indexOf('\r\n', at);
    if (end <= at) return headers;
    const colon = text.indexOf(':', at);
    joiner._addHeaderLine(text.slice(at, colon), trimSpace(text, colon + 1, end), headers);
    at = end + 2;
  }
}

/** Optional white space around a field value is SP and HTAB only (RFC 9110, 5.5). */
function trimSpace(text, start, end) {
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isSpace(code) {
  return code === 0x20 || code === 0x09;
}

module.exports = { OWN_REQUEST_ID, RequestHead };
