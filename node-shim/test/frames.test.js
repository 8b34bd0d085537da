'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { FrameReader } = require('../lib/frame-reader');
const { FrameWriter } = require('../lib/frame-writer');
const { checkFrame } = require('../lib/frame-rules');
const { CallLane } = require('../lib/call-lane');
const { Frame, ProtocolError } = require('../lib/protocol');
const { Failures } = require('../lib/failures');
const { LENIENT_RESPONSES } = require('../lib/responses');
const { Random } = require('./support/random');

const vectors = JSON.parse(fs.readFileSync(path.join(__dirname, '..', '..', 'Tests', 'bridge-vectors.json'), 'utf8'));
const fromFront = (vector) => vector.sender === 'front';
const fromShim = (vector) => vector.sender === 'shim';

/** Reads bytes as a link would, and gives the frames. `cuts` are the places where a read ends. */
function read(bytes, cuts = []) {
  const frames = [];
  const reader = new FrameReader((type, flags, detail, call, field, source, start, length) => {
    checkFrame(type, flags, detail, call, field, length);
    const calls = type === Frame.CALLS ? readCalls(flags, detail, field, source, start, length) : undefined;
    frames.push({
      type, flags, detail, call: call >>> 0, field: field >>> 0,
      payload: Buffer.from(source.bytes.subarray(start, start + length)), calls,
    });
  });
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    for (let at = from; at < to; at += reader.input.bytes.length) {
      const count = bytes.copy(reader.input.bytes, 0, at, Math.min(to, at + reader.input.bytes.length));
      reader.push(count);
    }
    from = to;
  }
  return frames;
}

/** Takes CALLS apart with the shim's own code, over an app that only notes what it is called with. */
function readCalls(flags, detail, field, source, start, length) {
  const calls = [];
  const target = { kind: 'task', id: 'any', unwrap: (body) => ({ body }), run: (input, call) => {
    calls.push({ id: call.id >>> 0, input, head: call.head });
  } };
  const targets = new Proxy({}, { get: (_list, key) => (key === 'length' ? 0x1000000 : target) });
  const codec = {
    parsesPlainAsJson: true,
    parse: (text) => ({ parsed: JSON.parse(text) }),
    parseInput: (text) => ({ parsed: JSON.parse(text) }),
    valueText: () => undefined,
    envelope: () => '',
  };
  const link = {
    app: { targets, codec, responses: LENIENT_RESPONSES, rules: {}, failures: new Failures({ codec, log() {} }) },
    running: new Map(), settled() {}, resultBytes: 1e6, writer: { empty() {}, text() {} },
  };
  new CallLane(link).receive(flags, detail, field, source, start, length);
  return calls;
}

/** What a FrameWriter puts on the wire. */
function written(write) {
  const chunks = [];
  const socket = { write: (chunk, done) => {
    chunks.push(Buffer.from(chunk));
    if (typeof done === 'function') done();
    return true;
  }, cork() {}, uncork() {}, writableLength: 0 };
  const writer = new FrameWriter(socket);
  write(writer);
  writer.flush();
  return Buffer.concat(chunks);
}

test('reads every frame of the shared vectors that a front may send', () => {
  const valid = vectors.valid.filter(fromFront);
  assert.ok(valid.length > 20);
  for (const { name, bytes_hex, frame } of valid) {
    const [got, ...more] = read(Buffer.from(bytes_hex, 'hex'));
    assert.equal(more.length, 0, name);
    assert.deepEqual(
      { type: got.type, flags: got.flags, detail: got.detail, call: got.call, field: got.field },
      { type: Frame[frame.type], flags: frame.flags, detail: frame.detail, call: frame.call, field: frame.field },
      name,
    );
    if (frame.payload_hex !== undefined) assert.equal(got.payload.toString('hex'), frame.payload_hex, name);
    if (frame.calls !== undefined) {
      assert.deepEqual(got.calls, frame.calls.map((call) => expectedCall(call, frame.flags)), name);
    }
  }
});

function expectedCall({ call, flags, text, peer_hex, head }, frameFlags) {
  let input;
  if ((flags & 1) === 0) {
    input = JSON.parse(text);
    if ((frameFlags & 2) === 0) input = { parsed: input };
    if ((flags & 2) !== 0) input = { body: input };
  }
  return { id: call, input, head: Buffer.from(peer_hex, 'hex').toString('latin1') + head };
}

test('refuses every broken frame of the shared vectors, with a reason', () => {
  const invalid = vectors.invalid.filter(fromFront);
  assert.ok(invalid.length > 20);
  for (const { name, bytes_hex } of invalid) {
    assert.throws(
      () => read(Buffer.from(bytes_hex, 'hex')),
      (error) => error instanceof ProtocolError && error.message.length > 10,
      name,
    );
  }
});

