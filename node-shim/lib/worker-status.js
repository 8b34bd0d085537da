'use strict';

/**
 * How the workers of one command do: for `runner-sidecar-shim status`.
 *
 * @typedef {object} PoolStatus
 * @property {number} pid of the first process
 * @property {number} wanted workers that are to serve
 * @property {number} serving workers that do
 * @property {Array<{ pid: number, state: string, ageSeconds: number,  calls: number, memoryBytes: number,
 *   silentSeconds: number }>} workers `silentSeconds`: since its event loop was last heard of
 * @property {boolean} reloading
 * @property {import('./reload').ReloadOutcome | null} lastReload
 * @property {{ started: number, crashed: number, failedStarts: number, killed: number, failedRenewals: number,
 *   replaced: Record<'calls' | 'memory' | 'age' | 'reload', number>,
 *   reloads: Record<'finished' | 'stopped', number> }} counts
 */

/** @param {import('./worker-pool').WorkerPool} pool @returns {PoolStatus} */
function statusOf(pool) {
  const { renewals } = pool;
  return {
    pid: process.pid,
    wanted: pool.options.count,
    serving: pool.serving.length,
    workers: [...pool.workers].map((worker) => ({
      pid: worker.pid, state: worker.state, ageSeconds: Math.round(worker.ageMilliseconds / 1_000),
      calls: worker.calls, memoryBytes: worker.memoryBytes,
      silentSeconds: Math.round(worker.silentMilliseconds / 1_000),
    })),
    reloading: renewals.reloading !== null,
    lastReload: renewals.lastReload,
    counts: {
      ...pool.counts, failedRenewals: renewals.counts.failed,
      replaced: { ...renewals.counts.replaced }, reloads: { ...renewals.counts.reloads },
    },
  };
}

/** @param {PoolStatus} status @returns {string} in the text format that Prometheus reads */
function prometheusText({ wanted, serving, lastReload, counts }) {
  const lines = [];
  const metric = (name, type, help, samples) => {
    lines.push(`# HELP runner_sidecar_shim_${name} ${help}`, `# TYPE runner_sidecar_shim_${name} ${type}`);
    for (const [labels, value] of samples) lines.push(`runner_sidecar_shim_${name}${labels} ${value}`);
  };
  const labelled = (label, values) => Object.entries(values).map(([key, value]) => [`{${label}="${key}"}`, value]);
  metric('workers_wanted', 'gauge', 'Workers that are to serve.', [['', wanted]]);
  metric('workers_serving', 'gauge', 'Workers that serve.', [['', serving]]);
  metric('workers_started_total', 'counter', 'Processes started.', [['', counts.started]]);
  metric('workers_crashed_total', 'counter', 'Workers that ended while they served.', [['', counts.crashed]]);
  metric('workers_failed_starts_total', 'counter', 'Workers that ended before they served.',
    [['', counts.failedStarts]]);
  metric('workers_killed_total', 'counter', 'Workers that did not start or end in time.', [['', counts.killed]]);
  metric('workers_replaced_total', 'counter', 'Workers replaced, by cause.', labelled('cause', counts.replaced));
  metric('renewals_failed_total', 'counter', 'Renewals whose new worker did not serve.', [['', counts.failedRenewals]]);
  metric('reloads_total', 'counter', 'Rolling reloads, by outcome.', labelled('outcome', counts.reloads));
  metric('last_reload_stopped', 'gauge', '1 when the last rolling reload stopped before its end.',
    [['', lastReload?.outcome === 'stopped' ? 1 : 0]]);
  return `${lines.join('\n')}\n`;
}

module.exports = { statusOf, prometheusText };
