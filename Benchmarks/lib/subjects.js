'use strict';

/**
 * Who is measured. Each subject says how it is started and which of its processes are the front (HTTP) and which are
 * Node, so that their CPU can be told apart.
 *
 * @typedef {object} RunningSubject
 * @property {number} port
 * @property {{front: number[], node: number[]}} processes
 * @property {() => Promise<void>} stop
 *
 * @typedef {object} Subject
 * @property {string} id
 * @property {string} title
 * @property {() => string | undefined} missing why it cannot be measured here; undefined when it can
 * @property {Record<string, string>} [ownFaults] by a case's id: why it cannot be right there, whoever asks it
 * @property {(options: {directory: string, token?: string}) => Promise<RunningSubject>} start directory: for its
 *   sockets and files
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { start, startNode, isReady, freePort, freshPath, stopAll } = require('./children');
const { nginx, haproxy, passenger } = require('./peers');

const plain = {
  id: 'plain',
  title: 'plain Node http',
  missing: () => undefined,
  async start({ token }) {
    const port = await freePort();
    const server = startNode('plain.js', { LISTEN: String(port), TOKEN: token });
    await server.whenReady(isReady);
    return { port, processes: { front: [], node: [server.pid] }, stop: stopAll([server]) };
  },
};

const FLOOR_SOURCE = path.join(__dirname, '..', 'subjects', 'floor.c');
const NO_TASK = 'the floor has two fixed responses, and none for this case';

/** The least that any server can cost: a hundred lines of C, compiled where it is measured. */
const floor = {
  id: 'floor',
  title: 'floor (C, fixed response)',
  missing: () => (hasCompiler() ? undefined : 'cc is not installed'),
  ownFaults: Object.fromEntries([
    'new-connection', 'echo-1k', 'echo-16k', 'echo-256k', 'event', 'unauthorized', 'malformed',
  ].map((id) => [id, NO_TASK])),
  async start({ directory }) {
    const program = path.join(directory, 'floor');
    execFileSync('cc', ['-O2', '-o', program, FLOOR_SOURCE]);
    const port = await freePort();
    const server = start(program, [String(port)]);
    await server.whenReady(isReady);
    return { port, processes: { front: [server.pid], node: [] }, stop: stopAll([server]) };
  },
};

function hasCompiler() {
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** @param {string} binary the front's */
function sidecar(binary) {
  return {
    id: 'sidecar',
    title: 'sidecar',
    missing: () => (fs.existsSync(binary) ? undefined : `${binary} is not there: scripts/build-static`),
    start: ({ directory, token }) => startSidecar(binary, directory, (socket) => (
      startNode('sidecar-worker.js', { SOCKET: socket, TOKEN: token }))),
  };
}

/** @param {string} binary @param {string | undefined} bundle of @bluelibs/runner */
function sidecarWithRunner(binary, bundle) {
  return {
    id: 'sidecar-runner',
    title: 'sidecar, real runner',
    missing: () => (bundle ? sidecar(binary).missing() : NO_BUNDLE),
    start: ({ directory, token }) => startSidecar(binary, directory, (socket) => (
      startNode('runner-app.js', { RUNNER: path.resolve(bundle), SOCKET: socket, TOKEN: token }))),
  };
}

const NO_BUNDLE = 'no runner bundle was given: --runner PATH';

async function startSidecar(binary, directory, startWorker) {
  const socket = freshPath(directory, 'bridge');
  const [port, adminPort] = [await freePort(), await freePort()];
  const front = start(binary, [
    'serve', '--listen', `127.0.0.1:${port}`, '--admin', `127.0.0.1:${adminPort}`, '--socket', socket, '--loops', '1',
  ]);
  await front.whenReady(({ event }) => event === 'listening');
  const worker = startWorker(socket);
  await worker.whenReady(isReady);
  return { port, processes: { front: [front.pid], node: [worker.pid] }, stop: stopAll([front, worker]) };
}

/** @param {string | undefined} bundle of @bluelibs/runner */
function nodeExposure(bundle) {
  return {
    id: 'nodeexposure',
    title: 'nodeExposure',
    missing: () => (bundle ? undefined : NO_BUNDLE),
    ownFaults: {
      // readRequestBody of 4.8.6 listens to `data` with `once`.
      'echo-256k': 'nodeExposure 4.8.6 takes the first chunk of a body for all of it, and answers 400 to this one',
    },
    async start({ token }) {
      const port = await freePort();
      const server = startNode('runner-app.js', { RUNNER: path.resolve(bundle), PORT: String(port), TOKEN: token });
      await server.whenReady(isReady);
      return { port, processes: { front: [], node: [server.pid] }, stop: stopAll([server]) };
    },
  };
}

/**
 * @param {{front: string, runner?: string}} options
 * @returns {Subject[]}
 */
function allSubjects({ front, runner }) {
  return [
    sidecar(front), floor, plain, nginx, haproxy, passenger, nodeExposure(runner), sidecarWithRunner(front, runner),
  ];
}

module.exports = { allSubjects };
