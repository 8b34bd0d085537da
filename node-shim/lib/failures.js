'use strict';

const { traceOf } = require('./call-trace');
const { failureFlag } = require('./failure-kind');
const { hintFor } = require('./runner-misuse');

/** What tells this package's own cancellation from another AbortError. */
const CANCELLED = 'RUNNER_SIDECAR_CANCELLED';

/**
 * The one place where an error thrown by a task or an event becomes an answer, as nodeExposure 4.8.6 makes it
 * (src/node/exposure/requestHandlers.ts, the catch of processTaskRequest).
 */
class Failures {
  /**
   * @param {object} options
   * @param {import('./codec').Codec} options.codec
   * @param {() => Iterable<{ is(error: unknown): boolean }>} [options.helpers] the app's registered error helpers
   * @param {(error: unknown) => boolean} [options.isCancellation]
   * @param {(reason: string) => unknown} [options.cancellation] makes the error that aborts a task's signal
   * @param {(level: string, message: string, data: object) => void} options.log
   */
  constructor({ codec, helpers = () => [], isCancellation = isAbort, cancellation = makeAbort, log }) {
    this.codec = codec;
    this.helpers = helpers;
    this.isCancellation = isCancellation;
    this.cancellation = cancellation;
    this.log = log;
    this.hasHinted = false;
  }

  /**
   * @param {unknown} error
   * @param {import('./call').Call} call whose target threw it
   * @returns {Failure}
   *
   * @typedef {object} Failure
   * @property {number} status
   * @property {string} body
   * @property {boolean} cancelled
   * @property {number} flag whose doing it was: see lib/failure-kind.js
   */
  describe(error, call) {
    if (this.isCancellation(error)) return this.cancelled();
    const extra = this.identify(error);
    const message = error instanceof Error && error.message ? error.message : 'Internal Error';
    const flag = this.note(error, call, extra !== undefined);
    return { ...this.answer(500, message, extra), flag };
  }

  /** @returns {Failure} */
  cancelled() {
    const body = this.codec.envelope(499, 'Client Closed Request', 'REQUEST_ABORTED');
    return { status: 499, body, cancelled: true, flag: 0 };
  }

  /**
   * Writes an error into the log, so that its request and its place can be found.
   * @param {unknown} error @param {import('./call').Call} call
   * @param {boolean} isRegistered one that the app registered
   * @returns {number} the failure's flag
   */
  note(error, call, isRegistered) {
    const flag = failureFlag(error, call.target, isRegistered);
    // What the app says no with, and what a client got wrong, is no news for an operator.
    const level = flag === 0 ? 'error' : 'info';
    this.log(level, `exposure.${call.target.kind}.error`, { ...traceOf(call), error, ...this.hint(error) });
    return flag;
  }

  /** Said once: what is wrong with how the runner's parts are called. */
  hint(error) {
    if (this.hasHinted) return undefined;
    const hint = hintFor(error);
    if (hint === null) return undefined;
    this.hasHinted = true;
    return { hint };
  }

  identify(error) {
    try {
      for (const helper of this.helpers()) {
        if (helper.is(error)) return { id: error.name, data: error.data };
      }
    } catch {
      // An error helper that throws identifies nothing; the error itself is still answered.
    }
    return undefined;
  }

  answer(status, message, extra) {
    try {
      return { status, body: this.codec.envelope(status, message, 'INTERNAL_ERROR', extra), cancelled: false };
    } catch {
      // The error's own data cannot be serialised: what the exposure's outermost catch answers.
      const body = JSON.stringify({ ok: false, error: { message: 'Internal Error', code: 'INTERNAL_ERROR' } });
      return { status: 500, body, cancelled: false };
    }
  }
}

function isAbort(error) {
  if (!(error instanceof Error) || error.name !== 'AbortError') return false;
  return /** @type {NodeJS.ErrnoException} */ (error).code === CANCELLED;
}

function makeAbort(reason) {
  return Object.assign(new Error(reason), { name: 'AbortError', code: CANCELLED });
}

module.exports = { Failures };
