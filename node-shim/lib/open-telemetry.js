'use strict';

const { createRequire } = require('node:module');
const path = require('node:path');

const PACKAGE = '@opentelemetry/api';

/** Where the API keeps what an SDK registered, whichever copy of it did (opentelemetry-js, api/src/internal). */
const REGISTRY = Symbol.for('opentelemetry.js.api.1');

/**
 * The OpenTelemetry API that the app uses, if it does. Any copy will do: all of them share what an SDK registered.
 * @param {string[]} [bases] files to resolve from
 * @returns {object | null}
 */
function findOpenTelemetry(bases = [process.argv[1], path.join(process.cwd(), 'package.json')]) {
  for (const file of Object.keys(require.cache)) {
    const { exports } = require.cache[file] || {};
    if (isAPI(exports)) return exports;
  }
  for (const base of bases) {
    if (!base) continue;
    try {
      const api = createRequire(path.resolve(base))(PACKAGE);
      if (isAPI(api)) return api;
    } catch {
      // The app does not have it there.
    }
  }
  return null;
}

/** Asked for as own properties first: reading one may run a getter of a module that has nothing to do with this. */
function isAPI(module) {
  if (module === null || typeof module !== 'object' || !Object.hasOwn(module, 'ROOT_CONTEXT')) return false;
  return ['trace', 'context', 'propagation', 'SpanKind', 'SpanStatusCode'].every((name) => module[name] !== undefined);
}

/** Whether an SDK is there to take spans: without one they would be made for nothing. */
function isRecording() {
  const registry = globalThis[REGISTRY];
  return registry !== undefined && registry.trace !== undefined;
}

module.exports = { findOpenTelemetry, isRecording };
