'use strict';

// The process runs out of descriptors. Who is in is served, who comes is turned away at no cost, and when there is room
// again everything goes on: for clients, for workers, for the admin listener.
const assert = require('node:assert/strict');
const test = require('node:test');
const { FaultRun } = require('../support/fault-run.js');
const { callBytes, callOnce } = require('../support/http-request.js');
const { cpuSeconds } = require('../support/process-figures.js');
const { parallel } = require('../support/parallel.js');
const { RawConnection } = require('../support/raw-connection.js');
const { pause, waitUntil } = require('../support/wait-until.js');

const OPEN_FILES = 80;
const CLIENTS = 300;
/**
 * Loops may take descriptors from one another in the moment they turn a client away: more than one flood has to pass.
 */
const FLOODS = 5;
const WATCH_SECONDS = 1;
/** A loop that spins takes all of it. */
const IDLE_CPU_SHARE = 0.5;
const CALL = callBytes('add', { a: 5, b: 3 });
const ANSWER = '{"ok":true,"result":8}';

for (const loops of [1, 2, 4]) {
  test(`with ${loops} loop(s) and no descriptor left, the connected are served and nothing spins`, {
    timeout: 60_000,
  }, async (t) => {
    await FaultRun.with({
      workers: 1, frontOptions: ['--loops', String(loops)], front: { openFiles: OPEN_FILES },
    }, async (run) => {
      const before = await run.descriptorsAtRest();
      const kept = await parallel(Array.from({ length: 4 }), 4, () => RawConnection.open({ port: run.front.port }));
      const servesTheKept = async () => {
        for (const connection of kept) {
          connection.send(CALL);
          assert.equal((await connection.answer())?.body.toString(), ANSWER);
        }
      };
      await servesTheKept();
      let flood = [];
      for (let i = 0; i < FLOODS; i += 1) {
        for (const connection of flood) connection?.destroy();
        flood = await Promise.all(
          Array.from({ length: CLIENTS }, () => RawConnection.open({ port: run.front.port }).catch(() => undefined)),
        );
        await pause(200);
      }
      const turnedAway = flood.filter((connection) => !connection || connection.ended).length;
      assert.ok(turnedAway > 0, 'the limit is reached');
      await servesTheKept();
      // A worker that comes now has to wait for its turn like anybody else.
      const late = await run.startWorker({ waitsForReady: false });
      const used = cpuSeconds(run.front.pid);
      await pause(WATCH_SECONDS * 1_000);
      const share = (cpuSeconds(run.front.pid) - used) / WATCH_SECONDS;
      t.diagnostic(
        `${turnedAway} of ${CLIENTS} turned away; ${(share * 100).toFixed(0)} % of a core while nothing happens`,
      );
      assert.ok(share <= IDLE_CPU_SHARE, `${share} of a core`);
      await servesTheKept();
      for (const connection of [...flood, ...kept]) connection?.destroy();
      assert.equal(late.exited, undefined, 'the worker did not give up');
      await waitUntil('new clients are served', async () => (
        (await callOnce(run.front.port, 'add', { a: 5, b: 3 })).status === 200
      ));
      await run.front.workersReady(2);
      await run.killWorker(late);
      await run.assertNothingLeft(before);
    });
  });
}
