'use strict';

/**
 * The numbers of the bridge protocol (docs/bridge-protocol.md), and nothing else.
 * Frame headers are read and written through an Int32Array, which has the machine's own byte order: the protocol is
 * little-endian, so a big-endian machine is refused here rather than misread later.
 */

if (new Uint8Array(new Uint32Array([1]).buffer)[0] !== 1) {
  throw new Error('runner-sidecar runs on little-endian machines only');
}

const PROTOCOL_VERSION = 2;
const HEADER_BYTES = 16;
const ENTRY_BYTES = 16;
const PEER_BYTES = 24;

/** What a frame may carry before WELCOME names a limit, and the most it may ever name. */
const FRAME_BYTES_MAX = 64 * 1024 * 1024;

const Frame = Object.freeze({
  HELLO: 0x01,
  RESULT: 0x02,
  RESPONSE_DATA: 0x03,
  RESPONSE_END: 0x04,
  PONG: 0x05,
  ORIGIN_ANSWER: 0x06,
  WELCOME: 0x11,
  REFUSED: 0x12,
  CALLS: 0x13,
  CANCEL: 0x14,
  REQUEST: 0x15,
  REQUEST_DATA: 0x16,
  REQUEST_END: 0x17,
  PING: 0x18,
  ORIGIN_QUESTION: 0x19,
  SETTINGS: 0x1a,
  CREDIT: 0x21,
  DRAINING: 0x22,
});

/** RESULT's flags. */
const Result = Object.freeze({ VALUE: 1, EMPTY: 2, FAILED: 4, REGISTERED_ERROR: 8, INVALID_INPUT: 16 });

/** RESPONSE_END's flags. */
const End = Object.freeze({ KEEP_ALIVE: 1, ABORT: 2 });

/** ORIGIN_ANSWER's flags. */
const Origin = Object.freeze({ ALLOWED: 1, CACHEABLE: 2, THREW: 4 });

/** CALLS' flags. */
const Calls = Object.freeze({ ASCII: 1, PLAIN: 2, JOINED: 4 });

/** The flags of one entry of CALLS. */
const Entry = Object.freeze({ NO_INPUT: 1, WHOLE: 2, CONTEXT: 4, HTTP_1_0: 8 });

/** REQUEST's flags. */
const Request = Object.freeze({ BODY_FOLLOWS: 1 });

/** ORIGIN_QUESTION's flags. */
const Question = Object.freeze({ NO_ORIGIN: 1 });

/** DRAINING's flags. */
const Draining = Object.freeze({ SOON: 1 });

/** CANCEL's reasons, in `detail`. */
const Cancel = Object.freeze({ CLIENT_CLOSED: 1, HALF_CLOSED: 2, TIMEOUT: 3, FRONT_STOPPING: 4 });

/**
 * A frame that breaks the protocol. Whoever reads it closes the link and logs the message; no answer is sent.
 */
class ProtocolError extends Error {
  /** @param {string} message what was wrong with the frame, for a person */
  constructor(message) {
    super(message);
    this.name = 'ProtocolError';
    this.code = 'ERR_BRIDGE_PROTOCOL';
  }
}

module.exports = {
  PROTOCOL_VERSION, HEADER_BYTES, ENTRY_BYTES, PEER_BYTES, FRAME_BYTES_MAX,
  Frame, Result, End, Origin, Calls, Entry, Request, Question, Draining, Cancel, ProtocolError,
};
