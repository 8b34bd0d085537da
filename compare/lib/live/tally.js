'use strict';

/**
 * What a live comparison has found, by task and event. Bounded, however long it runs: so many ids, so many places for
 * each, the rest counted together.
 *
 * @typedef {import('../diff').AnswerDifference} AnswerDifference
 *
 * @typedef {object} TargetTally
 * @property {string} name `task app.tasks.add`
 * @property {number} compared
 * @property {number} same
 * @property {number} noisy the same but for what varies by itself
 * @property {number} different
 * @property {number} unanswered by the second server
 * @property {Map<string, { count: number, first: string, second: string }>} places where calls differed first
 */

const TARGETS_MOST = 2_000;
const PLACES_MOST = 50;
const OTHERS = '(others)';

/** @typedef {'same' | 'noisy' | 'different' | 'unanswered'} Verdict */

class Tally {
  constructor() {
    /** @type {Map<string, TargetTally>} */
    this.targets = new Map();
    this.compared = 0;
    /** @type {Record<Verdict, number>} */
    this.counts = { same: 0, noisy: 0, different: 0, unanswered: 0 };
    /** Mirrored calls that were no HTTP as expected. */
    this.unreadable = 0;
    /** @type {import('./mirror-stream').MirrorCounts} */
    this.front = { seen: 0, sampled: 0, dropped: 0, skipped: 0 };
    /** The last failure of the second server. @type {string | null} */
    this.failure = null;
  }

  /**
   * @param {string} name
   * @param {Verdict} verdict
   * @param {AnswerDifference[]} differences
   */
  add(name, verdict, differences) {
    const target = this.target(name);
    this.compared += 1;
    this.counts[verdict] += 1;
    target.compared += 1;
    target[verdict] += 1;
    if (verdict === 'unanswered') this.failure = differences[0].second;
    const [first] = differences;
    if (first === undefined) return;
    const place = generalised(first.place);
    const known = target.places.get(place);
    if (known !== undefined) known.count += 1;
    else if (target.places.size < PLACES_MOST) {
      target.places.set(place, { count: 1, first: first.first, second: first.second });
    } else {
      const others = target.places.get(OTHERS) ?? { count: 0, first: '', second: '' };
      others.count += 1;
      target.places.set(OTHERS, others);
    }
  }

  /** @param {string} name @returns {TargetTally} */
  target(name) {
    const known = this.targets.get(name);
    if (known !== undefined) return known;
    if (this.targets.size >= TARGETS_MOST && name !== OTHERS) return this.target(OTHERS);
    const made = { name, compared: 0, same: 0, noisy: 0, different: 0, unanswered: 0, places: new Map() };
    this.targets.set(name, made);
    return made;
  }
}

/** `$.result.items[3].price` is the same place as `$.result.items[7].price`: one fault, not two. */
function generalised(place) {
  return place.replace(/\[\d+\]/g, '[…]').replace(/^body byte \d+$/, 'body bytes');
}

module.exports = { Tally, TARGETS_MOST, PLACES_MOST, OTHERS };
