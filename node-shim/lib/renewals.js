'use strict';

const { timeText } = require('./quantities');
const { Reload } = require('./reload');
const { Replacement } = require('./replacement');
const { RestartPace } = require('./restart-pace');

/** A worker that reaches its memory limit sooner than this was never far below it. */
const SHORT_LIFE_MILLISECONDS = 10_000;

/**
 * Renews the workers of a pool one after another: those that reached a limit, or all of them in a reload. Never two at
 * once, so that no more than one process is too many.
 */
class Renewals {
  /** @param {import('./worker-pool').WorkerPool} pool */
  constructor(pool) {
    this.pool = pool;
    this.pace = new RestartPace();
    /** No worker is renewed for a limit before this time. */
    this.notBefore = 0;
    /** @type {Replacement | null} */
    this.replacement = null;
    /** @type {Reload | null} the one under way */
    this.reloading = null;
    /** Asked for while another one was under way. @type {Reload | null} */
    this.nextReload = null;
    /** @type {import('./reload').ReloadOutcome | null} */
    this.lastReload = null;
    this.counts = {
      replaced: { calls: 0, memory: 0, age: 0, reload: 0 }, failed: 0, reloads: { finished: 0, stopped: 0 },
    };
  }

  /** The worker that is started to take another one's place and does not serve yet. */
  get coming() {
    return this.replacement !== null && this.replacement.isComing ? this.replacement.worker : null;
  }

  /** Called regularly. */
  check() {
    if (this.replacement !== null) this.replacement.check();
    else this.goOn();
  }

  /** Begins the next renewal if one is due and none under way. */
  goOn() {
    const { pool } = this;
    if (pool.stopping || this.replacement !== null) return;
    if (this.reloading === null && this.nextReload !== null) {
      this.reloading = this.nextReload;
      this.nextReload = null;
      this.reloading.begin([...pool.workers].filter(({ isLeaving }) => !isLeaving), pool.now());
      pool.startMissing();
    }
    if (this.reloading !== null) return this.reloadNext();
    if (pool.now() < this.notBefore || pool.serving.length < pool.options.count) return;
    const due = pool.serving.find((worker) => worker.exceeded !== null);
    if (due === undefined) return;
    const { cause, sentence } = due.exceeded;
    pool.say(`worker ${due.pid} is replaced: ${sentence}`);
    this.replace(due, cause);
  }

  reloadNext() {
    const { pool, reloading } = this;
    if (pool.serving.length < pool.options.count) {
      // Those that are missing come first; should they not come, nothing is taken away.
      if (pool.now() - reloading.begunAt < pool.options.startMilliseconds) return;
      return this.stopReload(`${pool.options.count - pool.serving.length} of the workers did not serve within `
        + `${timeText(pool.options.startMilliseconds)} (--start-seconds)`);
    }
    const old = reloading.next();
    if (old !== null) return this.replace(old, 'reload');
    const { replaced } = reloading;
    this.tell(`reload finished: ${replaced} ${replaced === 1 ? 'worker' : 'workers'} replaced`);
    this.endReload({ outcome: 'finished', replaced });
  }

  /** @param {import('./worker-process').WorkerProcess} old @param {'calls' | 'memory' | 'age' | 'reload'} cause */
  replace(old, cause) {
    const replacement = new Replacement(this.pool, old, cause, {
      done: () => this.done(replacement),
      failed: (reason) => this.failed(replacement, reason),
    });
    this.replacement = replacement;
  }

  /** @param {Replacement} replacement */
  done({ old, worker, cause }) {
    this.replacement = null;
    this.counts.replaced[cause] += 1;
    this.pace.succeeded();
    if (cause === 'reload') {
      this.reloading.replaced += 1;
      this.reloading.begunAt = this.pool.now();
      const progress = `${this.reloading.replaced} of ${this.reloading.total}`;
      this.tell(`reload: worker ${worker.pid} serves in place of ${old.pid} (${progress})`);
    }
    if (cause === 'memory') this.checkMemoryLimit(old);
    this.goOn();
  }

  /** A limit below what the app needs would renew for ever. */
  checkMemoryLimit(old) {
    if (old.ageMilliseconds >= SHORT_LIFE_MILLISECONDS) {
      this.memoryPace = undefined;
      return;
    }
    this.memoryPace ??= new RestartPace();
    const wait = this.memoryPace.failed();
    this.notBefore = this.pool.now() + wait;
    this.pool.say(`worker ${old.pid} reached --max-memory within ${timeText(old.ageMilliseconds)}: the app needs a `
      + `higher limit, or leaks fast. The next renewal waits ${timeText(wait)}`);
  }

  /** The new worker came to nothing. @param {Replacement} replacement @param {string} reason */
  failed({ old, cause }, reason) {
    this.replacement = null;
    this.counts.failed += 1;
    if (cause === 'reload') {
      this.stopReload(reason);
    } else {
      const wait = this.pace.failed();
      this.notBefore = this.pool.now() + wait;
      this.pool.say(`worker ${old.pid} was not replaced: ${reason}. The next try is in ${timeText(wait)}`);
    }
    this.pool.startMissing();
  }

  // MARK: Reloads

  /**
   * Replaces all workers of now, one after another.
   * @param {(text: string) => void} [listener] hears the progress
   * @returns {Promise<import('./reload').ReloadOutcome>}
   */
  reload(listener = () => {}) {
    if (this.pool.stopping) return Promise.resolve({ outcome: 'stopped', replaced: 0, reason: 'the workers stop' });
    this.nextReload ??= new Reload();
    const ended = this.nextReload.join(listener);
    if (this.replacement !== null || this.reloading !== null) {
      const text = `reload: it begins when the ${this.reloading === null ? 'renewal' : 'reload'} under way is over`;
      this.pool.say(text);
      listener(text);
    }
    this.goOn();
    return ended;
  }

  /** Says it here, and to those who asked for the reload. */
  tell(text) {
    this.pool.say(text);
    this.reloading.tell(text);
  }

  stopReload(reason) {
    const { reloading, pool } = this;
    this.tell(`reload stopped: ${reason}. The workers that were not replaced keep serving: ${pool.serving.length} of `
      + `${pool.options.count} serve. Mend the cause and reload again`);
    this.endReload({ outcome: 'stopped', replaced: reloading.replaced, reason });
  }

  /** @param {import('./reload').ReloadOutcome} outcome */
  endReload(outcome) {
    const { reloading } = this;
    this.counts.reloads[outcome.outcome] += 1;
    this.reloading = null;
    this.lastReload = outcome;
    reloading.end(outcome);
    // Not at once: who waits for the end hears of it before the next begins.
    setImmediate(() => this.goOn());
  }

  /** The pool is stopping: what is under way ends with it. */
  stop() {
    for (const reload of [this.reloading, this.nextReload]) {
      if (reload !== null) reload.end({ outcome: 'stopped', replaced: reload.replaced, reason: 'the workers stop' });
    }
    this.reloading = null;
    this.nextReload = null;
    if (this.replacement !== null) this.replacement.isOver = true;
  }
}

module.exports = { Renewals, SHORT_LIFE_MILLISECONDS };
