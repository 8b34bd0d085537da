'use strict';

/**
 * One listener of two: what is under the base path goes to the app's own exposure, which decides who may call what, and
 * all else to the listener that was passed.
 *
 * @param {import('node:http').RequestListener} own
 * @param {import('node:http').RequestListener} given
 * @param {string} basePath
 * @returns {import('node:http').RequestListener}
 */
function byPath(own, given, basePath) {
  return (req, res) => (isUnder(basePath, req.url ?? '/') ? own : given)(req, res);
}

/** As the exposure finds it; what makes no URL is its to answer, too. */
function isUnder(basePath, target) {
  try {
    const { pathname } = new URL(target, 'http://localhost');
    return pathname === basePath || pathname.startsWith(`${basePath}/`);
  } catch {
    return true;
  }
}

module.exports = { byPath };
