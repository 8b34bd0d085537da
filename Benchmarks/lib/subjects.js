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
 * @property {(options: {directory: string, token?: string}) => Promise<RunningSubject>} start directory: for its sockets and files
 */

const fs = require('node:fs');
const path = require('node:path');
const { has } = require('../../node-shim/lib/measure/load');
const { tree } = require('../../node-shim/lib/measure/processes');
const { start, freePort, accepting } = require('./children');

const SUBJECTS = path.join(__dirname, '..', 'subjects');

const isReady = ({ event }) => event === 'ready';

function node(script, env) {
  return start(process.execPath, ['--expose-gc', path.join(SUBJECTS, script)], { env });
}

/** A subject may be started several times in one run, and a socket file outlives its process. */
let paths = 0;
const freshPath = (directory, name) => path.join(directory, `${name}-${(paths += 1)}.sock`);

const stopAll = (children) => async () => { await Promise.all(children.map((child) => child.stop())); };

const plain = {
  id: 'plain',
  title: 'plain Node http',
  missing: () => undefined,
  async start({ token }) {
    const port = await freePort();
    const server = node('plain.js', { LISTEN: String(port), TOKEN: token });
    await server.whenReady(isReady);
    return { port, processes: { front: [], node: [server.pid] }, stop: stopAll([server]) };
  },
};

const nginx = {
  id: 'nginx',
  title: 'nginx before Node',
  missing: () => (has('nginx') || fs.existsSync('/usr/sbin/nginx') ? undefined : 'nginx is not installed'),
  async start({ directory, token }) {
    const port = await freePort();
    const socket = freshPath(directory, 'nginx-upstream');
    const server = node('plain.js', { LISTEN: socket, TOKEN: token });
    await server.whenReady(isReady);
    const configuration = path.join(directory, 'nginx.conf');
    fs.writeFileSync(configuration, nginxConfiguration({ port, socket, directory }));
    const front = start(has('nginx') ? 'nginx' : '/usr/sbin/nginx', ['-c', configuration, '-p', directory, '-e', 'stderr']);
    await accepting(port);
    return { port, processes: { front: tree(front.pid), node: [server.pid] }, stop: stopAll([front, server]) };
  },
};

/**
 * One worker, as the sidecar has one loop; connections to Node kept open; nothing logged, nothing limited. Started by
 * root, nginx would leave its worker to a user who may not enter our directory.
 */
function nginxConfiguration({ port, socket, directory }) {
  const user = process.getuid() === 0 ? 'user root;' : '';
  return `${user} daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid ${directory}/nginx.pid; error_log stderr crit;
events { worker_connections 16000; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 120s; client_max_body_size 8m;
  client_body_buffer_size 1m; client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi; uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
  upstream app { server unix:${socket}; keepalive 512; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host; proxy_buffers 16 32k; }
  }
}
`;
}

/** @param {string} binary the front's */
function sidecar(binary) {
  return {
    id: 'sidecar',
    title: 'sidecar',
    missing: () => (fs.existsSync(binary) ? undefined : `${binary} is not there: scripts/build-static`),
    start: ({ directory, token }) => startSidecar(binary, directory, (socket) => node('sidecar-worker.js', { SOCKET: socket, TOKEN: token })),
  };
}

/** @param {string} binary @param {string | undefined} bundle of @bluelibs/runner */
function sidecarWithRunner(binary, bundle) {
  return {
    id: 'sidecar-runner',
    title: 'sidecar, real runner',
    missing: () => (bundle ? sidecar(binary).missing() : 'no runner bundle was given: --runner PATH'),
    start: ({ directory, token }) => startSidecar(binary, directory, (socket) => node('runner-app.js', { RUNNER: path.resolve(bundle), SOCKET: socket, TOKEN: token })),
  };
}

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
    missing: () => (bundle ? undefined : 'no runner bundle was given: --runner PATH'),
    async start({ token }) {
      const port = await freePort();
      const server = node('runner-app.js', { RUNNER: path.resolve(bundle), PORT: String(port), TOKEN: token });
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
  return [sidecar(front), plain, nginx, nodeExposure(runner), sidecarWithRunner(front, runner)];
}

module.exports = { allSubjects };
