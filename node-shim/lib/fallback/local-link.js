'use strict';

const { Cancel, Result } = require('../protocol');
const { applyCors } = require('../cors');

/**
 * Stands where a call has its link to the front: what would be written as a frame is written to the request's own
 * response. One for each request.
 */
class LocalLink {
  /**
   * @param {import('../app').App} app
   * @param {import('node:http').IncomingMessage} req
   * @param {import('node:http').ServerResponse} res
   * @param {Record<string, string>} cors
   */
  constructor(app, req, res, cors) {
    this.app = app;
    this.req = req;
    this.res = res;
    this.cors = cors;
    this.running = new Map();
    /** Nothing has to be cut into frames, and no front reads flags. */
    this.resultBytes = Infinity;
    this.resultFlags = Result.VALUE;
    this.corsRules = app;
    /** What observes an http.Server observes the one that this request came through. */
    this.observation = null;
    /** The head of each request is here. */
    this.owner = { wantHeads() {}, failedUnexpectedly() {} };
    this.writer = {
      text: (_frame, flags, status, _id, _field, text) => {
        this.respond(status, (flags & Result.VALUE) !== 0 ? `{"ok":true,"result":${text}}` : text);
      },
      empty: (_frame, _flags, status) => this.respond(status, '{"ok":true}'),
      // Declined: the value is then written as one text.
      textWithLongStrings: () => false,
    };
    this.streams = { materialise: (call) => this.materialise(call) };
  }

  /** @param {import('../call').Call} call */
  begin(call) {
    this.res.once('close', () => {
      if (!this.res.writableFinished) call.cancel(Cancel.CLIENT_CLOSED);
    });
  }

  /** @param {import('../call').Call} call */
  settled(call) {
    this.running.delete(call.id);
  }

  respond(status, body) {
    const { res } = this;
    if (res.writableEnded || res.headersSent) return;
    res.writeHead(status, {
      ...this.cors, 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body),
    });
    res.end(body);
  }

  /** The genuine req and res of a call, as stream-exchange.js gives them for one that came over the bridge. */
  materialise(call) {
    const { req, res } = this;
    res.once('close', () => call.exchangeOver());
    const respondJson = (status, body) => {
      if (res.writableEnded) return;
      if (res.headersSent) {
        // Too late for an answer: cut it off visibly, behind what the task wrote in this turn.
        setImmediate(() => res.destroy());
        return;
      }
      applyCors(req, res, this.corsRules);
      res.statusCode = status;
      res.setHeader('content-type', 'application/json; charset=utf-8');
      res.setHeader('content-length', Buffer.byteLength(body));
      res.end(body);
    };
    return {
      req, res, responding: false, respondJson,
      respondFailure(status, body) {
        try {
          respondJson(status, body);
        } catch {
          // What the task left on `res` makes any answer throw: its status message has a line break, say.
          res.destroy();
        }
      },
      discard() {},
      credit() {},
      cancel() {},
    };
  }
}

module.exports = { LocalLink };
