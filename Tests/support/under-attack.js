'use strict';

const assert = require('node:assert/strict');
const { assertMemory } = require('./assert-memory.js');
const { FaultRun } = require('./fault-run.js');
const { NoAnswer, callOnce } = require('./http-request.js');
const { MemoryWatch } = require('./memory-watch.js');
const { pause } = require('./wait-until.js');

const MEGABYTE = 1048576;
const SHORT_MILLISECONDS = 1_000;
/** Time limits that a test can wait for. */
const SHORT_TIMES = ['--header-timeout', '1s', '--body-timeout', '1s', '--idle-timeout', '1s', '--write-timeout', '1s'];

/**
 * A call of somebody else. Again, when this process was so slow to send it that the front was right to close a
 * connection on which nothing came.
 */
async function callBeside(port) {
  for (;;) {
    try {
      return await callOnce(port, 'add', { a: 5, b: 3 }, { timeoutMilliseconds: 30_000 });
    } catch (error) {
      if (!(error instanceof NoAnswer) || error.silentMilliseconds < SHORT_MILLISECONDS) throw error;
    }
  }
}

/**
 * Runs an attack, and holds the front to its promises: it grows by no more than `limitBytes`, serves others meanwhile,
 * and is as it was afterwards.
 * @param {import('node:test').TestContext} t
 * @param {{ limitBytes: number, frontOptions?: string[] }} settings
 * @param {(port: number, run: FaultRun) => Promise<unknown>} attack
 */
async function underAttack(t, { limitBytes, frontOptions = SHORT_TIMES }, attack) {
  await FaultRun.with({ workers: 1, frontOptions }, async (run) => {
    await callOnce(run.front.port, 'add', { a: 5, b: 3 });
    const before = await run.descriptorsAtRest();
    const watch = new MemoryWatch({ front: run.front.pid });
    let others = 0;
    let over = false;
    const finished = attack(run.front.port, run).finally(() => { over = true; });
    while (!over || others === 0) {
      assert.deepEqual((await callBeside(run.front.port)).envelope, { ok: true, result: 8 });
      others += 1;
      await pause(20);
    }
    await finished;
    const { front: grown } = watch.end();
    t.diagnostic(`${others} other calls served; ${watch.report()}`);
    assertMemory(grown <= limitBytes, `the front grew by ${grown} bytes, more than ${limitBytes}`);
    await run.assertNothingLeft(before);
  });
}

module.exports = { MEGABYTE, SHORT_TIMES, underAttack };
