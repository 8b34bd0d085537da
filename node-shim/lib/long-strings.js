'use strict';

/**
 * JSON text around long strings. JSON.stringify looks at every character of a string and copies it twice or more; a
 * long ASCII string that needs no escape (base64, tokens, a line of text) can go into the output as it is.
 *
 * A text with long strings is a list of parts: JSON text and bare strings in turn, beginning and ending with text.
 */

/**
 * From here on a string is worth it. Shorter ones gain as well (half the time at 128 characters), but little that would
 * make up for the strings that turn out to need escapes.
 */
const LONG_CHARACTERS = 512;

/** How many members are looked at to find a long string. */
const MEMBERS_MAX = 32;

/** Whether a value is, or has as a member, a long string. Looks at its own members and theirs, no deeper. */
function hasLongString(value) {
  if (typeof value === 'string') return value.length >= LONG_CHARACTERS;
  return value !== null && typeof value === 'object' && hasLongMember(value, 1);
}

function hasLongMember(value, depth) {
  // Reading members may run code, which is right only where JSON.stringify would read the same.
  if (value.toJSON !== undefined) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Array.prototype) {
    const count = Math.min(value.length, MEMBERS_MAX);
    for (let i = 0; i < count; i++) if (isLong(value[i], depth)) return true;
  } else if (prototype === Object.prototype) {
    let count = 0;
    for (const key in value) {
      if (++count > MEMBERS_MAX) return false;
      if (isLong(value[key], depth)) return true;
    }
  }
  return false;
}

function isLong(member, depth) {
  if (typeof member === 'string') return member.length >= LONG_CHARACTERS;
  return depth > 0 && member !== null && typeof member === 'object' && hasLongMember(member, depth - 1);
}

/**
 * @param {unknown} value nothing but plain objects, arrays, strings, finite numbers, booleans and null
 * @returns {string[]} text, long string, text, …: with the long ones quoted, what JSON.stringify gives
 */
function partsOf(value) {
  const parts = [''];
  append(value, parts);
  return parts;
}

function append(value, parts) {
  const last = parts.length - 1;
  if (typeof value === 'string' && value.length >= LONG_CHARACTERS) {
    parts.push(value, '');
  } else if (value === null || typeof value !== 'object') {
    parts[last] += JSON.stringify(value);
  } else if (Array.isArray(value)) {
    parts[last] += '[';
    for (let i = 0; i < value.length; i++) {
      if (i > 0) parts[parts.length - 1] += ',';
      append(value[i], parts);
    }
    parts[parts.length - 1] += ']';
  } else {
    let before = '{';
    for (const key of Object.keys(value)) {
      parts[parts.length - 1] += `${before}${JSON.stringify(key)}:`;
      append(value[key], parts);
      before = ',';
    }
    parts[parts.length - 1] += before === '{' ? '{}' : '}';
  }
}

/**
 * Whether ASCII bytes stand for themselves in a JSON string: none is a quote, a backslash or a control character.
 * Four bytes at a time; the arithmetic is that of "determine if a word has a byte less than n" (Bit Twiddling Hacks).
 * @param {Uint8Array} bytes
 * @param {Int32Array} words the same memory
 * @param {number} start
 * @param {number} end
 */
function needsNoEscape(bytes, words, start, end) {
  const aligned = Math.min((start + 3) & ~3, end);
  for (let i = start; i < aligned; i++) if (isEscaped(bytes[i])) return false;
  const lastWord = end >> 2;
  for (let i = aligned >> 2; i < lastWord; i++) {
    const word = words[i];
    const quote = word ^ 0x22222222;
    const backslash = word ^ 0x5c5c5c5c;
    const found = ((word - 0x20202020) & ~word)
      | ((quote - 0x01010101) & ~quote)
      | ((backslash - 0x01010101) & ~backslash);
    if ((found & 0x80808080) !== 0) return false;
  }
  for (let i = Math.max(lastWord << 2, aligned); i < end; i++) if (isEscaped(bytes[i])) return false;
  return true;
}

function isEscaped(byte) {
  return byte < 0x20 || byte === 0x22 || byte === 0x5c;
}

module.exports = { LONG_CHARACTERS, hasLongString, partsOf, needsNoEscape };
