'use strict';

/** Seeded random numbers (mulberry32). SEED in the environment repeats a run. */
class Random {
  constructor(seed = Number(process.env.SEED) || Date.now() & 0x7fffffff) {
    this.seed = seed;
    this.state = seed;
  }

  next() {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** @returns {number} a whole number from 0 up to, but not, `limit` */
  below(limit) {
    return Math.floor(this.next() * limit);
  }
}

module.exports = { Random };
