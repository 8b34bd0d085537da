'use strict';

// A recorded app on the real runner of any release, served by the shim beside its own port. Environment: SOCKET,
// VARIANT, RUNNER (the bundle), REFERENCE_APP (the recorded app), RUNNER_SIDECAR_SHIM,
// HELLO_FILE (where what the shim announces is written).
const fs = require('node:fs');
const path = require('node:path');

process.env.RUNNER = path.resolve(process.env.RUNNER);
process.env.RUNNER_BUNDLE = process.env.RUNNER;
process.env.PORT = '0';
const { serve } = require(process.env.RUNNER_SIDECAR_SHIM);
const runner = require(process.env.RUNNER);
const { main } = require(path.resolve(process.env.REFERENCE_APP));

async function start() {
  const runtime = await main();
  const service = await serve(runtime, { socket: process.env.SOCKET, runner });
  fs.writeFileSync(process.env.HELLO_FILE, JSON.stringify(service.app.describe()));
  console.log('app ready');
}

start().catch((error) => { console.error(error); process.exit(1); });
