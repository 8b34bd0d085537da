'use strict';

const path = require('node:path');

const NAME = 'runner-sidecar-compare';

/**
 * Finds the package that compares two servers: installed beside this one, in the project that the command is run in, or
 * in the repository that this package stands in. It is a package of its own, since production has no use for it.
 *
 * @returns {{main(argv: string[]): Promise<number>}}
 * @throws {Error} that says how to get it
 */
function findComparePackage() {
  const inRepository = path.join(__dirname, '..', '..', 'compare');
  const found = resolveFrom(NAME, [__dirname, process.cwd()]) ?? resolveFrom(inRepository);
  if (found) return require(found);
  throw new Error(`runner-sidecar: 'compare' is in the package ${NAME}, which is not installed. Install the file `
    + `${NAME}-VERSION.tgz that scripts/package-npm makes, or run scripts/compare in a clone of the project.`);
}

/** @param {string} request @param {string[]} [paths] */
function resolveFrom(request, paths) {
  try {
    return require.resolve(request, paths && { paths });
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return null;
    throw error;
  }
}

module.exports = { findComparePackage };
