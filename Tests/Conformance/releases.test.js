'use strict';

// The front and the shim, together, answer as the newer releases of the runner did: the recorded requests are sent to a
// pair whose app is the recorded one. It runs on the real runner where RUNNER_BUNDLE_5 and RUNNER_BUNDLE_6 name bundles
// (CONTRIBUTING.md), and on a stand-in of 6.4 anyway. VARIANTS=default,auth narrows a run.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { withPair } = require('../support/pair.js');
const { parallel } = require('../support/parallel.js');
const { temporaryFolder } = require('../support/temporary-folder.js');
const { laneOf } = require('./lanes.js');
const { RECORDINGS, RECORDINGS_FOLDER, wholeRecording, groupBy } = require('./records.js');
const { replayVariant, agreementTable, disagreements } = require('./replay.js');
const { standInSkips } = require('./stand-in-6-skips.js');

const APP = path.join(__dirname, 'real-runner', 'any-app.js');
const STAND_IN_6 = path.join(__dirname, '..', 'support', 'runner-6', 'index.js');
const VARIANTS_AT_ONCE = 2;
/** So that requests that never become complete are answered while the test waits. */
const FRONT_OPTIONS = [
  '--header-timeout', '4s', '--body-timeout', '4s', '--idle-timeout', '5s', '--task-timeout', '4s',
];

for (const recording of RECORDINGS.slice(1)) {
  const cases = wholeRecording(recording);
  const notHere = cases === null && 'the recording is not beside this checkout';
  const bundle = process.env[recording.bundle];
  const { release } = recording;

  test(`every recorded case of ${release} agrees with the real runner behind the shim`, {
    skip: notHere || (!bundle && `${recording.bundle} is not set (a CommonJS bundle of @bluelibs/runner ${release})`),
    timeout: 420_000,
  }, (t) => replayAll(t, recording, cases, [], bundle));

  if (release !== '6.4.1') continue;
  test(`every recorded case of ${release} that the stand-in can serve agrees`, {
    skip: notHere, timeout: 420_000,
  }, (t) => {
    const skipped = [];
    const served = cases.filter((record) => {
      const reason = standInSkips(record);
      if (reason) skipped.push({ record, reason });
      return !reason;
    });
    return replayAll(t, recording, served, skipped, STAND_IN_6);
  });
}

async function replayAll(t, recording, cases, skipped, runner) {
  const folder = temporaryFolder();
  const only = process.env.VARIANTS ? process.env.VARIANTS.split(',') : null;
  const groups = [...groupBy(cases, (record) => record.variant)].filter(([name]) => !only || only.includes(name));
  const outcomes = (await parallel(groups, VARIANTS_AT_ONCE, ([variant, some]) => {
    const env = {
      VARIANT: variant, RUNNER: runner, REFERENCE_APP: path.join(RECORDINGS_FOLDER, recording.app),
      HELLO_FILE: path.join(folder, variant),
    };
    return withPair({ app: APP, env, frontOptions: FRONT_OPTIONS }, async ({ front }) => {
      const hello = JSON.parse(fs.readFileSync(env.HELLO_FILE, 'utf8'));
      const replayed = await replayVariant(some, { port: front.port });
      return replayed.map((outcome) => ({ ...outcome, lane: laneOf(outcome.record, hello) }));
    });
  })).flat();
  for (const line of agreementTable(outcomes, skipped)) t.diagnostic(line);
  for (const [group, some] of groupBy(outcomes, (outcome) => outcome.record.group)) {
    const on = (lane) => some.filter((outcome) => outcome.lane === lane).length;
    t.diagnostic(`lanes of ${group}: ${on('front')} front alone, ${on('call')} call, ${on('own')} own handlers`);
  }
  for (const [reason, some] of groupBy(skipped, (one) => one.reason)) t.diagnostic(`skipped ${some.length}: ${reason}`);
  const found = disagreements(outcomes);
  assert.equal(found.length, 0, `${found.length} cases disagree:\n${found.join('\n')}`);
}
