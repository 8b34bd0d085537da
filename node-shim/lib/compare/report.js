'use strict';

/**
 * What a comparison found, as plain data: the `--json` output, and what the text and the page are drawn from.
 *
 * @typedef {object} Report
 * @property {[string, string]} urls
 * @property {string} date ISO 8601
 * @property {string[]} ignoredHeaders
 * @property {'same' | 'different' | 'impossible'} outcome
 * @property {string} verdict one sentence
 * @property {Record<'same' | 'noisy' | 'different' | 'unanswered' | 'skipped', number>} counts
 * @property {object[]} requests
 * @property {object} [load]
 * @property {string} [loadNote] why there is no load measured
 */

/** The exit code of each outcome. */
const EXIT_CODES = Object.freeze({ same: 0, different: 1, impossible: 2 });

/**
 * @param {{urls: [string, string], date: Date, ignoredHeaders: string[], checked: import('./check').CheckedRequest[], load?: object, loadNote?: string}} found
 * @returns {Report}
 */
function makeReport({ urls, date, ignoredHeaders, checked, load, loadNote }) {
  const counts = { same: 0, noisy: 0, different: 0, unanswered: 0, skipped: 0 };
  for (const { verdict } of checked) counts[verdict] += 1;
  const outcome = outcomeOf(counts);
  return {
    urls, date: date.toISOString(), ignoredHeaders, outcome, verdict: sentence(outcome, counts, load), counts,
    requests: checked.map(plain), load, loadNote,
  };
}

/** Answers that could not be had on either side prove nothing; a difference is one whatever else happened. */
function outcomeOf({ same, noisy, different, unanswered }) {
  if (different > 0) return 'different';
  return unanswered > 0 || same + noisy === 0 ? 'impossible' : 'same';
}

function sentence(outcome, { same, noisy, different, unanswered }, load) {
  const asked = same + noisy + different + unanswered;
  if (outcome === 'impossible') {
    return asked === 0 ? 'Nothing was compared: no request is marked safe.' : `Could not compare: neither server answered ${unanswered} of ${asked} requests.`;
  }
  if (outcome === 'different') return `Different: ${different} of ${asked} requests are answered differently.`;
  return `Same: all ${asked} requests are answered alike.${costSentence(load)}`;
}

function costSentence(load) {
  const [first, second] = load?.sides ?? [];
  if (!first?.cpuSecondsPer100k || !second?.cpuSecondsPer100k) return '';
  const share = (second.cpuSecondsPer100k / first.cpuSecondsPer100k) * 100;
  const speed = second.requestsPerSecond / first.requestsPerSecond;
  return ` The second serves ${speed.toFixed(2)}× the requests per second at ${share.toFixed(0)} % of the CPU per request.`;
}

function plain({ request, verdict, differences, noise, first, second }) {
  const answer = (given) => given && {
    status: given.status, failure: given.failure, bytes: given.body.length, streamed: given.streamed,
    firstByteMilliseconds: given.firstByteMilliseconds, totalMilliseconds: given.totalMilliseconds,
  };
  return { name: request.name, method: request.method, path: request.path ?? request.target, verdict, differences, noise, first: answer(first), second: answer(second) };
}

module.exports = { EXIT_CODES, makeReport };
