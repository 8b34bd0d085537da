'use strict';

// More comes than can be done: what cannot be taken is refused at once with a hint when to come again, and what is
// taken is done as fast as before.
const assert = require('node:assert/strict');
const test = require('node:test');
const { assertMemory } = require('../support/assert-memory.js');
const { FaultRun } = require('../support/fault-run.js');
const { callBytes } = require('../support/http-request.js');
const { fieldValue } = require('../support/http-answer-reader.js');
const { Load } = require('../support/load.js');
const { MemoryWatch } = require('../support/memory-watch.js');
const { Random } = require('../support/random.js');
const { RawConnection } = require('../support/raw-connection.js');
const { parallel } = require('../support/parallel.js');
const { pause } = require('../support/wait-until.js');

/** With tasks of 50 ms and 16 at once, a worker can do 320 calls a second: far less than takes a processor. */
const TASK_MILLISECONDS = 50;
const OPTIONS = ['--loops', '1', '--worker-in-flight', '16', '--queue-limit', '16'];
const AT_CAPACITY = 16;
const MEASURE_MILLISECONDS = 1_500;
/** What others do on the machine changes from one measurement to the next; what the front does wrong stays. */
const ROUNDS = 6;

/**
 * Calls answered 200 a second, with so many connections that each has one call under way. Who is refused takes as long
 * to come again as a task takes, so that three times the connections offer three times the capacity.
 */
async function goodput(run, random, connections) {
  const load = new Load({
    port: run.front.port, random, connections, taskMilliseconds: [TASK_MILLISECONDS, TASK_MILLISECONDS],
    refusedPauseMilliseconds: TASK_MILLISECONDS,
  });
  await pause(MEASURE_MILLISECONDS);
  await load.finish();
  load.assertExactlyOneAnswer(run.log.counts(), { allowed: ['503 OVERLOADED'] });
  return { load, perSecond: (load.tally()['200'] ?? 0) / (MEASURE_MILLISECONDS / 1_000) };
}

test('at three times the capacity, as much is done as at capacity, and the rest is refused with 503 OVERLOADED', {
  timeout: 60_000,
}, async (t) => {
  const random = Random.forTest(t);
  await FaultRun.with({ workers: 1, frontOptions: OPTIONS }, async (run) => {
    const watch = new MemoryWatch({ front: run.front.pid });
    let share = 0;
    for (let round = 0; round < ROUNDS && share < 0.9; round += 1) {
      const atCapacity = await goodput(run, new Random(random.seed + 2 * round), AT_CAPACITY);
      const { load, perSecond } = await goodput(run, new Random(random.seed + 2 * round + 1), 3 * AT_CAPACITY);
      share = perSecond / atCapacity.perSecond;
      t.diagnostic(
        `at capacity ${atCapacity.perSecond.toFixed(0)}/s ${JSON.stringify(atCapacity.load.tally())}; `
        + `at three times ${perSecond.toFixed(0)}/s ${JSON.stringify(load.tally())}; ${load.latencies.report()}`,
      );
      const refused = [...load.answers].filter(([, { status }]) => status === 503).map(([id]) => id);
      assert.ok(refused.length > 0, 'something was refused');
      const ran = run.log.counts();
      assert.deepEqual(refused.filter((id) => ran.has(id)), [], 'what was refused did not run');
    }
    // An instrumented front spends on refusals what the worker needs: no figure of it says anything of the real one.
    if (!process.env.RUNNER_SIDECAR_SANITIZER) assert.ok(share >= 0.9, `goodput stays within 10 %, not ${share}`);
    const { front: grown } = watch.end();
    assertMemory(grown < 8 * 1048576, `the front grew by ${grown} bytes`);
  });
});

