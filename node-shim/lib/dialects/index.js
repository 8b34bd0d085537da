'use strict';

const { familyOf, isRunnerStore } = require('./marks');

/** Families that are served, in the order in which they are named to people. */
const SERVED = ['4.8'];

/**
 * @param {object} store
 * @returns {import('./marks').Family}
 * @throws {TypeError} naming the releases that are served, when the store is of none of them
 */
function recognise(store) {
  const family = familyOf(store);
  if (family !== null && SERVED.includes(family)) return family;
  const found = family === null ? 'a store without the marks of any release that is known' : NAMES[family];
  throw new TypeError(`serve() was given ${found}, and serves apps on @bluelibs/runner ${SERVED.join(', ')} only`);
}

/** @type {Record<import('./marks').Family, string>} */
const NAMES = {
  4.8: 'an app on @bluelibs/runner 4.8',
  4.9: 'an app on @bluelibs/runner 4.9',
  5: 'an app on @bluelibs/runner 5',
  6: 'an app on @bluelibs/runner 6',
};

module.exports = { recognise, isRunnerStore };
