'use strict';

const { EventEmitter } = require('node:events');
const net = require('node:net');
const { Bridge } = require('./bridge');
const { fallbackReason, startFallback } = require('./fallback');
const { FrontProcess } = require('./front-process');
const { Observation } = require('./observation');

const DRAIN_MILLISECONDS = 10_000;
const READY_MILLISECONDS = 15_000;

/** What a Unix socket's address can hold, its closing zero left out (Linux: sun_path[108]; BSD and macOS: 104). */
const SOCKET_PATH_BYTES_MAX = process.platform === 'linux' ? 107 : 103;

/**
 * An app that is being served: its bridge, and the front process when it started one itself. Its events are those of
 * `Service` in index.d.ts.
 */
class Service extends EventEmitter {
  /**
   * @param {import('./app').App} app
   * @param {import('..').ServiceOptions} options
   */
  constructor(app, options) {
    super();
    this.app = app;
    this.options = options;
    /** @type {Bridge | null} */
    this.bridge = null;
    /** @type {FrontProcess | null} */
    this.front = null;
    /** @type {Awaited<ReturnType<typeof startFallback>> | null} what serves where there is no front */
    this.fallback = null;
    /** Where the front listens, when it was started here. */
    this.address = null;
    /** Where its admin listener and status page are, when it was started here with one. */
    this.adminAddress = null;
    /** @type {Observation | null} */
    this.observation = null;
    /** @type {Promise<void> | null} */
    this.closing = null;
    /** Takes back what was hooked into the app's own end. */
    this.release = () => {};
  }

  async start() {
    const { socket, fd } = this.options;
    this.observation = Observation.of(this.options);
    if (socket !== undefined) {
      checkSocketPath(socket);
      await this.startBridge((link) => net.connect({ path: socket, onread: link.onread }), true);
    } else if (fd !== undefined) {
      const open = (link) => new net.Socket({ fd, onread: link.onread, readable: true, writable: true });
      await this.startBridge(open, false);
    } else {
      const reason = fallbackReason(this.options.binary);
      if (reason === null) await this.startFront();
      else await this.startFallback(reason);
    }
  }

  /** @param {string} reason */
  async startFallback(reason) {
    this.fallback = await startFallback(this.app, this.options, reason);
    this.address = this.fallback.address;
  }

  /**
   * @param {(link: import('./link').Link) => net.Socket} open
   * @param {boolean} reconnect whether `open` may be called again; a descriptor is there once
   */
  startBridge(open, reconnect) {
    return new Promise((resolve, reject) => {
      let welcomed = this.options.waitForFront === false;
      const bridge = new Bridge({
        app: this.app,
        reconnect,
        linksMax: reconnect ? undefined : 1,
        observation: this.observation,
        connect: (link) => attach(link, open(link)),
        onWelcome: (welcome) => {
          welcomed = true;
          this.emit('connect', { front: welcome.front });
          resolve();
        },
        onRefused: (refusal) => {
          this.emit('refused', refusal);
          // The first answer is the caller's to act on; later ones are a matter of trying again.
          if (!welcomed && refusal.isFinal) reject(new Error(`runner-sidecar: the front refused: ${refusal.reason}`));
        },
        onDisconnect: (reason) => this.emit('disconnect', { reason }),
        onLost: (reason) => {
          reject(new Error(`runner-sidecar: ${reason}`));
          if (this.front !== null) this.front.bridgeLost(reason);
        },
      });
      this.bridge = bridge;
      bridge.start();
      if (welcomed) resolve();
    });
  }

  async startFront() {
    this.front = new FrontProcess({
      app: this.app,
      settings: this.options,
      readyTimeoutMilliseconds: READY_MILLISECONDS,
      openBridge: (stream) => this.startBridge((link) => adopt(stream, link), false),
      tell: (event, data) => {
        if (event === 'frontStart') this.listensAt(data);
        this.emit(event, data);
      },
    });
    this.listensAt(await this.front.start());
  }

  listensAt({ address, port, admin }) {
    this.address = { address, port };
    this.adminAddress = admin;
  }

  /** Tells the front of targets that were added or removed. */
  announce() {
    if (this.bridge !== null) this.bridge.announce();
  }

  /**
   * Takes no new calls, finishes those that run, and closes. Asked twice, it closes once.
   * @param {{ deadlineMilliseconds?: number }} [options]
   * @returns {Promise<void>}
   */
  close(options = {}) {
    if (this.closing === null) {
      const { deadlineMilliseconds = this.options.drainMilliseconds ?? DRAIN_MILLISECONDS } = options;
      this.closing = this.closeOnce(deadlineMilliseconds);
    }
    return this.closing;
  }

  async closeOnce(deadlineMilliseconds) {
    if (this.front !== null) {
      if (this.bridge !== null) this.bridge.endExpected = true;
      await this.front.stop(deadlineMilliseconds);
    }
    if (this.fallback !== null) await this.fallback.stop(deadlineMilliseconds);
    if (this.bridge !== null) await this.bridge.stop(deadlineMilliseconds);
    this.release();
  }
}

/** A longer one could never be connected to, however often it is tried. */
function checkSocketPath(socket) {
  const bytes = Buffer.byteLength(socket);
  if (bytes <= SOCKET_PATH_BYTES_MAX) return;
  throw new RangeError(`runner-sidecar: the socket's path takes ${bytes} bytes, and the system's limit is `
    + `${SOCKET_PATH_BYTES_MAX}: choose a shorter folder for ${socket}`);
}

/** Opens the link once its socket is connected. */
function attach(link, socket) {
  if (!socket.connecting) {
    link.open(socket);
    return;
  }
  const failed = (error) => link.close(`cannot connect: ${error.message}`);
  socket.once('error', failed);
  socket.once('connect', () => {
    socket.off('error', failed);
    if (link.state === 'closed') socket.destroy();
    else link.open(socket);
  });
}

/**
 * A socket with the link's `onread` over the pipe that `spawn` made. `spawn` has no option for it, so the pipe's
 * handle is taken over; should a later Node keep it out of reach, the plain stream serves, at the price of a buffer a
 * read.
 */
function adopt(stream, link) {
  const handle = stream._handle;
  if (handle && typeof handle.useUserBuffer === 'function') {
    return new net.Socket({ handle, onread: link.onread, readable: true, writable: true });
  }
  stream.on('data', (chunk) => {
    const { bytes } = link.reader.input;
    for (let at = 0; at < chunk.length; at += bytes.length) {
      const count = chunk.copy(bytes, 0, at, Math.min(chunk.length, at + bytes.length));
      if (!link.read(count)) return;
    }
  });
  return stream;
}

module.exports = { Service };
