'use strict';

/** Is the front's program here, is it this package's, and are its settings in order? */

const { spawnSync } = require('node:child_process');
const { findFrontBinary } = require('../front-binary');

const LIMIT_MILLISECONDS = 10_000;

/** @param {import('.').Subject} subject @returns {import('.').Finding} */
function checkBinary(subject) {
  try {
    subject.binary = findFrontBinary();
  } catch (error) {
    const text = error.message.replace(/^runner-sidecar: /, '');
    // Where only the app runs, the front is in another container: what follows tells whether it works.
    return { state: 'skipped', text: `not here: ${text}` };
  }
  const { status, stdout, stderr, error } = run(subject.binary, ['--version']);
  if (status !== 0) {
    const reason = (stderr || error?.message || `it ended with ${status}`).trim();
    return { state: 'wrong', text: `${subject.binary} does not run: ${reason}` };
  }
  const found = stdout.trim().split(' ').pop();
  if (found === subject.version) return { state: 'ok', text: `${subject.binary}, ${found}` };
  return {
    state: 'wrong', text: `${subject.binary} is ${found}, and this package is ${subject.version}`,
    remedy: 'Install both from one release, or unset RUNNER_SIDECAR_BINARY',
  };
}

/** @param {import('.').Subject} subject @returns {import('.').Finding} */
function checkSettings({ binary, config, socket, listen, admin }) {
  if (binary === null) return { state: 'skipped', text: 'the front checks them itself when it starts' };
  const flags = [['--config', config], ['--socket', socket], ['--listen', listen], ['--admin', admin]];
  // Without a socket there would be nothing to serve; where none is named, the running front says which it has.
  const given = flags.flatMap(([flag, value]) => (value ? [flag, value] : []));
  if (!socket && !config) given.push('--socket', '/run/runner-sidecar/bridge.sock');
  const { status, stderr } = run(binary, ['check-config', ...given]);
  if (status === 0) return { state: 'ok', text: config ? `${config} and the environment` : 'of the environment' };
  const problems = stderr.split('\n').filter((line) => line && !line.startsWith('Try '));
  return { state: 'wrong', text: problems.join('\n            ').replaceAll('runner-sidecar: ', '') };
}

function run(binary, args) {
  return spawnSync(binary, args, { encoding: 'utf8', timeout: LIMIT_MILLISECONDS });
}

module.exports = { checkBinary, checkSettings };
