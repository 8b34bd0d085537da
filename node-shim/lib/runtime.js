'use strict';

const { dialectOf, recognise, isRunnerStore } = require('./dialects');

/**
 * Finds the parts of an app in whatever `serve` was given.
 *
 * @typedef {object} Runtime
 * @property {object} store
 * @property {import('./dialects/marks').Family | null} family null for a bare store
 * @property {object | null} taskRunner null for a bare store
 * @property {object | null} eventManager
 * @property {object | null} serializer
 * @property {object | null} logger
 * @property {string | null} version
 */

/**
 * @param {object} given what `run(app)` returned, its parts, or a bare store
 * @returns {Runtime}
 * @throws {TypeError} with the remedy, when it is none of these, or of a release that is not served
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
  const { serializer = null, logger = null, version } = given;
  if (!given.taskRunner && !isRunnerStore(store)) {
    return { family: null, store, taskRunner: null, eventManager: null, serializer, logger, version: null };
  }
  const family = recognise(store);
  const { parts } = dialectOf(family);
  const part = (name) => given[name] || resourceValue(store, parts[name]);
  const runtime = {
    family,
    store,
    taskRunner: part('taskRunner'),
    eventManager: part('eventManager'),
    serializer: part('serializer'),
    logger: part('logger'),
    version: typeof version === 'string' ? version : null,
  };
  for (const name of ['taskRunner', 'eventManager', 'serializer']) {
    if (!runtime[name]) throw new TypeError(`serve() found no ${name} in the app: pass what run(app) returns`);
  }
  return runtime;
}

function resourceValue(store, id) {
  const entry = store.resources.get(id);
  return entry ? entry.value : null;
}

module.exports = { readRuntime };
