'use strict';

/**
 * System calls for each request, counted by perf's tracepoint, or by strace where perf cannot (strace slows the subject
 * down, so more requests meet in one read and the count comes out lower; the result says which it was).
 */

const { spawn } = require('node:child_process');
const { has, chooseTool } = require('../../node-shim/lib/measure/load');

const EVENT = 'raw_syscalls:sys_enter';
/** The load outlasts the count on both sides, so that neither start nor end is in it. */
const COUNT_SECONDS = 1;
const LOAD_SECONDS = 2;

/** @returns {'perf' | 'strace' | undefined} */
function counter() {
  return has('perf') ? 'perf' : has('strace') ? 'strace' : undefined;
}

/**
 * @param {import('./subjects').RunningSubject} subject
 * @param {import('./work').Case} work
 * @returns {Promise<{perRequest: number, tool: string} | undefined>}
 */
async function countSyscalls(subject, work) {
  const tool = counter();
  const pids = [...subject.processes.front, ...subject.processes.node];
  if (!tool) return undefined;
  const load = chooseTool('wrk').run({ host: '127.0.0.1', port: subject.port, requests: [work.request], connections: work.connections, depth: work.depth, seconds: LOAD_SECONDS });
  await new Promise((resolve) => { setTimeout(resolve, 400); });
  const calls = tool === 'perf' ? await countWithPerf(pids) : await countWithStrace(pids);
  const { requestsPerSecond } = await load;
  return calls === undefined ? undefined : { perRequest: calls / COUNT_SECONDS / requestsPerSecond, tool };
}

async function countWithPerf(pids) {
  const text = await errorsOf('perf', ['stat', '-x,', '-e', EVENT, '-p', pids.join(','), '--timeout', String(COUNT_SECONDS * 1000)]);
  const line = text.split('\n').find((one) => one.includes(EVENT));
  const count = Number(line?.split(',')[0]);
  return Number.isFinite(count) && line ? count : undefined;
}

async function countWithStrace(pids) {
  const text = await errorsOf('timeout', ['-s', 'INT', String(COUNT_SECONDS), 'strace', '-f', '-c', ...pids.flatMap((pid) => ['-p', String(pid)])]);
  const match = /^\s*100\.00\s+\S+(?:\s+\S+)?\s+(\d+)(?:\s+\d+)?\s+total/m.exec(text);
  return match ? Number(match[1]) : undefined;
}

/** Both tools report on standard error. */
function errorsOf(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.on('data', (chunk) => (text += chunk));
    child.on('error', () => resolve(''));
    child.on('close', () => resolve(text));
  });
}

module.exports = { countSyscalls };
