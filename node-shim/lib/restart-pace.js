'use strict';

const FIRST_MILLISECONDS = 500;
const MOST_MILLISECONDS = 30_000;

/**
 * How long to wait before a process is started again: longer with each one in a row that came to nothing, so that an
 * app that cannot start does not take the machine with it.
 */
class RestartPace {
  constructor() {
    /** Failures in a row. */
    this.failures = 0;
  }

  /** @returns {number} milliseconds to wait now that another one failed */
  failed() {
    this.failures += 1;
    return Math.min(MOST_MILLISECONDS, FIRST_MILLISECONDS * 2 ** (this.failures - 1));
  }

  /** One proved itself. */
  succeeded() {
    this.failures = 0;
  }
}

module.exports = { RestartPace, FIRST_MILLISECONDS, MOST_MILLISECONDS };
