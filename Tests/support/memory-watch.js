'use strict';

const { anonymousMemoryBytes, isAlive, megabytes } = require('./process-figures.js');

const SAMPLE_MILLISECONDS = 25;

/** Watches the memory of processes while something happens, from what they had when it began. */
class MemoryWatch {
  /** @param {Record<string, number>} pids by name */
  constructor(pids) {
    this.processes = Object.entries(pids).map(([name, pid]) => {
      const startBytes = anonymousMemoryBytes(pid);
      return { name, pid, startBytes, peakBytes: startBytes };
    });
    this.timer = setInterval(() => this.sample(), SAMPLE_MILLISECONDS);
    this.timer.unref();
  }

  sample() {
    // A process that has gone has no memory; that it went is for the test to notice.
    for (const watched of this.processes.filter(({ pid }) => isAlive(pid))) {
      watched.peakBytes = Math.max(watched.peakBytes, anonymousMemoryBytes(watched.pid));
    }
  }

  /** Ends the watch. @returns {Record<string, number>} by how many bytes each process grew at most */
  end() {
    clearInterval(this.timer);
    this.sample();
    return Object.fromEntries(this.processes.map(({ name, startBytes, peakBytes }) => [name, peakBytes - startBytes]));
  }

  /** One line for a person. */
  report() {
    return this.processes.map(({ name, startBytes, peakBytes }) => (
      `${name} ${megabytes(startBytes)} at first, ${megabytes(peakBytes)} at most`
    )).join('; ');
  }
}

module.exports = { MemoryWatch };
