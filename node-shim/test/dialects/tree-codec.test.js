'use strict';

// The shortcuts of TreeCodec are only right if they give what the runner's own Serializer gives. Held against the real
// one of the releases in RUNNER_BUNDLES, and always against the stand-in's.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { TreeCodec } = require('../../lib/dialects/tree-codec');
const { Random } = require('../support/random');
const standIn = require('../../../Tests/support/runner-6/serializer.js');

const ROUNDS = 3_000;

/** @returns {[string, any][]} name and Serializer */
function serializers() {
  const folder = process.env.RUNNER_BUNDLES;
  // Those of 6.0 and 6.1 freeze Node's table of modules, so that nothing can be loaded behind them.
  const files = folder ? fs.readdirSync(folder).filter((name) => /^runner-(5|6\.[2-9]).*\.cjs$/.test(name)) : [];
  return [['the stand-in', standIn.Serializer], ...files.map((name) => (
    /** @type {[string, any]} */ ([name, require(path.resolve(/** @type {string} */ (folder), name)).Serializer])
  ))];
}

/** What the shim sends for a result. */
function sent(codec, value) {
  const text = codec.valueText(value);
  return text === '' ? codec.stringify({ ok: true, result: value }) : `{"ok":true,"result":${text}}`;
}

function outcome(make) {
  try {
    return make();
  } catch {
    return 'throws';
  }
}

const KEYS = [
  'a', 'b', '__type', '__graph', '__proto__', 'constructor', 'prototype', '$runner.escape::a', '$date', 'é',
];
const MEANINGFUL = /"(__type|__graph|__proto__|constructor|prototype|\$runner\.escape::[^"]*)":/;

function randomValue(random, depth) {
  const kind = random.below(depth > 5 ? 8 : 11);
  const plain = [null, true, 0, -0, 1e21, '', 'é\u2028\ud800', 'text'];
  const odd = [undefined, NaN, Infinity, 5n, new Date(5), /a/g, new Map([[1, { b: 2 }]]), new Set([1])];
  if (kind < 6) return plain[random.below(plain.length)];
  if (kind < 8) return random.below(4) === 0 ? odd[random.below(odd.length)] : 'word';
  if (kind === 8) return Array.from({ length: random.below(4) }, () => randomValue(random, depth + 1));
  const object = {};
  for (let i = random.below(4); i > 0; i--) {
    const key = KEYS[random.below(random.below(3) === 0 ? KEYS.length : 2)];
    Object.defineProperty(object, key, {
      value: randomValue(random, depth + 1), enumerable: true, configurable: true, writable: true,
    });
  }
  return object;
}

for (const [name, Serializer] of serializers()) {
  test(`random results are the text that the serializer of ${name} makes of the envelope`, (t) => {
    const random = new Random();
    t.diagnostic(`seed ${random.seed}`);
    const serializer = new Serializer();
    const codec = new TreeCodec(serializer);
    let short = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const value = randomValue(random, 0);
      if (codec.valueText(value) !== '') short++;
      assert.equal(
        outcome(() => sent(codec, value)), outcome(() => serializer.stringify({ ok: true, result: value })),
        `round ${round}`,
      );
    }
    assert.ok(short > ROUNDS / 4, `only ${short} went the short way`);
  });

  test(`JSON.parse reads what the serializer of ${name} reads, where no key has a meaning`, () => {
    const random = new Random();
    const serializer = new Serializer();
    for (let round = 0; round < ROUNDS; round++) {
      const text = JSON.stringify(randomValue(random, 0), (_key, value) => (typeof value === 'bigint' ? 5 : value));
      if (text === undefined || MEANINGFUL.test(text)) continue;
      assert.deepEqual(JSON.parse(text), serializer.parse(text), text);
    }
  });
}

test('what is nested too deep, has a type of the app\'s, or is to be indented, goes to the serializer itself', () => {
  const { Serializer } = standIn;
  const nested = (depth) => { let value = 1; for (let i = 0; i < depth; i++) value = [value]; return value; };
  assert.notEqual(new TreeCodec(new Serializer()).valueText(nested(20)), '');
  assert.equal(new TreeCodec(new Serializer({ maxDepth: 5 })).valueText(nested(4)), '');
  assert.equal(new TreeCodec(new Serializer({ pretty: true })).valueText(5), '');
  const serializer = new Serializer();
  const codec = new TreeCodec(serializer);
  assert.equal(codec.valueText({ x: 1 }), '{"x":1}');
  const isPoint = (value) => Boolean(value) && value.x === 1;
  serializer.addType({ id: 'Point', is: isPoint, serialize: () => 'p', deserialize: () => 1 });
  assert.equal(codec.valueText({ x: 1 }), '');
});
