'use strict';

// Its types describe the default export of an ES module, which `require` does not give.
const cluster = /** @type {import('node:cluster').Cluster} */ (/** @type {unknown} */ (require('node:cluster')));
const { onStopSignals } = require('./stop-signals');
const { ControlSocket } = require('./worker-control');
const { WorkerPool } = require('./worker-pool');
const { statusOf } = require('./worker-status');

/**
 * @typedef {object} WorkersSettings
 * @property {number} workers
 * @property {number} drainMilliseconds
 * @property {number} startMilliseconds
 * @property {number} [stuckMilliseconds]
 * @property {import('./worker-limits').Limits} limits
 * @property {string} [control] the path of a socket to be asked at
 */

/**
 * Runs copies of this command, as its supervisor. One that ends is started again, one that reached a limit is replaced;
 * SIGHUP replaces all of them one after another; SIGTERM lets all of them drain.
 * @param {WorkersSettings} settings
 * @returns {Promise<never>}
 */
async function runWorkers(settings) {
  const pool = new WorkerPool({
    count: settings.workers,
    drainMilliseconds: settings.drainMilliseconds,
    startMilliseconds: settings.startMilliseconds,
    stuckMilliseconds: settings.stuckMilliseconds,
    limits: settings.limits,
    fork: () => cluster.fork(),
    say: (text) => process.stderr.write(`runner-sidecar-shim: ${text}\n`),
  });
  const control = settings.control === undefined ? null : new ControlSocket(settings.control, {
    status: () => statusOf(pool),
    reload: (listener) => pool.renewals.reload(listener),
  });
  await control?.open();
  // Before the first worker: a signal that comes early must not end this process and leave a worker behind.
  process.on('SIGHUP', () => { pool.renewals.reload(); });
  onStopSignals({
    stop: () => stop(pool, control),
    // Cut short: the workers end with their supervisor.
    again: () => process.exit(1),
  });
  pool.onEmpty = () => process.exit(0);
  pool.start();
  return new Promise(() => {});
}

/** @param {WorkerPool} pool @param {ControlSocket | null} control */
function stop(pool, control) {
  control?.close();
  pool.stop();
}

module.exports = { cluster, runWorkers };
