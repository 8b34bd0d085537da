'use strict';

/**
 * The same app on the real @bluelibs/runner. RUNNER: the bundle, of any release. With PORT it is served by its own
 * exposure, with SOCKET by the sidecar's shim. TOKEN: the token asked for, if any.
 */

const { ready, failed } = require('./common');
const { buildRunnerApp } = require('./runner-build');
const { serve } = require('../../node-shim');
const runner = require(process.env.RUNNER);

async function main() {
  const { PORT: port, SOCKET: socket, TOKEN: token } = process.env;
  const listen = port && { port: Number(port), host: '127.0.0.1' };
  // From 5.0 on an exposure without auth is closed.
  const auth = token ? { token } : runner.EJSON ? undefined : { allowAnonymous: true };
  const http = { basePath: '/__runner', ...(auth && { auth }), ...(listen && { listen }) };
  const runtime = await buildRunnerApp(runner, http);
  if (listen) keepIdleConnections(runtime);
  else await serve(runtime, { socket, runner });
  ready();
}

/** Idle connections are measured for longer than Node's 5 seconds. */
function keepIdleConnections({ store }) {
  for (const { value } of store.resources.values()) {
    const handlers = value && value.exposure && value.exposure.getHandlers ? value.exposure.getHandlers() : value;
    if (handlers && handlers.createRequestListener && handlers.server) handlers.server.keepAliveTimeout = 120_000;
  }
}

main().catch(failed);
