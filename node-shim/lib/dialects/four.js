'use strict';

const { openUnlessToken } = require('./auth');
const { requestContextOf, withContexts } = require('./contexts');
const { EjsonCodec } = require('./ejson-codec');
const { checkRules } = require('./own-handlers');
const { OLDEST } = require('./rules');
const { computeAllowList } = require('./tunnels');
const { SerializerCodec } = require('../codec');
const { Failures } = require('../failures');
const { resolveBasePath } = require('../http-options');
const { LENIENT_RESPONSES } = require('../responses');

const CANCELLATION = 'runner.errors.cancellation';
const EVENT_SOURCE = 'exposure:http';
const EXPOSURE = 'platform.node.resources.exposure';

/**
 * @bluelibs/runner 4.8 and 4.9, exposed by nodeExposure: what is not configured is open, and without a tunnel resource
 * everything registered may be called. 4.9 answers 403 where 4.8 answers 404.
 *
 * @type {import('.').Dialect}
 */
const four = {
  parts: {
    taskRunner: 'globals.resources.taskRunner',
    eventManager: 'globals.resources.eventManager',
    serializer: 'globals.resources.serializer',
    logger: 'globals.resources.logger',
  },

  async open({ runtime, options, runner, log }) {
    const { store, serializer, family } = runtime;
    const exposure = store.resources.get(EXPOSURE);
    const http = options.http || httpOf(exposure);
    const codec = isEjson(runtime) ? new EjsonCodec(serializer) : new SerializerCodec(serializer);
    const allowList = computeAllowList(store);
    const listed = family === '4.9' ? 'forbidden' : 'notExposed';
    const rules = { ...OLDEST, unlisted: allowList.enabled ? listed : 'notFound' };
    const listener = listenerOf(exposure);
    if (listener !== null) await checkRules(listener, basePathOf(exposure), httpOf(exposure), rules);
    return {
      http,
      auth: openUnlessToken(http.auth),
      rules,
      codec,
      failures: new Failures({ codec, log, ...errorRules(runner, store) }),
      responses: LENIENT_RESPONSES,
      listener,
      targets: targetsOf(runtime, runner, allowList),
    };
  },
};

/** @returns {import('.').TargetSpec[]} */
function targetsOf(runtime, runner, allowList) {
  const { store } = runtime;
  const provide = runner === null ? null : requestContextOf(runner);
  const eventsNeedHead = store.asyncContexts !== undefined && store.asyncContexts.size > 0;
  const tasks = [...(allowList.enabled ? allowList.tasks : store.tasks.keys())];
  const events = [...(allowList.enabled ? allowList.events : store.events.keys())];
  return /** @type {import('.').TargetSpec[]} */ ([
    ...tasks.map((id) => ({ kind: 'task', id, run: taskOf(runtime, id, provide), head: true })),
    ...events.map((id) => ({ kind: 'event', id, run: eventOf(runtime, id), head: eventsNeedHead })),
    { kind: 'discovery', id: '', run: () => ({ allowList: describeAllowList(store) }) },
  ]);
}

function describeAllowList(store) {
  const { enabled, tasks, events } = computeAllowList(store);
  return { enabled, tasks: [...tasks], events: [...events] };
}

function taskOf({ store, taskRunner, serializer }, id, provide) {
  const entry = store.tasks.get(id);
  if (entry === undefined) return null;
  return (input, call, hasContext) => {
    const context = call.openContext();
    const run = () => taskRunner.run(entry.task, input);
    const header = hasContext ? context.headers['x-runner-context'] : undefined;
    const wrapped = header === undefined ? run : withContexts(store, serializer, header, run, null);
    return provide === null ? wrapped() : provide(context, wrapped);
  };
}

function eventOf({ store, eventManager, serializer }, id) {
  const entry = store.events.get(id);
  if (entry === undefined) return null;
  return (payload, call, hasContext) => {
    const emit = () => eventManager.emit(entry.event, payload, EVENT_SOURCE);
    if (!hasContext) return emit();
    return withContexts(store, serializer, call.openContext().headers['x-runner-context'], emit, null)();
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
    cancellation: (reason) => thrownBy(() => cancellationError.throw({ reason })),
  };
}

function thrownBy(run) {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

/** What the app gave to its nodeExposure. */
function httpOf(exposure) {
  return (exposure && exposure.config && exposure.config.http) || {};
}

function basePathOf(exposure) {
  return resolveBasePath(httpOf(exposure).basePath);
}

function listenerOf(exposure) {
  const handlers = exposure && exposure.value;
  return handlers && typeof handlers.createRequestListener === 'function' ? handlers.createRequestListener() : null;
}

/**
 * Whether the serializer is the runner's default. The store puts that in place itself, so its resource has no `init`;
 * one that an app overrides it with has.
 */
function isEjson({ store, serializer }) {
  const entry = store.resources.get('globals.resources.serializer');
  if (!entry || entry.value !== serializer || !entry.resource || entry.resource.init) return false;
  try {
    return serializer.stringify({ at: new Date(0), not: NaN }) === '{"at":{"$date":0},"not":{"$InfNaN":0}}';
  } catch {
    return false;
  }
}

module.exports = Object.assign(four, { basePathOf, httpOf, listenerOf, thrownBy });
