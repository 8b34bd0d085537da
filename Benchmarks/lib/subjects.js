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

/**
 * @param {string} binary
 * @param {string | undefined} bundle of @bluelibs/runner
 * @param {Partial<Subject>} [named] what tells a newer release's subject from 4.8's
 * @returns {Subject}
 */
function sidecarWithRunner(binary, bundle, named = {}) {
  return {
    id: 'sidecar-runner',
    title: 'sidecar, real runner',
    ...named,
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

/**
 * The runner's own server.
 * @param {string | undefined} bundle of @bluelibs/runner
 * @param {Partial<Subject>} [named]
 * @returns {Subject}
 */
function nodeExposure(bundle, named = {}) {
  return {
    id: 'nodeexposure',
    title: 'nodeExposure',
    ownFaults: {
      // readRequestBody of 4.8.6 listens to `data` with `once`.
      'echo-256k': 'nodeExposure 4.8.6 takes the first chunk of a body for all of it, and answers 400 to this one',
    },
    ...named,
    missing: () => (bundle ? undefined : NO_BUNDLE),
    async start({ token }) {
      const port = await freePort();
      const server = startNode('runner-app.js', { RUNNER: path.resolve(bundle), PORT: String(port), TOKEN: token });
      await server.whenReady(isReady);
      return { port, processes: { front: [], node: [server.pid] }, stop: stopAll([server]) };
    },
  };
}

/** What the cases expect is what 4.8 answers. */
const NEWER = {
  'not-found': 'from 5.0 on this is answered 403',
  malformed: 'from 5.0 on this is answered in other words',
};

/**
 * @param {{front: string, runner?: string, runner5?: string, runner6?: string}} options the front's binary, and bundles
 *   of 4.8, 5.x and 6.x
 * @returns {Subject[]}
 */
function allSubjects({ front, runner, runner5, runner6 }) {
  return [
    sidecar(front), floor, plain, nginx, haproxy, passenger, nodeExposure(runner), sidecarWithRunner(front, runner),
    nodeExposure(runner5, { id: 'nodeexposure-5', title: 'nodeExposure of 5.x', ownFaults: NEWER }),
    sidecarWithRunner(front, runner5, { id: 'sidecar-5', title: 'sidecar, real runner 5.x', ownFaults: NEWER }),
    nodeExposure(runner6, { id: 'lanes-6', title: 'rpcLanesResource of 6.x', ownFaults: NEWER }),
    sidecarWithRunner(front, runner6, { id: 'sidecar-6', title: 'sidecar, real runner 6.x', ownFaults: NEWER }),
  ];
}

module.exports = { allSubjects };
