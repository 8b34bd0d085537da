'use strict';

/**
 * As much of @opentelemetry/api and of an SDK behind it as the shim uses, written for its tests from the API's
 * documentation. With OPEN_TELEMETRY set to a folder whose node_modules hold the real API and `otel-sdk` (a bundle of
 * the real SDK) the same tests run on those.
 */

const { AsyncLocalStorage } = require('node:async_hooks');

const REGISTRY = Symbol.for('opentelemetry.js.api.1');
const SPAN = Symbol('span');

class Context {
  constructor(values = new Map()) {
    this.values = values;
  }

  with(key, value) {
    return new Context(new Map(this.values).set(key, value));
  }
}

const ROOT_CONTEXT = new Context();
const storage = new AsyncLocalStorage();
/** @type {Span[]} */
const finished = [];

class Span {
  constructor(name, { kind, attributes }, parent) {
    Object.assign(this, { name, kind, attributes: { ...attributes }, events: [], status: { code: 0 } });
    this.parent = parent;
    this.id = Math.random().toString(16).slice(2).padEnd(16, '0').slice(0, 16);
    this.traceId = parent === undefined ? '0'.repeat(31).concat('1') : parent.traceId;
  }

  spanContext() {
    return { traceId: this.traceId, spanId: this.id };
  }

  isRecording() { return true; }
  setAttribute(name, value) { this.attributes[name] = value; }
  setStatus(status) { this.status = status; }
  updateName(name) { this.name = name; }
  recordException(error) { this.events.push({ name: 'exception', message: error.message || error }); }
  end() { finished.push(this); }
}

const api = {
  ROOT_CONTEXT,
  SpanKind: { INTERNAL: 0, SERVER: 1 },
  SpanStatusCode: { UNSET: 0, OK: 1, ERROR: 2 },
  context: {
    active: () => storage.getStore() || ROOT_CONTEXT,
    with: (context, run) => storage.run(context, run),
  },
  propagation: {
    extract(context, carrier, getter) {
      const match = /^00-(\w{32})-(\w{16})-\w\w$/.exec(getter.get(carrier, 'traceparent') || '');
      return match ? context.with(SPAN, { traceId: match[1], id: match[2], isRecording: () => false }) : context;
    },
  },
  trace: {
    getSpan: (context) => context.values.get(SPAN),
    getActiveSpan: () => api.trace.getSpan(api.context.active()),
    setSpan: (context, span) => context.with(SPAN, span),
    getTracer: () => ({
      startSpan: (name, options = {}, context = api.context.active()) => (
        new Span(name, options, api.trace.getSpan(context))
      ),
    }),
  },
};

/** @returns {{ start(): void, stop(): void, finished(): object[] }} an SDK for the API that this module is */
function standIn() {
  return {
    start: () => { globalThis[REGISTRY] = { version: '1.0.0', trace: api.trace }; },
    stop: () => { delete globalThis[REGISTRY]; },
    finished: () => finished.splice(0).map((span) => ({ ...span, parentId: span.parent && span.parent.id })),
  };
}

function real(folder) {
  const { createRequire } = require('node:module');
  const load = createRequire(`${folder}/x.js`);
  const API = load('@opentelemetry/api');
  const SDK = load('otel-sdk');
  const exporter = new SDK.InMemorySpanExporter();
  return {
    start() {
      const provider = new SDK.TracerProvider({ spanProcessors: [new SDK.SimpleSpanProcessor({ exporter })] });
      API.trace.setGlobalTracerProvider(provider);
      API.context.setGlobalContextManager(new SDK.AsyncLocalStorageContextManager().enable());
      API.propagation.setGlobalPropagator(new SDK.W3CTraceContextPropagator());
    },
    stop: () => [API.trace, API.context, API.propagation].forEach((part) => part.disable()),
    finished() {
      const spans = exporter.getFinishedSpans().map(({ name, kind, attributes, status, events, ...span }) => ({
        name, kind, attributes, status, events,
        traceId: span.spanContext ? span.spanContext().traceId : span._spanContext.traceId,
        parentId: span.parentSpanContext && span.parentSpanContext.spanId,
      }));
      exporter.reset();
      return spans;
    },
    api: API,
  };
}

const { OPEN_TELEMETRY: folder } = process.env;
const sdk = folder ? real(folder) : { ...standIn(), api };

module.exports = folder ? { sdk } : { ...api, sdk };
