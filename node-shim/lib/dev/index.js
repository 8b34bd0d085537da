'use strict';

/**
 * `runner-sidecar dev app.js`: a front and the app behind it, in view, for writing the app. Node's own `--watch`
 * restarts the app when one of its files changes; the front stays and holds the calls that come meanwhile.
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const { parseArgs } = require('node:util');
const { fallbackReason } = require('../fallback');
const { findFrontBinary } = require('../front-binary');

const HELP = `Starts a front and an app for development, and restarts the app when one of its files changes.

  runner-sidecar dev APP [--port N] [--admin-port N]

  APP             a module that exports what run(app) returns, as for runner-sidecar-shim
  --port N        where to send calls (7071)
  --admin-port N  where the status page is (7072)

  An app that calls serve() or TunnelServer by itself needs no such command: node --watch app.js
`;

/** The front has to leave within this many milliseconds of being told to. */
const STOP_MILLISECONDS = 5_000;

/** @param {string[]} argv what follows `dev` @returns {Promise<number>} the exit code */
async function main(argv) {
  let settings;
  try {
    settings = readSettings(argv);
  } catch (error) {
    process.stderr.write(`runner-sidecar: dev: ${error.message}\n`);
    return 2;
  }
  if (settings === null) {
    process.stdout.write(HELP);
    return 0;
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'runner-sidecar-dev-'));
  try {
    return await run(settings, path.join(folder, 'bridge.sock'));
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    return 1;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns {{ app: string, port: number, adminPort: number } | null} null: it was only asked for help */
function readSettings(argv) {
  const { values, positionals } = parseArgs({
    args: argv, allowPositionals: true,
    options: {
      port: { type: 'string', default: '7071' }, 'admin-port': { type: 'string', default: '7072' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return null;
  const port = (name) => {
    const number = Number(values[name]);
    if (!Number.isInteger(number) || number < 1 || number > 65535) {
      throw new Error(`--${name} takes a port from 1 to 65535, not ${values[name]}`);
    }
    return number;
  };
  if (positionals.length !== 1) throw new Error('name one app: runner-sidecar dev app.js');
  const app = path.resolve(positionals[0]);
  if (!fs.existsSync(app)) throw new Error(`${app} does not exist`);
  return { app, port: port('port'), adminPort: port('admin-port') };
}

/**
 * @param {{ app: string, port: number, adminPort: number }} settings
 * @param {string} socket
 * @returns {Promise<number>} once either has ended, or a signal has come
 */
async function run({ app, port, adminPort }, socket) {
  if (fallbackReason(undefined) !== null) return runWithoutFront({ app, port });
  // In a process group of its own: Ctrl-C would reach it beside the signal from here, and a second cuts calls short.
  const front = spawn(findFrontBinary(), [
    'serve', '--listen', `127.0.0.1:${port}`, '--admin', `127.0.0.1:${adminPort}`, '--socket', socket,
    '--exit-with-parent', '--log-level', 'warning',
  ], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const frontEnd = ended(front);
  const isListening = new Promise((resolve) => {
    readline.createInterface({ input: front.stdout }).on('line', (line) => {
      if (line.includes('"event":"listening"')) resolve(true);
    });
  });
  // It has said why on standard error.
  if (!await Promise.race([isListening, frontEnd.then(() => false)])) return 1;

  const watched = watch({ app, socket, port, adminPort });
  const appEnd = ended(watched);
  let signalled;
  const signal = new Promise((resolve) => {
    for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(name, () => resolve(name));
  }).then((name) => { signalled = name; });
  await Promise.race([signal, frontEnd, appEnd]);
  for (const child of [watched, front]) child.kill('SIGTERM');
  const timer = setTimeout(() => { for (const child of [watched, front]) child.kill('SIGKILL'); }, STOP_MILLISECONDS);
  await Promise.all([frontEnd, appEnd]);
  clearTimeout(timer);
  return signalled === undefined ? 1 : 0;
}

/** Where the front does not run: the app serves itself, and says so. */
async function runWithoutFront({ app, port }) {
  const watched = watch({ app, port });
  const appEnd = ended(watched);
  const stop = () => watched.kill('SIGTERM');
  let signalled = false;
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.on(name, () => {
      signalled = true;
      stop();
      setTimeout(() => watched.kill('SIGKILL'), STOP_MILLISECONDS).unref();
    });
  }
  await appEnd;
  return signalled ? 0 : 1;
}

/** Starts the app's half, app.js, and again at each change. */
function watch(settings) {
  return spawn(process.execPath, ['--watch', '--watch-preserve-output', path.join(__dirname, 'app.js')], {
    stdio: 'inherit',
    env: { ...process.env, RUNNER_SIDECAR_DEV: JSON.stringify(settings) },
  });
}

/** @param {import('node:child_process').ChildProcess} child */
const ended = (child) => new Promise((resolve) => {
  child.once('exit', resolve).once('error', (error) => {
    process.stderr.write(`runner-sidecar: dev: ${error.message}\n`);
    resolve(null);
  });
});

module.exports = { main };
