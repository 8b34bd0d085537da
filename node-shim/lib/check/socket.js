'use strict';

/** Can a worker that runs as this user, on this machine or in this container, reach the front's Unix socket? */

const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

const LIMIT_MILLISECONDS = 3_000;
/** How long a front that refuses takes to say so; one that does not waits for the worker to speak first. */
const REFUSAL_MILLISECONDS = 300;
/** Of sun_path, without the closing zero: see unix(7). */
const PATH_BYTES_MAX = 107;

/** @param {import('.').Subject} subject @returns {Promise<import('.').Finding>} */
async function checkSocket({ socket, running }) {
  if (!socket) {
    return running === null
      ? { state: 'wrong', text: 'which socket is not known', remedy: 'Name it with --socket PATH' }
      : { state: 'ok', text: 'none: the front was started by its app, over an inherited descriptor' };
  }
  const bytes = Buffer.byteLength(socket);
  if (bytes > PATH_BYTES_MAX) {
    return { state: 'wrong', text: `${socket} has ${bytes} bytes, and a socket's path at most ${PATH_BYTES_MAX}` };
  }
  return onDisk(socket) ?? fromConnection(socket, await connect(socket));
}

/**
 * What the file system has against it.
 * @param {string} socket
 * @returns {import('.').Finding | null}
 */
function onDisk(socket) {
  const { username, uid, gid } = os.userInfo();
  const user = `${username} (uid ${uid}, gid ${gid})`;
  try {
    if (!fs.statSync(socket).isSocket()) {
      return {
        state: 'wrong', text: `${socket} exists and is not a socket`,
        remedy: 'Move that file away, or give front and workers another --socket',
      };
    }
  } catch (error) {
    return absent(socket, error, user);
  }
  try {
    fs.accessSync(socket, fs.constants.R_OK | fs.constants.W_OK);
    return null;
  } catch {
    const { mode, uid: owner, gid: group } = fs.statSync(socket);
    const permissions = (mode & 0o777).toString(8).padStart(4, '0');
    return {
      state: 'wrong', text: `${user} may not use ${socket}: mode ${permissions}, uid ${owner}, gid ${group}`,
      remedy: `Run the app with gid ${group}, or start the front with --socket-group and --socket-mode 0660`,
    };
  }
}

/** @returns {import('.').Finding} */
function absent(socket, error, user) {
  const folder = path.dirname(socket);
  if (error.code === 'EACCES') {
    const remedy = 'The folder needs permission x for a group of the app';
    return { state: 'wrong', text: `${user} may not enter ${folder}`, remedy };
  }
  if (!fs.existsSync(folder)) {
    return {
      state: 'wrong', text: `the folder ${folder} does not exist`,
      remedy: `Create it for the front's user: install -d -m 0750 -o USER -g GROUP ${folder}`,
    };
  }
  return {
    state: 'wrong', text: `${socket} does not exist`,
    remedy: 'The front makes it when it starts. In containers, both must mount the same volume there',
  };
}

/**
 * @param {string} socket @param {{ code?: string, refusal?: string }} result
 * @returns {import('.').Finding}
 */
function fromConnection(socket, { code, refusal }) {
  if (refusal !== undefined) return { state: 'wrong', text: `the front refuses: ${refusal}` };
  if (code === undefined) return { state: 'ok', text: `${socket} takes this user's connections` };
  if (code === 'ECONNREFUSED') {
    return {
      state: 'wrong', text: `${socket} was left by a front that does not run any more`,
      remedy: 'Start the front: it takes the file over',
    };
  }
  return { state: 'wrong', text: `${socket} takes no connection: ${code}` };
}

/** @returns {Promise<{ code?: string, refusal?: string }>} nothing when the front lets this process in */
function connect(path) {
  return new Promise((resolve) => {
    const socket = net.connect({ path, timeout: LIMIT_MILLISECONDS });
    const settle = (result) => { socket.destroy(); resolve(result); };
    let text = '';
    socket.once('connect', () => setTimeout(() => settle({}), REFUSAL_MILLISECONDS));
    socket.on('data', (bytes) => {
      text += bytes.toString('utf8');
      const reason = /"reason":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
      if (reason !== undefined) settle({ refusal: JSON.parse(`"${reason}"`) });
    });
    socket.once('close', () => settle({ code: 'it was closed at once' }));
    socket.once('error', (error) => settle({ code: /** @type {NodeJS.ErrnoException} */ (error).code }));
    socket.once('timeout', () => settle({ code: 'no answer in time' }));
  });
}

module.exports = { checkSocket };
