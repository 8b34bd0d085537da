'use strict';

/**
 * Instructions, counted by valgrind's callgrind: the same on a busy machine as on a quiet one. Only user mode is
 * counted, and a copy by `rep movsb` counts one for each byte.
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { start, freePort } = require('./children');
const { openFixedLoad } = require('./fixed-load');
const { CASES } = require('./work');

/** How often a module's work is done: what start-up costs is in both counts, and not in their difference. */
const FEW = 200;
const MANY = 1200;

/** Rounds of the lock-step load: enough requests that a connection's first one does not show. */
const CALL_CASES = { add: 100, 'pipelined-16': 20, 'echo-1k': 60, 'echo-16k': 20, 'not-found': 100 };
const WARM_UP_ROUNDS = 20;

/** Swift seeds its hash tables at random unless told otherwise. */
const SAME_EVERY_TIME = { SWIFT_DETERMINISTIC_HASHING: '1' };

/** @param {string} file callgrind's @returns {number} instructions */
function totalOf(file) {
  const match = /^(?:totals|summary):\s*(\d+)/m.exec(fs.readFileSync(file, 'utf8'));
  if (!match) throw new Error(`${file} holds no count`);
  return Number(match[1]);
}

/**
 * @param {string} binary bench-modules
 * @param {string} directory for callgrind's files
 * @param {(text: string) => void} report
 * @returns {Promise<Record<string, number>>} instructions for one time, by the work's name
 */
async function countModules(binary, directory, report) {
  const names = execFileSync(binary, ['list'], { encoding: 'utf8' }).trim().split('\n');
  const counts = {};
  for (const name of names) {
    const [few, many] = [FEW, MANY].map((times) => {
      const file = path.join(directory, `modules-${times}.callgrind`);
      execFileSync('valgrind', ['--tool=callgrind', `--callgrind-out-file=${file}`, binary, 'run', name, `${times}`], {
        env: { ...process.env, ...SAME_EVERY_TIME }, stdio: ['ignore', 'ignore', 'pipe'],
      });
      return totalOf(file);
    });
    counts[name] = (many - few) / (MANY - FEW);
    report(`${name}: ${counts[name].toFixed(1)}`);
  }
  return counts;
}

/**
 * Whole calls through the front: the very binary that is shipped, a worker behind it, requests in lock step.
 *
 * @param {string} binary the front's
 * @param {string} directory for its socket and callgrind's files
 * @param {(text: string) => void} report
 * @returns {Promise<Record<string, number>>} instructions of the front for one request, by the case's title
 */
async function countCalls(binary, directory, report) {
  const counts = {};
  for (const [id, rounds] of Object.entries(CALL_CASES)) {
    const work = CASES.find((one) => one.id === id);
    counts[work.title] = await countCall(binary, directory, work, rounds);
    report(`${work.title}: ${counts[work.title].toFixed(1)}`);
  }
  return counts;
}

async function countCall(binary, directory, work, rounds) {
  const file = path.join(directory, `front-${work.id}.callgrind`);
  const socket = path.join(directory, `${work.id}.sock`);
  const [port, adminPort] = [await freePort(), await freePort()];
  const front = start('valgrind', [
    '--tool=callgrind', `--callgrind-out-file=${file}`, binary, 'serve', '--listen', `127.0.0.1:${port}`,
    '--admin', `127.0.0.1:${adminPort}`, '--socket', socket, '--loops', '1',
  ], { env: SAME_EVERY_TIME });
  try {
    await front.whenReady(({ event }) => event === 'listening');
    const worker = start(process.execPath, [path.join(__dirname, '..', 'subjects', 'sidecar-worker.js')], {
      env: { SOCKET: socket },
    });
    try {
      await worker.whenReady(({ event }) => event === 'ready');
      return await countLoad({ pid: front.pid, port, file }, work, rounds);
    } finally {
      await worker.stop();
    }
  } finally {
    await front.stop();
  }
}

async function countLoad({ pid, port, file }, work, rounds) {
  const load = await openFixedLoad(port, work);
  try {
    await load.run(WARM_UP_ROUNDS);
    execFileSync('callgrind_control', ['-z', `${pid}`], { stdio: 'ignore' });
    const requests = await load.run(rounds);
    execFileSync('callgrind_control', ['-d', 'load', `${pid}`], { stdio: 'ignore' });
    return totalOf(`${file}.1`) / requests;
  } finally {
    load.close();
  }
}

module.exports = { countModules, countCalls };
