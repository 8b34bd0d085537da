'use strict';

// A front that its app has started: it is started again when it dies, leaves when its app dies, and finishes when its
// app stops.
const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const { startApp } = require('../support/app.js');
const { fieldValue } = require('../support/http-answer-reader.js');
const { callBytes, callOnce } = require('../support/http-request.js');
const { Load } = require('../support/load.js');
const { childrenOf, isAlive } = require('../support/process-figures.js');
const { frontBinary } = require('../support/project.js');
const { Random } = require('../support/random.js');
const { RawConnection } = require('../support/raw-connection.js');
const { RunLog } = require('../support/run-log.js');
const { pause, waitUntil } = require('../support/wait-until.js');

const APP = path.join(__dirname, 'embedded-app.js');
const TIMEOUT = { timeout: 60_000 };

/** Gives `use` an app that serves through a front of its own. */
async function withEmbedded(use) {
  const log = new RunLog();
  const app = await startApp(APP, { socket: '', env: { RUNS_FILE: log.file, RUNNER_SIDECAR_BINARY: frontBinary() } });
  const port = await app.line((line) => Number(/^app ready (\d+)$/.exec(line)?.[1]) || undefined);
  const frontPID = () => childrenOf(app.pid)[0];
  try {
    await use({ app, port, log, frontPID });
  } catch (error) {
    throw new Error(`${error.message}${app.report()}`, { cause: error });
  } finally {
    Load.abandonAll();
    await app.stop();
  }
}

/** A call that runs while something happens to one of the two. */
async function busyCall(port, log, ms) {
  const connection = await RawConnection.open({ port });
  connection.send(callBytes('once', { id: 'busy', ms }));
  await waitUntil('it runs', () => log.counts().has('busy'));
  return connection;
}

test('a front that is killed under load is started again on its port, and no task runs twice', TIMEOUT, async (t) => {
  const random = Random.forTest(t);
  await withEmbedded(async ({ port, log, frontPID }) => {
    const load = new Load({ port, random, connections: 8, taskMilliseconds: [0, 10] });
    for (let kill = 0; kill < 3; kill += 1) {
      await pause(random.integer(100, 300));
      const victim = frontPID();
      process.kill(victim, 'SIGKILL');
      await waitUntil('the next front serves', async () => frontPID() !== victim
        && (await callOnce(port, 'add', { a: 5, b: 3 })).status === 200, { timeoutMilliseconds: 15_000 });
    }
    await pause(200);
    await load.finish();
    t.diagnostic(`3 fronts killed: ${JSON.stringify(load.tally())}`);
    load.assertExactlyOneAnswer(log.counts(), { mayLoseConnections: true });
  });
});

test('an app that is killed leaves no front behind, and its call is answered', TIMEOUT, async () => {
  await withEmbedded(async ({ app, port, log, frontPID }) => {
    const front = frontPID();
    const busy = await busyCall(port, log, 60_000);
    app.kill('SIGKILL');
    await app.exit;
    assert.equal((await busy.answer())?.status, 502);
    await waitUntil('the front leaves', () => !isAlive(front), { timeoutMilliseconds: 10_000 });
    busy.destroy();
  });
});

test('an app that stops lets its front finish what runs', TIMEOUT, async () => {
  await withEmbedded(async ({ app, port, log, frontPID }) => {
    const front = frontPID();
    const busy = await busyCall(port, log, 500);
    app.kill('SIGTERM');
    const answer = await busy.answer();
    assert.equal(answer?.status, 200);
    assert.equal(fieldValue(answer, 'connection'), 'close');
    assert.deepEqual(await app.exit, { code: 0, signal: null });
    assert.equal(isAlive(front), false);
    assert.deepEqual([...log.counts()], [['busy', 1]]);
  });
});
