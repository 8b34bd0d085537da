'use strict';

// Long strings leave without JSON.stringify. What leaves must be what JSON.stringify, and EJSON, would have made.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { JsonCodec } = require('../lib/codec');
const { EjsonCodec } = require('../lib/dialects/ejson-codec');
const { FrameWriter } = require('../lib/frame-writer');
const { LONG_CHARACTERS, needsNoEscape } = require('../lib/long-strings');
const { Random } = require('./support/random');

const LIMIT = 8 * 1024 * 1024;

/** The payload that is written for a value in parts; null when it is left to JSON.stringify. */
function inParts(codec, value, bytesMax = LIMIT) {
  const parts = codec.valueParts(value);
  if (parts === null) return null;
  const chunks = [];
  const write = (chunk, done) => {
    chunks.push(Buffer.from(chunk));
    done();
  };
  const socket = { writableLength: 0, cork() {}, uncork() {}, write };
  const writer = new FrameWriter(socket);
  writer.empty(0x22, 0, 0, 0, 0);
  if (!writer.textWithLongStrings(2, 1, 200, 7, 0, parts, bytesMax)) {
    writer.flush();
    assert.equal(Buffer.concat(chunks).length, 16, 'something was written all the same');
    return null;
  }
  writer.flush();
  const frame = Buffer.concat(chunks).subarray(16);
  const length = frame.readUInt32LE(0);
  assert.equal(frame.length, 16 + ((length + 7) & ~7));
  assert.ok(frame.subarray(16 + length).every((byte) => byte === 0));
  return frame.subarray(16, 16 + length).toString('utf8');
}

const ALPHABETS = [
  'abc', 'abc', 'abc', 'ab "', 'ab\\', 'ab\n', 'ab\0', 'ab\x1f', ' ~\x7f',
  'abé', 'ab€', 'ab\u{1f600}', 'ab\ud800', 'ab\u2028', 'ab\u0141',
];

function randomString(random, length) {
  const alphabet = [...ALPHABETS[random.below(ALPHABETS.length)]];
  const plain = 'x'.repeat(length).split('');
  const rare = random.below(2) === 0;
  for (let i = 0; i < length; i++) if (!rare) plain[i] = alphabet[random.below(alphabet.length)];
  if (rare && length > 0) plain[random.below(length)] = alphabet[alphabet.length - 1];
  return plain.join('');
}

function randomValue(random, depth = 0) {
  const kind = random.below(depth > 2 ? 3 : 6);
  if (kind < 2) return randomString(random, LONG_CHARACTERS - 3 + random.below(3000));
  if (kind === 2) return [1, -0, 1.5e300, true, null, '', 'short "é"'][random.below(7)];
  if (kind === 3) return Array.from({ length: random.below(4) }, () => randomValue(random, depth + 1));
  const keys = ['a', '"quoted"', 'é', '10', '2', '', 'length', 'constructor', '__proto__', '$date', 'toJSON'];
  const object = {};
  for (let i = random.below(4); i > 0; i--) {
    const key = keys[random.below(random.below(4) === 0 ? keys.length : 8)];
    const value = randomValue(random, depth + 1);
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return object;
}

for (const [name, codecOf, skip] of [
  ['JSON.stringify', () => ({ codec: new JsonCodec(), stringify: JSON.stringify }), false],
  ['EJSON', () => {
    const { EJSON } = require(process.env.RUNNER_BUNDLE);
    return { codec: new EjsonCodec(EJSON), stringify: (value) => EJSON.stringify(value) };
  }, process.env.RUNNER_BUNDLE ? false : 'RUNNER_BUNDLE names no build of @bluelibs/runner'],
]) {
  test(`random results with long strings are the text that ${name} makes`, { skip }, (t) => {
    const { codec, stringify } = codecOf();
    const random = new Random();
    t.diagnostic(`seed ${random.seed}`);
    let short = 0;
    for (let round = 0; round < 4000; round++) {
      const value = randomValue(random);
      const text = inParts(codec, value);
      if (text === null) continue;
      short++;
      // Strings in UTF-8 have no lone surrogates; JSON.stringify escapes them, so equality covers those as well.
      assert.equal(text, stringify(value), `seed ${random.seed}, round ${round}`);
    }
    assert.ok(short > 300, `only ${short} took the short way`);
  });
}

test('each byte that JSON escapes is found at every place, and no other', () => {
  const words = new Int32Array(8);
  const bytes = new Uint8Array(words.buffer);
  for (let byte = 0; byte < 0x80; byte++) {
    const stands = JSON.stringify(String.fromCharCode(byte)).length === 3;
    for (let at = 0; at < 32; at++) {
      bytes.fill(0x61);
      bytes[at] = byte;
      const around = [Math.max(at - 2, 0), Math.min(at + 3, 32)];
      for (const [start, end] of [[0, 32], [at, at + 1], [at, 32], [0, at + 1], around]) {
        assert.equal(needsNoEscape(bytes, words, start, end), stands, `byte ${byte} at ${at} of ${start}..${end}`);
      }
      assert.equal(needsNoEscape(bytes, words, 0, at), true);
      assert.equal(needsNoEscape(bytes, words, at + 1, 32), true);
    }
  }
});

test('members that JSON.stringify would not read are not read', () => {
  const codec = new JsonCodec();
  const long = 'x'.repeat(5000);
  const hidden = { toJSON: () => 1, get text() { throw new Error('read'); } };
  class Model { constructor() { this.text = long; } }
  const mixed = [{ text: long, at: new Date(5) }, { text: long, hidden }, { text: long, f() {} }];
  for (const value of [hidden, new Model(), ...mixed]) {
    assert.equal(inParts(codec, value), null);
  }
  assert.equal(inParts(codec, [long, { long }]), JSON.stringify([long, { long }]));
});

test('a text over the limit, or too long for the output, is left to others', () => {
  const codec = new JsonCodec();
  assert.equal(inParts(codec, 'x'.repeat(5000), 5001), null);
  assert.equal(inParts(codec, 'x'.repeat(5000), 5002).length, 5002);
  assert.equal(inParts(codec, 'x'.repeat(600_000)), null);
  assert.equal(inParts(codec, { a: 'x'.repeat(300_000), b: 'y'.repeat(150_000) }).length, 450_015);
});
