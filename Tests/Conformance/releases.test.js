'use strict';

// The front and the shim, together, answer as the newer releases of the runner did: the recorded requests are sent to a
// pair whose app is the recorded one, on the real runner. A bundle of each is named by RUNNER_BUNDLE_5 and
// RUNNER_BUNDLE_6 (CONTRIBUTING.md). SHOW=name prints what is said of one case.
const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const { withPair } = require('../support/pair.js');
const { parallel } = require('../support/parallel.js');
const { RECORDINGS, RECORDINGS_FOLDER, wholeRecording, groupBy } = require('./records.js');
const { replayVariant, agreementTable, disagreements } = require('./replay.js');

const REAL_APP = path.join(__dirname, 'real-runner', 'any-app.js');
const VARIANTS_AT_ONCE = 2;
/** So that requests that never become complete are answered while the test waits. */
const FRONT_OPTIONS = [
  '--header-timeout', '4s', '--body-timeout', '4s', '--idle-timeout', '5s', '--task-timeout', '4s',
];

for (const recording of RECORDINGS.slice(1)) {
  const cases = wholeRecording(recording);
  const bundle = process.env[recording.bundle];
  const missing = [
    !bundle && `${recording.bundle} is not set (a CommonJS bundle of the real @bluelibs/runner ${recording.release})`,
    cases === null && 'the recording is not beside this checkout',
  ].filter(Boolean).join('; ');

  test(`every recorded case of ${recording.release} agrees with the real runner behind the shim`, {
    skip: missing || false, timeout: 420_000,
  }, async (t) => {
    const only = process.env.VARIANTS ? process.env.VARIANTS.split(',') : null;
    const groups = [...groupBy(cases, (record) => record.variant)].filter(([name]) => !only || only.includes(name));
    const outcomes = (await parallel(groups, VARIANTS_AT_ONCE, ([variant, some]) => {
      const env = {
        VARIANT: variant, RUNNER: bundle, REFERENCE_APP: path.join(RECORDINGS_FOLDER, recording.app),
      };
      return withPair({ app: REAL_APP, env, frontOptions: FRONT_OPTIONS }, ({ front }) => (
        replayVariant(some, { port: front.port })
      ));
    })).flat();
    for (const line of agreementTable(outcomes)) t.diagnostic(line);
    const found = disagreements(outcomes);
    assert.equal(found.length, 0, `${found.length} cases disagree:\n${found.join('\n')}`);
  });
}
