'use strict';

const { Frame, PROTOCOL_VERSION, Question, Draining, ProtocolError } = require('./protocol');
const { checkFrame } = require('./frame-rules');
const { FrameReader } = require('./frame-reader');
const { FrontSettings } = require('./front-settings');
const { FrameWriter } = require('./frame-writer');
const { CallLane } = require('./call-lane');
const { StreamLane } = require('./stream-lane');
const { answerOrigin } = require('./cors');

const WINDOW_BYTES_DEFAULT = 256 * 1024;
const RESULT_BYTES_DEFAULT = 8 * 1024 * 1024;

/** What a front takes that does not say so in WELCOME. */
const HEADER_BYTES_DEFAULT = 16 * 1024;
const PONG_BYTES_DEFAULT = 8;
const RESULT_FLAGS_DEFAULT = 7;

/** How long a refusal is waited for after HELLO could not be written; if there is one, it is there already. */
const REFUSAL_MILLISECONDS = 100;

/**
 * One connection to the front, from HELLO to its end. What happens on it goes to `owner` (lib/bridge.js).
 *
 * States: `greeting` (HELLO sent, nothing else may be), `open`, `closed`.
 */
class Link {
  /**
   * @param {number} index which of the worker's links this is
   * @param {import('./bridge').Bridge} owner
   */
  constructor(index, owner) {
    this.index = index;
    this.owner = owner;
    this.app = owner.app;
    this.state = 'greeting';
    /** DRAINING was sent: the front gives no new calls. */
    this.draining = false;
    /** DRAINING came: after its last call when this side asked for it. */
    this.frontDraining = false;
    /** Something was answered: a call or a PING. */
    this.hasAnswered = false;
    /** WELCOME came. */
    this.hasServed = false;
    this.windowBytes = WINDOW_BYTES_DEFAULT;
    this.resultBytes = RESULT_BYTES_DEFAULT;
    this.headerBytes = HEADER_BYTES_DEFAULT;
    this.pongBytes = PONG_BYTES_DEFAULT;
    this.resultFlags = RESULT_FLAGS_DEFAULT;
    this.observation = owner.observation ?? null;
    /** What the app and the front's options say together. */
    this.settings = new FrontSettings(this.app);
    /** What is being answered, by call id: each has cancel, credit, data, end, and linkClosed. */
    this.running = new Map();
    this.reader = new FrameReader(this.receive.bind(this));
    this.calls = new CallLane(this);
    this.streams = new StreamLane(this);
    /** @type {import('node:net').Socket | null} */
    this.socket = null;
    this.releaseSocket = () => {};
    this.writer = null;
  }

  /** What the socket is to read into, in the form `net` takes as `onread`. */
  get onread() {
    return { buffer: this.reader.input.bytes, callback: (count) => this.read(count) };
  }

  /**
   * Starts talking on a connected socket that was made with this link's `onread`.
   * @param {import('node:net').Socket} socket
   */
  open(socket) {
    this.socket = socket;
    this.writer = new FrameWriter(socket);
    this.releaseSocket = readBeforeFailing(socket);
    socket.on('error', (error) => this.close(error.message));
    socket.on('end', () => this.close('the front closed the link'));
    socket.on('close', () => this.close('the link was closed'));
    this.hello();
  }

  hello() {
    const text = JSON.stringify(this.owner.hello(this.index));
    this.writer.text(Frame.HELLO, 0, 0, 0, PROTOCOL_VERSION, text);
    this.writer.flush();
  }

  read(count) {
    if (this.state === 'closed') return false;
    try {
      this.reader.push(count);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.owner.log('error', 'bridge.protocol-error', { link: this.index, reason: error.message });
      this.close(`protocol error: ${error.message}`);
    }
    return this.state !== 'closed';
  }

  receive(type, flags, detail, call, field, source, start, length) {
    checkFrame(type, flags, detail, call, field, length);
    if (this.state === 'greeting') return this.greeted(type, field, source, start, length);
    if (this.state === 'closed') return undefined;
    switch (type) {
      case Frame.CALLS:
        this.owner.callsTaken += detail;
        return this.calls.receive(flags, detail, field, source, start, length);
      case Frame.CANCEL: return this.cancel(call, detail);
      case Frame.CREDIT: return this.credit(call, field);
      case Frame.REQUEST:
        this.owner.callsTaken += 1;
        return this.streams.request(call, flags, source, start, length);
      case Frame.REQUEST_DATA: return this.streams.data(call, source, start, length);
      case Frame.REQUEST_END: return this.streams.end(call);
      case Frame.PING: return this.ping(field);
      case Frame.ORIGIN_QUESTION: return this.origin(flags, call, source, start, length);
      case Frame.SETTINGS: return this.settingsCame(parseObject(source.bytes.utf8Slice(start, start + length)));
      case Frame.DRAINING: return this.drainingCame(flags);
      default: throw new ProtocolError('WELCOME or REFUSED came on a link that is open');
    }
  }

