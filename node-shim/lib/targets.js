'use strict';

/**
 * What the front may call, by index. The table only grows: an index keeps its meaning for as long as the process lives.
 *
 * @typedef {object} Target
 * @property {'task' | 'event' | 'discovery'} kind
 * @property {string} id
 * @property {'callable' | 'unregistered' | 'removed'} state
 * @property {boolean} head whether the call is to bring the request head
 * @property {((input: unknown, call: import('./call').Call, hasContext: boolean) => unknown) | null} run null: not
 *   callable
 * @property {(body: unknown) => unknown} unwrap takes the input out of a whole body
 */

/** A task's input, as nodeExposure 4.8.6 takes it out of a body (src/node/exposure/requestHandlers.ts). */
function inputOf(body) {
  if (!body || typeof body !== 'object') return body;
  return Object.prototype.hasOwnProperty.call(body, 'input') ? body.input : body;
}

function payloadOf(body) {
  return body === undefined || body === null ? undefined : body.payload;
}

class Targets {
  constructor() {
    /** @type {Target[]} */
    this.list = [];
    this.indexes = new Map();
  }

  /**
   * Adds a target, or gives a known one its new function or state.
   * @param {'task' | 'event' | 'discovery'} kind
   * @param {string} id
   * @param {Target['run']} run null for one that is on the allow-list but not registered
   * @param {boolean} [head]
   */
  set(kind, id, run, head = false) {
    const key = `${kind}\0${id}`;
    const known = this.indexes.get(key);
    const state = run === null ? 'unregistered' : 'callable';
    if (known !== undefined) {
      Object.assign(this.list[known], { run, state, head });
      return;
    }
    this.indexes.set(key, this.list.length);
    this.list.push({ kind, id, state, head, run, unwrap: kind === 'event' ? payloadOf : inputOf });
  }

  /** @param {'task' | 'event'} kind @returns {string[]} */
  callableIds(kind) {
    return this.list.filter((target) => target.kind === kind && target.state === 'callable').map((target) => target.id);
  }

  /** As HELLO carries it. */
  describe() {
    return this.list.map(({ kind, id, state, head }) => (
      state === 'callable' ? { kind, id, state, lane: 'call', head } : { kind, id, state }
    ));
  }
}

module.exports = { Targets };
