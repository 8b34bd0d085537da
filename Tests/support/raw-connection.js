'use strict';

const net = require('node:net');
const { AnswerReader } = require('./http-answer-reader.js');

/**
 * A client connection on which a test decides every byte. Answers are read strictly and in order; whether the server
 * ended, reset or left the connection open is kept apart from what it said.
 */
class RawConnection {
  /** @type {Set<RawConnection>} those that are open */
  static live = new Set();

  /** Ends those that a test left open. */
  static destroyAll() {
    for (const connection of RawConnection.live) connection.destroy();
  }

  /**
   * @param {{ port?: number, host?: string, path?: string, localAddress?: string }} address `path`: of a Unix socket,
   *   in place of port and host; `localAddress`: where the connection comes from
   * @returns {Promise<RawConnection>}
   */
  static async open({ port, host = '127.0.0.1', path, localAddress }) {
    const address = path === undefined ? { port: Number(port), host, localAddress } : { path };
    const socket = net.connect({ ...address, allowHalfOpen: true });
    const connection = new RawConnection(socket);
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return connection;
  }

  /** @param {net.Socket} socket */
  constructor(socket) {
    this.socket = socket;
    this.reader = new AnswerReader();
    /** the server sent its FIN, or the connection is gone */
    this.ended = false;
    /** the connection was torn down with RST (or another socket error) */
    this.reset = false;
    this.receivedBytes = 0;
    /** @type {Set<() => void>} */
    this.watchers = new Set();
    const changed = () => { for (const watcher of [...this.watchers]) watcher(); };
    socket.setNoDelay(true);
    socket.on('data', (chunk) => { this.receivedBytes += chunk.length; this.reader.push(chunk); changed(); });
    socket.on('end', () => { this.ended = true; changed(); });
    RawConnection.live.add(this);
    socket.on('close', () => { this.ended = true; RawConnection.live.delete(this); changed(); });
    socket.on('error', (error) => { this.reset = this.reset || error.code !== 'EPIPE'; this.ended = true; changed(); });
  }

  /** @param {Buffer | string} bytes strings are latin1: one character, one byte */
  send(bytes) {
    if (!this.socket.destroyed && this.socket.writable) {
      this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    }
  }

  /** What became of a connection on which an answer is missing. @returns {'reset' | 'closed' | 'no answer in time'} */
  get fate() {
    if (this.reset) return 'reset';
    return this.ended ? 'closed' : 'no answer in time';
  }

  /** Sends and waits until the kernel (or the socket's buffer) takes more: the way to be pushed back on. */
  async sendWithBackpressure(bytes) {
    if (this.socket.destroyed || !this.socket.writable) return;
    if (!this.socket.write(bytes)) {
      await this.changeUntil(() => !this.socket.writableNeedDrain || this.ended, 60_000, ['drain']);
    }
  }

  /**
   * The next final answer, or undefined when time ran out or the connection ended without one.
   * @param {{ method?: string, timeoutMilliseconds?: number }} [options]
   */
  async answer({ method = 'POST', timeoutMilliseconds = 5_000 } = {}) {
    let answer;
    await this.changeUntil(() => {
      answer = this.reader.take({ method, ended: this.ended });
      return answer !== undefined || this.ended;
    }, timeoutMilliseconds);
    return answer;
  }

  /** Whether the server ended the connection within the time. */
  closedWithin(timeoutMilliseconds) {
    return this.changeUntil(() => this.ended, timeoutMilliseconds);
  }

  /** Half-closes: the server sees FIN and may still answer. */
  end() {
    this.socket.end();
  }

  destroy() {
    this.socket.destroy();
  }

  /** Tears the connection down with RST. */
  resetNow() {
    this.socket.resetAndDestroy();
  }

  /** @returns {Promise<boolean>} whether `condition` became true in time */
  changeUntil(condition, timeoutMilliseconds, alsoOn = []) {
    return new Promise((resolve, reject) => {
      const finish = (settle, value) => {
        clearTimeout(timer);
        this.watchers.delete(watcher);
        for (const name of alsoOn) this.socket.off(name, watcher);
        settle(value);
      };
      const watcher = () => {
        try { if (condition()) finish(resolve, true); } catch (error) { finish(reject, error); }
      };
      const timer = setTimeout(() => finish(resolve, false), timeoutMilliseconds);
      this.watchers.add(watcher);
      for (const name of alsoOn) this.socket.on(name, watcher);
      watcher();
    });
  }
}

module.exports = { RawConnection };
