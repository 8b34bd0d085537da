'use strict';

/** `runner-sidecar check`: what each thing that is wrong is told as, with its remedy. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const { test } = require('node:test');
const { Front } = require('../../Tests/support/front.js');
const { freePort } = require('../../Tests/support/free-port.js');
const { frontBinary } = require('../../Tests/support/project.js');
const { temporaryFolder } = require('../../Tests/support/temporary-folder.js');
const { main } = require('../lib/check');
const { serve } = require('../lib/serve');

function reasonToSkip() {
  try {
    process.env.RUNNER_SIDECAR_BINARY = frontBinary();
    return false;
  } catch (error) {
    return error.message;
  }
}

const skip = reasonToSkip();

/** Runs the command. @returns {Promise<{ code: number, lines: Record<string, string>, errors: string }>} by check */
async function check(...argv) {
  let [out, errors] = ['', ''];
  const code = await main(argv, {
    stdout: { write: (text) => { out += text; } }, stderr: { write: (text) => { errors += text; } },
  });
  const entries = [...out.matchAll(/^([√×-]) (\w+) +(.*(?:\n {12}.*)*)/gm)];
  return { code, errors, lines: Object.fromEntries(entries.map(([, mark, name, text]) => [name, `${mark} ${text}`])) };
}

test('with front and worker running all is well, and everything was looked at', { skip }, async (t) => {
  const front = await Front.start();
  t.after(() => front.child.stop());
  const admin = `127.0.0.1:${front.adminPort}`;
  const before = await check('--admin', admin);
  assert.equal(before.code, 1);
  assert.match(before.lines.workers, /^× no_worker: .*\n +Start the app: runner-sidecar-shim app\.js --socket \S+/);

  const service = await serve({ tasks: { add: ([a, b]) => a + b } }, { socket: front.socket });
  t.after(() => service.close());
  const { code, lines } = await check('--admin', admin, '--listen', `127.0.0.1:${front.port}`);
  assert.deepEqual(Object.entries(lines).filter(([, text]) => !text.startsWith('√')), []);
  assert.deepEqual(Object.keys(lines), ['binary', 'settings', 'admin', 'versions', 'socket', 'listen', 'workers']);
  assert.match(lines.socket, new RegExp(`${front.socket} takes this user's connections`));
  assert.match(lines.workers, /1 of 1 ready \(Node \d+/);
  assert.equal(code, 0);
});

test('where nothing runs, it says what to start; what cannot be known is left out', { skip }, async () => {
  const admin = `127.0.0.1:${await freePort()}`;
  const listen = `127.0.0.1:${await freePort()}`;
  const { code, lines } = await check('--admin', admin, '--socket', '/nowhere/s', '--listen', listen);
  assert.equal(code, 1);
  assert.match(lines.admin, /^× nothing listens on .*\n +Start the front: runner-sidecar serve/);
  assert.match(lines.socket, /^× the folder \/nowhere does not exist\n +Create it/);
  assert.match(lines.listen, /^√ \S+ is free$/);
  assert.deepEqual([lines.versions[0], lines.workers[0]], ['-', '-']);
});

test('each thing that can be wrong with a socket has its own words', { skip }, async () => {
  const folder = temporaryFolder();
  const at = (name) => path.join(folder, name);
  const socketOf = async (name) => (await check('--admin', 'off', '--socket', at(name))).lines.socket;
  assert.match(await socketOf('missing'), /missing does not exist\n +The front makes it/);
  fs.writeFileSync(at('file'), '');
  assert.match(await socketOf('file'), /file exists and is not a socket\n +Move that file away/);
  assert.match(await socketOf('x'.repeat(120)), /has \d+ bytes, and a socket's path at most 107/);

  // A server that ends without removing its socket, as one does that is killed.
  const left = net.createServer().listen(at('left'));
  await new Promise((resolve) => left.once('listening', resolve));
  fs.linkSync(at('left'), at('kept'));
  await new Promise((resolve) => left.close(resolve));
  fs.renameSync(at('kept'), at('left'));
  assert.match(await socketOf('left'), /was left by a front that does not run any more\n +Start the front/);

  const refusal = '....{"protocol":1,"reason":"uid 5 may not \\"x\\"","retry":false}';
  const refusing = net.createServer((client) => client.end(refusal));
  await new Promise((resolve) => refusing.listen(at('refusing'), () => resolve(undefined)));
  assert.match(await socketOf('refusing'), /^× the front refuses: uid 5 may not "x"$/);
  refusing.close();
});

test('what answers on the admin port and is not a front is told apart', { skip }, async (t) => {
  const other = http.createServer((request, response) => response.end('hello')).listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  t.after(() => other.close());
  const address = `127.0.0.1:${other.address().port}`;
  const { lines } = await check('--admin', address, '--listen', address);
  assert.match(lines.admin, /is not a front\n +Another program has that port/);
  assert.match(lines.listen, /is taken, and not known to be a front's\n/);
});

test('wrong settings and an unknown flag are told, and the latter ends it', { skip }, async () => {
  const { lines } = await check('--admin', 'off', '--listen', 'here');
  assert.match(lines.settings, /^× --listen: "here" must be an IP address and port/);
  assert.match(lines.listen, /^× here is not an address and port/);
  const { code, errors } = await check('--sokket', 'x');
  assert.equal(code, 2);
  assert.match(errors, /^runner-sidecar: check: .*--sokket/);
});
