'use strict';

/**
 * Recorded requests that Node's lenient parser let through to the exposure and that this server refuses, because a
 * front and an intermediary that read them differently are what request smuggling is made of. Each with its rule.
 * @type {Record<string, string>}
 */
const STRICTER = {
  'te-gzip-chunked': 'RFC 9112 section 6.1: a transfer coding that is not understood is answered 501',
  'http10-chunked': 'RFC 9112 section 6.1: Transfer-Encoding in HTTP/1.0 is faulty framing',
  'two-hosts': 'RFC 9112 section 3.2: more than one Host is answered 400',
  'odd-host': 'RFC 9112 section 3.2: an invalid Host is answered 400',
  'http09': 'RFC 9112 section 2.3: HTTP/0.9 is not spoken',
  'http20': 'RFC 9112 section 2.3: a major version that is not 1 is answered 505',
  'no-version': 'RFC 9112 section 3: a request line has a version; HTTP/0.9 is not spoken',
};

/**
 * Recorded pipelines of a whole request and then a fault. Node answers the fault at once, and the request never; here
 * each answer waits its turn, as RFC 9112 section 9.3.2 asks, and after `Connection: close` nothing more is read
 * (section 9.6).
 */
const ANSWERED_IN_TURN = new Set([
  'garbage-after-response', 'pipeline-close-first', 'pipeline-slow-then-malformed', 'pipeline-then-malformed',
]);

/**
 * The response came before the end of the request's body: Node takes the rest for another request, answers 400 and
 * closes. Here the rest is read, and the connection lives.
 */
const READS_THE_REST = new Set(['duplex-chunked-slow']);

/** @param {import('./records.js').RecordedCase} record @returns {string | undefined} the rule that this case breaks */
function strictnessOf(record) {
  return Object.hasOwn(STRICTER, record.name) ? STRICTER[record.name] : undefined;
}

/** @param {import('./records.js').RecordedCase} record */
function answersWhatCameBefore(record) {
  return ANSWERED_IN_TURN.has(record.name);
}

/** @param {import('./records.js').RecordedCase} record */
function readsTheRest(record) {
  return READS_THE_REST.has(record.name);
}

module.exports = { strictnessOf, answersWhatCameBefore, readsTheRest };
