'use strict';

const { computeAllowList } = require('./allow-list');
const { App } = require('./app');
const { EjsonCodec, SerializerCodec } = require('./codec');
const { Failures } = require('./failures');
const { makeLog } = require('./log');
const { findRunnerModule } = require('./runner-module');
const { Targets } = require('./targets');

const EXPOSURE_RESOURCE = 'platform.node.resources.exposure';
const EXPOSURE_CONTEXT = 'platform.node.exposure.request';
const CANCELLATION = 'runner.errors.cancellation';
const EVENT_SOURCE = 'exposure:http';

/**
 * An app built on @bluelibs/runner 4.8, served as its own nodeExposure serves it.
 *
 * @param {import('./runtime').Runtime} runtime
 * @param {object} options as `serve` takes them
 * @returns {Promise<App>}
 */
async function createRunnerApp(runtime, options) {
  const { store, serializer } = runtime;
  const log = makeLog(options.logger || runtime.logger);
  const runner = await findRunnerModule(store, options.runner);
  if (runner === null) {
    log('warn', 'runner-sidecar: the app\'s own copy of @bluelibs/runner was not found, so useExposureContext() has no '
      + 'context in its tasks. Pass it: serve(runtime, { runner: require(\'@bluelibs/runner\') }).');
  }
  const exposure = store.resources && store.resources.get(EXPOSURE_RESOURCE);
  const codec = isEjson(runtime) ? new EjsonCodec(serializer) : new SerializerCodec(serializer);
  const targets = new Targets();
  const allowList = computeAllowList(store);
  const app = new App({
    targets,
    codec,
    http: options.http || (exposure && exposure.config && exposure.config.http) || {},
    allowList: allowList.enabled,
    runnerVersion: runtime.version,
    log,
    failures: new Failures({ codec, log, ...errorRules(runner, store) }),
    listener: options.requestListener || ownListener(exposure),
    listenerTakesEverything: Boolean(options.requestListener),
  });
  addTargets(app, runtime, allowList, contextProvider(runner));
  return app;
}

function addTargets(app, runtime, allowList, provideExposure) {
  const { store } = runtime;
  const provideContexts = contextReader(app, store);
  const exposedTasks = allowList.enabled ? allowList.tasks : store.tasks.keys();
  const exposedEvents = allowList.enabled ? allowList.events : store.events.keys();
  for (const id of exposedTasks) {
    const entry = store.tasks.get(id);
    const run = entry === undefined ? null : taskOf(runtime, entry, provideExposure, provideContexts);
    app.table.set('task', id, run, true);
  }
  const eventsNeedHead = store.asyncContexts !== undefined && store.asyncContexts.size > 0;
  for (const id of exposedEvents) {
    const entry = store.events.get(id);
    app.table.set('event', id, entry === undefined ? null : eventOf(runtime, entry, provideContexts), eventsNeedHead);
  }
  app.table.set('discovery', '', () => {
    const { enabled, tasks, events } = computeAllowList(store);
    return { allowList: { enabled, tasks: [...tasks], events: [...events] } };
  });
}

function taskOf({ taskRunner }, entry, provideExposure, provideContexts) {
  return (input, call, hasContext) => {
    const context = call.openContext();
    const run = () => taskRunner.run(entry.task, input);
    return provideExposure(context, hasContext ? provideContexts(context, run) : run);
  };
}

function eventOf({ eventManager }, entry, provideContexts) {
  return (payload, call, hasContext) => {
    const emit = () => eventManager.emit(entry.event, payload, EVENT_SOURCE);
    return hasContext ? provideContexts(call.openContext(), emit)() : emit();
  };
}

/** @returns {(context: object, run: () => unknown) => unknown} */
function contextProvider(runner) {
  if (runner === null) return (_context, run) => run();
  const exposureContext = runner.asyncContext({ id: EXPOSURE_CONTEXT });
  return exposureContext.provide;
}

/**
 * Wraps a run in the async contexts that the `x-runner-context` header carries. What cannot be parsed is ignored, as
 * nodeExposure ignores it.
 */
function contextReader(app, store) {
  return (context, run) => {
    const header = context.headers['x-runner-context'];
    if (!header) return run;
    let wrapped = run;
    try {
      const values = app.codec.parse(header);
      for (const [id, asyncContext] of store.asyncContexts.entries()) {
        const text = values[id];
        if (typeof text !== 'string') continue;
        try {
          const value = asyncContext.parse(text);
          const inner = wrapped;
          wrapped = async () => await asyncContext.provide(value, inner);
        } catch {
          // A context that does not parse is not provided.
        }
      }
    } catch {
      // A header that does not parse provides none.
    }
    return wrapped;
  };
}

function errorRules(runner, store) {
  const helpers = () => (store.errors ? store.errors.values() : []);
  if (runner === null) {
    return { helpers, isCancellation: (error) => error instanceof Error && error.name === CANCELLATION };
  }
  const { cancellationError } = runner.Errors;
  return {
    helpers,
    isCancellation: (error) => cancellationError.is(error),
    cancellation(reason) {
      try {
        return cancellationError.throw({ reason });
      } catch (error) {
        return error;
      }
    },
  };
}

/** The listener of the app's own nodeExposure, which serves uploads and raw bodies. */
function ownListener(exposure) {
  const handlers = exposure && exposure.value;
  return handlers && typeof handlers.createRequestListener === 'function' ? handlers.createRequestListener() : null;
}

/**
 * Whether the serializer is the runner's default. The store puts that in place itself, so its resource has no `init`;
 * one that an app overrides it with has.
 */
function isEjson({ store, serializer }) {
  const entry = store.resources && store.resources.get('globals.resources.serializer');
  if (!entry || entry.value !== serializer || !entry.resource || entry.resource.init) return false;
  try {
    return serializer.stringify({ at: new Date(0), not: NaN }) === '{"at":{"$date":0},"not":{"$InfNaN":0}}';
  } catch {
    return false;
  }
}

module.exports = { createRunnerApp };
