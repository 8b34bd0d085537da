'use strict';

/** What a target throws to answer with an error of the exposure's own, as it stands. */
class Refusal extends Error {
  /** @param {number} status @param {string} message @param {string} code */
  constructor(status, message, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

module.exports = { Refusal };
