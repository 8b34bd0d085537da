'use strict';

/** What an idle keep-alive connection costs: the processes' own memory with N of them open, less that with none. */

const path = require('node:path');
const { start } = require('./children');
const { memory } = require('../../compare/measure/processes');

const SETTLE_MILLISECONDS = 700;

/**
 * @param {import('./subjects').RunningSubject} subject freshly warmed up
 * @param {Buffer} request made once on each connection: an idle connection is one that has been used
 * @param {number} connections
 * @returns {Promise<{connections: number, bytesEach: {front: number, node: number, all: number}}>}
 */
async function measureIdle(subject, request, connections) {
  const before = await settled(subject);
  const client = start(process.execPath, [path.join(__dirname, '..', 'subjects', 'idle-client.js')], {
    env: { PORT: String(subject.port), CONNECTIONS: String(connections), REQUEST: request.toString('base64') },
  });
  try {
    const { open } = await client.whenReady(({ event }) => event === 'ready');
    if (open !== connections) throw new Error(`only ${open} of ${connections} connections stayed open`);
    const after = await settled(subject);
    const each = (part) => (after[part] - before[part]) / connections;
    return { connections, bytesEach: { front: each('front'), node: each('node'), all: each('front') + each('node') } };
  } finally {
    await client.stop();
  }
}

/** Memory the processes have allocated themselves, once garbage is collected. */
async function settled({ processes }) {
  for (const pid of processes.node) process.kill(pid, 'SIGUSR2');
  await new Promise((resolve) => { setTimeout(resolve, SETTLE_MILLISECONDS); });
  const sum = (pids) => pids.reduce((total, pid) => total + (memory(pid)?.anonymousBytes ?? 0), 0);
  return { front: sum(processes.front), node: sum(processes.node) };
}

module.exports = { measureIdle };
