'use strict';

// The supervisor's decisions, with processes that a test plays: what is started when, who leaves when.
const assert = require('node:assert/strict');
const { EventEmitter } = require('node:events');
const { test } = require('node:test');
const { WorkerLimits } = require('../lib/worker-limits');
const { RestartPace, MOST_MILLISECONDS } = require('../lib/restart-pace');
const { WorkerPool } = require('../lib/worker-pool');
const { statusOf, prometheusText } = require('../lib/worker-status');
const { PlayedTime } = require('./support/played-time');

/** A process that does what the test says. */
class PlayedWorker extends EventEmitter {
  constructor(pid) {
    super();
    /** @type {string[]} */
    this.signals = [];
    this.process = { pid, kill: (signal) => this.signals.push(signal) };
  }

  say(what, more = {}) {
    this.emit('message', { 'runner-sidecar': what, ...more });
  }

  serve() {
    this.say('loaded');
    this.say('serving');
  }

  end(code = 0, signal = null) {
    this.emit('exit', code, signal);
  }
}

/** A pool whose time passes when the test says so. */
function makePool(t, { count = 2, limits = {}, stuckMilliseconds } = {}) {
  const time = PlayedTime.install(t);
  /** @type {PlayedWorker[]} */
  const workers = [];
  const said = [];
  const pool = new WorkerPool({
    count, limits, stuckMilliseconds, drainMilliseconds: 1_000, startMilliseconds: 5_000,
    now: () => time.now, random: () => 0,
    say: (text) => said.push(text),
    fork: () => {
      workers.push(new PlayedWorker(100 + workers.length));
      return /** @type {any} */ (workers.at(-1));
    },
  });
  pool.start();
  return { pool, workers, said, pass: (milliseconds) => time.pass(milliseconds) };
}

/** A pool that serves. */
function makeServingPool(t, options) {
  const made = makePool(t, options);
  for (const worker of made.workers) worker.serve();
  return made;
}

test('a worker that reached a limit leaves only once another one serves in its place', (t) => {
  const { pool, workers, said, pass } = makeServingPool(t, { limits: { calls: 10 } });
  workers[0].say('figures', { calls: 10, memoryBytes: 1 });
  pass(100);
  assert.equal(workers.length, 3, 'a new one is started');
  pass(1_000);
  workers[2].say('loaded');
  assert.deepEqual(workers[0].signals, [], 'the old one goes on while the new one does not serve');
  workers[2].say('serving');
  assert.deepEqual(workers[0].signals, ['SIGTERM']);
  assert.equal(pool.serving.length, 2);
  workers[0].end();
  pass(1_000);
  assert.equal(workers.length, 3);
  assert.match(said.join('\n'), /worker 100 is replaced: it was given 10 calls \(--max-calls 10\)/);
  assert.deepEqual(pool.renewals.counts.replaced, { calls: 1, memory: 0, age: 0, reload: 0 });
});

test('one worker is renewed after the other, however many are due', (t) => {
  const { workers, pass } = makeServingPool(t, { count: 4, limits: { ageMilliseconds: 1_000 } });
  pass(1_500);
  assert.equal(workers.length, 5);
  workers[4].serve();
  pass(500);
  assert.equal(workers.length, 5, 'the next begins when the old one has ended');
  workers[0].end();
  assert.equal(workers.length, 6);
});

test('a worker that ignores the drain is killed at its deadline, and the renewal is over then', (t) => {
  const { pool, workers, said, pass } = makeServingPool(t, { limits: { calls: 10 } });
  workers[0].say('figures', { calls: 10, memoryBytes: 1 });
  pass(100);
  workers[2].serve();
  pass(2_900);
  assert.deepEqual(workers[0].signals, ['SIGTERM']);
  pass(200);
  assert.deepEqual(workers[0].signals, ['SIGTERM', 'SIGKILL']);
  workers[0].end(null, 'SIGKILL');
  assert.equal(pool.counts.killed, 1);
  assert.match(said.join('\n'), /worker 100 did not end within --drain-seconds: killed/);
  assert.equal(pool.renewals.replacement, null);
});

test('a worker whose calls are over has its time to dispose of what the app holds, and no more', (t) => {
  const { workers, pass } = makeServingPool(t, { limits: { calls: 10 } });
  workers[0].say('figures', { calls: 10, memoryBytes: 1 });
  pass(100);
  workers[2].serve();
  pass(2_500);
  workers[0].say('drained');
  pass(11_900);
  assert.deepEqual(workers[0].signals, ['SIGTERM']);
  pass(200);
  assert.deepEqual(workers[0].signals, ['SIGTERM', 'SIGKILL']);
});

test('a reload replaces every worker of now, says so, and tells who asked', async (t) => {
  const { pool, workers, pass } = makeServingPool(t);
  const heard = [];
  const ended = pool.renewals.reload((text) => heard.push(text));
  for (const [old, fresh] of [[0, 2], [1, 3]]) {
    workers[fresh].serve();
    assert.deepEqual(workers[old].signals, ['SIGTERM']);
    workers[old].end();
    pass(100);
  }
  assert.deepEqual(await ended, { outcome: 'finished', replaced: 2 });
  assert.deepEqual(heard, [
    'reload: worker 102 serves in place of 100 (1 of 2)', 'reload: worker 103 serves in place of 101 (2 of 2)',
    'reload finished: 2 workers replaced',
  ]);
  assert.equal(workers.length, 4);
});

