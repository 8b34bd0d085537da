'use strict';

const { Frame, Calls, Request, Question, Draining, Cancel, PEER_BYTES, ProtocolError } = require('./protocol');

/**
 * What the header of each frame that a front may send must look like (docs/bridge-protocol.md, the table of frames).
 * One place, so that every frame is held to it before anything acts on it.
 *
 * @typedef {object} Rule
 * @property {string} name
 * @property {number} flags those that are known
 * @property {number} detailMin @property {number} detailMax
 * @property {boolean} ofCall whether it belongs to a call; a frame of the link has call 0
 * @property {boolean} field whether `field` means something
 * @property {number} lengthMin @property {number} lengthMax
 */

const ANY = 0x7fffffff;

/** @type {(Rule | undefined)[]} by frame type */
const rules = [];

function rule(name, { flags = 0, detail = [0, 0], ofCall = false, field = false, length = [0, ANY] }) {
  rules[Frame[name]] = {
    name, flags, ofCall, field, detailMin: detail[0], detailMax: detail[1], lengthMin: length[0], lengthMax: length[1],
  };
}

const NONE = [0, 0];

rule('WELCOME', { field: true });
rule('REFUSED', { field: true });
rule('CALLS', { flags: Calls.ASCII | Calls.PLAIN | Calls.JOINED, detail: [1, 0xffff], field: true });
rule('CANCEL', { detail: [Cancel.CLIENT_CLOSED, Cancel.FRONT_STOPPING], ofCall: true, length: NONE });
rule('REQUEST', { flags: Request.BODY_FOLLOWS, ofCall: true, length: [PEER_BYTES + 1, ANY] });
rule('REQUEST_DATA', { ofCall: true });
rule('REQUEST_END', { ofCall: true, length: NONE });
rule('PING', { field: true, length: NONE });
rule('ORIGIN_QUESTION', { flags: Question.NO_ORIGIN, ofCall: true });
rule('SETTINGS', { length: [1, ANY] });
rule('CREDIT', { ofCall: true, field: true, length: NONE });
rule('DRAINING', { flags: Draining.SOON, length: NONE });

/**
 * @throws {ProtocolError} naming the frame and what is wrong with it
 */
function checkFrame(type, flags, detail, call, field, length) {
  const known = rules[type];
  if (known === undefined) throw new ProtocolError(`a front sends no frame of type 0x${type.toString(16)}`);
  if ((flags & ~known.flags) !== 0) throw new ProtocolError(`${known.name} has unknown flags: ${flags}`);
  if (detail < known.detailMin || detail > known.detailMax) {
    throw new ProtocolError(`${known.name} has a detail of ${detail}`);
  }
  if (!known.ofCall && call !== 0) {
    throw new ProtocolError(`${known.name} belongs to the link, but names call ${call >>> 0}`);
  }
  if (!known.field && field !== 0) throw new ProtocolError(`${known.name} has a field of ${field >>> 0}`);
  if (length < known.lengthMin || length > known.lengthMax) {
    throw new ProtocolError(`${known.name} has a payload of ${length} bytes`);
  }
  if (type === Frame.CALLS && (flags & Calls.JOINED) !== 0 && flags !== known.flags) {
    throw new ProtocolError('CALLS is joined, but not both ASCII and plain');
  }
  if (type === Frame.ORIGIN_QUESTION && flags !== 0 && length !== 0) {
    throw new ProtocolError('ORIGIN_QUESTION has an origin and has none');
  }
}

module.exports = { checkFrame };
