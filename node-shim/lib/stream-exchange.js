'use strict';

const { Frame, End, ProtocolError } = require('./protocol');
const { applyCors } = require('./cors');
const { setSecurityHeaders } = require('./response-headers');
const { ClientSocket } = require('./client-socket');

/** A longer chunk goes out in pieces, so that what other calls send comes between them. */
const DATA_BYTES_MAX = 64 * 1024;

/**
 * One request and its response as genuine `http` objects, whose bytes travel as frames.
 *
 * Credit runs both ways: response bytes wait here until the front grants more, request bytes are granted again once the
 * app's side has taken them. So neither side ever holds more than a window of a stream.
 */
class StreamExchange {
  /**
   * @param {import('./link').Link} link
   * @param {number} id
   * @param {ReturnType<import('./peer-address').readPeer>} peer
   * @param {() => void} onOver called once, when nothing more is sent for this call
   */
  constructor(link, id, peer, onOver) {
    this.link = link;
    this.id = id;
    this.onOver = onOver;
    this.over = false;
    this.req = null;
    this.res = null;
    /** The whole request has come (and Node's parser has it, or will at its next read). */
    this.requestComplete = false;
    this.responseDone = false;
    /** The response was begun for the task: something may be set on it. */
    this.responding = false;
    /** The server closes the connection after this response. */
    this.closing = false;
    /** The front's options keep it from the app's handlers. @type {import('./front-settings').Refusal | null} */
    this.refusal = null;
    this.rewritesCors = false;
    /** Runs something in the async context of the server's `request` event. @type {(run: () => void) => void} */
    this.inContext = (run) => run();
    this.sendWindow = link.windowBytes;
    this.receiveWindow = link.windowBytes;
    this.unreturned = 0;
    /** @type {Buffer | null} what waits for credit */
    this.unsent = null;
    this.unsentCallback = null;
    this.socket = new ClientSocket(this, peer);
    // A client that goes away is an event of the request, never an uncaught error.
    this.socket.on('error', () => {});
  }

  /** The parser has read the head. */
  begin(req, res) {
    this.req = req;
    this.res = res;
    res.once('finish', () => {
      this.responseDone = true;
      this.endIfDone();
    });
  }

  /** @param {Buffer} bytes request bytes, in memory of their own */
  data(bytes) {
    if (this.over) return;
    if (this.requestComplete) throw new ProtocolError('REQUEST_DATA after REQUEST_END');
    this.receiveWindow -= bytes.length;
    if (this.receiveWindow < 0) throw new ProtocolError('REQUEST_DATA past the window');
    this.socket.receive(bytes);
  }

  /** REQUEST_END came, or no body follows. */
  end() {
    if (this.over) return;
    this.requestComplete = true;
    this.endIfDone();
  }

  /** The app's side has taken so many request bytes. The head among them was never counted. */
  passedOn(bytes) {
    if (this.over || this.receiveWindow === this.link.windowBytes) return;
    this.unreturned += bytes;
    if (this.unreturned * 2 < this.link.windowBytes) return;
    this.receiveWindow += this.unreturned;
    this.link.writer.empty(Frame.CREDIT, 0, 0, this.id, this.unreturned);
    this.unreturned = 0;
  }

  /** Response bytes. @param {Buffer} chunk @param {(error?: Error) => void} callback once the chunk may be reused */
  send(chunk, callback) {
    // http ends a message with an empty write, for its callback.
    if (this.over || chunk.length === 0) {
      callback();
      return;
    }
    let at = 0;
    while (at < chunk.length && this.sendWindow > 0) {
      const size = Math.min(chunk.length - at, this.sendWindow, DATA_BYTES_MAX);
      const piece = chunk.subarray(at, at + size);
      const done = at + size === chunk.length ? callback : undefined;
      this.sendWindow -= size;
      this.link.writer.payload(Frame.RESPONSE_DATA, 0, 0, this.id, 0, piece, done);
      at += size;
    }
    if (at === chunk.length) return;
    this.unsent = chunk.subarray(at);
    this.unsentCallback = callback;
  }

  credit(bytes) {
    if (this.over) return;
    this.sendWindow += bytes;
    if (this.sendWindow > this.link.windowBytes) {
      throw new ProtocolError(`CREDIT of ${bytes} bytes is more than was sent`);
    }
    if (this.unsent === null) return;
    const chunk = this.unsent;
    const callback = this.unsentCallback;
    this.unsent = null;
    this.unsentCallback = null;
    this.send(chunk, callback);
  }

  serverEnded() {
    this.closing = true;
    this.requestComplete = true;
    this.endIfDone();
  }

  /**
   * As on a kept-alive connection, the response is only the end of it once the rest of the request was read.
   */
  endIfDone() {
    if (this.over || !this.responseDone) return;
    if (this.closing) {
      this.finish(0);
    } else if (this.requestComplete) {
      if (this.req.complete) setImmediate(() => this.finish(this.closing ? 0 : End.KEEP_ALIVE));
      else this.req.once('end', () => this.endIfDone());
    }
  }

  socketDestroyed() {
    // Everything was written and ended in order, or the response is cut off where it is.
    this.finish(this.responseDone && this.closing ? 0 : End.ABORT);
  }

  finish(flags) {
    if (this.over) return;
    this.link.writer.empty(Frame.RESPONSE_END, flags, 0, this.id, 0);
    this.leave();
    // Gives the parser back and lets whoever still holds the socket know.
    setImmediate(() => this.socket.destroy());
  }

  /** Nothing is sent from here on. */
  leave() {
    this.over = true;
    const callback = this.unsentCallback;
    this.unsent = null;
    this.unsentCallback = null;
    this.onOver();
    if (callback !== null) callback();
  }

  /** CANCEL came, whatever its reason: nobody is there for the response any more. */
  cancel() {
    if (this.over) return;
    this.leave();
    // Not an end to be read behind what is buffered: whoever reads or writes slowly learns of it now as well.
    this.socket.destroy();
  }

  linkClosed() {
    this.cancel();
  }

  /** Ends the genuine response without sending any of it: it was answered otherwise. @param {number} status */
  discard(status) {
    this.over = true;
    // For what watches the server: it is the response's status all the same.
    if (!this.res.headersSent) this.res.statusCode = status;
    this.res.end();
    setImmediate(() => this.socket.destroy());
  }

  /** What the exposure's respondJson does. @param {number} status @param {string} body JSON */
  respondJson(status, body) {
    const { req, res } = this;
    if (res.writableEnded) return;
    if (res.headersSent) {
      // Too late for an answer: cut it off visibly.
      res.destroy();
      return;
    }
    const { app } = this.link;
    applyCors(req, res, this.link.corsRules);
    const payload = Buffer.from(body, 'utf8');
    res.statusCode = status;
    res.setHeader('content-type', 'application/json; charset=utf-8');
    res.setHeader('content-length', String(payload.length));
    if (app.rules.securityHeaders) setSecurityHeaders(res);
    res.end(payload);
  }

  /** A task failed that may have set or written something. @param {number} status @param {string} body JSON */
  respondFailure(status, body) {
    try {
      this.respondJson(status, body);
    } catch {
      // What the task left on `res` makes any answer throw: its status message has a line break, say.
      this.res.destroy();
    }
  }
}

module.exports = { StreamExchange };
