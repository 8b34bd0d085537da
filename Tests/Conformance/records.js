'use strict';

const fs = require('node:fs');
const path = require('node:path');

/** The copy that travels with the project: the recorded cases small enough to keep, one file a group. */
const CASES_FOLDER = path.join(__dirname, 'cases');
/** Where the checkout has the recordings beside it. */
const RECORDINGS_FOLDER = path.join(__dirname, '..', '..', '..', 'shared', 'conformance');
const WHOLE_RECORDING = path.join(RECORDINGS_FOLDER, 'nodeexposure-4.8.6.jsonl');

/**
 * What was recorded: the app that was asked, and the variable that names a bundle of the runner it ran on.
 * @typedef {{ release: string, records: string, app: string, bundle: string }} Recording
 * @type {Recording[]}
 */
const RECORDINGS = [
  { release: '4.8.6', records: 'nodeexposure-4.8.6.jsonl', app: 'reference-app.js', bundle: 'RUNNER_BUNDLE' },
  { release: '5.5.0', records: 'runner-5.5.0.jsonl', app: 'reference-app-5.js', bundle: 'RUNNER_BUNDLE_5' },
  { release: '6.4.1', records: 'runner-6.4.1.jsonl', app: 'reference-app-6.js', bundle: 'RUNNER_BUNDLE_6' },
];

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
 * @property {object[]} [more] further answers on the connection, as the first; a body is a Buffer
 * @property {[number, number, number][]} [segments] offset, length and the pause before, in seconds, of each piece
 * @property {boolean} [stepwise] each piece is sent only after an answer to the one before
 * @property {boolean} [half_close] the client sent its FIN behind the request
 */

/** @returns {RecordedCase[]} */
function readCases(file) {
  return fs.readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => {
    const { request_base64: request, request_parts: parts, more, ...rest } = JSON.parse(line);
    return {
      ...withBody(rest),
      ...(more === undefined ? {} : { more: more.map(withBody) }),
      headers: rest.headers ?? [],
      request: parts === undefined ? Buffer.from(request, 'base64') : Buffer.concat(parts.map(partBytes)),
    };
  });
}

function withBody({ body_base64: body, ...rest }) {
  const wasLeftOut = typeof body !== 'string' && rest.status !== null;
  return { ...rest, body: wasLeftOut ? null : Buffer.from(body ?? '', 'base64') };
}

function partBytes({ base64, count = 1 }) {
  const part = Buffer.from(base64, 'base64');
  return Buffer.alloc(part.length * count, part);
}

/** @param {Recording} recording @returns {RecordedCase[] | null} null where the checkout does not have it */
function wholeRecording({ records }) {
  const file = path.join(RECORDINGS_FOLDER, records);
  return fs.existsSync(file) ? readCases(file) : null;
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

module.exports = {
  CASES_FOLDER, RECORDINGS, RECORDINGS_FOLDER, WHOLE_RECORDING, wholeRecording, recordedCases, committedCases, groupBy,
};
