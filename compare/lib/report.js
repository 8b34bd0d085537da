'use strict';

/**
 * What a comparison found, as plain data: the `--json` output, and what the text and the page are drawn from.
 *
 * @typedef {object} Report
 * @property {[string, string]} urls
 * @property {[string, string]} names what the two servers are called
 * @property {string} date ISO 8601
 * @property {string[]} ignoredHeaders
 * @property {'same' | 'different' | 'impossible'} outcome
 * @property {string} verdict one sentence
 * @property {Record<'same' | 'noisy' | 'different' | 'unanswered' | 'skipped', number>} counts
 * @property {object[]} requests
 * @property {string[]} notes what was passed over, and what the requests leave out
 * @property {any} [load]
 * @property {string} [loadNote] why there is no load measured
 *
 * @typedef {object} Found
 * @property {[string, string]} urls
 * @property {[string, string]} [names]
 * @property {Date} date
 * @property {string[]} ignoredHeaders
 * @property {import('./check').CheckedRequest[]} checked
 * @property {string[]} [notes]
 * @property {any} [load]
 * @property {string} [loadNote]
 */

const { ratio } = require('./figures');

/** The exit code of each outcome. */
const EXIT_CODES = Object.freeze({ same: 0, different: 1, impossible: 2 });

/** @param {Found} found @returns {Report} */
function makeReport({ urls, names = ['first', 'second'], date, ignoredHeaders, checked, notes = [], load, loadNote }) {
  const counts = { same: 0, noisy: 0, different: 0, unanswered: 0, skipped: 0 };
  for (const { verdict } of checked) counts[verdict] += 1;
  const asked = checked.filter(({ verdict }) => verdict !== 'skipped');
  const { outcome, verdict } = judgeAll(asked, counts, names, load);
  return {
    urls, names, date: date.toISOString(), ignoredHeaders, outcome, verdict, counts,
    requests: checked.map(plain), notes, load, loadNote,
  };
}

/**
 * Answers that could not be had prove nothing: neither a few that both servers owe, nor all of one that is not there.
 * Otherwise a difference is one, whatever else happened.
 * @returns {{ outcome: 'same' | 'different' | 'impossible', verdict: string }}
 */
function judgeAll(asked, { different, unanswered }, names, load) {
  if (asked.length === 0) {
    return { outcome: 'impossible', verdict: 'Nothing was compared: no request is marked safe.' };
  }
  const absent = ['first', 'second'].findIndex((side) => asked.every((one) => one[side].failure));
  if (absent >= 0) {
    const { failure } = asked[0][['first', 'second'][absent]];
    return { outcome: 'impossible', verdict: `Could not compare: ${names[absent]} does not respond (${failure}).` };
  }
  const number = `${asked.length} ${asked.length === 1 ? 'request' : 'requests'}`;
  if (different > 0) {
    const are = different === 1 ? 'is' : 'are';
    return { outcome: 'different', verdict: `Different: ${different} of ${number} ${are} answered differently.` };
  }
  if (unanswered > 0) {
    const verdict = `Could not compare: neither server answered ${unanswered} of ${number}.`;
    return { outcome: 'impossible', verdict };
  }
  const alike = asked.length === 1 ? 'the one request is' : `all ${number} are`;
  return { outcome: 'same', verdict: `Same: ${alike} answered alike.${costSentence(names, load)}` };
}

function costSentence(names, load) {
  const [first, second] = load?.sides ?? [];
  if (!first?.cpuSecondsPer100k || !second?.cpuSecondsPer100k) return '';
  const share = (second.cpuSecondsPer100k / first.cpuSecondsPer100k) * 100;
  const speed = ratio(first.requestsPerSecond, second.requestsPerSecond);
  return ` ${names[1]} serves ${speed} the requests per second of ${names[0]}, at ${share.toFixed(0)} % of its CPU `
    + 'per request.';
}

function plain({ request, verdict, differences, noise, first, second }) {
  const answer = (given) => given && {
    status: given.status, failure: given.failure, bytes: given.body.length, streamed: given.streamed,
    firstByteMilliseconds: given.firstByteMilliseconds, totalMilliseconds: given.totalMilliseconds,
  };
  return {
    name: request.name, method: request.method, path: request.path ?? request.target, verdict, differences, noise,
    first: answer(first), second: answer(second),
  };
}

module.exports = { EXIT_CODES, makeReport };
