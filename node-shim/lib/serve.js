'use strict';

const { closeBeforeDispose } = require('./lifecycle');
const { checkOptions } = require('./options');
const { createPlainApp, addHandler } = require('./plain-app');
const { createRunnerApp } = require('./runner-app');
const { readRuntime } = require('./runtime');
const { Service } = require('./service');

/** Up to 5.x; from 6.0 on its handlers take a list themselves. */
const EXPOSURE = 'platform.node.resources.exposure';

/**
 * Serves an app that exists, through a front that does the HTTP. See index.d.ts for the options.
 *
 * @param {object} given what `run(app)` returns, its parts, or a bare store
 * @param {object} [options]
 * @returns {Promise<Service>} once the front has welcomed this process
 */
async function serve(given, options = {}) {
  checkOptions('serve', options);
  const runtime = readRuntime(await given);
  const app = runtime.family !== null ? await createRunnerApp(runtime, options) : createStoreApp(runtime, options);
  agreeWithOwnHandlers(app, runtime.store, options.http !== undefined);
  const listen = app.http?.listen;
  const service = new Service(app, { port: listen?.port, host: listen?.host, ...options });
  // Before it starts: the app may be told to stop while the front does.
  service.release = closeBeforeDispose(runtime.store, () => service.close());
  try {
    await service.start();
  } catch (error) {
    await service.close({ deadlineMilliseconds: 0 });
    throw error;
  }
  return service;
}

/**
 * Uploads and raw bodies are answered by the app's own exposure, by its own configuration: that is remembered, so that
 * lib/front-settings.js can translate. 4.x compares with `token` as it stands, and would refuse everybody for a list.
 */
function agreeWithOwnHandlers(app, store, isGiven) {
  const own = store.resources instanceof Map ? store.resources.get(EXPOSURE)?.config?.http : undefined;
  if (own) {
    app.ownHttp = { ...own, auth: own.auth && { ...own.auth } };
    const isOldest = app.exposure.rules.jsonLimitBytes === null && !app.exposure.rules.securityHeaders;
    if (isOldest && own.auth && Array.isArray(own.auth.token)) [own.auth.token] = own.auth.token;
  }
  if (!app.http.auth || app.http.auth.allowAnonymous === true || app.exposure.auth.kind !== 'open') return;
  const text = 'http.auth has no token that is not empty, so everybody may call: set it, or leave auth out to say that '
    + 'this is meant';
  if (isGiven) throw new TypeError(`serve(app, options): ${text}`);
  app.log('warn', `runner-sidecar: ${text}`);
}

/** A store whose tasks and events hold `{ run }`: plain functions, called with the input. */
function createStoreApp({ store, serializer, logger }, options) {
  const app = createPlainApp({
    http: options.http || {},
    serializer,
    logger: options.logger || logger,
    requestListener: options.requestListener,
  });
  for (const [kind, entries] of [['task', store.tasks], ['event', store.events || {}]]) {
    for (const [id, entry] of entriesOf(entries)) {
      addHandler(app, kind, id, handlerOf(entry, kind, id), { safe: entry.safe });
    }
  }
  return app;
}

function entriesOf(entries) {
  return typeof entries.entries === 'function' ? entries.entries() : Object.entries(entries);
}

function handlerOf(entry, kind, id) {
  if (typeof entry === 'function') return entry;
  if (entry && typeof entry.run === 'function') {
    return entry.run.length >= 2 ? (input, context) => entry.run(input, context) : (input) => entry.run(input);
  }
  throw new TypeError(`${kind} ${id} of the store is neither a function nor { run }`);
}

module.exports = { serve };
