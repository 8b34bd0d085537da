'use strict';

/** The front by itself: how large its program is, and what it takes when nobody calls. */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { start, freePort } = require('./children');
const { memory } = require('../../compare/measure/processes');

/**
 * @param {string} binary
 * @param {string} directory for a stripped copy and a socket
 * @returns {Promise<{binaryBytes: number, strippedBytes: number, idleBytes: number} | undefined>}
 */
async function frontFacts(binary, directory) {
  if (!fs.existsSync(binary)) return undefined;
  const [port, adminPort] = [await freePort(), await freePort()];
  const front = start(binary, [
    'serve', '--listen', `127.0.0.1:${port}`, '--admin', `127.0.0.1:${adminPort}`,
    '--socket', path.join(directory, 'facts.sock'), '--loops', '1',
  ]);
  try {
    await front.whenReady(({ event }) => event === 'listening');
    await new Promise((resolve) => { setTimeout(resolve, 500); });
    return {
      binaryBytes: fs.statSync(binary).size, strippedBytes: strippedSize(binary, directory),
      idleBytes: memory(front.pid)?.residentBytes,
    };
  } finally {
    await front.stop();
  }
}

function strippedSize(binary, directory) {
  const copy = path.join(directory, 'stripped');
  try {
    execFileSync('strip', ['-o', copy, binary]);
    return fs.statSync(copy).size;
  } catch {
    return undefined; // no strip here
  }
}

module.exports = { frontFacts };
