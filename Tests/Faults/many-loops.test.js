'use strict';

// Several loops, each with a listener and links of its own: what holds for one holds for all of them together.
const assert = require('node:assert/strict');
const test = require('node:test');
const { FaultRun } = require('../support/fault-run.js');
const { callBytes, callOnce } = require('../support/http-request.js');
const { fieldValue } = require('../support/http-answer-reader.js');
const { Load } = require('../support/load.js');
const { parallel } = require('../support/parallel.js');
const { Random } = require('../support/random.js');
const { RawConnection } = require('../support/raw-connection.js');
const { RogueWorker } = require('../support/rogue-worker.js');
const { TYPES } = require('../support/bridge-frames.js');
const { pause } = require('../support/wait-until.js');

const TIMEOUT = { timeout: 60_000 };
/** So many that, spread by chance, every loop gets some. */
const CONNECTIONS = 48;

for (const loops of [2, 4]) {
  const frontOptions = ['--loops', String(loops)];

  test(`${loops} loops: one answer for each call, through workers killed, frozen and replaced`, TIMEOUT, async (t) => {
    const random = Random.forTest(t);
    await FaultRun.with({ workers: 2, frontOptions: [...frontOptions, '--worker-ping', '200ms'] }, async (run) => {
      const before = await run.descriptorsAtRest();
      const load = new Load({
        port: run.front.port, random, connections: CONNECTIONS, taskMilliseconds: [0, 20], pipelined: 2,
        textBytes: 2_000,
      });
      await pause(300);
      await run.killWorker(random.pick(run.workers));
      await run.startWorker();
      await run.front.workersReady(2);
      const frozen = random.pick(run.workers);
      frozen.kill('SIGSTOP');
      await pause(500);
      frozen.kill('SIGCONT');
      await load.finish();
      t.diagnostic(`${loops} loops: ${JSON.stringify(load.tally())}; ${load.latencies.report()}`);
      load.assertExactlyOneAnswer(run.log.counts(), { allowed: ['502 WORKER_LOST'] });
      await run.assertNothingLeft(before);
    });
  });

  test(`${loops} loops: a rolling restart under load fails no call`, TIMEOUT, async (t) => {
    const random = Random.forTest(t);
    await FaultRun.with({ workers: 2, frontOptions }, async (run) => {
      const before = await run.descriptorsAtRest();
      const load = new Load({ port: run.front.port, random, connections: CONNECTIONS, taskMilliseconds: [0, 20] });
      for (const worker of [...run.workers]) {
        await pause(100);
        await run.startWorker();
        assert.deepEqual(await run.drainWorker(worker), { code: 0, signal: null });
      }
      // And once with nobody to take over: calls wait on every loop.
      for (const worker of [...run.workers]) await run.drainWorker(worker);
      await run.startWorker();
      await load.finish();
      t.diagnostic(`${loops} loops: ${JSON.stringify(load.tally())}; ${load.latencies.report()}`);
      load.assertExactlyOneAnswer(run.log.counts());
      await run.assertNothingLeft(before);
    });
  });

  test(`${loops} loops: told to stop, each finishes what it has, and the front leaves with 0`, TIMEOUT, async () => {
    await FaultRun.with({ workers: 1, frontOptions }, async (run) => {
      const busy = await parallel(Array.from({ length: CONNECTIONS }), CONNECTIONS, async (_, i) => {
        const connection = await RawConnection.open({ port: run.front.port });
        connection.send(callBytes('once', { id: `busy-${i}`, ms: 600 }));
        return connection;
      });
      const idle = await RawConnection.open({ port: run.front.port });
      await pause(200);
      run.front.child.kill('SIGTERM');
      for (const connection of busy) {
        const answer = await connection.answer();
        assert.equal(answer?.status, 200);
        assert.equal(fieldValue(answer, 'connection'), 'close');
        assert.ok(await connection.closedWithin(2_000));
      }
      assert.ok(await idle.closedWithin(2_000));
      assert.deepEqual(await run.front.child.exit, { code: 0, signal: null });
      assert.equal(run.log.counts().size, CONNECTIONS);
    });
  });

  test(`${loops} loops: a worker linked to one of them is used by that one, the others wait`, TIMEOUT, async () => {
    await FaultRun.with({ workers: 0, frontOptions: [...frontOptions, '--worker-wait', '200ms'] }, async (run) => {
      const worker = await RogueWorker.connect(run.front.socket, {
        onCall: (self, call) => self.result(call, 'linked'),
      });
      const welcome = JSON.parse((await worker.frame(TYPES.WELCOME)).payload.toString());
      assert.equal(welcome.loops, loops, 'it is told how many links to open');
      const statuses = await parallel(Array.from({ length: CONNECTIONS }), CONNECTIONS, async () => (
        (await callOnce(run.front.port, 'once', {})).status
      ));
      assert.deepEqual([...new Set(statuses)].sort(), [200, 503], `${statuses}`);
      worker.destroy();
      await run.front.quiet();
    });
  });
}
