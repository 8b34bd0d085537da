'use strict';

/**
 * Latency distributions: how the tools of this folder hand over what they measured, and how rounds are put together.
 *
 * A distribution is a list of `[percentile, milliseconds]` points, percentile from 0 to 100 and both ascending. Points,
 * not samples: wrk and ab give nothing else, and a curve needs no more.
 *
 * @typedef {Array<[number, number]>} Distribution
 */

/** The percentiles every tool reports: dense towards the tail, where the differences are. */
const PERCENTILES = Object.freeze([
  0, 1, 5, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92, 94, 95, 96, 97, 98, 99, 99.25, 99.5, 99.75, 99.9, 99.95,
  99.99, 100,
]);

/**
 * @param {number[]} samples milliseconds, in any order
 * @returns {Distribution}
 */
function distributionOf(samples) {
  if (samples.length === 0) return [];
  const sorted = Float64Array.from(samples).sort();
  return PERCENTILES.map((percentile) => {
    // The small subtraction undoes what binary fractions add: 99.9 / 100 * 1000 is a little more than 999.
    const rank = Math.max(1, Math.ceil((percentile / 100) * sorted.length - 1e-9));
    return [percentile, sorted[rank - 1]];
  });
}

/**
 * The latency at a percentile, read off between the two points around it.
 *
 * @param {Distribution} distribution
 * @param {number} percentile 0 to 100
 * @returns {number} milliseconds, NaN when nothing was measured
 */
function at(distribution, percentile) {
  if (distribution.length === 0) return NaN;
  const index = distribution.findIndex(([point]) => point >= percentile);
  if (index === -1) return distribution[distribution.length - 1][1];
  const [point, milliseconds] = distribution[index];
  if (point === percentile || index === 0) return milliseconds;
  const [lowerPoint, lowerMilliseconds] = distribution[index - 1];
  const share = (percentile - lowerPoint) / (point - lowerPoint);
  return lowerMilliseconds + share * (milliseconds - lowerMilliseconds);
}

/**
 * @param {number[]} values
 * @returns {number} the middle one, or the mean of the two middle ones; NaN for none
 */
function median(values) {
  if (values.length === 0) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * One distribution out of several rounds: at each percentile the median of the rounds, so that one disturbed round
 * does not draw the curve.
 *
 * @param {Distribution[]} rounds
 * @returns {Distribution}
 */
function medianDistribution(rounds) {
  const measured = rounds.filter((round) => round.length > 0);
  if (measured.length === 0) return [];
  return PERCENTILES.map((percentile) => [percentile, median(measured.map((round) => at(round, percentile)))]);
}

module.exports = { PERCENTILES, distributionOf, at, median, medianDistribution };
