'use strict';

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const NAME = 'runner-sidecar';

/** The platforms that the front is built for. For each, the loader that a program for glibc names. */
const LOADERS = { 'linux-x64': '/lib64/ld-linux-x86-64.so.2', 'linux-arm64': '/lib/ld-linux-aarch64.so.1' };

/** The oldest glibc that the packaged binary runs on; scripts/build-static holds it to that. */
const GLIBC_FLOOR = '2.34';

/** Elsewhere: for a machine that the front does not run on. */
const ELSEWHERE = 'Run the front in its own container or on another machine, and connect to it with --socket or the '
  + 'option `socket`';

/**
 * Finds the front's binary: the one named, the one in RUNNER_SIDECAR_BINARY, the one that this package brings for this
 * platform, or the one built in the repository that this package stands in.
 *
 * @param {string} [named]
 * @returns {string} a path
 * @throws {Error} that says how to get one
 */
function findFrontBinary(named) {
  const chosen = named || process.env.RUNNER_SIDECAR_BINARY;
  if (chosen) {
    const trouble = whyNotExecutable(chosen);
    if (trouble === null) return chosen;
    throw new Error(`${NAME}: ${named ? 'options.binary' : 'RUNNER_SIDECAR_BINARY'} names ${chosen}, ${trouble}`);
  }
  const found = packagedBinary() ?? builtBinary();
  if (found !== null) return found;
  throw new Error(howToGetOne());
}

/** What keeps a file from being started, as the end of a sentence; null for nothing. @param {string} file */
function whyNotExecutable(file) {
  let mode;
  try {
    const stats = fs.statSync(file);
    if (!stats.isFile()) return 'which is not a file';
    ({ mode } = stats);
  } catch (error) {
    return error.code === 'ENOENT' ? 'which does not exist' : `which cannot be read: ${error.message}`;
  }
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return null;
  } catch {
    if ((mode & 0o111) === 0) return `which is not marked as executable: run \`chmod +x ${file}\``;
    return 'which may not be executed here: its file system is mounted noexec, or its permissions exclude this user. '
      + 'Copy it to where this user may execute it, and set RUNNER_SIDECAR_BINARY to the copy';
  }
}

/** One sentence for a machine that has no binary. */
function howToGetOne() {
  const here = platform();
  if (process.platform !== 'linux') {
    return `${NAME}: the front runs on Linux only, and this is ${process.platform}. ${ELSEWHERE}.`;
  }
  const build = `build it in a clone of the project with \`swift build -c release --product ${NAME}\`, and set `
    + `RUNNER_SIDECAR_BINARY to the clone's .build/release/${NAME}.`;
  if (!(here in LOADERS)) {
    return `${NAME}: the front is built for ${Object.keys(LOADERS).join(' and ')}, and this is ${here}. ${ELSEWHERE}, `
      + `or, where Swift runs, ${build}`;
  }
  return `${NAME}: this package has no front for ${here}. Install one that scripts/package-npm has made on such a `
    + `machine, or ${build}`;
}

const platform = () => `${process.platform}-${process.arch}`;

/** The binary in this package, when it has one for this platform: the very file that was packed. */
function packagedBinary() {
  const folder = path.join(__dirname, '..', 'native', platform());
  const binary = path.join(folder, NAME);
  if (!fs.existsSync(binary)) return null;
  const unfit = whyUnfit(LOADERS[platform()]);
  if (unfit !== null) throw new Error(`${NAME}: ${unfit} ${ELSEWHERE}.`);
  const trouble = whyNotExecutable(binary);
  if (trouble !== null) throw new Error(`${NAME}: the front is ${binary}, ${trouble}`);
  const packed = fs.readFileSync(path.join(folder, 'sha256'), 'utf8').trim();
  const actual = createHash('sha256').update(fs.readFileSync(binary)).digest('hex');
  if (packed !== actual) {
    throw new Error(`${NAME}: ${binary} is not the file that the package was published with; install it again`);
  }
  return binary;
}

/**
 * Why a program for glibc does not run on this system; null when nothing is known against it.
 * @param {string} loader
 * @param {string} [lddScript] tells glibc's version; small images do not have it
 */
function whyUnfit(loader, lddScript = '/usr/bin/ldd') {
  if (!fs.existsSync(loader)) {
    return `the front needs glibc ${GLIBC_FLOOR} or newer, and this system has none (Alpine Linux has musl instead). `
      + 'Use an image with glibc, such as node:22-bookworm-slim.';
  }
  let script;
  try {
    script = fs.readFileSync(lddScript, 'utf8');
  } catch {
    return null;
  }
  const version = /\bldd \([^)]*\) (\d+\.\d+)/.exec(script)?.[1];
  if (version === undefined || !isOlder(version, GLIBC_FLOOR)) return null;
  return `the front needs glibc ${GLIBC_FLOOR} or newer, and this system has ${version}.`;
}

/** @param {string} version @param {string} than */
function isOlder(version, than) {
  const [major, minor] = version.split('.').map(Number);
  const [thanMajor, thanMinor] = than.split('.').map(Number);
  return major !== thanMajor ? major < thanMajor : minor < thanMinor;
}

function builtBinary() {
  for (const configuration of ['release', 'debug']) {
    const binary = path.join(__dirname, '..', '..', '.build', configuration, NAME);
    if (whyNotExecutable(binary) === null) return binary;
  }
  return null;
}

module.exports = { findFrontBinary, whyUnfit, GLIBC_FLOOR };
