'use strict';

/**
 * Calls end before the app's resources do. Every release of the runner takes its resources down through its store: the
 * hook it puts on SIGTERM and SIGINT (`run`'s default) and `runtime.dispose()` both call `store.dispose()`, from 6.0 on
 * behind `store.cooldown()`, after which no task may start any more. So that is where a service is closed: whoever ends
 * the app, and however, calls that run are finished first, and then resources are disposed, once.
 *
 * @typedef {() => Promise<void>} Closer
 */

/** The first of these that a release calls is the one that closes; the later ones find nothing left to close. */
const ENDINGS = ['cooldown', 'dispose'];

/** How long an app's resources may take to end, once its calls are over. */
const DISPOSE_MILLISECONDS = 10_000;

/** @type {WeakMap<object, Set<Closer>>} the services of each store */
const closersOf = new WeakMap();

/**
 * @param {object} store the app's
 * @param {Closer} close takes no new calls and resolves when those that ran are over
 * @returns {() => void} takes it back
 */
function closeBeforeDispose(store, close) {
  let closers = closersOf.get(store);
  if (closers === undefined) {
    closers = new Set();
    closersOf.set(store, closers);
    for (const name of ENDINGS) putBefore(store, name, closers);
  }
  const known = closers;
  known.add(close);
  return () => known.delete(close);
}

/**
 * @param {object} store @param {string} name @param {Set<Closer>} closers
 */
function putBefore(store, name, closers) {
  const original = store[name];
  if (typeof original !== 'function') return;
  let result = null;
  store[name] = function closingFirst(...args) {
    // Once: the runner's hook and the owner of the process may both ask, and a pool must not be ended twice.
    if (result === null) {
      result = Promise.allSettled([...closers].map((close) => close())).then(() => original.apply(this, args));
    }
    return result;
  };
}

/**
 * Ends an app: its runtime's own `dispose`, or its store's for one that was given in parts.
 * @param {object} given what `serve` was given
 */
async function disposeApp(given) {
  if (given === null || typeof given !== 'object') return;
  if (typeof given.dispose === 'function') await given.dispose();
  else if (given.store && typeof given.store.dispose === 'function') await given.store.dispose();
}

module.exports = { closeBeforeDispose, disposeApp, DISPOSE_MILLISECONDS };
