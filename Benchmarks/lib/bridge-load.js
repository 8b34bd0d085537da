'use strict';

/**
 * The shim fed without HTTP: a stand-in for the front that sends ready-made CALLS frames, as many calls at once as
 * there are connections, and the next ones when all are answered. It looks at every answer.
 */

const { once } = require('node:events');
const net = require('node:net');
const {
  TYPES, RESULT_FLAGS, PROTOCOL_VERSION, encodeFrame, decodeFrames,
} = require('../../Tests/support/bridge-frames');

const CALLS_FLAGS = { ascii: 1, plain: 2, joined: 4 };
/** From this on a text goes in a frame of its own, as the front has it. */
const JOINED_BYTES_MAX = 1024;
const PEER_BYTES = 24;

/**
 * @param {string} socket
 * @returns {Promise<{link: () => Promise<BridgeLink>, close: () => void}>}
 */
async function listenAsFront(socket) {
  const links = [];
  const server = net.createServer((connection) => links.push(new BridgeLink(connection)));
  server.listen(socket);
  await once(server, 'listening');
  return {
    async link() {
      while (links.length === 0) await once(server, 'connection');
      await links[0].ready;
      return links[0];
    },
    close() {
      links.forEach(({ connection }) => connection.destroy());
      server.close();
    },
  };
}

class BridgeLink {
  constructor(connection) {
    this.connection = connection;
    this.received = Buffer.alloc(0);
    this.ready = new Promise((resolve) => { this.becomeReady = resolve; });
    this.onResult = () => {};
    this.fail = () => {};
    connection.on('data', (chunk) => this.read(chunk));
    connection.on('error', (error) => this.fail(error));
    connection.on('close', () => this.fail(new Error('the worker closed its link')));
  }

  read(chunk) {
    const { frames, rest } = decodeFrames(this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]));
    this.received = rest;
    for (const frame of frames) {
      if (frame.type === TYPES.HELLO) this.welcome(JSON.parse(frame.payload.toString()));
      else if (frame.type === TYPES.RESULT) this.onResult(frame);
    }
  }

  welcome(hello) {
    this.targets = hello.targets;
    const welcome = { protocol: PROTOCOL_VERSION, front: 'bench', loops: 1, link: hello.link, limits: {} };
    const payload = Buffer.from(JSON.stringify(welcome));
    this.connection.write(encodeFrame({ type: TYPES.WELCOME, field: PROTOCOL_VERSION, payload }));
    this.becomeReady();
  }

  /**
   * @param {{task: string, input: string, result: string, head: Buffer, calls: number, seconds: number}} load input and
   *   result as JSON text; head: what a target that asks for the request's head is given
   * @returns {Promise<number>} calls answered
   */
  async run({ task, input, result, head, calls, seconds }) {
    const target = this.targets.findIndex(({ kind, id }) => kind === 'task' && id === task);
    const turn = framesOf(target, input, this.targets[target].head ? head : Buffer.alloc(0), calls);
    const expected = Buffer.from(result);
    const until = Date.now() + seconds * 1000;
    let answered = 0;
    while (Date.now() < until) {
      await new Promise((resolve, reject) => {
        let missing = calls;
        this.fail = reject;
        this.onResult = ({ detail, flags, payload }) => {
          const right = detail === 200 && flags === RESULT_FLAGS.result && payload.equals(expected);
          if (!right) reject(new Error(`a wrong result: ${detail} ${payload.toString().slice(0, 200)}`));
          missing -= 1;
          if (missing === 0) resolve();
        };
        this.connection.write(turn);
      });
      answered += calls;
    }
    return answered;
  }
}

/** The CALLS frames of one turn: one for all calls where their texts are short, else one for each. */
function framesOf(target, input, head, calls) {
  const text = Buffer.from(input);
  const ids = Array.from({ length: calls }, (_, i) => i + 1);
  if (text.length <= JOINED_BYTES_MAX) return callsFrame(target, text, head, ids);
  return Buffer.concat(ids.map((id) => callsFrame(target, text, head, [id])));
}

function callsFrame(target, text, head, ids) {
  const block = head.length === 0 ? head : Buffer.concat([Buffer.from([4]), Buffer.alloc(PEER_BYTES - 1), head]);
  const entries = Buffer.alloc(ids.length * 16);
  ids.forEach((id, i) => {
    entries.writeUInt32LE(id, i * 16);
    entries.writeUInt32LE(target, i * 16 + 4);
    entries.writeUInt32LE(text.length, i * 16 + 8);
    entries.writeUInt32LE(block.length, i * 16 + 12);
  });
  const joined = ids.length > 1;
  const texts = joined ? Buffer.from(`[${ids.map(() => text).join(',')}]`) : text;
  return encodeFrame({
    type: TYPES.CALLS, flags: CALLS_FLAGS.ascii | CALLS_FLAGS.plain | (joined ? CALLS_FLAGS.joined : 0),
    detail: ids.length, field: texts.length, payload: Buffer.concat([entries, texts, ...ids.map(() => block)]),
  });
}

module.exports = { listenAsFront };
