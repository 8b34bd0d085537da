'use strict';

/**
 * The Node half of the sidecar with an app of plain functions. SOCKET: the front's. TOKEN: the token asked for, if any.
 */

const { TunnelServer } = require('../../node-shim');
const { app, ready } = require('./common');

async function main() {
  const { SOCKET: socket, TOKEN: token } = process.env;
  const server = new TunnelServer({ socket, ...(token && { auth: { token } }) });
  for (const [id, run] of Object.entries(app.tasks)) server.registerTask(id, run);
  for (const [id, run] of Object.entries(app.events)) server.registerEvent(id, run);
  await server.listen();
  ready();
}

main();
