'use strict';

// Written so that an old Node can read it: it comes before everything else, to say in one sentence what is wrong, where
// the files after it would fail on their own with a syntax that such a Node does not know.

const manifest = require('../package.json');

/** The oldest major version that will do, out of package.json's `engines`. */
const OLDEST = Number(/\d+/.exec(manifest.engines.node)[0]);

/**
 * @param {string} [version] such as 20.11.0
 * @throws {Error} when it is too old
 */
function requireNode(version = process.versions.node) {
  if (parseInt(version, 10) >= OLDEST) return;
  throw new Error(`${manifest.name} needs Node.js ${OLDEST} or newer, and this is ${version} (${process.execPath}).`);
}

/** For a command: says it and ends. */
function requireNodeOrExit() {
  try {
    requireNode();
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

module.exports = { requireNode, requireNodeOrExit };
