'use strict';

const { strictnessOf, answersWhatCameBefore, readsTheRest } = require('./stricter-on-purpose.js');

/**
 * @typedef {object} Observed What a server did with a recorded request.
 * @property {number | null} status null when no answer came
 * @property {string | null} reason
 * @property {[string, string][]} headers
 * @property {string} framing
 * @property {Buffer} body
 * @property {boolean | null} complete
 * @property {boolean} closed
 * @property {object[]} [more] those answers behind the first that the record has
 * @property {number[]} [furtherStatuses] of all answers that came after the first
 * @property {string} [malformed] why the bytes are no HTTP answer
 */

/**
 * Where an answer does not agree with the record; empty when it does.
 *
 * What the exposure or a task answered must be met in full. Where Node's own HTTP server answered, being as strict or
 * stricter will do. Where the original hung, a clear error and a close are asked for.
 * What RFC 9112 forbids and Node's parser lets pass is refused on purpose (see stricter-on-purpose.js).
 * @param {import('./records.js').RecordedCase} record
 * @param {Observed} observed
 * @param {{ sameServer?: boolean }} [options] `sameServer`: the recorded server itself is asked again, so even its own
 *   HTTP parser's answers and its hanging must come back
 * @returns {string[]}
 */
function differences(record, observed, { sameServer = false } = {}) {
  if (observed.malformed) return [`not HTTP: ${observed.malformed}`];
  if (!sameServer && strictnessOf(record)) return clearErrorAndClose(observed, 'RFC 9112 forbids it');
  if (!sameServer && record.origin === 'no-answer') return clearErrorAndClose(observed);
  if (!sameServer && record.origin === 'node-http') return asStrict(record, observed);
  return inFull(record, observed);
}

function inFull(record, observed) {
  const found = [];
  const compare = (what, expected, actual) => {
    if (expected !== actual) found.push(`${what}: expected ${show(expected)}, got ${show(actual)}`);
  };
  compare('status', record.status, observed.status);
  compare('reason', record.reason, observed.reason);
  const isGiven = (id) => record.request.latin1Slice().includes(id);
  compare('header lines', fieldLines(record.headers, isGiven), fieldLines(observed.headers, isGiven));
  found.push(...badFields(observed.headers));
  compare('framing', record.framing, observed.framing);
  compare('complete', record.complete, observed.complete);
  if (record.body !== null && !record.body.equals(observed.body)) {
    found.push(`body: expected ${showBytes(record.body)}, got ${showBytes(observed.body)}`);
  }
  if (!readsTheRest(record)) compare('closed', record.closed, observed.closed);
  for (const [i, expected] of (record.more ?? []).entries()) {
    const actual = observed.more?.[i];
    if (actual === undefined) found.push(`answer ${i + 2}: missing`);
    else found.push(...inFull({ ...expected, request: record.request, closed: false, headers: expected.headers ?? [] },
      { ...actual, closed: false }).map((difference) => `answer ${i + 2}: ${difference}`));
  }
  return found;
}

/** Node's parser refused: so must the front, and it may not keep a connection that Node gave up. */
function asStrict(record, observed) {
  if (answersWhatCameBefore(record)) return answeredThenRefused(observed);
  const found = [];
  const refusedWithoutAnswer = record.status === null;
  if (observed.status === null ? !(refusedWithoutAnswer && observed.closed) : observed.status < 400) {
    const nodeDid = refusedWithoutAnswer ? 'closed without an answer' : `answered ${record.status}`;
    found.push(`laxer than Node: it ${nodeDid}, this ${describe(observed)}`);
  }
  if (record.closed && !observed.closed) found.push('laxer than Node: it closed the connection, this kept it');
  return [...found, ...errorBody(observed)];
}

/**
 * A whole request came before the fault: it is answered in its turn, the fault refused or the connection just closed.
 */
function answeredThenRefused(observed) {
  const found = [];
  if (observed.status !== 200) found.push(`the request before the fault: expected 200, but it ${describe(observed)}`);
  const served = (observed.furtherStatuses ?? []).filter((status) => status < 400);
  if (served.length > 0) found.push(`laxer than Node: what came after was answered ${served}`);
  if (!observed.closed) found.push('laxer than Node: it closed the connection, this kept it');
  return found;
}

/** @param {string} why an error is asked for where the original gave none */
function clearErrorAndClose(observed, why = 'the original hung') {
  // Once a part of an answer is out, cutting it visibly is the only error left.
  if (observed.status !== null && observed.status < 400 && observed.complete === false && observed.closed) return [];
  const found = [];
  if (observed.status === null || observed.status < 400) {
    found.push(`${why}: expected a clear error, but it ${describe(observed)}`);
  }
  if (!observed.closed) found.push(`${why}: expected a close after the error`);
  return [...found, ...errorBody(observed)];
}

/** An error that the front makes has the exposure's envelope, or no body at all. */
function errorBody(observed) {
  if (observed.status === null || observed.body.length === 0) return [];
  try {
    const { ok, error } = JSON.parse(observed.body.toString('utf8'));
    if (ok === false && typeof error.message === 'string' && typeof error.code === 'string') return [];
  } catch { /* said below */ }
  return [`not an error envelope: ${showBytes(observed.body)}`];
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Header lines as one text, with what may vary made equal. */
function fieldLines(headers, isGiven) {
  return headers.map(([name, value]) => {
    if (name === 'x-runner-request-id' && value === '<uuid>') return `${name}: (any UUID)`;
    if (name === 'x-runner-request-id' && UUID.test(value) && !isGiven(value)) return `${name}: (any UUID)`;
    if (name === 'Date') return 'Date: (any)';
    if (name === 'Keep-Alive') return 'Keep-Alive: (any)';
    return `${name}: ${value}`;
  }).join(' | ');
}

/** `Date` may be any date and `Keep-Alive` may name any timeout, but not just anything. */
function badFields(headers) {
  return headers.flatMap(([name, value]) => {
    if (name === 'Date' && !/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value)) {
      return [`not an IMF-fixdate: ${value}`];
    }
    if (name === 'Keep-Alive' && !/^timeout=\d+$/.test(value)) return [`not a keep-alive timeout: ${value}`];
    return [];
  });
}

function describe(observed) {
  if (observed.status !== null) return `answered ${observed.status}`;
  return observed.closed ? 'closed without an answer' : 'did not answer';
}

const show = (value) => (typeof value === 'string' ? JSON.stringify(value) : String(value));

function showBytes(bytes) {
  const text = JSON.stringify(bytes.subarray(0, 160).toString('latin1'));
  return bytes.length > 160 ? `${text}… (${bytes.length} bytes)` : text;
}

module.exports = { differences };
