'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const http = require('node:http');
const readline = require('node:readline');
const { finished } = require('node:stream');
const { findFrontBinary } = require('./front-binary');
const { frontEnvironment, hasFlag } = require('./front-environment');

const BRIDGE_FD = 3;
const CONTROL_FD = 4;

/** A front that ended is started again after so long, twice as long each time, until it has stayed for a while. */
const RESTART_FIRST_MILLISECONDS = 100;
const RESTART_MAX_MILLISECONDS = 60_000;
const STEADY_MILLISECONDS = 60_000;
/** One that left in order is no crash. Often the app is about to end as well, and needs no new one. */
const RESTART_AFTER_LEAVING_MILLISECONDS = 1000;

/** What a front may take to cut short what still runs, before it is killed. */
const CUT_SHORT_MILLISECONDS = 1500;

/** Node's and the front's own default, and what the front's option takes. */
const HEADER_BYTES_DEFAULT = 16 * 1024;
const HEADER_BYTES_MIN = 1024;
const HEADER_BYTES_MAX = 1024 * 1024;

const STDERR_KEPT_CHARACTERS = 4096;

/**
 * The front as a child of this process, over an inherited socket pair: no path, no permission, no stale file. It takes
 * orders from this process only, over a pipe: a signal to the whole process group (Ctrl-C, systemd, PM2) is the app's
 * to act on. A front that ends unasked is started again on the same port for as long as the app lives, less and less
 * often.
 */
class FrontProcess {
  /**
   * @param {object} options
   * @param {import('./app').App} options.app
   * @param {import('..').ServiceOptions} options.settings
   * @param {number} options.readyTimeoutMilliseconds
   * @param {(stream: import('node:net').Socket) => Promise<void>} options.openBridge resolves when the front welcomed
   *   us
   * @param {(event: string, data: object) => void} [options.tell] passes an event to the service's listeners
   */
  constructor({ app, settings, readyTimeoutMilliseconds, openBridge, tell = () => {} }) {
    const { port = 7071, host = '127.0.0.1', frontArguments = [] } = settings;
    this.app = app;
    this.log = app.log;
    this.port = port;
    this.host = host;
    this.settings = settings;
    this.frontArguments = frontArguments;
    this.readyTimeoutMilliseconds = readyTimeoutMilliseconds;
    this.openBridge = openBridge;
    this.tell = tell;
    this.child = null;
    this.stopping = false;
    this.restartTimer = null;
    this.failures = 0;
    this.startedAt = 0;
  }

  /** @returns {string[]} */
  get arguments() {
    const { admin, sharePort } = this.settings;
    return [
      'serve', '--listen', hostAndPort(this.host, this.port), '--bridge-fd', String(BRIDGE_FD),
      '--control-fd', String(CONTROL_FD), '--exit-with-parent',
      ...(admin === undefined ? [] : ['--admin', adminAddress(admin)]),
      ...(sharePort ? ['--share-port'] : []),
      ...this.headerLimit,
      ...this.frontArguments,
    ];
  }

  /** What Node was told to take (`--max-http-header-size`), the front is to let in. @returns {string[]} */
  get headerLimit() {
    const isSaid = 'RUNNER_SIDECAR_HEADER_LIMIT' in process.env || hasFlag(this.frontArguments, '--header-limit');
    if (isSaid || http.maxHeaderSize === HEADER_BYTES_DEFAULT) return [];
    return ['--header-limit', String(Math.min(HEADER_BYTES_MAX, Math.max(HEADER_BYTES_MIN, http.maxHeaderSize)))];
  }

