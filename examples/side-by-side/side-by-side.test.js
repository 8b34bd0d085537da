'use strict';

/**
 * The example as a person would use it: started, and compared by the command of its README. Skipped without the front's
 * binary.
 */

const test = require('node:test');
const assert = require('node:assert/strict');
const { execFile, spawn } = require('node:child_process');
const net = require('node:net');
const path = require('node:path');
const { findFrontBinary } = require('../../node-shim/lib/front-binary');

const ROOT = path.join(__dirname, '..', '..');

function hasFront() {
  try {
    return Boolean(findFrontBinary());
  } catch {
    return false;
  }
}

const freePort = () => new Promise((resolve) => {
  const server = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

function runCompare(args) {
  return new Promise((resolve) => {
    execFile(path.join(ROOT, 'scripts', 'compare'), args, (error, stdout, stderr) => resolve({
      code: error ? error.code : 0, stdout, stderr,
    }));
  });
}

test('both servers of the example answer alike, on every request of the example', {
  skip: !hasFront() && 'the front is not built',
}, async (t) => {
  const [plainPort, sidecarPort] = [await freePort(), await freePort()];
  const app = spawn(process.execPath, [path.join(__dirname, 'app.js')], {
    env: { ...process.env, PLAIN_PORT: plainPort, PORT: sidecarPort }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => app.kill());
  let said = '';
  await new Promise((resolve, reject) => {
    app.stdout.on('data', (chunk) => { if ((said += chunk).includes('the sidecar:')) resolve(); });
    app.once('exit', () => reject(new Error('the example ended')));
  });
  const urls = [plainPort, sidecarPort].map((port) => `http://127.0.0.1:${port}/__runner`);
  const { code, stdout } = await runCompare([
    ...urls, '--requests', path.join(__dirname, 'requests.jsonl'), '--include-unsafe', '--no-load', '--json', '-',
  ]);
  const { requests } = JSON.parse(stdout);
  assert.deepEqual(requests.filter(({ verdict }) => verdict !== 'same').map(({ name, verdict }) => [name, verdict]), [[
    'a value that changes by itself', 'noisy',
  ]]);
  assert.equal(code, 0);
});
