'use strict';

const diagnostics = require('node:diagnostics_channel');
const { EventEmitter } = require('node:events');
const http = require('node:http');
const { findOpenTelemetry } = require('./open-telemetry');
const { readPeer } = require('./peer-address');
const { PEER_BYTES } = require('./protocol');
const { RequestHead } = require('./request-head');
const { Spans } = require('./spans');

/** What Node's own server publishes; agents subscribe to these. */
const CHANNELS = ['http.server.request.start', 'http.server.response.finish'].map((name) => diagnostics.channel(name));

/**
 * What observes an `http.Server` observes a call. Agents do so in three ways: they subscribe to Node's diagnostics
 * channels, they replace `http.Server.prototype.emit`, or they take spans from the OpenTelemetry API. For the first two
 * a call is given the genuine `req` and `res` of Node's server, from its `request` event to the response's end; for the
 * third it runs in a SERVER span. While nothing observes, a call costs the asking.
 */
class Observation {
  /** @param {object | null} api the app's @opentelemetry/api */
  constructor(api) {
    this.spans = api === null ? null : new Spans(api);
  }

  /** @param {{ tracing?: boolean }} options @returns {Observation | null} null: the app wants none */
  static of(options) {
    return options.tracing === false ? null : new Observation(findOpenTelemetry());
  }

  /** Whether anything observes now. Then calls are to bring the request head. */
  get isOn() {
    return this.watchesServer || (this.spans !== null && this.spans.isOn);
  }

  /** Whether an agent watches Node's server, or its channels. */
  get watchesServer() {
    return CHANNELS[0].hasSubscribers || CHANNELS[1].hasSubscribers
      || http.Server.prototype.emit !== EventEmitter.prototype.emit;
  }

  /**
   * Starts a call in the sight of what observes.
   * @param {import('./call').Call} call which has its head
   * @param {() => void} start
   */
  begin(call, start) {
    const isWatched = this.watchesServer;
    const inSpan = () => {
      if (this.spans === null || !this.spans.isOn) {
        start();
        return;
      }
      this.spans.around(factsOf(call), (span) => {
        call.span = span;
        start();
      });
    };
    if (isWatched) call.materialise().inContext(inSpan);
    else inSpan();
  }

  /**
   * The same for a request that the app's own listener takes.
   * @param {import('node:http').IncomingMessage} req
   * @param {import('node:http').ServerResponse} res
   * @param {string | null} route
   * @param {() => void} listen
   */
  listen(req, res, route, listen) {
    if (this.spans === null || !this.spans.isOn) {
      listen();
      return;
    }
    const { method = 'GET', url: target = '/', headers, httpVersion: version, socket: peer } = req;
    this.spans.around({ method, target, route, headers, version, peer: /** @type {any} */ (peer) }, (span) => {
      // Not finished: the client went away, and there is no status for that but nginx's.
      res.once('close', () => span.end(res.writableFinished ? res.statusCode : 499));
      listen();
    });
  }
}

/** @param {import('./call').Call} call */
function factsOf(call) {
  const head = new RequestHead(call.head);
  return {
    method: head.method,
    target: head.target,
    route: call.target.kind === 'discovery'
      ? `${call.app.basePath}/discovery` : `${call.app.basePath}/${call.target.kind}/${call.target.id}`,
    headers: head.headers,
    version: head.version,
    peer: readPeer(Buffer.from(call.head.slice(0, PEER_BYTES), 'latin1'), 0),
  };
}

module.exports = { Observation };
