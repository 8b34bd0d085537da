'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { bytesText, readBytes, readMilliseconds, timeText } = require('../lib/quantities');
const { readWorkerOptions } = require('../lib/worker-options');

const COMMAND = path.join(__dirname, '..', 'bin', 'runner-sidecar-shim.js');
const run = (...args) => spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' });

for (const [option, value, message] of [
  ['--max-calls', '0', /--max-calls takes a whole number from 1, such as 100000, or off; not 0/],
  ['--max-calls', '1e3', /--max-calls takes a whole number/],
  ['--max-calls', '99999999999999999999', /--max-calls takes a whole number/],
  ['--max-memory', '512', /--max-memory 512 is less than a Node process takes when it starts: give 64MiB or more/],
  ['--max-memory', '1 GB', /--max-memory takes a size such as 512MiB or 1GiB, or off; not 1 GB/],
  ['--max-memory', 'much', /--max-memory takes a size/],
  ['--max-age', '3600', /--max-age takes a time with its unit, such as 90s, 5m or 12h, or off; not 3600/],
  ['--max-age', '5d', /--max-age takes a time with its unit/],
  ['--max-age', '500ms', /--max-age takes a time from 1s, or off; not 500ms/],
  ['--start-seconds', '0', /--start-seconds takes a whole number of seconds from 1 to 86400, such as 30; not 0/],
  ['--start-seconds', '5s', /--start-seconds takes a whole number of seconds/],
  ['--drain-seconds', '1e9', /--drain-seconds takes a whole number of seconds/],
]) {
  test(`${option} ${value} is refused with what would be right, as a flag and as a variable`, () => {
    const { status, stderr } = run('app.js', '--socket', '/x', '--workers', '2', option, value);
    assert.equal(status, 1);
    assert.match(stderr, message);
    if (option === '--drain-seconds') return;
    const variable = `RUNNER_SIDECAR_${option.slice(2).toUpperCase().replaceAll('-', '_')}`;
    assert.throws(() => readWorkerOptions({}, { [variable]: value }), message);
  });
}

test('limits and a control socket need --workers, which the message says', () => {
  for (const more of [['--max-calls', '5'], ['--max-memory', '1GiB'], ['--max-age', '1h'], ['--control', '/x']]) {
    assert.match(run('app.js', '--socket', '/x', ...more).stderr, /need --workers N, which may be 1/);
  }
});

test('reload and status need a control socket, and know no other format', () => {
  assert.match(run('reload').stderr, /reload needs --control PATH, the one that the running command was given/);
  assert.match(run('status').stderr, /status needs --control PATH/);
  assert.match(run('status', '--control', '/x', '--format', 'xml').stderr, /--format takes json or prometheus/);
  assert.match(run('reload', '--control', '/x', '--format', 'json').stderr, /belongs to status/);
  const { status, stderr } = run('reload', '--control', '/nowhere/control');
  assert.equal(status, 1);
  assert.match(stderr, /--control \/nowhere\/control: .*ENOENT.*Does runner-sidecar-shim run with this --control\?/);
});

test('flags rule over variables, and off is no limit', () => {
  const environment = { RUNNER_SIDECAR_MAX_CALLS: '7', RUNNER_SIDECAR_MAX_AGE: '2h', RUNNER_SIDECAR_MAX_MEMORY: '' };
  assert.deepEqual(readWorkerOptions({ 'max-calls': 'off', 'start-seconds': '5' }, environment), {
    limits: { calls: undefined, memoryBytes: undefined, ageMilliseconds: 7_200_000 }, startMilliseconds: 5_000,
    stuckMilliseconds: undefined, control: undefined,
  });
});

test('--stuck-seconds takes whole seconds, or off', () => {
  assert.equal(readWorkerOptions({ 'stuck-seconds': '30' }, {}).stuckMilliseconds, 30_000);
  assert.equal(readWorkerOptions({}, { RUNNER_SIDECAR_STUCK_SECONDS: 'off' }).stuckMilliseconds, undefined);
  assert.throws(() => readWorkerOptions({ 'stuck-seconds': '1m' }, {}), /--stuck-seconds/);
});

test('sizes and times are read as the front reads them', () => {
  const sizes = ['512', '64KiB', '64ki', '8MiB', '1GB', '1gib', '5b'].map(readBytes);
  assert.deepEqual(sizes, [512, 65_536, 65_536, 8 * 2 ** 20, 1e9, 2 ** 30, 5]);
  assert.deepEqual(['', 'MiB', '1.5MiB', '-1', '1TB', '9007199254740993'].map(readBytes), Array(6).fill(undefined));
  assert.deepEqual(['250ms', '5s', '2m', '1h'].map(readMilliseconds), [250, 5_000, 120_000, 3_600_000]);
  assert.deepEqual(['5', '5 s', '', 's', '1d'].map(readMilliseconds), Array(5).fill(undefined));
});

test('sizes and times are written short', () => {
  assert.deepEqual([5, 64 * 1024, 157_286_400, 1.5 * 2 ** 30].map(bytesText), ['5 B', '64 KiB', '150 MiB', '1.5 GiB']);
  assert.deepEqual([500, 1_500, 300_000, 7_200_000].map(timeText), ['500 ms', '1.5 s', '5 min', '2 h']);
});