  /** @returns {Promise<{ address: string, port: number, admin: string | null }>} where it listens */
  async start() {
    const binary = findFrontBinary(this.settings.binary);
    const { environment, rules } = frontEnvironment(process.env, this.app, this.settings);
    const child = spawn(binary, this.arguments, {
      env: environment, stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    });
    this.child = child;
    const control = /** @type {import('node:stream').Writable} */ (child.stdio[CONTROL_FD]);
    // A front that has gone cannot be given orders; its end is heard of as such.
    control.on('error', () => {});
    const errors = keepLast(child.stderr);
    try {
      const address = await this.ready(child, errors);
      // A port that was asked for as 0 stays the same across a restart.
      this.port = address.port;
      this.startedAt = performance.now();
      child.once('exit', (code, signal) => this.exited(code, signal));
      this.log('info', 'front.listening', { ...address, ...rules });
      return address;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  /** Both halves must be up: the front listens, and it has welcomed this shim. */
  ready(child, errors) {
    return new Promise((resolve, reject) => {
      const failure = { code: undefined };
      const fail = (reason) => {
        clearTimeout(timer);
        if (reason instanceof Error) reject(reason);
        else reject(Object.assign(new Error(`runner-sidecar: ${reason}`), failure));
      };
      const limit = this.readyTimeoutMilliseconds;
      const timer = setTimeout(() => fail(`the front was not ready after ${limit} ms. ${errors()}`.trim()), limit);
      child.once('error', (error) => fail(`the front did not start: ${error.message}`));
      child.once('exit', (code, signal) => {
        // The end of stderr says why, and may come after the exit.
        finished(child.stderr, () => fail(errors() || `the front ended with ${signal || `code ${code}`}`));
      });
      const bridge = this.openBridge(child.stdio[BRIDGE_FD]).catch((error) => {
        // When the front ends, its exit says more than the lost link does.
        setTimeout(() => fail(error), 500).unref();
        return new Promise(() => {});
      });
      Promise.all([listening(child.stdout, failure), bridge]).then(([address]) => {
        clearTimeout(timer);
        resolve(address);
      }, fail);
    });
  }

  /** It ended, or did not start again. */
  exited(code, signal, reason) {
    if (this.stopping) return;
    const inOrder = code === 0;
    if (performance.now() - this.startedAt > STEADY_MILLISECONDS) this.failures = 0;
    const retryInMilliseconds = inOrder ? RESTART_AFTER_LEAVING_MILLISECONDS
      : Math.min(RESTART_MAX_MILLISECONDS, RESTART_FIRST_MILLISECONDS * 2 ** Math.min(this.failures, 16));
    if (!inOrder) this.failures += 1;
    const what = { code, signal, ...(reason === undefined ? {} : { reason }), retryInMilliseconds };
    this.log(inOrder ? 'warn' : 'error', reason === undefined ? 'front.exited' : 'front.restart-failed', what);
    this.tell('frontExit', what);
    this.restartTimer = setTimeout(() => this.restart(), retryInMilliseconds);
  }

  restart() {
    if (this.stopping) return;
    this.start().then((address) => {
      this.log('warn', 'front.restarted', { port: this.port });
      this.tell('frontStart', address);
    }, (error) => this.exited(null, null, error.message));
  }

  /** The link ended while the child lives: it cannot be opened again, so the child is replaced. */
  bridgeLost(reason) {
    if (this.stopping || this.child === null || hasExited(this.child)) return;
    this.log('warn', 'front.link-lost', { reason });
    this.child.kill('SIGKILL');
  }

  /**
   * Lets the front finish what is in flight.
   * @param {number} deadlineMilliseconds after which what still runs is answered 504
   */
  async stop(deadlineMilliseconds) {
    this.stopping = true;
    clearTimeout(this.restartTimer);
    const { child } = this;
    if (child === null || hasExited(child)) return;
    const exit = once(child, 'exit');
    this.order('stop');
    const deadline = Math.max(deadlineMilliseconds, 100);
    const timers = [
      setTimeout(() => this.order('stop-now'), deadline),
      setTimeout(() => child.kill('SIGKILL'), deadline + CUT_SHORT_MILLISECONDS),
    ];
    await exit;
    timers.forEach(clearTimeout);
  }

  /** @param {'stop' | 'stop-now'} order */
  order(order) {
    const control = /** @type {import('node:stream').Writable} */ (this.child.stdio[CONTROL_FD]);
    if (control.writable) control.write(`${order}\n`);
  }
}

function hasExited(child) {
  return child.exitCode !== null || child.signalCode !== null;
}

function hostAndPort(host, port) {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** @param {number | string} admin a port, or what `--admin` takes */
function adminAddress(admin) {
  return typeof admin === 'number' ? `127.0.0.1:${admin}` : admin;
}

/**
 * Waits for the front's line that it listens. A line that it cannot leaves its error code in `failure`, as Node's own
 * errors have it (EADDRINUSE); the text comes on standard error.
 */
function listening(stdout, failure) {
  return new Promise((resolve) => {
    const lines = readline.createInterface({ input: stdout });
    lines.on('line', (line) => {
      const message = parse(line);
      if (message === null) return;
      const { event, address, port, admin, code } = message;
      if (event === 'listening') resolve({ address, port, admin: typeof admin === 'string' ? admin : null });
      if (event === 'failed' && typeof code === 'string') Object.assign(failure, { code, address, port });
    });
  });
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** Passes stderr on, and keeps its end for an error message. @returns {() => string} */
function keepLast(stderr) {
  let kept = '';
  stderr.setEncoding('utf8');
  stderr.on('data', (text) => {
    kept = (kept + text).slice(-STDERR_KEPT_CHARACTERS);
    process.stderr.write(text);
  });
  return () => kept.trim();
}

module.exports = { FrontProcess };
