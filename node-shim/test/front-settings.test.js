'use strict';

// The front's options bind requests that the app's own handlers answer, too: each override is said to them in their own
// words, or keeps the request from them.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');
const { TunnelServer } = require('..');
const { FrontSettings } = require('../lib/front-settings');
const { TestFront, TYPE, frame, peerBlock } = require('./support/test-front');

const APP = {
  http: { basePath: '/__runner', auth: { token: 'old' }, cors: { origin: ['https://app.example'], credentials: true } },
  ownHttp: null,
  basePath: '/__runner',
  exposure: { auth: { kind: 'tokens', header: 'x-runner-token', tokens: ['old'] } },
};
const PEER = '\0'.repeat(24);
const headOf = (target, ...fields) => `${PEER}POST ${target} HTTP/1.1\r\n${fields.map((f) => `${f}\r\n`).join('')}\r\n`;

function translate(overrides, head, app = APP) {
  const translated = new FrontSettings(/** @type {any} */ (app), overrides).translate(head);
  return { ...translated, head: translated.head.slice(PEER.length) };
}

test('without overrides nothing is translated', () => {
  assert.equal(new FrontSettings(/** @type {any} */ (APP)).isPlain, true);
  assert.equal(new FrontSettings(/** @type {any} */ (APP), { basePath: null, tokens: null }).isPlain, true);
});

test('a rotated token opens, and reaches the app as the one it knows; the withdrawn one does not open', () => {
  const rotated = { tokens: ['new', 'newer'] };
  for (const token of rotated.tokens) {
    const { head, refusal } = translate(rotated, headOf('/__runner/task/up', 'Host: a', `X-Runner-Token: ${token}`));
    assert.equal(refusal, null);
    assert.equal(head, 'POST /__runner/task/up HTTP/1.1\r\nx-runner-token: old\r\nHost: a\r\n\r\n');
  }
  for (const fields of [['X-Runner-Token: old'], [], ['x-runner-token: new', 'x-runner-token: new']]) {
    assert.equal(translate(rotated, headOf('/__runner/task/up', 'Host: a', ...fields)).refusal?.status, 401);
  }
});

test('a token under another header is asked for there, and not taken from the old one', () => {
  const moved = { tokens: ['new'], tokenHeader: 'X-Key' };
  const { head } = translate(moved, headOf('/__runner/task/up', 'x-key: new', 'x-runner-token: guess'));
  assert.equal(head, 'POST /__runner/task/up HTTP/1.1\r\nx-runner-token: old\r\n\r\n');
  assert.equal(translate(moved, headOf('/__runner/task/up', 'x-runner-token: new')).refusal?.status, 401);
});

test('another base path is translated, and the app\'s own is none any more', () => {
  const moved = { basePath: '/rpc' };
  const { head } = translate(moved, headOf('/rpc/task/up?x=1', 'Host: a'));
  assert.equal(head, 'POST /__runner/task/up?x=1 HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal(translate(moved, headOf('/__runner/task/up')).refusal?.status, 404);
  assert.equal(translate(moved, headOf('/x/../__runner/task/up')).refusal?.status, 404);
  assert.deepEqual(translate(moved, headOf('/page')).refusal, null);
  assert.match(translate(moved, headOf('/rpc%2Ftask/up')).head, /^POST \/rpc%2Ftask/);
});

test('a list of tokens that only serve() was given opens the handlers of an app that knows one', () => {
  const app = { ...APP, exposure: { auth: { kind: 'tokens', header: 'x-runner-token', tokens: ['a', 'b'] } },
    ownHttp: { basePath: '/__runner', auth: { token: 'a' } } };
  assert.match(translate({}, headOf('/__runner/task/up', 'x-runner-token: b'), app).head, /x-runner-token: a\r\n/);
  assert.equal(translate({}, headOf('/__runner/task/up', 'x-runner-token: c'), app).refusal?.status, 401);
});

test('auth that only serve() was given is asked for before handlers that ask for none', () => {
  const app = { ...APP, ownHttp: {} };
  assert.equal(translate({}, headOf('/__runner/task/up'), app).refusal?.status, 401);
  assert.equal(translate({}, headOf('/__runner/task/up', 'x-runner-token: old'), app).refusal, null);
  assert.equal(translate({}, `${PEER}OPTIONS /__runner/task/up HTTP/1.1\r\n\r\n`, app).refusal, null);
});

/** A front that sends SETTINGS, and what the app's listener makes of a request then. */
async function ask(t, settings, target, ...fields) {
  const front = await TestFront.start();
  const server = new TunnelServer({
    socket: front.socket, auth: { token: 'old' }, cors: { origin: 'https://old.example' },
    requestListener: (req, res) => {
      res.setHeader('Access-Control-Allow-Origin', 'https://old.example');
      req.resume().once('end', () => res.end(`${req.url} ${req.headers['x-runner-token']}`));
    },
    logger: { info() {}, warn() {}, error() {} },
  });
  await server.listen();
  t.after(async () => {
    await server.close({ deadlineMilliseconds: 0 });
    await front.close();
  });
  const { peer } = front;
  assert.equal(peer.hello.settings, true);
  const head = [`POST ${target} HTTP/1.1`, 'Host: a', 'Content-Length: 3', ...fields, '', ''].join('\r\n');
  const parts = [];
  peer.on('frame', ({ type, payload }) => { if (type === TYPE.RESPONSE_DATA) parts.push(payload); });
  const ended = once(peer, 'ended');
  peer.on('frame', ({ type }) => { if (type === TYPE.RESPONSE_END) peer.emit('ended'); });
  peer.send(
    frame(0x1a, { payload: JSON.stringify(settings) }),
    frame(TYPE.REQUEST, { call: 9, flags: 1, payload: Buffer.concat([peerBlock(), Buffer.from(head, 'latin1')]) }),
    frame(TYPE.REQUEST_DATA, { call: 9, payload: 'abc' }),
    frame(TYPE.REQUEST_END, { call: 9 }),
  );
  await ended;
  return Buffer.concat(parts).toString('latin1');
}

test('SETTINGS hold for an upload: its token, its path and its CORS headers', async (t) => {
  const settings = { basePath: '/rpc', tokens: ['new'], corsOrigins: ['https://new.example'], tokenHeader: null };
  const response = await ask(t, settings, '/rpc/task/up', 'x-runner-token: new', 'Origin: https://new.example');
  assert.match(response, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(response, /\r\nAccess-Control-Allow-Origin: https:\/\/new\.example\r\n/);
  assert.doesNotMatch(response, /old\.example/);
  assert.match(response, /\/__runner\/task\/up old/);
});

test('SETTINGS keep an upload with a withdrawn token from the app, in the words of the exposure', async (t) => {
  const response = await ask(t, { tokens: ['new'] }, '/__runner/task/up', 'x-runner-token: old');
  assert.match(response, /^HTTP\/1\.1 401 Unauthorized\r\n/);
  assert.match(response, /\{"ok":false,"error":\{"message":"Unauthorized","code":"UNAUTHORIZED"\}\}/);
});
