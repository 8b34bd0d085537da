'use strict';

// More than can be done comes from clients that wait, or from clients that do not: what waits is bounded in number and
// bytes, whether a worker is away or stands still, and those who leave are not waited for.
const assert = require('node:assert/strict');
const test = require('node:test');
const { assertMemory } = require('../support/assert-memory.js');
const { FaultRun } = require('../support/fault-run.js');
const { callBytes, callOnce } = require('../support/http-request.js');
const { MemoryWatch } = require('../support/memory-watch.js');
const { parallel } = require('../support/parallel.js');
const { RawConnection } = require('../support/raw-connection.js');
const { MEGABYTE } = require('../support/under-attack.js');
const { pause, waitUntil } = require('../support/wait-until.js');

const TIMEOUT = { timeout: 120_000 };
const CALL = callBytes('add', { a: 5, b: 3 });

/** Sends as fast as it is taken, for a while; gives how much was. */
async function flood(connection, milliseconds) {
  const bytes = Buffer.concat(Array.from({ length: 500 }, () => CALL));
  const until = Date.now() + milliseconds;
  while (!connection.ended && Date.now() < until) {
    if (connection.socket.writableLength < MEGABYTE) connection.send(bytes); else await pause(5);
  }
  return connection.socket.bytesWritten - connection.socket.writableLength;
}

/**
 * What a request may wait for while more comes behind it.
 * @type {Record<string, (run: FaultRun, connection: RawConnection) => Promise<void>>}
 */
const WAITS = {
  async 'for a worker'(run, connection) {
    await run.killWorker(run.workers[0]);
    connection.send(CALL);
  },
  async 'for an answer before it'(run, connection) {
    connection.send(callBytes('once', { id: 'slow', ms: 60_000 }));
    connection.send(callBytes('add', { a: 5, b: 3 }, { headers: [['Expect', '100-continue']] }));
    await waitUntil('the first runs', () => run.log.counts().has('slow'));
  },
};
for (const [what, wait] of Object.entries(WAITS)) {
  test(`a flood behind a request that waits ${what} stays with the client`, TIMEOUT, (t) => (
    FaultRun.with({ workers: 1, frontOptions: ['--worker-wait', '1m'] }, async (run) => {
      const watch = new MemoryWatch({ front: run.front.pid });
      const connection = await RawConnection.open({ port: run.front.port });
      await wait(run, connection);
      const taken = await flood(connection, 2_000);
      const { front: grown } = watch.end();
      t.diagnostic(`${taken} bytes left the client; ${watch.report()}`);
      assertMemory(grown <= 4 * MEGABYTE, `the front grew by ${grown} bytes`);
      // Behind input that nobody reads, an orderly end cannot be seen.
      connection.resetNow();
    })));
}

test('clients that leave while they wait take no room from those who stay', TIMEOUT, () => (
  FaultRun.with({
    workers: 1, frontOptions: ['--loops', '1', '--worker-wait', '1m', '--queue-limit', '10'],
  }, async (run) => {
    await run.killWorker(run.workers[0]);
    for (let i = 0; i < 5; i += 1) {
      const leavers = await parallel(Array.from({ length: 10 }), 10, async () => {
        const connection = await RawConnection.open({ port: run.front.port });
        connection.send(CALL);
        return connection;
      });
      await waitUntil('they wait', async () => (await run.front.underWay()).queued === 10);
      for (const connection of leavers) connection.destroy();
      await run.front.quiet();
    }
    const patience = { timeoutMilliseconds: 30_000 };
    const stayers = Array.from({ length: 10 }, () => callOnce(run.front.port, 'add', { a: 5, b: 3 }, patience));
    await waitUntil('they wait', async () => (await run.front.underWay()).queued === 10);
    await run.startWorker();
    assert.deepEqual([...new Set((await Promise.all(stayers)).map(({ status }) => status))], [200]);
  })));

test('calls for a worker that stands still are bounded in bytes, and answered when it goes on', TIMEOUT, (t) => (
  FaultRun.with({
    workers: 1, frontOptions: ['--loops', '1', '--queue-bytes', '8mib', '--worker-ping', '1m', '--worker-wait', '1m'],
  }, async (run) => {
    const text = 'x'.repeat(4 * MEGABYTE);
    const watch = new MemoryWatch({ front: run.front.pid });
    run.workers[0].kill('SIGSTOP');
    const answers = [];
    const ask = async (_, i) => {
      const connection = await RawConnection.open({ port: run.front.port });
      answers.push(connection.answer({ timeoutMilliseconds: 100_000 }));
      await connection.sendWithBackpressure(callBytes('once', { id: `large-${i}`, ms: 0, text }));
      await pause(50);
    };
    await parallel(Array.from({ length: 30 }), 2, ask);
    const { front: grown } = watch.end();
    run.workers[0].kill('SIGCONT');
    const statuses = (await Promise.all(answers)).map((answer) => answer?.status);
    const served = statuses.filter((status) => status === 200).length;
    t.diagnostic(`${served} of ${statuses.length} answered; ${watch.report()}`);
    // What the link holds, what waits, and the two bodies that are on their way.
    assertMemory(grown <= 60 * MEGABYTE, `the front grew by ${grown} bytes, not by ${statuses.length} bodies`);
    assert.deepEqual([...new Set(statuses)].sort(), [200, 503]);
    const ran = run.log.counts();
    assert.equal(ran.size, served, 'what was refused did not run');
    assert.ok([...ran.values()].every((count) => count === 1));
  })));
