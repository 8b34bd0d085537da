'use strict';

// runner-sidecar-shim --workers N renews its workers under load, because of a limit or because it was asked to: no call
// fails, no task runs twice, and at no time fewer than N serve.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { amount } = require('../support/amount.js');
const { TestProcess } = require('../support/child-process.js');
const { FaultRun } = require('../support/fault-run.js');
const { callOnce } = require('../support/http-request.js');
const { Load } = require('../support/load.js');
const { shimFolder } = require('../support/project.js');
const { Random } = require('../support/random.js');
const { temporaryFolder } = require('../support/temporary-folder.js');
const { pause, waitUntil } = require('../support/wait-until.js');

const COMMAND = path.join(shimFolder(), 'bin', 'runner-sidecar-shim.js');
const APP = path.join(__dirname, 'app-module.js');
/** Of @bluelibs/runner. */
const STAND_IN = path.join(__dirname, '../../docs/support/runner-stand-in.js');
const WORKERS = 2;
const REQUESTS = amount('RUNNER_SIDECAR_RENEWAL_REQUESTS', { usual: 5_000, long: 100_000 });
const TIMEOUT = { timeout: 90_000 };

/** The command with a control socket, given to `use` once all its workers serve, and ended whatever happens. */
async function withCommand(run, options, use, { app = APP } = {}) {
  const control = path.join(temporaryFolder(), 'control');
  const command = new TestProcess('runner-sidecar-shim', process.execPath, [
    COMMAND, app, '--socket', run.front.socket, '--workers', String(WORKERS), '--control', control, ...options,
  ], { env: { RUNS_FILE: run.log.file } });
  const ask = async (request, ...more) => {
    const asked = new TestProcess(request, process.execPath, [COMMAND, request, '--control', control, ...more]);
    return { ...await asked.exit, ...asked };
  };
  const status = async () => JSON.parse((await ask('status')).stdout);
  try {
    await run.front.workersReady(WORKERS);
    await waitUntil('all serve', async () => (await status()).serving === WORKERS, { timeoutMilliseconds: 15_000 });
    await use({ command, ask, status });
  } catch (error) {
    throw new Error(`${error.message}${command.report()}`, { cause: error });
  } finally {
    await command.stop({ patienceMilliseconds: 5_000 });
  }
}

const pidsOf = ({ workers }) => workers.map(({ pid }) => pid).sort();

/** Looks again and again how many workers the front has that take calls. */
function watchReady(front) {
  const seen = { fewest: Infinity, looks: 0, isOver: false };
  const watching = (async () => {
    while (!seen.isOver) {
      const ready = (await front.metrics()).get('runner_sidecar_workers{state="ready"}');
      seen.fewest = Math.min(seen.fewest, ready);
      seen.looks += 1;
      await pause(20);
    }
  })();
  return async () => {
    seen.isOver = true;
    await watching;
    return seen;
  };
}

test(`under ${REQUESTS} calls with a renewal every two seconds none fails, and always ${WORKERS} workers serve`, {
  timeout: 60_000 + REQUESTS * 10,
}, async (t) => {
  const random = Random.forTest(t);
  // Two loops, so that a worker serves only when both have welcomed it.
  await FaultRun.with({ workers: 0, frontOptions: ['--loops', '2'] }, async (run) => {
    const before = await run.descriptorsAtRest();
    // Two workers that live for four seconds: one leaves every two.
    await withCommand(run, ['--max-age', '4s'], async ({ status }) => {
      const load = new Load({ port: run.front.port, random, connections: 16, taskMilliseconds: [0, 10] });
      const stopWatching = watchReady(run.front);
      const replaced = async () => (await status()).counts.replaced.age;
      await waitUntil('enough was sent and renewed', async () => load.sent >= REQUESTS && await replaced() >= 3, {
        timeoutMilliseconds: 50_000 + REQUESTS * 10, everyMilliseconds: 250,
      });
      const { fewest, looks } = await stopWatching();
      await load.finish();
      t.diagnostic(`${await replaced()} renewals: ${JSON.stringify(load.tally())}; ${load.latencies.report()}; `
        + `fewest ready workers in ${looks} looks: ${fewest}`);
      load.assertExactlyOneAnswer(run.log.counts());
      assert.ok(fewest >= WORKERS, `${fewest} workers were ready`);
      assert.ok(load.servedBy.size >= WORKERS + 3, `served by ${load.servedBy.size} processes`);
      assert.equal((await status()).counts.crashed, 0);
    });
    await run.assertNothingLeft(before);
  });
});

