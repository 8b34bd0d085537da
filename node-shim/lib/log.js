'use strict';

/**
 * A log function over the app's logger when there is one, else over stderr for what an operator must see.
 *
 * @param {{ [level: string]: (message: string, data?: object) => any } | null | undefined} logger
 * @returns {import('./app').Log}
 */
function makeLog(logger) {
  if (!logger) return logToStderr;
  return (level, message, data) => {
    try {
      // The runner's logger is asynchronous; that it fails must not fail a call.
      const done = logger[level](message, data);
      if (done && typeof done.catch === 'function') done.catch(() => {});
    } catch {
      // As above.
    }
  };
}

function logToStderr(level, message, data) {
  if (level === 'debug' || level === 'info') return;
  // An error of the app's own is answered to its client; only the bridge's are the operator's.
  if (message.startsWith('exposure.')) return;
  process.stderr.write(`runner-sidecar ${level}: ${message}${data === undefined ? '' : ` ${JSON.stringify(data)}`}\n`);
}

module.exports = { makeLog };
