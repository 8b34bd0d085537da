'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');
const { serializer } = require('./serializer.js');

/** As in the runner, all contexts share one storage that maps context ids to values. */
const storage = new AsyncLocalStorage();
const EXPOSURE_CONTEXT_ID = 'platform.node.exposure.request';

/**
 * Stands in for the runner's `asyncContext`.
 * @param {{ id: string, serialize?: (value: any) => string, parse?: (text: string) => any }} definition
 */
function asyncContext({ id, serialize = serializer.stringify, parse = serializer.parse }) {
  return {
    id,
    serialize,
    parse,
    use() {
      const store = storage.getStore();
      if (!store || !store.has(id)) throw new Error(`Context not available for symbol ${id}`);
      return store.get(id);
    },
    provide: (value, run) => storage.run(new Map(storage.getStore() ?? []).set(id, value), run),
  };
}

const tenantContext = asyncContext({ id: 'app.contexts.tenant' });
const userContext = asyncContext({
  id: 'app.contexts.user',
  serialize: (value) => `U:${value.name}`,
  parse(text) {
    if (!text.startsWith('U:')) throw new Error('bad user ctx');
    return { name: text.slice(2) };
  },
});
const exposureContext = asyncContext({ id: EXPOSURE_CONTEXT_ID });
const useExposureContext = () => exposureContext.use();
const hasExposureContext = () => storage.getStore()?.has(EXPOSURE_CONTEXT_ID) ?? false;

module.exports = { asyncContext, tenantContext, userContext, exposureContext, useExposureContext, hasExposureContext };
