'use strict';

// Its types describe the default export of an ES module, which `require` does not give.
const cluster = /** @type {import('node:cluster').Cluster} */ (/** @type {unknown} */ (require('node:cluster')));

const RESTART_MILLISECONDS = 500;

/**
 * Runs `count` copies of this command. One that dies is started again; SIGTERM lets all of them drain.
 * @param {number} count
 * @param {number} drainMilliseconds
 */
function runWorkers(count, drainMilliseconds) {
  let stopping = false;
  // Not cluster.workers: a worker stays there until its channel has closed, too, which may be after the last exit.
  let alive = 0;
  const start = () => {
    alive += 1;
    cluster.fork();
  };
  for (let i = 0; i < count; i++) start();
  cluster.on('exit', (worker, code, signal) => {
    alive -= 1;
    if (stopping) {
      if (alive === 0) process.exit(0);
      return;
    }
    process.stderr.write(`runner-sidecar-shim: worker ${worker.process.pid} ended with ${signal || `code ${code}`}\n`);
    setTimeout(() => {
      if (!stopping) start();
    }, RESTART_MILLISECONDS);
  });
  const stop = () => {
    if (stopping) process.exit(1);
    stopping = true;
    if (alive === 0) process.exit(0);
    for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGTERM');
    // A worker that does not come to its end in time, plus a moment for its own deadline to act.
    setTimeout(() => {
      for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGKILL');
    }, drainMilliseconds + 2000);
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, stop);
  return new Promise(() => {});
}

module.exports = { cluster, runWorkers };
