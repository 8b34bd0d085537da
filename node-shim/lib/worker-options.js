'use strict';

const { readBytes, readMilliseconds } = require('./quantities');

/** What `parseArgs` is to know. */
const WORKER_OPTIONS = /** @type {const} */ ({
  'max-calls': { type: 'string' },
  'max-memory': { type: 'string' },
  'max-age': { type: 'string' },
  'start-seconds': { type: 'string' },
  'stuck-seconds': { type: 'string' },
  control: { type: 'string' },
});

const START_SECONDS_DEFAULT = '60';

/** Below it no Node process has loaded an app. */
const MEMORY_LEAST_BYTES = 64 * 2 ** 20;
const AGE_LEAST_MILLISECONDS = 1_000;
/** A day; a timer takes 24 of them. */
const SECONDS_MOST = 86_400;

/**
 * @param {Record<string, any>} values what `parseArgs` found
 * @param {NodeJS.ProcessEnv} environment
 * @returns {{ limits: import('./worker-limits').Limits, startMilliseconds: number,
 *   stuckMilliseconds: number | undefined, control: string | undefined }}
 * @throws {Error} that says which value is wrong, and what would be right
 */
function readWorkerOptions(values, environment) {
  const given = (name) => values[name]
    ?? (environment[`RUNNER_SIDECAR_${name.toUpperCase().replaceAll('-', '_')}`] || undefined);
  return {
    limits: {
      calls: readCalls(given('max-calls')),
      memoryBytes: readMemory(given('max-memory')),
      ageMilliseconds: readAge(given('max-age')),
    },
    startMilliseconds: 1_000 * readSeconds('--start-seconds', given('start-seconds') ?? START_SECONDS_DEFAULT),
    stuckMilliseconds: readStuck(given('stuck-seconds')),
    control: given('control'),
  };
}

const isOff = (text) => text === undefined || text === 'off';

function readStuck(text) {
  return isOff(text) ? undefined : 1_000 * readSeconds('--stuck-seconds', text);
}

function readCalls(text) {
  if (isOff(text)) return undefined;
  const calls = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(calls) || calls < 1) {
    throw new Error(`--max-calls takes a whole number from 1, such as 100000, or off; not ${text}`);
  }
  return calls;
}

function readMemory(text) {
  if (isOff(text)) return undefined;
  const bytes = readBytes(text);
  if (bytes === undefined) throw new Error(`--max-memory takes a size such as 512MiB or 1GiB, or off; not ${text}`);
  if (bytes < MEMORY_LEAST_BYTES) {
    throw new Error(`--max-memory ${text} is less than a Node process takes when it starts: give 64MiB or more, and `
      + 'well above what the app uses after a day');
  }
  return bytes;
}

function readAge(text) {
  if (isOff(text)) return undefined;
  const milliseconds = readMilliseconds(text);
  if (milliseconds === undefined) {
    throw new Error(`--max-age takes a time with its unit, such as 90s, 5m or 12h, or off; not ${text}`);
  }
  if (milliseconds < AGE_LEAST_MILLISECONDS) throw new Error(`--max-age takes a time from 1s, or off; not ${text}`);
  return milliseconds;
}

/** @param {string} name @param {string} text */
function readSeconds(name, text) {
  const seconds = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(seconds >= 1 && seconds <= SECONDS_MOST)) {
    throw new Error(`${name} takes a whole number of seconds from 1 to ${SECONDS_MOST}, such as 30; not ${text}`);
  }
  return seconds;
}

module.exports = { WORKER_OPTIONS, readWorkerOptions, readSeconds };
