'use strict';

// One app for every release of the runner, served twice in one process: by its own exposure's handlers on a port of
// their own, and by the shim. What the two answer must be the same. Environment: SOCKET, RUNNER (a bundle, or a
// stand-in), RUNNER_SIDECAR_SHIM, HTTP (options of the exposure, JSON), TUNNEL (none, list or predicate; up to 5.x).
const http = require('node:http');
const { Readable } = require('node:stream');
const { serve } = require(process.env.RUNNER_SIDECAR_SHIM);
const { exposed } = require('./exposed.js');
// Last: bundles of 6.0 and 6.1 freeze Node's table of modules when they are loaded.
const runner = require(process.env.RUNNER);

const { r, run } = runner;
const isLanes = runner.rpcLanesResource !== undefined;
/** 6.x makes the canonical id from the owner and the kind. */
const idOf = (kind, name) => (isLanes ? name : `app.${kind}.${name}`);

const useRequest = runner.useRpcLaneRequestContext || runner.useExposureContext;
const tenant = isLanes || !runner.r.asyncContext
  ? r.asyncContext('tenant').build() : r.asyncContext('app.asyncContexts.tenant').build();
const quota = r.error(idOf('errors', 'quota')).format((data) => `Quota exceeded: ${data.used}`).build();
const missing = withHttpCode(r.error(idOf('errors', 'missing')), 404).format((data) => `no ${data.what}`).build();

function withHttpCode(builder, code) {
  try {
    return builder.httpCode(code) ?? builder;
  } catch {
    return builder; // before 5.3
  }
}

const TASKS = {
  add: async (input) => input.a + input.b,
  echo: async (input) => input,
  void: async () => undefined,
  fail: async () => { throw new Error('a text of the app'); },
  failString: async () => { throw 'just a string'; },
  quota: async () => quota.throw({ used: 3 }),
  missing: async () => missing.throw({ what: 'thing' }),
  forged: async () => {
    throw Object.assign(new Error('forged'), { name: 'app.errors.missing', id: 'app.errors.missing' });
  },
  cancel: async () => (runner.cancellationError || runner.Errors.cancellationError).throw({ reason: 'gave up' }),
  special: async () => ({ at: new Date(5), not: NaN, gone: undefined }),
  big: async () => 10n,
  stream: async () => Readable.from([Buffer.from('streamed')]),
  wrapped: async () => ({
    stream: Readable.from([Buffer.from('a,b')]), status: 206, contentType: 'text/csv',
    headers: { 'X-Extra': 'yes', 'X-Frame-Options': 'SAMEORIGIN' },
  }),
  fake: async () => ({ stream: 'no stream' }),
  header: async () => {
    const { res } = useRequest();
    res.setHeader('X-From-Task', 'yes');
    return 1;
  },
  request: async () => {
    const { method, url, headers, signal } = useRequest();
    return { method, path: url.pathname, id: headers['x-runner-request-id'] ?? 'none', aborted: signal.aborted };
  },
  upload: async (input) => {
    const { stream } = await input.file.resolve();
    let bytes = 0;
    for await (const part of stream) bytes += part.length;
    return { title: input.title, name: input.file.name, bytes };
  },
  wait: async () => {
    const { signal } = useRequest();
    await new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, 5_000);
      signal.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason); });
    });
  },
  context: async () => { try { return tenant.use(); } catch { return 'none'; } },
};
/** By which the recorded clients call. */
const CLIENTS_TASKS = { t: async (input) => (input === undefined ? 'nothing' : input) };
const seen = [];

function definitions(tag) {
  const tagged = (builder) => (tag === null ? builder : builder.tags([tag]));
  const named = isLanes ? { ...TASKS, ...CLIENTS_TASKS } : TASKS;
  const tasks = Object.entries(named).map(([name, work]) => tagged(r.task(idOf('tasks', name))).run(work).build());
  tasks.push(tagged(r.task(idOf('tasks', 'seen'))).run(async () => seen.splice(0)).build());
  const notify = tagged(r.event(idOf('events', 'notify'))).build();
  const failing = tagged(r.event(idOf('events', 'failing'))).build();
  const events = isLanes ? [tagged(r.event('e')).build()] : [];
  const hooks = [
    r.hook(idOf('hooks', 'onNotify')).on(notify).run(async ({ id, data, source }) => {
      if (data && typeof data === 'object') data.hooked = true;
      seen.push({ id, data: data === undefined ? 'undefined' : data, source });
    }).build(),
    r.hook(idOf('hooks', 'onFailing')).on(failing).run(async () => quota.throw({ used: 1 })).build(),
  ];
  const hidden = r.task(idOf('tasks', 'hidden')).run(async () => 'hidden').build();
  return { tasks, events: [notify, failing, ...events], others: [...hooks, hidden, quota, missing, tenant] };
}

async function main() {
  const options = JSON.parse(process.env.HTTP || '{}');
  const app = exposed(runner, definitions, options, { tunnel: process.env.TUNNEL || 'list', tenant });
  const runtime = await run(app, { logs: { printThreshold: null }, onUnhandledError: () => {}, shutdownHooks: false });
  const { resources } = runtime.store;
  const lanes = [...resources.values()].find(({ value }) => value && value.exposure && value.exposure.getHandlers);
  const handlers = lanes ? lanes.value.exposure.getHandlers() : resources.get('platform.node.resources.exposure').value;
  const server = http.createServer(handlers.createRequestListener());
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(undefined)); });
  await serve(runtime, { socket: process.env.SOCKET, runner });
  console.log(`own handlers on port ${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`);
  console.log('app ready');
}

main().catch((error) => { console.error(error); process.exit(1); });
