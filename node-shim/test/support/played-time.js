'use strict';

/**
 * Timers that run when a test says so. node:test has its own, but not in every release of Node that the shim runs on.
 */
class PlayedTime {
  /** Takes the place of the global timers until the test is over. @param {import('node:test').TestContext} t */
  static install(t) {
    const time = new PlayedTime();
    const names = /** @type {const} */ (['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval']);
    const real = Object.fromEntries(names.map((name) => [name, globalThis[name]]));
    const add = (repeats) => (run, milliseconds = 0, ...values) => {
      const timer = { at: time.now + milliseconds, every: repeats ? milliseconds : null, run: () => run(...values) };
      time.timers.add(timer);
      return timer;
    };
    const clear = (timer) => { time.timers.delete(timer); };
    Object.assign(globalThis, {
      setTimeout: add(false), setInterval: add(true), clearTimeout: clear, clearInterval: clear,
    });
    t.after(() => { Object.assign(globalThis, real); });
    return time;
  }

  constructor() {
    /** Milliseconds since it was installed. */
    this.now = 0;
    /** @type {Set<{ at: number, every: number | null, run: () => void }>} */
    this.timers = new Set();
  }

  /** Lets so much time pass, and runs what is due, in order. @param {number} milliseconds */
  pass(milliseconds) {
    const end = this.now + milliseconds;
    for (;;) {
      const due = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.now = Math.max(this.now, due.at);
      if (due.every === null) this.timers.delete(due);
      else due.at += due.every;
      due.run();
    }
    this.now = end;
  }
}

module.exports = { PlayedTime };
