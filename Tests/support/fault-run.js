'use strict';

const path = require('node:path');
const { startApp } = require('./app.js');
const { Front } = require('./front.js');
const { Load } = require('./load.js');
const { openDescriptors } = require('./process-figures.js');
const { RawConnection } = require('./raw-connection.js');
const { RogueWorker } = require('./rogue-worker.js');
const { RunLog } = require('./run-log.js');
const { waitUntil } = require('./wait-until.js');

const APP = path.join(__dirname, '..', 'Faults', 'app.js');

/**
 * A front with workers that may come and go, and the file in which they write down every run. What a fault test starts
 * with, and what must be as it was when it ends.
 */
class FaultRun {
  /**
   * @template T
   * @param {{ workers?: number, frontOptions?: string[], front?: Omit<Parameters<typeof Front.start>[0], 'options'> }}
   *   settings `front`: what else `Front.start` takes
   * @param {(run: FaultRun) => Promise<T>} use
   * @returns {Promise<T>}
   */
  static async with({ workers = 1, frontOptions = [], front = {} }, use) {
    const run = new FaultRun();
    try {
      run.front = await Front.start({ ...front, options: frontOptions });
      run.fronts.push(run.front);
      const alone = await run.descriptorsAtRest();
      await Promise.all(Array.from({ length: workers }, () => run.startWorker()));
      await run.front.workersReady(workers);
      const result = await use(run);
      await run.assertLeavesNothing(alone);
      return result;
    } catch (error) {
      const reports = [...run.fronts.map((front) => front.child), ...run.workers].map((child) => child.report());
      throw new Error(`${error.message}${reports.join('')}`, { cause: error });
    } finally {
      Load.abandonAll();
      await Promise.all(
        [...run.fronts, ...run.workers].map((process) => process.stop({ patienceMilliseconds: 1_000 })),
      );
    }
  }

  constructor() {
    this.log = new RunLog();
    /** @type {Front} the front of now */
    this.front = /** @type {any} */ (undefined);
    /** @type {Front[]} every front there was */
    this.fronts = [];
    /** @type {import('./child-process.js').TestProcess[]} the workers of now */
    this.workers = [];
  }

  /**
   * Adds a worker.
   * @param {{ socket?: string }} [settings] `socket`: another than the front's own, such as a proxy's
   */
  async startWorker({ socket = this.front.socket, waitsForReady = true } = {}) {
    const worker = await startApp(APP, { socket, env: { RUNS_FILE: this.log.file }, waitsForReady });
    this.workers.push(worker);
    return worker;
  }

  /** Kills a worker at once, and forgets it. */
  async killWorker(worker) {
    this.workers.splice(this.workers.indexOf(worker), 1);
    worker.kill('SIGKILL');
    await worker.exit;
  }

  /** Asks a worker to finish and leave, and waits until it did. */
  async drainWorker(worker) {
    this.workers.splice(this.workers.indexOf(worker), 1);
    return worker.stop({ signal: 'SIGTERM', patienceMilliseconds: 10_000 });
  }

  /** Starts another front on the same port and socket. @param {string[]} [options] */
  async startFront(options = []) {
    const { port, socket } = this.front;
    this.front = await Front.start({ options, port, socket });
    this.fronts.push(this.front);
    return this.front;
  }

  /**
   * Starts another front on the same port, while the one of now goes on (`--share-port`).
   * @param {string} [socket] one of its own unless named
   */
  async startFrontBeside(socket) {
    const front = await Front.start({ options: ['--share-port'], port: this.front.port, socket });
    this.fronts.push(front);
    return front;
  }

  /**
   * What every test ends with, unless its front has left: with clients and workers gone, nothing is under way and the
   * front's descriptors are what they were before any of them came.
   */
  async assertLeavesNothing(alone) {
    RawConnection.destroyAll();
    RogueWorker.destroyAll();
    for (const worker of [...this.workers]) await this.killWorker(worker);
    if (this.front.child.exited === undefined) await this.assertNothingLeft(alone);
  }

  /** How many descriptors the front has when nothing happens. */
  async descriptorsAtRest() {
    await this.front.quiet();
    return openDescriptors(this.front.pid);
  }

  /** Waits until nothing is under way and the front's descriptors are what they were. @param {number} before */
  async assertNothingLeft(before) {
    await this.front.quiet();
    await waitUntil(`the front has ${before} descriptors again`, () => openDescriptors(this.front.pid) <= before)
      .catch((error) => {
        throw new Error(`${error.message}, now ${openDescriptors(this.front.pid)}`, { cause: error });
      });
  }
}

module.exports = { FaultRun };
