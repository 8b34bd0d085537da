'use strict';

const { Frame, Result, Entry, Cancel } = require('./protocol');
const { ExposureContext } = require('./exposure-context');
const { respondOnCall } = require('./call-response');
const { EventResult } = require('./dialects/events');
const { Refusal } = require('./refusal');
const { RequestHead } = require('./request-head');

const REASONS = {
  [Cancel.CLIENT_CLOSED]: 'Client Closed Request',
  [Cancel.HALF_CLOSED]: 'Client Closed Request',
  [Cancel.TIMEOUT]: 'Request timed out',
  [Cancel.FRONT_STOPPING]: 'Server is stopping',
};

/** What the front answers in the place of a call that it cancelled; 499 where nobody is left to be answered. */
const STATUSES = {
  [Cancel.CLIENT_CLOSED]: 499,
  [Cancel.HALF_CLOSED]: 499,
  [Cancel.TIMEOUT]: 504,
  [Cancel.FRONT_STOPPING]: 504,
};

/**
 * One call from its frame to its answer. It is over once: when answered, cancelled, or when its link ended.
 */
class Call {
  /**
   * @param {import('./link').Link} link
   * @param {number} id
   * @param {import('./targets').Target} target
   * @param {string} head the peer block and the request head as latin1, '' when the target asked for none
   */
  constructor(link, id, target, head) {
    this.link = link;
    this.id = id;
    this.target = target;
    this.head = head;
    this.over = false;
    this.cancelReason = 0;
    /** @type {ExposureContext | null} what the task sees of the request; made only for those that get it */
    this.context = null;
    /** @type {import('./stream-exchange').StreamExchange | null} genuine req and res, once something touched them */
    this.exchange = null;
    /** @type {import('./spans').OpenSpan | null} */
    this.span = null;
    /** The client understands no chunks. */
    this.isHTTP10 = false;
  }

  get app() {
    return this.link.app;
  }

  /**
   * Starts the target, in the sight of what observes this process's server.
   * @param {unknown} input
   * @param {number} entryFlags
   * @param {boolean} plain whether the input came as plain JSON
   */
  start(input, entryFlags, plain) {
    this.isHTTP10 = (entryFlags & Entry.HTTP_1_0) !== 0;
    if (this.isObserved) this.link.observation.begin(this, () => this.run(input, entryFlags, plain));
    else this.run(input, entryFlags, plain);
  }

  /** Whether something observes this process's server, so that it is to see this call. */
  get isObserved() {
    const { observation } = this.link;
    if (!observation || !observation.isOn) return false;
    if (this.head !== '') return true;
    // Something observes that did not before: from now on calls bring their heads.
    this.link.owner.wantHeads();
    return false;
  }

  run(input, entryFlags, plain) {
    const { target } = this;
    try {
      if ((entryFlags & Entry.WHOLE) !== 0) input = target.unwrap(input);
      if (!plain && target.verify !== undefined) target.verify(input);
      const value = /** @type {any} */ (target.run(input, this, (entryFlags & Entry.CONTEXT) !== 0));
      // Looking for `then` instead of awaiting: a task that answered at once costs no promise.
      if (value === null || typeof value !== 'object' || typeof value.then !== 'function') {
        this.succeed(value);
        return;
      }
      this.link.running.set(this.id, this);
      const promise = value instanceof Promise ? value : Promise.resolve(value);
      promise.then(
        (result) => this.succeed(result),
        (error) => this.fail(error),
      );
    } catch (error) {
      this.fail(error);
    }
  }

  /** The text did not parse with the app's own serializer. */
  refuseInput() {
    if (this.isObserved) this.link.observation.begin(this, () => this.refuse());
    else this.refuse();
  }

  refuse() {
    this.answer(400, this.app.codec.envelope(400, this.app.rules.invalidBodyText, 'INVALID_JSON'), 0);
  }

  succeed(value) {
    if (this.over) return;
    try {
      if (this.target.kind === 'event') this.answerEvent(value);
      else if (this.responseTouched || this.app.responses.isStream(value)) respondOnCall(this, value);
      else this.answerValue(value);
    } catch (error) {
      this.fail(error);
    }
  }

  /** @param {unknown} value what the event gives back, if its client asked for it */
  answerEvent(value) {
    if (value instanceof EventResult) this.answerValue(value.value);
    else this.answerEmpty();
  }

  /** @param {unknown} value of a task that wrote nothing itself */
  answerValue(value) {
    const { codec } = this.app;
    if ((typeof value === 'object' || typeof value === 'string') && value !== null) {
      const parts = codec.valueParts(value);
      if (parts !== null && this.answerParts(parts)) return;
    }
    const text = codec.valueText(value);
    if (text === undefined) this.answerEmpty();
    else if (text !== '') this.answer(200, text, Result.VALUE);
    else this.answer(200, codec.stringify({ ok: true, result: value }), 0);
  }

