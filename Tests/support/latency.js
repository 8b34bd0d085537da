'use strict';

/** Durations of many calls, and what to say of them. */
class Latencies {
  constructor() {
    /** @type {number[]} milliseconds */
    this.samples = [];
  }

  /** @template T @param {() => Promise<T>} call @returns {Promise<T>} what the call gives, timed */
  async time(call) {
    const began = performance.now();
    const value = await call();
    this.samples.push(performance.now() - began);
    return value;
  }

  /** @param {number} fraction such as 0.99 @returns {number} milliseconds */
  percentile(fraction) {
    const sorted = [...this.samples].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))];
  }

  report() {
    const [p50, p99, most] = [0.5, 0.99, 1].map((fraction) => this.percentile(fraction).toFixed(1));
    return `${this.samples.length} calls: p50 ${p50} ms, p99 ${p99} ms, at most ${most} ms`;
  }
}

module.exports = { Latencies };
