'use strict';

/**
 * How an app's exposure answers where the shim answers in its place: what is a stream, what a stream's headers may set,
 * and when a task's signal aborts.
 *
 * @typedef {object} Responses
 * @property {(value: any) => boolean} isStream
 * @property {ReadonlySet<string> | null} blockedHeaders what the headers of a stream cannot set, in lower case
 * @property {boolean} abortsWhenDone whether the signal also aborts when the response is done
 */

function hasPipe(value) {
  return Boolean(value) && typeof value.pipe === 'function';
}

/**
 * The oldest releases take any `{ stream }` for a stream, and abort the signal behind every response.
 * @type {Responses}
 */
const LENIENT_RESPONSES = {
  isStream(value) {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
    return typeof value.pipe === 'function' || (typeof value === 'object' && Boolean(value.stream));
  },
  blockedHeaders: null,
  abortsWhenDone: true,
};

/** Only what can be piped is a stream. @type {Responses['isStream']} */
function isPipeable(value) {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  if (typeof value.pipe === 'function') return true;
  return typeof value === 'object' && 'stream' in value && hasPipe(value.stream);
}

module.exports = { LENIENT_RESPONSES, isPipeable };
