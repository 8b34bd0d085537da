'use strict';

const http = require('node:http');
const { makeResource, tags } = require('./definitions');
const { basePathOf, exposureListener } = require('./exposure');

/** Stands in for `rpcLanesResource`: the tasks and events on lanes that the profile serves, and their handlers. */
const rpcLanesResource = makeResource({
  kind: 'resource',
  id: 'rpcLanes',
  tags: [tags.rpcLanes],
  async init(config, _dependencies, runtime) {
    const value = policyOf(config, runtime.store);
    const options = config.exposure?.http;
    if (!options || (value.serveTaskIds.length === 0 && value.serveEventIds.length === 0)) {
      return { ...value, exposure: null };
    }
    const listener = exposureListener(options, value, runtime);
    const server = options.listen ? http.createServer(listener) : null;
    if (server !== null) {
      await new Promise((resolve) => { server.listen(options.listen.port, options.listen.host, resolve); });
    }
    const close = async () => {
      if (server !== null) await new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
    };
    const handlers = { createRequestListener: () => listener, basePath: basePathOf(options), server, close };
    return { ...value, exposure: { close, getHandlers: () => handlers } };
  },
  dispose: (value) => value.exposure?.close(),
});

function policyOf({ profile, mode = 'network', topology }, store) {
  const served = topology.profiles[profile].serve;
  const policy = {
    profile, mode, serveTaskIds: [], serveEventIds: [], taskAllowAsyncContext: {}, eventAllowAsyncContext: {},
    taskAsyncContextAllowList: {}, eventAsyncContextAllowList: {},
  };
  const assign = (kind, definition) => {
    const lane = laneOf(definition, served);
    if (lane === undefined) return;
    policy[kind === 'task' ? 'serveTaskIds' : 'serveEventIds'].push(definition.id);
    const { allowAsyncContext } = topology.bindings.find((binding) => binding.lane === lane) || {};
    const list = lane.asyncContexts?.map(({ id }) => id) ?? (allowAsyncContext ? undefined : []);
    policy[`${kind}AllowAsyncContext`][definition.id] = list === undefined || list.length > 0;
    if (list !== undefined) policy[`${kind}AsyncContextAllowList`][definition.id] = list;
  };
  for (const { task } of byLane(store.tasks, 'task', served)) assign('task', task);
  for (const { event } of byLane(store.events, 'event', served)) assign('event', event);
  return policy;
}

/** Those that a lane takes by itself come first. */
function byLane(entries, kind, served) {
  const taken = (entry) => served.some((lane) => takes(lane, entry[kind]));
  const all = [...entries.values()];
  return [...all.filter(taken), ...all.filter((entry) => !taken(entry))];
}

function laneOf(definition, served) {
  const byItself = served.find((lane) => takes(lane, definition));
  if (byItself !== undefined) return byItself;
  const tag = definition.tags.find((one) => one.id === tags.rpcLane.id);
  return tag && served.includes(tag.config.lane) ? tag.config.lane : undefined;
}

function takes({ applyTo }, definition) {
  return typeof applyTo === 'function' ? applyTo(definition) : Boolean(applyTo?.includes(definition.id));
}

module.exports = { rpcLanesResource };
