'use strict';

/** The machine a figure was measured on: without it no figure means anything. */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');

/** When others take more than this of the machine, what is measured meanwhile is that of a disturbed machine. */
const DISTURBED_SHARE = 0.15;

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
    haproxy: versionOf('/usr/sbin/haproxy', ['-v'], /version (\S+)/),
    passenger: versionOf('passenger', ['--version'], /(\d+\.\d+\S*)/),
    loadAverage: os.loadavg()[0],
  };
}

function versionOf(program, args, pattern) {
  try {
    const command = `${program} ${args.join(' ')} 2>&1 || true`;
    return pattern.exec(execFileSync('sh', ['-c', command], { encoding: 'utf8' }))?.[1];
  } catch {
    return undefined;
  }
}

/** Ticks of all cores so far: spent on anything, and idle. */
function machineTicks() {
  const [user, nice, system, idle, wait, irq, softIrq, steal] = fs.readFileSync('/proc/stat', 'latin1')
    .split('\n')[0].trim().split(/\s+/).slice(1, 9).map(Number);
  const busy = user + nice + system + irq + softIrq + steal;
  return { busy, total: busy + idle + wait };
}

/** Ticks that a process and, for this one, the children it has waited for have taken. */
function processTicks(pid) {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const own = Number(fields[11]) + Number(fields[12]);
    return pid === process.pid ? own + Number(fields[13]) + Number(fields[14]) : own;
  } catch {
    return 0;
  }
}

/** Busy share of all cores over a moment: what runs beside a benchmark spoils it. */
async function busyShare(milliseconds = 500) {
  const before = machineTicks();
  await new Promise((resolve) => { setTimeout(resolve, milliseconds); });
  const now = machineTicks();
  return now.total === before.total ? 0 : (now.busy - before.busy) / (now.total - before.total);
}

/**
 * How much of the machine others took between two moments: neither `pids`, nor this process, nor its load generators.
 *
 * @param {number[]} pids
 * @returns {() => number} call it at the second moment, when the load generator has ended; a share of all cores
 */
function startDisturbanceClock(pids) {
  const ours = () => [process.pid, ...pids].reduce((sum, pid) => sum + processTicks(pid), 0);
  const [before, oursBefore] = [machineTicks(), ours()];
  return () => {
    const now = machineTicks();
    const total = now.total - before.total;
    return total === 0 ? 0 : Math.max(0, now.busy - before.busy - (ours() - oursBefore)) / total;
  };
}

module.exports = { describeMachine, busyShare, startDisturbanceClock, DISTURBED_SHARE };
