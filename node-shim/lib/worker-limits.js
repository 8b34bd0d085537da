'use strict';

const { bytesText, timeText } = require('./quantities');

/** A worker's own limits are up to this share below the ones given, so that workers do not all renew at once. */
const JITTER = 0.2;

/**
 * After how many calls, how much memory and how long one worker is replaced.
 *
 * @typedef {object} Limits
 * @property {number} [calls]
 * @property {number} [memoryBytes] resident
 * @property {number} [ageMilliseconds]
 *
 * @typedef {object} Figures
 * @property {number} calls that the worker was given
 * @property {number} memoryBytes resident
 * @property {number} ageMilliseconds since it began to serve
 */
class WorkerLimits {
  /**
   * @param {Limits} limits those without a value do not count
   * @param {() => number} [random] from 0 to 1
   */
  constructor(limits, random = Math.random) {
    const own = (limit) => (limit === undefined ? Infinity : Math.max(1, Math.round(limit * (1 - JITTER * random()))));
    this.given = limits;
    this.calls = own(limits.calls);
    this.ageMilliseconds = own(limits.ageMilliseconds);
    this.memoryBytes = own(limits.memoryBytes);
  }

  /**
   * @param {Figures} figures
   * @returns {{ cause: 'calls' | 'memory' | 'age', sentence: string } | null} why the worker is to be replaced
   */
  exceeded({ calls, memoryBytes, ageMilliseconds }) {
    const { given } = this;
    if (calls >= this.calls) {
      return { cause: 'calls', sentence: `it was given ${calls} calls (--max-calls ${given.calls})` };
    }
    if (memoryBytes >= this.memoryBytes) {
      const limit = bytesText(given.memoryBytes);
      return { cause: 'memory', sentence: `it uses ${bytesText(memoryBytes)} (--max-memory ${limit})` };
    }
    if (ageMilliseconds >= this.ageMilliseconds) {
      const limit = timeText(given.ageMilliseconds);
      return { cause: 'age', sentence: `it has served for ${timeText(ageMilliseconds)} (--max-age ${limit})` };
    }
    return null;
  }
}

module.exports = { WorkerLimits, JITTER };
