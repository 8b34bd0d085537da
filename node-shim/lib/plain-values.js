'use strict';

/**
 * Whether a value is nothing but plain objects, arrays, strings, finite numbers, booleans and null, so that a
 * serializer writes what JSON.stringify writes.
 *
 * @param {object} value
 * @param {(key: string) => boolean} isMeaningful whether a member of that name gives an object a meaning of its own
 * @param {number} nodesMax how many members are looked at, before the value counts as too large to tell
 * @param {number} [depthMax] how many objects and arrays may be within each other
 */
function isPlain(value, isMeaningful, nodesMax, depthMax = nodesMax) {
  return walk(value, isMeaningful, nodesMax, depthMax) >= 0;
}

/** @returns {number} what is left of the budget, or -1 */
function walk(value, isMeaningful, budget, depth) {
  if (budget < 0 || depth <= 0 || value.toJSON !== undefined) return -1;
  if (Array.isArray(value)) {
    if (Object.getPrototypeOf(value) !== Array.prototype) return -1;
    const { length } = value;
    if (length > budget) return -1;
    for (let i = 0; i < length; i++) {
      budget = member(value[i], isMeaningful, budget, depth);
      if (budget < 0) return -1;
    }
    // Named members of an array are not JSON's, and the serializers drop them as well.
    return budget;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return -1;
  for (const key in value) {
    if (isMeaningful(key)) return -1;
    budget = member(value[key], isMeaningful, budget, depth);
    if (budget < 0) return -1;
  }
  return budget;
}

function member(value, isMeaningful, budget, depth) {
  switch (typeof value) {
    case 'string':
    case 'boolean': return budget - 1;
    case 'number': return Number.isFinite(value) ? budget - 1 : -1;
    case 'object': return value === null ? budget - 1 : walk(value, isMeaningful, budget - 1, depth - 1);
    default: return -1;
  }
}

module.exports = { isPlain };
