'use strict';

const { timeText } = require('./quantities');
const { Renewals } = require('./renewals');
const { RestartPace } = require('./restart-pace');
const { WorkerLimits } = require('./worker-limits');
const { WorkerProcess } = require('./worker-process');

/** A worker that served this long did not come to nothing. */
const PROVEN_MILLISECONDS = 10_000;
const CHECK_MILLISECONDS = 100;

/**
 * @typedef {object} PoolOptions
 * @property {number} count workers that are to serve
 * @property {number} drainMilliseconds
 * @property {number} [stuckMilliseconds] a worker whose event loop has not run for so long is killed
 * @property {number} startMilliseconds how long an app may take to load and, in a renewal, to serve
 * @property {import('./worker-limits').Limits} limits
 * @property {() => import('node:cluster').Worker} fork
 * @property {(text: string) => void} say one message for the operator
 * @property {() => number} [now] milliseconds of a monotonic clock
 * @property {() => number} [random]
 */

/** Keeps `count` workers there: what ends is started again, slower with each one in a row that comes to nothing. */
class WorkerPool {
  /** @param {PoolOptions} options */
  constructor(options) {
    this.options = options;
    this.say = options.say;
    this.now = options.now || (() => performance.now());
    /** @type {Set<WorkerProcess>} every process that has not ended */
    this.workers = new Set();
    this.pace = new RestartPace();
    this.renewals = new Renewals(this);
    this.stopping = false;
    /** @type {Set<NodeJS.Timeout>} starts that wait */
    this.waiting = new Set();
    this.counts = { started: 0, crashed: 0, failedStarts: 0, killed: 0 };
    /** All workers have ended after `stop`. @type {() => void} */
    this.onEmpty = () => {};
  }

  start() {
    this.startMissing();
    this.timer = setInterval(() => this.check(), CHECK_MILLISECONDS);
  }

  /** Workers that take calls. */
  get serving() {
    return [...this.workers].filter(({ state }) => state === 'serving');
  }

  /** @returns {WorkerProcess} */
  startWorker() {
    const limits = new WorkerLimits(this.options.limits, this.options.random);
    const worker = new WorkerProcess(this.options.fork(), limits, this.now);
    this.counts.started += 1;
    this.workers.add(worker);
    worker.on('refused', (reason, retry) => this.refused(worker, reason, retry));
    worker.on('ended', (code, signal) => this.ended(worker, signal || `code ${code}`));
    return worker;
  }

  /** Starts at once what is missing, and what waits to be started. */
  startMissing() {
    this.dropWaiting();
    const there = [...this.workers].filter((worker) => !worker.isLeaving && worker !== this.renewals.coming).length;
    for (let i = there; i < this.options.count; i += 1) this.startWorker();
  }

  dropWaiting() {
    for (const timer of this.waiting) clearTimeout(timer);
    this.waiting.clear();
  }

  refused(worker, reason, retry) {
    if (worker.isLeaving || worker.toldRefusal === reason) return;
    worker.toldRefusal = reason;
    this.say(`worker ${worker.pid}: the front refuses it: ${reason}${retry ? '. It tries again' : ''}`);
    // It does not try again by itself; another front may take it.
    if (!retry && worker !== this.renewals.coming) worker.kill();
  }

  /** @param {WorkerProcess} worker @param {string} how */
  ended(worker, how) {
    const { coming } = this.renewals;
    this.workers.delete(worker);
    if (worker.wasKilled) this.counts.killed += 1;
    if (worker.servingSince === null) this.counts.failedStarts += 1;
    else if (!worker.isLeaving) this.counts.crashed += 1;
    if (this.stopping) {
      if (this.workers.size === 0) this.onEmpty();
      return;
    }
    if (worker.isLeaving) {
      if (worker.servingSince !== null && worker.wasKilled) {
        this.say(`worker ${worker.pid} did not end within --drain-seconds: killed; its calls are answered 502`);
      }
      return;
    }
    if (worker === coming) return;
    // The place of one that was about to be replaced is taken by the one that comes.
    if (coming !== null && worker === this.renewals.replacement.old) {
      this.say(`worker ${worker.pid} ended with ${how}; worker ${coming.pid} is starting in its place`);
      return;
    }
    this.startLater(worker, how);
  }

  startLater(worker, how) {
    const wait = this.pace.failed();
    const before = worker.servingSince === null ? ' before it served' : '';
    const row = this.pace.failures > 1 ? ` (${this.pace.failures} in a row)` : '';
    this.say(`worker ${worker.pid} ended with ${how}${before}${row}; another one starts in ${timeText(wait)}`);
    const timer = setTimeout(() => {
      this.waiting.delete(timer);
      this.startWorker();
    }, wait);
    this.waiting.add(timer);
  }

  /** Regularly. */
  check() {
    if (this.stopping) return;
    const { startMilliseconds, stuckMilliseconds = Infinity } = this.options;
    for (const worker of this.workers) {
      if (worker.state === 'serving' && !worker.wasKilled && worker.silentMilliseconds >= stuckMilliseconds) {
        this.say(`worker ${worker.pid}: its event loop has not run for ${timeText(stuckMilliseconds)} `
          + '(--stuck-seconds): killed');
        worker.kill();
      }
      // Once for each: those that serve for long say nothing of one that ends again and again.
      if (!worker.isProven && worker.ageMilliseconds >= PROVEN_MILLISECONDS) {
        worker.isProven = true;
        this.pace.succeeded();
      }
      const isLate = worker.state === 'starting' && this.now() - worker.startedAt >= startMilliseconds;
      if (isLate && !worker.wasKilled && worker !== this.renewals.coming) {
        this.say(`worker ${worker.pid} has not loaded the app within ${timeText(startMilliseconds)} `
          + '(--start-seconds): killed');
        worker.kill();
      }
    }
    this.renewals.check();
  }

  /** Lets all workers drain; `onEmpty` runs when the last one has ended. */
  stop() {
    this.stopping = true;
    clearInterval(this.timer);
    this.dropWaiting();
    this.renewals.stop();
    if (this.workers.size === 0) this.onEmpty();
    for (const worker of this.workers) worker.drain(this.options.drainMilliseconds);
  }
}

module.exports = { WorkerPool, PROVEN_MILLISECONDS };
