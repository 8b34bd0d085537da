'use strict';

// The front and the shim, together, answer as nodeExposure did: the recorded requests are sent to a running pair, byte
// for byte, and every answer is held against the record (see agreement.js).
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { withPair } = require('../support/pair.js');
const { parallel } = require('../support/parallel.js');
const { WHOLE_RECORDING, recordedCases, groupBy } = require('./records.js');
const { replayVariant, agreementTable, disagreements } = require('./replay.js');
const { strictnessOf } = require('./stricter-on-purpose.js');
const { standInSkips } = require('./stand-in-skips.js');

const STAND_IN_APP = path.join(__dirname, 'stand-in', 'app.js');
const REAL_APP = path.join(__dirname, 'real-runner', 'app.js');
const REFERENCE_APP = path.join(path.dirname(WHOLE_RECORDING), 'reference-app.js');
/** Variants that run at once, each with a front and an app of its own. */
const VARIANTS_AT_ONCE = 2;
/** So that requests that never become complete are answered while the test waits. */
const FRONT_OPTIONS = [
  '--header-timeout', '4s', '--body-timeout', '4s', '--idle-timeout', '5s', '--task-timeout', '4s',
];

test('every recorded case the stand-in app can serve agrees', { timeout: 240_000 }, async (t) => {
  const skipped = [];
  const { source, cases } = recordedCases();
  const served = cases.filter((record) => {
    const reason = standInSkips(record);
    if (reason) skipped.push({ record, reason });
    return !reason;
  });
  t.diagnostic(`replaying ${source}`);
  await replayAll(t, served, skipped, (variant) => ({ app: STAND_IN_APP, env: { VARIANT: variant } }));
});

const missing = [
  !process.env.RUNNER_BUNDLE && 'RUNNER_BUNDLE is not set (a CommonJS bundle of the real @bluelibs/runner 4.8.6)',
  !fs.existsSync(REFERENCE_APP) && 'the reference app is not beside this checkout',
].filter(Boolean).join('; ');

test('every recorded case agrees with the real runner behind the shim', {
  skip: missing || false, timeout: 240_000,
}, async (t) => {
  const { source, cases } = recordedCases();
  t.diagnostic(`replaying ${source}`);
  await replayAll(t, cases, [], (variant) => ({ app: REAL_APP, env: { VARIANT: variant, REFERENCE_APP } }));
});

/**
 * @param {(variant: string) => { app: string, env: NodeJS.ProcessEnv }} appOf
 */
async function replayAll(t, cases, skipped, appOf) {
  const runs = [...groupBy(cases, runOf)].map(([, some]) => some);
  const outcomes = (await parallel(runs, VARIANTS_AT_ONCE, async (some) => {
    const { app, env } = appOf(some[0].variant);
    const settings = {
      app, env: { ...env, LISTENER: needsListener(some[0]) ? '1' : '0' }, frontOptions: FRONT_OPTIONS,
    };
    return withPair(settings, ({ front }) => replayVariant(some, { port: front.port }));
  })).flat();
  for (const line of agreementTable(outcomes, skipped)) t.diagnostic(line);
  for (const [reason, some] of groupBy(skipped, (one) => one.reason)) t.diagnostic(`skipped ${some.length}: ${reason}`);
  const onPurpose = cases.filter(strictnessOf);
  for (const record of onPurpose) {
    t.diagnostic(`stricter on purpose: ${record.group}/${record.name}: ${strictnessOf(record)}`);
  }
  const found = disagreements(outcomes);
  assert.equal(found.length, 0, `${found.length} cases disagree:\n${found.join('\n')}`);
}

/** One app and front a variant; the cases that need the app's own request listener get another pair. */
function runOf(record) {
  return `${record.variant}${needsListener(record) ? ' with listener' : ''}`;
}

function needsListener(record) {
  return record.group === 'octet' || /content-type: *application\/octet-stream/i.test(record.request.latin1Slice());
}
