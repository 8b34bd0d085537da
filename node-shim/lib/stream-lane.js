'use strict';

const { AsyncResource } = require('node:async_hooks');
const http = require('node:http');
const { PEER_BYTES, Request, ProtocolError } = require('./protocol');
const { applyCors } = require('./cors');
const { readPeer } = require('./peer-address');
const { OWN_REQUEST_ID } = require('./request-head');
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
const noHead = ({ isHTTP10 }) => (
  `${'\0'.repeat(PEER_BYTES)}POST / HTTP/${isHTTP10 ? '1.0' : '1.1'}\r\nHost: localhost\r\n\r\n`
);

/** What the front may add to a head: a request id, a trace. */
const HEADER_SLACK_BYTES = 4096;

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
    exchange.socket.receive(this.headFor(exchange, source.bytes, start, length));
    if ((flags & Request.BODY_FOLLOWS) === 0) exchange.end();
  }

  /** The request head as the app's handlers are to get it, in memory of its own. */
  headFor(exchange, bytes, start, length) {
    const { settings } = this.link;
    if (settings.isPlain) return Buffer.from(bytes.subarray(start + PEER_BYTES, start + length));
    const { head, refusal, isExposure } = settings.translate(bytes.latin1Slice(start, start + length));
    exchange.refusal = refusal;
    exchange.rewritesCors = isExposure && settings.rewritesCors;
    return Buffer.from(head.slice(PEER_BYTES), 'latin1');
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

  /** The front has let heads of this size in; and what Node was told to take, it takes. */
  get serverOptions() {
    return { maxHeaderSize: Math.max(this.link.headerBytes + HEADER_SLACK_BYTES, http.maxHeaderSize) };
  }

  /**
   * For spans, which are to have few names.
   * @param {import('node:http').IncomingMessage} req
   * @returns {string | null} null where only the app knows it
   */
  routeOf(req) {
    const { app } = this.link;
    const path = (req.url || '').split('?', 1)[0];
    if (!path.startsWith(`${app.basePath}/`)) return null;
    const [kind, id = ''] = path.slice(app.basePath.length + 1).split('/', 2);
    const isKnown = app.table.indexes.has(`${kind}\0${decoded(id)}`);
    return isKnown ? `${app.basePath}/${kind}/${decoded(id)}` : null;
  }

  createServer() {
    const { app: { listener }, observation } = this.link;
    const server = http.createServer(this.serverOptions, (req, res) => {
      const socket = /** @type {import('./client-socket').ClientSocket} */ (/** @type {unknown} */ (req.socket));
      const { exchange } = socket;
      exchange.begin(req, res);
      if (exchange.refusal !== null) {
        this.refuse(exchange);
        return;
      }
      if (exchange.rewritesCors) withCors(req, res, this.link);
      const listen = () => (listener === null ? refuse(res) : listener(req, res));
      if (observation === null) listen();
      else observation.listen(req, res, this.routeOf(req), listen);
    });
    return withoutLimits(server);
  }

  /** By the front's options it may not reach the app's handlers. @param {StreamExchange} exchange */
  refuse(exchange) {
    const { status, message, code } = /** @type {import('./front-settings').Refusal} */ (exchange.refusal);
    exchange.req.resume();
    exchange.respondJson(status, this.link.app.codec.envelope(status, message, code));
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
    const bytes = Buffer.from(withoutOwnId(call) || noHead(call), 'latin1');
    const exchange = new StreamExchange(link, call.id, readPeer(bytes, 0), () => call.exchangeOver());
    if (this.callServer === null) this.callServer = this.createCallServer();
    this.captured = null;
    this.callServer.emit('connection', exchange.socket);
    exchange.socket.emit('data', bytes.subarray(PEER_BYTES));
    if (this.captured === null) throw new Error('the request head of this call could not be parsed');
    const { req, res, inContext } = this.captured;
    this.captured = null;
    if (requestId !== undefined) {
      req.headers[REQUEST_ID] = requestId;
      res.setHeader(REQUEST_ID, requestId);
    }
    exchange.begin(req, res);
    exchange.inContext = inContext;
    passBody(exchange.socket, req);
    exchange.requestComplete = true;
    if (!call.over) link.running.set(call.id, call);
    return exchange;
  }

  createCallServer() {
    const capture = (req, res) => {
      this.captured = { req, res, inContext: AsyncResource.bind((/** @type {() => void} */ run) => run()) };
    };
    const server = http.createServer(this.serverOptions, capture);
    // The front has sent the 100 already.
    server.on('checkContinue', capture);
    return withoutLimits(server);
  }
}

/**
 * An id that the front made is the last field. The app sees it in `headers`, but it is none that the client sent, so
 * `rawHeaders` is without it.
 */
function withoutOwnId({ app, head }) {
  const own = app.rules.requestIds ? OWN_REQUEST_ID.exec(head) : null;
  return own === null ? head : `${head.slice(0, own.index)}\r\n\r\n`;
}

/** The app's handlers set the CORS headers that they know of; in the end the front's options hold. */
function withCors(req, res, link) {
  const { writeHead } = res;
  res.writeHead = (...args) => {
    res.writeHead = writeHead;
    res.removeHeader('Access-Control-Allow-Origin');
    applyCors(req, res, link.corsRules);
    return writeHead.apply(res, args);
  };
}

function decoded(id) {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
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
