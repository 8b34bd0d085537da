'use strict';

const { SerializerCodec } = require('../codec');
const { hasLongString, partsOf } = require('../long-strings');
const { isPlain } = require('../plain-values');

/** How far a result is looked through before EJSON itself is the cheaper way. */
const PLAIN_NODES_MAX = 200;

/**
 * Names that give an object a meaning of its own, to JSON.stringify or to EJSON (bluelibs/ejson,
 * EJSONModule.clone).
 */
const MEANINGFUL = new Set([
  '__proto__', 'toJSON', 'callee', 'clone', 'toHexString', '_bsontype', 'typeName', 'toJSONValue',
]);

const isMeaningful = (key) => key.charCodeAt(0) === 0x24 || MEANINGFUL.has(key);

/** The default serializer of 4.x, EJSON: JSON for everything but dates, binary, `$` keys and the like. */
class EjsonCodec extends SerializerCodec {
  get parsesPlainAsJson() {
    return true;
  }

  valueParts(value) {
    if (!hasLongString(value)) return null;
    return typeof value === 'string' || isPlain(value, isMeaningful, PLAIN_NODES_MAX) ? partsOf(value) : null;
  }

  valueText(value) {
    switch (typeof value) {
      case 'number': return Number.isFinite(value) ? `${value}` : '';
      case 'string':
      case 'boolean': return JSON.stringify(value);
      case 'undefined': return undefined;
      case 'object':
        return value === null || isPlain(value, isMeaningful, PLAIN_NODES_MAX) ? JSON.stringify(value) : '';
      default: return '';
    }
  }
}

module.exports = { EjsonCodec };
