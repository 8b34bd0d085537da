'use strict';

const { needsNoEscape } = require('./long-strings');
const { HEADER_BYTES } = require('./protocol');

/**
 * What a turn may gather before it is written. Memory that was never written to is not resident, so only an app with
 * such results pays for it.
 */
const OUTPUT_BYTES = 512 * 1024;

/** A larger payload of bytes is not worth copying. Text must be encoded anyway: wherever it fits, in place. */
const COPIED_BYTES_MAX = 16 * 1024;

/** Up to here a text gets room for the worst case; beyond it is measured first. */
const UNMEASURED_CHARACTERS = 4096;

const QUOTE = 0x22;

const ZEROS = Buffer.alloc(8);

/** Output buffers kept for reuse, of those that had to be swapped out. */
const SPARES = 2;

/**
 * Below this many characters a loop over charCodeAt is cheaper than calling into C++ (measured: break-even near
 * 24).
 */
const SHORT_TEXT_CHARACTERS = 20;

/** One output buffer and how many writes of it the socket still holds. */
class Output {
  /** @param {Output[]} spares where to go when the last write is done */
  constructor(spares) {
    this.bytes = Buffer.allocUnsafeSlow(OUTPUT_BYTES);
    this.words = new Int32Array(this.bytes.buffer, 0, OUTPUT_BYTES >> 2);
    this.writesPending = 0;
    this.retired = false;
    this.written = () => {
      this.writesPending--;
      if (!this.retired || this.writesPending > 0) return;
      this.retired = false;
      if (spares.length < SPARES) spares.push(this);
    };
  }
}

/**
 * Gathers the frames of one turn of the event loop and writes them at once.
 *
 * All frames of a turn go into one preallocated buffer. A buffer that the kernel took whole is used again at once; one
 * that the socket still holds is swapped for a spare until its write is done.
 */
class FrameWriter {
  /** @param {import('node:stream').Writable} socket */
  constructor(socket) {
    this.socket = socket;
    /** @type {Output[]} */
    this.spares = [];
    this.output = new Output(this.spares);
    this.length = 0;
    this.flushScheduled = false;
    this.closed = false;
    this.flushNow = () => {
      this.flushScheduled = false;
      this.flush();
    };
  }

  /** A frame without payload. */
  empty(type, flags, detail, call, field) {
    this.header(this.room(HEADER_BYTES), 0, type, flags, detail, call, field);
  }

  /**
   * A frame whose payload is `text` as UTF-8.
   * @param {string} text
   */
  text(type, flags, detail, call, field, text) {
    const characters = text.length;
    if (characters <= SHORT_TEXT_CHARACTERS) {
      const at = this.room(HEADER_BYTES + SHORT_TEXT_CHARACTERS + 4);
      const { bytes } = this.output;
      let position = at + HEADER_BYTES;
      for (let i = 0; i < characters; i++) {
        const code = text.charCodeAt(i);
        if (code > 0x7f) {
          this.length = at;
          this.longText(type, flags, detail, call, field, text);
          return;
        }
        bytes[position++] = code;
      }
      this.finish(at, characters, type, flags, detail, call, field);
      return;
    }
    this.longText(type, flags, detail, call, field, text);
  }

  longText(type, flags, detail, call, field, text) {
    const characters = text.length;
    // A UTF-16 unit never takes more than three bytes of UTF-8.
    const size = characters <= UNMEASURED_CHARACTERS ? characters * 3 : Buffer.byteLength(text);
    if (size + HEADER_BYTES + 8 > OUTPUT_BYTES) {
      this.payload(type, flags, detail, call, field, Buffer.from(text, 'utf8'));
      return;
    }
    const at = this.room(HEADER_BYTES + size + 8);
    const written = this.output.bytes.utf8Write(text, at + HEADER_BYTES);
    this.finish(at, written, type, flags, detail, call, field);
  }

