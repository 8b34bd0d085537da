'use strict';

const http = require('node:http');
const { PEER_BYTES, Request, ProtocolError } = require('./protocol');
const { readPeer } = require('./peer-address');
const { StreamExchange } = require('./stream-exchange');

const NO_LISTENER = JSON.stringify({
  ok: false,
  error: {
    message: 'This app takes JSON calls only: register its exposure, or pass options.requestListener',
    code: 'NOT_IMPLEMENTED',
  },
});

const REQUEST_ID = 'x-runner-request-id';

/** Stands in for the head of a call whose target asked for none, and streams all the same. */
const NO_HEAD = `${'\0'.repeat(PEER_BYTES)}POST / HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** Stands in for the body of a call, which was read before its req was asked for. */
const FILLER = Buffer.alloc(64 * 1024, 0x20);

/**
 * Requests that are no calls. Node's own parser and `http.Server` make the req and res: bytes are fed to a Duplex that
 * is handed over with `server.emit('connection', socket)`, as Node's documentation has it.
 */
class StreamLane {
  /** @param {import('./link').Link} link */
  constructor(link) {
    this.link = link;
    this.server = null;
    this.callServer = null;
    this.captured = null;
  }

  /** REQUEST came. */
  request(id, flags, source, start, length) {
    const { link } = this;
    if (link.running.has(id)) throw new ProtocolError(`REQUEST uses the id of a running call, ${id >>> 0}`);
    const exchange = new StreamExchange(link, id, readPeer(source.bytes, start), () => link.settled(exchange));
    link.running.set(id, exchange);
    if (this.server === null) this.server = this.createServer();
    this.server.emit('connection', exchange.socket);
    exchange.socket.receive(Buffer.from(source.bytes.subarray(start + PEER_BYTES, start + length)));
    if ((flags & Request.BODY_FOLLOWS) === 0) exchange.end();
  }

  /** REQUEST_DATA came. */
  data(id, source, start, length) {
    const exchange = this.running(id, 'REQUEST_DATA');
    if (exchange !== null) exchange.data(Buffer.from(source.bytes.subarray(start, start + length)));
  }

  /** REQUEST_END came. */
  end(id) {
    const exchange = this.running(id, 'REQUEST_END');
    if (exchange !== null) exchange.end();
  }

  running(id, name) {
    const running = this.link.running.get(id);
    if (running === undefined) return null;
    if (!(running instanceof StreamExchange)) throw new ProtocolError(`${name} for a call`);
    return running;
  }

  createServer() {
    const { listener } = this.link.app;
    const server = http.createServer((req, res) => {
      const socket = /** @type {import('./client-socket').ClientSocket} */ (/** @type {unknown} */ (req.socket));
      socket.exchange.begin(req, res);
      if (listener !== null) listener(req, res);
      else refuse(res);
    });
    return withoutLimits(server);
  }

  /**
   * Genuine req and res for a call whose task touched them, made at once: the parser runs on the head before this
   * returns. The body was read already, as it was before nodeExposure runs a task.
   *
   * @param {import('./call').Call} call
   * @returns {StreamExchange}
   */
  materialise(call) {
    const { link } = this;
    const { requestId } = call;
    const bytes = Buffer.from(withoutOwnId(call.head, requestId) || NO_HEAD, 'latin1');
    const exchange = new StreamExchange(link, call.id, readPeer(bytes, 0), () => call.exchangeOver());
    if (this.callServer === null) this.callServer = this.createCallServer();
    this.captured = null;
    this.callServer.emit('connection', exchange.socket);
    exchange.socket.emit('data', bytes.subarray(PEER_BYTES));
    if (this.captured === null) throw new Error('the request head of this call could not be parsed');
    const { req, res } = this.captured;
    this.captured = null;
    if (requestId !== undefined) {
      req.headers[REQUEST_ID] = requestId;
      res.setHeader(REQUEST_ID, requestId);
    }
    exchange.begin(req, res);
    passBody(exchange.socket, req);
    exchange.requestComplete = true;
    if (!call.over) link.running.set(call.id, call);
    return exchange;
  }

  createCallServer() {
    const capture = (req, res) => {
      this.captured = { req, res };
    };
    const server = http.createServer(capture);
    // The front has sent the 100 already.
    server.on('checkContinue', capture);
    return withoutLimits(server);
  }
}

/**
 * An id that the front made stands right behind the request line. The app sees it in `headers`, but it is none that the
 * client sent, so `rawHeaders` is without it.
 */
function withoutOwnId(head, requestId) {
  const line = head.indexOf('\r\n', PEER_BYTES) + 2;
  const own = `${REQUEST_ID}: ${requestId}\r\n`;
  if (requestId === undefined || !head.startsWith(own, line)) return head;
  return head.slice(0, line) + head.slice(line + own.length);
}

/** Time limits are the front's, which sees the client. */
function withoutLimits(server) {
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.timeout = 0;
  return server;
}

/** Lets the parser come to the end of a body that the app must not see again. */
function passBody(socket, req) {
  req.push = () => true;
  const { 'content-length': length, 'transfer-encoding': encoding } = req.headers;
  if (encoding !== undefined) {
    socket.emit('data', Buffer.from('0\r\n\r\n'));
  } else {
    for (let left = Number(length || 0); left > 0; left -= FILLER.length) {
      socket.emit('data', left >= FILLER.length ? FILLER : FILLER.subarray(0, left));
    }
  }
  delete req.push;
  // Ends for its readers in the next turn: a task that answers in this one comes first, as it does on a real socket.
  setImmediate(() => {
    if (!req.destroyed) req.push(null);
  });
}

function refuse(res) {
  res.statusCode = 501;
  res.setHeader('content-type', 'application/json; charset=utf-8');
  res.setHeader('content-length', Buffer.byteLength(NO_LISTENER));
  res.end(NO_LISTENER);
}

module.exports = { StreamLane };
