'use strict';

/** Plain `http.createServer` doing the same job. LISTEN: a port or a socket path. TOKEN: the token asked for, if any. */

const { createPlainServer } = require('../../examples/side-by-side/plain-server');
const { app, ready } = require('./common');

const server = createPlainServer(app, { token: process.env.TOKEN });
// Idle connections are measured for longer than Node's 5 seconds.
server.keepAliveTimeout = 120_000;
const listen = process.env.LISTEN;
server.listen(/^\d+$/.test(listen) ? { port: Number(listen), host: '127.0.0.1', backlog: 1024 } : { path: listen, backlog: 1024 }, ready);
