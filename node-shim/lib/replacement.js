'use strict';

const { timeText } = require('./quantities');

/** How long a front may go on refusing a new worker: long enough for a front that is being replaced. */
const REFUSAL_PATIENCE_MILLISECONDS = 3_000;

/**
 * One worker takes the place of another: the new one is started, serves, and only then the old one drains. It is over
 * when the old one has ended, or when the new one came to nothing; the old one then goes on.
 */
class Replacement {
  /**
   * @param {import('./worker-pool').WorkerPool} pool
   * @param {import('./worker-process').WorkerProcess} old
   * @param {'calls' | 'memory' | 'age' | 'reload'} cause
   * @param {{ done: () => void, failed: (reason: string) => void }} outcome
   */
  constructor(pool, old, cause, outcome) {
    this.pool = pool;
    this.old = old;
    this.cause = cause;
    this.outcome = outcome;
    this.isOver = false;
    this.worker = pool.startWorker();
    this.worker.once('serving', () => this.serves());
    this.worker.once('ended', (code, signal) => this.newEnded(signal || `code ${code}`));
    old.once('ended', () => this.oldEnded());
  }

  /** Whether the new worker is still to serve. */
  get isComing() {
    return !this.isOver && this.worker.servingSince === null;
  }

  serves() {
    if (this.isOver) return;
    if (this.old.state === 'ended') this.finish();
    else this.old.drain(this.pool.options.drainMilliseconds);
  }

  oldEnded() {
    // Where the new one is not there yet, it is waited for: it takes the place all the same.
    if (!this.isOver && !this.isComing) this.finish();
  }

  newEnded(how) {
    if (this.isComing) this.fail(`the new worker ${this.worker.pid} ended with ${how} before it served`);
  }

  finish() {
    this.isOver = true;
    this.outcome.done();
  }

  fail(reason) {
    this.isOver = true;
    this.worker.discard();
    this.outcome.failed(reason);
  }

  /** Regularly: the new worker has its time, too. */
  check() {
    if (!this.isComing) return;
    const { worker, pool } = this;
    const now = pool.now();
    if (worker.refusal !== null && now - worker.refusedAt >= REFUSAL_PATIENCE_MILLISECONDS) {
      return this.fail(`the front refuses the new worker ${worker.pid}: ${worker.refusal}. Settings that all workers `
        + 'of a front must share, such as those of the exposure, are changed by a restart, not by a reload');
    }
    if (now - worker.startedAt < pool.options.startMilliseconds) return undefined;
    const limit = `${timeText(pool.options.startMilliseconds)} (--start-seconds)`;
    return this.fail(worker.state === 'starting'
      ? `the new worker ${worker.pid} has not loaded the app within ${limit}`
      : `the new worker ${worker.pid} has not served within ${limit}: is the front running, with the same --socket?`);
  }
}

module.exports = { Replacement, REFUSAL_PATIENCE_MILLISECONDS };
