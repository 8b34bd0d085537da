'use strict';

// Mixed load with faults for a while: everything is answered once, and memory does not drift.
const assert = require('node:assert/strict');
const test = require('node:test');
const { amount } = require('../support/amount.js');
const { BridgeProxy } = require('../support/bridge-proxy.js');
const { assertMemory } = require('../support/assert-memory.js');
const { FaultRun } = require('../support/fault-run.js');
const { Load } = require('../support/load.js');
const { MISCHIEF } = require('../support/mischief.js');
const { anonymousMemoryBytes, megabytes } = require('../support/process-figures.js');
const { Random } = require('../support/random.js');
const { RawConnection } = require('../support/raw-connection.js');
const { pause } = require('../support/wait-until.js');

const SECONDS = amount('SOAK_SECONDS', { usual: 60, long: 600 });
/** The second half may have at most so much more at its lowest than the first: an allocator's noise, not a leak. */
const DRIFT_LIMIT_BYTES = 2 * 1048576;

/**
 * What goes wrong, one after another, at random.
 * @type {Record<string, (run: FaultRun, random: Random, proxy: BridgeProxy) => Promise<void>>}
 */
const FAULTS = {
  async 'kill a worker'(run, random) {
    await run.killWorker(random.pick(run.workers));
    await run.startWorker();
  },
  async 'drain a worker'(run, random) {
    await run.startWorker();
    await run.drainWorker(random.pick(run.workers));
  },
  async 'freeze a worker'(run, random) {
    const worker = random.pick(run.workers);
    worker.kill('SIGSTOP');
    await pause(random.integer(100, 500));
    worker.kill('SIGCONT');
  },
  async 'freeze the front'(run, random) {
    run.front.child.kill('SIGSTOP');
    await pause(random.integer(50, 300));
    run.front.child.kill('SIGCONT');
  },
  async 'cut every link of one worker'(_run, _random, proxy) {
    proxy.cutAll();
  },
  async 'clients that go away in the middle'(run, random) {
    for (let i = 0; i < 20; i += 1) {
      const connection = await RawConnection.open({ port: run.front.port });
      connection.send('POST /__runner/task/add HTTP/1.1\r\nHost: a\r\nContent-Length: 33\r\n\r\n{"input":{"a":'.slice(
        0, random.integer(1, 80),
      ));
      if (random.chance(0.5)) connection.resetNow(); else connection.destroy();
    }
  },
};

test(`${SECONDS} seconds of load and faults: one answer each, no drift`, {
  timeout: (SECONDS + 60) * 1_000,
}, async (t) => {
  const random = Random.forTest(t);
  await FaultRun.with({ workers: 0, frontOptions: ['--worker-ping', '200ms'] }, async (run) => {
    const before = await run.descriptorsAtRest();
    await Promise.all([run.startWorker(), run.startWorker()]);
    const proxy = await BridgeProxy.start(run.front.socket, MISCHIEF.tears(random));
    await run.startWorker({ socket: proxy.socket });
    const loads = [
      new Load({
        port: run.front.port, random: new Random(random.seed + 1), connections: 16, taskMilliseconds: [0, 10],
      }),
      new Load({
        port: run.front.port, random: new Random(random.seed + 2), connections: 4, taskMilliseconds: [0, 2],
        pipelined: 8, textBytes: 20_000,
      }),
    ];
    const memory = [];
    const sampling = setInterval(() => memory.push(anonymousMemoryBytes(run.front.pid)), 100);
    const done = {};
    const until = Date.now() + SECONDS * 1_000;
    while (Date.now() < until) {
      await pause(random.integer(100, 900));
      const fault = random.pick(Object.keys(FAULTS));
      await FAULTS[fault](run, random, proxy);
      done[fault] = (done[fault] ?? 0) + 1;
    }
    await Promise.all(loads.map((load) => load.finish()));
    clearInterval(sampling);
    const half = memory.length >> 1;
    const [first, second] = [memory.slice(half >> 1, half), memory.slice(half)].map((samples) => Math.min(...samples));
    t.diagnostic(`${JSON.stringify(done)}`);
    for (const load of loads) t.diagnostic(`${JSON.stringify(load.tally())}; ${load.latencies.report()}`);
    t.diagnostic(
      `front: ${megabytes(first)} at least in the second quarter, ${megabytes(second)} in the second half, `
        + `${megabytes(Math.max(...memory))} at most`,
    );
    const runs = run.log.counts();
    for (const load of loads) load.assertExactlyOneAnswer(runs, { allowed: ['502 WORKER_LOST'] });
    assertMemory(second - first <= DRIFT_LIMIT_BYTES, 'memory drifts');
    proxy.stop();
    for (const worker of [...run.workers]) await run.killWorker(worker);
    await run.assertNothingLeft(before);
  });
});
