'use strict';

// Each failure is counted once, under the side it came from and its reason, and its log line says the same. Every
// reason that the front has a name for is brought about here.
const assert = require('node:assert/strict');
const test = require('node:test');
const { FaultRun } = require('../support/fault-run.js');
const { waitUntil } = require('../support/wait-until.js');
const { FAILURE_CAUSES, ask } = require('./failure-causes.js');
const { MALFORMED_REQUESTS } = require('./malformed-requests.js');

/** Short time limits stand with those cases that are about them: on a busy machine others would meet them, too. */
const OPTIONS = {
  loops: '1', 'access-log': 'all', 'log-format': 'json', 'worker-wait': '200ms', 'body-limit': '1kib',
  'worker-in-flight': '1', 'queue-limit': '0',
};
const flags = (options) => Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);

for (const [what, cause] of Object.entries(FAILURE_CAUSES)) {
  const { side, reason, status, workers = 1, options, endsFront = false, provoke } = cause;
  const settings = { workers, frontOptions: flags({ ...OPTIONS, ...options }) };
  test(`${what}: side ${side}, reason ${reason}`, { timeout: 30_000 }, () => FaultRun.with(settings, async (run) => {
    const label = `${side}/${reason}`;
    assert.deepEqual(await failures(run.front), {}, 'nothing has failed yet');
    assert.equal(await provoke(run), status);
    if (!endsFront) {
      await waitUntil('it is counted', async () => Object.keys(await failures(run.front)).length > 0);
      assert.deepEqual(await failures(run.front), { [label]: 1 });
    }
    const lines = await waitUntil('it is logged', () => logged(run.front));
    assert.deepEqual(lines.map((line) => `${line.side}/${line.reason}`), [label]);
    if (status !== undefined) assert.equal(lines[0].status, status);
  }));
}

test('what is wrong with the HTTP is the client\'s doing, and each kind has its reason', {
  timeout: 30_000,
}, () => FaultRun.with({ frontOptions: flags(OPTIONS) }, async (run) => {
  const expected = {};
  for (const [reason, { status, bytes }] of Object.entries(MALFORMED_REQUESTS)) {
    assert.equal(await ask(run, bytes), status, reason);
    expected[`client/${reason}`] = 1;
    assert.deepEqual(await failures(run.front), expected, `${reason} is counted once, and nothing else is`);
  }
  const lines = await waitUntil('all are logged', () => {
    const found = logged(run.front);
    return found?.length === Object.keys(expected).length && found;
  });
  assert.deepEqual(lines.map((line) => `${line.side}/${line.reason}`), Object.keys(expected));
  assert.deepEqual(lines.map((line) => line.status), Object.values(MALFORMED_REQUESTS).map(({ status }) => status));
}));

test('there is no reason that is not brought about here', {
  timeout: 30_000,
}, () => FaultRun.with({ workers: 0 }, async (run) => {
  const provoked = [
    ...Object.values(FAILURE_CAUSES).map(({ side, reason }) => `${side}/${reason}`),
    ...Object.keys(MALFORMED_REQUESTS).map((reason) => `client/${reason}`),
  ];
  const known = Object.keys(await allFailures(run.front));
  assert.deepEqual(known.filter((label) => !provoked.includes(label)), []);
}));

/** @returns {Promise<Record<string, number>>} failures by side and reason, those that never happened included */
async function allFailures(front) {
  const counted = {};
  for (const [name, value] of await front.metrics()) {
    const labels = /^runner_sidecar_failures_total\{side="(.*?)",reason="(.*?)"\}$/.exec(name);
    if (labels) counted[`${labels[1]}/${labels[2]}`] = value;
  }
  return counted;
}

/** Those that happened. */
async function failures(front) {
  return Object.fromEntries(Object.entries(await allFailures(front)).filter(([, count]) => count > 0));
}

/** The access log's lines of failures; undefined while there is none. */
function logged(front) {
  const lines = front.child.stderr.split('\n').slice(0, -1).map((line) => JSON.parse(line))
    .filter((line) => line.message === 'access' && line.side !== undefined);
  return lines.length > 0 ? lines : undefined;
}
