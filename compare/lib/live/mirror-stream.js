'use strict';

/**
 * The sampled calls of a running front, over its `--mirror-socket`.
 *
 * The first line is the order, one JSON object. What comes back are frames: 8 bytes (payload length, 32 bits little
 * endian; kind; three zeros), then the payload.
 *
 *     kind 1   JSON: what the front says. The first is its greeting or `{"error": …}`, later ones are counts.
 *     kind 2   a call: five lengths (id, request head, request body, response, and microseconds the call took; 32 bits
 *              little endian each), then the first four as bytes. The id is `task ID` or `event ID`.
 *
 * @typedef {object} MirroredCall
 * @property {string} kind `task` or `event`
 * @property {string} id
 * @property {Buffer} head the request's head as it was received
 * @property {Buffer} body the request's body, without its transfer coding
 * @property {Buffer} response as it was sent
 * @property {number} milliseconds that the call took
 *
 * @typedef {object} MirrorCounts cumulative, since the order
 * @property {number} seen calls of the tasks and events asked for
 * @property {number} sampled of these, those that were to be sent
 * @property {number} dropped of these, those for which there was no room: this side was behind
 * @property {number} skipped of these, those that cannot be compared: too large, streamed, or not answered by a task
 *
 * @typedef {object} MirrorOrder
 * @property {number} share of calls, above 0 and at most 1
 * @property {string[]} targets `task ID` or `event ID`; an id may end in `*`
 * @property {boolean} marked those that the app marks as safe, too
 * @property {boolean} all all of them, whatever else is said
 */

const net = require('node:net');
const { once } = require('node:events');

const HEADER_BYTES = 8;
const CALL_HEADER_BYTES = 20;
/** More than a front sends of one call. */
const PAYLOAD_MOST_BYTES = 16 << 20;
const GREETING_MILLISECONDS = 5_000;

class MirrorStream {
  /**
   * @param {string} path of the socket
   * @param {MirrorOrder} order
   * @param {{ onCall: (call: MirroredCall) => void, onCounts: (counts: MirrorCounts) => void, onEnd: (reason: string)
   *   => void }} listener
   */
  constructor(path, order, listener) {
    this.path = path;
    this.order = order;
    this.listener = listener;
    /** @type {{ basePath: string, front: string } | null} */
    this.greeting = null;
    this.isOver = false;
    this.isPaused = false;
    this.received = Buffer.alloc(0);
  }

  /** @returns {Promise<void>} once the front has agreed @throws {Error} that says what to do */
  open() {
    return new Promise((resolve, reject) => {
      const fail = (reason) => {
        this.close();
        reject(new Error(`--live ${this.path}: ${reason}`));
      };
      const timer = setTimeout(() => fail('no answer: is this the --mirror-socket of a front?'), GREETING_MILLISECONDS);
      this.agreed = (error) => {
        clearTimeout(timer);
        if (error === undefined) resolve();
        else fail(error);
      };
      this.socket = net.connect(this.path);
      this.socket.on('connect', () => this.socket.write(`${JSON.stringify({ mirror: 1, ...this.order })}\n`));
      this.socket.on('data', (chunk) => this.read(chunk));
      this.socket.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
        const remedy = error.code === 'EACCES'
          ? 'run this as the user that the front runs as'
          : 'does a front run with this --mirror-socket?';
        this.ended(`${error.message}: ${remedy}`);
      });
      this.socket.on('close', () => this.ended('the front closed the connection'));
    });
  }

  /** Leaves what comes in the kernel: the front then drops, and counts, what it has no room for. */
  pause() {
    this.isPaused = true;
    this.socket.pause();
  }

  resume() {
    if (this.isOver || !this.isPaused) return;
    this.isPaused = false;
    this.take();
    if (!this.isPaused) this.socket.resume();
  }

  /**
   * Passes over the calls that are still to come and reads on for so long: the counts stand behind them.
   * @param {number} milliseconds
   */
  async windUp(milliseconds) {
    this.listener.onCall = () => {};
    this.resume();
    if (this.isOver) return;
    await Promise.race([
      new Promise((resolve) => { setTimeout(resolve, milliseconds); }), once(this.socket, 'close'),
    ]);
  }

  close() {
    this.isOver = true;
    this.socket?.destroy();
  }

  ended(reason) {
    if (this.isOver) return;
    this.isOver = true;
    if (this.greeting === null) this.agreed(reason);
    else this.listener.onEnd(reason);
  }

  /** @param {Buffer} chunk */
  read(chunk) {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    this.take();
  }

  /** What has arrived whole. */
  take() {
    let at = 0;
    while (!this.isOver && !this.isPaused && this.received.length - at >= HEADER_BYTES) {
      const length = this.received.readUInt32LE(at);
      if (length > PAYLOAD_MOST_BYTES) {
        this.broke(`a frame of ${length} bytes`);
        return;
      }
      if (this.received.length - at < HEADER_BYTES + length) break;
      const kind = this.received[at + 4];
      const payload = this.received.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length);
      at += HEADER_BYTES + length;
      this.frame(kind, payload);
    }
    this.received = this.received.subarray(at);
  }

  frame(kind, payload) {
    if (kind === 2 && this.greeting !== null) {
      const call = readCall(payload);
      if (call === null) return this.broke('the lengths of a call do not add up');
      return this.listener.onCall(call);
    }
    if (kind !== 1) return this.broke(`a frame of kind ${kind}`);
    let said;
    try {
      said = JSON.parse(payload.toString());
    } catch {
      return this.broke('text that is not JSON');
    }
    if (this.greeting !== null) return this.listener.onCounts(said);
    if (said.error !== undefined) return this.ended(String(said.error));
    if (said.mirror !== 1) return this.ended(`the front mirrors in version ${said.mirror}, this command in version 1`);
    this.greeting = { basePath: String(said.basePath ?? ''), front: String(said.front ?? '') };
    return this.agreed();
  }

  broke(what) {
    this.ended(`${what}: front and compare are of versions that do not fit`);
    this.close();
  }
}

/** @param {Buffer} payload @returns {MirroredCall | null} null: it is none */
function readCall(payload) {
  if (payload.length < CALL_HEADER_BYTES) return null;
  const [idBytes, headBytes, bodyBytes, responseBytes, microseconds] = [0, 4, 8, 12, 16].map((at) => (
    payload.readUInt32LE(at)));
  if (CALL_HEADER_BYTES + idBytes + headBytes + bodyBytes + responseBytes !== payload.length) return null;
  let at = CALL_HEADER_BYTES;
  // Copied: a view would keep everything that came with it.
  const take = (length) => Buffer.from(payload.subarray(at, at += length));
  const [, kind, id] = /^(task|event) (.+)$/s.exec(take(idBytes).toString()) ?? [];
  if (id === undefined) return null;
  return {
    kind, id, head: take(headBytes), body: take(bodyBytes), response: take(responseBytes),
    milliseconds: microseconds / 1_000,
  };
}

module.exports = { MirrorStream, readCall };
