'use strict';

/** What is printed of the app's service though it is no problem: which rules are in force, and where they come from. */
const ALWAYS_PRINTED = new Set(['front.listening']);

/**
 * A log function over a logger that the app gave, else over its own, else over stderr for what an operator must see.
 * The runner's own takes errors as they are; all others get an error's message as `error`, and its `stack`.
 *
 * @param {{ [level: string]: (message: string, data?: object) => any } | null | undefined} logger
 * @param {{ [level: string]: (message: string, data?: object) => any } | null} [runnersOwn]
 * @returns {import('./app').Log}
 */
function makeLog(logger, runnersOwn) {
  if (logger) return logTo(logger, inWords);
  return runnersOwn ? logTo(runnersOwn, (data) => data) : logToStderr;
}

function logTo(logger, arrange) {
  return (level, message, data) => {
    try {
      const method = logger[level] || logger.info;
      // The runner's logger is asynchronous; that it fails must not fail a call.
      const done = method.call(logger, message, data === undefined ? undefined : arrange(data));
      if (done && typeof done.catch === 'function') done.catch(() => {});
    } catch {
      // As above.
    }
  };
}

function inWords(data) {
  if (!('error' in data) || typeof data.error === 'string') return data;
  const { error, ...more } = data;
  if (!(error instanceof Error)) return { ...more, error: textOf(error) };
  return { ...more, error: textOf(error.message), stack: textOf(error.stack) };
}

function textOf(value) {
  try {
    return String(value);
  } catch {
    return 'an error without text';
  }
}

/**
 * Standard error may be a pipe that is read slowly, and writing to it then holds up the app: so a flood of one kind of
 * line is shortened, and says so.
 */
const LINES_PER_SECOND_MOST = 50;
const flood = { second: 0, lines: 0, left: 0 };

function logToStderr(level, message, data) {
  if ((level === 'debug' || level === 'info') && !ALWAYS_PRINTED.has(message)) return;
  const second = Math.floor(performance.now() / 1000);
  if (second !== flood.second) {
    if (flood.left > 0) write(`runner-sidecar warn: ${flood.left} more lines in one second were left out\n`);
    Object.assign(flood, { second, lines: 0, left: 0 });
  }
  flood.lines += 1;
  if (flood.lines > LINES_PER_SECOND_MOST) {
    flood.left += 1;
    return;
  }
  const text = data === undefined ? '' : ` ${JSON.stringify(inWords(data))}`;
  write(`runner-sidecar ${level}: ${message}${text}\n`);
}

function write(line) {
  process.stderr.write(line);
}

module.exports = { makeLog };
