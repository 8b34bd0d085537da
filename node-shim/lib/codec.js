'use strict';

const { hasLongString, partsOf } = require('./long-strings');

/**
 * How inputs become values and results become text. A codec answers byte for byte what nodeExposure would with the same
 * serializer, which stringifies `{ ok: true, result }` as a whole; where the text of the result alone is the same, only
 * that is made and sent.
 *
 * @typedef {object} Codec
 * @property {(text: string) => unknown} parse throws where the serializer does
 * @property {boolean} parsesPlainAsJson whether JSON.parse gives the same for texts without `$` keys
 * @property {(value: unknown) => string} stringify
 * @property {(value: unknown) => string | undefined} valueText the text of the result alone; undefined when the
 *   envelope has no `result` member; '' when the whole envelope must be stringified
 * @property {(value: object | string) => string[] | null} valueParts the same in parts, for lib/long-strings.js, when
 *   the result holds long strings and nothing that is not plain; else null
 * @property {(status: number, message: string, code: string, extra?: object) => string} envelope an error's body
 */

/** How far a result is looked through before EJSON itself is the cheaper way. */
const PLAIN_NODES_MAX = 200;

/**
 * Names that give an object a meaning of its own, to JSON.stringify or to EJSON (bluelibs/ejson,
 * EJSONModule.clone).
 */
const MEANINGFUL = new Set([
  '__proto__', 'toJSON', 'callee', 'clone', 'toHexString', '_bsontype', 'typeName', 'toJSONValue',
]);

class JsonCodec {
  get parsesPlainAsJson() {
    return true;
  }

  parse(text) {
    return JSON.parse(text);
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
    return typeof value === 'string' || plainNodes(value, PLAIN_NODES_MAX) >= 0 ? partsOf(value) : null;
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

/** The runner's default, EJSON: JSON for everything but dates, binary, `$` keys and the like. */
class EjsonCodec extends SerializerCodec {
  get parsesPlainAsJson() {
    return true;
  }

  valueParts(value) {
    return JsonCodec.prototype.valueParts.call(this, value);
  }

  valueText(value) {
    switch (typeof value) {
      case 'number': return Number.isFinite(value) ? `${value}` : '';
      case 'string':
      case 'boolean': return JSON.stringify(value);
      case 'undefined': return undefined;
      case 'object': return value === null || plainNodes(value, PLAIN_NODES_MAX) >= 0 ? JSON.stringify(value) : '';
      default: return '';
    }
  }
}

/**
 * Whether a value is nothing but plain objects, arrays, strings, finite numbers, booleans and null, so that EJSON would
 * write what JSON.stringify writes.
 * @param {object} value
 * @param {number} budget how many members may be looked at
 * @returns {number} what is left of the budget, or -1 when the value is not plain, or too large to tell
 */
function plainNodes(value, budget) {
  if (budget < 0 || value.toJSON !== undefined) return -1;
  if (Array.isArray(value)) {
    if (Object.getPrototypeOf(value) !== Array.prototype) return -1;
    const { length } = value;
    if (length > budget) return -1;
    for (let i = 0; i < length; i++) {
      budget = plainMember(value[i], budget);
      if (budget < 0) return -1;
    }
    // Named members of an array are not JSON's, but EJSON.clone drops them as well.
    return budget;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype) return -1;
  for (const key in value) {
    if (key.charCodeAt(0) === 0x24 || MEANINGFUL.has(key)) return -1;
    budget = plainMember(value[key], budget);
    if (budget < 0) return -1;
  }
  return budget;
}

function plainMember(value, budget) {
  switch (typeof value) {
    case 'string':
    case 'boolean': return budget - 1;
    case 'number': return Number.isFinite(value) ? budget - 1 : -1;
    case 'object': return value === null ? budget - 1 : plainNodes(value, budget - 1);
    default: return -1;
  }
}

module.exports = { JsonCodec, SerializerCodec, EjsonCodec };