for (const [how, begin] of [
  ['reload', async ({ ask }) => {
    const asked = await ask('reload');
    assert.deepEqual([asked.code, asked.stderr], [0, '']);
    assert.match(asked.stdout, /in place of \d+ \(1 of 2\)\n.*\(2 of 2\)\nreload finished: 2 workers replaced\n$/s);
  }],
  ['SIGHUP', async ({ command, status }) => {
    command.kill('SIGHUP');
    await waitUntil('the reload is over', async () => (await status()).lastReload !== null, {
      timeoutMilliseconds: 30_000,
    });
  }],
]) {
  test(`${how} replaces every worker under load, one after another, and no call fails`, TIMEOUT, async (t) => {
    const random = Random.forTest(t);
    await FaultRun.with({ workers: 0 }, (run) => withCommand(run, [], async (running) => {
      const old = pidsOf(await running.status());
      const load = new Load({ port: run.front.port, random, connections: 12, taskMilliseconds: [0, 20] });
      const stopWatching = watchReady(run.front);
      await begin(running);
      const { fewest } = await stopWatching();
      await load.finish();
      t.diagnostic(`${JSON.stringify(load.tally())}; ${load.latencies.report()}`);
      load.assertExactlyOneAnswer(run.log.counts());
      const now = await running.status();
      assert.deepEqual(now.lastReload, { outcome: 'finished', replaced: WORKERS });
      assert.deepEqual(pidsOf(now).filter((pid) => old.includes(pid)), []);
      assert.ok(fewest >= WORKERS, `${fewest} workers were ready`);
    }));
  });
}

test('a reload to code that does not start stops, says why, and the old workers serve on; mended, it goes through', {
  ...TIMEOUT,
}, async () => {
  const app = path.join(temporaryFolder(), 'app.js');
  const write = (result) => fs.writeFileSync(app, `module.exports = { tasks: { version: () => ${result} } };`);
  write('1');
  await FaultRun.with({ workers: 0 }, (run) => withCommand(run, [], async ({ ask, status, command }) => {
    const version = async () => (await callOnce(run.front.port, 'version', {})).envelope.result;
    const old = pidsOf(await status());
    fs.writeFileSync(app, 'throw new Error("the database is not there");');
    const stopped = await ask('reload');
    assert.equal(stopped.code, 1);
    assert.match(stopped.stdout, /^reload stopped: the new worker \d+ ended with code 1 before it served\. .*2 of 2 s/);
    assert.match(command.stderr, /the database is not there/);
    const { lastReload, ...now } = await status();
    assert.equal(lastReload.outcome, 'stopped');
    assert.deepEqual(pidsOf(now), old);
    const metrics = (await ask('status', '--format', 'prometheus')).stdout;
    assert.match(metrics, /^runner_sidecar_shim_last_reload_stopped 1$/m);
    assert.equal(await version(), 1);
    write('2');
    assert.equal((await ask('reload')).code, 0);
    assert.equal(await version(), 2);
  }, { app }));
});

