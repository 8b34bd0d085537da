'use strict';

// The app that the recording was made with, on the real runner, served by the shim instead of a port. Environment:
// SOCKET, VARIANT, RUNNER_BUNDLE (the real runner's bundle), REFERENCE_APP (the recorded app), RUNNER_SIDECAR_SHIM.
const path = require('node:path');

const realBundle = path.resolve(process.env.RUNNER_BUNDLE);
process.env.REAL_RUNNER_BUNDLE = realBundle;
process.env.RUNNER_BUNDLE = path.join(__dirname, 'bundle-without-listen.js');
const { serve } = require(process.env.RUNNER_SIDECAR_SHIM);
const { main } = require(path.resolve(process.env.REFERENCE_APP));

async function start() {
  const runtime = await main();
  await serve(runtime, { socket: process.env.SOCKET, runner: require(realBundle) });
  console.log('app ready');
}

start().catch((error) => { console.error(error); process.exit(1); });
