'use strict';

const { performance } = require('node:perf_hooks');

const PONG_BYTES_SHORT = 8;
const PONG_BYTES_LONG = 24;
const MEMORY_MILLISECONDS = 1000;

/**
 * What PONG tells of this process: how late its event loop runs, the calls it has, its memory, and how busy its event
 * loop was since the last PONG.
 */
class ProcessFigures {
  /** @param {import('./event-loop-lag').EventLoopLag} lag */
  constructor(lag) {
    this.lag = lag;
    this.utilization = performance.eventLoopUtilization();
    this.memory = null;
    this.memoryAt = -Infinity;
  }

  /**
   * @param {number} calls that run
   * @param {number} bytesWanted what the front reads
   * @returns {Buffer} PONG's payload
   */
  pong(calls, bytesWanted) {
    const pong = Buffer.allocUnsafe(bytesWanted >= PONG_BYTES_LONG ? PONG_BYTES_LONG : PONG_BYTES_SHORT);
    pong.writeUInt32LE(this.lag.takeMicroseconds(), 0);
    pong.writeUInt32LE(calls, 4);
    if (pong.length === PONG_BYTES_LONG) {
      const { rss, heapUsed, heapTotal } = this.takeMemory();
      pong.writeUInt32LE(kibibytes(rss), 8);
      pong.writeUInt32LE(kibibytes(heapUsed), 12);
      pong.writeUInt32LE(kibibytes(heapTotal), 16);
      pong.writeUInt32LE(this.takeUtilization(), 20);
    }
    return pong;
  }

  /** A front has several loops, and each asks: the system is asked once for all of them. */
  takeMemory() {
    const now = performance.now();
    if (now - this.memoryAt >= MEMORY_MILLISECONDS) {
      this.memory = process.memoryUsage();
      this.memoryAt = now;
    }
    return this.memory;
  }

  /** @returns {number} millionths */
  takeUtilization() {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.utilization);
    this.utilization = now;
    return Number.isFinite(utilization) ? Math.min(1_000_000, Math.max(0, Math.round(utilization * 1_000_000))) : 0;
  }
}

function kibibytes(bytes) {
  return Math.min(0xffffffff, Math.round(bytes / 1024));
}

module.exports = { ProcessFigures };