test('a reload that changes the exposure stops at once and says so; a restart of all workers changes it', {
  ...TIMEOUT,
}, async () => {
  const folder = temporaryFolder();
  const app = path.join(folder, 'app.js');
  const token = path.join(folder, 'token');
  fs.writeFileSync(app, `const fs = require('node:fs');
    const { r, run, nodeExposure } = require(${JSON.stringify(STAND_IN)});
    const http = { basePath: '/__runner', auth: { token: fs.readFileSync(${JSON.stringify(token)}, 'utf8') } };
    const add = r.task('add').run(async ({ a, b }) => a + b).build();
    module.exports = run(r.resource('app').register([add, nodeExposure.with({ http })]).build(), {
      logs: { printThreshold: null },
    });`);
  fs.writeFileSync(token, 'old-secret');
  const call = async (run, value) => (
    await callOnce(run.front.port, 'add', { a: 1, b: 2 }, { headers: [['x-runner-token', value]] })).status;
  await FaultRun.with({ workers: 0 }, async (run) => {
    await withCommand(run, [], async ({ ask, status }) => {
      const old = pidsOf(await status());
      fs.writeFileSync(token, 'new-secret');
      const began = Date.now();
      const { code, stdout } = await ask('reload');
      assert.equal(code, 1);
      assert.match(stdout, /^reload stopped: the front refuses the new worker \d+: .*auth.* by a restart, not by a re/);
      assert.ok(Date.now() - began < 20_000, 'it does not wait for --start-seconds');
      assert.deepEqual(pidsOf(await status()), old);
      assert.deepEqual([await call(run, 'old-secret'), await call(run, 'new-secret')], [200, 401]);
    }, { app });
    await withCommand(run, [], async () => {
      assert.deepEqual([await call(run, 'old-secret'), await call(run, 'new-secret')], [401, 200]);
    }, { app });
  });
});

test('a worker that ignores the drain is killed at its deadline, and the reload goes on', TIMEOUT, async () => {
  await FaultRun.with({ workers: 0 }, (run) => withCommand(run, ['--drain-seconds', '1'], async ({ ask, status }) => {
    const blocked = callOnce(run.front.port, 'block', { ms: 60_000 });
    await pause(200);
    const { code } = await ask('reload');
    assert.equal(code, 0);
    const { counts } = await status();
    assert.deepEqual([counts.killed, counts.crashed, counts.replaced.reload], [1, 0, WORKERS]);
    const { status: answered, envelope } = await blocked;
    assert.deepEqual([answered, envelope.error.code], [502, 'WORKER_LOST']);
  }));
});

test('--max-calls and --max-memory replace the workers that reached them, and no call fails', TIMEOUT, async (t) => {
  const random = Random.forTest(t);
  const app = path.join(temporaryFolder(), 'app.js');
  // Each call of `once` keeps 256 KiB for good.
  fs.writeFileSync(app, `const { tasks } = require(${JSON.stringify(path.join(__dirname, 'tasks.js'))});
    const kept = [];
    const once = tasks.get('once').run;
    tasks.set('once', { run: (input) => { kept.push(Buffer.alloc(256 * 1024, 1)); return once(input); } });
    module.exports = { tasks };`);
  for (const [option, value, cause] of [['--max-calls', '300', 'calls'], ['--max-memory', '150MiB', 'memory']]) {
    await FaultRun.with({ workers: 0 }, (run) => withCommand(run, [option, value], async ({ status }) => {
      const load = new Load({ port: run.front.port, random, connections: 4, taskMilliseconds: [5, 10] });
      await waitUntil('some are replaced', async () => (await status()).counts.replaced[cause] >= 2, {
        timeoutMilliseconds: 30_000, everyMilliseconds: 200,
      });
      await load.finish();
      t.diagnostic(`${option}: ${JSON.stringify(load.tally())}; ${load.latencies.report()}`);
      load.assertExactlyOneAnswer(run.log.counts());
      assert.equal((await status()).counts.crashed, 0);
    }, { app }));
  }
});

test('the front away: a reload stops after its time, and workers come back with the front', TIMEOUT, async () => {
  await FaultRun.with({ workers: 0 }, (run) => withCommand(run, ['--start-seconds', '2'], async ({ ask, status }) => {
    const old = pidsOf(await status());
    await run.front.stop();
    const { code, stdout } = await ask('reload');
    assert.equal(code, 1);
    assert.match(stdout, /reload stopped: the new worker \d+ has not served within 2 s .*is the front running/);
    assert.deepEqual(pidsOf(await status()), old);
    await run.startFront();
    await run.front.workersReady(WORKERS);
  }));
});
