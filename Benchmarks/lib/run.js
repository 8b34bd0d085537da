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
 * @property {{frontUser: number, frontKernel: number, nodeUser: number, nodeKernel: number}} microseconds of CPU for a
 *   request
 * @property {number} [frontUserShare] of the front's CPU, spent outside the kernel
 * @property {number} peakBytes resident memory of all its processes at its highest during the run
 * @property {number} disturbance share of the machine that others took meanwhile
 * @property {import('../../compare/measure/latency').Distribution} latency
 */

const { chooseTool } = require('../../compare/measure/load');
const { at } = require('../../compare/measure/latency');
const { startCpuClock, memory, resetPeakMemory } = require('../../compare/measure/processes');
const { startDisturbanceClock } = require('./machine');
const { fault } = require('./verify');

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
  const stopDisturbance = startDisturbanceClock(all);
  const stopFront = startCpuClock(front);
  const stopNode = startCpuClock(node);
  const result = await chooseTool('wrk').run({
    host: '127.0.0.1', port: subject.port, requests: [work.request], connections: work.connections, depth: work.depth,
    seconds,
  });
  const frontCpu = stopFront();
  const nodeCpu = stopNode();
  const disturbance = stopDisturbance();
  const wrong = fault(work, result, answerBytes);
  if (wrong) throw new Error(wrong);
  const percentile = (which) => at(result.latency, which);
  return {
    requestsPerSecond: result.requestsPerSecond,
    milliseconds: { p50: percentile(50), p90: percentile(90), p99: percentile(99), p999: percentile(99.9) },
    ...costOf(frontCpu, nodeCpu, result.requests),
    frontUserShare: frontCpu.totalSeconds > 0 ? frontCpu.userSeconds / frontCpu.totalSeconds : undefined,
    peakBytes: all.reduce((sum, pid) => sum + (memory(pid)?.peakResidentBytes ?? 0), 0),
    disturbance,
    latency: result.latency,
  };
}

/** @param {object} front CPU, as a CPU clock tells it @param {object} node the same @param {number} requests */
function costOf(front, node, requests) {
  const per100k = (seconds) => (seconds / requests) * 100_000;
  const each = (seconds) => (seconds / requests) * 1e6;
  return {
    cpuSecondsPer100k: {
      front: per100k(front.totalSeconds), node: per100k(node.totalSeconds),
      all: per100k(front.totalSeconds + node.totalSeconds),
    },
    microseconds: {
      frontUser: each(front.userSeconds), frontKernel: each(front.systemSeconds),
      nodeUser: each(node.userSeconds), nodeKernel: each(node.systemSeconds),
    },
  };
}

module.exports = { runLoad };
