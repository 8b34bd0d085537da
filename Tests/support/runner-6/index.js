'use strict';

// Stands in for @bluelibs/runner 6.4 where tests, the documents' snippets and the example run without it: builders,
// `run`, the store and `rpcLanesResource`, as far as they use them.
const { makeContext, requestContext, ...request } = require('./contexts');
const { r, tags, cancellationError, makeResource } = require('./definitions');
const { rpcLanesResource } = require('./lanes');
const { Serializer } = require('./serializer');
const { Store } = require('./store');

const resources = {
  serializer: makeResource({ kind: 'resource', id: 'serializer', tags: [], init: (config) => new Serializer(config) }),
};

/** Like the runner: everything registered is initialised, in order, before `run` resolves. */
async function run(app) {
  const store = new Store();
  const runtime = {
    store,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    taskRunner: { run: (task, input, options) => runTask(runtime, task, input, options) },
    eventManager: {
      emit: (event, data, options) => emit(runtime, event, data, options).then(() => undefined),
      emitWithResult: (event, data, options) => emit(runtime, event, data, options),
    },
    paused: false,
    pause() { runtime.paused = true; },
    getResourceValue: (definition) => store.resources.get(store.findIdByDefinition(definition)).value,
    async dispose() {
      for (const { resource, value } of [...store.resources.values()].reverse()) await resource.dispose?.(value);
    },
  };
  const parts = {
    'runner.serializer': new Serializer(), 'runner.logger': runtime.logger,
    'system.taskRunner': runtime.taskRunner, 'system.eventManager': runtime.eventManager, 'system.store': store,
  };
  for (const [id, value] of Object.entries(parts)) store.resources.set(id, { resource: { id, tags: [] }, value });
  store.canonicalIds.set(resources.serializer, 'runner.serializer');
  const registered = [];
  register(store, app, '', registered);
  for (const id of registered.reverse()) {
    const entry = store.resources.get(id);
    const dependencies = dependenciesOf(runtime, entry.resource);
    entry.value = entry.resource.init ? await entry.resource.init(entry.config, dependencies, runtime) : undefined;
  }
  return runtime;
}

function register(store, definition, owner, resourcesInOrder) {
  const id = store.add(definition, owner);
  if (definition.kind !== 'resource') return;
  resourcesInOrder.push(id);
  for (const inner of definition.register === undefined ? [] : [definition.register].flat()) {
    register(store, inner, id, resourcesInOrder);
  }
}

function dependenciesOf(runtime, { dependencies = {} }) {
  return Object.fromEntries(Object.entries(dependencies).map(([name, item]) => {
    if (item.kind === 'task') return [name, (input) => runTask(runtime, taskOf(runtime, item), input)];
    if (item.kind === 'event') return [name, (data) => runtime.eventManager.emit(item, data)];
    return [name, runtime.getResourceValue(item)];
  }));
}

const taskOf = ({ store }, definition) => store.tasks.get(store.findIdByDefinition(definition)).task;

/** An abort ends the run at once, whatever the task does. */
async function runTask(runtime, task, input, { signal } = {}) {
  if (runtime.paused) throw new Error('the runtime is paused');
  const inner = async (value) => {
    const result = await task.run(task.inputSchema?.parse ? task.inputSchema.parse(value) : value,
      dependenciesOf(runtime, task));
    return task.resultSchema ? task.resultSchema.parse(result) : result;
  };
  const outermost = (task.middleware || []).reduceRight(
    (next, middleware) => async (value) => middleware.run({ task: { definition: task, input: value }, next }, {}),
    inner,
  );
  if (signal === undefined) return outermost(input);
  return new Promise((resolve, reject) => {
    const aborted = () => reject(signal.reason);
    signal.addEventListener('abort', aborted, { once: true });
    outermost(input).then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}

async function emit({ store }, definition, data, { source, signal } = {}) {
  const id = store.findIdByDefinition(definition);
  const { event } = store.events.get(id);
  const emission = { id, data: event.payloadSchema ? event.payloadSchema.parse(data) : data, source, signal };
  for (const { hook } of store.hooks.values()) {
    if (store.findIdByDefinition(hook.on) === id) await hook.run(emission, {});
  }
  return emission.data;
}

module.exports = {
  r, run, tags, resources, rpcLanesResource, Serializer, Store, cancellationError, Errors: { cancellationError },
  defineAsyncContext: makeContext, ...request,
};
