'use strict';

// An app whose own handlers insist on what the app was configured with, as nodeExposure's do: their base path, their
// token, their origin. Environment: SOCKET, RUNNER_SIDECAR_SHIM, TOKENS (JSON).
const { TunnelServer } = require(process.env.RUNNER_SIDECAR_SHIM);

const token = JSON.parse(process.env.TOKENS || '"old"');
const ORIGIN = 'https://old.example';

/** What takes uploads and raw bodies. */
function ownHandlers(req, res) {
  res.setHeader('Access-Control-Allow-Origin', ORIGIN);
  const end = (status) => req.resume().on('end', () => { res.writeHead(status).end(`own ${status}`); });
  if (!req.url.startsWith('/__runner/')) return end(404);
  return end(req.headers['x-runner-token'] === [token].flat()[0] ? 200 : 401);
}

const server = new TunnelServer({
  socket: process.env.SOCKET, basePath: '/__runner', auth: { token }, cors: { origin: ORIGIN },
  requestListener: ownHandlers,
});
server.registerTask('task', () => 1);
server.registerEvent('event', () => {});
server.listen().then(() => console.log('app ready'));
