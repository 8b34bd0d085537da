'use strict';

/**
 * Stands in for the runner's EJSON: dates, NaN and the infinities travel as objects with one `$` key. What else EJSON
 * knows (binary, regular expressions, object ids, escapes, custom types) is left out, and so are the cases that ask for
 * it.
 */
const serializer = {
  /** @param {string} text */
  parse: (text) => revive(JSON.parse(text)),
  /** @param {unknown} value */
  stringify: (value) => JSON.stringify(prepare(value)),
};

const INFINITIES = new Map([[Infinity, 1], [-Infinity, -1]]);

function revive(value) {
  if (Array.isArray(value)) return value.map(revive);
  if (value === null || typeof value !== 'object') return value;
  const keys = Object.keys(value);
  if (keys.length === 1 && keys[0] === '$date') return new Date(value.$date);
  if (keys.length === 1 && keys[0] === '$InfNaN') {
    return Number(value.$InfNaN) > 0 ? Infinity : Number(value.$InfNaN) < 0 ? -Infinity : NaN;
  }
  for (const key of keys) value[key] = revive(value[key]);
  return value;
}

function prepare(value, above = []) {
  if (typeof value === 'number' && !Number.isFinite(value)) return { $InfNaN: INFINITIES.get(value) ?? 0 };
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Date) return { $date: value.getTime() };
  if (Buffer.isBuffer(value)) return { $binary: value.toString('base64') };
  if (above.includes(value)) throw new TypeError('Converting circular structure to JSON');
  if (typeof value.toJSON === 'function' && Object.hasOwn(value, 'toJSON')) return value.toJSON();
  const within = [...above, value];
  if (Array.isArray(value)) return value.map((item) => prepare(item, within));
  const copy = {};
  for (const key of Object.keys(value)) copy[key] = prepare(value[key], within);
  return copy;
}

module.exports = { serializer };
