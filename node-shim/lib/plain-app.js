'use strict';

const { App } = require('./app');
const { JsonCodec, SerializerCodec } = require('./codec');
const { dependsOnOrigin } = require('./cors');
const { openUnlessToken } = require('./dialects/auth');
const { OLDEST } = require('./dialects/rules');
const { Failures } = require('./failures');
const { makeLog } = require('./log');
const { LENIENT_RESPONSES } = require('./responses');
const { Targets } = require('./targets');

/**
 * An app of plain functions, without the runner: what TunnelServer and a bare store are made of. JSON.parse and
 * JSON.stringify unless a serializer is given.
 *
 * @param {object} options
 * @param {import('..').HttpOptions} options.http
 * @param {object} [options.serializer]
 * @param {object} [options.logger]
 * @param {import('node:http').RequestListener} [options.requestListener]
 */
function createPlainApp({ http, serializer, logger, requestListener }) {
  const log = makeLog(logger);
  const targets = new Targets();
  const codec = serializer ? new SerializerCodec(serializer) : new JsonCodec();
  const app = new App({
    targets,
    codec,
    http,
    log,
    auth: openUnlessToken(http.auth),
    rules: OLDEST,
    responses: LENIENT_RESPONSES,
    failures: new Failures({ codec, log }),
    listener: requestListener,
    listenerTakesEverything: true,
  });
  targets.set({
    kind: 'discovery',
    id: '',
    run: () => ({
      allowList: { enabled: true, tasks: targets.callableIds('task'), events: targets.callableIds('event') },
    }),
  });
  return app;
}

/**
 * Makes a function callable. One that takes a second argument gets the exposure's context in it (`signal`, `headers`,
 * `req`, …); only for those does the front send the request head.
 *
 * @param {App} app
 * @param {'task' | 'event'} kind
 * @param {string} id
 * @param {(input: unknown, context?: object) => unknown} handler
 * @param {{ safe?: boolean }} [marks] safe: running it again changes nothing
 */
function addHandler(app, kind, id, handler, marks = {}) {
  const { safe = false } = marks;
  if (typeof id !== 'string' || id === '') {
    throw new TypeError(`the id of ${article(kind)} must be a string that is not empty`);
  }
  if (typeof handler !== 'function') throw new TypeError(`the handler of ${kind} ${id} must be a function`);
  const wantsContext = handler.length >= 2;
  const run = wantsContext ? (input, call) => handler(input, call.openContext()) : (input) => handler(input);
  // A task may return a stream, whose response leaves with its CORS headers: those may depend on the request's Origin.
  const head = wantsContext || (kind === 'task' && dependsOnOrigin(app.http.cors));
  if (typeof safe !== 'boolean') throw new TypeError(`safe of ${kind} ${id} must be true or false`);
  app.table.set({ kind, id, run, head, safe });
}

function article(kind) {
  return kind === 'event' ? 'an event' : `a ${kind}`;
}

module.exports = { createPlainApp, addHandler };
