'use strict';

/**
 * A seeded generator (mulberry32): the same seed gives the same run. The seed comes from `SEED` or the clock.
 */
class Random {
  /** @param {number} seed */
  constructor(seed) {
    this.seed = seed >>> 0;
    this.state = this.seed;
  }

  /** For a test: takes `SEED` from the environment, and says which seed was used so that the run can be had again. */
  static forTest(t) {
    const seed = process.env.SEED === undefined
      ? (Date.now() ^ (process.pid << 8)) >>> 0
      : Number(process.env.SEED) >>> 0;
    t.diagnostic(`seed ${seed} (set SEED=${seed} to repeat)`);
    return new Random(seed);
  }

  /** @returns {number} from 0 to below 1 */
  fraction() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let x = this.state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  }

  /** @returns {number} a whole number from `low` to `high`, both included */
  integer(low, high) {
    return low + Math.floor(this.fraction() * (high - low + 1));
  }

  /** @returns {boolean} true with the given probability */
  chance(probability) {
    return this.fraction() < probability;
  }

  /** @template T @param {readonly T[]} items @returns {T} */
  pick(items) {
    return items[this.integer(0, items.length - 1)];
  }

  /** @param {number} length @returns {Buffer} */
  bytes(length) {
    const buffer = Buffer.allocUnsafe(length);
    for (let i = 0; i < length; i += 1) buffer[i] = this.integer(0, 255);
    return buffer;
  }
}

module.exports = { Random };
