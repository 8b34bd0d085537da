'use strict';

/** Sends mirrored calls to the second server, so many at once, and judges what it answers. */

const { differences, withoutNoise } = require('../diff');
const { exchange } = require('../exchange');
const { answerOf, requestOf, unzipped } = require('./wire');

/**
 * @typedef {object} ShadowOptions
 * @property {number} concurrency calls that the second server has at once
 * @property {string[]} ignoredHeaders
 * @property {string[]} ignoredPaths places not compared, such as `$.result.time`
 * @property {(name: string) => boolean} isSafe whether a call may be sent more than once
 */

class Shadow {
  /**
   * @param {ReturnType<typeof import('../exchange').makeSide>} side the second server
   * @param {import('./tally').Tally} tally
   * @param {ShadowOptions} options
   */
  constructor(side, tally, options) {
    this.side = side;
    this.tally = tally;
    this.options = options;
    this.running = 0;
    /** Something is over: there is room. @type {() => void} */
    this.onRoom = () => {};
  }

  get hasRoom() {
    return this.running < this.options.concurrency;
  }

  /**
   * @param {import('./mirror-stream').MirroredCall} call
   * @param {string} basePath of the front
   */
  async compare(call, basePath) {
    const request = requestOf(call, basePath);
    const first = answerOf(call);
    if (request === null || first === null) {
      this.tally.unreadable += 1;
      return;
    }
    this.running += 1;
    try {
      await this.judge(request, first);
    } finally {
      this.running -= 1;
      this.onRoom();
    }
  }

  async judge(request, first) {
    const second = unzipped(await exchange(this.side, request));
    if (second.failure !== undefined) {
      this.tally.add(request.name, 'unanswered', this.differences(first, second));
      return;
    }
    const found = this.differences(first, second);
    if (found.length === 0) {
      this.tally.add(request.name, 'same', []);
      return;
    }
    // Where the second server does not agree with itself, nothing can be said. Asked only where it matters.
    const again = this.options.isSafe(request.name) ? unzipped(await exchange(this.side, request)) : second;
    const left = again.failure === undefined ? withoutNoise(found, this.differences(second, again)) : found;
    this.tally.add(request.name, left.length > 0 ? 'different' : 'noisy', left);
  }

  /** @returns {import('../diff').AnswerDifference[]} */
  differences(first, second) {
    return differences(first, second, this.options.ignoredHeaders).filter(({ kind, place }) => (
      // A mirrored response has no times of arrival.
      kind !== 'streaming' && !this.options.ignoredPaths.some((path) => isAtOrBelow(place, `body ${path}`))
    ));
  }
}

/** @param {string} place @param {string} ignored with `[*]` for any index */
function isAtOrBelow(place, ignored) {
  const plain = ignored.includes('[*]') ? place.replace(/\[\d+\]/g, '[*]') : place;
  return plain === ignored || plain.startsWith(`${ignored}.`) || plain.startsWith(`${ignored}[`);
}

module.exports = { Shadow };
