'use strict';

/** Is the address that clients use the front's? */

const net = require('node:net');
const { hostAndPort } = require('./address');

const LIMIT_MILLISECONDS = 3_000;

/** @param {import('.').Subject} subject @returns {Promise<import('.').Finding>} */
async function checkListen({ listen = '127.0.0.1:7071', running }) {
  if (/^(?:unix:|systemd)/.test(listen)) return { state: 'skipped', text: `${listen} is not a port` };
  if (listen.endsWith(':0')) return { state: 'skipped', text: `${listen} takes any free port` };
  let trouble;
  try {
    trouble = await connect(hostAndPort(listen));
  } catch (error) {
    return { state: 'wrong', text: error.message, remedy: 'Name it with --listen' };
  }
  if (running !== null) {
    if (trouble === null) return { state: 'ok', text: `${listen} takes connections` };
    return {
      state: 'wrong', text: `${listen} takes no connection (${trouble}), although a front runs`,
      remedy: 'It is stopping, or it listens elsewhere: see "listening" in its log',
    };
  }
  if (trouble === 'ECONNREFUSED') return { state: 'ok', text: `${listen} is free` };
  if (trouble !== null) return { state: 'wrong', text: `${listen} cannot be reached: ${trouble}` };
  return {
    state: 'wrong', text: `${listen} is taken, and not known to be a front's`,
    remedy: `See who has it (ss --listening --tcp --processes), or serve elsewhere with --listen`,
  };
}

/** @returns {Promise<string | null>} the error's code, null when the connection came about */
function connect(to) {
  return new Promise((resolve) => {
    const socket = net.connect({ ...to, timeout: LIMIT_MILLISECONDS });
    const settle = (result) => { socket.destroy(); resolve(result); };
    socket.once('connect', () => settle(null));
    socket.once('error', (error) => settle(/** @type {NodeJS.ErrnoException} */ (error).code ?? error.message));
    socket.once('timeout', () => settle('no answer in time'));
  });
}

module.exports = { checkListen };
