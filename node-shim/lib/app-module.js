'use strict';

const { spawnSync } = require('node:child_process');
const { pathToFileURL } = require('node:url');
const { inspect } = require('node:util');

/** What the app's own code threw while it was loaded or started. It is not ours to shorten. */
class AppFailure extends Error {
  /** @param {string} file @param {unknown} cause */
  constructor(file, cause) {
    super(`${file} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'AppFailure';
    /** The whole of it, for a person: file, line, stack and causes. */
    this.report = `${file} failed:\n${placeOf(file, cause)}${inspect(cause)}`;
  }
}

/**
 * Loads an app and waits until it has started.
 * @param {string} file
 * @returns {Promise<object>} what `serve` takes
 * @throws {AppFailure}
 */
async function loadApp(file) {
  try {
    const module = await import(pathToFileURL(file).href);
    let exported = 'default' in module ? module.default : module;
    // `export default` that a compiler (TypeScript, Babel) turned into CommonJS.
    if (exported?.__esModule && exported.default !== undefined) exported = exported.default;
    return await (typeof exported === 'function' ? exported() : exported);
  } catch (error) {
    throw new AppFailure(file, error);
  }
}

/** Node keeps the place of a syntax error in an ES module to itself, but tells it when it only checks the file. */
function placeOf(file, error) {
  if (!(error instanceof SyntaxError) || !/^SyntaxError/.test(error.stack || '')) return '';
  const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8', timeout: 10_000 });
  return stderr ? `${stderr.split('\n\n')[0]}\n` : '';
}

module.exports = { loadApp, AppFailure };
