'use strict';

const { SerializerCodec } = require('../codec');
const { hasLongString, partsOf } = require('../long-strings');
const { isPlain } = require('../plain-values');

/** The serializer is several times dearer than JSON.stringify, whatever the size: only a bound against the absurd. */
const PLAIN_NODES_MAX = 1_000_000;
const PLAIN_DEPTH_MAX = 900;

const UNDEFINED = '{"__type":"Undefined","value":null}';
const ESCAPE = '$runner.escape::';
const MEANINGFUL = new Set(['__type', '__graph', '__proto__', 'constructor', 'prototype', 'toJSON']);

function isMeaningful(key) {
  const first = key.charCodeAt(0);
  // Most keys begin with none of `$ _ c p t`, and are not looked up.
  if (first === 0x24) return key.startsWith(ESCAPE);
  return (first === 0x5f || first === 0x63 || first === 0x70 || first === 0x74) && MEANINGFUL.has(key);
}

/**
 * The runner's own `Serializer`, from 5.0 on: it writes trees `{"__type":…,"value":…}` for what is not JSON. For all
 * else it writes what JSON.stringify writes, and reads what JSON.parse reads, which is proven by fuzzing
 * (node-shim/test/dialects/tree-codec.test.js).
 */
class TreeCodec extends SerializerCodec {
  /** @param {any} serializer */
  constructor(serializer) {
    super(serializer);
    this.builtInTypes = typesOf(new serializer.constructor());
    const { maxDepth, indent } = serializer;
    this.depthMax = indent === undefined ? Math.min(PLAIN_DEPTH_MAX, maxDepth - 2) : 0;
  }

  get parsesPlainAsJson() {
    return true;
  }

  /** Some keys only mean something at the top of a body, and depth counts from there. */
  parseInput(text) {
    return /** @type {any} */ (this.serializer.parse(`{"input":${text}}`)).input;
  }

  /** A type that the app added, at any time, may match what looks plain. */
  get writesJson() {
    return this.depthMax > 0 && typesOf(/** @type {any} */ (this.serializer)) === this.builtInTypes;
  }

  isPlain(value) {
    return isPlain(value, isMeaningful, PLAIN_NODES_MAX, this.depthMax);
  }

  valueParts(value) {
    if (!hasLongString(value) || !this.writesJson) return null;
    return typeof value === 'string' || this.isPlain(value) ? partsOf(value) : null;
  }

  valueText(value) {
    if (!this.writesJson) return '';
    switch (typeof value) {
      case 'number': return Number.isFinite(value) ? `${value}` : '';
      case 'string':
      case 'boolean': return JSON.stringify(value);
      case 'undefined': return UNDEFINED;
      case 'object': return value === null || this.isPlain(value) ? JSON.stringify(value) : '';
      default: return '';
    }
  }

  /** @param {any} serializer @param {any} runner the app's copy @returns {boolean} whether this codec knows it */
  static knows(serializer, runner) {
    const { Serializer } = runner;
    if (typeof Serializer !== 'function' || !(serializer instanceof Serializer)) return false;
    const { parse, stringify } = Serializer.prototype;
    return serializer.parse === parse && serializer.stringify === stringify && typesOf(serializer) > 0;
  }
}

function typesOf({ typeRegistry }) {
  return typeRegistry && typeRegistry.typeList ? typeRegistry.typeList.length : 0;
}

module.exports = { TreeCodec };
