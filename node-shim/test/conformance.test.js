'use strict';

// The answers recorded from the real nodeExposure, against the shim with the real runner: everything that reaches the
// shim at all. What the front decides by itself (routing, methods, CORS, tokens, malformed HTTP) is tested with the
// front. Needs RUNNER_BUNDLE (a CommonJS build of @bluelibs/runner) and the recordings beside the repository.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test, before, after } = require('node:test');
const { serve } = require('..');
const { TestFront, TYPE, frame, peerBlock, callsFrame } = require('./support/test-front');

const RECORDINGS = path.join(__dirname, '..', '..', '..', 'shared', 'conformance');
const bundle = process.env.RUNNER_BUNDLE;
const missing = !bundle
  ? 'RUNNER_BUNDLE names no build of @bluelibs/runner'
  : !fs.existsSync(RECORDINGS) ? `no recordings at ${RECORDINGS}` : false;

/**
 * Node's parser answered, which is the front's part; or nodeExposure left the client hanging, where the response is now
 * cut off.
 */
const NOT_OURS = new Set(['no-answer', 'node-http']);

function readCases() {
  return fs.readFileSync(path.join(RECORDINGS, 'nodeexposure-4.8.6.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((record) => record.variant === 'default' && !NOT_OURS.has(record.origin) && record.status !== null)
    .map(splitRequest)
    .filter((record) => record !== null);
}

/** Requests of one call or stream with a well-formed body, as the front would pass them on. */
function splitRequest(record) {
  const bytes = Buffer.from(record.request_base64, 'base64');
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = bytes.subarray(0, end + 4).toString('latin1');
  const match = /^POST \/__runner\/(task|event)\/([^ ?#]+)[^ ]* HTTP\/1\.[01]\r\n/.exec(head);
  if (match === null) return null;
  let id;
  try {
    id = decodeURIComponent(match[2]);
  } catch {
    return null;
  }
  const wire = bytes.subarray(end + 4);
  const length = /\r\ncontent-length: *(\d+) *\r\n/i.exec(head);
  const chunked = /\r\ntransfer-encoding:/i.test(head);
  if (!chunked && Number(length ? length[1] : 0) !== wire.length) return null;
  return { ...record, kind: match[1], id, head, wire, chunked };
}

const JSON_BODY = /\r\ncontent-type: *(multipart|application\/octet-stream *(;|\r))/i;

let front;
let runtime;

before(async () => {
  if (missing) return;
  process.env.RUNNER_BUNDLE = bundle;
  process.env.PORT = '0';
  runtime = await require(path.join(RECORDINGS, 'reference-app.js')).main();
  front = await TestFront.start();
  await serve(runtime, { socket: front.socket });
});

after(async () => {
  if (missing) return;
  await front.close();
  await runtime.dispose();
  // The reference app leaves its shim links to reconnect.
  setImmediate(() => process.exit());
});

test('calls answer with the recorded status and body', { skip: missing }, async (t) => {
  let agreed = 0;
  const differ = [];
  for (const record of readCases()) {
    // How deep is too deep for EJSON depends on the stack and on what V8 has compiled by then: no promise of anyone's.
    if (record.group === 'depth') continue;
    if (record.lane !== 'call' || record.chunked || JSON_BODY.test(record.head)) continue;
    const { peer } = front;
    const target = peer.hello.targets.findIndex((one) => one.kind === record.kind && one.id === record.id
      && one.state === 'callable');
    if (target < 0 || record.status === 404 || !isJson(record.wire)) continue;
    const answer = await ask(peer, (call) => [callsFrame([{
      call, target, text: record.wire, noInput: record.wire.length === 0, whole: record.wire.length > 0,
      context: /x-runner-context/i.test(record.head), head: peer.hello.targets[target].head ? record.head : undefined,
    }], checked(record.wire))], record);
    const body = Buffer.from(record.body_base64 || '', 'base64').toString();
    if (answer.status === record.status && answer.body === body) agreed++;
    else differ.push({
      name: record.name,
      group: record.group,
      recorded: [record.status, body.slice(0, 300)],
      answered: [answer.status, answer.body.slice(0, 300)],
    });
  }
  t.diagnostic(`${agreed} recorded calls agree`);
  assert.deepEqual(differ, []);
  assert.ok(agreed > 100, `only ${agreed} recorded calls were tried`);
});

test('streams answer with the recorded status, headers and body', { skip: missing }, async (t) => {
  let agreed = 0;
  const differ = [];
  for (const record of readCases()) {
    if (!JSON_BODY.test(record.head)) continue;
    const answer = await ask(front.peer, (call) => [
      frame(TYPE.REQUEST, {
        flags: 1, call, payload: Buffer.concat([peerBlock(), Buffer.from(record.head, 'latin1')]),
      }),
      ...slices(record.wire, 65536).map((payload) => frame(TYPE.REQUEST_DATA, { call, payload })),
      frame(TYPE.REQUEST_END, { call }),
    ], record);
    const recorded = {
      status: record.status,
      headers: comparable(record.headers),
      body: Buffer.from(record.body_base64 || '', 'base64').toString(),
    };
    const answered = { status: answer.status, headers: comparable(answer.headers || []), body: answer.body };
    try {
      assert.deepEqual(answered, recorded);
      agreed++;
    } catch {
      differ.push({ name: record.name, recorded, answered });
    }
  }
  t.diagnostic(`${agreed} recorded streams agree`);
  assert.deepEqual(differ, []);
  assert.ok(agreed > 40, `only ${agreed} recorded streams were tried`);
});

/** Sends frames for one call and gives its answer, whichever way it comes. */
async function ask(peer, framesOf, { name }) {
  const call = front.nextCall();
  const chunks = [];
  const answered = new Promise((resolve) => {
    const take = (received) => {
      if (received.call !== call) return;
      if (received.type === TYPE.RESPONSE_DATA) {
        chunks.push(received.payload);
        peer.send(frame(TYPE.CREDIT, { call, field: received.payload.length }));
      }
      if (received.type !== TYPE.RESULT && received.type !== TYPE.RESPONSE_END) return;
      peer.off('frame', take);
      resolve(received.type === TYPE.RESULT ? fromResult(received) : fromBytes(Buffer.concat(chunks), received.flags));
    };
    peer.on('frame', take);
  });
  peer.send(...framesOf(call));
  return Promise.race([
    answered, new Promise((resolve) => setTimeout(resolve, 5000, { status: 0, body: `no answer to ${name}` })),
  ]);
}

function fromResult({ detail, flags, payload }) {
  const text = payload.toString();
  return { status: detail, body: flags & 1 ? `{"ok":true,"result":${text}}` : flags & 2 ? '{"ok":true}' : text };
}

function fromBytes(bytes, endFlags) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return { status: 0, body: `cut off, flags ${endFlags}` };
  const [line, ...fields] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = fields.map((field) => [
    field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 1).trim(),
  ]);
  const chunked = headers.some(([name, value]) => /^transfer-encoding$/i.test(name) && value === 'chunked');
  const body = bytes.subarray(end + 4);
  return { status: Number(line.split(' ')[1]), headers, body: (chunked ? dechunk(body) : body).toString() };
}

function dechunk(bytes) {
  const parts = [];
  for (let at = 0; at < bytes.length;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = parseInt(bytes.subarray(at, lineEnd).toString(), 16);
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 4 + size;
  }
  return Buffer.concat(parts);
}

function comparable(headers) {
  return headers.map(([name, value]) => [name, /^(date|keep-alive)$/i.test(name) ? '*' : value]);
}

function slices(bytes, size) {
  const parts = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
  return parts;
}

/** What the front says of a text: ASCII, and plain when no key can begin with `$` or be `__proto__`. */
function checked(bytes) {
  const text = bytes.toString('latin1');
  return { ascii: bytes.every((byte) => byte < 0x80), plain: !/"(\$|\\u0024|__proto__|\\u005f)/i.test(text) };
}

function isJson(bytes) {
  if (bytes.length === 0) return true;
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}
