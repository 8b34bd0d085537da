'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { setTimeout: wait } = require('node:timers/promises');
const { TunnelServer } = require('..');
const { findFrontBinary } = require('../lib/front-binary');

const FAKE = path.join(__dirname, 'support', 'fake-front.js');
const quiet = { info() {}, warn() {}, error() {} };

function withFake(t, behaviour = '') {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'fake-front-'));
  const log = path.join(directory, 'log');
  Object.assign(process.env, { FAKE_FRONT: behaviour, FAKE_FRONT_LOG: log });
  t.after(() => {
    delete process.env.FAKE_FRONT;
    delete process.env.FAKE_FRONT_LOG;
    fs.rmSync(directory, { recursive: true, force: true });
  });
  return () => fs.readFileSync(log, 'utf8').trim().split('\n');
}

function echoServer(options) {
  const server = new TunnelServer({ binary: FAKE, logger: quiet, ...options });
  server.registerTask('echo', (input) => input);
  return server;
}

async function until(condition) {
  for (let i = 0; i < 200; i++) {
    if (condition()) return;
    await wait(20);
  }
  assert.fail('it did not come to that');
}

test('listen() starts the front over an inherited socket pair, and close() stops it', async (t) => {
  const heard = withFake(t);
  const server = echoServer({ port: 0 });
  await server.listen();
  assert.deepEqual(server.address(), { address: '127.0.0.1', port: 45678 });
  await until(() => heard().length >= 2);
  await server.close();
  assert.deepEqual(heard(), [
    'arguments serve --listen 127.0.0.1:0 --bridge-fd 3 --exit-with-parent',
    'answer {"ok":true,"result":"hi"}',
    'stopped',
  ]);
});

test('a normal close() logs no warning', async (t) => {
  withFake(t);
  const warnings = [];
  const warn = (message, data) => warnings.push({ message, data });
  const server = echoServer({ port: 0, logger: { info() {}, warn, error: warn } });
  await server.listen();
  await server.close();
  assert.deepEqual(warnings, []);
});

test('listen() rejects with what the front said when the port is taken', async (t) => {
  withFake(t, 'port taken');
  await assert.rejects(echoServer({ port: 7071 }).listen(), /address already in use/);
});

test('a front that crashes is started again on the same port', async (t) => {
  const heard = withFake(t, 'crash once');
  const server = echoServer({ port: 0 });
  await server.listen();
  await until(() => heard().filter((line) => line.startsWith('answer')).length === 2);
  assert.equal(heard().filter((line) => line.includes('--listen 127.0.0.1:45678')).length, 1);
  await server.close();
});

test('a missing binary is one clear error', () => {
  assert.throws(() => findFrontBinary('/nowhere/runner-sidecar'), /options\.binary names \/nowhere\/runner-sidecar/);
});
