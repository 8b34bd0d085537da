'use strict';

const { closedUnlessToken, hasValidators } = require('../auth');
const { requestContextOf, withContexts } = require('../contexts');
const { eventRun, wholeEvent, WholeEvent } = require('../events');
const { BLOCKED_HEADERS } = require('../five');
const { thrownBy } = require('../four');
const { checkRules } = require('../own-handlers');
const { rulesSince5 } = require('../rules');
const { TreeCodec } = require('../tree-codec');
const { TypedFailures } = require('../typed-failures');
const { SerializerCodec } = require('../../codec');
const { isPipeable } = require('../../responses');
const { errorTypes } = require('./errors');
const { Ids } = require('./ids');
const { findLanes, needsOwnHandlers } = require('./lanes');
const { isSince64, sourceOf } = require('./source');

const VALIDATOR_TAGS = ['runner.tags.authValidator', 'authValidator'];
const CANCELLATIONS = ['cancellation', 'runner.errors.cancellation'];
const NOT_CONFIGURED = 'Authentication not configured.';

/**
 * @bluelibs/runner 6, exposed by rpcLanesResource: what is not configured is closed, and what may be called is fixed at
 * start by the lanes that the profile serves.
 *
 * @type {import('..').Dialect}
 */
const six = {
  parts: {
    taskRunner: 'system.taskRunner',
    eventManager: 'system.eventManager',
    serializer: 'runner.serializer',
    logger: 'runner.logger',
  },

  async open({ runtime, options, runner, log }) {
    const { store } = runtime;
    const { entry, handlers } = findLanes(store, options.exposure);
    const { config } = entry;
    const serializer = serializerOf(runtime, config);
    const http = options.http || config.exposure.http;
    const known = runner !== null && TreeCodec.knows(serializer, runner);
    const codec = known ? new TreeCodec(serializer) : new SerializerCodec(serializer);
    const listener = handlers.createRequestListener();
    const rules = {
      ...rulesSince5(http, serializer),
      unlisted: 'forbidden',
      requestIds: true,
      corsOnErrors: true,
      discovery: http.disableDiscovery ? 'off' : 'get',
    };
    await checkRules(listener, handlers.basePath, config.exposure.http, rules);
    const ids = new Ids(store);
    const provide = known ? requestContextOf(runner) : null;
    return {
      http,
      auth: closedUnlessToken(http.auth, hasValidators(store, VALIDATOR_TAGS), NOT_CONFIGURED),
      rules,
      codec,
      failures: new TypedFailures({ codec, log, typeOf: errorTypes(store), ...cancellationOf(runner) }),
      responses: { isStream: isPipeable, blockedHeaders: BLOCKED_HEADERS, abortsWhenDone: false },
      listener,
      ownsBasePath: true,
      targets: provide === null
        ? ownTargets(store, entry, ids) : targetsOf({ runtime, runner, entry, ids, serializer, provide }),
      shownIds: ids.shown(),
    };
  },
};

/** The one that the lanes' config names, or the app's. */
function serializerOf({ store, serializer }, { serializer: named }) {
  if (named === undefined || named === null) return serializer;
  const id = store.lookup ? store.findIdByDefinition(named) : store.resolveDefinitionId(named);
  return store.resources.get(id).value;
}

/** Everything goes to the app's own handlers. */
function ownTargets({ tasks, events }, { value }, ids) {
  const ofKind = (kind, served, entries) => ids.canonicalIds(served, entries).map(({ id }) => (
    { kind, id, names: ids.namesOf(id), lane: 'listener', run: unreachable }
  ));
  return [
    ...ofKind('task', value.serveTaskIds, tasks), ...ofKind('event', value.serveEventIds, events), discoveryOf(value),
  ];
}

function discoveryOf({ serveTaskIds, serveEventIds }) {
  const result = { allowList: { enabled: true, tasks: [...serveTaskIds], events: [...serveEventIds] } };
  return { kind: 'discovery', id: '', run: () => result };
}