test('writes the bytes of the shared vectors', () => {
  for (const { name, bytes_hex, frame } of vectors.valid.filter(fromShim)) {
    const payload = Buffer.from(frame.payload_hex || '', 'hex');
    const type = Frame[frame.type];
    const fields = [type, frame.flags, frame.detail, frame.call | 0, frame.field | 0];
    const bytes = written((writer) => (payload.length === 0
      ? writer.empty(...fields)
      : writer.payload(...fields, payload)));
    assert.equal(bytes.toString('hex'), bytes_hex, name);
    if (frame.payload_hex && Buffer.from(payload.toString()).equals(payload)) {
      assert.equal(
        written((writer) => writer.text(...fields, payload.toString())).toString('hex'), bytes_hex, `${name}, as text`,
      );
    }
  }
});

test('text of every length and alphabet is written as UTF-8 and padded with zeros', () => {
  for (const unit of ['a', 'é', '☃', '😀', '\ud800']) {
    for (const length of [0, 1, 7, 8, 19, 20, 21, 100, 5000, 11000, 40000, 100000]) {
      const text = unit.repeat(length);
      const bytes = written((writer) => {
        writer.text(Frame.RESULT, 1, 200, 9, 0, text);
        writer.empty(Frame.RESULT, 2, 200, 10, 0);
      });
      const expected = Buffer.from(text);
      assert.equal(bytes.readUInt32LE(0), expected.length);
      assert.ok(bytes.subarray(16, 16 + expected.length).equals(expected));
      const padded = 16 + Math.ceil(expected.length / 8) * 8;
      assert.ok(bytes.subarray(16 + expected.length, padded).every((byte) => byte === 0));
      assert.equal(bytes.length, padded + 16);
    }
  }
});

test('any split of the bytes gives the same frames', () => {
  const bytes = Buffer.concat(vectors.valid.filter(fromFront).map(({ bytes_hex }) => Buffer.from(bytes_hex, 'hex')));
  const whole = read(bytes);
  for (let cut = 1; cut < bytes.length; cut++) assert.deepEqual(read(bytes, [cut]), whole, `cut at ${cut}`);
  assert.deepEqual(read(bytes, Array.from({ length: bytes.length - 1 }, (_, i) => i + 1)), whole, 'byte by byte');
  const random = new Random();
  for (let round = 0; round < 300; round++) {
    const cuts = new Set(Array.from({ length: random.below(20) }, () => 1 + random.below(bytes.length - 1)));
    assert.deepEqual(read(bytes, [...cuts].sort((a, b) => a - b)), whole, `seed ${random.seed}, round ${round}`);
  }
});

test('a frame larger than the read buffer is put together once', () => {
  const payload = Buffer.alloc(3_000_001, 7);
  const bytes = written((writer) => writer.payload(Frame.REQUEST_DATA, 0, 0, 5, 0, payload));
  const [frame] = read(bytes, [10, 17, 700_000]);
  assert.ok(frame.payload.equals(payload));
});

test('any corruption is a protocol error or another valid frame, never anything else', () => {
  const random = new Random();
  const originals = vectors.valid.filter(fromFront).map(({ bytes_hex }) => Buffer.from(bytes_hex, 'hex'));
  let refused = 0;
  for (let round = 0; round < 20_000; round++) {
    const bytes = Buffer.from(originals[random.below(originals.length)]);
    for (let i = 1 + random.below(3); i > 0; i--) bytes[random.below(bytes.length)] = random.below(256);
    try {
      read(bytes);
    } catch (error) {
      assert.ok(error instanceof ProtocolError, `seed ${random.seed}, round ${round}: ${error.stack}`);
      refused++;
    }
  }
  assert.ok(refused > 1000, `only ${refused} were refused`);
});

test('an output buffer is not touched again before the socket is done with it', () => {
  const pending = [];
  const socket = {
    writableLength: 0,
    write(chunk, done) {
      pending.push({ chunk, copy: Buffer.from(chunk), done });
      this.writableLength += chunk.length;
      return false;
    },
  };
  const writer = new FrameWriter(socket);
  for (let round = 0; round < 50; round++) {
    writer.text(Frame.RESULT, 1, 200, round, 0, `"answer ${round}"`);
    writer.flush();
    if (round % 7 === 6) {
      for (const { chunk, copy, done } of pending.splice(0, 3)) {
        assert.ok(chunk.equals(copy));
        done();
      }
    }
  }
  for (const { chunk, copy } of pending) assert.ok(chunk.equals(copy));
});
