'use strict';

/**
 * What a run and an emission say of where they come from. Hooks see it, and the runtime admits calls by it while it
 * shuts down.
 *
 * @param {any} store
 * @param {any} runner the app's own copy
 * @param {import('./ids').Ids} ids
 * @returns {object}
 */
function sourceOf(store, runner, ids) {
  const { rpcLanesResource } = runner;
  // 6.0 and 6.1.
  if (typeof store.createRuntimeSource === 'function') {
    return store.createRuntimeSource('resource', rpcLanesResource.id);
  }
  // Until 6.3 the resource's own name was looked up, and it may be another definition's, too.
  const asked = isSince64(store) ? store.findIdByDefinition(rpcLanesResource) : 'rpcLanes';
  return { kind: 'resource', id: ids.resolve(asked) };
}

/** 6.4 aborts what runs when the app shuts down, and holds each input against the hash in a lane's token. */
function isSince64(store) {
  return typeof store.trackTaskAbortController === 'function';
}

module.exports = { isSince64, sourceOf };
