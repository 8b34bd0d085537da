'use strict';

/**
 * Runs put together: medians with their spread, and ratios between subjects.
 *
 * A ratio is formed within each round and its median taken: what disturbed a round disturbed both, and cancels out.
 *
 * @typedef {{median: number, low: number, high: number}} Spread
 */

const { median, medianDistribution } = require('../../compare/measure/latency');

/** Figures of a run that are summed up, by the path to them. */
const FIGURES = [
  'requestsPerSecond', 'milliseconds.p50', 'milliseconds.p90', 'milliseconds.p99', 'milliseconds.p999',
  'cpuSecondsPer100k.front', 'cpuSecondsPer100k.node', 'cpuSecondsPer100k.all', 'frontUserShare',
  'microseconds.frontUser', 'microseconds.frontKernel', 'microseconds.nodeUser', 'microseconds.nodeKernel',
  'peakBytes', 'disturbance',
];

const value = (run, path) => path.split('.').reduce((part, name) => part?.[name], run);

/**
 * @param {import('./run').Run[]} runs
 * @returns {Array<{case: string, subject: string, rounds: number, figures: Record<string, Spread>, latency: object}>}
 */
function summarize(runs) {
  const groups = new Map();
  for (const run of runs) {
    const key = `${run.case}\n${run.subject}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map((group) => {
    const figures = FIGURES.map((path) => [path, spreadOf(group.map((run) => value(run, path)))]);
    return {
      case: group[0].case, subject: group[0].subject, rounds: group.length,
      figures: Object.fromEntries(figures.filter(([, found]) => found)),
      latency: medianDistribution(group.map(({ latency }) => latency)),
    };
  });
}

/** @param {number[]} values what is no number is left out @returns {Spread | undefined} undefined for none */
function spreadOf(values) {
  const numbers = values.filter(Number.isFinite);
  if (numbers.length === 0) return undefined;
  return { median: median(numbers), low: Math.min(...numbers), high: Math.max(...numbers) };
}

/**
 * A figure of one subject to that of another, in the same case.
 *
 * @param {import('./run').Run[]} runs
 * @param {{case: string, of: string, to: string, figure: string}} what
 * @returns {Spread | undefined} undefined when either was not measured
 */
function ratio(runs, { case: caseId, of, to, figure }) {
  const ofCase = runs.filter((run) => run.case === caseId);
  const at = (subject, round) => value(ofCase.find((run) => run.subject === subject && run.round === round), figure);
  const rounds = [...new Set(ofCase.map(({ round }) => round))];
  return spreadOf(rounds.map((round) => at(of, round) / at(to, round)).filter((found) => found > 0));
}

module.exports = { summarize, ratio, spreadOf };
