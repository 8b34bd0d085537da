'use strict';

// Probes are told whether traffic should come, and a person why not.
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const test = require('node:test');
const { startApp } = require('../support/app.js');
const { Front } = require('../support/front.js');
const { frontBinary } = require('../support/project.js');
const { waitUntil } = require('../support/wait-until.js');
const { askAdmin } = require('./admin-client.js');

const APP = path.join(__dirname, 'app.js');

async function reasonsOf(front) {
  const { text } = await askAdmin(front, '/readyz?format=json');
  return JSON.parse(text).reasons.map(({ code }) => code);
}

function healthcheck(front) {
  return spawnSync(frontBinary(), ['healthcheck', '--admin', `127.0.0.1:${front.adminPort}`], { encoding: 'utf8' });
}

test('a front is ready while a worker takes calls and it was not told to stop; it lives all the time', {
  timeout: 30_000,
}, async () => {
  const front = await Front.start({ options: ['--drain-delay', '3s'] });
  let app;
  try {
    const alone = await askAdmin(front, '/readyz');
    assert.equal(alone.status, 503);
    assert.match(alone.text, /^no_worker: .*\n$/);
    assert.equal((await askAdmin(front, '/livez')).status, 200);
    assert.equal(healthcheck(front).status, 1);

    app = await startApp(APP, { socket: front.socket });
    await front.workersReady();
    const ready = await askAdmin(front, '/readyz');
    assert.deepEqual([ready.status, ready.text], [200, 'ready\n']);
    const json = await askAdmin(front, '/readyz', { headers: { Accept: 'application/json' } });
    assert.deepEqual(JSON.parse(json.text), { ready: true, reasons: [] });
    assert.equal(healthcheck(front).status, 0);

    front.child.kill('SIGTERM');
    await waitUntil('it drains', async () => (await reasonsOf(front)).includes('draining'));
    assert.equal((await askAdmin(front, '/readyz')).status, 503);
    assert.equal((await askAdmin(front, '/livez')).status, 200);
  } finally {
    await Promise.all([front.stop(), app?.stop()]);
  }
});

test('a worker that is stopped takes readiness away, and gives it back when it goes on', {
  timeout: 30_000,
}, async () => {
  const front = await Front.start();
  const app = await startApp(APP, { socket: front.socket });
  try {
    await front.workersReady();
    app.kill('SIGSTOP');
    const hasNoWorker = async () => (await reasonsOf(front)).includes('no_worker');
    await waitUntil('the front notices', hasNoWorker, { timeoutMilliseconds: 10_000 });
    const { workers } = JSON.parse((await askAdmin(front, '/workers')).text);
    assert.equal(workers[0].state, 'unresponsive');
    app.kill('SIGCONT');
    await waitUntil('it is ready again', async () => (await askAdmin(front, '/readyz')).status === 200);
    assert.equal(healthcheck(front).status, 0);
    const log = front.child.stderr;
    assert.match(log, /warning worker is unresponsive: .* side=worker\n[^]*notice worker is responsive again /);
  } finally {
    await Promise.all([front.stop(), app.stop()]);
  }
});
