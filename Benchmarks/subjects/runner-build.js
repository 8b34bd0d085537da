'use strict';

/** The benchmark's app, built on the real @bluelibs/runner of any release. */

const { app } = require('./common');

/**
 * @param {any} runner what its bundle exports
 * @param {object | null} http what its exposure gets; null: it has none (4.x only)
 * @returns {Promise<any>} the runtime
 */
function buildRunnerApp(runner, http = null) {
  const { r, run, rpcLanesResource } = runner;
  const parts = rpcLanesResource ? onLanes(runner, http) : ofNodeExposure(runner, http);
  return run(r.resource('app').register(parts).build(), { logs: { printThreshold: null } });
}

/** Up to 5.x. A tunnel resource names what may be called: without one, 5.x lets nothing be. */
function ofNodeExposure({ r, globals, nodeExposure }, http) {
  const { tasks, events, hooks } = definitions(r, (id) => id, null);
  if (http === null) return [...tasks, ...events, ...hooks];
  const value = { mode: 'server', transport: 'http', tasks: tasks.map(({ id }) => id), events };
  const tunnel = r.resource('app.tunnel').tags([globals.tags.tunnel]).init(async () => value).build();
  return [...tasks, ...events, ...hooks, tunnel, nodeExposure.with({ http })];
}

/** 6.x makes the canonical id (`app.tasks.add`) from the owner and the kind. */
function onLanes({ r, tags, rpcLanesResource }, http) {
  const lane = r.rpcLane('main').build();
  const localName = (id) => id.slice(id.lastIndexOf('.') + 1);
  const { tasks, events, hooks } = definitions(r, localName, tags.rpcLane.with({ lane }));
  const communicator = r.resource('communicator').init(async () => ({ task: async () => {}, event: async () => {} }))
    .build();
  const topology = r.rpcLane.topology({
    profiles: { server: { serve: [lane] } }, bindings: [{ lane, communicator }],
  });
  const lanes = rpcLanesResource.with({ profile: 'server', mode: 'network', topology, exposure: { http } });
  return [...tasks, ...events, ...hooks, communicator, lanes];
}

function definitions(r, nameOf, tag) {
  const tagged = (builder) => (tag === null ? builder : builder.tags([tag]));
  const tasks = Object.entries(app.tasks)
    .map(([id, work]) => tagged(r.task(nameOf(id))).run(async (input) => work(input)).build());
  const events = Object.keys(app.events).map((id) => tagged(r.event(nameOf(id))).build());
  const hooks = events.map((event, i) => r.hook(nameOf(`app.hooks.on${i}`)).on(event).run(async () => {}).build());
  return { tasks, events, hooks };
}

module.exports = { buildRunnerApp };
