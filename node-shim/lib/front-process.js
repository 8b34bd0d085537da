'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const readline = require('node:readline');
const { finished } = require('node:stream');
const { findFrontBinary } = require('./front-binary');

const BRIDGE_FD = 3;

/** A front that crashes more often than this in a minute is not started again. */
const RESTARTS_MAX = 5;
const RESTARTS_WINDOW_MILLISECONDS = 60_000;

const STDERR_KEPT_CHARACTERS = 4096;

/**
 * The front as a child of this process, over an inherited socket pair: no path, no permission, no stale file. A front
 * that crashes is started again on the same port, a few times.
 */
class FrontProcess {
  /**
   * @param {object} options
   * @param {import('./app').App} options.app
   * @param {number} [options.port] 0 takes a free one (default 7071)
   * @param {string} [options.host]
   * @param {string} [options.binary]
   * @param {string[]} [options.frontArguments]
   * @param {number} options.readyTimeoutMilliseconds
   * @param {(stream: import('node:net').Socket) => Promise<void>} options.openBridge resolves when the front welcomed
   *   us
   */
  constructor(options) {
    const { app, port = 7071, host = '127.0.0.1', frontArguments = [] } = options;
    this.log = app.log;
    this.port = port;
    this.host = host;
    this.binary = options.binary;
    this.frontArguments = frontArguments;
    this.readyTimeoutMilliseconds = options.readyTimeoutMilliseconds;
    this.openBridge = options.openBridge;
    this.child = null;
    this.stopping = false;
    /** When the front was started again, in milliseconds of the monotonic clock. */
    this.restarts = [];
  }

  /** @returns {Promise<{ address: string, port: number }>} where it listens */
  async start() {
    const binary = findFrontBinary(this.binary);
    const listen = `${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.port}`;
    const child = spawn(
      binary,
      ['serve', '--listen', listen, '--bridge-fd', String(BRIDGE_FD), '--exit-with-parent', ...this.frontArguments],
      { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] },
    );
    this.child = child;
    const errors = keepLast(child.stderr);
    try {
      const address = await this.ready(child, errors);
      // A port that was asked for as 0 stays the same across a restart.
      this.port = address.port;
      child.once('exit', (code, signal) => this.exited(code, signal));
      return address;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  /** Both halves must be up: the front listens, and it has welcomed this shim. */
  ready(child, errors) {
    return new Promise((resolve, reject) => {
      const fail = (reason) => {
        clearTimeout(timer);
        reject(reason instanceof Error ? reason : new Error(`runner-sidecar: ${reason}`));
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
      Promise.all([listening(child.stdout), bridge]).then(([address]) => {
        clearTimeout(timer);
        resolve(address);
      }, fail);
    });
  }

  exited(code, signal) {
    if (this.stopping) return;
    this.log('error', 'front.exited', { code, signal });
    const now = performance.now();
    this.restarts = this.restarts.filter((at) => now - at < RESTARTS_WINDOW_MILLISECONDS);
    if (this.restarts.length >= RESTARTS_MAX) {
      this.log('error', 'front.given-up', { restarts: this.restarts.length });
      return;
    }
    this.restarts.push(now);
    setTimeout(() => {
      if (this.stopping) return;
      this.start().then(
        () => this.log('warn', 'front.restarted', { port: this.port }),
        (error) => {
          this.log('error', 'front.restart-failed', { reason: error.message });
          this.exited(null, null);
        },
      );
    }, 100 * 2 ** this.restarts.length);
  }

  /** The link ended while the child lives: it cannot be opened again, so the child is replaced. */
  bridgeLost(reason) {
    if (this.stopping || this.child === null || this.child.exitCode !== null) return;
    this.log('warn', 'front.link-lost', { reason });
    this.child.kill('SIGTERM');
  }

  /** Lets the front finish what is in flight. @param {number} deadlineMilliseconds */
  async stop(deadlineMilliseconds) {
    this.stopping = true;
    const { child } = this;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), Math.max(deadlineMilliseconds, 100));
    await exit;
    clearTimeout(timer);
  }
}

/** Waits for the front's line that it listens. */
function listening(stdout) {
  return new Promise((resolve) => {
    const lines = readline.createInterface({ input: stdout });
    lines.on('line', (line) => {
      const message = parse(line);
      if (message !== null && message.event === 'listening') resolve({ address: message.address, port: message.port });
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
