'use strict';

// An app that writes down every run of a task before it does anything else: one line with the caller's id, in one write to
// a file opened for appending, so that not even a kill loses it. Environment: SOCKET, RUNS_FILE, RUNNER_SIDECAR_SHIM.
const fs = require('node:fs');
const { serve } = require(process.env.RUNNER_SIDECAR_SHIM);

const runs = fs.openSync(process.env.RUNS_FILE, 'a');
const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

const TASKS = {
  /** Runs once for each id; takes `ms` milliseconds; says which id it served and where. */
  async once({ id, ms, text }) {
    fs.writeSync(runs, `${id}\n`);
    if (ms > 0) await pause(ms);
    return { id, pid: process.pid, text };
  },
  /** Keeps the event loop from doing anything else. */
  async block({ ms }) {
    const end = Date.now() + ms;
    while (Date.now() < end);
    return 'blocked';
  },
  async add({ a, b }) { return a + b; },
  async large({ bytes }) { return 'x'.repeat(bytes); },
};

async function main() {
  const tasks = new Map(Object.entries(TASKS).map(([id, run]) => [id, { run }]));
  const service = await serve({ tasks }, { socket: process.env.SOCKET, http: { basePath: '/__runner' } });
  process.once('SIGTERM', async () => {
    await service.close();
    process.exit(0);
  });
  console.log('app ready');
}

main().catch((error) => { console.error(error); process.exit(1); });
