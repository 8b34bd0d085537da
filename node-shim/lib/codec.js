'use strict';

const { hasLongString, partsOf } = require('./long-strings');
const { isPlain } = require('./plain-values');

/**
 * How inputs become values and results become text. A codec answers byte for byte what nodeExposure would with the same
 * serializer, which stringifies `{ ok: true, result }` as a whole; where the text of the result alone is the same, only
 * that is made and sent.
 *
 * @typedef {object} Codec
 * @property {(text: string) => unknown} parse throws where the serializer does
 * @property {(text: string) => unknown} parseInput the same for the text of an input alone, as a member of a body
 * @property {boolean} parsesPlainAsJson whether JSON.parse gives the same for texts that the front calls plain
 * @property {(value: unknown) => string} stringify
 * @property {(value: unknown) => string | undefined} valueText the text of the result alone; undefined when the
 *   envelope has no `result` member; '' when the whole envelope must be stringified
 * @property {(value: object | string) => string[] | null} valueParts the same in parts, for lib/long-strings.js, when
 *   the result holds long strings and nothing that is not plain; else null
 * @property {(status: number, message: string, code: string, extra?: object) => string} envelope an error's body
 */

/** How far a result is looked through before it is handed to JSON.stringify as it is. */
const PLAIN_NODES_MAX = 200;

const isMeaningfulToJson = (key) => key === '__proto__' || key === 'toJSON';

class JsonCodec {
  get parsesPlainAsJson() {
    return true;
  }

  parse(text) {
    return JSON.parse(text);
  }

  parseInput(text) {
    return this.parse(text);
  }

  stringify(value) {
    return JSON.stringify(value);
  }

  valueText(value) {
    if (typeof value === 'number' && Number.isFinite(value)) return `${value}`;
    return JSON.stringify(value);
  }

  valueParts(value) {
    if (!hasLongString(value)) return null;
    return typeof value === 'string' || isPlain(value, isMeaningfulToJson, PLAIN_NODES_MAX) ? partsOf(value) : null;
  }

  envelope(_status, message, code, extra) {
    return this.stringify({ ok: false, error: { message, code, ...extra } });
  }
}

/** The app's own serializer, of which nothing is known. */
class SerializerCodec extends JsonCodec {
  /** @param {{ parse(text: string): unknown, stringify(value: unknown): string }} serializer */
  constructor(serializer) {
    super();
    this.serializer = serializer;
  }

  get parsesPlainAsJson() {
    return false;
  }

  parse(text) {
    return this.serializer.parse(text);
  }

  stringify(value) {
    const text = this.serializer.stringify(value);
    return text === undefined || text === null ? JSON.stringify(value) : text;
  }

  valueText() {
    return '';
  }

  valueParts() {
    return null;
  }
}

module.exports = { JsonCodec, SerializerCodec };
