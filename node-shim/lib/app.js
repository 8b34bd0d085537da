'use strict';

const { describeExposure } = require('./http-options');

/**
 * What a shim serves, whatever it was made from: the table of targets, how values become text, how errors become
 * answers, and the exposure's options. lib/runner-app.js and lib/plain-app.js make one.
 *
 * @typedef {object} AppParts
 * @property {import('./targets').Targets} targets
 * @property {import('./codec').Codec} codec
 * @property {import('./failures').Failures} failures
 * @property {import('..').HttpOptions} http the very object given to the app's exposure
 * @property {object} auth HELLO's
 * @property {any} rules HELLO's
 * @property {import('./responses').Responses} responses
 * @property {[string, string][]} [shownIds] what an answer names for an id that was asked for
 * @property {import('node:http').RequestListener | null} [listener] takes what is no call
 * @property {boolean} [listenerTakesEverything] also outside the base path
 * @property {boolean} [listenerAnswersCalls] it is the app's own exposure, under the base path
 * @property {string | null} [runnerVersion]
 * @property {Log} log
 *
 * @callback Log
 * @param {'debug' | 'info' | 'warn' | 'error'} level
 * @param {string} message
 * @param {object} [data]
 */
class App {
  /** @param {AppParts} parts */
  constructor(parts) {
    this.table = parts.targets;
    this.codec = parts.codec;
    this.failures = parts.failures;
    this.responses = parts.responses;
    this.rules = parts.rules;
    this.shownIds = parts.shownIds || [];
    this.http = parts.http;
    /** What the app's own handlers were configured with, where that may be something else. @type {any} */
    this.ownHttp = null;
    this.log = parts.log;
    this.listener = parts.listener || null;
    this.listenerTakesEverything = Boolean(parts.listenerTakesEverything);
    this.listenerAnswersCalls = Boolean(parts.listenerAnswersCalls);
    this.runnerVersion = parts.runnerVersion || null;
    this.exposure = describeExposure(parts.http, parts.auth, parts.rules);
    this.basePath = this.exposure.basePath;
  }

  /** By index, as calls name them. */
  get targets() {
    return this.table.list;
  }

  /** The app's part of HELLO. */
  describe() {
    return {
      ...(this.runnerVersion === null ? {} : { runner: this.runnerVersion }),
      exposure: this.exposure,
      ...(this.shownIds.length === 0 ? {} : { shownIds: this.shownIds }),
      targets: this.table.describe(),
      listener: {
        exposure: this.listener !== null,
        everything: this.listener !== null && this.listenerTakesEverything,
      },
    };
  }
}

module.exports = { App };
