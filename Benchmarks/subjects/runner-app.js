'use strict';

/**
 * The same app on the real @bluelibs/runner. RUNNER: the bundle. With PORT it is served by nodeExposure, with SOCKET
 * by the sidecar's shim. TOKEN: the token asked for, if any.
 */

const { ready, failed } = require('./common');
const { buildRunnerApp } = require('./runner-build');
const runner = require(process.env.RUNNER);

async function main() {
  const { PORT: port, SOCKET: socket, TOKEN: token } = process.env;
  const listen = port && { port: Number(port), host: '127.0.0.1' };
  const http = { basePath: '/__runner', ...(token && { auth: { token } }), ...(listen && { listen }) };
  const exposure = runner.nodeExposure.with({ http });
  const runtime = await buildRunnerApp(runner, listen ? [exposure] : []);
  if (listen) keepIdleConnections(runtime, exposure);
  else await require('../../node-shim').serve(runtime, { socket, http });
  ready();
}

/** Idle connections are measured for longer than Node's 5 seconds. */
function keepIdleConnections(runtime, exposure) {
  const { server } = runtime.getResourceValue(exposure.resource ?? exposure);
  if (server) server.keepAliveTimeout = 120_000;
}

main().catch(failed);
