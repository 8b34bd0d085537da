'use strict';

/**
 * Finds the parts of an app in whatever `serve` was given.
 *
 * @typedef {object} Runtime
 * @property {object} store
 * @property {object | null} taskRunner null for a bare store
 * @property {object | null} eventManager
 * @property {object | null} serializer
 * @property {object | null} logger
 * @property {string | null} version
 */

const RESOURCE = 'globals.resources.';

/**
 * @param {object} given what `run(app)` returned, its parts, or a bare store
 * @returns {Runtime}
 * @throws {TypeError} with the remedy, when it is none of these
 */
function readRuntime(given) {
  if (given === null || typeof given !== 'object') {
    throw new TypeError('serve() takes what run(app) returns, { store, taskRunner, eventManager, serializer }, '
      + 'or a store');
  }
  const store = given.store || given;
  if (!store.tasks) {
    throw new TypeError('serve() was given something without tasks: await run(app) first, and pass what it returns');
  }
  const part = (name) => given[name] || resourceValue(store, name) || null;
  const runtime = {
    store,
    taskRunner: part('taskRunner'),
    eventManager: part('eventManager'),
    serializer: part('serializer'),
    logger: part('logger'),
    version: typeof given.version === 'string' ? given.version : null,
  };
  if (runtime.taskRunner === null && isNewerRunner(store)) {
    throw new TypeError('this store is of a @bluelibs/runner later than 4.8: '
      + 'pass { store, taskRunner, eventManager, serializer, logger }, '
      + 'each from runtime.getResourceValue(...)');
  }
  if (runtime.taskRunner !== null && runtime.serializer === null) {
    throw new TypeError('serve() found a taskRunner but no serializer: pass both');
  }
  return runtime;
}

function resourceValue(store, name) {
  const entry = store.resources && typeof store.resources.get === 'function' && store.resources.get(RESOURCE + name);
  return entry ? entry.value : null;
}

/** A runner's store keeps definitions; a bare store keeps functions. */
function isNewerRunner(store) {
  const entries = typeof store.tasks.values === 'function' ? [...store.tasks.values()] : Object.values(store.tasks);
  const isDefinition = (entry) => Boolean(entry) && typeof entry.run !== 'function' && 'computedDependencies' in entry;
  return entries.length > 0 && entries.every(isDefinition);
}

module.exports = { readRuntime };
