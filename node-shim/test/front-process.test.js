'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { setTimeout: wait } = require('node:timers/promises');
const { TunnelServer } = require('..');
const { FrontProcess } = require('../lib/front-process');
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
  await until(() => heard().some((line) => line.startsWith('answer')));
  await server.close();
  assert.deepEqual(heard().filter((line) => !/^(environment|ignored) /.test(line)), [
    'arguments serve --listen 127.0.0.1:0 --bridge-fd 3 --control-fd 4 --exit-with-parent',
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

test('a front that left in order is no crash: it is told of, and followed by another a second later', async (t) => {
  const heard = withFake(t, 'leave');
  const server = echoServer({ port: 0 });
  const exits = [];
  server.on('frontExit', (exit) => exits.push(exit));
  await server.listen();
  await until(() => exits.length === 1);
  assert.deepEqual(exits, [{ code: 0, signal: null, retryInMilliseconds: 1000 }]);
  await server.close();
  await wait(1100);
  assert.equal(heard().filter((line) => line.startsWith('arguments')).length, 1, 'none was started after close()');
});

test('a front that always dies is tried again, less and less often, and the app is told each time', async (t) => {
  withFake(t, 'crash always');
  const server = echoServer({ port: 0 });
  const exits = [];
  const starts = [];
  server.on('frontExit', ({ retryInMilliseconds }) => exits.push(retryInMilliseconds));
  server.on('frontStart', ({ port }) => starts.push(port));
  await server.listen();
  await until(() => exits.length >= 3);
  assert.deepEqual(exits.slice(0, 3), [100, 200, 400]);
  assert.ok(starts.every((port) => port === 45678) && starts.length >= 2);
  await server.close();
});

test('the pause between two tries ends at a minute, and a front that stayed a while begins anew', () => {
  const app = { log() {} };
  const front = new FrontProcess({ app, settings: {}, readyTimeoutMilliseconds: 1, openBridge: async () => {} });
  const pauses = [];
  front.tell = (_event, { retryInMilliseconds }) => pauses.push(retryInMilliseconds);
  front.startedAt = performance.now();
  const dies = () => {
    front.exited(null, 'SIGKILL');
    clearTimeout(front.restartTimer);
  };
  for (let i = 0; i < 12; i++) dies();
  front.startedAt = performance.now() - 61_000;
  dies();
  assert.deepEqual(pauses, [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000, 100]);
});

test('signals to the whole process group do not stop the front; the app that started it does', async (t) => {
  const heard = withFake(t);
  const child = spawn(process.execPath, ['-e', `
    const { TunnelServer } = require(${JSON.stringify(path.join(__dirname, '..'))});
    const server = new TunnelServer({ port: 0, binary: ${JSON.stringify(FAKE)} });
    server.registerTask('echo', (input) => input);
    let asked = 0;
    process.on('SIGINT', () => { asked += 1; if (asked === 1) setTimeout(() => server.close(), 300); });
    server.listen().then(() => console.log('up'));
  `], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  await until(() => heard().some((line) => line.startsWith('answer')));
  process.kill(-child.pid, 'SIGINT');
  process.kill(-child.pid, 'SIGINT');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  assert.ok(heard().includes('ignored SIGINT'));
  assert.equal(heard().at(-1), 'stopped');
  assert.equal(heard().filter((line) => line.startsWith('arguments')).length, 1, 'no other front was started');
});

test('the front is not told what is the app\'s: its service manager, and what the code has decided', async (t) => {
  const heard = withFake(t);
  const meant = { NOTIFY_SOCKET: '/n', PORT: '1', CORS_ORIGINS: '*', BASE_PATH: '/other', RUNNER_SIDECAR_TOKEN: 'x' };
  Object.assign(process.env, meant);
  t.after(() => { for (const name of Object.keys(meant)) delete process.env[name]; });
  const lines = [];
  const info = (message, data) => lines.push({ message, ...data });
  const server = echoServer({
    port: 0, corsOrigins: ['https://a.example'], auth: { token: ['a', 'b'] }, logger: { ...quiet, info },
  });
  await server.listen();
  await server.close();
  const [environment] = heard().filter((line) => line.startsWith('environment '));
  const seen = Object.keys(JSON.parse(environment.slice('environment '.length)));
  assert.deepEqual(seen.filter((name) => name in meant), ['BASE_PATH'], 'the code leaves the base path open');
  const { basePath, auth, cors, ignoredInEnvironment } = lines.find(({ message }) => message === 'front.listening');
  assert.deepEqual({ basePath, auth, cors, ignoredInEnvironment }, {
    basePath: 'environment: BASE_PATH', auth: '2 tokens', cors: 'https://a.example',
    ignoredInEnvironment: ['CORS_ORIGINS', 'RUNNER_SIDECAR_TOKEN'],
  });
});

test('a missing binary is one clear error', () => {
  assert.throws(() => findFrontBinary('/nowhere/runner-sidecar'), /options\.binary names \/nowhere\/runner-sidecar/);
});
