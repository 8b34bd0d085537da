'use strict';

// The tasks of the fault suite's apps. Every run of `once` is written down before it does anything else: one line with
// the caller's id, in one write to a file opened for appending (RUNS_FILE), so that not even a kill loses it.
const fs = require('node:fs');
const { Readable } = require('node:stream');

const runs = fs.openSync(process.env.RUNS_FILE, 'a');
const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

const TASKS = {
  /** Runs once for each id; takes `ms` milliseconds; says which id it served and where. */
  async once({ id, ms, text }) {
    fs.writeSync(runs, `${id}\n`);
    if (ms > 0) await pause(ms);
    return { id, pid: process.pid, text };
  },
  /** Keeps the event loop from doing anything else. */
  async block({ ms }) {
    const end = Date.now() + ms;
    while (Date.now() < end);
    return 'blocked';
  },
  async add({ a, b }) { return a + b; },
  async large({ bytes }) { return 'x'.repeat(bytes); },
  async fail() { throw new Error('as asked'); },
  /** A stream that breaks after some of it. */
  async breaksMidway() {
    return Readable.from((async function* pieces() {
      yield Buffer.from('some');
      await pause(50);
      throw new Error('midway');
    })());
  },
};

module.exports = { tasks: new Map(Object.entries(TASKS).map(([id, run]) => [id, { run }])) };
