'use strict';

/** Asks a subject before it is loaded, and holds each answer against what it must be. */

const net = require('node:net');
const { isDeepStrictEqual } = require('node:util');
const { ResponseScanner } = require('../../compare/measure/response-scanner');

const ROUNDS = 25;
const LIMIT_MILLISECONDS = 20_000;

/**
 * Sends the case's request in its own shape (pipelined as deep), several times, and checks status and body.
 *
 * @param {number} port
 * @param {import('./work').Case} work
 * @returns {Promise<{answerBytes: number}>} the length of one whole answer, which the load's bytes are held against
 * @throws {Error} that says what was wrong
 */
async function verify(port, work) {
  let answerBytes = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { status, body, bytes } of await ask(port, work)) {
      const value = parsed(body);
      if (status !== work.expected.status || !isDeepStrictEqual(value, work.expected.body)) {
        throw new Error(`wrong answer: ${status} ${body.toString().slice(0, 200)}`);
      }
      answerBytes = bytes;
    }
  }
  return { answerBytes };
}

function ask(port, { request, depth }) {
  return new Promise((resolve, reject) => {
    const answers = [];
    const socket = net.connect({ port, host: '127.0.0.1' });
    const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), LIMIT_MILLISECONDS);
    const scanner = new ResponseScanner((status, head, body, bytes) => {
      answers.push({ status, body, bytes });
      if (answers.length === depth) socket.destroy();
    });
    socket.on('connect', () => socket.write(Buffer.concat(Array(depth).fill(request))));
    socket.on('data', (chunk) => scanner.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      if (answers.length === depth) resolve(answers);
      else reject(new Error(`${answers.length} of ${depth} answers before the connection ended`));
    });
  });
}

function parsed(body) {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/**
 * Holds a load's totals against what the case must give: no broken connections, the right kind of status for every
 * answer, and as many bytes as so many right answers have.
 *
 * @param {import('./work').Case} work
 * @param {import('../../compare/measure/load').LoadResult} result
 * @param {number} answerBytes
 * @returns {string | undefined} what is wrong
 */
function fault(work, result, answerBytes) {
  if (result.requests === 0) return 'no answers';
  if (result.failures > 0) return `${result.failures} connections broke or answers were late`;
  const wanted = work.expected.status >= 400 ? result.requests : 0;
  if (result.errorAnswers !== wanted) {
    return `${result.errorAnswers} of ${result.requests} answers had an error status, ${wanted} expected`;
  }
  // At the end each connection may hold answers that came in part or were not counted yet.
  const slack = work.connections * work.depth * answerBytes;
  const surplus = result.bytes - result.requests * answerBytes;
  if (result.bytes !== undefined && Math.abs(surplus) > slack) {
    return `${result.bytes} bytes came for ${result.requests} answers of ${answerBytes}`;
  }
  return undefined;
}

module.exports = { verify, fault };