  /**
   * A frame whose payload is JSON text with long strings in it, written in place.
   * @param {string[]} parts as lib/long-strings.js makes them
   * @returns {boolean} false: nothing was written, a string needs escapes or it is too long for the output
   */
  textWithLongStrings(type, flags, detail, call, field, parts, bytesMax) {
    let size = 0;
    for (let i = 0; i < parts.length; i += 2) size += parts[i].length * 3;
    for (let i = 1; i < parts.length; i += 2) size += parts[i].length + 2;
    if (size > bytesMax || HEADER_BYTES + size + 16 > OUTPUT_BYTES) return false;
    const at = this.room(HEADER_BYTES + size + 16);
    const { bytes, words } = this.output;
    let position = at + HEADER_BYTES;
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i];
      if ((i & 1) === 0) {
        position += bytes.utf8Write(part, position);
        continue;
      }
      const start = position + 1;
      const end = start + part.length;
      // Only ASCII takes as many bytes as it has characters; what is cut short at the limit has taken more.
      if (bytes.utf8Write(part, start, part.length + 4) !== part.length) return false;
      if (!needsNoEscape(bytes, words, start, end)) return false;
      bytes[position] = QUOTE;
      bytes[end] = QUOTE;
      position = end + 1;
    }
    this.finish(at, position - at - HEADER_BYTES, type, flags, detail, call, field);
    return true;
  }

  /**
   * A frame whose payload is `chunk`. A small chunk is copied; a large one is written as it is.
   * @param {Uint8Array} chunk
   * @param {() => void} [callback] called once the chunk may change again
   */
  payload(type, flags, detail, call, field, chunk, callback) {
    const size = chunk.length;
    if (size <= COPIED_BYTES_MAX) {
      const at = this.room(HEADER_BYTES + size + 8);
      this.output.bytes.set(chunk, at + HEADER_BYTES);
      this.finish(at, size, type, flags, detail, call, field);
      if (callback !== undefined) callback();
      return;
    }
    this.header(this.room(HEADER_BYTES), size, type, flags, detail, call, field);
    if (this.closed) {
      if (callback !== undefined) callback();
      return;
    }
    // One system call for what was gathered, the header, the chunk and its padding.
    this.socket.cork();
    this.flush();
    this.socket.write(chunk, callback);
    const padding = -size & 7;
    if (padding > 0) this.socket.write(ZEROS.subarray(0, padding));
    this.socket.uncork();
  }

  /** Makes sure that `size` bytes fit. @returns {number} where they begin */
  room(size) {
    if (this.length + size > OUTPUT_BYTES) this.flush();
    if (!this.flushScheduled) {
      this.flushScheduled = true;
      setImmediate(this.flushNow);
    }
    return this.length;
  }

  header(at, length, type, flags, detail, call, field) {
    const { words } = this.output;
    const word = at >> 2;
    words[word] = length;
    words[word + 1] = type | (flags << 8) | (detail << 16);
    words[word + 2] = call;
    words[word + 3] = field;
    this.length = at + HEADER_BYTES;
  }

  /** Header and padding around a payload of `length` bytes that already stands behind `at`. */
  finish(at, length, type, flags, detail, call, field) {
    this.header(at, length, type, flags, detail, call, field);
    const end = this.length + length;
    const padded = (end + 7) & ~7;
    const { bytes } = this.output;
    for (let i = end; i < padded; i++) bytes[i] = 0;
    this.length = padded;
  }

  /** Hands what is gathered to the socket. */
  flush() {
    if (this.length === 0) return;
    const { output, socket } = this;
    const count = this.length;
    this.length = 0;
    if (this.closed) return;
    output.writesPending++;
    socket.write(output.bytes.subarray(0, count), output.written);
    if (socket.writableLength === 0) return;
    // The kernel did not take all of it, so the bytes must stay as they are until the write is done.
    output.retired = true;
    this.output = this.spares.pop() || new Output(this.spares);
  }

  /** Drops what is gathered; later frames go nowhere. */
  close() {
    this.closed = true;
    this.length = 0;
  }
}

module.exports = { FrameWriter };
