'use strict';

/**
 * Plain `http.createServer` doing the same job. LISTEN: a port or a socket path (Passenger puts its own in place).
 * TOKEN: the token asked for, if any. PID_FILE: written with this process's id once it listens.
 */

const fs = require('node:fs');
const { createPlainServer } = require('../../examples/side-by-side/plain-server');
const { app, ready } = require('./common');

const server = createPlainServer(app, { token: process.env.TOKEN });
// Idle connections are measured for longer than Node's 5 seconds.
server.keepAliveTimeout = 120_000;
const listen = process.env.LISTEN;
const where = /^\d+$/.test(listen) ? { port: Number(listen), host: '127.0.0.1' } : { path: listen };
server.listen({ ...where, backlog: 1024 }, () => {
  if (process.env.PID_FILE) fs.writeFileSync(process.env.PID_FILE, String(process.pid));
  ready();
});
