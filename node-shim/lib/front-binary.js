'use strict';

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const NAME = 'runner-sidecar';

/**
 * Finds the front's binary: the one named, the one in RUNNER_SIDECAR_BINARY, the one that npm installed for this
 * platform, or the one built in the repository that this package stands in.
 *
 * @param {string} [named]
 * @returns {string} a path
 * @throws {Error} that says how to get one
 */
function findFrontBinary(named) {
  const chosen = named || process.env.RUNNER_SIDECAR_BINARY;
  if (chosen) {
    if (isExecutable(chosen)) return chosen;
    const by = named ? 'options.binary' : 'RUNNER_SIDECAR_BINARY';
    throw new Error(`runner-sidecar: ${by} names ${chosen}, which is not an executable file`);
  }
  const found = installedBinary() || builtBinary();
  if (found !== null) return found;
  throw new Error(howToGetOne());
}

/** One sentence. */
function howToGetOne() {
  if (process.platform !== 'linux') {
    return 'runner-sidecar: the front\'s binary is not here, since it runs on Linux only and this is '
      + `${process.platform}: start it in a container or on another machine.`;
  }
  return `runner-sidecar: the front's binary is not here: install the package ${platformPackage()}, or build it in a `
    + `clone of the project with \`swift build -c release --product ${NAME}\` and set RUNNER_SIDECAR_BINARY to the `
    + `clone's .build/release/${NAME}.`;
}

const platformPackage = () => `${NAME}-${process.platform}-${process.arch}`;

/** The package that holds the binary for this platform; its package.json names the file's SHA-256. */
function installedBinary() {
  const platform = platformPackage();
  let manifestFile;
  try {
    manifestFile = require.resolve(`${platform}/package.json`);
  } catch {
    return null;
  }
  const binary = path.join(path.dirname(manifestFile), 'bin', NAME);
  if (!isExecutable(binary)) return null;
  const { sha256 } = JSON.parse(fs.readFileSync(manifestFile, 'utf8'));
  const actual = createHash('sha256').update(fs.readFileSync(binary)).digest('hex');
  if (sha256 !== actual) {
    throw new Error(`runner-sidecar: ${binary} is not the file that ${platform} was published with; install it again`);
  }
  return binary;
}

function builtBinary() {
  for (const configuration of ['release', 'debug']) {
    const binary = path.join(__dirname, '..', '..', '.build', configuration, NAME);
    if (isExecutable(binary)) return binary;
  }
  return null;
}

function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

module.exports = { findFrontBinary };
