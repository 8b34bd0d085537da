'use strict';

const fs = require('node:fs');
const path = require('node:path');

/** The copy that travels with the project: the recorded cases small enough to keep, one file a group. */
const CASES_FOLDER = path.join(__dirname, 'cases');
/** The whole recording, where the checkout has it beside it. */
const WHOLE_RECORDING = path.join(__dirname, '..', '..', '..', 'shared', 'conformance', 'nodeexposure-4.8.6.jsonl');

/**
 * @typedef {object} RecordedCase One exchange with the real nodeExposure, see cases/README.md.
 * @property {string} name
 * @property {string} group
 * @property {string} variant
 * @property {'exposure' | 'task' | 'node-http' | 'no-answer'} origin who answered
 * @property {'call' | 'stream'} lane
 * @property {Buffer} request the bytes sent
 * @property {number | null} status null where no answer came
 * @property {string | null} reason
 * @property {[string, string][]} headers
 * @property {string} framing
 * @property {Buffer | null} body null where it was too large to be recorded
 * @property {boolean | null} complete
 * @property {boolean} closed
 * @property {boolean} reset
 * @property {boolean} timed_out
 * @property {string} [notes]
 */

/** @returns {RecordedCase[]} */
function readCases(file) {
  return fs.readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => {
    const { request_base64: request, body_base64: body, ...rest } = JSON.parse(line);
    const bodyWasLeftOut = typeof body !== 'string' && rest.status !== null;
    return {
      ...rest,
      headers: rest.headers ?? [],
      request: Buffer.from(request, 'base64'),
      body: bodyWasLeftOut ? null : Buffer.from(body ?? '', 'base64'),
    };
  });
}

/**
 * The whole recording when it is there, else the project's copy.
 * @returns {{ source: string, cases: RecordedCase[] }}
 */
function recordedCases() {
  if (fs.existsSync(WHOLE_RECORDING)) return { source: 'the whole recording', cases: readCases(WHOLE_RECORDING) };
  return { source: "the project's copy of the small cases", cases: committedCases() };
}

/** @returns {RecordedCase[]} */
function committedCases() {
  return fs.readdirSync(CASES_FOLDER).filter((name) => name.endsWith('.jsonl')).sort()
    .flatMap((name) => readCases(path.join(CASES_FOLDER, name)));
}

/**
 * @template T
 * @param {readonly T[]} items
 * @param {(item: T) => string} key
 * @returns {Map<string, T[]>} in the order of first appearance
 */
function groupBy(items, key) {
  const groups = new Map();
  for (const item of items) {
    const name = key(item);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(item);
  }
  return groups;
}

module.exports = { CASES_FOLDER, WHOLE_RECORDING, recordedCases, committedCases, groupBy };
