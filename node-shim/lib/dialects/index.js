'use strict';

// All of them at once: 6.0 and 6.1 freeze what an app can reach when it starts, and with it, at times, Node's own table
// of modules, so that nothing can be loaded later.
const five = require('./five');
const four = require('./four');
const { familyOf, isRunnerStore } = require('./marks');
const six = require('./six');

/**
 * What differs between the releases of @bluelibs/runner, a dialect each family. Nothing else in the shim knows a
 * release.
 *
 * @typedef {object} Dialect
 * @property {Record<string, string>} parts the ids of the resources that hold the parts of an app
 * @property {(found: Found) => Promise<Opened>} open
 *
 * @typedef {object} Found what a dialect is given
 * @property {import('../runtime').Runtime} runtime
 * @property {any} options as `serve` takes them
 * @property {any} runner the app's own copy of the runner, null when it was not found
 * @property {import('../app').Log} log
 *
 * @typedef {object} Opened what it makes of it, for lib/runner-app.js
 * @property {any} http the options that the app gave to its exposure
 * @property {object} auth HELLO's
 * @property {object} rules HELLO's
 * @property {import('../codec').Codec} codec
 * @property {import('../failures').Failures} failures
 * @property {import('../responses').Responses} responses
 * @property {import('node:http').RequestListener | null} listener the app's own handlers
 * @property {boolean} [ownsBasePath] whether everything under the base path is its, whatever listener is passed
 * @property {TargetSpec[]} targets
 * @property {[string, string][]} [shownIds]
 *
 * @typedef {object} TargetSpec
 * @property {'task' | 'event' | 'discovery'} kind
 * @property {string} id
 * @property {import('../targets').Target['run']} run null: exposed, but not registered
 * @property {boolean} [head]
 * @property {'call' | 'listener'} [lane]
 * @property {string[]} [names]
 * @property {boolean} [safe]
 * @property {(body: any) => unknown} [unwrap]
 * @property {(input: unknown) => void} [verify]
 */

/** @type {Record<import('./marks').Family, Dialect>} */
const DIALECTS = { 4.8: four, 4.9: four, 5: five, 6: six };

/** For people. */
const RELEASES = '4.8 to 6.4';

/**
 * @param {object} store
 * @returns {import('./marks').Family}
 * @throws {TypeError} naming the releases that are served, when the store is of none of them
 */
function recognise(store) {
  const family = familyOf(store);
  if (family !== null) return family;
  throw new TypeError('serve() was given a store without the marks of a release of @bluelibs/runner that it knows: '
    + `it serves apps on ${RELEASES} only`);
}

/** @param {import('./marks').Family} family @returns {Dialect} */
function dialectOf(family) {
  return DIALECTS[family];
}

module.exports = { RELEASES, dialectOf, isRunnerStore, recognise };
