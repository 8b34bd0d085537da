'use strict';

const { spawn } = require('node:child_process');

/** No test process may outlive this, whatever happens to the test that started it. */
const LIFETIME_LIMIT_MILLISECONDS = 15 * 60_000;
/** How much of a process's output is kept for the failure report. */
const OUTPUT_KEPT_CHARACTERS = 16_384;

/** @type {Set<TestProcess>} */
const running = new Set();
process.once('exit', () => { for (const child of running) child.child.kill('SIGKILL'); });

/** A process that a test started: its output is kept, its life is bounded, and only it is ever signalled. */
class TestProcess {
  /**
   * @param {string} name for messages
   * @param {string} command
   * @param {string[]} commandArguments
   * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, lifetimeMilliseconds?: number, stderr?: number }} [options] `env`
   *   is added to the environment; `stderr`: a descriptor that takes the place of the pipe
   */
  constructor(
    name, command, commandArguments, { env, cwd, lifetimeMilliseconds = LIFETIME_LIMIT_MILLISECONDS, stderr } = {},
  ) {
    this.name = name;
    this.stdout = '';
    this.stderr = '';
    this.child = spawn(command, commandArguments, {
      cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', stderr ?? 'pipe'],
    });
    running.add(this);
    const watchdog = setTimeout(() => this.child.kill('SIGKILL'), lifetimeMilliseconds);
    watchdog.unref();
    for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
      this.child[name]?.setEncoding('utf8').on('data', (text) => {
        this[name] = (this[name] + text).slice(-OUTPUT_KEPT_CHARACTERS);
        this.notify();
      });
    }
    /** @type {Set<() => void>} */
    this.watchers = new Set();
    /** @type {Promise<{ code: number | null, signal: NodeJS.Signals | null }>} */
    this.exit = new Promise((resolve) => {
      const left = (code, signal) => {
        running.delete(this);
        clearTimeout(watchdog);
        this.exited = { code, signal };
        resolve(this.exited);
        this.notify();
      };
      this.child.once('error', (error) => { this.stderr += String(error); left(null, null); });
      this.child.once('exit', left);
    });
    /** @type {{ code: number | null, signal: NodeJS.Signals | null } | undefined} */
    this.exited = undefined;
  }

  get pid() {
    return /** @type {number} */ (this.child.pid);
  }

  notify() {
    for (const watcher of [...this.watchers ?? []]) watcher();
  }

  /**
   * The first line of standard output that `match` accepts.
   * @template T
   * @param {(line: string) => T | undefined} match
   * @returns {Promise<T>}
   */
  line(match, timeoutMilliseconds = 15_000) {
    return new Promise((resolve, reject) => {
      const finish = (settle, value) => { clearTimeout(timer); this.watchers.delete(look); settle(value); };
      const look = () => {
        for (const line of this.stdout.split('\n').slice(0, -1)) {
          const value = match(line);
          if (value !== undefined) return finish(resolve, value);
        }
        if (this.exited) finish(reject, new Error(`${this.name} left before it was ready${this.report()}`));
        return undefined;
      };
      const timer = setTimeout(
        () => finish(reject, new Error(`${this.name} was not ready within ${timeoutMilliseconds} ms${this.report()}`)),
        timeoutMilliseconds,
      );
      this.watchers.add(look);
      look();
    });
  }

  /** @param {NodeJS.Signals} signal */
  kill(signal) {
    this.child.kill(signal);
  }

  /** Ends the process and waits for it: asks first, insists after `patienceMilliseconds`. */
  async stop({ signal = /** @type {NodeJS.Signals} */ ('SIGTERM'), patienceMilliseconds = 3_000 } = {}) {
    if (this.exited) return this.exited;
    this.child.kill('SIGCONT');
    this.child.kill(signal);
    const insist = setTimeout(() => this.child.kill('SIGKILL'), patienceMilliseconds);
    const exited = await this.exit;
    clearTimeout(insist);
    return exited;
  }

  /** What the process said, for a failure report. */
  report() {
    const state = this.exited ? `exit ${this.exited.code ?? this.exited.signal}` : `running, pid ${this.child.pid}`;
    return `\n--- ${this.name} (${state}) stderr:\n${this.stderr.slice(-4_000)}`
      + `\n--- ${this.name} stdout:\n${this.stdout.slice(-1_000)}`;
  }
}

module.exports = { TestProcess };
