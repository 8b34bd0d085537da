'use strict';

const { Calls, Entry, ENTRY_BYTES, PEER_BYTES, ProtocolError } = require('./protocol');
const { Call } = require('./call');

/** In a joined text, an entry without input holds `null`. */
const NULL_BYTES = 4;

const KNOWN_ENTRY_FLAGS = Entry.NO_INPUT | Entry.WHOLE | Entry.CONTEXT | Entry.HTTP_1_0;

/**
 * Takes CALLS frames apart and starts what they call.
 *
 * The payload is numbers first (16 bytes a call), then all texts, then all heads, so that one pass over aligned words
 * finds everything and a joined batch needs one decoding and one parse.
 */
class CallLane {
  /** @param {import('./link').Link} link */
  constructor(link) {
    this.link = link;
    this.app = link.app;
  }

  /**
   * @param {number} flags ASCII, plain, joined
   * @param {number} count calls in the frame
   * @param {number} textBytes
   * @param {import('./frame-reader').FrameBytes} source
   * @param {number} start
   * @param {number} length
   * @throws {ProtocolError}
   */
  receive(flags, count, textBytes, source, start, length) {
    const textStart = this.check(flags, count, textBytes, source.words, start, length);
    const { bytes, words } = source;
    const { codec } = this.app;
    const joined = (flags & Calls.JOINED) !== 0;
    const plain = (flags & Calls.PLAIN) !== 0 && codec.parsesPlainAsJson;
    const inputs = joined && plain ? parseJoined(bytes, textStart, textBytes, count) : null;
    const separator = joined ? 1 : 0;
    let text = textStart + separator;
    let head = textStart + textBytes;
    for (let i = 0, word = start >> 2; i < count; i++, word += 4) {
      const target = this.app.targets[words[word + 1] & 0xffffff];
      const entryFlags = words[word + 1] >>> 24;
      const textLength = words[word + 2];
      const headLength = words[word + 3];
      const headText = headLength === 0 ? '' : bytes.latin1Slice(head, head + headLength);
      head += headLength;
      const call = new Call(this.link, words[word], target, headText);
      if ((entryFlags & Entry.NO_INPUT) !== 0) {
        if (inputs !== null && inputs[i] !== null) {
          throw new ProtocolError('an entry of CALLS without input does not hold null');
        }
        call.start(undefined, entryFlags, true);
      } else if (inputs !== null) {
        call.start(inputs[i], entryFlags, true);
      } else {
        const end = text + textLength;
        const json = (flags & Calls.ASCII) !== 0 ? bytes.latin1Slice(text, end) : bytes.utf8Slice(text, end);
        this.startParsed(call, json, plain, entryFlags);
      }
      text += textLength + separator;
    }
  }

  startParsed(call, json, plain, entryFlags) {
    let input;
    try {
      if (plain) input = JSON.parse(json);
      else input = (entryFlags & Entry.WHOLE) !== 0 ? this.app.codec.parse(json) : this.app.codec.parseInput(json);
    } catch {
      call.refuseInput();
      return;
    }
    call.start(input, entryFlags, plain);
  }

  /**
   * Holds the whole frame against the protocol before any of it runs.
   * @returns {number} where the texts begin
   */
  check(flags, count, textBytes, words, start, length) {
    const entriesBytes = count * ENTRY_BYTES;
    if (textBytes < 0 || entriesBytes + textBytes > length) {
      throw new ProtocolError(`CALLS of ${length} bytes has no room for ${count} calls and ${textBytes} bytes of text`);
    }
    const joined = (flags & Calls.JOINED) !== 0;
    const { targets } = this.app;
    const { running } = this.link;
    let texts = 0;
    let heads = 0;
    for (let i = 0, word = start >> 2; i < count; i++, word += 4) {
      const index = words[word + 1] & 0xffffff;
      const entryFlags = words[word + 1] >>> 24;
      if (index >= targets.length || targets[index].run === null || targets[index].lane === 'listener') {
        throw new ProtocolError(`CALLS names target ${index}, which was not announced as callable`);
      }
      if (running.has(words[word])) {
        throw new ProtocolError(`CALLS uses the id of a running call, ${words[word] >>> 0}`);
      }
      checkEntry(entryFlags, words[word + 2], words[word + 3], joined);
      texts += words[word + 2];
      heads += words[word + 3];
    }
    const between = joined ? count + 1 : 0;
    if (texts + between !== textBytes || entriesBytes + textBytes + heads !== length) {
      throw new ProtocolError(
        `the entries of CALLS (${texts} bytes of text, ${heads} of heads) do not add up to its ${length} bytes`,
      );
    }
    return start + entriesBytes;
  }
}

function checkEntry(flags, textLength, headLength, joined) {
  if ((flags & ~KNOWN_ENTRY_FLAGS) !== 0) throw new ProtocolError(`an entry of CALLS has unknown flags: ${flags}`);
  if (textLength < 0 || headLength < 0) throw new ProtocolError('an entry of CALLS has a length over 2 GiB');
  const noInput = (flags & Entry.NO_INPUT) !== 0;
  if (noInput && (flags & Entry.WHOLE) !== 0) {
    throw new ProtocolError('an entry of CALLS has no input and a whole body');
  }
  if (noInput ? textLength !== (joined ? NULL_BYTES : 0) : textLength === 0) {
    throw new ProtocolError('an entry of CALLS has a text and no input, or neither');
  }
  if (headLength > 0 ? headLength <= PEER_BYTES : (flags & Entry.CONTEXT) !== 0) {
    throw new ProtocolError('an entry of CALLS has no whole request head');
  }
}

/** @returns {unknown[]} one input a call */
function parseJoined(bytes, start, length, count) {
  let inputs;
  try {
    inputs = JSON.parse(bytes.latin1Slice(start, start + length));
  } catch (error) {
    throw new ProtocolError(`the joined text of CALLS is not JSON: ${error.message}`);
  }
  if (!Array.isArray(inputs) || inputs.length !== count) {
    throw new ProtocolError('the joined text of CALLS does not have one element for each call');
  }
  return inputs;
}

module.exports = { CallLane };
