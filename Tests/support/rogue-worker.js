'use strict';

const { randomBytes } = require('node:crypto');
const net = require('node:net');
const { TYPES, RESULT_FLAGS, PROTOCOL_VERSION, encodeFrame, decodeFrames, callsOf } = require('./bridge-frames.js');
const { waitUntil } = require('./wait-until.js');

/**
 * A worker that speaks the bridge protocol as a test wants it to, right or wrong. It answers PING; what it does with
 * calls is `onCall`'s business.
 */
class RogueWorker {
  /** @type {Set<RogueWorker>} those that are connected */
  static live = new Set();

  /** Ends those that a test left connected. */
  static destroyAll() {
    for (const worker of RogueWorker.live) worker.destroy();
  }

  /**
   * Connects and greets.
   * @param {string} socketPath
   * @param {{ tasks?: string[], onCall?: (worker: RogueWorker, call: number) => void, answersPings?: boolean,
   *   protocol?: number, hello?: object | Buffer | null }} [behaviour] `hello`: members that replace those of an honest
   *   HELLO, or raw bytes instead of it, or null to send none
   */
  static async connect(
    socketPath,
    { tasks = ['once'], onCall = () => {}, answersPings = true, protocol = PROTOCOL_VERSION, hello = {} } = {},
  ) {
    const worker = new RogueWorker(net.connect(socketPath), { onCall, answersPings });
    await new Promise((resolve, reject) => {
      worker.socket.once('connect', resolve);
      worker.socket.once('error', reject);
    });
    if (Buffer.isBuffer(hello)) worker.sendBytes(hello);
    else if (hello !== null) worker.send({
      type: TYPES.HELLO, field: protocol, payload: Buffer.from(JSON.stringify(honestHello(tasks, protocol, hello))),
    });
    return worker;
  }

  constructor(socket, { onCall, answersPings }) {
    this.socket = socket;
    this.onCall = onCall;
    this.answersPings = answersPings;
    /** @type {import('./bridge-frames.js').Frame[]} every frame received */
    this.frames = [];
    this.closed = false;
    let rest = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      const decoded = decodeFrames(Buffer.concat([rest, chunk]));
      rest = decoded.rest;
      for (const frame of decoded.frames) this.receive(frame);
    });
    socket.on('error', () => {});
    RogueWorker.live.add(this);
    socket.on('close', () => { this.closed = true; RogueWorker.live.delete(this); });
  }

  receive(frame) {
    this.frames.push(frame);
    if (frame.type === TYPES.PING && this.answersPings) {
      this.send({ type: TYPES.PONG, field: frame.field, payload: Buffer.alloc(8) });
    }
    if (frame.type === TYPES.CALLS) for (const { call } of callsOf(frame)) this.onCall(this, call);
  }

  /** @param {Parameters<typeof encodeFrame>[0]} frame */
  send(frame) {
    this.sendBytes(encodeFrame(frame));
  }

  /** @param {Buffer} bytes */
  sendBytes(bytes) {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /** Answers a call with a result. */
  result(call, value) {
    this.send({
      type: TYPES.RESULT, flags: RESULT_FLAGS.result, detail: 200, call, payload: Buffer.from(JSON.stringify(value)),
    });
  }

  /** Answers a call with an error. @param {number} flags of RESULT */
  fail(call, flags, status) {
    const error = { message: 'no', code: 'NO' };
    this.send({
      type: TYPES.RESULT, flags, detail: status, call, payload: Buffer.from(JSON.stringify({ ok: false, error })),
    });
  }

  /** @param {number} type @returns {Promise<import('./bridge-frames.js').Frame>} the first frame of that type */
  frame(type, timeoutMilliseconds = 5_000) {
    return waitUntil(`a frame of type 0x${type.toString(16)} comes`, () => (
      this.frames.find((frame) => frame.type === type)
    ), { timeoutMilliseconds });
  }

  /** Waits until the front has closed the link. */
  closedByFront(timeoutMilliseconds = 7_000) {
    return waitUntil('the front closes the link', () => this.closed, { timeoutMilliseconds });
  }

  destroy() {
    this.socket.destroy();
  }
}

/** An exposure as 4.8 of the runner has it, open to all, with no allow-list. */
const OPEN_EXPOSURE = Object.freeze({
  basePath: '/__runner',
  auth: { kind: 'open' },
  cors: null,
  rules: Object.freeze({
    unlisted: 'notFound', discovery: 'getAndPost', requestIds: false, securityHeaders: false, corsOnErrors: false,
    corsCredentialsWithoutOrigin: 'echo', jsonLimitBytes: null, jsonDepth: { limit: 10_000, plain: 10_000 },
    plainKeys: 'ejson', invalidBodyText: 'Invalid EJSON body', prettyErrors: false, eventResults: false,
  }),
});

/** What a worker that serves `tasks` says, with `changes`. */
function honestHello(tasks, protocol, changes) {
  return {
    protocol, worker: randomBytes(8).toString('hex'), link: 0, pid: process.pid, shim: '0.0.0',
    node: process.versions.node, runner: null,
    exposure: OPEN_EXPOSURE,
    targets: tasks.map((id) => ({ kind: 'task', id, state: 'callable', lane: 'call', head: false })),
    listener: { exposure: false, everything: false }, settings: true, ...changes,
  };
}

module.exports = { RogueWorker, OPEN_EXPOSURE, honestHello };
