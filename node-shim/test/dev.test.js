'use strict';

/** `runner-sidecar dev`: front and app from one command, and the app restarted when it changes. */

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { TestProcess } = require('../../Tests/support/child-process.js');
const { freePort } = require('../../Tests/support/free-port.js');
const { frontBinary } = require('../../Tests/support/project.js');
const { temporaryFolder } = require('../../Tests/support/temporary-folder.js');
const { waitUntil } = require('../../Tests/support/wait-until.js');

const COMMAND = path.join(__dirname, '..', 'bin', 'runner-sidecar.js');

function reasonToSkip() {
  try {
    frontBinary();
    return false;
  } catch (error) {
    return error.message;
  }
}

const skip = reasonToSkip();

const appThat = (does) => `module.exports = { tasks: { 'app.add': ({ a, b }) => ${does} } };\n`;

test('it prints what to try, restarts the app on a change without failing a call, and ends both', {
  skip, timeout: 60_000,
}, async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'app.js');
  fs.writeFileSync(file, appThat('a + b'));
  const [port, adminPort] = [await freePort(), await freePort()];
  const dev = new TestProcess('dev', process.execPath, [
    COMMAND, 'dev', 'app.js', '--port', String(port), '--admin-port', String(adminPort),
  ], { cwd: folder, env: { RUNNER_SIDECAR_BINARY: frontBinary() } });
  const add = async () => {
    const url = `http://127.0.0.1:${port}/__runner/task/app.add`;
    const response = await fetch(url, { method: 'POST', body: '{"input":{"a":5,"b":3}}' });
    assert.equal(response.status, 200);
    return (await response.json()).result;
  };
  try {
    const command = await dev.line((line) => (line.includes('try it') ? line : undefined));
    assert.ok(command.endsWith(`curl -d '{"input":{}}' http://127.0.0.1:${port}/__runner/task/app.add`), command);
    const page = await dev.line((line) => /the status page: (\S+)/.exec(line)?.[1]);
    assert.match(await (await fetch(page)).text(), /^<!doctype html>/i);
    assert.equal(await add(), 8);
    fs.writeFileSync(file, appThat('a * b'));
    await waitUntil('the changed app answers', async () => await add() === 15, { timeoutMilliseconds: 20_000 });
  } finally {
    const { code } = await dev.stop();
    assert.equal(code, 0, dev.report());
  }
  await assert.rejects(fetch(page(port)), 'the front has left, too');
});

const page = (port) => `http://127.0.0.1:${port}/`;

test('a mistake in the command line is told, and nothing is started', () => {
  const say = (...args) => spawnSync(process.execPath, [COMMAND, 'dev', ...args], { encoding: 'utf8' });
  assert.match(say().stderr, /^runner-sidecar: dev: name one app/);
  assert.match(say('/nowhere.js').stderr, /^runner-sidecar: dev: \/nowhere\.js does not exist\n$/);
  assert.match(say(__filename, '--port', '70000').stderr, /--port takes a port from 1 to 65535, not 70000/);
  assert.equal(say().status, 2);
});
