'use strict';

const WATCH_MILLISECONDS = 50;
const FIGURES_MILLISECONDS = 250;

/**
 * Tells the supervisor (lib/worker-process.js) how this worker does: that its app is loaded, that it serves, why a
 * front refused it, and its figures.
 *
 * It serves once the front has welcomed every link and one of them has answered something, a call or a PING: only then
 * may another worker leave.
 *
 * @param {import('./bridge').Bridge} bridge
 * @param {(message: object) => void} [send]
 * @returns {() => void} ends it
 */
function reportToSupervisor(bridge, send = sendToParent) {
  let refusals = 0;
  send({ 'runner-sidecar': 'loaded' });
  const watch = setInterval(() => {
    if (bridge.refusals > refusals) {
      refusals = bridge.refusals;
      send({ 'runner-sidecar': 'refused', reason: bridge.refusal.reason, retry: bridge.refusal.retry });
    }
    if (!bridge.isServing) return;
    clearInterval(watch);
    send({ 'runner-sidecar': 'serving' });
  }, WATCH_MILLISECONDS);
  const figures = setInterval(() => {
    send({ 'runner-sidecar': 'figures', calls: bridge.callsTaken, memoryBytes: process.memoryUsage.rss() });
  }, FIGURES_MILLISECONDS);
  // They must not keep a process that has served from ending.
  for (const timer of [watch, figures]) timer.unref();
  return () => {
    clearInterval(watch);
    clearInterval(figures);
  };
}

/** The calls are over: what is left is the app's to dispose of. */
function reportDrained() {
  sendToParent({ 'runner-sidecar': 'drained' });
}

function sendToParent(message) {
  // The supervisor may be gone; Node then ends this process.
  if (process.connected) process.send(message, undefined, undefined, () => {});
}

module.exports = { reportDrained, reportToSupervisor, WATCH_MILLISECONDS };
