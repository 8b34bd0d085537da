'use strict';

/**
 * Runs put together: medians with their spread, and ratios between subjects.
 *
 * A ratio is formed within each round and its median taken: what disturbed a round disturbed both, and cancels out.
 */

const { median, medianDistribution } = require('../../node-shim/lib/measure/latency');

/** Figures of a run that are summed up, by the path to them. */
const FIGURES = [
  'requestsPerSecond', 'milliseconds.p50', 'milliseconds.p90', 'milliseconds.p99', 'milliseconds.p999',
  'cpuSecondsPer100k.front', 'cpuSecondsPer100k.node', 'cpuSecondsPer100k.all', 'frontUserShare', 'peakBytes',
];

const value = (run, path) => path.split('.').reduce((part, name) => part?.[name], run);

/**
 * @param {import('./run').Run[]} runs
 * @returns {Array<{case: string, subject: string, rounds: number, figures: Record<string, {median: number, low: number, high: number}>, latency: object}>}
 */
function summarize(runs) {
  const groups = new Map();
  for (const run of runs) {
    const key = `${run.case}\n${run.subject}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map((group) => ({
    case: group[0].case, subject: group[0].subject, rounds: group.length,
    figures: Object.fromEntries(FIGURES.map((path) => [path, spread(group.map((run) => value(run, path)).filter(Number.isFinite))]).filter(([, found]) => found)),
    latency: medianDistribution(group.map(({ latency }) => latency)),
  }));
}

function spread(values) {
  if (values.length === 0) return undefined;
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}

/**
 * A figure of one subject to that of another, in the same case.
 *
 * @param {import('./run').Run[]} runs
 * @param {{case: string, of: string, to: string, figure: string}} what
 * @returns {{median: number, low: number, high: number} | undefined} undefined when either was not measured
 */
function ratio(runs, { case: caseId, of, to, figure }) {
  const at = (subject, round) => value(runs.find((run) => run.case === caseId && run.subject === subject && run.round === round), figure);
  const rounds = [...new Set(runs.filter((run) => run.case === caseId).map(({ round }) => round))];
  return spread(rounds.map((round) => at(of, round) / at(to, round)).filter((found) => Number.isFinite(found) && found > 0));
}

module.exports = { summarize, ratio, FIGURES };
