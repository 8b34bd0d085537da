'use strict';

const { computeAllowList, isTunnel, selects, servesHttp } = require('./tunnels');
const { Refusal } = require('../refusal');

/**
 * What the tunnel resources of a 5.x app let clients call, asked at every call: predicates may change their mind, and
 * lists may be changed.
 */
class TunnelPolicy {
  /** @param {any} store @param {boolean} [isOpen] whether everything may be called where there is no list */
  constructor(store, isOpen = false) {
    this.store = store;
    this.isOpen = isOpen;
    this.resources = [...store.resources.values()].filter(({ resource }) => isTunnel(resource));
    /** Whether there is a list at all, which is told to the front once. */
    this.enabled = this.tunnels().length > 0;
  }

  tunnels() {
    return this.resources.map((entry) => entry.value).filter(servesHttp);
  }

  /**
   * @param {'task' | 'event'} kind
   * @returns {Map<string, boolean>} every id that is allowed, or that a predicate might allow; true: is allowed now
   */
  announced(kind) {
    const ids = new Map();
    const entries = kind === 'task' ? this.store.tasks : this.store.events;
    for (const tunnel of this.tunnels()) {
      const selection = kind === 'task' ? tunnel.tasks : tunnel.events;
      if (typeof selection === 'function') {
        for (const [id, entry] of entries) ids.set(id, ids.get(id) === true || selects(selection, entry[kind]));
      } else {
        for (const id of listedIds(selection)) ids.set(id, true);
      }
    }
    return ids;
  }

  /** @param {'task' | 'event'} kind @param {string} id */
  allows(kind, id) {
    const entry = (kind === 'task' ? this.store.tasks : this.store.events).get(id);
    return this.tunnels().some((tunnel) => {
      const selection = kind === 'task' ? tunnel.tasks : tunnel.events;
      return entry !== undefined && typeof selection === 'function'
        ? selects(selection, entry[kind]) : lists(selection, id);
    });
  }

  /** One tunnel that refuses contexts refuses them for all. */
  providesContexts(kind, id) {
    const entry = (kind === 'task' ? this.store.tasks : this.store.events).get(id);
    return this.tunnels().every((tunnel) => {
      if (tunnel.allowAsyncContext !== false) return true;
      const selection = kind === 'task' ? tunnel.tasks : tunnel.events;
      return !(typeof selection === 'function' ? selects(selection, entry[kind]) : lists(selection, id));
    });
  }

  /** @param {'task' | 'event'} kind @param {string} id @param {import('../targets').Target['run']} run */
  guard(kind, id, run) {
    const what = kind === 'task' ? 'Task' : 'Event';
    return (input, call, hasContext) => {
      if (this.tunnels().length === 0) {
        if (!this.isOpen) throw new Refusal(403, 'Exposure not enabled', 'FORBIDDEN');
      } else if (!this.allows(kind, id)) {
        throw new Refusal(403, `${what} ${id} not exposed`, 'FORBIDDEN');
      }
      return run(input, call, hasContext);
    };
  }

  describe() {
    const { enabled, tasks, events } = computeAllowList(this.store);
    return { enabled, tasks: [...tasks], events: [...events] };
  }
}

function listedIds(selection) {
  if (!Array.isArray(selection)) return [];
  return selection.map((item) => (typeof item === 'string' ? item : item && item.id)).filter(Boolean);
}

function lists(selection, id) {
  if (!Array.isArray(selection)) return false;
  for (const item of selection) {
    if (item === id || (item && typeof item === 'object' && item.id === id)) return true;
  }
  return false;
}

module.exports = { TunnelPolicy };
