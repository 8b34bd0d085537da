'use strict';

// Workers are killed, frozen, restarted and replaced under load: every call gets exactly one answer, and no task runs
// twice.
const assert = require('node:assert/strict');
const test = require('node:test');
const { FaultRun } = require('../support/fault-run.js');
const { callOnce } = require('../support/http-request.js');
const { Load } = require('../support/load.js');
const { Random } = require('../support/random.js');
const { pause } = require('../support/wait-until.js');

const TIMEOUT = { timeout: 60_000 };

test('workers killed at random points cost only what they were running', TIMEOUT, async (t) => {
  const random = Random.forTest(t);
  await FaultRun.with({ workers: 3 }, async (run) => {
    const before = await run.descriptorsAtRest();
    const load = new Load({ port: run.front.port, random, connections: 24, taskMilliseconds: [0, 20] });
    for (let kill = 0; kill < 6; kill += 1) {
      await pause(random.integer(50, 300));
      await run.killWorker(random.pick(run.workers));
      await run.startWorker();
    }
    await pause(200);
    await load.finish();
    t.diagnostic(`6 workers killed: ${JSON.stringify(load.tally())}; ${load.latencies.report()}`);
    load.assertExactlyOneAnswer(run.log.counts(), { allowed: ['502 WORKER_LOST'] });
    assert.ok((load.tally()['502 WORKER_LOST'] ?? 0) <= 6 * 24, 'a kill costs at most the calls under way');
    await run.assertNothingLeft(before);
  });
});

test('a worker frozen for a while answers later, and the others carry on', TIMEOUT, async (t) => {
  const random = Random.forTest(t);
  await FaultRun.with({ workers: 2, frontOptions: ['--worker-ping', '100ms'] }, async (run) => {
    const before = await run.descriptorsAtRest();
    const load = new Load({ port: run.front.port, random, connections: 16, taskMilliseconds: [0, 5] });
    for (let freeze = 0; freeze < 3; freeze += 1) {
      await pause(random.integer(50, 200));
      const worker = random.pick(run.workers);
      worker.kill('SIGSTOP');
      const answeredBefore = load.answers.size;
      await pause(1_000);
      assert.ok(load.answers.size > answeredBefore, 'calls go on while one worker is frozen');
      worker.kill('SIGCONT');
    }
    await load.finish();
    t.diagnostic(`3 freezes: ${JSON.stringify(load.tally())}; ${load.latencies.report()}`);
    load.assertExactlyOneAnswer(run.log.counts());
    await run.assertNothingLeft(before);
  });
});

test('a worker that does not answer PING gets nothing new until it does', TIMEOUT, async () => {
  await FaultRun.with({ workers: 2, frontOptions: ['--worker-ping', '100ms'] }, async (run) => {
    const [frozen, other] = run.workers;
    frozen.kill('SIGSTOP');
    await pause(600);
    const random = new Random(1);
    const load = new Load({ port: run.front.port, random, connections: 4, taskMilliseconds: [0, 1] });
    await pause(500);
    await load.finish();
    load.assertExactlyOneAnswer(run.log.counts());
    assert.ok(load.latencies.percentile(1) < 500, `no call waits for the frozen worker: ${load.latencies.report()}`);
    frozen.kill('SIGCONT');
    assert.ok(other.pid !== frozen.pid);
  });
});

test('a rolling restart of all workers under load fails no call', TIMEOUT, async (t) => {
  const random = Random.forTest(t);
  await FaultRun.with({ workers: 2 }, async (run) => {
    const before = await run.descriptorsAtRest();
    const load = new Load({ port: run.front.port, random, connections: 24, taskMilliseconds: [0, 20] });
    for (const worker of [...run.workers]) {
      await pause(random.integer(50, 200));
      await run.startWorker();
      const exited = await run.drainWorker(worker);
      assert.deepEqual(exited, { code: 0, signal: null }, 'a worker told to stop finishes and leaves by itself');
    }
    await pause(100);
    await load.finish();
    t.diagnostic(`2 workers replaced: ${JSON.stringify(load.tally())}; ${load.latencies.report()}`);
    load.assertExactlyOneAnswer(run.log.counts());
    await run.assertNothingLeft(before);
  });
});

test('a restart of the only worker under load fails no call', TIMEOUT, async (t) => {
  const random = Random.forTest(t);
  await FaultRun.with({ workers: 1 }, async (run) => {
    const load = new Load({ port: run.front.port, random, connections: 16, taskMilliseconds: [0, 20] });
    for (let restart = 0; restart < 3; restart += 1) {
      await pause(200);
      await run.drainWorker(run.workers[0]);
      await run.startWorker();
    }
    await pause(100);
    await load.finish();
    t.diagnostic(`3 restarts: ${JSON.stringify(load.tally())}; ${load.latencies.report()}`);
    load.assertExactlyOneAnswer(run.log.counts());
  });
});

test('calls without a worker wait, and are refused with Retry-After when none comes in time', TIMEOUT, async () => {
  await FaultRun.with({ workers: 1, frontOptions: ['--worker-wait', '500ms'] }, async (run) => {
    await run.drainWorker(run.workers[0]);
    const began = Date.now();
    const refused = await callOnce(run.front.port, 'add', { a: 1, b: 2 });
    assert.equal(refused.status, 503);
    assert.equal(refused.envelope.ok, false);
    assert.match(refused.answer.headers.find(([name]) => name.toLowerCase() === 'retry-after')?.[1] ?? '', /^\d+$/);
    assert.ok(Date.now() - began >= 400, 'it waited before it refused');
    const waiting = callOnce(run.front.port, 'add', { a: 1, b: 2 });
    await run.startWorker();
    const answered = await waiting;
    assert.ok([200, 503].includes(answered.status));
    assert.deepEqual((await callOnce(run.front.port, 'add', { a: 1, b: 2 })).envelope, { ok: true, result: 3 });
  });
});
