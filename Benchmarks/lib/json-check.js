'use strict';

/**
 * The front's JSON check beside V8's JSON.parse, of the same 1 MB. The two take turns, so that what disturbs one
 * disturbs the other.
 *
 * @typedef {object} JSONCheck
 * @property {string} text what it consists of
 * @property {number} round
 * @property {number} bytes
 * @property {number} checkNanoseconds median of many
 * @property {number} parseNanoseconds the same
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { start, isReady, SUBJECTS } = require('./children');

const TEXTS = ['records', 'strings', 'numbers'];
/** Long enough that one moment of another program does not make the median. */
const TIMES = 300;

/**
 * @param {{modules: string, rounds: number, directory: string, report: (text: string) => void}} plan modules: the
 *   bench-modules program
 * @returns {Promise<JSONCheck[]>} none where the program is not there
 */
async function measureJSONCheck({ modules, rounds, directory, report }) {
  if (!fs.existsSync(modules)) {
    report(`left out: JSON check (${modules} is not there)`);
    return [];
  }
  const found = [];
  for (const text of TEXTS) {
    const file = path.join(directory, `${text}.json`);
    fs.writeFileSync(file, execFileSync(modules, ['json-text', text], { maxBuffer: 1 << 24 }));
    for (let round = 0; round < rounds; round += 1) {
      const checkNanoseconds = Number(execFileSync(modules, ['json-time', text, String(TIMES)], { encoding: 'utf8' }));
      const parseNanoseconds = await timeOfParse(file);
      found.push({ text, round, bytes: fs.statSync(file).size, checkNanoseconds, parseNanoseconds });
    }
  }
  report('JSON check of 1 MB: done');
  return found;
}

async function timeOfParse(file) {
  const parser = start(process.execPath, [path.join(SUBJECTS, 'json-parse.js')], {
    env: { FILE: file, TIMES: String(TIMES) },
  });
  try {
    return (await parser.whenReady(isReady)).nanoseconds;
  } finally {
    await parser.stop();
  }
}

module.exports = { measureJSONCheck };
