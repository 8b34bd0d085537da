'use strict';

/**
 * What the front may call, by index. The table only grows: an index keeps its meaning for as long as the process lives.
 *
 * @typedef {object} Target
 * @property {'task' | 'event' | 'discovery'} kind
 * @property {string} id
 * @property {'callable' | 'unregistered' | 'removed'} state
 * @property {'call' | 'listener'} lane who answers: this shim, or the app's own handlers with the whole request
 * @property {boolean} head whether the call is to bring the request head
 * @property {string[]} names by which else a request may ask for it
 * @property {boolean} safe the app says that running it again changes nothing
 * @property {((input: unknown, call: import('./call').Call, hasContext: boolean) => unknown) | null} run null: not
 *   callable
 * @property {(body: unknown) => unknown} unwrap takes the input out of a whole body
 * @property {((input: unknown) => void) | undefined} verify throws for an input that the app refuses to take; not asked
 *   when the input came as plain JSON
 */

/** A task's input, as every release takes it out of a body. */
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
   * @param {import('./dialects').TargetSpec} spec `run` null for one that may be called but is not registered
   */
  set({ kind, id, run, head = false, lane = 'call', names = NO_NAMES, safe = false, unwrap, verify }) {
    const key = `${kind}\0${id}`;
    const known = this.indexes.get(key);
    const state = run === null ? 'unregistered' : 'callable';
    if (known !== undefined) {
      Object.assign(this.list[known], { run, state, head, safe });
      return;
    }
    this.indexes.set(key, this.list.length);
    this.list.push({
      kind, id, state, lane, head, names, safe, run, unwrap: unwrap || (kind === 'event' ? payloadOf : inputOf), verify,
    });
  }

  /** @param {'task' | 'event'} kind @returns {string[]} */
  callableIds(kind) {
    return this.list.filter((target) => target.kind === kind && target.state === 'callable').map((target) => target.id);
  }

  /** As HELLO carries it. */
  describe() {
    return this.list.map(({ kind, id, state, lane, head, names, safe }) => ({
      kind,
      id,
      state,
      ...(state !== 'callable' ? {} : lane === 'call' ? { lane, head } : { lane }),
      ...(names.length > 0 ? { names } : {}),
      ...(safe && state === 'callable' ? { safe } : {}),
    }));
  }
}

/** @type {string[]} */
const NO_NAMES = [];

module.exports = { Targets };
