'use strict';

/**
 * What a file of recorded requests has that cannot be sent: logs and HAR files hold cut lines, scanners' bytes and
 * aborted requests. Such an entry is passed over and told with its place, so that it ends no comparison and hides in
 * none.
 *
 * @typedef {object} PassedOver
 * @property {string} place such as `line 3` or `entry 3`
 * @property {string} reason
 *
 * @typedef {object} ReadRequests
 * @property {import('./requests').ComparedRequest[]} requests
 * @property {PassedOver[]} passedOver
 */

const { validateHeaderName, validateHeaderValue } = require('node:http');

/** Places of one reason that are named; the rest are counted. */
const PLACES_SHOWN = 8;

/** What Node's client refuses in a request line, see `ERR_UNESCAPED_CHARACTERS`. */
const UNSENDABLE = /[^\u0021-\u00ff]/;

/**
 * Why a request cannot be sent.
 * @param {import('./requests').ComparedRequest} request
 * @returns {string | null} null when it can
 */
function whyUnsendable(request) {
  const { method, path, target, headers } = request;
  if (!/^[A-Z-]+$/.test(method)) return `${JSON.stringify(method)} is not a method`;
  const sent = path ?? target;
  if (!sent.startsWith('/')) return `its target ${JSON.stringify(sent.slice(0, 40))} is not a path`;
  if (UNSENDABLE.test(sent)) return 'its target has characters that a request line cannot have';
  for (const [name, value] of headers) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      return `its header ${JSON.stringify(String(name).slice(0, 40))} cannot be sent`;
    }
  }
  return null;
}

/**
 * @param {string} file
 * @param {PassedOver[]} passedOver
 * @param {number} total how many requests were read from the file
 * @returns {string[]} one sentence for each reason
 */
function passedOverNotes(file, passedOver, total) {
  /** @type {Map<string, string[]>} */
  const byReason = new Map();
  for (const { place, reason } of passedOver) byReason.set(reason, [...(byReason.get(reason) ?? []), place]);
  return [...byReason].map(([reason, places]) => {
    const more = places.length - PLACES_SHOWN;
    const named = `${places.slice(0, PLACES_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    return `${file}: ${places.length} passed over (${total} read): ${reason}: ${named}.`;
  });
}

/** Without the byte order mark that some editors and browsers put before a text. @param {string} text */
const withoutMark = (text) => (text.startsWith('\ufeff') ? text.slice(1) : text);

module.exports = { whyUnsendable, passedOverNotes, withoutMark };
