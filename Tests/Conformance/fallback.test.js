'use strict';

// Where there is no front, an app is served with node:http in its own process (node-shim/lib/fallback). It is held by
// the same recordings as the pair.
const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const { TestProcess } = require('../support/child-process.js');
const { freePort } = require('../support/free-port.js');
const { parallel } = require('../support/parallel.js');
const { shimFolder } = require('../support/project.js');
const { recordedCases, groupBy } = require('./records.js');
const { replayVariant, agreementTable, disagreements } = require('./replay.js');
const { standInSkips } = require('./stand-in-skips.js');

const STAND_IN_APP = path.join(__dirname, 'stand-in', 'app.js');
const VARIANTS_AT_ONCE = 2;

/** Without a front it is Node's own parser that reads the requests, and the recordings were made on Node 20. */
const skip = Number.parseInt(process.versions.node, 10) < 20 && 'recorded on Node 20, whose parser reads requests here';

test('without a front, every recorded case the stand-in app can serve agrees, too', {
  timeout: 240_000, skip,
}, async (t) => {
  const skipped = [];
  const { source, cases } = recordedCases();
  const served = cases.filter((record) => {
    const reason = whyNotAsked(record);
    if (reason) skipped.push({ record, reason });
    return !reason;
  });
  t.diagnostic(`replaying ${source}`);
  const variants = [...groupBy(served, (record) => record.variant)];
  const outcomes = (await parallel(variants, VARIANTS_AT_ONCE, async ([variant, some]) => {
    const port = await freePort();
    const app = new TestProcess(`fallback ${variant}`, process.execPath, [STAND_IN_APP], { env: {
      VARIANT: variant, FALLBACK_PORT: String(port), RUNNER_SIDECAR_FALLBACK: 'on', RUNNER_SIDECAR_SHIM: shimFolder(),
    } });
    try {
      await app.line((line) => (line.startsWith('app ready') ? true : undefined));
      return [
        ...await replayVariant(some.filter((record) => !isCutOff(record)), {
          port, sameServer: true, hangMilliseconds: 1_000,
        }),
        ...await replayVariant(some.filter(isCutOff), { port }),
      ];
    } finally {
      await app.stop();
    }
  })).flat();
  for (const line of agreementTable(outcomes, skipped)) t.diagnostic(line);
  for (const [reason, some] of groupBy(skipped, (one) => one.reason)) t.diagnostic(`skipped ${some.length}: ${reason}`);
  const found = disagreements(outcomes);
  assert.equal(found.length, 0, `${found.length} cases disagree:\n${found.join('\n')}`);
});

/** Where a task's broken stream leaves nodeExposure's client waiting, the shim cuts the response off. */
function isCutOff(record) {
  return record.group === 'streams' && record.origin === 'no-answer';
}

function whyNotAsked(record) {
  if (record.group === 'octet' || /content-type: *application\/octet-stream/i.test(record.request.latin1Slice())) {
    return "raw bodies go to the app's own handlers, which the stand-in has not";
  }
  return standInSkips(record);
}
