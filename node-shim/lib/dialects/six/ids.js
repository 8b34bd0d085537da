'use strict';

/**
 * The ids of 6.x: each definition has a canonical one (`app.tasks.add`), and may be asked for by its local name
 * (`add`) when no other definition of any kind has that name.
 */

const COLLECTIONS = [
  'tasks', 'events', 'hooks', 'resources', 'errors', 'asyncContexts', 'tags', 'taskMiddlewares', 'resourceMiddlewares',
];

class Ids {
  /** @param {any} store */
  constructor(store) {
    this.store = store;
    /** Up to 6.1 the answers name local ids, and so does the policy. */
    this.showsLocal = store.lookup === undefined;
    /** @type {Map<string, string>} unique local name to canonical id */
    this.canonical = new Map();
    for (const name of COLLECTIONS) {
      for (const id of store[name] ? store[name].keys() : []) this.add(id);
    }
    this.localNames = new Map([...this.canonical].map(([local, id]) => [id, local]));
  }

  add(id) {
    const local = id.slice(id.lastIndexOf('.') + 1);
    if (local === id || this.canonical.has(local)) return;
    const resolved = this.resolve(local);
    if (resolved !== local) this.canonical.set(local, resolved);
  }

  /** @param {string} id any that a client may ask for @returns {string} canonical, or itself */
  resolve(id) {
    const { store } = this;
    const found = store.lookup ? store.lookup.tryCanonicalId(id) : store.resolveDefinitionId(id);
    return typeof found === 'string' && found !== '' ? found : id;
  }

  /**
   * @param {readonly string[]} served ids as the policy has them: canonical from 6.2 on, local before
   * @param {ReadonlyMap<string, unknown>} entries the store's tasks, or its events
   * @returns {{ id: string, given: string }[]} canonical, and as the policy has it
   */
  canonicalIds(served, entries) {
    if (!this.showsLocal) return served.map((given) => ({ id: this.resolve(given), given }));
    const registered = [...entries.keys()].map((id) => ({ id, given: this.store.toPublicId(id) }));
    return served.flatMap((given) => registered.filter((one) => one.given === given));
  }

  /** @param {string} canonical @returns {string[]} by which else it may be asked for */
  namesOf(canonical) {
    const local = this.localNames.get(canonical);
    return local === undefined ? [] : [local];
  }

  /** @returns {[string, string][]} what an answer names for an id that was asked for */
  shown() {
    if (!this.showsLocal) return [...this.canonical];
    const ids = [...this.store.tasks.keys(), ...this.store.events.keys()];
    return ids.map((id) => /** @type {[string, string]} */ ([id, this.store.toPublicId(id)]))
      .filter(([id, local]) => id !== local);
  }
}

module.exports = { Ids };
