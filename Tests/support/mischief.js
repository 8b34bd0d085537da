'use strict';

/**
 * What may happen to bytes on their way over a link. Made anew for each direction of each link, so that it may
 * remember.
 * @typedef {(pass: (bytes: Buffer) => void, cut: () => void) => (chunk: Buffer) => void} Mischief
 */

/**
 * Every kind, by name, each drawing on a seeded generator.
 * @type {Record<string, (random: import('./random.js').Random) => Mischief>}
 */
const MISCHIEF = {
  /** Every chunk comes late, some later than others, all in order. */
  delays: (random) => late(() => random.integer(0, 8)),

  /** Now and then nothing comes for a while. */
  stalls: (random) => late(() => (random.chance(0.01) ? 400 : 0)),

  /** Each byte is a write of its own. */
  splits: () => (pass) => (chunk) => {
    for (let at = 0; at < chunk.length; at += 1) pass(chunk.subarray(at, at + 1));
  },

  /** Chunks are torn anywhere, and the pieces come a little apart. */
  tears: (random) => (pass) => {
    const later = queue(pass);
    return (chunk) => {
      for (let at = 0; at < chunk.length;) {
        const size = random.integer(1, 48);
        later(chunk.subarray(at, at + size), random.chance(0.1) ? 1 : 0);
        at += size;
      }
    };
  },

  /** Many chunks become one. */
  merges: () => (pass) => {
    let held = [];
    let timer;
    return (chunk) => {
      held.push(chunk);
      timer ??= setTimeout(() => { timer = undefined; pass(Buffer.concat(held)); held = []; }, 12);
    };
  },

  /** Now and then a bit flips. */
  corrupts: (random) => (pass) => (chunk) => {
    if (!random.chance(0.01)) return pass(chunk);
    const changed = Buffer.from(chunk);
    changed[random.integer(0, changed.length - 1)] ^= 1 << random.integer(0, 7);
    return pass(changed);
  },

  /** Now and then the link is cut, in the middle of whatever it was. */
  cuts: (random) => (pass, cut) => {
    let isCut = false;
    return (chunk) => {
      if (isCut) return;
      isCut = random.chance(0.005);
      pass(isCut ? chunk.subarray(0, random.integer(0, chunk.length)) : chunk);
      if (isCut) setImmediate(cut);
    };
  },
};

/** @param {() => number} delayMilliseconds @returns {Mischief} */
function late(delayMilliseconds) {
  return (pass) => {
    const later = queue(pass);
    return (chunk) => later(chunk, delayMilliseconds());
  };
}

/** Passes chunks on in their order, each its delay after the one before. */
function queue(pass) {
  /** @type {{ chunk: Buffer, delay: number }[]} */
  const waiting = [];
  let timer;
  const next = () => {
    timer = undefined;
    while (waiting.length > 0 && waiting[0].delay === 0) pass(waiting.shift().chunk);
    if (waiting.length === 0) return;
    const { delay } = waiting[0];
    waiting[0].delay = 0;
    timer = setTimeout(next, delay);
  };
  return (chunk, delay) => {
    waiting.push({ chunk, delay });
    if (timer === undefined) next();
  };
}

module.exports = { MISCHIEF };
