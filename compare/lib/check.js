'use strict';

/** The first half of a comparison: every request to both servers, judged. */

const { exchange, targetOf } = require('./exchange');
const { judge } = require('./diff');
const { makeRequest } = require('./requests');

/** Asks for nothing: the base path itself is no route. */
const WARM_UP = makeRequest({ method: 'GET', path: '/' });

/**
 * @typedef {object} CheckedRequest
 * @property {import('./requests').ComparedRequest} request
 * @property {'same' | 'noisy' | 'different' | 'unanswered' | 'skipped'} verdict
 * @property {import('./diff').AnswerDifference[]} differences
 * @property {import('./diff').AnswerDifference[]} noise
 * @property {import('./diff').Answer} [first]
 * @property {import('./diff').Answer} [second]
 */

/**
 * One at a time, so that the servers are asked in the same order and the times mean something. The first server is
 * asked before and after the second: what drifts with time shows as noise instead of as a difference.
 *
 * @param {[ReturnType<typeof import('./exchange').makeSide>, ReturnType<typeof import('./exchange').makeSide>]} sides
 * @param {import('./requests').ComparedRequest[]} requests
 * @param {{includeUnsafe: boolean, ignoredHeaders: string[], onChecked?: (checked: CheckedRequest) => void}} options
 * @returns {Promise<CheckedRequest[]>}
 */
async function checkAll([firstSide, secondSide], requests, { includeUnsafe, ignoredHeaders, onChecked = () => {} }) {
  // Opens both connections, so that the first request's time to first byte is not that of a connection.
  await Promise.all([firstSide, secondSide].map((side) => exchange(side, WARM_UP)));
  /** @type {CheckedRequest[]} */
  const results = [];
  for (const request of requests) {
    /** @type {CheckedRequest} */
    const checked = request.safe || includeUnsafe
      ? await check(firstSide, secondSide, request, ignoredHeaders)
      : { request, verdict: 'skipped', differences: [], noise: [] };
    results.push(checked);
    onChecked(checked);
  }
  return results;
}

async function check(firstSide, secondSide, request, ignoredHeaders) {
  const first = await exchange(firstSide, request);
  const second = await exchange(secondSide, request);
  const again = await exchange(firstSide, request);
  return { request, first, second, ...judge(first, again, second, ignoredHeaders) };
}

/**
 * A request as bytes, for the load tools.
 *
 * @param {ReturnType<typeof import('./exchange').makeSide>} side
 * @param {import('./requests').ComparedRequest} request
 * @returns {Buffer}
 */
function wireBytes(side, request) {
  const lines = [`${request.method} ${targetOf(side, request)} HTTP/1.1`, `Host: ${side.url.host}`];
  for (const [name, value] of [...request.headers, ...side.headers]) lines.push(`${name}: ${value}`);
  if (request.body.length > 0 || request.method === 'POST') lines.push(`Content-Length: ${request.body.length}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), request.body]);
}

module.exports = { checkAll, wireBytes };