for (const [what, fail, reason] of [
  ['that ends', ({ fresh }) => fresh.end(1), /the new worker 102 ended with code 1 before it served/],
  ['that does not load its app in time', ({ pass }) => pass(5_100), /has not loaded the app within 5 s \(--start-sec/],
  ['that is not welcomed in time', ({ fresh, pass }) => {
    fresh.say('loaded');
    pass(5_100);
  }, /has not served within 5 s .*is the front running/],
  ['that the front goes on refusing', ({ fresh, pass }) => {
    fresh.say('loaded');
    fresh.say('refused', { reason: 'other settings', retry: true });
    pass(3_100);
  }, /the front refuses the new worker 102: other settings.*by a restart, not by a reload/],
]) {
  test(`a new worker ${what} stops the reload, and the old ones keep serving`, async (t) => {
    const { pool, workers, said, pass } = makeServingPool(t);
    const ended = pool.renewals.reload();
    fail({ fresh: workers[2], pass });
    const { outcome, replaced, reason: given } = await ended;
    assert.deepEqual([outcome, replaced], ['stopped', 0]);
    assert.match(String(given), reason);
    assert.match(said.join('\n'), /reload stopped: .*keep serving: 2 of 2 serve/);
    assert.equal(pool.serving.length, 2);
    assert.deepEqual([...workers[0].signals, ...workers[1].signals], []);
    workers[2].end(null, 'SIGKILL');
    pass(60_000);
    assert.equal(workers.length, 3, 'nothing is started in its place');
    assert.match(prometheusText(statusOf(pool)), /runner_sidecar_shim_last_reload_stopped 1\n/);
    assert.match(prometheusText(statusOf(pool)), /runner_sidecar_shim_reloads_total\{outcome="stopped"\} 1\n/);
  });
}

test('a reload asked for during another one follows it, once', async (t) => {
  const { pool, workers, pass } = makeServingPool(t, { count: 1 });
  const first = pool.renewals.reload();
  const [second, third] = [pool.renewals.reload(), pool.renewals.reload()];
  workers[1].serve();
  workers[0].end();
  assert.equal((await first).outcome, 'finished');
  await new Promise((resolve) => { setImmediate(resolve); });
  pass(100);
  workers[2].serve();
  workers[1].end();
  assert.deepEqual(await Promise.all([second, third]), [
    { outcome: 'finished', replaced: 1 }, { outcome: 'finished', replaced: 1 },
  ]);
  assert.equal(workers.length, 3);
});

test('a reload while a worker is missing starts it at once, and waits for it before it takes another', async (t) => {
  const { pool, workers, pass } = makeServingPool(t);
  for (let i = 0; i < 4; i += 1) {
    workers.at(-1).end(1);
    pass(5_000);
  }
  workers.at(-1).end(1);
  const before = workers.length;
  const ended = pool.renewals.reload();
  assert.equal(workers.length, before + 1, 'its pause is over');
  pass(1_000);
  assert.equal(workers.length, before + 1, 'nothing is replaced while one is missing');
  workers[before].serve();
  pass(100);
  workers[before + 1].serve();
  workers[0].end();
  assert.equal((await ended).outcome, 'finished');
  assert.ok(workers[before].signals.length === 0, 'the one that is new is not replaced');
});

test('a reload while a worker cannot be started stops, and takes none away', async (t) => {
  const { pool, workers, pass } = makeServingPool(t);
  workers[1].end(1);
  const ended = pool.renewals.reload();
  pass(5_100);
  assert.match(String((await ended).reason), /1 of the workers did not serve within 5 s/);
  assert.deepEqual(workers[0].signals, []);
});

test('a worker that dies while another one comes in its place is not started twice', (t) => {
  const { pool, workers, pass } = makeServingPool(t, { limits: { calls: 10 } });
  workers[0].say('figures', { calls: 10, memoryBytes: 1 });
  pass(100);
  workers[0].end(null, 'SIGKILL');
  pass(1_000);
  assert.equal(workers.length, 3);
  workers[2].serve();
  assert.equal(pool.serving.length, 2);
  assert.equal(pool.renewals.replacement, null);
});

test('when the one that comes dies, too, another one is started', (t) => {
  const { workers, pass } = makeServingPool(t, { limits: { calls: 10 } });
  workers[0].say('figures', { calls: 10, memoryBytes: 1 });
  pass(100);
  workers[0].end(null, 'SIGKILL');
  workers[2].end(1);
  pass(100);
  assert.equal(workers.length, 4);
});

test('a boot loop slows down, from half a second to half a minute, whatever the others do', (t) => {
  const { workers, pass } = makeServingPool(t);
  pass(20_000);
  const pauses = [];
  for (let i = 0; i < 10; i += 1) {
    const before = workers.length;
    workers.at(-1).end(1);
    let pause = 0;
    for (; workers.length === before; pause += 100) pass(100);
    pauses.push(pause);
  }
  assert.deepEqual(pauses, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
});

test('a renewal that fails is tried again, slower each time, and takes nothing away', (t) => {
  const { pool, workers, said, pass } = makeServingPool(t, { count: 1, limits: { calls: 10 } });
  workers[0].say('figures', { calls: 10, memoryBytes: 1 });
  for (let i = 0; i < 3; i += 1) {
    pass(2_500);
    workers.at(-1).end(1);
  }
  assert.deepEqual(said.filter((text) => text.includes('not replaced')).map((text) => /The next .*/.exec(text)?.[0]), [
    'The next try is in 500 ms', 'The next try is in 1 s', 'The next try is in 2 s',
  ]);
  assert.equal(pool.serving.length, 1);
  assert.equal(pool.renewals.counts.failed, 3);
});

test('a memory limit below what the app needs does not renew without a pause', (t) => {
  const { workers, said, pass } = makeServingPool(t, { count: 1, limits: { memoryBytes: 100 * 2 ** 20 } });
  for (let i = 0; i < 4; i += 1) {
    const before = workers.length;
    workers.at(-1).say('figures', { calls: 0, memoryBytes: 120 * 2 ** 20 });
    for (let waited = 0; workers.length === before; waited += 100) {
      assert.ok(waited < 60_000);
      pass(100);
    }
    workers.at(-1).serve();
    workers.at(-2).end();
  }
  const told = said.filter((text) => text.includes('needs a higher limit'));
  const waits = told.map((text) => /waits (.*)/.exec(text)?.[1]);
  assert.deepEqual(waits, ['500 ms', '1 s', '2 s', '4 s']);
});

test('a process that cannot be started counts as one that ended', (t) => {
  const { pool, workers, pass } = makePool(t, { count: 1 });
  workers[0].emit('error', new Error('spawn EAGAIN'));
  assert.equal(workers.length, 1);
  workers[0].end(null);
  pass(500);
  assert.equal(workers.length, 2);
  assert.equal(pool.workers.size, 1);
});

test('what a front will not have is started again, as it would be another front then', (t) => {
  const { workers, said } = makePool(t, { count: 1 });
  workers[0].say('loaded');
  workers[0].say('refused', { reason: 'This front speaks bridge protocol 2', retry: false });
  assert.deepEqual(workers[0].signals, ['SIGKILL']);
  assert.match(said[0], /the front refuses it: This front speaks bridge protocol 2/);
});

test('stopping lets all drain, starts nothing, and is over when the last one has ended', (t) => {
  const { pool, workers, pass } = makeServingPool(t);
  let isOver = false;
  pool.onEmpty = () => { isOver = true; };
  workers[1].end(1);
  pool.stop();
  assert.deepEqual(workers[0].signals, ['SIGTERM']);
  pass(3_000);
  assert.deepEqual(workers[0].signals, ['SIGTERM', 'SIGKILL']);
  assert.equal(workers.length, 2);
  workers[0].end(null, 'SIGKILL');
  assert.ok(isOver);
});

test('messages that are the app\'s own, or nonsense, change nothing', (t) => {
  const { pool, workers } = makePool(t, { count: 1 });
  for (const message of [null, 1, 'serving', {}, { 'runner-sidecar': 'other' }, { state: 'serving' }]) {
    workers[0].emit('message', message);
  }
  assert.equal(pool.serving.length, 0);
});

test('each worker has limits of its own, at most a fifth below those given', () => {
  const given = { calls: 1_000, memoryBytes: 1_000, ageMilliseconds: 1_000 };
  assert.deepEqual({ ...new WorkerLimits(given, () => 0) }, { given, ...given });
  const least = new WorkerLimits(given, () => 1);
  assert.deepEqual([least.calls, least.memoryBytes, least.ageMilliseconds], [800, 800, 800]);
  const none = new WorkerLimits({}, () => 1);
  assert.equal(none.exceeded({ calls: 1e15, memoryBytes: 1e15, ageMilliseconds: 1e15 }), null);
});

test('the pace never exceeds its bound', () => {
  const pace = new RestartPace();
  for (let i = 0; i < 2_000; i += 1) assert.ok(pace.failed() <= MOST_MILLISECONDS);
});

test('a worker whose event loop does not run any more is killed and followed by another', (t) => {
  const { pool, workers, said, pass } = makePool(t, { stuckMilliseconds: 3_000 });
  workers.forEach((worker) => worker.serve());
  for (let i = 0; i < 6; i += 1) {
    pass(500);
    workers[0].say('figures', { calls: 1, memoryBytes: 1 });
  }
  pass(400);
  assert.deepEqual(workers.map(({ signals }) => signals), [[], ['SIGKILL']]);
  assert.match(said.at(-1), /worker 101: its event loop has not run for 3 s \(--stuck-seconds\): killed/);
  const [one, other] = statusOf(pool).workers;
  assert.equal(one.silentSeconds, 0);
  assert.equal(other.silentSeconds, 3);
  workers[1].end(null, 'SIGKILL');
  pass(1_000);
  assert.equal(workers.length, 3);
});
