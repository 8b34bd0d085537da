'use strict';

// An app to operate: quick tasks, slow ones, one that throws, one that shows what it was told of the request.
// Environment: SOCKET, RUNNER_SIDECAR_SHIM.
const { TunnelServer } = require(process.env.RUNNER_SIDECAR_SHIM);

const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

const TASKS = {
  add: ({ a, b }) => a + b,
  echo: (input) => input,
  fail: () => { throw new Error('this task always fails'); },
  wait: async ({ ms }) => { await pause(ms); return ms; },
  // A task that takes a second argument gets the request's head.
  headers: (input, { headers }) => headers,
};

async function main() {
  // What is no call reaches this: it reads the body, then shows the head it got, as tasks of `headers` do.
  const requestListener = (request, response) => {
    request.resume().once('end', () => {
      if (request.headers['x-answer-id']) response.setHeader('X-Request-Id', request.headers['x-answer-id']);
      response.end(JSON.stringify({ ok: true, result: request.headers }));
    });
  };
  const server = new TunnelServer({ socket: process.env.SOCKET, requestListener });
  for (const [id, run] of Object.entries(TASKS)) server.registerTask(id, run);
  server.registerEvent('happened', () => {});
  await server.listen();
  process.once('SIGTERM', async () => {
    await server.close();
    process.exit(0);
  });
  console.log('app ready');
}

main().catch((error) => { console.error(error); process.exit(1); });
