'use strict';

/**
 * What processes cost, read from Linux's /proc: CPU time, memory, and which process listens on a port.
 * Everything answers `undefined` or an empty list where /proc does not tell (another system, another user's process).
 */

const fs = require('node:fs');
const { execFileSync } = require('node:child_process');

/**
 * Clock ticks of /proc/PID/stat in a second (USER_HZ; 100 on every Linux that Node runs on, asked for all the same).
 */
const TICKS_PER_SECOND = (() => {
  try {
    return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) || 100;
  } catch {
    return 100;
  }
})();

function read(path) {
  try {
    return fs.readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** The fields of /proc/PID/stat from the third on; the second, the name, may itself hold spaces and brackets. */
function statFields(pid) {
  const text = read(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

/**
 * CPU time that a process has taken so far, all its threads included (proc(5), fields 14 and 15).
 *
 * @param {number} pid
 * @returns {{userSeconds: number, systemSeconds: number} | undefined}
 */
function cpuTime(pid) {
  const fields = statFields(pid);
  if (!fields) return undefined;
  return { userSeconds: Number(fields[11]) / TICKS_PER_SECOND, systemSeconds: Number(fields[12]) / TICKS_PER_SECOND };
}

/**
 * CPU time of several processes between two moments.
 *
 * @param {number[]} pids
 * @returns {() => {userSeconds: number, systemSeconds: number, totalSeconds: number}} call it at the second moment
 */
function startCpuClock(pids) {
  const before = new Map(pids.map((pid) => [pid, cpuTime(pid)]));
  return () => {
    let userSeconds = 0;
    let systemSeconds = 0;
    for (const [pid, start] of before) {
      const now = cpuTime(pid);
      if (!start || !now) continue;
      userSeconds += now.userSeconds - start.userSeconds;
      systemSeconds += now.systemSeconds - start.systemSeconds;
    }
    return { userSeconds, systemSeconds, totalSeconds: userSeconds + systemSeconds };
  };
}

/** `VmHWM:    6312 kB` and its like, in bytes. */
function kilobyteField(text, name) {
  const match = text && new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text);
  return match ? Number(match[1]) * 1024 : undefined;
}

/**
 * @param {number} pid
 * @returns {{residentBytes?: number, peakResidentBytes?: number, anonymousBytes?: number} | undefined}
 *   anonymous memory is what the process has allocated itself: without program text and shared libraries
 */
function memory(pid) {
  const status = read(`/proc/${pid}/status`);
  if (!status) return undefined;
  return {
    residentBytes: kilobyteField(status, 'VmRSS'),
    peakResidentBytes: kilobyteField(status, 'VmHWM'),
    anonymousBytes: kilobyteField(status, 'RssAnon'),
  };
}

/** Lets the peak of resident memory start again from now (proc(5), clear_refs 5). Needs the right to write there. */
function resetPeakMemory(pid) {
  try {
    fs.writeFileSync(`/proc/${pid}/clear_refs`, '5');
    return true;
  } catch {
    return false;
  }
}

/** Inodes of the sockets that listen on a TCP port (state 0A), from /proc/net/tcp and tcp6. */
function listeningInodes(port) {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (read(table) ?? '').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] === '0A' && fields[1].endsWith(`:${hexPort}`)) inodes.add(fields[9]);
    }
  }
  return inodes;
}

/**
 * Processes that hold a listening TCP socket on a port of this machine, as far as this user may see.
 *
 * @param {number} port
 * @returns {number[]} pids
 */
function listeningOn(port) {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return [];
  let entries;
  try {
    entries = fs.readdirSync('/proc');
  } catch {
    return [];
  }
  return entries.filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => holdsSocket(pid, inodes));
}

function holdsSocket(pid, inodes) {
  let descriptors;
  try {
    descriptors = fs.readdirSync(`/proc/${pid}/fd`);
  } catch {
    return false;
  }
  return descriptors.some((descriptor) => {
    try {
      const match = /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`/proc/${pid}/fd/${descriptor}`));
      return match !== null && inodes.has(match[1]);
    } catch {
      return false;
    }
  });
}

/**
 * @param {number} pid
 * @returns {number | undefined}
 */
function parentOf(pid) {
  const fields = statFields(pid);
  return fields && Number(fields[1]);
}

/**
 * @param {number} pid
 * @returns {string | undefined} the program's short name (`node`, `runner-sidecar`)
 */
function nameOf(pid) {
  return read(`/proc/${pid}/comm`)?.trim();
}

/**
 * A process and all that descend from it.
 *
 * @param {number} pid
 * @returns {number[]}
 */
function tree(pid) {
  const children = (read(`/proc/${pid}/task/${pid}/children`) ?? '').trim().split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(tree)];
}

module.exports = { cpuTime, startCpuClock, memory, resetPeakMemory, listeningOn, parentOf, nameOf, tree };
