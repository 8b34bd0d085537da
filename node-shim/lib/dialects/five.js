'use strict';

const { closedUnlessToken, hasValidators } = require('./auth');
const { requestContextOf, withContexts } = require('./contexts');
const { eventRun, wholeEvent } = require('./events');
const { basePathOf, httpOf, listenerOf, parts, thrownBy } = require('./four');
const { checkRules } = require('./own-handlers');
const { rulesSince5 } = require('./rules');
const { TreeCodec } = require('./tree-codec');
const { TunnelPolicy } = require('./tunnel-policy');
const { TypedFailures, httpCodeOf, isRecord } = require('./typed-failures');
const { SerializerCodec } = require('../codec');
const { isPipeable } = require('../responses');

const CANCELLATION = 'runner.errors.cancellation';
const EVENT_SOURCE = 'exposure:http';
const EXPOSURE = 'platform.node.resources.exposure';
/** A resource that only 5.5 has. Request ids came with it, and some more. */
const MARK_OF_5_5 = 'globals.resources.runtime';
const VALIDATOR_TAG = 'globals.tags.authValidator';
const NOT_CONFIGURED = 'Authentication not configured.';
const NOT_CONFIGURED_LONG = `${NOT_CONFIGURED} Set auth.token, add validator tasks, or explicitly enable `
  + 'auth.allowAnonymous.';

const BLOCKED_HEADERS = new Set([
  'set-cookie', 'access-control-allow-origin', 'access-control-allow-credentials', 'x-content-type-options',
  'x-frame-options',
]);

/**
 * @bluelibs/runner 5, exposed by nodeExposure: what is not configured is closed. The list of what may be called is
 * looked up at every call, here as there.
 *
 * @type {import('.').Dialect}
 */
const five = {
  parts,

  async open({ runtime, options, runner, log }) {
    const { store, serializer } = runtime;
    const exposure = store.resources.get(EXPOSURE);
    const listener = listenerOf(exposure);
    if (listener === null) {
      throw new TypeError('serve() found no nodeExposure in the app: register it (it need not listen), '
        + 'since it decides what may be called');
    }
    const http = options.http || httpOf(exposure);
    const basePath = basePathOf(exposure);
    const requestIds = store.resources.has(MARK_OF_5_5);
    const policy = new TunnelPolicy(store, Boolean(http.dangerouslyAllowOpenExposure));
    const known = runner !== null && TreeCodec.knows(serializer, runner);
    const codec = known ? new TreeCodec(serializer) : new SerializerCodec(serializer);
    const rules = rulesOf(http, serializer, policy, requestIds);
    await checkRules(listener, basePath, httpOf(exposure), rules);
    const knowsHttpCodes = runner === null || 'httpCode' in runner.Errors.cancellationError;
    return {
      http,
      auth: closedUnlessToken(
        http.auth, hasValidators(store, [VALIDATOR_TAG]), requestIds ? NOT_CONFIGURED : NOT_CONFIGURED_LONG,
      ),
      rules,
      codec,
      failures: new TypedFailures({
        codec, log, typeOf: (error) => typeOf(store, error, knowsHttpCodes), ...cancellationOf(runner),
      }),
      responses: {
        isStream: isPipeable, blockedHeaders: requestIds ? BLOCKED_HEADERS : null, abortsWhenDone: true,
      },
      listener,
      ownsBasePath: true,
      targets: targetsOf(runtime, policy, http, known ? requestContextOf(runner) : null),
    };
  },
};

function rulesOf(http, serializer, policy, requestIds) {
  const open = Boolean(http.dangerouslyAllowOpenExposure);
  return {
    ...rulesSince5(http, serializer),
    unlisted: policy.enabled ? 'forbidden' : open ? 'notFound' : 'exposureOff',
    requestIds,
    corsOnErrors: requestIds,
    discovery: !requestIds ? 'getAndPost' : http.disableDiscovery ? 'off' : 'get',
  };
}

/**
 * Without the app's own copy of the runner, or with a serializer that is not its own, all goes to the app's handlers.
 */
function targetsOf(runtime, policy, http, provide) {
  const { store } = runtime;
  const ofKind = (kind, entries, makeRun) => {
    const listed = policy.announced(kind);
    const ids = policy.enabled ? listed.keys() : http.dangerouslyAllowOpenExposure ? entries.keys() : [];
    return [...ids].map((id) => {
      const entry = entries.get(id);
      if (entry === undefined) return { kind, id, run: null };
      const lane = provide !== null && (!policy.enabled || listed.get(id)) ? 'call' : 'listener';
      return { kind, id, lane, ...makeRun(id, entry) };
    });
  };
  const wrap = (kind, id) => (call, run) => (policy.providesContexts(kind, id)
    ? withContexts(store, runtime.serializer, call.openContext().headers['x-runner-context'], run, null)
    : run);
  return [
    ...ofKind('task', store.tasks, (id, entry) => ({
      head: true, run: taskOf(runtime, policy, id, entry, provide, wrap('task', id)),
    })),
    ...ofKind('event', store.events, (id, entry) => ({
      head: store.asyncContexts.size > 0,
      unwrap: wholeEvent,
      run: policy.guard('event', id, eventRun({
        entry, eventManager: runtime.eventManager, source: () => EVENT_SOURCE, wrap: wrap('event', id),
      })),
    })),
    { kind: 'discovery', id: '', run: () => ({ allowList: policy.describe() }) },
  ];
}

function taskOf({ taskRunner }, policy, id, { task }, provide, wrap) {
  return policy.guard('task', id, (input, call, hasContext) => {
    const run = () => taskRunner.run(task, input);
    return provide(call.openContext(), hasContext ? wrap(call, run) : run);
  });
}

/** Which of the app's error helpers made an error (src/node/exposure/handlers/errorHandlers.ts). */
function typeOf(store, error, knowsHttpCodes) {
  try {
    for (const helper of store.errors.values()) {
      if (!helper.is(error)) continue;
      const record = isRecord(error) ? error : {};
      const id = typeof record.name === 'string' ? record.name : undefined;
      if (!knowsHttpCodes) return { id, data: record.data };
      return { id, data: record.data, httpCode: httpCodeOf(record.httpCode, helper.httpCode) };
    }
  } catch {
    // An error helper that throws identifies nothing; the error itself is still answered.
  }
  return undefined;
}

function cancellationOf(runner) {
  if (runner === null) return { isCancellation: (error) => error instanceof Error && error.name === CANCELLATION };
  const { cancellationError } = runner.Errors;
  return {
    isCancellation: (error) => cancellationError.is(error),
    cancellation: (reason) => thrownBy(() => cancellationError.throw({ reason })),
  };
}

module.exports = Object.assign(five, { BLOCKED_HEADERS });
