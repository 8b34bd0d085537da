'use strict';

const { EventEmitter } = require('node:events');
const { DISPOSE_MILLISECONDS } = require('./lifecycle');

/** What a worker may take beyond each of its own deadlines before it is killed: they act first. */
const KILL_DELAY_MILLISECONDS = 2_000;

/**
 * One Node process that runs the app, as its supervisor sees it.
 *
 * States: `starting`, `loaded` (the app is there, the front has not welcomed all links yet), `serving`, `draining`
 * (it was told to stop), `ended`.
 *
 * Emits `loaded`, `serving`, `figures`, `refused` (reason, retry) and `ended` (code, signal).
 */
class WorkerProcess extends EventEmitter {
  /**
   * @param {import('node:cluster').Worker} child just forked; it reports as lib/worker-report.js does
   * @param {import('./worker-limits').WorkerLimits} limits its own
   * @param {() => number} now milliseconds of a monotonic clock
   */
  constructor(child, limits, now = () => performance.now()) {
    super();
    this.child = child;
    this.pid = child.process.pid;
    this.limits = limits;
    this.now = now;
    /** @type {'starting' | 'loaded' | 'serving' | 'draining' | 'ended'} */
    this.state = 'starting';
    this.startedAt = now();
    /** When it last told anything: it does so several times a second, while its event loop runs. */
    this.heardAt = this.startedAt;
    /** When it began to serve. @type {number | null} */
    this.servingSince = null;
    this.calls = 0;
    this.memoryBytes = 0;
    /** Why the front last refused it; null since it was welcomed. @type {string | null} */
    this.refusal = null;
    this.refusedAt = 0;
    /** What of it the operator was told. @type {string | null} */
    this.toldRefusal = null;
    /** It has served for long enough. */
    this.isProven = false;
    /** It was told to go: its end is no news, and nothing is started in its place. */
    this.isLeaving = false;
    /** It did not end in time and was killed. */
    this.wasKilled = false;
    /** @type {NodeJS.Timeout | null} */
    this.killTimer = null;
    child.on('message', (message) => this.heard(message));
    child.on('exit', (code, signal) => this.ended(code, signal));
    // A process that could not be started has this, and no exit. What else it tells is that a message or signal did not
    // get through, because the process is about to be gone.
    child.on('error', () => {
      if (this.pid === undefined) this.ended(null, null);
    });
  }

  get ageMilliseconds() {
    return this.servingSince === null ? 0 : this.now() - this.servingSince;
  }

  /** For how long nothing was heard of it. */
  get silentMilliseconds() {
    return this.now() - this.heardAt;
  }

  /** Why it is to be replaced, or null. */
  get exceeded() {
    return this.state === 'serving' ? this.limits.exceeded(this) : null;
  }

  /** @param {any} message from lib/worker-report.js; an app may send messages of its own, which are left alone */
  heard(message) {
    if (message === null || typeof message !== 'object' || this.state === 'ended') return;
    const said = message['runner-sidecar'];
    if (said !== undefined) this.heardAt = this.now();
    if (said === 'loaded' && this.state === 'starting') {
      this.state = 'loaded';
      this.emit('loaded');
    } else if (said === 'serving' && !this.isLeaving && this.state !== 'serving') {
      this.state = 'serving';
      this.refusal = null;
      this.servingSince = this.now();
      this.emit('serving');
    } else if (said === 'refused') {
      if (this.refusal === null) this.refusedAt = this.now();
      this.refusal = String(message.reason);
      this.emit('refused', this.refusal, message.retry === true);
    } else if (said === 'figures') {
      this.calls = message.calls;
      this.memoryBytes = message.memoryBytes;
      this.emit('figures');
    } else if (said === 'drained' && this.state === 'draining') {
      // Its calls are over; what the app disposes of has a time of its own.
      this.killAfter(DISPOSE_MILLISECONDS);
    }
  }

  /**
   * Lets it finish what runs. One that does not end in time is killed.
   * @param {number} drainMilliseconds
   */
  drain(drainMilliseconds) {
    if (this.state === 'ended' || this.state === 'draining') return;
    this.state = 'draining';
    this.isLeaving = true;
    this.child.process.kill('SIGTERM');
    this.killAfter(drainMilliseconds);
  }

  /** @param {number} milliseconds that it has to end, by its own deadline */
  killAfter(milliseconds) {
    clearTimeout(this.killTimer);
    this.killTimer = setTimeout(() => this.kill(), milliseconds + KILL_DELAY_MILLISECONDS);
  }

  /** It is not wanted any more, and never served. */
  discard() {
    this.isLeaving = true;
    this.kill();
  }

  kill() {
    if (this.state === 'ended') return;
    this.wasKilled = true;
    this.child.process.kill('SIGKILL');
  }

  ended(code, signal) {
    if (this.state === 'ended') return;
    clearTimeout(this.killTimer);
    this.state = 'ended';
    this.emit('ended', code, signal);
  }
}

module.exports = { WorkerProcess, KILL_DELAY_MILLISECONDS };
