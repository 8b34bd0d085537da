'use strict';

// What renewing workers costs the calls: latency under the same load without renewals and with one every two seconds,
// in turns.
//   node Benchmarks/bench-renewal.js [--seconds 10] [--rounds 3] [--connections 16]
const path = require('node:path');
const { parseArgs } = require('node:util');
const { TestProcess } = require('../Tests/support/child-process.js');
const { Front } = require('../Tests/support/front.js');
const { Latencies } = require('../Tests/support/latency.js');
const { Load } = require('../Tests/support/load.js');
const { shimFolder } = require('../Tests/support/project.js');
const { Random } = require('../Tests/support/random.js');
const { RunLog } = require('../Tests/support/run-log.js');
const { pause } = require('../Tests/support/wait-until.js');

const WORKERS = 2;
const WARM_UP_MILLISECONDS = 2_000;
const CASES = [
  { name: 'without renewals', options: [] },
  // Two workers that live for four seconds: one leaves every two.
  { name: 'one every two seconds', options: ['--max-age', '4s'] },
];

/** One round of load. @returns {Promise<{ latencies: Latencies, failed: number, processes: number }>} */
async function measure(options, { seconds, connections }) {
  const front = await Front.start();
  const log = new RunLog();
  const command = new TestProcess('runner-sidecar-shim', process.execPath, [
    path.join(shimFolder(), 'bin', 'runner-sidecar-shim.js'), path.join(__dirname, '../Tests/Faults/app-module.js'),
    '--socket', front.socket, '--workers', String(WORKERS), ...options,
  ], { env: { RUNS_FILE: log.file } });
  try {
    await front.workersReady(WORKERS);
    const load = new Load({ port: front.port, random: new Random(1), connections, taskMilliseconds: [0, 5] });
    await pause(WARM_UP_MILLISECONDS);
    load.latencies = new Latencies();
    await pause(seconds * 1_000);
    const { latencies } = load;
    await load.finish();
    const failed = [...load.answers.values()].filter(({ status }) => status !== 200).length + load.unanswered.size;
    return { latencies, failed, processes: load.servedBy.size };
  } finally {
    await command.stop();
    await front.stop();
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '10' }, rounds: { type: 'string', default: '3' },
      connections: { type: 'string', default: '16' },
    },
  });
  const [seconds, rounds, connections] = [values.seconds, values.rounds, values.connections].map(Number);
  const p99s = CASES.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, { name, options }] of CASES.entries()) {
      const { latencies, failed, processes } = await measure(options, { seconds, connections });
      p99s[i].push(latencies.percentile(0.99));
      console.log(`${name.padEnd(22)} ${latencies.report()}, ${failed} failed, served by ${processes} processes`);
    }
  }
  const [without, renewed] = p99s.map((list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)]);
  console.log(`p99, median of ${rounds} rounds: ${without.toFixed(1)} ms without, ${renewed.toFixed(1)} ms with `
    + `renewals: ${(renewed / without).toFixed(2)} times`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
