'use strict';

/**
 * When an app is served without a front, and that this is told. What it answers: Tests/Conformance/fallback.test.js.
 */

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');
const { setTimeout: wait } = require('node:timers/promises');
const { TunnelServer } = require('..');
const { fallbackReason } = require('../lib/fallback');

const absent = () => { throw new Error('runner-sidecar: the front runs on Linux only, and this is darwin.'); };
const present = () => '/front';
const reasonWith = (mode, platform, find, binary) => (
  fallbackReason(binary, { env: mode === undefined ? {} : { RUNNER_SIDECAR_FALLBACK: mode }, platform, find }));

test('on Linux a missing front is an error, unless a fallback is asked for', () => {
  assert.equal(reasonWith(undefined, 'linux', absent), null);
  assert.equal(reasonWith('off', 'darwin', absent), null);
  assert.match(reasonWith('warn', 'linux', absent), /^the front runs on Linux only/);
});

test('elsewhere it is the default, but a front that is there is used, and one that is named must be there', () => {
  assert.match(reasonWith(undefined, 'darwin', absent), /^the front runs on Linux only/);
  assert.equal(reasonWith(undefined, 'darwin', present), null);
  assert.equal(reasonWith(undefined, 'win32', absent, './front'), null);
  assert.equal(fallbackReason(undefined, {
    env: { RUNNER_SIDECAR_BINARY: '/nowhere' }, platform: 'darwin', find: absent,
  }), null);
  assert.equal(reasonWith('on', 'linux', present), 'RUNNER_SIDECAR_FALLBACK=on');
});

test('another word for it is refused, and told which there are', () => {
  assert.throws(() => reasonWith('yes', 'linux', present), /RUNNER_SIDECAR_FALLBACK takes off, warn, on; not yes$/);
});

/** A server without a front, and what it logged. */
async function serveWithout(t, register, options = {}) {
  process.env.RUNNER_SIDECAR_FALLBACK = 'on';
  t.after(() => { delete process.env.RUNNER_SIDECAR_FALLBACK; });
  const warnings = [];
  const logger = { warn: (message, data) => warnings.push([message, data]), error() {}, info() {}, debug() {} };
  const server = new TunnelServer({ port: 0, logger, ...options });
  register(server);
  await server.listen();
  t.after(() => server.close());
  return { server, warnings, base: `http://127.0.0.1:${server.address().port}/__runner` };
}

test('it warns in one line that says how to forbid it; calls and the app\'s own paths are served', async (t) => {
  const { base, warnings } = await serveWithout(t, (server) => {
    server.registerTask('add', ({ a, b }) => a + b);
  }, { requestListener: (req, res) => res.end(`own ${req.url}`) });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0][0], /a front: for development only\. RUNNER_SIDECAR_FALLBACK=off makes this an error/);
  const response = await fetch(`${base}/task/add`, { method: 'POST', body: '{"input":{"a":5,"b":3}}' });
  assert.equal(await response.text(), '{"ok":true,"result":8}');
  assert.equal(await (await fetch(new URL('/other', base))).text(), 'own /other');
});

test('a client that goes away aborts the signal, and close() waits for what runs', async (t) => {
  let aborted;
  const { server, base } = await serveWithout(t, (one) => {
    one.registerTask('slow', (input, { signal }) => new Promise((resolve) => {
      aborted = new Promise((done) => { signal.addEventListener('abort', () => done('aborted')); });
      setTimeout(() => resolve('late'), 300);
    }));
  });
  const request = http.request(`${base}/task/slow`, { method: 'POST' }).on('error', () => {});
  request.end('{}');
  while (aborted === undefined) await wait(5);
  request.destroy();
  assert.equal(await aborted, 'aborted');

  const answer = fetch(`${base}/task/slow`, { method: 'POST', body: '{}' }).then((response) => response.text());
  await wait(50);
  await server.close();
  assert.equal(await answer, '{"ok":true,"result":"late"}');
});

test('a body without end is refused at a bound', { timeout: 60_000 }, async (t) => {
  const { base } = await serveWithout(t, (server) => server.registerTask('add', () => 1));
  const piece = Buffer.alloc(1 << 20, 0x20);
  const status = await new Promise((resolve, reject) => {
    const request = http.request(`${base}/task/add`, { method: 'POST' }, (response) => {
      resolve(response.statusCode);
      request.destroy();
    }).on('error', reject);
    let left = 80;
    const more = () => {
      while (left > 0) {
        left -= 1;
        if (!request.write(piece)) { request.once('drain', more); return; }
      }
      request.end();
    };
    more();
  });
  assert.equal(status, 413);
});
