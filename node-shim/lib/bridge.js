'use strict';

const { randomBytes } = require('node:crypto');
const { EventLoopLag } = require('./event-loop-lag');
const { Link } = require('./link');
const { ProcessFigures } = require('./process-figures');
const { PROTOCOL_VERSION } = require('./protocol');
const { version } = require('../package.json');

const BACKOFF_FIRST_MILLISECONDS = 50;
const BACKOFF_MAX_MILLISECONDS = 5000;

/** A refusal that calls for a change (another user, another version) may be lifted by one: an upgrade, say. */
const REFUSED_FIRST_MILLISECONDS = 1000;
const REFUSED_MAX_MILLISECONDS = 60_000;

/** A front with more loops than this is not believed. */
const LINKS_MAX = 256;

/**
 * All links between this process and a front. Link 0 is opened first; the front's WELCOME says how many loops it has,
 * and each loop gets a link of its own. A link that ends is opened again, with backoff and jitter, for as long as the
 * process lives; one that was refused for good, less often.
 */
class Bridge {
  /**
   * @param {object} options
   * @param {import('./app').App} options.app
   * @param {(link: Link) => void} options.connect opens a socket with the link's `onread`, and the link on it
   * @param {boolean} [options.reconnect] whether a lost link is to be opened again (default true)
   * @param {number} [options.linksMax] how many links can be opened, whatever the front has loops
   * @param {import('./observation').Observation | null} [options.observation]
   * @param {(welcome: object) => void} [options.onWelcome]
   * @param {(refusal: { reason: string, isFinal: boolean, retryInMilliseconds: number | null }) => void}
   *   [options.onRefused] `isFinal`: not without a change on either side; null: it will not be tried again
   * @param {(reason: string) => void} [options.onDisconnect] the last link ended and will be opened again
   * @param {(reason: string) => void} [options.onLost] the last link ended and will not come back
   */
  constructor({
    app, connect, reconnect = true, linksMax = LINKS_MAX, observation = null,
    onWelcome = () => {}, onRefused = () => {}, onDisconnect = () => {}, onLost = () => {},
  }) {
    this.app = app;
    this.log = app.log;
    this.connect = connect;
    this.reconnect = reconnect;
    this.linksMax = linksMax;
    this.onWelcome = onWelcome;
    this.onRefused = onRefused;
    this.onDisconnect = onDisconnect;
    this.onLost = onLost;
    this.worker = randomBytes(8).toString('hex');
    this.lag = new EventLoopLag();
    this.figures = new ProcessFigures(this.lag);
    this.observation = observation;
    this.headsWanted = observation !== null && observation.isOn;
    /** Targets that threw something unexpected while their calls brought no heads. @type {Set<string>} */
    this.failing = new Set();
    /** @type {Map<number, Link>} */
    this.links = new Map();
    /** Links of a front that is stopping, until it closes them: their calls go on, new ones come over new links. */
    this.leaving = new Set();
    /**
     * `delay`: until the next try, in milliseconds
     * @type {Map<number, {
     *   timer: NodeJS.Timeout | null, failures: number, refused: boolean, delay: number | null,
     * }>}
     */
    this.retries = new Map();
    this.loops = 1;
    this.stopping = false;
    /** How often a front refused this process, and how the last time. */
    this.refusals = 0;
    /** @type {{ reason: string, retry: boolean } | null} */
    this.refusal = null;
    /** Calls and streams that this process was given. */
    this.callsTaken = 0;
    /** The front was told to stop, so that its links end is no news. */
    this.endExpected = false;
    /** @type {((value: void) => void) | null} */
    this.stopped = null;
  }

  start() {
    this.openLink(0);
  }

  hello(index) {
    return {
      protocol: PROTOCOL_VERSION,
      worker: this.worker,
      link: index,
      pid: process.pid,
      shim: version,
      node: process.versions.node,
      settings: true,
      ...this.describeApp(),
    };
  }

  /** With request heads for every call where something is to be seen of them. */
  describeApp() {
    const described = this.app.describe();
    if (!this.headsWanted && this.failing.size === 0) return described;
    const wants = (target) => target.head === false && (this.headsWanted || this.failing.has(keyOf(target)));
    const targets = described.targets.map((target) => (wants(target) ? { ...target, head: true } : target));
    return { ...described, targets };
  }

  /** Something observes calls that came without their heads. */
  wantHeads() {
    if (this.headsWanted) return;
    this.headsWanted = true;
    this.announce();
  }

  /**
   * What failed once may fail again: then its log line is to name the request.
   * @param {import('./targets').Target} target
   */
  failedUnexpectedly(target) {
    if (target.head || this.headsWanted || this.failing.has(keyOf(target))) return;
    this.failing.add(keyOf(target));
    this.announce();
  }

  openLink(index) {
    if (this.stopping || this.links.has(index)) return;
    const link = new Link(index, this);
    this.links.set(index, link);
    this.connect(link);
  }

