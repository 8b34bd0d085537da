'use strict';

/**
 * Where the front does not run (macOS, Windows), a developer's machine can still serve the app: with `node:http` in
 * this process, answering what the front would. Never by surprise: on Linux it takes RUNNER_SIDECAR_FALLBACK, elsewhere
 * it says so in one line.
 */

const http = require('node:http');
const { once } = require('node:events');
const { findFrontBinary } = require('../front-binary');
const { makeListener } = require('./listener');

const MODES = ['off', 'warn', 'on'];

/**
 * Whether the app is to be served without a front, and why.
 *
 * @param {string | undefined} binary the one that the app names
 * @returns {string | null} the reason; null: there is a front, or its absence is an error
 * @throws {Error} when the mode is none
 */
function fallbackReason(binary, { env = process.env, platform = process.platform, find = findFrontBinary } = {}) {
  const mode = env.RUNNER_SIDECAR_FALLBACK || (platform === 'linux' ? 'off' : 'warn');
  if (!MODES.includes(mode)) {
    throw new Error(`runner-sidecar: RUNNER_SIDECAR_FALLBACK takes ${MODES.join(', ')}; not ${mode}`);
  }
  // A binary that is named is meant.
  if (mode === 'off' || binary) return null;
  if (mode === 'on') return 'RUNNER_SIDECAR_FALLBACK=on';
  if (env.RUNNER_SIDECAR_BINARY) return null;
  try {
    find();
    return null;
  } catch (error) {
    return error.message.replace(/^runner-sidecar: /, '');
  }
}

/**
 * Serves an app with `node:http`.
 *
 * @param {import('../app').App} app
 * @param {{ host?: string, port?: number }} settings
 * @param {string} reason
 * @returns {Promise<{ address: { address: string, port: number }, stop(deadlineMilliseconds: number): Promise<void> }>}
 */
async function startFallback(app, { host = '127.0.0.1', port = 7071 }, reason) {
  const server = http.createServer(makeListener(app));
  server.listen(port, host);
  await once(server, 'listening');
  const { address, port: actual } = /** @type {import('node:net').AddressInfo} */ (server.address());
  app.log('warn', 'runner-sidecar: serving with node:http in this process, without a front: for development only. '
    + 'RUNNER_SIDECAR_FALLBACK=off makes this an error', { reason, port: actual });
  return { address: { address, port: actual }, stop: (deadlineMilliseconds) => stop(server, deadlineMilliseconds) };
}

/** Lets what runs finish, for so long. @param {http.Server} server @param {number} deadlineMilliseconds */
async function stop(server, deadlineMilliseconds) {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), deadlineMilliseconds);
  await closed;
  clearTimeout(timer);
}

module.exports = { fallbackReason, startFallback };
