'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { ROOT, frontBinary } = require('../../Tests/support/project.js');
const { temporaryFolder } = require('../../Tests/support/temporary-folder.js');

/**
 * Who reads a document, and what they have when they begin: an ordinary user in an npm project into which the packages
 * were installed (README, migrating), so that their commands need `npx`; or an operator (operating, security) on a
 * machine with the front in PATH and a directory for its socket, as docs/operating.md says how to get both.
 */

/** `nobody`, where the tests run as root: a snippet must not need more than an ordinary user has. */
const ORDINARY_USER_ID = 65534;
const isRoot = process.getuid?.() === 0;

/** What starts a command as the reader. @returns {string[]} */
function asReader() {
  if (!isRoot) return [];
  const id = String(ORDINARY_USER_ID);
  return ['setpriv', `--reuid=${id}`, `--regid=${id}`, '--clear-groups'];
}

/** Gives a folder and what is in it to the reader. @param {string} folder */
function giveToReader(folder) {
  if (isRoot) execFileSync('chown', ['-R', `${ORDINARY_USER_ID}:${ORDINARY_USER_ID}`, folder]);
}

/** A private folder that the reader may enter. */
function openFolder() {
  const folder = temporaryFolder();
  fs.chmodSync(folder, 0o755);
  return folder;
}

/** @type {string | undefined} */
let installed;

/** The packages, packed and installed as README says, once: a `node_modules` for all sections. */
function installedModules() {
  if (installed !== undefined) return installed;
  const folder = openFolder();
  const packed = path.join(folder, 'npm');
  const quiet = { stdio: /** @type {const} */ ('pipe'), cwd: folder, timeout: 120_000 };
  execFileSync(path.join(ROOT, 'scripts', 'package-npm'), ['--binary', frontBinary(), packed], quiet);
  fs.writeFileSync(path.join(folder, 'package.json'), '{"name":"app","version":"1.0.0","private":true}\n');
  const files = fs.readdirSync(packed).filter((file) => file.endsWith('.tgz')).map((file) => path.join(packed, file));
  // No registry is asked: the packages depend on none.
  execFileSync('npm', ['install', '--registry', 'http://127.0.0.1:9/', '--no-audit', '--no-fund', ...files], quiet);
  installed = path.join(folder, 'node_modules');
  return installed;
}

/**
 * Puts the installed packages into a project of its own, which may add others beside them.
 * @param {string} folder
 */
function installInto(folder) {
  const modules = path.join(folder, 'node_modules');
  fs.mkdirSync(modules);
  for (const name of fs.readdirSync(installedModules())) {
    fs.symlinkSync(path.join(installedModules(), name), path.join(modules, name));
  }
  fs.writeFileSync(path.join(folder, 'package.json'), '{"name":"app","version":"1.0.0","private":true}\n');
}

/** A folder for PATH with the commands that an operator has installed. */
function operatorsCommands() {
  const bin = openFolder();
  fs.symlinkSync(frontBinary(), path.join(bin, 'runner-sidecar'));
  fs.symlinkSync(
    path.join(installedModules(), '.bin', 'runner-sidecar-shim'), path.join(bin, 'runner-sidecar-shim'),
  );
  return bin;
}

module.exports = { asReader, giveToReader, openFolder, installInto, operatorsCommands };
