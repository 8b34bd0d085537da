'use strict';

// The shortcut of EjsonCodec is only right if it gives what the real EJSON gives for the whole envelope.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { EjsonCodec } = require('../../lib/dialects/ejson-codec');
const { Random } = require('../support/random');

const bundle = process.env.RUNNER_BUNDLE;
const skip = bundle ? false : 'RUNNER_BUNDLE names no build of @bluelibs/runner';

function load() {
  const { EJSON } = require(bundle);
  const codec = new EjsonCodec(EJSON);
  return { EJSON, codec };
}

/** What the shim sends for a result. */
function sent(codec, value) {
  const text = codec.valueText(value);
  if (text === undefined) return '{"ok":true}';
  return text === '' ? codec.stringify({ ok: true, result: value }) : `{"ok":true,"result":${text}}`;
}

function outcome(make) {
  try {
    return make();
  } catch (error) {
    return `throws ${error.message}`;
  }
}

test('every kind of result is the text that EJSON makes of the envelope', { skip }, () => {
  const { EJSON, codec } = load();
  class Point { constructor() { this.x = 1; } }
  const values = [
    undefined, null, 0, -0, NaN, Infinity, '', '507f1f77bcf86cd799439011', 'é\u2028\ud800', true, 10n, Symbol('s'),
    () => 1, new Date(5), new Date(NaN), /a/g, Buffer.from('raw'), new Uint8Array(12), new Point(), Object.create(null),
    Object.create({ inherited: 1 }), [undefined, () => 1, NaN], [, 1], { u: undefined, f() {} }, { $date: 5 },
    { $foo: 1 }, { a: { $type: 'x', $value: 1 } }, { toJSON: () => 'own' }, Object.assign([1], { toJSON: () => 'own' }),
    { callee: 1 }, { clone: () => ({ cloned: 1 }) }, { clone: 5 }, { toHexString: () => '507f1f77bcf86cd799439011' },
    { _bsontype: 'ObjectID', toString: () => 'id' }, JSON.parse('{"__proto__":{"a":1},"b":2}'), new Map([[1, 2]]),
    new Set([1]), new Error('inside'), Object.defineProperty({ a: 1 }, 'hidden', { value: 2 }),
    { get computed() { return 5; } }, { [Symbol('s')]: 1, a: 2 }, { typeName: 'x' }, new String('boxed'), [[[]]], {},
  ];
  for (const value of values) {
    assert.equal(
      outcome(() => sent(codec, value)),
      outcome(() => EJSON.stringify({ ok: true, result: value })),
      String(outcome(() => JSON.stringify(value))),
    );
  }
});

test('random results, nested, plain and not, are the text that EJSON makes', { skip }, (t) => {
  const { EJSON, codec } = load();
  const random = new Random();
  t.diagnostic(`seed ${random.seed}`);
  const keys = ['a', 'b', '$date', '$x', 'length', 'clone', 'toString', 'é', '0', '__proto__', 'callee'];
  const leaves = [1, -0, 1e21, 'text', '', true, null, undefined, NaN, new Date(7), /r/, Buffer.from('b')];
  const make = (depth) => {
    const kind = depth > 3 ? 2 : random.below(3);
    if (kind === 0) return Array.from({ length: random.below(5) }, () => make(depth + 1));
    if (kind === 1) {
      const object = {};
      for (let i = random.below(5); i > 0; i--) Object.defineProperty(object, keys[random.below(keys.length)], {
        value: make(depth + 1), enumerable: true, configurable: true, writable: true,
      });
      return object;
    }
    return leaves[random.below(leaves.length)];
  };
  let short = 0;
  for (let round = 0; round < 20_000; round++) {
    const value = make(0);
    if (codec.valueText(value) !== '') short++;
    assert.equal(
      outcome(() => sent(codec, value)),
      outcome(() => EJSON.stringify({ ok: true, result: value })),
      `seed ${random.seed}, round ${round}`,
    );
  }
  assert.ok(short > 1000, `only ${short} took the short way`);
});

test('texts without `$` keys parse to the same with JSON.parse', { skip }, () => {
  const { EJSON } = load();
  for (const text of [
    '{"a":{"date":1},"b":[1,{"c":null}]}', '"$date"', '["$date"]', '{"a":"$x"}', '{"length":2,"0":1}', '-0', '1e999',
    '{"a":1,"a":2}',
  ]) {
    assert.deepEqual(EJSON.parse(text), JSON.parse(text));
  }
});
