'use strict';

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
  }

  /**
   * @param {unknown} error
   * @param {string} kind `task` or `event`
   * @param {string} [_requestId] for the log, where requests have one
   * @returns {{ status: number, body: string, cancelled: boolean }}
   */
  describe(error, kind, _requestId) {
    if (this.isCancellation(error)) return this.cancelled();
    const extra = this.identify(error);
    const message = error instanceof Error && error.message ? error.message : 'Internal Error';
    this.log('error', `exposure.${kind}.error`, { error: error instanceof Error ? error.message : textOf(error) });
    return this.answer(500, message, extra);
  }

  cancelled() {
    return { status: 499, body: this.codec.envelope(499, 'Client Closed Request', 'REQUEST_ABORTED'), cancelled: true };
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

function textOf(error) {
  try {
    return String(error);
  } catch {
    return 'an error without text';
  }
}

module.exports = { Failures };
