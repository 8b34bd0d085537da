'use strict';

/**
 * @typedef {object} Answer One HTTP/1.1 answer as it was on the wire.
 * @property {number} status
 * @property {string} reason
 * @property {[string, string][]} headers in their order and case
 * @property {'content-length' | 'chunked' | 'close' | 'none'} framing
 * @property {Buffer} body decoded
 * @property {boolean} complete whether the body came to its end
 */

/**
 * Reads answers from the bytes of one connection, strictly: a client that forgives would hide the faults that these
 * tests look for. It never guesses; bytes that are not HTTP throw.
 */
class AnswerReader {
  constructor() {
    /** @type {Buffer[]} what came and was not looked at yet, put together only when it is */
    this.chunks = [];
    /** How many bytes the answer under way takes in all, as far as that is known. */
    this.neededBytes = 0;
    this.unreadBytes = 0;
    /** @type {Answer[]} interim answers (1xx), in order */
    this.interim = [];
  }

  /** @param {Buffer} chunk */
  push(chunk) {
    this.chunks.push(chunk);
    this.unreadBytes += chunk.length;
  }

  /** Everything that belongs to no answer taken so far. */
  get bytes() {
    if (this.chunks.length !== 1) this.chunks = [Buffer.concat(this.chunks)];
    return this.chunks[0];
  }

  set bytes(rest) {
    this.chunks = [rest];
    this.unreadBytes = rest.length;
    this.neededBytes = 0;
  }

  /**
   * Takes the next final answer.
   * @param {{ method: string, ended: boolean }} context the method it answers, and whether the server sent its FIN
   * @returns {Answer | undefined} undefined until enough has arrived
   */
  take({ method, ended }) {
    for (;;) {
      if (this.unreadBytes < this.neededBytes && !ended) return undefined;
      const head = parseHead(this.bytes);
      if (!head) return undefined;
      if (head.status >= 100 && head.status < 200 && head.status !== 101) {
        this.bytes = this.bytes.subarray(head.end);
        this.interim.push({ ...withoutEnd(head), framing: 'none', body: Buffer.alloc(0), complete: true });
        continue;
      }
      const body = takeBody(head, this.bytes.subarray(head.end), method, ended);
      if (!body) {
        this.neededBytes = head.end + Number(fieldValue(head, 'content-length') ?? 0);
        return undefined;
      }
      this.bytes = this.bytes.subarray(head.end + body.consumed);
      return { ...withoutEnd(head), framing: body.framing, body: body.bytes, complete: body.complete };
    }
  }
}

function withoutEnd({ status, reason, headers }) {
  return { status, reason, headers };
}

/** @param {Buffer} bytes */
function parseHead(bytes) {
  const at = bytes.indexOf('\r\n\r\n');
  if (at < 0) return undefined;
  const [statusLine, ...lines] = bytes.latin1Slice(0, at).split('\r\n');
  const match = /^HTTP\/1\.1 (\d{3}) ([^\r\n]*)$/.exec(statusLine);
  if (!match) throw new Error(`not a status line: ${JSON.stringify(statusLine.slice(0, 200))}`);
  const headers = lines.map((line) => {
    const field = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([^\r\n]*)$/.exec(line);
    if (!field) throw new Error(`not a field line: ${JSON.stringify(line.slice(0, 200))}`);
    return /** @type {[string, string]} */ ([field[1], field[2]]);
  });
  return { status: Number(match[1]), reason: match[2], headers, end: at + 4 };
}

/**
 * RFC 9112 section 6.3.
 * @returns {{ framing: Answer['framing'], bytes: Buffer, consumed: number, complete: boolean } | undefined}
 */
function takeBody(head, rest, method, ended) {
  const values = (name) => head.headers.filter(([n]) => n.toLowerCase() === name).map(([, v]) => v);
  const codings = values('transfer-encoding');
  const lengths = values('content-length');
  if (codings.length > 0 && lengths.length > 0) {
    throw new Error('an answer with both Transfer-Encoding and Content-Length');
  }
  if (lengths.length > 1) throw new Error('an answer with two Content-Length fields');
  if (method === 'HEAD' || head.status === 204 || head.status === 304) {
    return { framing: 'none', bytes: Buffer.alloc(0), consumed: 0, complete: true };
  }
  if (codings.length > 0) return takeChunked(rest, ended);
  if (lengths.length > 0) {
    const length = Number(lengths[0]);
    if (rest.length >= length) {
      return {
        framing: 'content-length', bytes: Buffer.from(rest.subarray(0, length)), consumed: length, complete: true,
      };
    }
    return ended
      ? { framing: 'content-length', bytes: Buffer.from(rest), consumed: rest.length, complete: false }
      : undefined;
  }
  return ended ? { framing: 'close', bytes: Buffer.from(rest), consumed: rest.length, complete: true } : undefined;
}

function takeChunked(rest, ended) {
  const parts = [];
  let at = 0;
  const cutShort = () => (ended
    ? { framing: 'chunked', bytes: Buffer.concat(parts), consumed: rest.length, complete: false }
    : undefined);
  for (;;) {
    const lineEnd = rest.indexOf('\r\n', at);
    if (lineEnd < 0) return cutShort();
    const line = rest.latin1Slice(at, lineEnd);
    if (!/^[0-9a-fA-F]{1,8}$/.test(line)) throw new Error(`not a chunk size: ${JSON.stringify(line.slice(0, 80))}`);
    const size = parseInt(line, 16);
    at = lineEnd + 2;
    if (size === 0) {
      if (rest.length < at + 2) return cutShort();
      if (rest.latin1Slice(at, at + 2) !== '\r\n') throw new Error('trailers were not expected');
      return { framing: 'chunked', bytes: Buffer.concat(parts), consumed: at + 2, complete: true };
    }
    if (rest.length < at + size + 2) {
      parts.push(rest.subarray(at, Math.min(rest.length, at + size)));
      return cutShort();
    }
    if (rest.latin1Slice(at + size, at + size + 2) !== '\r\n') throw new Error('a chunk is longer than it said');
    parts.push(rest.subarray(at, at + size));
    at += size + 2;
  }
}

/** The first value of a field of an answer, or undefined. */
function fieldValue(answer, name) {
  const found = answer.headers.find(([n]) => n.toLowerCase() === name.toLowerCase());
  return found ? found[1] : undefined;
}

module.exports = { AnswerReader, fieldValue };