  greeted(type, field, source, start, length) {
    if (type !== Frame.WELCOME && type !== Frame.REFUSED) {
      throw new ProtocolError('a frame came before WELCOME');
    }
    const answer = parseObject(source.bytes.utf8Slice(start, start + length));
    if (type === Frame.REFUSED) {
      this.owner.refused(this, String(answer.reason), answer.retry === true);
      return;
    }
    if (field !== PROTOCOL_VERSION) {
      throw new ProtocolError(`the front speaks version ${field >>> 0}, this shim version ${PROTOCOL_VERSION}`);
    }
    const limits = answer.limits || {};
    this.reader.frameBytesLimit = limitOf(limits.frameBytes, this.reader.frameBytesLimit);
    this.windowBytes = limitOf(limits.windowBytes, this.windowBytes);
    this.resultBytes = Math.min(limitOf(limits.resultBytes, this.resultBytes), this.reader.frameBytesLimit);
    this.headerBytes = limitOf(limits.headerBytes, this.headerBytes);
    this.pongBytes = limitOf(limits.pongBytes, this.pongBytes);
    this.resultFlags = limitOf(limits.resultFlags, this.resultFlags);
    this.state = 'open';
    this.releaseSocket();
    this.owner.welcomed(this, answer);
  }

  cancel(call, reason) {
    const running = this.running.get(call);
    if (running !== undefined) running.cancel(reason);
  }

  credit(call, bytes) {
    const running = this.running.get(call);
    if (running !== undefined) running.credit(bytes >>> 0);
  }

  ping(field) {
    const pong = this.owner.figures.pong(this.running.size, this.pongBytes);
    this.writer.payload(Frame.PONG, 0, 0, 0, field, pong);
    this.writer.flush();
    this.hasAnswered = true;
  }

  origin(flags, question, source, start, length) {
    const origin = flags & Question.NO_ORIGIN ? undefined : source.bytes.latin1Slice(start, start + length);
    const answer = answerOrigin(this.app.http.cors, origin, this.app.rules, this.owner.log);
    this.writer.payload(Frame.ORIGIN_ANSWER, answer.flags, 0, question, 0, Buffer.from(answer.value, 'latin1'));
  }

  /** Asks the front for no new calls. */
  drain() {
    if (this.state !== 'open' || this.draining) return;
    this.draining = true;
    this.writer.empty(Frame.DRAINING, 0, 0, 0, 0);
    this.writer.flush();
  }

  /** What `applyCors` acts on. */
  get corsRules() {
    return { http: { cors: this.settings.cors }, rules: this.app.rules };
  }

  /** Options of the front that rule over the app's own. @param {object} overrides */
  settingsCame(overrides) {
    this.settings = new FrontSettings(this.app, overrides);
    // A stream's CORS headers may now depend on the request's Origin.
    if (this.settings.rewritesCors) this.owner.wantHeads();
    this.owner.log('info', 'bridge.settings', {
      link: this.index, overridden: Object.keys(overrides).filter((name) => overrides[name] !== null),
    });
  }

  /** @param {number} flags soon: calls still come */
  drainingCame(flags) {
    if ((flags & Draining.SOON) === 0) this.frontDraining = true;
    if (!this.draining) this.owner.frontLeaves(this);
    this.endWhenIdle();
  }

  /** The last call of a drained link was answered: the link has served. */
  endWhenIdle() {
    if (!this.draining || !this.frontDraining || this.running.size > 0 || this.state !== 'open') return;
    this.writer.flush();
    this.state = 'closed';
    this.writer.close();
    this.socket.end();
    this.owner.linkClosed(this, 'drained');
  }

  /** A call is over: nothing more is sent for it. @param {{ id: number }} call */
  settled(call) {
    this.running.delete(call.id);
    this.hasAnswered = true;
    if (this.frontDraining) this.endWhenIdle();
  }

  /** @param {string} reason for the log */
  close(reason) {
    if (this.state === 'closed') return;
    this.state = 'closed';
    if (this.writer !== null) this.writer.close();
    if (this.socket !== null) this.socket.destroy();
    const orphans = [...this.running.values()];
    this.running.clear();
    for (const orphan of orphans) orphan.linkClosed();
    this.owner.linkClosed(this, reason);
  }
}

/**
 * A front that refuses a link may close it before it reads HELLO. Writing HELLO fails then, and Node would destroy the
 * socket with the refusal unread: the shim would try again and again. So the first broken pipe waits for the reader.
 * @param {import('node:net').Socket} socket
 * @returns {() => void} ends this: what the front had to say was read
 */
function readBeforeFailing(socket) {
  let timer = null;
  const release = () => {
    clearTimeout(timer);
    delete socket.destroy;
  };
  socket.destroy = (/** @type {NodeJS.ErrnoException} */ error) => {
    if (timer === null && error && error.code === 'EPIPE') {
      timer = setTimeout(() => socket.destroy(error), REFUSAL_MILLISECONDS);
      return socket;
    }
    release();
    return socket.destroy(error);
  };
  return release;
}

function parseObject(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProtocolError('a frame that holds JSON does not');
  }
  if (value === null || typeof value !== 'object') throw new ProtocolError('a frame\'s JSON is not an object');
  return value;
}

function limitOf(announced, otherwise) {
  if (announced === undefined) return otherwise;
  if (!Number.isSafeInteger(announced) || announced < 1) {
    throw new ProtocolError(`WELCOME names a limit of ${announced}`);
  }
  return Math.min(announced, 0x7fffffff);
}

module.exports = { Link };
