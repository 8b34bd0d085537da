'use strict';

/**
 * Which tasks and events an app exposes: by tunnel resources, as up to 5.x (src/node/tunnel.allowlist.ts).
 * Resources with the tunnel tag whose value serves over HTTP name them, as ids, definitions or a predicate. Without
 * such a resource no list is in force and everything registered may be called.
 */

const TUNNEL_TAG = 'globals.tags.tunnel';

/**
 * @param {object} store the runner's store
 * @returns {{ enabled: boolean, tasks: Set<string>, events: Set<string> }}
 */
function computeAllowList(store) {
  const list = { enabled: false, tasks: new Set(), events: new Set() };
  const resources = store.resources && typeof store.resources.values === 'function' ? store.resources.values() : [];
  for (const entry of resources) {
    const { value } = entry;
    if (!isTunnel(entry.resource) || !servesHttp(value)) continue;
    list.enabled = true;
    collect(value.tasks, store.tasks, 'task', list.tasks);
    collect(value.events, store.events, 'event', list.events);
  }
  return list;
}

function isTunnel(resource) {
  return Boolean(resource && resource.tags && resource.tags.some((tag) => tag && tag.id === TUNNEL_TAG));
}

function servesHttp(value) {
  if (!value || typeof value !== 'object') return false;
  if (value.mode !== 'server' && value.mode !== 'both') return false;
  return !value.transport || value.transport === 'http';
}

function collect(selection, entries, member, ids) {
  if (typeof selection === 'function') {
    for (const entry of entries.values()) {
      if (selects(selection, entry[member])) ids.add(entry[member].id);
    }
  } else if (Array.isArray(selection)) {
    for (const item of selection) {
      if (typeof item === 'string') ids.add(item);
      else if (item && typeof item === 'object' && item.id) ids.add(item.id);
    }
  }
}

/** A predicate that throws does not select. */
function selects(predicate, definition) {
  try {
    return Boolean(predicate(definition));
  } catch {
    return false;
  }
}

module.exports = { computeAllowList, isTunnel, selects, servesHttp };
