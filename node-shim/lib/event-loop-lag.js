'use strict';

const SAMPLE_MILLISECONDS = 200;

/**
 * How late this process's event loop runs its timers. The front shows it for every worker, and it tells a worker that
 * is busy from one that is stuck.
 */
class EventLoopLag {
  constructor() {
    this.expected = performance.now() + SAMPLE_MILLISECONDS;
    this.worst = 0;
    this.timer = setInterval(() => this.sample(), SAMPLE_MILLISECONDS);
    this.timer.unref();
  }

  sample() {
    const now = performance.now();
    this.worst = Math.max(this.worst, now - this.expected);
    this.expected = now + SAMPLE_MILLISECONDS;
  }

  /** The worst lag since the last time it was taken. @returns {number} whole microseconds */
  takeMicroseconds() {
    // A loop that was blocked answers PING before its timer runs, so an overdue sample counts as well.
    const lag = Math.max(this.worst, performance.now() - this.expected, 0);
    this.worst = 0;
    return Math.min(Math.round(lag * 1000), 0x7fffffff);
  }

  stop() {
    clearInterval(this.timer);
  }
}

module.exports = { EventLoopLag };
