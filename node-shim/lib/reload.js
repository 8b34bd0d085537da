'use strict';

/**
 * @typedef {object} ReloadOutcome
 * @property {'finished' | 'stopped'} outcome
 * @property {number} replaced workers that were replaced
 * @property {string} [reason] why it stopped
 */

/** One rolling reload: which workers are still to be replaced, and who hears of it. */
class Reload {
  constructor() {
    /** @type {import('./worker-process').WorkerProcess[]} those still to be replaced */
    this.old = [];
    this.total = 0;
    this.replaced = 0;
    this.hasBegun = false;
    /** @type {Array<(text: string) => void>} */
    this.listeners = [];
    /** @type {Promise<ReloadOutcome>} */
    this.ended = new Promise((resolve) => {
      /** @type {(outcome: ReloadOutcome) => void} */
      this.end = resolve;
    });
  }

  /** @param {(text: string) => void} listener hears the progress @returns {Promise<ReloadOutcome>} */
  join(listener) {
    this.listeners.push(listener);
    return this.ended;
  }

  /** @param {string} text */
  tell(text) {
    for (const listener of this.listeners) listener(text);
  }

  /** @param {import('./worker-process').WorkerProcess[]} workers those of now @param {number} now */
  begin(workers, now) {
    this.hasBegun = true;
    this.begunAt = now;
    this.old = workers;
    this.total = workers.length;
  }

  /** The next worker to be replaced; null when there is none. */
  next() {
    // One that ended by itself meanwhile was started again, with what is on disk now.
    while (this.old.length > 0 && (this.old[0].state === 'ended' || this.old[0].isLeaving)) {
      this.old.shift();
      this.replaced += 1;
    }
    return this.old.shift() ?? null;
  }
}

module.exports = { Reload };
