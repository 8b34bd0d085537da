'use strict';

const net = require('node:net');
const { Bridge } = require('./bridge');
const { FrontProcess } = require('./front-process');

const DRAIN_MILLISECONDS = 10_000;
const READY_MILLISECONDS = 15_000;

/**
 * An app that is being served: its bridge, and the front process when it started one itself.
 */
class Service {
  /**
   * @param {import('./app').App} app
   * @param {object} options
   * @param {string} [options.socket] the Unix socket of a front that runs elsewhere
   * @param {number} [options.fd] a connected descriptor that was inherited
   * @param {number} [options.port] where a front that is started here is to listen
   * @param {string} [options.host]
   * @param {string} [options.binary] the front's binary
   * @param {string[]} [options.frontArguments] more arguments for it
   * @param {boolean} [options.waitForFront] with `socket`: whether start() waits for the front (default true)
   */
  constructor(app, options) {
    this.app = app;
    this.options = options;
    /** @type {Bridge | null} */
    this.bridge = null;
    /** @type {FrontProcess | null} */
    this.front = null;
    /** Where the front listens, when it was started here. */
    this.address = null;
    this.closed = false;
  }

  async start() {
    const { socket, fd } = this.options;
    if (socket !== undefined) {
      await this.startBridge((link) => net.connect({ path: socket, onread: link.onread }), true);
    } else if (fd !== undefined) {
      const open = (link) => new net.Socket({ fd, onread: link.onread, readable: true, writable: true });
      await this.startBridge(open, false);
    } else {
      await this.startFront();
    }
  }

  /**
   * @param {(link: import('./link').Link) => net.Socket} open
   * @param {boolean} reconnect whether `open` may be called again; a descriptor is there once
   */
  startBridge(open, reconnect) {
    return new Promise((resolve, reject) => {
      const bridge = new Bridge({
        app: this.app,
        reconnect,
        linksMax: reconnect ? undefined : 1,
        connect: (link) => attach(link, open(link)),
        onWelcome: () => resolve(),
        onLost: (reason) => {
          reject(new Error(`runner-sidecar: ${reason}`));
          if (this.front !== null) this.front.bridgeLost(reason);
        },
      });
      this.bridge = bridge;
      bridge.start();
      if (this.options.waitForFront === false) resolve();
    });
  }

  async startFront() {
    this.front = new FrontProcess({
      app: this.app,
      port: this.options.port,
      host: this.options.host,
      binary: this.options.binary,
      frontArguments: this.options.frontArguments,
      readyTimeoutMilliseconds: READY_MILLISECONDS,
      openBridge: (stream) => this.startBridge((link) => adopt(stream, link), false),
    });
    this.address = await this.front.start();
  }

  /** Tells the front of targets that were added or removed. */
  announce() {
    if (this.bridge !== null) this.bridge.announce();
  }

  /**
   * Takes no new calls, finishes those that run, and closes.
   * @param {{ deadlineMilliseconds?: number }} [options]
   */
  async close(options = {}) {
    const { deadlineMilliseconds = DRAIN_MILLISECONDS } = options;
    if (this.closed) return;
    this.closed = true;
    if (this.front !== null) {
      if (this.bridge !== null) this.bridge.endExpected = true;
      await this.front.stop(deadlineMilliseconds);
    }
    if (this.bridge !== null) await this.bridge.stop(deadlineMilliseconds);
  }
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
 * handle
 * is taken over; should a later Node keep it out of reach, the plain stream serves, at the price of a buffer a read.
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
