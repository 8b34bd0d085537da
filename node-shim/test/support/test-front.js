'use strict';

/**
 * A front for tests: speaks the bridge protocol over a real Unix socket, written from docs/bridge-protocol.md alone, so
 * that it shares no code, and no mistake, with the shim.
 */

const { EventEmitter, once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

const TYPE = {
  HELLO: 1, RESULT: 2, RESPONSE_DATA: 3, RESPONSE_END: 4, PONG: 5, ORIGIN_ANSWER: 6,
  WELCOME: 0x11, REFUSED: 0x12, CALLS: 0x13, CANCEL: 0x14, REQUEST: 0x15, REQUEST_DATA: 0x16, REQUEST_END: 0x17,
  PING: 0x18, ORIGIN_QUESTION: 0x19, CREDIT: 0x21, DRAINING: 0x22,
};

/** One frame as bytes. */
function frame(type, { flags = 0, detail = 0, call = 0, field = 0, payload = Buffer.alloc(0) } = {}) {
  const body = Buffer.from(payload);
  const bytes = Buffer.alloc(16 + Math.ceil(body.length / 8) * 8);
  bytes.writeUInt32LE(body.length, 0);
  bytes.writeUInt8(type, 4);
  bytes.writeUInt8(flags, 5);
  bytes.writeUInt16LE(detail, 6);
  bytes.writeUInt32LE(call >>> 0, 8);
  bytes.writeUInt32LE(field >>> 0, 12);
  body.copy(bytes, 16);
  return bytes;
}

/** The 24 bytes before a request head. */
function peerBlock({ family = 4, remoteAddress = [203, 0, 113, 7], remotePort = 40000, localPort = 7071 } = {}) {
  const block = Buffer.alloc(24);
  block.writeUInt8(family, 0);
  block.writeUInt16LE(remotePort, 2);
  Buffer.from(remoteAddress).copy(block, 4);
  block.writeUInt16LE(localPort, 20);
  return block;
}

/** A CALLS payload of calls `{ call, target, text, noInput, whole, context, head }`. */
function callsFrame(calls, { ascii, plain, joined } = {}) {
  const entries = Buffer.alloc(calls.length * 16);
  const texts = calls.map((call) => Buffer.from(call.noInput ? (joined ? 'null' : '') : call.text));
  const heads = calls.map((call) => (call.head === undefined ? Buffer.alloc(0) : Buffer.concat([
    peerBlock(call.peer), Buffer.from(call.head, 'latin1'),
  ])));
  calls.forEach((call, i) => {
    const flags = (call.noInput ? 1 : 0) | (call.whole ? 2 : 0) | (call.context ? 4 : 0) | (call.http10 ? 8 : 0);
    entries.writeUInt32LE(call.call >>> 0, i * 16);
    entries.writeUInt32LE((call.target | (flags << 24)) >>> 0, i * 16 + 4);
    entries.writeUInt32LE(texts[i].length, i * 16 + 8);
    entries.writeUInt32LE(heads[i].length, i * 16 + 12);
  });
  const text = joined
    ? Buffer.concat([
      Buffer.from('['), ...texts.flatMap((t, i) => (i === 0 ? [t] : [Buffer.from(','), t])), Buffer.from(']'),
    ])
    : Buffer.concat(texts);
  const flags = (ascii || joined ? 1 : 0) | (plain || joined ? 2 : 0) | (joined ? 4 : 0);
  return frame(TYPE.CALLS, {
    flags, detail: calls.length, field: text.length, payload: Buffer.concat([entries, text, ...heads]),
  });
}

/** One connected shim link. Emits 'frame', a name for each frame type, and 'close'. */
class Peer extends EventEmitter {
  constructor(front, socket) {
    super();
    this.front = front;
    this.socket = socket;
    this.received = Buffer.alloc(0);
    this.hello = null;
    this.answers = new Map();
    this.frames = [];
    socket.on('data', (chunk) => this.read(chunk));
    socket.on('error', () => {});
    socket.on('close', () => this.emit('close'));
  }

  read(chunk) {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    while (this.received.length >= 16) {
      const length = this.received.readUInt32LE(0);
      const total = 16 + Math.ceil(length / 8) * 8;
      if (this.received.length < total) return;
      const bytes = this.received.subarray(0, total);
      this.received = this.received.subarray(total);
      this.take({
        type: bytes.readUInt8(4),
        flags: bytes.readUInt8(5),
        detail: bytes.readUInt16LE(6),
        call: bytes.readUInt32LE(8),
        field: bytes.readUInt32LE(12),
        payload: Buffer.from(bytes.subarray(16, 16 + length)),
        padding: Buffer.from(bytes.subarray(16 + length)),
      });
    }
  }

  take(received) {
    if (received.padding.some((byte) => byte !== 0)) throw new Error('padding is not zero');
    this.frames.push(received);
    if (received.type === TYPE.HELLO) {
      this.hello = JSON.parse(received.payload.toString());
      this.emit('hello', this.hello);
    }
    if (received.type === TYPE.RESULT) {
      const waiting = this.answers.get(received.call);
      this.answers.delete(received.call);
      if (waiting) waiting(received);
    }
    this.emit('frame', received);
  }

  send(...frames) {
    this.socket.write(Buffer.concat(frames));
  }

  welcome(more = {}) {
    this.send(frame(TYPE.WELCOME, {
      field: 2,
      payload: JSON.stringify({
        protocol: 2, front: 'test', loops: this.front.loops, link: this.hello.link, limits: this.front.limits, ...more,
      }),
    }));
  }

  target(kind, id) {
    const index = this.hello.targets.findIndex((target) => target.kind === kind && target.id === id);
    if (index < 0) throw new Error(`${kind} ${id} was not announced`);
    return index;
  }

  /** Waits for the RESULT of a call. */
  answer(call) {
    return new Promise((resolve, reject) => {
      this.answers.set(call, resolve);
      this.once('close', () => reject(new Error('the link closed before the answer')));
    });
  }

  /** Calls a task (or `kind`) and gives `{ status, flags, body }`, the body as a client would get it. */
  async call(id, text, options = {}) {
    const call = this.front.nextCall();
    const answer = this.answer(call);
    const { kind = 'task', frameFlags, ...entry } = options;
    const target = this.target(kind, id);
    const head = this.hello.targets[target].head ? options.head || defaultHead(id, kind) : undefined;
    this.send(callsFrame([{ ...entry, call, target, head, text, noInput: text === undefined }], frameFlags));
    return readResult(await answer);
  }

  /** Waits for the next frame that `wanted` takes. */
  async next(wanted) {
    const test = typeof wanted === 'number' ? (received) => received.type === wanted : wanted;
    for (;;) {
      const [received] = await once(this, 'frame', { signal: AbortSignal.timeout(5000) });
      if (test(received)) return received;
    }
  }
}

function defaultHead(id, kind, extra = '') {
  return `POST /__runner/${kind}/${encodeURIComponent(id)} HTTP/1.1\r\n`
    + `Host: localhost:7071\r\nContent-Type: application/json\r\n${extra}\r\n`;
}

/** A RESULT as the client sees it. */
function readResult({ detail, flags, payload }) {
  const text = payload.toString();
  const body = flags & 1 ? `{"ok":true,"result":${text}}` : flags & 2 ? '{"ok":true}' : text;
  return { status: detail, flags, body };
}

class TestFront extends EventEmitter {
  static async start(options = {}) {
    const front = new TestFront(options);
    await front.listen();
    return front;
  }

  constructor({ loops = 1, limits = {}, onHello, socket } = {}) {
    super();
    this.loops = loops;
    this.limits = { frameBytes: 64 * 1024 * 1024, resultBytes: 8 * 1024 * 1024, windowBytes: 256 * 1024, ...limits };
    this.onHello = onHello || ((peer) => peer.welcome());
    this.directory = socket ? null : fs.mkdtempSync(path.join(os.tmpdir(), 'shim-test-'));
    this.socket = socket || path.join(this.directory, 'bridge.sock');
    /** Links that have said HELLO. */
    this.peers = [];
    this.sockets = [];
    this.lastCall = 0;
    this.server = net.createServer((connection) => {
      const peer = new Peer(this, connection);
      this.sockets.push(connection);
      let greeted = false;
      peer.on('hello', () => {
        if (greeted) return;
        greeted = true;
        this.peers.push(peer);
        this.onHello(peer);
        this.emit('peer', peer);
      });
    });
  }

  async listen() {
    this.server.listen(this.socket);
    await once(this.server, 'listening');
  }

  nextCall() {
    return ++this.lastCall;
  }

  /** The first link. */
  get peer() {
    return this.peers[0];
  }

  async close() {
    for (const socket of this.sockets) socket.destroy();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
    if (this.directory) fs.rmSync(this.directory, { recursive: true, force: true });
  }
}

module.exports = { TestFront, Peer, TYPE, frame, callsFrame, peerBlock, defaultHead, readResult };