  /** WELCOME came. */
  welcomed(link, welcome) {
    const retry = this.retries.get(link.index);
    if (retry !== undefined) Object.assign(retry, { failures: 0, refused: false });
    link.hasServed = true;
    if (link.index === 0) {
      const loops = Number.isSafeInteger(welcome.loops) && welcome.loops > 0 ? welcome.loops : 1;
      this.loops = Math.min(loops, this.linksMax);
      for (let index = 1; index < this.loops; index++) this.openLink(index);
      this.log('info', 'bridge.welcome', { front: welcome.front, loops });
      this.onWelcome(welcome);
    }
    if (this.stopping) link.drain();
  }

  /** REFUSED came. @param {Link} link @param {string} reason @param {boolean} retry */
  refused(link, reason, retry) {
    this.refusals += 1;
    this.refusal = { reason, retry };
    const state = this.retryOf(link.index);
    if (state.refused === retry) Object.assign(state, { refused: !retry, failures: 0 });
    link.close(`the front refused this shim: ${reason}`);
    const retryInMilliseconds = state.delay;
    this.log('error', 'bridge.refused', { link: link.index, reason, retryInMilliseconds });
    this.onRefused({ reason, isFinal: !retry, retryInMilliseconds });
  }

  /** The front is stopping. Another may be there for the same socket already: its links are opened beside these. */
  frontLeaves(link) {
    if (!this.reconnect || this.stopping || this.links.get(link.index) !== link) return;
    this.links.delete(link.index);
    this.leaving.add(link);
    this.retryLink(link.index);
  }

  linkClosed(link, reason) {
    if (this.leaving.delete(link)) {
      this.log('info', 'bridge.closed', { link: link.index, reason });
      if (this.stopping) this.finishStop();
      return;
    }
    if (this.links.get(link.index) !== link) return;
    this.links.delete(link.index);
    if (this.stopping) {
      this.finishStop();
      return;
    }
    this.log(this.endExpected ? 'debug' : 'warn', 'bridge.closed', { link: link.index, reason });
    if (this.reconnect) {
      this.retryLink(link.index);
      if (this.links.size === 0 && link.hasServed) this.onDisconnect(reason);
    } else if (this.links.size === 0) {
      this.lag.stop();
      this.onLost(reason);
    }
  }

  retryOf(index) {
    let retry = this.retries.get(index);
    if (retry === undefined) {
      retry = { timer: null, failures: 0, refused: false, delay: null };
      this.retries.set(index, retry);
    }
    return retry;
  }

  retryLink(index) {
    const retry = this.retryOf(index);
    retry.delay = null;
    // Links beyond the first follow link 0: a front that restarted may have another number of loops.
    if (index !== 0 && (!this.links.has(0) || index >= this.loops)) return;
    const [first, most] = retry.refused
      ? [REFUSED_FIRST_MILLISECONDS, REFUSED_MAX_MILLISECONDS]
      : [BACKOFF_FIRST_MILLISECONDS, BACKOFF_MAX_MILLISECONDS];
    const ceiling = Math.min(most, first * 2 ** Math.min(retry.failures, 10));
    retry.failures++;
    // Half fixed, half random: many workers that lost the same front do not come back at the same instant.
    retry.delay = Math.round(ceiling / 2 + Math.random() * (ceiling / 2));
    clearTimeout(retry.timer);
    retry.timer = setTimeout(() => this.openLink(index), retry.delay);
  }

  /** Of every front, also of one that is stopping. @returns {Link[]} */
  get allLinks() {
    return [...this.links.values(), ...this.leaving];
  }

  /** Says HELLO again on every open link, after the app's table changed. */
  announce() {
    for (const link of this.allLinks) {
      if (link.state === 'open') link.hello();
    }
  }

  /** Whether the front welcomed every link, and this process has answered something since: a call or a PING. */
  get isServing() {
    if (this.stopping || this.links.size < this.loops) return false;
    let hasAnswered = false;
    for (const link of this.links.values()) {
      if (link.state !== 'open') return false;
      hasAnswered ||= link.hasAnswered;
    }
    return hasAnswered;
  }

  /** Calls and streams being answered, on all links. */
  get running() {
    let count = 0;
    for (const link of this.allLinks) count += link.running.size;
    return count;
  }

  /**
   * Takes no new calls, finishes those that run, and closes.
   * @param {number} deadlineMilliseconds after which what still runs is cut off
   * @returns {Promise<void>}
   */
  stop(deadlineMilliseconds) {
    if (this.stopping) return this.stopPromise;
    this.stopping = true;
    for (const { timer } of this.retries.values()) clearTimeout(timer);
    this.stopPromise = new Promise((resolve) => {
      this.stopped = resolve;
    });
    this.deadline = setTimeout(() => this.cut('the time to drain ran out'), deadlineMilliseconds);
    for (const link of this.allLinks) {
      if (link.state === 'open') link.drain();
      else link.close('stopping');
    }
    this.finishStop();
    return this.stopPromise;
  }

  cut(reason) {
    for (const link of this.allLinks) link.close(reason);
  }

  finishStop() {
    if (this.links.size + this.leaving.size > 0) return;
    clearTimeout(this.deadline);
    this.lag.stop();
    this.stopped();
  }
}

function keyOf({ kind, id }) {
  return `${kind}\0${id}`;
}

module.exports = { Bridge };
