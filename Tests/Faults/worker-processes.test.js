'use strict';

// runner-sidecar-shim --workers N: as many Node processes, each a worker; one that dies is replaced, and a SIGTERM to
// the first of them drains all.
const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const { TestProcess } = require('../support/child-process.js');
const { FaultRun } = require('../support/fault-run.js');
const { Load } = require('../support/load.js');
const { shimFolder } = require('../support/project.js');
const { Random } = require('../support/random.js');
const { pause, waitUntil } = require('../support/wait-until.js');

const COMMAND = path.join(shimFolder(), 'bin', 'runner-sidecar-shim.js');
const APP = path.join(__dirname, 'app-module.js');
const WORKERS = 3;

/** Starts the command, gives it to `use` once all workers serve, and ends it whatever happens. */
async function withCommand(run, use) {
  const command = new TestProcess('runner-sidecar-shim', process.execPath, [
    COMMAND, APP, '--socket', run.front.socket, '--workers', String(WORKERS),
  ], {
    env: { RUNS_FILE: run.log.file },
  });
  try {
    await run.front.workersReady(WORKERS);
    await use(command);
  } catch (error) {
    throw new Error(`${error.message}${command.report()}`, { cause: error });
  } finally {
    await command.stop({ patienceMilliseconds: 3_000 });
  }
}

async function workerPIDs(front) {
  return JSON.parse((await front.admin('/workers')).text).workers.map(({ pid }) => pid);
}

test(`${WORKERS} worker processes share the calls; one that is killed costs only its own and is replaced`, {
  timeout: 60_000,
}, async (t) => {
  const random = Random.forTest(t);
  await FaultRun.with({ workers: 0 }, async (run) => {
    const before = await run.descriptorsAtRest();
    await withCommand(run, async () => {
      const pids = await workerPIDs(run.front);
      assert.equal(new Set(pids).size, WORKERS, `${pids}`);
      const load = new Load({ port: run.front.port, random, connections: 12, taskMilliseconds: [5, 20] });
      await pause(300);
      const victim = random.pick(pids);
      process.kill(victim, 'SIGKILL');
      await waitUntil('the dead process is replaced', async () => {
        const now = await workerPIDs(run.front);
        return now.length === WORKERS && !now.includes(victim);
      }, { timeoutMilliseconds: 10_000 });
      await pause(200);
      await load.finish();
      t.diagnostic(`one of ${WORKERS} killed: ${JSON.stringify(load.tally())}; ${load.latencies.report()}`);
      load.assertExactlyOneAnswer(run.log.counts(), { allowed: ['502 WORKER_LOST'] });
      assert.equal(load.servedBy.size, WORKERS + 1, 'every process served, the new one too');
    });
    await run.assertNothingLeft(before);
  });
});

test('SIGTERM to the command drains every worker: what runs is answered, and all leave with 0', {
  timeout: 60_000,
}, async (t) => {
  const random = Random.forTest(t);
  await FaultRun.with({ workers: 0 }, async (run) => {
    const before = await run.descriptorsAtRest();
    await withCommand(run, async (command) => {
      const load = new Load({ port: run.front.port, random, connections: 12, taskMilliseconds: [5, 50] });
      await pause(300);
      command.kill('SIGTERM');
      assert.deepEqual(await command.exit, { code: 0, signal: null });
      // Those that come now wait for a worker; here one is.
      await run.startWorker();
      await load.finish();
      t.diagnostic(`drained: ${JSON.stringify(load.tally())}; ${load.latencies.report()}`);
      load.assertExactlyOneAnswer(run.log.counts());
    });
    for (const worker of [...run.workers]) await run.killWorker(worker);
    await run.assertNothingLeft(before);
  });
});
