'use strict';

const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');

/** The front's binary: the one named by `RUNNER_SIDECAR_BINARY`, else the release build, else the debug build. */
function frontBinary() {
  const candidates = process.env.RUNNER_SIDECAR_BINARY
    ? [path.resolve(process.env.RUNNER_SIDECAR_BINARY)]
    : ['release', 'debug'].map((configuration) => path.join(ROOT, '.build', configuration, 'runner-sidecar'));
  const found = candidates.find((candidate) => fs.existsSync(candidate));
  if (!found) throw new Error(`the front is not built: swift build (looked for ${candidates.join(', ')})`);
  return found;
}

/** The folder of the shim's package. */
function shimFolder() {
  return process.env.RUNNER_SIDECAR_SHIM ?? path.join(ROOT, 'node-shim');
}

module.exports = { ROOT, frontBinary, shimFolder };
