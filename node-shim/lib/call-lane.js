'use strict';

const { Calls, Entry, ENTRY_BYTES, ProtocolError } = require('./protocol');
const { Call } = require('./call');

const KNOWN_FLAGS = Calls.ASCII | Calls.PLAIN | Calls.JOINED;
const KNOWN_ENTRY_FLAGS = Entry.NO_INPUT | Entry.WHOLE | Entry.CONTEXT;

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
   * @param {number} start @param {number} length
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
      if (inputs !== null) {
        call.start((entryFlags & Entry.NO_INPUT) === 0 ? inputs[i] : undefined, entryFlags);
        continue;
      }
      if ((entryFlags & Entry.NO_INPUT) !== 0) {
        call.start(undefined, entryFlags);
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
      input = plain ? JSON.parse(json) : this.app.codec.parse(json);
    } catch {
      call.refuseInput();
      return;
    }
    call.start(input, entryFlags);
  }

  /**
   * Holds the whole frame against the protocol before any of it runs.
   * @returns {number} where the texts begin
   */
  check(flags, count, textBytes, words, start, length) {
    if ((flags & ~KNOWN_FLAGS) !== 0) throw new ProtocolError(`CALLS with unknown flags ${flags}`);
    if ((flags & Calls.JOINED) !== 0 && flags !== KNOWN_FLAGS) throw new ProtocolError('CALLS is joined, but not ASCII and plain');
    const entriesBytes = count * ENTRY_BYTES;
    if (count === 0 || textBytes < 0 || entriesBytes + textBytes > length) {
      throw new ProtocolError(`CALLS with ${count} calls and ${textBytes} bytes of text does not fit in ${length} bytes`);
    }
    const { targets } = this.app;
    const { running } = this.link;
    let texts = 0;
    let heads = 0;
    for (let i = 0, word = start >> 2; i < count; i++, word += 4) {
      const index = words[word + 1] & 0xffffff;
      const entryFlags = words[word + 1] >>> 24;
      if (index >= targets.length || targets[index].run === null) {
        throw new ProtocolError(`CALLS names target ${index}, which was not announced as callable`);
      }
      if ((entryFlags & ~KNOWN_ENTRY_FLAGS) !== 0) throw new ProtocolError(`an entry of CALLS with unknown flags ${entryFlags}`);
      if (running.has(words[word])) throw new ProtocolError(`CALLS uses the id of a running call, ${words[word] >>> 0}`);
      if (words[word + 2] < 0 || words[word + 3] < 0) throw new ProtocolError('an entry of CALLS with a negative length');
      texts += words[word + 2];
      heads += words[word + 3];
    }
    const between = (flags & Calls.JOINED) !== 0 ? count + 1 : 0;
    if (texts + between !== textBytes || entriesBytes + textBytes + heads !== length) {
      throw new ProtocolError(`CALLS whose entries (${texts} bytes of text, ${heads} of heads) do not add up to its ${length} bytes`);
    }
    return start + entriesBytes;
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
