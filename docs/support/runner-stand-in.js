'use strict';

// Stands in for @bluelibs/runner 4.8 where the docs' snippets run without it: the builders, `run` and `nodeExposure`,
// as far as the snippets use them. With RUNNER_BUNDLE (a CommonJS bundle of the real runner) the snippets run on that
// instead.
const { AsyncLocalStorage } = require('node:async_hooks');
const http = require('node:http');

class Store {
  tasks = new Map();
  events = new Map();
  resources = new Map([['globals.resources.serializer', { resource: {}, value: JSON }]]);
  errors = new Map();
  asyncContexts = new Map();
  tags = new Map([['globals.tags.tunnel', { id: 'globals.tags.tunnel' }]]);
}

/** Collects what a chain of builder calls was given: `r.task(id).dependencies(d).run(f).build()`. */
function builder(kind, id, extra = {}) {
  const parts = { kind, id, ...extra };
  const self = new Proxy({}, {
    get: (_target, name) => (value) => {
      if (name === 'build') return finish(parts);
      parts[name] = value;
      return self;
    },
  });
  return self;
}

function finish(parts) {
  if (parts.kind === 'error') return makeError(parts);
  if (parts.kind === 'resource') parts.with = (config) => ({ ...parts, config });
  return parts;
}

function makeError({ id, format }) {
  return {
    kind: 'error',
    id,
    throw(data) {
      throw Object.assign(new Error(format(data)), { name: id, data });
    },
    is: (error) => error instanceof Error && error.name === id,
  };
}

const r = {
  task: (id) => builder('task', id),
  event: (id) => builder('event', id),
  hook: (id) => builder('hook', id),
  resource: (id) => builder('resource', id),
  error: (id) => builder('error', id),
  middleware: { task: (id) => builder('taskMiddleware', id) },
};

/** Of the runner's own, what the snippets use. */
const globals = {
  resources: { store: { kind: 'resource', id: 'globals.resources.store' } },
  events: { ready: { kind: 'event', id: 'globals.events.ready' } },
};

/** Like the runner: everything registered is initialised, in order, before `run` resolves. */
async function run(app, { shutdownHooks = true } = {}) {
  const store = new Store();
  const hooks = [];
  const disposals = [];
  const all = flatten(app);
  for (const item of all) {
    if (item.kind === 'task') store.tasks.set(item.id, { task: item, computedDependencies: {}, isInitialized: true });
    if (item.kind === 'event') store.events.set(item.id, { event: item });
    if (item.kind === 'hook') hooks.push(item);
    if (item.kind === 'error') store.errors.set(item.id, item);
  }
  const runtime = {
    store,
    serializer: JSON,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    taskRunner: { run: (task, input) => runTask(runtime, task, input) },
    eventManager: {
      async emit(event, data) {
        for (const hook of hooks) {
          if (hook.on === event) await hook.run({ id: event.id, data }, dependenciesOf(runtime, hook));
        }
      },
    },
    dispose: () => store.dispose(),
  };
  for (const name of ['taskRunner', 'eventManager', 'logger']) {
    store.resources.set(`globals.resources.${name}`, { resource: {}, value: runtime[name] });
  }
  store.dispose = async () => {
    for (const dispose of disposals.reverse()) await dispose();
  };
  for (const item of all.reverse()) {
    if (item.kind !== 'resource') continue;
    const value = item.init ? await item.init(item.config, dependenciesOf(runtime, item), runtime) : undefined;
    store.resources.set(item.id, { resource: item, config: item.config, value });
    if (item.dispose) disposals.push(() => item.dispose(value));
  }
  await runtime.eventManager.emit(globals.events.ready);
  // As the runner does it: it takes the resources down, and the process with them.
  if (shutdownHooks) {
    for (const signal of ['SIGTERM', 'SIGINT']) {
      process.on(signal, () => store.dispose().catch(() => {}).then(() => process.exit(0)));
    }
  }
  return runtime;
}

function flatten(item) {
  return [item, ...(item.register || []).flatMap(flatten)];
}

function dependenciesOf(runtime, { dependencies = {} }) {
  return Object.fromEntries(Object.entries(dependencies).map(([name, item]) => [name, valueOf(runtime, item)]));
}

function valueOf(runtime, item) {
  if (item.kind === 'task') return (input) => runTask(runtime, item, input);
  if (item === globals.resources.store) return runtime.store;
  if (item.kind === 'event') return (data) => runtime.eventManager.emit(item, data);
  return runtime.store.resources.get(item.id).value;
}

async function runTask(runtime, task, input) {
  const inner = (value) => task.run(value, dependenciesOf(runtime, task));
  const outermost = (task.middleware || []).reduceRight(
    (next, middleware) => async (value) => middleware.run(
      { task: { definition: task, input: value }, next }, dependenciesOf(runtime, middleware),
    ),
    inner,
  );
  return outermost(input);
}

/** What the snippets need of nodeExposure: JSON calls on a port of its own when it is told to listen. */
const nodeExposure = {
  with: ({ http: config }) => ({
    kind: 'resource',
    id: 'platform.node.resources.exposure',
    config: { http: config },
    async init(_config, _dependencies, runtime, listener = (req, res) => answer(runtime, config, req, res)) {
      if (!config.listen) return { createRequestListener: () => listener };
      const server = http.createServer(listener);
      await new Promise((resolve) => { server.listen(config.listen.port, config.listen.host, resolve); });
      return { createRequestListener: () => listener, close: () => new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }) };
    },
    dispose: async (value) => value.close && value.close(),
  }),
};

async function answer(runtime, { basePath = '/__runner', auth }, req, res) {
  const send = (status, body) => {
    const text = JSON.stringify(body);
    res.setHeader('Access-Control-Allow-Origin', '*');
    res.writeHead(status, {
      'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text),
    }).end(text);
  };
  const failed = (status, message, code) => send(status, { ok: false, error: { message, code } });
  let body = '';
  for await (const part of req) body += part;
  if (req.method !== 'POST') return failed(405, 'Method Not Allowed', 'METHOD_NOT_ALLOWED');
  if (auth && req.headers[auth.header || 'x-runner-token'] !== auth.token) {
    return failed(401, 'Unauthorized', 'UNAUTHORIZED');
  }
  const entry = runtime.store.tasks.get(decodeURIComponent(req.url.slice(`${basePath}/task/`.length)));
  if (!req.url.startsWith(`${basePath}/task/`) || entry === undefined) return failed(404, 'Not Found', 'NOT_FOUND');
  try {
    return send(200, { ok: true, result: await runTask(runtime, entry.task, JSON.parse(body).input) });
  } catch (error) {
    return failed(500, error.message, 'INTERNAL_ERROR');
  }
}

/** Contexts by id, as the shim provides them: `useExposureContext()` sees what was provided under its id. */
const storages = new Map();

function asyncContext({ id }) {
  if (!storages.has(id)) storages.set(id, new AsyncLocalStorage());
  const storage = storages.get(id);
  const use = () => {
    if (storage.getStore() === undefined) throw new Error(`Context not available for symbol ${id}`);
    return storage.getStore();
  };
  return { id, use, provide: (value, inner) => storage.run(value, inner) };
}

const useExposureContext = () => asyncContext({ id: 'platform.node.exposure.request' }).use();
const cancellationError = makeError({ id: 'runner.errors.cancellation', format: ({ reason }) => reason });

module.exports = {
  r, run, globals, nodeExposure, useExposureContext, asyncContext, Store, Errors: { cancellationError },
};
