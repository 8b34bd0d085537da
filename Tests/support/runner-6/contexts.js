'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');
const { Serializer } = require('./serializer');

/** As in the runner, all contexts share one storage that maps their ids to values. */
const storage = new AsyncLocalStorage();
const serializer = new Serializer();

const write = (value) => serializer.stringify(value);
const read = (text) => serializer.parse(text);

function makeContext({ id, serialize = write, parse = read }) {
  const context = {
    kind: 'asyncContext',
    id,
    serialize,
    parse,
    use() {
      const values = storage.getStore();
      if (!values || !values.has(context.id)) {
        throw new Error(`Context not available for symbol ${context.id}\n\nRemediation: provide it`);
      }
      return values.get(context.id);
    },
    provide: (value, run) => storage.run(new Map(storage.getStore() ?? []).set(context.id, value), run),
    require: () => ({ run: ({ next, task }) => { context.use(); return next(task.input); } }),
  };
  return context;
}

const REQUEST_CONTEXT = 'platform-node-asyncContexts-exposureRequest';
const requestContext = makeContext({ id: REQUEST_CONTEXT });

module.exports = {
  makeContext,
  requestContext,
  useRpcLaneRequestContext: () => requestContext.use(),
  hasRpcLaneRequestContext: () => storage.getStore()?.has(REQUEST_CONTEXT) ?? false,
};
