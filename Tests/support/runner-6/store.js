'use strict';

const { tags: frameworkTags } = require('./definitions');

const KINDS = {
  task: 'tasks', event: 'events', hook: 'hooks', error: 'errors', asyncContext: 'asyncContexts', resource: 'resources',
};

/** Stands in for the store of 6.4: every definition under its canonical id, and local names that are unique. */
class Store {
  tasks = new Map();
  events = new Map();
  hooks = new Map();
  resources = new Map();
  errors = new Map();
  asyncContexts = new Map();
  tags = new Map(Object.values(frameworkTags).map((tag) => [tag.id, { tag }]));
  /** @type {Map<object, string>} */
  canonicalIds = new Map(Object.values(frameworkTags).map((tag) => [tag, tag.id]));

  lookup = { tryCanonicalId: (asked) => this.canonicalIdOf(asked) };

  /** @param {object} definition @param {string} owner the canonical id of the resource that registers it */
  add(definition, owner) {
    const { kind, id } = definition;
    const canonical = owner === '' ? id : kind === 'resource' ? `${owner}.${id}` : `${owner}.${KINDS[kind]}.${id}`;
    this.canonicalIds.set(definition, canonical);
    if (kind === 'error' || kind === 'asyncContext') {
      definition.id = canonical;
      this[KINDS[kind]].set(canonical, definition);
    } else if (kind === 'task') {
      this.tasks.set(canonical, { task: { ...definition, id: canonical }, computedDependencies: {} });
    } else if (KINDS[kind] !== undefined) {
      this[KINDS[kind]].set(canonical, { [kind]: { ...definition, id: canonical }, config: definition.config });
    }
    return canonical;
  }

  findIdByDefinition(definition) {
    return this.canonicalIds.get(definition) ?? this.canonicalIdOf(definition.id) ?? definition.id;
  }

  canonicalIdOf(asked) {
    const ids = [...this.canonicalIds.values()];
    if (ids.includes(asked)) return asked;
    const named = ids.filter((id) => id.slice(id.lastIndexOf('.') + 1) === asked);
    return named.length === 1 ? named[0] : null;
  }

  /** The mark of 6.4. */
  trackTaskAbortController() {}
}

module.exports = { Store };
