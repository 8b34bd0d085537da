'use strict';

/**
 * Finds where each HTTP/1.1 response in a stream of bytes ends: for load and checks against servers we trust, so it
 * reads Content-Length and chunked framing and does not judge anything else.
 */

class ResponseScanner {
  /** @param {(status: number, head: string, body: Buffer, bytes: number) => void} onResponse called for each
   *   complete response; bytes: of head and body on the wire */
  constructor(onResponse) {
    this.onResponse = onResponse;
    this.pending = Buffer.alloc(0);
  }

  /** @param {Buffer} chunk bytes as they came */
  push(chunk) {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    let taken;
    while ((taken = this.#take()) > 0) this.pending = this.pending.subarray(taken);
  }

  /** @returns {number} bytes of the first response, 0 when it is not complete */
  #take() {
    const headEnd = this.pending.indexOf('\r\n\r\n');
    if (headEnd === -1) return 0;
    const head = this.pending.toString('latin1', 0, headEnd);
    const status = Number(head.slice(9, 12));
    const bodyStart = headEnd + 4;
    const { body, end } = /\r\ntransfer-encoding:[^\r]*chunked/i.test(head)
      ? dechunk(this.pending, bodyStart)
      : this.#counted(head, status, bodyStart);
    if (end === 0) return 0;
    this.onResponse(status, head, body, end);
    return end;
  }

  #counted(head, status, bodyStart) {
    const bodyless = status === 204 || status === 304 || status < 200;
    const length = bodyless ? 0 : Number(/\r\ncontent-length:\s*(\d+)/i.exec(head)?.[1] ?? 0);
    const end = bodyStart + length;
    if (this.pending.length < end) return { body: undefined, end: 0 };
    return { body: this.pending.subarray(bodyStart, end), end };
  }
}

/** @returns {{body?: Buffer, end: number}} end is 0 while the last chunk is missing */
function dechunk(bytes, start) {
  const parts = [];
  let position = start;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', position);
    if (lineEnd === -1) return { end: 0 };
    const size = parseInt(bytes.toString('latin1', position, lineEnd), 16);
    const dataStart = lineEnd + 2;
    if (bytes.length < dataStart + size + 2) return { end: 0 };
    if (size === 0) return { body: Buffer.concat(parts), end: dataStart + 2 };
    parts.push(bytes.subarray(dataStart, dataStart + size));
    position = dataStart + size + 2;
  }
}

module.exports = { ResponseScanner };