test('a refusal comes at once, says when to try again, and keeps the connection', { timeout: 30_000 }, async () => {
  await FaultRun.with({
    workers: 1, frontOptions: ['--loops', '1', '--worker-in-flight', '1', '--queue-limit', '0'],
  }, async (run) => {
    const busy = await RawConnection.open({ port: run.front.port });
    busy.send(callBytes('once', { id: 'busy', ms: 2_000 }));
    await pause(200);
    const connection = await RawConnection.open({ port: run.front.port });
    const began = Date.now();
    connection.send(callBytes('add', { a: 5, b: 3 }));
    const answer = await connection.answer();
    assert.ok(Date.now() - began < 500, 'at once');
    assert.equal(answer?.status, 503);
    assert.equal(JSON.parse(answer.body.toString()).error.code, 'OVERLOADED');
    assert.match(fieldValue(answer, 'retry-after') ?? '', /^\d+$/);
    assert.equal((await busy.answer())?.status, 200);
    connection.send(callBytes('add', { a: 5, b: 3 }));
    assert.equal((await connection.answer())?.status, 200, 'the same connection, once there is room');
    for (const one of [busy, connection]) one.destroy();
  });
});

test('a call that would not be reached in time is refused at once, not after the wait', {
  timeout: 60_000,
}, async (t) => {
  const frontOptions = ['--loops', '1', '--worker-in-flight', '1', '--queue-limit', '1000', '--worker-wait', '2s'];
  await FaultRun.with({ workers: 1, frontOptions }, async (run) => {
    /** Calls of 200 ms, one at a time: ten of them are reached within two seconds. */
    const ask = async (name) => {
      const connection = await RawConnection.open({ port: run.front.port });
      const began = Date.now();
      connection.send(callBytes('once', { id: name, ms: 200 }));
      const answer = await connection.answer({ timeoutMilliseconds: 20_000 });
      connection.destroy();
      return { name, status: answer?.status, milliseconds: Date.now() - began };
    };
    const first = Array.from({ length: 9 }, (_, i) => ask(`first-${i}`));
    await pause(1_000);
    const late = await parallel(Array.from({ length: 60 }), 60, (_, i) => ask(`late-${i}`));
    const answers = [...await Promise.all(first), ...late];
    const refused = answers.filter(({ status }) => status === 503);
    const soonest = Math.min(...refused.map(({ milliseconds }) => milliseconds));
    const atOnce = refused.filter(({ milliseconds }) => milliseconds < 1_000);
    t.diagnostic(
      `${answers.length - refused.length} of ${answers.length} answered; `
        + `${atOnce.length} of ${refused.length} refusals within a second, the first after ${soonest} ms`,
    );
    assert.ok(answers.every(({ status }) => status === 200 || status === 503));
    assert.ok(answers.length - refused.length >= 9, 'those who can be reached are');
    assert.ok(atOnce.length >= 30, 'who comes too late is not kept waiting');
    const ran = run.log.counts();
    assert.deepEqual(refused.filter(({ name }) => ran.has(name)), [], 'what was refused did not run');
  });
});

test('calls that wait count against a limit of bytes, too', { timeout: 30_000 }, async () => {
  const frontOptions = ['--loops', '1', '--worker-in-flight', '1', '--queue-limit', '1000', '--queue-bytes', '1mib'];
  await FaultRun.with({ workers: 1, frontOptions }, async (run) => {
    const busy = await RawConnection.open({ port: run.front.port });
    busy.send(callBytes('once', { id: 'busy', ms: 1_500 }));
    await pause(200);
    const statuses = await parallel(Array.from({ length: 20 }), 20, async (_, i) => {
      const connection = await RawConnection.open({ port: run.front.port });
      connection.send(callBytes('once', { id: `large-${i}`, ms: 0, text: 'x'.repeat(200_000) }));
      const answer = await connection.answer();
      connection.destroy();
      return answer?.status;
    });
    assert.ok(statuses.includes(200) && statuses.includes(503), `some waited and some were refused: ${statuses}`);
    assert.ok(statuses.every((status) => status === 200 || status === 503));
    busy.destroy();
  });
});
