'use strict';

/**
 * What differs between two answers to the same request, and what of it is only noise.
 *
 * @typedef {object} Answer
 * @property {number} status
 * @property {Array<[string, string]>} headers
 * @property {Buffer} body
 * @property {boolean} complete whether the body came to its end as announced
 * @property {boolean} streamed whether parts of the body came well before its end
 * @property {number} firstByteMilliseconds from the request sent to the first byte of the answer
 * @property {number} totalMilliseconds
 * @property {string} [failure] why there is no answer
 *
 * @typedef {object} AnswerDifference
 * @property {'failure' | 'status' | 'header' | 'body' | 'complete' | 'streaming'} kind
 * @property {string} place names it: `header vary`, `body $.result.total`
 * @property {string} first
 * @property {string} second
 */

const { jsonDifferences } = require('./json-diff');

/** Headers of the moment, the connection and the server's own name: they say nothing about the app's answer. */
const IGNORED_HEADERS = Object.freeze([
  'date', 'connection', 'keep-alive', 'server', 'x-request-id', 'traceparent', 'tracestate', 'server-timing',
  'x-powered-by', 'age', 'via',
]);

/** An id that a server of the runner (5.5 on) made up for a request that brought none: another each time. */
const REQUEST_ID = 'x-runner-request-id';
const MADE_UP_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * @param {Answer} first
 * @param {Answer} second
 * @param {Iterable<string>} [ignoredHeaders] lower case
 * @returns {AnswerDifference[]}
 */
function differences(first, second, ignoredHeaders = IGNORED_HEADERS) {
  if (first.failure || second.failure) {
    if (first.failure === second.failure) return [];
    const outcome = (/** @type {Answer} */ { failure, status }) => failure ?? `status ${status}`;
    return [{ kind: 'failure', place: 'answer', first: outcome(first), second: outcome(second) }];
  }
  /** @type {AnswerDifference[]} */
  const found = [];
  const note = (kind, place, a, b) => a !== b && found.push({ kind, place, first: String(a), second: String(b) });
  note('status', 'status', first.status, second.status);
  found.push(...headerDifferences(first.headers, second.headers, new Set(ignoredHeaders)));
  note('complete', 'end of body', first.complete ? 'complete' : 'cut', second.complete ? 'complete' : 'cut');
  note('streaming', 'streaming', first.streamed ? 'streamed' : 'at once', second.streamed ? 'streamed' : 'at once');
  found.push(...bodyDifferences(first.body, second.body));
  return found;
}

/**
 * Names without case; the values of a repeated name in their order. The length follows from the body, so it is told
 * there.
 * @returns {AnswerDifference[]}
 */
function headerDifferences(first, second, ignored) {
  const a = grouped(first);
  const b = grouped(second);
  const bothCounted = a.has('content-length') && b.has('content-length');
  /** @type {AnswerDifference[]} */
  const found = [];
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    if (ignored.has(name) || (name === 'content-length' && bothCounted)) continue;
    const one = a.get(name) ?? '(absent)';
    const other = b.get(name) ?? '(absent)';
    if (one !== other) found.push({ kind: 'header', place: `header ${name}`, first: one, second: other });
  }
  return found;
}

function grouped(headers) {
  const values = new Map();
  for (const [name, given] of headers) {
    const key = name.toLowerCase();
    const value = key === REQUEST_ID && MADE_UP_ID.test(given) ? '(made up)' : given;
    values.set(key, values.has(key) ? `${values.get(key)}\n${value}` : value);
  }
  return values;
}

/** @returns {AnswerDifference[]} */
function bodyDifferences(first, second) {
  if (first.equals(second)) return [];
  const a = parsed(first);
  const b = parsed(second);
  if (a && b) {
    const found = jsonDifferences(a.value, b.value);
    if (found.length > 0) {
      return found.map(({ path, ...values }) => ({ kind: 'body', place: `body ${path}`, ...values }));
    }
    // Equal as JSON, yet other bytes: order of keys, white space, spelling of numbers. Clients do not see it; byte for
    // byte it is another answer.
    return [{ kind: 'body', place: 'body bytes', first: excerpt(first, 0), second: excerpt(second, 0) }];
  }
  let offset = 0;
  while (offset < first.length && first[offset] === second[offset]) offset += 1;
  return [{
    kind: 'body', place: `body byte ${offset}`, first: excerpt(first, offset), second: excerpt(second, offset),
  }];
}

function parsed(body) {
  try {
    return { value: JSON.parse(body.toString('utf8')) };
  } catch {
    return undefined;
  }
}

function excerpt(body, offset) {
  if (offset >= body.length) return '(end)';
  return JSON.stringify(body.toString('utf8', offset, offset + 60));
}

/**
 * Judges one request: what the second server does differently counts only where the first agrees with itself.
 *
 * @param {Answer} first
 * @param {Answer} again the first server's answer to the same request, asked after the second
 * @param {Answer} second
 * @param {Iterable<string>} [ignoredHeaders]
 * @returns {{
 *   verdict: 'same' | 'noisy' | 'different' | 'unanswered', differences: AnswerDifference[], noise: AnswerDifference[],
 * }}
 */
function judge(first, again, second, ignoredHeaders) {
  if (first.failure && second.failure) return { verdict: 'unanswered', differences: [], noise: [] };
  const noise = differences(first, again, ignoredHeaders);
  const found = withoutNoise(differences(first, second, ignoredHeaders), noise);
  const verdict = found.length > 0 ? 'different' : noise.length > 0 ? 'noisy' : 'same';
  return { verdict, differences: found, noise };
}

/**
 * @param {AnswerDifference[]} found
 * @param {AnswerDifference[]} noise what one server does differently by itself
 * @returns {AnswerDifference[]} those of `found` that lie elsewhere
 */
function withoutNoise(found, noise) {
  const places = noise.map(({ place }) => place);
  // A body that is not JSON has no places but bytes: once it varies, all of it may.
  const noisyText = places.some((place) => /^body byte/.test(place));
  const isNoise = ({ place }) =>
    places.some((noisy) => covers(noisy, place)) || (noisyText && place.startsWith('body '));
  return found.filter((difference) => !isNoise(difference));
}

/** Whether a place lies at or below another: what varies at `$.result` varies at `$.result.time`, too. */
function covers(noisy, place) {
  return place === noisy || place.startsWith(`${noisy}.`) || place.startsWith(`${noisy}[`);
}

module.exports = { IGNORED_HEADERS, differences, judge, withoutNoise };
