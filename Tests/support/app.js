'use strict';

const path = require('node:path');
const { TestProcess } = require('./child-process.js');
const { shimFolder } = require('./project.js');

/**
 * Starts a Node app that serves through the shim and says `app ready` on its standard output.
 * @param {string} file
 * @param {{ socket: string, env?: NodeJS.ProcessEnv, nodeOptions?: string[], waitsForReady?: boolean }} settings
 * @returns {Promise<TestProcess>}
 */
async function startApp(file, { socket, env = {}, nodeOptions = [], waitsForReady = true }) {
  const child = new TestProcess(`app ${path.basename(file)}`, process.execPath, [...nodeOptions, file], {
    env: { SOCKET: socket, RUNNER_SIDECAR_SHIM: shimFolder(), ...env },
  });
  if (waitsForReady) {
    await child.line((line) => (line.startsWith('app ready') ? true : undefined)).catch(async (error) => {
      await child.stop();
      throw error;
    });
  }
  return child;
}

module.exports = { startApp };
