'use strict';

const fs = require('node:fs');
const net = require('node:net');
const { once } = require('node:events');

const REQUEST_BYTES_MOST = 64;
const REQUEST_MILLISECONDS = 5_000;
const CONNECTIONS_MOST = 16;
/** Longer than a running supervisor takes to answer, be its machine as busy as it may. */
const ANSWER_MILLISECONDS = 15_000;

/**
 * The Unix socket at which a supervisor can be asked. A request is one line: `status` or `reload`. What comes back are
 * JSON lines, the last of them with `done`: `{"say": "…"}` while a reload is under way, then what was asked for.
 */
class ControlSocket {
  /**
   * @param {string} path
   * @param {{ status: () => object, reload: (listener: (text: string) => void) => Promise<object> }} actions
   */
  constructor(path, actions) {
    this.path = path;
    this.actions = actions;
    /** @type {Set<net.Socket>} */
    this.sockets = new Set();
    this.server = net.createServer((socket) => this.accepted(socket));
  }

  /** @throws {Error} that says what is in the way */
  async open() {
    await removeStale(this.path);
    // Only its own user may ask: the file never has other permissions than these.
    const mask = process.umask(0o177);
    try {
      this.server.listen(this.path);
    } finally {
      process.umask(mask);
    }
    try {
      await once(this.server, 'listening');
    } catch (error) {
      const remedy = 'Choose a path in a folder that this user may write to';
      throw new Error(`--control ${this.path}: ${error.message}. ${remedy}`);
    }
    this.server.on('error', () => {});
  }

  accepted(socket) {
    if (this.sockets.size >= CONNECTIONS_MOST) {
      socket.destroy();
      return;
    }
    this.sockets.add(socket);
    socket.setEncoding('utf8');
    const timer = setTimeout(() => socket.destroy(), REQUEST_MILLISECONDS);
    let request = '';
    const read = (text) => {
      request += text;
      const end = request.indexOf('\n');
      if (end < 0 && request.length <= REQUEST_BYTES_MOST) return;
      clearTimeout(timer);
      socket.off('data', read);
      socket.resume();
      this.answer(socket, end < 0 ? '' : request.slice(0, end).trim());
    };
    socket.on('data', read);
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      this.sockets.delete(socket);
    });
  }

  async answer(socket, request) {
    // Not `socket.write` alone: one who left, or does not read, is no reason to keep anything.
    const write = (message) => {
      if (socket.writable && socket.writableLength < 65_536) socket.write(`${JSON.stringify(message)}\n`);
    };
    if (request === 'status') write({ done: true, status: this.actions.status() });
    else if (request === 'reload') write({ done: true, ...await this.actions.reload((text) => write({ say: text })) });
    else write({ done: true, error: 'the request must be status or reload' });
    socket.end();
  }

  close() {
    this.server.close();
    for (const socket of this.sockets) socket.end();
  }
}

/** A socket that nobody listens at was left by a supervisor that was killed. */
async function removeStale(path) {
  let found;
  try {
    found = fs.lstatSync(path);
  } catch {
    return;
  }
  if (!found.isSocket()) {
    throw new Error(`--control ${path} exists and is not a socket; left unchanged. Choose another path`);
  }
  const socket = net.connect(path);
  const answers = await once(socket, 'connect').then(() => true, () => false);
  socket.destroy();
  if (answers) throw new Error(`--control ${path} is in use by another process. Stop that one, or choose another path`);
  fs.rmSync(path, { force: true });
}

/**
 * Asks a running supervisor.
 * @param {string} path
 * @param {'status' | 'reload'} request
 * @param {(text: string) => void} [onSay] hears its progress
 * @returns {Promise<any>} its last message
 */
function ask(path, request, onSay = () => {}) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(path);
    const fail = (reason) => {
      socket.destroy();
      reject(new Error(`--control ${path}: ${reason}`));
    };
    // A reload takes as long as it takes, and says so; it has bounds of its own for each worker.
    const timer = setTimeout(() => fail('no answer'), ANSWER_MILLISECONDS);
    let text = '';
    let isDone = false;
    socket.setEncoding('utf8').on('data', (chunk) => {
      if (request === 'reload') clearTimeout(timer);
      text += chunk;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const message = JSON.parse(text.slice(0, end));
        text = text.slice(end + 1);
        if (message.done) {
          isDone = true;
          clearTimeout(timer);
          resolve(message);
        } else {
          onSay(message.say);
        }
      }
    });
    socket.on('connect', () => socket.write(`${request}\n`));
    socket.on('error', (error) => fail(`${error.message}. Does runner-sidecar-shim run with this --control?`));
    socket.on('close', () => {
      clearTimeout(timer);
      if (!isDone) fail('runner-sidecar-shim ended before the answer');
    });
  });
}

module.exports = { ControlSocket, ask };
