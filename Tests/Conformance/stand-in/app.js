'use strict';

// The stand-in for an app built on the runner, served by the shim. Environment: SOCKET (the front's), or FALLBACK_PORT
// to be served without a front; VARIANT, LISTENER=1 (also pass the app's own request listener), RUNNER_SIDECAR_SHIM
// (the shim's folder).
const { serve } = require(process.env.RUNNER_SIDECAR_SHIM);
const { requestListener } = require('./request-listener.js');
const { standInRuntime, standInRunner } = require('./runtime.js');
const { VARIANTS } = require('./variants.js');

async function main() {
  const { http, tunnel = 'server' } = VARIANTS[process.env.VARIANT ?? 'default'];
  await serve(standInRuntime(tunnel, { basePath: '/__runner', ...http }), {
    ...(process.env.FALLBACK_PORT ? { port: Number(process.env.FALLBACK_PORT) } : { socket: process.env.SOCKET }),
    runner: standInRunner,
    ...(process.env.LISTENER === '1' ? { requestListener } : {}),
  });
  console.log('app ready');
}

// The runner keeps its process alive when something is thrown where nobody catches it; so does its stand-in.
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (error) => console.error(event, error));
}

main().catch((error) => { console.error(error); process.exit(1); });
