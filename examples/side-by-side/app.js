'use strict';

/**
 * One app, both servers: Node's own on 7070, the sidecar on 7071. Start it, then compare them:
 *
 *     node examples/side-by-side/app.js
 *     scripts/compare --requests examples/side-by-side/requests.jsonl
 */

const { TunnelServer } = require('../../node-shim');
const { createPlainServer } = require('./plain-server');
const app = require('./tasks');

async function main() {
  const host = '127.0.0.1';
  const plainPort = Number(process.env.PLAIN_PORT ?? 7070);
  const sidecarPort = Number(process.env.PORT ?? 7071);

  const plain = createPlainServer(app);
  await new Promise((resolve, reject) => plain.once('error', reject).listen(plainPort, host, resolve));

  const sidecar = new TunnelServer({ port: sidecarPort, host });
  for (const [id, run] of Object.entries(app.tasks)) sidecar.registerTask(id, run);
  for (const [id, run] of Object.entries(app.events)) sidecar.registerEvent(id, run);
  await sidecar.listen();

  console.log(`Node's own server: http://${host}:${plainPort}/__runner`);
  console.log(`the sidecar:       http://${host}:${sidecarPort}/__runner`);

  const stop = async () => {
    plain.close();
    plain.closeIdleConnections();
    await sidecar.close();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
