'use strict';

/**
 * What the sidecar is meant to reach, as ratios within one run on the same machine, and whether it does.
 *
 * @typedef {object} TargetResult
 * @property {string} what
 * @property {string} wanted
 * @property {number} [measured]
 * @property {[number, number]} [spread] lowest and highest round
 * @property {boolean} [met] absent when it was not measured
 */

const { ratio } = require('./results');

const rate = 'requestsPerSecond';
const allCpu = 'cpuSecondsPer100k.all';

/** At least or at most `limit`; `read` finds the figure in the results. */
const TARGETS = [
  atLeast('requests per second, to plain Node http', 3.0, '×', { case: 'add', of: 'sidecar', to: 'plain', figure: rate }),
  atLeast('requests per second, real runner on both sides, to nodeExposure', 16, '×', { case: 'add', of: 'sidecar-runner', to: 'nodeexposure', figure: rate }),
  atMost('CPU in all per call, to plain Node http', 0.33, '', { case: 'add', of: 'sidecar', to: 'plain', figure: allCpu }),
  atMost("CPU of the app's thread per call, to plain Node http", 0.06, '', { case: 'add', of: 'sidecar', to: 'plain', figure: 'cpuSecondsPer100k.node' }),
  atMost("CPU of the app's thread per call, real runner, to nodeExposure", 0.03, '', { case: 'add', of: 'sidecar-runner', to: 'nodeexposure', figure: 'cpuSecondsPer100k.node' }),
  atMost('p99 at 64 connections, to plain Node http', 0.3, '', { case: 'add', of: 'sidecar', to: 'plain', figure: 'milliseconds.p99' }),
  { what: "front's user-mode CPU, of its whole CPU", most: 0.1, unit: '', read: ({ summary }) => figureOf(summary, 'add', 'sidecar', 'frontUserShare') },
  atLeast('16 requests pipelined, requests per second, to plain Node http', 20, '×', { case: 'pipelined-16', of: 'sidecar', to: 'plain', figure: rate }),
  atLeast('CPU in all, echo 1 KB: plain Node http to the sidecar', 2.8, '×', { case: 'echo-1k', of: 'plain', to: 'sidecar', figure: allCpu }),
  atLeast('CPU in all, echo 16 KB: plain Node http to the sidecar', 1.5, '×', { case: 'echo-16k', of: 'plain', to: 'sidecar', figure: allCpu }),
  atLeast('CPU in all, echo 256 KB: plain Node http to the sidecar', 1.25, '×', { case: 'echo-256k', of: 'plain', to: 'sidecar', figure: allCpu }),
  atLeast('CPU in all, echo 1 KB: nodeExposure to the sidecar, real runner', 1, '×', { case: 'echo-1k', of: 'nodeexposure', to: 'sidecar-runner', figure: allCpu }),
  atLeast('CPU in all, echo 16 KB: nodeExposure to the sidecar, real runner', 1, '×', { case: 'echo-16k', of: 'nodeexposure', to: 'sidecar-runner', figure: allCpu }),
  atLeast('CPU in all, echo 256 KB: nodeExposure to the sidecar, real runner', 1, '×', { case: 'echo-256k', of: 'nodeexposure', to: 'sidecar-runner', figure: allCpu }),
  atLeast('pipelined 4, CPU in all: plain Node http to the sidecar', 9, '×', { case: 'pipelined-4', of: 'plain', to: 'sidecar', figure: allCpu }),
  atMost('one request at a time, one connection: p50 to plain Node http', 1.15, '', { case: 'add-1', of: 'sidecar', to: 'plain', figure: 'milliseconds.p50' }),
  { what: 'idle keep-alive connection, memory of the front, 10,000 open', most: 512, unit: ' bytes', read: ({ idle }) => single(idle.find((one) => one.subject === 'sidecar' && one.connections === 10_000)?.bytesEach.front) },
  { what: 'front: size of the binary, stripped', most: 8, unit: ' MB', read: ({ front }) => single(front?.strippedBytes / (1 << 20)) },
  { what: 'front: resident memory when idle', most: 8, unit: ' MB', read: ({ front }) => single(front?.idleBytes / (1 << 20)) },
];

function atLeast(what, least, unit, between) {
  return { what, least, unit, read: ({ runs }) => ratio(runs, between) };
}

function atMost(what, most, unit, between) {
  return { what, most, unit, read: ({ runs }) => ratio(runs, between) };
}

const figureOf = (summary, caseId, subject, figure) => summary.find((one) => one.case === caseId && one.subject === subject)?.figures[figure];

const single = (value) => (Number.isFinite(value) ? { median: value, low: value, high: value } : undefined);

/**
 * @param {{runs: object[], summary: object[], idle: object[], front?: {strippedBytes: number, idleBytes: number}}} results
 * @returns {TargetResult[]}
 */
function evaluateTargets(results) {
  return TARGETS.map(({ what, least, most, unit, read }) => {
    const found = read(results);
    const wanted = least !== undefined ? `≥ ${least}${unit}` : `≤ ${most}${unit}`;
    if (!found) return { what, wanted };
    const met = least !== undefined ? found.median >= least : found.median <= most;
    return { what, wanted, unit, measured: found.median, spread: [found.low, found.high], met };
  });
}

module.exports = { evaluateTargets };
