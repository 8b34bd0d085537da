'use strict';

/** The benchmark's app, built on the real @bluelibs/runner. */

const { app } = require('./common');

/**
 * @param {object} runner what its bundle exports
 * @param {object[]} [more] resources to register
 * @returns {Promise<object>} the runtime
 */
function buildRunnerApp({ r, run }, more = []) {
  const tasks = Object.entries(app.tasks).map(([id, work]) => r.task(id).run(async (input) => work(input)).build());
  const events = Object.keys(app.events).map((id) => r.event(id).build());
  const hooks = events.map((event, i) => r.hook(`app.hooks.on${i}`).on(event).run(async () => {}).build());
  const root = r.resource('app').register([...tasks, ...events, ...hooks, ...more]).build();
  return run(root, { logs: { printThreshold: null } });
}

module.exports = { buildRunnerApp };