function targetsOf({ runtime, runner, entry, ids, serializer, provide }) {
  const { store, taskRunner, eventManager } = runtime;
  const { value, config } = entry;
  const isOwn = needsOwnHandlers(config);
  const source = sourceOf(store, runner, ids);
  const passesSignal = store.lookup !== undefined;
  const optionsOf = passesSignal ? (call) => ({ source, signal: call.openContext().signal }) : () => ({ source });
  const contextsOf = (kind, id) => allowedContexts(value, kind, id, store);
  const wrapIn = (allowed) => (call, run) => (
    withContexts(store, serializer, call.openContext().headers['x-runner-context'], run, allowed)
  );
  const verify = isSince64(store) ? writable(serializer) : {};
  const ofKind = (kind, served, entries, makeRun) => ids.canonicalIds(served, entries).map(({ id, given }) => {
    const found = entries.get(id);
    const target = { kind, id, names: ids.namesOf(id) };
    if (found === undefined) return { ...target, run: null };
    if (isOwn(found[kind])) return { ...target, lane: 'listener', run: unreachable };
    return { ...target, verify: verify[kind], ...makeRun(found, contextsOf(kind, given)) };
  });
  const tasks = ofKind('task', value.serveTaskIds, store.tasks, ({ task }, allowed) => {
    const wrap = wrapIn(allowed);
    return {
      head: true,
      run(input, call, hasContext) {
        const run = () => taskRunner.run(task, input, optionsOf(call));
        return provide(call.openContext(), hasContext && allowed !== NONE ? wrap(call, run) : run);
      },
    };
  });
  const events = ofKind('event', value.serveEventIds, store.events, (found, allowed) => ({
    head: allowed !== NONE,
    unwrap: wholeEvent,
    run: eventRun({
      entry: found, eventManager, source: passesSignal ? optionsOf : () => source, wrap: wrapIn(allowed),
    }),
  }));
  return [...tasks, ...events, discoveryOf(value)];
}

/** No context may be provided. */
const NONE = new Set();

/** @returns {Set<string> | null} ids of the contexts that a call may bring; null: all */
function allowedContexts(value, kind, id, store) {
  const [allows, lists] = kind === 'task'
    ? [value.taskAllowAsyncContext, value.taskAsyncContextAllowList]
    : [value.eventAllowAsyncContext, value.eventAsyncContextAllowList];
  if (allows && allows[id] === false) return NONE;
  const list = lists && lists[id];
  if (list === undefined) return null;
  if (list.length === 0) return NONE;
  const registered = new Set(store.asyncContexts.keys());
  return new Set(list.map((asked) => (registered.has(asked) ? asked : canonicalContext(store, asked))));
}

/** The registry may know a context by another id than its key. */
function canonicalContext(store, asked) {
  const context = store.asyncContexts.get(asked);
  for (const [id, other] of store.asyncContexts) {
    if (context !== undefined && other === context) return id;
  }
  return asked;
}

/**
 * 6.4 writes every input once, to hold it against a token's hash. One that cannot be written is answered with an error,
 * so it is tried; what came as plain JSON can always be written.
 */
function writable(serializer) {
  return {
    task: (input) => serializer.stringify({ input }),
    event: (body) => {
      const { payload, returnPayload } = body instanceof WholeEvent ? body : { payload: body, returnPayload: false };
      serializer.stringify(returnPayload ? { payload, returnPayload } : { payload });
    },
  };
}

function unreachable() {
  throw new Error('the front called a target that is the app\'s own handlers\'');
}

function cancellationOf(runner) {
  if (runner === null) {
    return { isCancellation: (error) => error instanceof Error && CANCELLATIONS.includes(error.name) };
  }
  const { cancellationError } = runner;
  return {
    isCancellation: (error) => cancellationError.is(error),
    cancellation: (reason) => thrownBy(() => cancellationError.throw({ reason })),
  };
}

module.exports = six;
