'use strict';

/**
 * What the sidecar is meant to reach, as ratios within one run on the same machine, and whether it does.
 *
 * @typedef {object} TargetResult
 * @property {string} what
 * @property {string} wanted
 * @property {string} [unit]
 * @property {number} [measured] the median of the rounds' ratios
 * @property {[number, number]} [spread] lowest and highest round
 * @property {boolean} [met] absent when it was not measured
 * @property {string} [whyNot] why it could not be measured
 */

const { ratio, spreadOf } = require('./results');

const rate = 'requestsPerSecond';
const allCpu = 'cpuSecondsPer100k.all';
const nodeCpu = 'cpuSecondsPer100k.node';
const MEGABYTE = 1 << 20;

/**
 * `least` or `most` is the limit; with neither the ratio is only shown. `of` to `to` in a case is a ratio of one
 * figure; `read` finds what is none.
 */
const TARGETS = [
  // What the machine's kernel costs is in the floor, too: these ratios travel, those to plain Node http do not.
  {
    what: 'CPU of a response of the front by itself (404), to the floor', most: 1.1, unit: '×',
    case: 'not-found', of: 'sidecar', to: 'floor', figure: allCpu,
  },
  {
    what: 'CPU in all per call, to the floor', most: 1.4, unit: '×',
    case: 'add', of: 'sidecar', to: 'floor', figure: allCpu,
  },
  {
    what: 'CPU in all per call, real runner, to the floor', most: 1.7, unit: '×',
    case: 'add', of: 'sidecar-runner', to: 'floor', figure: allCpu,
  },
  { what: 'requests per second, to plain Node http', case: 'add', of: 'sidecar', to: 'plain', figure: rate, unit: '×' },
  {
    what: 'requests per second, real runner on both sides, to nodeExposure', unit: '×',
    case: 'add', of: 'sidecar-runner', to: 'nodeexposure', figure: rate,
  },
  {
    what: 'CPU in all per call, to plain Node http', most: 0.33,
    case: 'add', of: 'sidecar', to: 'plain', figure: allCpu,
  },
  {
    what: "CPU of the app's thread per call, to plain Node http", most: 0.06,
    case: 'add', of: 'sidecar', to: 'plain', figure: nodeCpu,
  },
  {
    what: "CPU of the app's thread per call, real runner, to nodeExposure", most: 0.03,
    case: 'add', of: 'sidecar-runner', to: 'nodeexposure', figure: nodeCpu,
  },
  {
    what: "requests per second, 6.x on both sides, to the runner's own server", least: 6, unit: '×',
    case: 'add', of: 'sidecar-6', to: 'lanes-6', figure: rate,
  },
  {
    what: "CPU in all per call, 6.x: the runner's own server to the sidecar", least: 5.4, unit: '×',
    case: 'add', of: 'lanes-6', to: 'sidecar-6', figure: allCpu,
  },
  {
    what: "CPU of the app's thread, echo 16 KB, 6.x: the runner's own server to the sidecar", least: 4, unit: '×',
    case: 'echo-16k', of: 'lanes-6', to: 'sidecar-6', figure: nodeCpu,
  },
  {
    what: "CPU in all per call, 5.x: the runner's own server to the sidecar", least: 6, unit: '×',
    case: 'add', of: 'nodeexposure-5', to: 'sidecar-5', figure: allCpu,
  },
  {
    what: 'p99 at 64 connections, to plain Node http', most: 0.3,
    case: 'add', of: 'sidecar', to: 'plain', figure: 'milliseconds.p99',
  },
  {
    what: "front's user-mode CPU, of its whole CPU", most: 0.1,
    read: ({ summary }) => figureOf(summary, 'add', 'sidecar', 'frontUserShare'),
  },
  {
    what: '16 requests pipelined, requests per second, to plain Node http', least: 20, unit: '×',
    case: 'pipelined-16', of: 'sidecar', to: 'plain', figure: rate,
  },
  ...[[1, 2.8], [16, 1.5], [256, 1.25]].map(([kilobytes, least]) => ({
    what: `CPU in all, echo ${kilobytes} KB: plain Node http to the sidecar`, least, unit: '×',
    case: `echo-${kilobytes}k`, of: 'plain', to: 'sidecar', figure: allCpu,
  })),
  ...[1, 16, 256].map((kilobytes) => ({
    what: `CPU in all, echo ${kilobytes} KB: nodeExposure to the sidecar, real runner`, least: 1, unit: '×',
    case: `echo-${kilobytes}k`, of: 'nodeexposure', to: 'sidecar-runner', figure: allCpu,
  })),
  {
    what: 'pipelined 4, CPU in all: plain Node http to the sidecar', least: 9, unit: '×',
    case: 'pipelined-4', of: 'plain', to: 'sidecar', figure: allCpu,
  },
  {
    what: 'one request at a time, one connection: p50 to plain Node http', most: 1.15,
    case: 'add-1', of: 'sidecar', to: 'plain', figure: 'milliseconds.p50',
  },
  {
    what: 'idle keep-alive connection, memory of the front, 10,000 open', most: 512, unit: ' bytes',
    read: ({ idle }) => single(idle.find(isFullIdle)?.bytesEach.front),
  },
  {
    what: 'front: size of the binary, stripped', most: 8, unit: ' MB',
    read: ({ front }) => single(front?.strippedBytes / MEGABYTE),
  },
  {
    what: 'front: resident memory when idle', most: 8, unit: ' MB',
    read: ({ front }) => single(front?.idleBytes / MEGABYTE),
  },
  {
    what: "JSON check of 1 MB of records, speed to V8's JSON.parse", least: 7, unit: '×',
    read: ({ jsonChecks = [] }) => spreadOf(jsonChecks.filter(({ text }) => text === 'records').map(speedUp)),
  },
];

const isFullIdle = ({ subject, connections }) => subject === 'sidecar' && connections === 10_000;

const speedUp = ({ checkNanoseconds, parseNanoseconds }) => parseNanoseconds / checkNanoseconds;

function figureOf(summary, caseId, subject, figure) {
  return summary.find((one) => one.case === caseId && one.subject === subject)?.figures[figure];
}

const single = (value) => (Number.isFinite(value) ? { median: value, low: value, high: value } : undefined);

/**
 * @param {object} results as lib/bench.js gives them
 * @returns {TargetResult[]}
 */
function evaluateTargets(results) {
  return TARGETS.map(({ what, least, most, unit = '', read, ...between }) => {
    const wanted = least !== undefined ? `≥ ${least}${unit}` : most !== undefined ? `≤ ${most}${unit}` : 'shown';
    const found = read ? read(results) : ratio(results.runs, between);
    if (!found) {
      const fault = results.failures.find(({ case: id, subject, isOwn }) => (
        isOwn && id === between.case && [between.of, between.to].includes(subject)));
      return { what, wanted, ...(fault && { whyNot: fault.reason }) };
    }
    const met = least !== undefined ? found.median >= least : most === undefined || found.median <= most;
    return { what, wanted, unit, measured: found.median, spread: [found.low, found.high], met };
  });
}

module.exports = { evaluateTargets, speedUp };
