'use strict';

const assert = require('node:assert/strict');
const { fieldValue } = require('./http-answer-reader.js');
const { callBytes } = require('./http-request.js');
const { Latencies } = require('./latency.js');
const { RawConnection } = require('./raw-connection.js');
const { pause } = require('./wait-until.js');

/** Longer than any answer of a healthy test may take: a request without an answer by then never gets one. */
const ANSWER_TIMEOUT_MILLISECONDS = 20_000;
const RETRY_CONNECT_MILLISECONDS = 10;

/**
 * A steady load of calls of the task `once`, each with an id of its own, over a number of connections. It keeps
 * account: what was sent, what each was answered, and whether an answer was for the call that asked.
 */
class Load {
  /** @type {Set<Load>} those that go on */
  static live = new Set();

  /** Ends those that a test left running, as one does that fails: they would keep its process alive for ever. */
  static abandonAll() {
    for (const load of Load.live) load.running = false;
  }

  /**
   * @param {{ port: number, random: import('./random.js').Random, connections?: number, taskMilliseconds?: [number,
   *   number], pipelined?: number, textBytes?: number, refusedPauseMilliseconds?: number }} settings
   *   `taskMilliseconds`: how long a task takes, from and to; `pipelined`: how many calls are sent before their answers
   *   are awaited; `textBytes`: how much text a call carries there and back, at most; `refusedPauseMilliseconds`: how
   *   long a lane waits after a 503
   */
  constructor({
    port, random, connections = 16, taskMilliseconds = [0, 5], pipelined = 1, textBytes = 0,
    refusedPauseMilliseconds = 0,
  }) {
    this.settings = { port, random, taskMilliseconds, pipelined, textBytes, refusedPauseMilliseconds };
    this.running = true;
    Load.live.add(this);
    this.sent = 0;
    /** @type {Map<string, { status: number, code?: string }>} by id */
    this.answers = new Map();
    /** @type {Map<string, string>} ids that got no answer, with what became of their connection */
    this.unanswered = new Map();
    /** @type {string[]} answers that were not for the call, or not well formed */
    this.wrong = [];
    /** @type {Set<number>} the processes that answered */
    this.servedBy = new Set();
    this.latencies = new Latencies();
    this.lanes = Array.from({ length: connections }, (_, lane) => this.lane(lane));
  }

  async lane(lane) {
    let connection;
    for (let round = 0; this.running; round += 1) {
      if (!connection || connection.ended) {
        connection = await RawConnection.open({ port: this.settings.port }).catch(() => undefined);
        if (!connection) { await pause(RETRY_CONNECT_MILLISECONDS); continue; }
      }
      const batch = Array.from({ length: this.settings.pipelined }, (_, i) => this.newCall(`${lane}.${round}.${i}`));
      connection.send(Buffer.concat(batch.map((call) => call.bytes)));
      if (!await this.takeAnswers(connection, batch)) { connection.destroy(); connection = undefined; }
    }
    connection?.destroy();
  }

  newCall(name) {
    const { random, taskMilliseconds: [least, most], textBytes } = this.settings;
    const id = `${random.seed.toString(36)}-${name}`;
    const text = 'é'.repeat(random.integer(0, textBytes) / 2);
    this.sent += 1;
    return { id, text, bytes: callBytes('once', { id, ms: random.integer(least, most), text }) };
  }

  /** @returns {Promise<boolean>} whether the connection may be used again */
  async takeAnswers(connection, batch) {
    for (const [i, call] of batch.entries()) {
      let answer;
      try {
        answer = await this.latencies.time(() => connection.answer({
          timeoutMilliseconds: ANSWER_TIMEOUT_MILLISECONDS,
        }));
      } catch (error) {
        this.wrong.push(`${call.id}: ${error.message}`);
      }
      if (!answer?.complete) {
        for (const left of batch.slice(i)) this.unanswered.set(left.id, connection.fate);
        return false;
      }
      this.take(call, answer);
      if (answer.status === 503 && this.settings.refusedPauseMilliseconds > 0) {
        await pause(this.settings.refusedPauseMilliseconds);
      }
      // What was sent behind the last answer of a connection is not processed (RFC 9112, section 9.6).
      if (fieldValue(answer, 'connection') === 'close') {
        for (const left of batch.slice(i + 1)) this.unanswered.set(left.id, 'closed');
        return false;
      }
    }
    return !connection.ended;
  }

  take(call, answer) {
    let envelope;
    try { envelope = JSON.parse(answer.body.toString('utf8')); } catch { envelope = {}; }
    const rightResult = envelope.ok === true && envelope.result?.id === call.id && envelope.result.text === call.text;
    const rightError = envelope.ok === false && typeof envelope.error?.code === 'string';
    if (answer.status === 200 ? !rightResult : !rightError) {
      this.wrong.push(`${call.id}: ${answer.status} ${answer.body.toString('utf8').slice(0, 200)}`);
    }
    if (rightResult) this.servedBy.add(envelope.result.pid);
    this.answers.set(call.id, { status: answer.status, code: envelope.error?.code });
  }

  /** Stops sending, and waits for what is under way. */
  async finish() {
    this.running = false;
    await Promise.all(this.lanes);
    Load.live.delete(this);
    return this;
  }

  /** @returns {Record<string, number>} answers by status and code */
  tally() {
    const tally = {};
    for (const { status, code } of this.answers.values()) {
      const name = code === undefined ? String(status) : `${status} ${code}`;
      tally[name] = (tally[name] ?? 0) + 1;
    }
    if (this.unanswered.size > 0) tally.unanswered = this.unanswered.size;
    return tally;
  }

  /**
   * The promise of this project: every call got exactly one answer, the answer was its own, no task ran twice, and each
   * call that was answered 200 ran.
   * @param {Map<string, number>} runs how often each id ran
   * @param {{ allowed?: string[], mayLoseConnections?: boolean }} [options] `allowed`: the answers there may be beside
   *   200; `mayLoseConnections`: the front itself was killed, so its connections may have died with it
   */
  assertExactlyOneAnswer(runs, { allowed = [], mayLoseConnections = false } = {}) {
    assert.deepEqual(this.wrong, [], 'every answer belongs to its call');
    if (!mayLoseConnections) assert.deepEqual([...this.unanswered].slice(0, 5), [], 'every call is answered');
    else assert.ok(![...this.unanswered.values()].includes('no answer in time'), 'no call waits for ever');
    assert.equal(this.sent, this.answers.size + this.unanswered.size, 'sent = answered');
    const twice = [...runs].filter(([, count]) => count > 1);
    assert.deepEqual(twice, [], 'no task runs twice');
    const unrun = [...this.answers].filter(([id, { status }]) => status === 200 && !runs.has(id));
    assert.deepEqual(unrun, [], 'what was answered 200 ran');
    const unexpected = Object.keys(this.tally()).filter((name) => name !== '200' && name !== 'unanswered'
      && !allowed.includes(name));
    assert.deepEqual(unexpected, [], `answers other than 200 ${allowed.join(', ')}: ${JSON.stringify(this.tally())}`);
    assert.ok(this.answers.size > 0, 'something was sent');
  }
}

module.exports = { Load };
