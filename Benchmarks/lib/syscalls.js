'use strict';

/**
 * System calls for each request, counted by strace under a load of exactly known size. All connections send at once, so
 * as many requests meet in one turn of a loop as there are connections: strace slows a process down, and would make
 * them meet under any other load, too.
 */

const { spawn } = require('node:child_process');
const { has } = require('../../compare/measure/load');
const { openFixedLoad } = require('./fixed-load');

/** Requests to count over, and rounds at least. */
const REQUESTS = 1500;
const ROUNDS_MIN = 3;
const ATTACH_MILLISECONDS = 5000;

/**
 * @param {import('./subjects').RunningSubject} subject
 * @param {import('./work').Case} work
 * @returns {Promise<{front: number, node: number, all: number} | undefined>} for a request; undefined without strace
 */
async function countSyscalls(subject, work) {
  if (!has('strace')) return undefined;
  const load = await openFixedLoad(subject.port, work);
  const traces = [];
  try {
    for (const pids of [subject.processes.front, subject.processes.node]) traces.push(await trace(pids));
    const requests = await load.run(Math.max(ROUNDS_MIN, Math.round(REQUESTS / work.connections / work.depth)));
    const [front, node] = await Promise.all(traces.map(async (ends) => (await ends()) / requests));
    return { front, node, all: front + node };
  } finally {
    load.close();
    await Promise.all(traces.map((ends) => ends()));
  }
}

/** Starts to count; the promise is fulfilled once all threads are traced. @returns {Promise<() => Promise<number>>} */
async function trace(pids) {
  if (pids.length === 0) return async () => 0;
  const child = spawn('strace', ['-f', '-c', ...pids.flatMap((pid) => ['-p', String(pid)])], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk) => (text += chunk));
  const ended = new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  ended.catch(() => {});
  const deadline = Date.now() + ATTACH_MILLISECONDS;
  while (!pids.every((pid) => text.includes(`Process ${pid} attached`))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`strace cannot attach: ${text.trim()}`);
    }
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  return async () => {
    if (child.exitCode === null) child.kill('SIGINT');
    await ended;
    return totalOf(text);
  };
}

/** The lines of `strace -c`: percent, seconds, microseconds a call, calls, perhaps errors, name; a sum at the end. */
function totalOf(text) {
  const lines = text.matchAll(/^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)(?:\s+\d+)?\s+(\w+)$/gm);
  return [...lines].reduce((sum, [, calls, name]) => (name === 'total' ? sum : sum + Number(calls)), 0);
}

module.exports = { countSyscalls, totalOf };
