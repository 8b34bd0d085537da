'use strict';

// The fault suite's app with a front of its own, as a process. Environment: RUNS_FILE, RUNNER_SIDECAR_SHIM,
// RUNNER_SIDECAR_BINARY.
const { tasks } = require('./tasks.js');
const { serve } = require(process.env.RUNNER_SIDECAR_SHIM);

async function main() {
  const service = await serve({ tasks }, {
    port: 0, binary: process.env.RUNNER_SIDECAR_BINARY, http: { basePath: '/__runner' },
  });
  process.once('SIGTERM', async () => {
    await service.close();
    process.exit(0);
  });
  console.log(`app ready ${service.address.port}`);
}

main().catch((error) => { console.error(error); process.exit(1); });
