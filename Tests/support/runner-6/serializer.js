'use strict';

/**
 * Stands in for the runner's `Serializer` of 5.0 on: what is not JSON travels as `{"__type":…,"value":…}`. The types of
 * binary data, symbols, URLs and errors are left out.
 */

const ESCAPE = '$runner.escape::';
const RESERVED = new Set(['__type', '__graph']);
const UNSAFE = new Set(['__proto__', 'constructor', 'prototype']);

const TYPES = [
  ['Undefined', (value) => value === undefined, () => null, () => undefined],
  ['NonFiniteNumber', (value) => typeof value === 'number' && !Number.isFinite(value), String, Number],
  ['BigInt', (value) => typeof value === 'bigint', String, BigInt],
  ['Date', (value) => value instanceof Date, (value) => value.toISOString(), (value) => new Date(value)],
  ['RegExp', (value) => value instanceof RegExp, ({ source, flags }) => ({ pattern: source, flags }),
    ({ pattern, flags }) => new RegExp(pattern, flags)],
  ['Map', (value) => value instanceof Map, (value) => [...value], (value) => new Map(value)],
  ['Set', (value) => value instanceof Set, (value) => [...value], (value) => new Set(value)],
].map(([id, is, serialize, deserialize]) => ({ id, is, serialize, deserialize }));

class Serializer {
  /** @param {{ pretty?: boolean, maxDepth?: number }} [options] */
  constructor({ pretty = false, maxDepth = 1000 } = {}) {
    this.indent = pretty ? 2 : undefined;
    this.maxDepth = maxDepth;
    this.typeRegistry = { typeList: [...TYPES] };
  }

  addType(type) {
    this.typeRegistry.typeList.unshift(type);
  }

  stringify(value) {
    return JSON.stringify(this.tree(value, 0, []), undefined, this.indent);
  }

  parse(text) {
    return this.value(JSON.parse(text), 0);
  }

  tree(value, depth, above) {
    if (depth > this.maxDepth) throw new Error(`nested deeper than ${this.maxDepth}`);
    const type = this.typeRegistry.typeList.find(({ is }) => is(value));
    if (type !== undefined) return { __type: type.id, value: this.tree(type.serialize(value), depth + 1, above) };
    if (typeof value === 'function' || typeof value === 'symbol') throw new Error(`cannot write a ${typeof value}`);
    if (value === null || typeof value !== 'object') return value;
    if (above.includes(value)) throw new Error('circular');
    const within = [...above, value];
    if (Array.isArray(value)) return Array.from(value, (item) => this.tree(item, depth + 1, within));
    const copy = {};
    for (const key of Object.keys(value)) {
      if (UNSAFE.has(key)) continue;
      const isReserved = RESERVED.has(key) || key.startsWith(ESCAPE);
      copy[isReserved ? ESCAPE + key : key] = this.tree(value[key], depth + 1, within);
    }
    return copy;
  }

  value(tree, depth) {
    if (depth > this.maxDepth) throw new Error(`nested deeper than ${this.maxDepth}`);
    if (tree === null || typeof tree !== 'object') return tree;
    if (Array.isArray(tree)) return tree.map((item) => this.value(item, depth + 1));
    if (Object.hasOwn(tree, '__type')) {
      const type = this.typeRegistry.typeList.find(({ id }) => id === tree.__type);
      if (type === undefined) throw new Error(`unknown type ${tree.__type}`);
      return type.deserialize(this.value(tree.value, depth + 1));
    }
    const copy = {};
    for (const key of Object.keys(tree)) {
      if (UNSAFE.has(key)) continue;
      copy[key.startsWith(ESCAPE) ? key.slice(ESCAPE.length) : key] = this.value(tree[key], depth + 1);
    }
    return copy;
  }
}

module.exports = { Serializer };
