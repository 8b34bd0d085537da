'use strict';

const { HEADER_BYTES, FRAME_BYTES_MAX, ProtocolError } = require('./protocol');

/** One read may bring this much; the buffer is reused for every read, so frames are valid only during `onFrame`. */
const READ_BUFFER_BYTES = 256 * 1024;

/** Frames up to this size, should they come in pieces, are put together in memory that is kept. */
const SPARE_BYTES = 512 * 1024;

/**
 * Cuts the bytes of a link into frames, without copying those that came whole.
 *
 * A frame is handed out as numbers, never as an object: this runs once for every call.
 *
 * @callback OnFrame
 * @param {number} type
 * @param {number} flags
 * @param {number} detail
 * @param {number} call  as a signed 32-bit number, which V8 keeps unboxed; the same bits as the protocol's
 * @param {number} field as a signed 32-bit number
 * @param {FrameBytes} source the memory that holds the payload, valid only during the call
 * @param {number} start offset of the payload, a multiple of 8
 * @param {number} length bytes of payload
 */

/** Memory seen both as bytes and as aligned 32-bit words. */
class FrameBytes {
  /** @param {number} capacity in bytes, a multiple of 8 */
  constructor(capacity) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
    this.words = new Int32Array(this.bytes.buffer, 0, capacity >> 2);
  }
}

class FrameReader {
  /** @param {OnFrame} onFrame may throw a ProtocolError, which leaves `push` */
  constructor(onFrame) {
    this.onFrame = onFrame;
    /** The largest payload taken; WELCOME may lower it. */
    this.frameBytesLimit = FRAME_BYTES_MAX;
    /** Where the socket is to read into. */
    this.input = new FrameBytes(READ_BUFFER_BYTES);
    /** The frame whose beginning has come: its header first, then, sized once, the whole of it. */
    this.partialHeader = new FrameBytes(HEADER_BYTES);
    this.partial = this.partialHeader;
    this.partialLength = 0;
    this.partialWanted = HEADER_BYTES;
    /** @type {FrameBytes | null} the memory of the last frame that was put together, for the next */
    this.spare = null;
  }

  /**
   * Takes the first `count` bytes of `input` and hands out every frame they complete.
   * @param {number} count
   * @throws {ProtocolError}
   */
  push(count) {
    const { input } = this;
    let offset = this.partialLength > 0 ? this.finishPartial(count) : 0;
    if ((offset & 7) !== 0 && offset < count) {
      // What follows a completed partial frame is not aligned. Moving it once keeps a single, aligned way to read.
      input.bytes.copyWithin(0, offset, count);
      count -= offset;
      offset = 0;
    }
    const { words } = input;
    while (count - offset >= HEADER_BYTES) {
      const length = this.checkedLength(words[offset >> 2]);
      const total = HEADER_BYTES + ((length + 7) & ~7);
      if (count - offset < total) break;
      this.dispatch(input, offset, length);
      offset += total;
    }
    if (offset < count) this.keep(offset, count);
  }

  /** @param {number} length as read @returns {number} */
  checkedLength(length) {
    if (length < 0 || length > this.frameBytesLimit) {
      throw new ProtocolError(`a frame of ${length >>> 0} bytes is over the limit of ${this.frameBytesLimit}`);
    }
    return length;
  }

  dispatch(source, offset, length) {
    const { words } = source;
    const at = offset >> 2;
    const kind = words[at + 1];
    this.onFrame(
      kind & 0xff, (kind >>> 8) & 0xff, kind >>> 16, words[at + 2], words[at + 3],
      source, offset + HEADER_BYTES, length,
    );
  }

  /** Puts aside the beginning of a frame whose end has not come. */
  keep(offset, count) {
    const available = count - offset;
    if (available >= HEADER_BYTES) this.openPartial(this.input.words[offset >> 2]);
    this.input.bytes.copy(this.partial.bytes, 0, offset, count);
    this.partialLength = available;
  }

  /** The header is known: memory for the whole frame, sized once. */
  openPartial(length) {
    const total = HEADER_BYTES + ((this.checkedLength(length) + 7) & ~7);
    this.partialWanted = total;
    if (total === HEADER_BYTES) this.partial = this.partialHeader;
    else this.partial = total > SPARE_BYTES ? new FrameBytes(total) : this.takeSpare();
  }

  /** Fresh memory costs a page fault for every 4 KiB of it. @returns {FrameBytes} */
  takeSpare() {
    if (this.spare === null) this.spare = new FrameBytes(SPARE_BYTES);
    return this.spare;
  }

  /** @returns {number} how much of `input` went into the partial frame */
  finishPartial(count) {
    let taken = 0;
    if (this.partialLength < HEADER_BYTES) {
      taken = this.fillPartial(HEADER_BYTES, 0, count);
      if (this.partialLength < HEADER_BYTES) return taken;
      const header = this.partialHeader;
      this.openPartial(header.words[0]);
      if (this.partial !== header) header.bytes.copy(this.partial.bytes, 0, 0, HEADER_BYTES);
    }
    taken += this.fillPartial(this.partialWanted, taken, count);
    if (this.partialLength < this.partialWanted) return taken;
    const whole = this.partial;
    this.partial = this.partialHeader;
    this.partialLength = 0;
    this.partialWanted = HEADER_BYTES;
    this.dispatch(whole, 0, whole.words[0]);
    return taken;
  }

  fillPartial(wanted, offset, count) {
    const taken = Math.min(wanted - this.partialLength, count - offset);
    this.input.bytes.copy(this.partial.bytes, this.partialLength, offset, offset + taken);
    this.partialLength += taken;
    return taken;
  }
}

module.exports = { FrameReader, FrameBytes, READ_BUFFER_BYTES };
