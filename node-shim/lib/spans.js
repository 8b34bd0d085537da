'use strict';

const { isRecording } = require('./open-telemetry');
const { version } = require('../package.json');

/** How an incoming request's headers are read. Node has joined those that may be repeated. */
const HEADERS = {
  keys: (headers) => Object.keys(headers),
  get: (headers, name) => headers[name.toLowerCase()],
};

/**
 * The SERVER span of a request, as OpenTelemetry's HTTP instrumentation makes it: child of the caller's span, named and
 * described by the semantic conventions for HTTP, and the active one while the app's code runs.
 */
class Spans {
  /** @param {object} api the app's @opentelemetry/api */
  constructor(api) {
    this.api = api;
    this.tracer = api.trace.getTracer('runner-sidecar', version);
  }

  get isOn() {
    return isRecording();
  }

  /**
   * Runs something in the span of a request. An agent that watches `http.Server` may have made one already: that one is
   * only told the route, which no agent can know.
   *
   * @template T
   * @param {RequestFacts} request
   * @param {(span: OpenSpan) => T} run
   * @returns {T}
   */
  around(request, run) {
    const { context, propagation, trace, SpanKind } = this.api;
    const active = trace.getSpan(context.active());
    const name = request.route === null ? request.method : `${request.method} ${request.route}`;
    if (active !== undefined && active.isRecording() && active.kind === SpanKind.SERVER) {
      active.updateName(name);
      if (request.route !== null) active.setAttribute('http.route', request.route);
      return run(new OpenSpan(this.api, active, false));
    }
    const parent = propagation.extract(context.active(), request.headers, HEADERS);
    const span = this.tracer.startSpan(name, { kind: SpanKind.SERVER, attributes: attributesOf(request) }, parent);
    const open = new OpenSpan(this.api, span, true);
    return context.with(trace.setSpan(parent, span), () => run(open));
  }
}

/**
 * @typedef {object} RequestFacts
 * @property {string} method
 * @property {string} target as in the request line
 * @property {string | null} route of which there are few; null where only the app knows it
 * @property {object} headers as Node has them
 * @property {string} version `1.1`, say
 * @property {ReturnType<import('./peer-address').readPeer>} peer
 */

/** A span that somebody has to end. */
class OpenSpan {
  constructor(api, span, isOurs) {
    this.api = api;
    this.span = span;
    this.isOurs = isOurs;
    this.hasError = false;
  }

  /** @param {unknown} error what the app's code threw */
  fail(error) {
    this.hasError = true;
    const exception = error instanceof Error ? error : String(error);
    this.span.recordException(exception);
    this.span.setAttribute('error.type', error instanceof Error ? error.name : typeof error);
    this.span.setStatus({
      code: this.api.SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error),
    });
  }

  /** @param {number} status of the response; the front's own word for a call that it cancelled */
  end(status) {
    if (!this.isOurs) return;
    this.span.setAttribute('http.response.status_code', status);
    if (status >= 500 && !this.hasError) {
      this.span.setAttribute('error.type', String(status));
      this.span.setStatus({ code: this.api.SpanStatusCode.ERROR });
    }
    this.span.end();
  }
}

/** https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server */
function attributesOf({ method, target, route, headers, version: protocolVersion, peer }) {
  const [path, query] = split(target);
  const attributes = {
    'http.request.method': method,
    'url.path': path,
    'url.scheme': 'http',
    'network.protocol.version': protocolVersion,
  };
  if (route !== null) attributes['http.route'] = route;
  if (query !== undefined) attributes['url.query'] = query;
  if (headers.host !== undefined) Object.assign(attributes, serverOf(headers.host));
  if (headers['user-agent'] !== undefined) attributes['user_agent.original'] = headers['user-agent'];
  if (peer.remoteAddress !== undefined) {
    attributes['client.address'] = peer.remoteAddress;
    attributes['network.peer.address'] = peer.remoteAddress;
    attributes['network.peer.port'] = peer.remotePort;
  }
  return attributes;
}

function split(target) {
  const mark = target.indexOf('?');
  return mark < 0 ? [target, undefined] : [target.slice(0, mark), target.slice(mark + 1)];
}

function serverOf(host) {
  const match = /^(.*?)(?::(\d+))?$/.exec(host);
  return { 'server.address': match[1], ...(match[2] !== undefined && { 'server.port': Number(match[2]) }) };
}

module.exports = { Spans, OpenSpan };