  fail(error) {
    if (this.over) return;
    if (error instanceof Refusal) {
      this.answer(error.status, this.app.codec.envelope(error.status, error.message, error.code), 0);
      return;
    }
    const { status, body, flag, cancelled } = this.app.failures.describe(error, this);
    if (this.span !== null && !cancelled) this.span.fail(error);
    if (flag === 0 && !cancelled) this.link.owner.failedUnexpectedly(this.target);
    if (isFramed(status) && !this.responseTouched) {
      this.answer(status, body, (Result.FAILED | flag) & this.link.resultFlags);
      return;
    }
    const exchange = this.materialise();
    // An interim status answers nothing: where the original leaves its client waiting, the connection is closed.
    if (status < 200) exchange.res.shouldKeepAlive = false;
    exchange.respondFailure(status < 200 ? 500 : status, body);
  }

  /** Where requests have an id. */
  get requestId() {
    if (!this.app.rules.requestIds || this.head === '') return undefined;
    return new RequestHead(this.head).headers['x-runner-request-id'];
  }

  answerEmpty() {
    this.finish(200);
    this.link.writer.empty(Frame.RESULT, Result.EMPTY, 200, this.id, 0);
    this.link.settled(this);
  }

  /** @param {number} status @param {string} text JSON @param {number} flags RESULT's */
  answer(status, text, flags) {
    const { link } = this;
    // A UTF-16 unit never takes more than three bytes, so the length is counted only near the limit.
    if (text.length * 3 > link.resultBytes && Buffer.byteLength(text) > link.resultBytes) {
      const body = (flags & Result.VALUE) !== 0 ? `{"ok":true,"result":${text}}` : text;
      this.materialise().respondJson(status, body);
      return;
    }
    this.finish(status);
    link.writer.text(Frame.RESULT, flags, status, this.id, 0, text);
    link.settled(this);
  }

  /** @param {string[]} parts JSON text with long strings @returns {boolean} false: it was not answered */
  answerParts(parts) {
    const { link } = this;
    const written = link.writer.textWithLongStrings(
      Frame.RESULT, Result.VALUE, 200, this.id, 0, parts, link.resultBytes,
    );
    if (!written) return false;
    this.finish(200);
    link.settled(this);
    return true;
  }

  /** Genuine req and res for this call. @returns {import('./stream-exchange').StreamExchange} */
  materialise() {
    if (this.exchange === null) this.exchange = this.link.streams.materialise(this);
    return this.exchange;
  }

  /** This call is answered by a RESULT frame. @param {number} status */
  finish(status) {
    this.over = true;
    if (this.exchange !== null) this.exchange.discard(status);
    if (this.span !== null) this.span.end(status);
    if (this.context !== null) this.context.finished();
  }

  /** The genuine response is over: sent, or cut off. */
  exchangeOver() {
    if (this.over) return;
    this.over = true;
    if (this.span !== null) this.span.end(this.exchange.res.statusCode);
    if (this.context !== null) this.context.finished();
    this.link.settled(this);
  }

  /** Whether something may have been set on the genuine response, or written to it. */
  get responseTouched() {
    if (this.exchange === null) return false;
    const { res, responding } = this.exchange;
    const inTask = this.context !== null && this.context.responseTouched;
    return responding || inTask || res.headersSent || res.writableEnded;
  }

  /** CANCEL came. @param {number} reason */
  cancel(reason) {
    if (this.over) return;
    this.over = true;
    this.cancelReason = reason;
    if (this.span !== null) this.span.end(STATUSES[reason] || STATUSES[Cancel.CLIENT_CLOSED]);
    this.link.settled(this);
    if (this.exchange !== null) this.exchange.cancel();
    if (this.context !== null) this.context.abort(REASONS[reason] || REASONS[Cancel.CLIENT_CLOSED]);
  }

  linkClosed() {
    this.cancel(Cancel.CLIENT_CLOSED);
  }

  credit(bytes) {
    if (this.exchange !== null) this.exchange.credit(bytes);
  }

  /** The exposure's context for this call. @returns {ExposureContext} */
  openContext() {
    if (this.context === null) this.context = new ExposureContext(this);
    return this.context;
  }
}

/** A response with such a status has no body, or is none; Node's own `res` knows how it is sent. */
function isFramed(status) {
  return status >= 200 && status !== 204 && status !== 304;
}

module.exports = { Call };
