'use strict';

/** The machine a figure was measured on: without it no figure means anything. */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');

/** @returns {object} plain data */
function describeMachine() {
  const [cpu] = os.cpus();
  return {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: os.cpus().length,
    memoryBytes: os.totalmem(),
    kernel: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    wrk: versionOf('wrk', ['-v'], /wrk (\S+)/),
    nginx: versionOf('/usr/sbin/nginx', ['-v'], /nginx\/(\S+)/),
    loadAverage: os.loadavg()[0],
  };
}

function versionOf(program, args, pattern) {
  try {
    return pattern.exec(execFileSync('sh', ['-c', `${program} ${args.join(' ')} 2>&1 || true`], { encoding: 'utf8' }))?.[1];
  } catch {
    return undefined;
  }
}

/** Busy share of all cores over a moment: what runs beside a benchmark spoils it. */
async function busyShare(milliseconds = 500) {
  const read = () => fs.readFileSync('/proc/stat', 'latin1').split('\n')[0].trim().split(/\s+/).slice(1, 9).map(Number);
  const before = read();
  await new Promise((resolve) => { setTimeout(resolve, milliseconds); });
  const spent = read().map((ticks, i) => ticks - before[i]);
  const total = spent.reduce((sum, ticks) => sum + ticks, 0);
  return total === 0 ? 0 : 1 - (spent[3] + spent[4]) / total;
}

module.exports = { describeMachine, busyShare };
