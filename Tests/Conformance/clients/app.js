'use strict';

// An app with the tasks and events that the recorded clients call. Each says what reached it, so that a test can see
// that the clients' bytes arrived as meant. Environment: SOCKET, RUNNER_SIDECAR_SHIM.
const { serve } = require(process.env.RUNNER_SIDECAR_SHIM);

const arrived = (input) => ({ arrived: input === undefined ? 'nothing' : input });
const TASKS = ['app.tasks.add', 'app/tasks ünï', 't'];
const EVENTS = ['app.events.notify', 'e'];
const seen = [];

const serializer = { parse: JSON.parse, stringify: JSON.stringify };
/** With the marks of 4.8 that the shim knows a store by. */
const store = {
  tasks: new Map([
    ...TASKS.map((id) => [id, { task: { id, run: async (input) => arrived(input) } }]),
    ['seen', { task: { id: 'seen', run: async () => seen.splice(0) } }],
  ]),
  events: new Map(EVENTS.map((id) => [id, { event: { id } }])),
  errors: new Map(),
  asyncContexts: new Map(),
  resources: new Map([['globals.resources.serializer', { resource: {}, value: serializer }]]),
  tags: new Map([['globals.tags.tunnel', {}]]),
};

/** Bodies that a task reads itself (multipart, octet-stream): this says how many bytes came, and which. */
async function requestListener(req, res) {
  const parts = [];
  for await (const part of req) parts.push(part);
  const body = Buffer.concat(parts);
  const text = JSON.stringify({
    ok: true, result: { received: body.toString('base64'), method: req.method, rawHeaders: req.rawHeaders },
  });
  res.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) });
  res.end(text);
}

serve({
  store,
  taskRunner: { run: async (task, input) => task.run(input) },
  eventManager: { emit: async (event, payload) => { seen.push({ id: event.id, ...arrived(payload) }); } },
  serializer,
  logger: { error() {}, warn() {}, info() {}, debug() {} },
}, {
  socket: process.env.SOCKET,
  http: { basePath: '/__runner', auth: { token: 's3cret' } },
  requestListener,
}).then(() => console.log('app ready'), (error) => { console.error(error); process.exit(1); });
