'use strict';

// Stands in for @bluelibs/runner 5.5 where the docs' snippets run without it: the 4.8 stand-in with the marks of 5.5,
// its serializer, and a nodeExposure that is closed unless told otherwise.
const four = require('./runner-stand-in.js');
const { exposureListener } = require('../../Tests/support/runner-6/exposure.js');
const { Serializer } = require('../../Tests/support/runner-6/serializer.js');

const TUNNEL = { id: 'globals.tags.tunnel' };
const VALIDATOR = { id: 'globals.tags.authValidator' };
const EXPOSURE = 'platform.node.resources.exposure';

/** As `run` of the other, with what 5.5 has besides. */
async function run(app, options) {
  const runtime = await four.run(app, options);
  const { store } = runtime;
  store.tags.set(VALIDATOR.id, VALIDATOR);
  store.resources.set('globals.resources.serializer', { resource: {}, value: new Serializer() });
  store.resources.set('globals.resources.runtime', { resource: {}, value: runtime });
  delete runtime.serializer;
  for (const { event } of store.events.values()) event.parallel = false;
  return runtime;
}

const nodeExposure = {
  with({ http }) {
    const inner = four.nodeExposure.with({ http });
    return { ...inner, id: EXPOSURE, init: (config, dependencies, runtime) => start(inner, config, runtime) };
  },
};

/** The other's nodeExposure, with this release's listener. */
async function start(inner, config, runtime) {
  const listener = exposureListener(config.http, policyOf(runtime.store), {
    ...runtime, store: Object.assign(Object.create(runtime.store), { canonicalIdOf: (id) => id }),
  }, 'globals.resources.serializer');
  const value = await inner.init(config, {}, runtime, listener);
  return { ...value, createRequestListener: () => listener };
}

/** Asked at every call, when the tunnels are there. */
function policyOf(store) {
  const ids = (member) => [...store.resources.values()]
    .filter(({ resource }) => resource.tags?.some(({ id }) => id === TUNNEL.id))
    .flatMap(({ value }) => (value && value[member]) || []).map((item) => item.id ?? item);
  return {
    get serveTaskIds() { return ids('tasks'); },
    get serveEventIds() { return ids('events'); },
  };
}

module.exports = {
  ...four, run, nodeExposure, Serializer, cancellationError: four.Errors.cancellationError,
  globals: { tags: { tunnel: TUNNEL, authValidator: VALIDATOR } },
};
