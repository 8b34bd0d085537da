'use strict';

const { createRequire } = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const PACKAGE = '@bluelibs/runner';

/**
 * Finds the very copy of the runner that an app runs on.
 *
 * Contexts and error classes belong to one copy: the CommonJS and ESM builds are two, and a bundler may make a third.
 * `useExposureContext()` in the app only sees what was provided through the app's own. A copy is recognised by its
 * `Store` class, of which the app's store is an instance.
 *
 * @param {object} store the app's store
 * @param {object} [given] the app's own `require('@bluelibs/runner')`, when it passed one
 * @returns {Promise<object | null>} the module, or null when no copy that can be reached is the app's
 */
async function findRunnerModule(store, given) {
  if (isCopyOf(given, store)) return given;
  return findRequired(store) || (await findImported(store));
}

function isCopyOf(module, store) {
  if (!module || typeof module.Store !== 'function') return false;
  return store instanceof module.Store;
}

/** A CommonJS copy has been loaded, so it is in the cache, under whatever name a bundler gave it. */
function findRequired(store) {
  for (const file of Object.keys(require.cache)) {
    const { exports } = require.cache[file] || {};
    if (exports === null || typeof exports !== 'object') continue;
    // Asked for as own properties first: reading one may run a getter of a module that has nothing to do with this.
    if (!Object.prototype.hasOwnProperty.call(exports, 'Store')) continue;
    if (isCopyOf(exports, store)) return exports;
  }
  return null;
}

/** An ES module is loaded again by its name, which gives the copy that is already there. */
async function findImported(store) {
  for (const base of [process.argv[1], path.join(process.cwd(), 'package.json')]) {
    if (!base) continue;
    for (const request of [PACKAGE, `${PACKAGE}/node`]) {
      try {
        const file = createRequire(base).resolve(request);
        for (const candidate of [file, file.replace(/\.cjs$/, '.mjs')]) {
          const module = await import(pathToFileURL(candidate).href);
          if (isCopyOf(module, store)) return module;
        }
      } catch {
        // Not to be found from there.
      }
    }
  }
  return null;
}

module.exports = { findRunnerModule };
