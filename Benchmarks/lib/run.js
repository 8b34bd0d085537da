'use strict';

/**
 * One load on one subject, with what its processes spent.
 *
 * @typedef {object} Run
 * @property {string} case
 * @property {string} subject
 * @property {number} round
 * @property {number} requestsPerSecond
 * @property {{p50: number, p90: number, p99: number, p999: number}} milliseconds
 * @property {{front: number, node: number, all: number}} cpuSecondsPer100k
 * @property {number} [frontUserShare] of the front's CPU, spent outside the kernel
 * @property {number} peakBytes resident memory of all its processes at its highest during the run
 * @property {import('../../node-shim/lib/measure/latency').Distribution} latency
 */

const { chooseTool } = require('../../node-shim/lib/measure/load');
const { at } = require('../../node-shim/lib/measure/latency');
const { startCpuClock, memory, resetPeakMemory } = require('../../node-shim/lib/measure/processes');
const { fault } = require('./verify');

const wrk = () => chooseTool('wrk');

/**
 * @param {import('./subjects').RunningSubject} subject
 * @param {import('./work').Case} work
 * @param {{seconds: number, answerBytes: number}} options
 * @returns {Promise<Omit<Run, 'case' | 'subject' | 'round'>>}
 * @throws {Error} when an answer was wrong or missing
 */
async function runLoad(subject, work, { seconds, answerBytes }) {
  const { front, node } = subject.processes;
  const all = [...front, ...node];
  all.forEach(resetPeakMemory);
  const stopFront = startCpuClock(front);
  const stopNode = startCpuClock(node);
  const result = await wrk().run({ host: '127.0.0.1', port: subject.port, requests: [work.request], connections: work.connections, depth: work.depth, seconds });
  const frontCpu = stopFront();
  const nodeCpu = stopNode();
  const wrong = fault(work, result, answerBytes);
  if (wrong) throw new Error(wrong);
  const per100k = (cpuSeconds) => (cpuSeconds / result.requests) * 100_000;
  return {
    requestsPerSecond: result.requestsPerSecond,
    milliseconds: { p50: at(result.latency, 50), p90: at(result.latency, 90), p99: at(result.latency, 99), p999: at(result.latency, 99.9) },
    cpuSecondsPer100k: { front: per100k(frontCpu.totalSeconds), node: per100k(nodeCpu.totalSeconds), all: per100k(frontCpu.totalSeconds + nodeCpu.totalSeconds) },
    frontUserShare: frontCpu.totalSeconds > 0 ? frontCpu.userSeconds / frontCpu.totalSeconds : undefined,
    peakBytes: all.reduce((sum, pid) => sum + (memory(pid)?.peakResidentBytes ?? 0), 0),
    latency: result.latency,
  };
}

module.exports = { runLoad };
