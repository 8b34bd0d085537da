'use strict';

// The fault suite's app as a process of its own. Environment: SOCKET, RUNS_FILE, RUNNER_SIDECAR_SHIM.
const { tasks } = require('./tasks.js');
const { serve } = require(process.env.RUNNER_SIDECAR_SHIM);

async function main() {
  const service = await serve({ tasks }, { socket: process.env.SOCKET, http: { basePath: '/__runner' } });
  process.once('SIGTERM', async () => {
    await service.close();
    process.exit(0);
  });
  console.log('app ready');
}

main().catch((error) => { console.error(error); process.exit(1); });
