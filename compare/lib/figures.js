'use strict';

/** What is told of each side under load, in this order: the rows of the terminal's table and of the page's. */

const { figure, byteFigure } = require('../measure/charts');
const { at } = require('../measure/latency');

/**
 * @typedef {object} LoadFigure
 * @property {string} name
 * @property {(side: import('./measure').SideMeasure) => number | undefined} of
 * @property {(value: number | undefined) => string} show
 * @property {boolean} [countedOnly] a ratio of the two sides says nothing
 */

/** @type {LoadFigure[]} */
const FIGURES = [
  { name: 'requests per second', of: (side) => side.requestsPerSecond, show: figure },
  ...[50, 90, 99].map((percentile) => ({
    name: `p${percentile}, ms`, of: (side) => at(side.latency, percentile), show: figure,
  })),
  { name: 'longest, ms', of: (side) => at(side.latency, 100), show: figure },
  { name: 'CPU s per 100,000', of: (side) => side.cpuSecondsPer100k, show: figure },
  { name: 'memory', of: (side) => side.residentBytes, show: byteFigure },
  { name: 'failures', of: (side) => side.failures, show: String, countedOnly: true },
];

/**
 * @param {[import('./measure').SideMeasure, import('./measure').SideMeasure]} sides
 * @returns {string[][]} rows of name, first, second, and how often the first goes into the second
 */
function figureRows(sides) {
  return FIGURES.map(({ name, of, show, countedOnly }) => {
    const [first, second] = sides.map(of);
    return [name, show(first), show(second), countedOnly ? '' : ratio(first, second)];
  });
}

/** @returns {string} `2.50×`; empty when one of them was not measured */
function ratio(first, second) {
  const times = second / first;
  return Number.isFinite(times) && times > 0 ? `${times.toFixed(2)}×` : '';
}

/** @returns {string} the processes whose CPU and memory were counted */
function processList(processes) {
  const list = processes.map(({ pid, name }) => `${name ?? 'gone'} (${pid})`);
  return list.join(', ') || 'none found: no CPU and memory figures';
}

/** @returns {string} who made the load */
function toolName({ tool, isFallback }) {
  if (tool !== 'own') return tool;
  return isFallback ? 'a loader of our own (neither wrk nor ab is installed)' : 'a loader of our own';
}

/** @returns {string} how long the load took, in words */
function roundsText(rounds, seconds) {
  return rounds === 1 ? `one round of ${seconds} s` : `${rounds} rounds of ${seconds} s each in turns, medians`;
}

module.exports = { figureRows, ratio, processList, toolName, roundsText };
