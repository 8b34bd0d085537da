'use strict';

// The frames of docs/bridge-protocol.md, written once more from the page: a worker that shares the shim's code would
// share its mistakes.

const HEADER_BYTES = 16;
const PROTOCOL_VERSION = 2;
const TYPES = {
  HELLO: 0x01, RESULT: 0x02, RESPONSE_DATA: 0x03, RESPONSE_END: 0x04, PONG: 0x05, ORIGIN_ANSWER: 0x06,
  WELCOME: 0x11, REFUSED: 0x12, CALLS: 0x13, CANCEL: 0x14, REQUEST: 0x15, REQUEST_DATA: 0x16, REQUEST_END: 0x17,
  PING: 0x18, ORIGIN_QUESTION: 0x19, SETTINGS: 0x1a, CREDIT: 0x21, DRAINING: 0x22,
};
const RESULT_FLAGS = { result: 1, empty: 2, failed: 4, registeredError: 8, invalidInput: 16 };

/**
 * @typedef {{ type: number, flags: number, detail: number, call: number, field: number, payload: Buffer }} Frame
 */

/**
 * @param {Partial<Frame> & { type: number, length?: number }} frame `length`: a false one, where a test wants that
 * @returns {Buffer}
 */
function encodeFrame(
  { type, flags = 0, detail = 0, call = 0, field = 0, payload = Buffer.alloc(0), length = payload.length },
) {
  const bytes = Buffer.alloc(HEADER_BYTES + Math.ceil(payload.length / 8) * 8);
  bytes.writeUInt32LE(length, 0);
  bytes.writeUInt8(type, 4);
  bytes.writeUInt8(flags, 5);
  bytes.writeUInt16LE(detail, 6);
  bytes.writeUInt32LE(call, 8);
  bytes.writeUInt32LE(field, 12);
  payload.copy(bytes, HEADER_BYTES);
  return bytes;
}

/** Takes whole frames from the front of `bytes`. @param {Buffer} bytes @returns {{ frames: Frame[], rest: Buffer }} */
function decodeFrames(bytes) {
  const frames = [];
  let at = 0;
  while (bytes.length - at >= HEADER_BYTES) {
    const length = bytes.readUInt32LE(at);
    const end = at + HEADER_BYTES + Math.ceil(length / 8) * 8;
    if (end > bytes.length) break;
    frames.push({
      type: bytes[at + 4], flags: bytes[at + 5], detail: bytes.readUInt16LE(at + 6), call: bytes.readUInt32LE(at + 8),
      field: bytes.readUInt32LE(at + 12),
      payload: Buffer.from(bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length)),
    });
    at = end;
  }
  return { frames, rest: bytes.subarray(at) };
}

/**
 * The calls that a CALLS frame carries.
 * @param {Frame} frame
 * @returns {{ call: number, target: number, flags: number, textBytes: number }[]}
 */
function callsOf(frame) {
  return Array.from({ length: frame.detail }, (_, i) => {
    const at = i * 16;
    const target = frame.payload.readUInt32LE(at + 4);
    return {
      call: frame.payload.readUInt32LE(at),
      target: target & 0xffffff,
      flags: target >>> 24,
      textBytes: frame.payload.readUInt32LE(at + 8),
    };
  });
}

module.exports = { TYPES, RESULT_FLAGS, PROTOCOL_VERSION, encodeFrame, decodeFrames, callsOf };
