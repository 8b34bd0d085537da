'use strict';

const { tenantContext, userContext, asyncContext, useExposureContext } = require('./contexts.js');
const { quotaError, dateError, cancellationError } = require('./errors.js');
const { EVENTS } = require('./events.js');
const { EXPOSED_TASKS, EXPOSED_EVENTS } = require('./exposed-ids.js');
const { serializer } = require('./serializer.js');
const { TASKS } = require('./tasks.js');

const TUNNEL_TAG = { id: 'globals.tags.tunnel' };

const TUNNELS = {
  server: { mode: 'server', transport: 'http', tasks: EXPOSED_TASKS, events: EXPOSED_EVENTS },
  small: {
    mode: 'server', transport: 'http', tasks: (task) => task.id === 'app.tasks.add' || task.id === 'app.tasks.echo',
    events: (event) => event.id === 'app.events.notify',
  },
  clientOnly: { mode: 'none', transport: 'http', tasks: ['app.tasks.add'] },
  otherTransport: { mode: 'server', transport: 'ws', tasks: ['app.tasks.add'] },
};

/**
 * The runner's module, as far as a shim may ask of it: its store's class (by which a copy is known), contexts, errors.
 */
class Store {}
const standInRunner = { Store, asyncContext, useExposureContext, Errors: { cancellationError } };

/**
 * What the runner's `run(app)` gives, as far as a shim may rely on it, without the runner: a store of tasks, events,
 * errors, contexts and tunnels, and the two that run them.
 * @param {keyof TUNNELS | null} tunnel
 * @param {object} http what the app gave to its nodeExposure, which is registered but has no handlers
 */
function standInRuntime(tunnel, http) {
  const byId = (items) => new Map(items.map((item) => [item.id, item]));
  const store = Object.assign(new Store(), {
    tasks: new Map(Object.entries(TASKS).map(([id, run]) => [
      id, { task: { id, run }, computedDependencies: {}, isInitialized: true },
    ])),
    events: new Map(Object.keys(EVENTS).map((id) => [id, { event: { id } }])),
    errors: byId([quotaError, dateError, cancellationError]),
    asyncContexts: byId([tenantContext, userContext]),
    tags: byId([TUNNEL_TAG]),
    resources: new Map([
      ['globals.resources.serializer', { resource: { id: 'globals.resources.serializer' }, value: serializer }],
      ['platform.node.resources.exposure', { resource: { id: 'platform.node.resources.exposure' }, config: { http } }],
      ...(tunnel === null ? [] : [[
        'app.tunnel',
        { resource: { id: 'app.tunnel', tags: [TUNNEL_TAG] }, value: TUNNELS[tunnel], isInitialized: true },
      ]]),
    ]),
  });
  return {
    store,
    taskRunner: { run: async (task, input) => task.run(input) },
    eventManager: { emit: async (event, payload, source) => EVENTS[event.id]({ id: event.id, data: payload, source }) },
    serializer,
    logger: { error() {}, warn() {}, info() {}, debug() {} },
  };
}

module.exports = { standInRuntime, standInRunner };
