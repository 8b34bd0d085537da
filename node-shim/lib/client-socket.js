'use strict';

const { Duplex } = require('node:stream');

/** Bytes buffered each way. Set, since the default of Node 22 is 64 KiB; http.Server has its objects follow. */
const HIGH_WATER_MARK_BYTES = 16 * 1024;

/**
 * The client's connection as the app sees it: a Duplex that answers what `http.Server` and libraries ask of a
 * `net.Socket`. Request bytes come in through `receive`, response bytes leave through the exchange, under credit.
 */
class ClientSocket extends Duplex {
  /**
   * @param {import('./stream-exchange').StreamExchange} exchange
   * @param {ReturnType<import('./peer-address').readPeer>} peer
   */
  constructor(exchange, peer) {
    super({ allowHalfOpen: true, highWaterMark: HIGH_WATER_MARK_BYTES });
    this.exchange = exchange;
    this.remoteAddress = peer.remoteAddress;
    this.remoteFamily = peer.remoteFamily;
    this.remotePort = peer.remotePort;
    this.localPort = peer.localPort;
    this.encrypted = false;
    this.connecting = false;
    this.pending = false;
    this.bytesRead = 0;
    this.bytesWritten = 0;
    this.timeout = 0;
    /** @type {Buffer[]} request bytes that the reader has not asked for */
    this.waiting = [];
    this.wanted = false;
    this.idleTimer = null;
  }

  /** Request bytes came. @param {Buffer} bytes its own memory */
  receive(bytes) {
    this.touch();
    this.bytesRead += bytes.length;
    this.waiting.push(bytes);
    if (this.wanted) this.deliver();
  }

  _read() {
    this.wanted = true;
    this.deliver();
  }

  deliver() {
    while (this.wanted && this.waiting.length > 0) {
      const bytes = this.waiting.shift();
      this.wanted = this.push(bytes);
      this.exchange.passedOn(bytes.length);
    }
  }

  _write(chunk, _encoding, callback) {
    this.touch();
    this.bytesWritten += chunk.length;
    this.exchange.send(chunk, callback);
  }

  /** The server ended its side: the connection closes after the last byte. */
  _final(callback) {
    this.exchange.serverEnded();
    callback();
  }

  _destroy(error, callback) {
    clearTimeout(this.idleTimer);
    this.waiting = [];
    this.exchange.socketDestroyed();
    callback(error);
  }

  /** As net.Socket's: destroyed once everything written is out. */
  destroySoon() {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', this.destroy);
  }

  /** As net.Socket's: 'timeout' after so many milliseconds without traffic; 0 ends it. */
  setTimeout(milliseconds, callback) {
    clearTimeout(this.idleTimer);
    this.idleTimer = null;
    this.timeout = milliseconds;
    if (milliseconds > 0) {
      this.idleTimer = setTimeout(() => this.emit('timeout'), milliseconds);
      this.idleTimer.unref();
      if (callback) this.once('timeout', callback);
    } else if (callback) {
      this.removeListener('timeout', callback);
    }
    return this;
  }

  touch() {
    if (this.idleTimer !== null) this.idleTimer.refresh();
  }

  address() {
    return this.localPort === undefined ? {} : { port: this.localPort };
  }

  get readyState() {
    if (this.readable && this.writable) return 'open';
    if (this.readable) return 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  // What follows is about a TCP connection, which the front has: asked for by http.Server and by libraries.

  setNoDelay() {
    return this;
  }

  setKeepAlive() {
    return this;
  }

  ref() {
    return this;
  }

  unref() {
    return this;
  }
}

module.exports = { ClientSocket };
