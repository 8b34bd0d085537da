'use strict';

/**
 * What else stands in front of Node: two reverse proxies on a Unix socket, and an application server. Each with one
 * thread for HTTP where it lets itself be told, as the sidecar has one loop; connections to Node kept open; nothing
 * logged.
 */

const fs = require('node:fs');
const path = require('node:path');
const { has } = require('../../compare/measure/load');
const { tree, listeningOn } = require('../../compare/measure/processes');
const { start, startNode, isReady, freePort, freshPath, stopAll, accepting, SUBJECTS } = require('./children');

/** Debian keeps daemons out of a user's PATH. */
const programOf = (name) => (has(name) ? name : `/usr/sbin/${name}`);
const missing = (name, debianPackage = name) => () => (
  has(name) || fs.existsSync(`/usr/sbin/${name}`) ? undefined : `not installed (Debian: ${debianPackage})`);

/** A proxy in front of plain Node http on a Unix socket. */
function proxy({ id, title, configure, args }) {
  return {
    id,
    title,
    missing: missing(id),
    async start({ directory, token }) {
      const port = await freePort();
      const socket = freshPath(directory, `${id}-upstream`);
      const server = startNode('plain.js', { LISTEN: socket, TOKEN: token });
      await server.whenReady(isReady);
      const file = path.join(directory, `${id}.conf`);
      fs.writeFileSync(file, configure({ port, socket, directory }));
      const front = start(programOf(id), args(file, directory));
      await accepting(port).catch(async (error) => {
        await stopAll([front, server])();
        throw error;
      });
      return { port, processes: { front: tree(front.pid), node: [server.pid] }, stop: stopAll([front, server]) };
    },
  };
}

const nginx = proxy({
  id: 'nginx',
  title: 'nginx before Node',
  args: (file, directory) => ['-c', file, '-p', directory, '-e', 'stderr'],
  configure({ port, socket, directory }) {
    // Started by root, nginx would leave its worker to a user who may not enter our directory.
    const user = process.getuid() === 0 ? 'user root;' : '';
    return `${user} daemon off; worker_processes 1; worker_rlimit_nofile 20000;
pid ${directory}/nginx.pid; error_log stderr crit;
events { worker_connections 16000; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 120s; client_max_body_size 8m;
  client_body_buffer_size 1m; client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi; uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
  upstream app { server unix:${socket}; keepalive 512; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_pass http://app; proxy_http_version 1.1; proxy_buffers 16 32k;
      proxy_set_header Connection ""; proxy_set_header Host $http_host;
    }
  }
}
`;
  },
});

const haproxy = proxy({
  id: 'haproxy',
  title: 'HAProxy before Node',
  args: (file) => ['-db', '-f', file],
  configure: ({ port, socket }) => `global
  maxconn 12000
  # It would want two descriptors for each, and not start where it may not have them.
  no strict-limits
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 120s
  timeout server 120s
  option http-keep-alive
  http-reuse always
frontend client
  bind 127.0.0.1:${port} backlog 1024
  default_backend app
backend app
  server node unix@${socket}
`,
});

/** It starts Node itself, and keeps what it takes from its environment from it: the app tells its pid by a file. */
const passenger = {
  id: 'passenger',
  title: 'Passenger',
  missing: missing('passenger'),
  async start({ directory, token }) {
    const port = await freePort();
    const name = freshPath(directory, 'passenger');
    const file = (suffix) => `${name}.${suffix}`;
    const front = start('passenger', [
      'start', '--app-type', 'node', '--startup-file', 'plain.js', '--nodejs', process.execPath,
      '--engine', 'builtin', '--environment', 'production', '--address', '127.0.0.1', '--port', String(port),
      '--max-pool-size', '1', '--min-instances', '1', '--disable-turbocaching',
      '--disable-security-update-check', '--disable-anonymous-telemetry',
      '--log-file', file('log'), '--pid-file', file('pid'),
    ], { cwd: SUBJECTS, env: { LISTEN: 'passenger', TOKEN: token, PID_FILE: file('app-pid') } });
    try {
      await accepting(port);
      const node = Number(await contentOf(file('app-pid')));
      return { port, processes: { front: listeningOn(port), node: [node] }, stop: stopAll([front]) };
    } catch (error) {
      await front.stop();
      throw error;
    }
  },
};

async function contentOf(file) {
  for (let left = 200; left > 0; left -= 1) {
    const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
    if (text !== '') return text;
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  throw new Error('the app behind Passenger did not start');
}

module.exports = { nginx, haproxy, passenger };
