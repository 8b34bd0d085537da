'use strict';

/**
 * A fixed number of requests in lock step: every connection sends its requests, all answers are awaited, and again. No
 * clock decides anything, so a server has the same to do each time, which counting needs.
 */

const net = require('node:net');
const { ResponseScanner } = require('../../compare/measure/response-scanner');

/** No server here needs this long for one round; one that lost a request would be waited for for ever. */
const ROUND_MILLISECONDS = 20_000;

/**
 * @param {number} port
 * @param {import('./work').Case} work
 * @returns {Promise<{run: (rounds: number) => Promise<number>, close: () => void}>} run gives the requests answered,
 *   and fails on an answer with another status than the case's
 */
async function openFixedLoad(port, work) {
  const clients = Array.from({ length: work.connections }, () => new Client(port, work));
  const closesEachTime = /\r\nconnection: close\r\n/i.test(work.request.toString('latin1'));
  if (!closesEachTime) await Promise.all(clients.map((client) => client.open()));

  async function round() {
    if (closesEachTime) await Promise.all(clients.map((client) => client.open()));
    await Promise.all(clients.map((client) => client.ask()));
  }

  async function run(rounds) {
    for (let left = rounds; left > 0; left -= 1) await within(ROUND_MILLISECONDS, round());
    return rounds * work.connections * work.depth;
  }

  return { run, close: () => clients.forEach((client) => client.close()) };
}

async function within(milliseconds, promise) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('an answer did not come in time')), milliseconds);
  });
  try {
    await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

class Client {
  constructor(port, { request, depth, expected }) {
    this.port = port;
    this.payload = Buffer.concat(Array(depth).fill(request));
    this.depth = depth;
    this.status = expected.status;
    this.missing = 0;
  }

  open() {
    return new Promise((resolve, reject) => {
      const scanner = new ResponseScanner((status) => this.answered(status));
      const socket = net.connect({ port: this.port, host: '127.0.0.1', noDelay: true }, resolve);
      socket.on('data', (chunk) => scanner.push(chunk));
      socket.on('error', (error) => {
        reject(error);
        this.fail?.(error);
      });
      this.socket = socket;
      socket.on('close', () => {
        // One that closes each time may see its end only when the next is open.
        if (this.socket !== socket || this.missing === 0) return;
        this.fail(new Error('a connection ended before its answers had come'));
      });
    });
  }

  ask() {
    return new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
      this.missing = this.depth;
      this.socket.write(this.payload);
    });
  }

  answered(status) {
    if (status !== this.status) this.fail(new Error(`an answer had the status ${status}`));
    this.missing -= 1;
    if (this.missing === 0) this.finish();
  }

  close() {
    this.missing = 0;
    this.socket?.destroy();
  }
}

module.exports = { openFixedLoad };
