'use strict';

const fs = require('node:fs');

/** Linux counts a process's CPU time in ticks of this many a second (USER_HZ, fixed in the kernel's interface). */
const TICKS_PER_SECOND = 100;

/** @returns {number} resident memory in bytes, what the process itself made (anonymous), not pages of its files */
function anonymousMemoryBytes(pid) {
  return statusKilobytes(pid, 'RssAnon') * 1024;
}

/** @returns {number} the most resident memory the process ever had, in bytes */
function peakMemoryBytes(pid) {
  return statusKilobytes(pid, 'VmHWM') * 1024;
}

/** @returns {number} open descriptors */
function openDescriptors(pid) {
  return fs.readdirSync(`/proc/${pid}/fd`).length;
}

/** @returns {number} CPU seconds used so far, user and kernel */
function cpuSeconds(pid) {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** @returns {boolean} whether a process with this id is alive (a zombie is not) */
function isAlive(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat[stat.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    return false;
  }
}

/** @returns {number[]} the processes that a process has started and that are there still */
function childrenOf(pid) {
  return fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
}

function statusKilobytes(pid, name) {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(fs.readFileSync(`/proc/${pid}/status`, 'latin1'));
  if (!match) throw new Error(`no ${name} in /proc/${pid}/status`);
  return Number(match[1]);
}

const megabytes = (bytes) => `${(bytes / 1048576).toFixed(1)} MB`;

module.exports = { anonymousMemoryBytes, peakMemoryBytes, openDescriptors, childrenOf, cpuSeconds, isAlive, megabytes };
