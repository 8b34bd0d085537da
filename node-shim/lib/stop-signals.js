'use strict';

const SIGNALS = /** @type {const} */ (['SIGTERM', 'SIGINT']);

/** One order may come several times: from the terminal or service manager to the whole group, and from a parent. */
const SAME_ORDER_MILLISECONDS = 1000;

/**
 * Listens for the order to stop. Repeated at once it is the same order; given again later it is impatience.
 * @param {{ stop: () => void, again: () => void }} orders
 */
function onStopSignals({ stop, again }) {
  let stoppedAt = null;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (stoppedAt === null) {
        stoppedAt = performance.now();
        stop();
      } else if (performance.now() - stoppedAt > SAME_ORDER_MILLISECONDS) {
        again();
      }
    });
  }
}

module.exports = { onStopSignals };
