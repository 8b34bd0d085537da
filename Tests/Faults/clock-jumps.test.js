'use strict';

// The clock on the wall is set forward and back while calls run: no time limit of the front is a matter of that clock,
// and only what it tells people (Date, logs) follows it. Debian's libfaketime moves the clock of one process.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { FaultRun } = require('../support/fault-run.js');
const { fieldValue } = require('../support/http-answer-reader.js');
const { callBytes } = require('../support/http-request.js');
const { Load } = require('../support/load.js');
const { Random } = require('../support/random.js');
const { RawConnection } = require('../support/raw-connection.js');
const { temporaryFolder } = require('../support/temporary-folder.js');
const { pause, waitUntil } = require('../support/wait-until.js');

const LIBRARY = ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find((file) => fs.existsSync(file));
const skip = (LIBRARY === undefined && 'libfaketime is not installed (apt-get install libfaketime)')
  || (process.env.RUNNER_SIDECAR_SANITIZER !== undefined
    && 'a sanitizer and libfaketime both replace the C library\'s functions, and hang');

const HOUR_SECONDS = 3_600;
const YEAR_SECONDS = 8_766 * HOUR_SECONDS;
/** Where the clock stands, one after another, from the true time. */
const JUMPS_SECONDS = [HOUR_SECONDS, -HOUR_SECONDS, 5 * YEAR_SECONDS, -5 * YEAR_SECONDS, 2, 0];
/** Far shorter than the jumps, far longer than anything here takes. */
const OPTIONS = [
  '--idle-timeout', '20s', '--header-timeout', '20s', '--body-timeout', '20s', '--task-timeout', '20s',
  '--write-timeout', '20s', '--worker-ping', '200ms', '--worker-wait', '20s',
];

test('a clock that jumps fails no call, closes no connection, and shows in Date', {
  skip, timeout: 60_000,
}, async (t) => {
  const random = Random.forTest(t);
  const clock = path.join(temporaryFolder(), 'offset');
  // A rename, so that the front never reads half a number.
  const set = (seconds) => {
    fs.writeFileSync(`${clock}.next`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    fs.renameSync(`${clock}.next`, clock);
  };
  set(0);
  // What Linux does when its clock is set: only the real-time clock moves.
  const env = {
    LD_PRELOAD: LIBRARY, FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
  // Under this library a Swift program sees no arguments.
  await FaultRun.with({
    workers: 2, frontOptions: OPTIONS, front: { env, optionsInEnvironment: true },
  }, async (run) => {
    const before = await run.descriptorsAtRest();
    const idle = await RawConnection.open({ port: run.front.port });
    const load = new Load({ port: run.front.port, random, connections: 8, taskMilliseconds: [0, 20] });
    for (const seconds of JUMPS_SECONDS) {
      set(seconds);
      await waitUntil(`Date is ${seconds} s away`, async () => {
        idle.send(callBytes('add', { a: 5, b: 3 }));
        const date = Date.parse(fieldValue(await idle.answer(), 'date'));
        return Math.abs(date - Date.now() - seconds * 1_000) < 5_000;
      });
      await pause(300);
    }
    await load.finish();
    t.diagnostic(`${JUMPS_SECONDS.length} jumps: ${JSON.stringify(load.tally())}; ${load.latencies.report()}`);
    load.assertExactlyOneAnswer(run.log.counts());
    assert.equal(idle.ended, false, 'a kept connection stays');
    idle.destroy();
    assert.equal(
      (await run.front.metrics()).get('runner_sidecar_workers{state="ready"}'), 2, 'no worker was thought dead',
    );
    await run.assertNothingLeft(before);
  });
});
