'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { temporaryFolder } = require('./temporary-folder.js');

/**
 * A proxy on the bridge's Unix socket: shims connect to it, it connects to the front, and what passes through is
 * treated as its mischief says (see mischief.js).
 */
class BridgeProxy {
  /**
   * @param {string} frontSocket
   * @param {import('./mischief.js').Mischief} mischief
   * @returns {Promise<BridgeProxy>}
   */
  static async start(frontSocket, mischief) {
    const proxy = new BridgeProxy(frontSocket, mischief);
    await new Promise((resolve) => { proxy.server.listen(proxy.socket, () => resolve(undefined)); });
    return proxy;
  }

  constructor(frontSocket, mischief) {
    /** where shims connect */
    this.socket = path.join(temporaryFolder(), 'p');
    this.mischief = mischief;
    /** @type {Set<net.Socket>} */
    this.sockets = new Set();
    this.server = net.createServer((shim) => this.join(shim, net.connect(frontSocket)));
  }

  join(shim, front) {
    const cut = () => { shim.destroy(); front.destroy(); };
    for (const [from, to] of [[shim, front], [front, shim]]) {
      const pass = (bytes) => { if (!to.destroyed && to.writable) to.write(bytes); };
      const through = this.mischief(pass, cut);
      this.sockets.add(from);
      from.setNoDelay?.(true);
      from.on('data', through);
      from.on('error', cut);
      from.on('close', () => { this.sockets.delete(from); cut(); });
    }
  }

  /** Cuts every link there is; shims may connect again. */
  cutAll() {
    for (const socket of this.sockets) socket.destroy();
  }

  stop() {
    this.cutAll();
    this.server.close();
    fs.rmSync(this.socket, { force: true });
  }
}

module.exports = { BridgeProxy };
