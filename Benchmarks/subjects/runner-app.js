'use strict';

/**
 * The same app on the real @bluelibs/runner. RUNNER: the bundle. With PORT it is served by nodeExposure, with SOCKET
 * by the sidecar's shim. TOKEN: the token asked for, if any.
 */

const { app, ready } = require('./common');
const { r, run, nodeExposure } = require(process.env.RUNNER);

async function main() {
  const { PORT: port, SOCKET: socket, TOKEN: token } = process.env;
  const tasks = Object.entries(app.tasks).map(([id, work]) => r.task(id).run(async (input) => work(input)).build());
  const events = Object.keys(app.events).map((id) => r.event(id).build());
  const hooks = events.map((event, index) => r.hook(`app.hooks.on${index}`).on(event).run(async () => {}).build());
  const http = { basePath: '/__runner', ...(token && { auth: { token } }), ...(port && { listen: { port: Number(port), host: '127.0.0.1' } }) };
  const exposure = nodeExposure.with({ http });
  const root = r.resource('app').register([...tasks, ...events, ...hooks, ...(port ? [exposure] : [])]).build();
  const runtime = await run(root, { logs: { printThreshold: null } });
  if (port) keepIdleConnections(runtime, exposure);
  else await require('../../node-shim').serve(runtime, { socket, http });
  ready();
}

/** Idle connections are measured for longer than Node's 5 seconds. */
function keepIdleConnections(runtime, exposure) {
  const { server } = runtime.getResourceValue(exposure.resource ?? exposure);
  if (server) server.keepAliveTimeout = 120_000;
}

main();
