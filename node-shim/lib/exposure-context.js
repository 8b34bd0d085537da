'use strict';

const { RequestHead } = require('./request-head');

/**
 * What a task sees of the request that called it: the exposure's `{ req, res, url, basePath, headers, method, signal
 * }`.
 *
 * Every member is made when it is first touched. Most tasks touch none, and then nothing is parsed or allocated.
 */
class ExposureContext {
  #call;
  #head = null;
  #url = null;
  #controller = null;
  /** The task has had `res` in its hands: it may have set headers, or written. */
  responseTouched = false;

  /** @param {import('./call').Call} call */
  constructor(call) {
    this.#call = call;
  }

  get #requestHead() {
    if (this.#head === null) this.#head = new RequestHead(this.#call.head);
    return this.#head;
  }

  /** @returns {import('node:http').IncomingMessage} */
  get req() {
    return this.#call.materialise().req;
  }

  /** @returns {import('node:http').ServerResponse} */
  get res() {
    this.responseTouched = true;
    return this.#call.materialise().res;
  }

  get url() {
    if (this.#url === null) this.#url = new URL(this.#requestHead.target || '/', 'http://localhost');
    return this.#url;
  }

  get basePath() {
    return this.#call.app.basePath;
  }

  /** @returns {import('node:http').IncomingHttpHeaders} */
  get headers() {
    const { exchange } = this.#call;
    return exchange !== null ? exchange.req.headers : this.#requestHead.headers;
  }

  get method() {
    return this.#requestHead.method;
  }

  /** Aborts when the client went away, the time ran out, or the response is done. @returns {AbortSignal} */
  get signal() {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#call.over) this.abort('Client Closed Request');
    }
    return this.#controller.signal;
  }

  /** @param {string} reason for a person */
  abort(reason) {
    if (this.#controller === null || this.#controller.signal.aborted) return;
    this.#controller.abort(this.#call.app.failures.cancellation(reason));
  }

  /** Up to 5.x the signal aborts when the response closes, be it for the client's sake or because it is done. */
  finished() {
    if (this.#controller === null || !this.#call.app.responses.abortsWhenDone) return;
    setImmediate(() => this.abort('Client Closed Request'));
  }
}

module.exports = { ExposureContext };
