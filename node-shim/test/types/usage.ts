// index.d.ts as its users meet it: compiled, never run. Every export is used, and what must not compile is marked so:
// the compiler complains about a mark without an error behind it.

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import shim, { serve, TunnelServer } from 'runner-sidecar';
import type {
  Address, BareStore, CloseOptions, CorsOptions, EventHandler, ExposureContext, HttpOptions, Logger, RuntimeParts,
  Serializer, ServeOptions, Service, ServiceOptions, TaskHandler, TunnelServerOptions,
} from 'runner-sidecar';

// --- TunnelServer ---------------------------------------------------------------------------------------------------

const cors: CorsOptions = {
  origin: (origin) => (origin?.endsWith('.example.com') ? origin : null),
  methods: ['POST'], allowedHeaders: ['x-tenant'], exposedHeaders: ['x-total'], credentials: true, maxAge: 600,
  varyOrigin: false,
};
const serializer: Serializer = { parse: (text) => JSON.parse(text), stringify: (value) => JSON.stringify(value) };
const logger: Logger = { info: () => {}, warn: async () => {}, error: (message, data) => [message, data] };
const options: TunnelServerOptions = {
  port: 7070, host: '127.0.0.1', basePath: '/__runner', corsOrigins: ['https://app.example.com'],
  cors, serializer, logger,
  auth: { token: ['old', 'new'], header: 'x-token' }, binary: '/usr/bin/runner-sidecar',
  frontArguments: ['--admin', 'off'],
  requestListener: (req, res) => { res.end(req.url); },
};
const server = new TunnelServer(options);
new TunnelServer();
new TunnelServer({ socket: '/run/runner-sidecar/bridge.sock', waitForFront: false });
new shim.TunnelServer({ fd: 3, cors: { origin: /example/ } });

interface Sum { a: number; b: number }
server.registerTask('add', ({ a, b }: Sum) => a + b);
server.registerTask<Sum, number>('add', async ({ a, b }) => a + b);
server.registerTask('untyped', (input) => input.anything);
server.registerTask('nothing', () => {});
server.registerTask('stream', () => Readable.from(['a']));
server.registerTask('response', () => ({ stream: Readable.from(['a']), status: 206, contentType: 'text/plain' }));
server.registerEvent('notify', async (payload: { to: string }) => { payload.to.trim(); });

server.registerTask('context', (_input: undefined, context) => {
  const request: IncomingMessage = context.req;
  const response: ServerResponse = context.res;
  const headers: IncomingHttpHeaders = context.headers;
  const [url, basePath, method]: [URL, string, string] = [context.url, context.basePath, context.method];
  const signal: AbortSignal = context.signal;
  return [request, response, headers, url, basePath, method, signal.aborted].length;
});
const task: TaskHandler<Sum, number> = ({ a, b }, context: ExposureContext) => a + b + context.basePath.length;
const event: EventHandler<string> = (payload) => payload.trim();
server.registerTask('typed', task);
server.registerEvent('typed', event);

async function lifeOfAServer(): Promise<string[]> {
  await server.listen();
  const address: Address | null = server.address();
  console.log(address?.port, address?.address);
  const closing: CloseOptions = { deadlineMilliseconds: 5_000 };
  await server.close(closing);
  await server.close();
  return [...await server.getTaskIds(), ...await server.getEventIds()];
}

// --- serve ----------------------------------------------------------------------------------------------------------

declare const runtime: { store: object; taskRunner: object; dispose(): Promise<void> };
declare function run(): Promise<typeof runtime>;

const http: HttpOptions = { basePath: '/__runner', listen: { port: 7070 }, auth: { token: 's3cret' }, cors };
const parts: RuntimeParts = { store: {}, taskRunner: {}, eventManager: {}, serializer, logger };
const store: BareStore = { tasks: { add: ({ a, b }: Sum) => a + b, sub: { run: ({ a, b }: Sum) => a - b } } };
const mapped: BareStore = { tasks: new Map([['add', { run: task }]]), events: new Map([['notify', event]]) };
const common: ServiceOptions = { port: 0, logger };
const serving: ServeOptions = { ...common, http, runner: {} };

async function lifeOfAService(): Promise<void> {
  const service: Service = await serve(run(), serving);
  console.log(service.address?.port);
  for (const given of [runtime, parts, store, mapped]) await (await serve(given)).close();
  await shim.serve(runtime, { socket: '/run/runner-sidecar/bridge.sock' });
  await service.close({ deadlineMilliseconds: 1_000 });
}

// --- What must not compile ------------------------------------------------------------------------------------------

// @ts-expect-error a port is a number
new TunnelServer({ port: '7070' });
// @ts-expect-error no such option
new TunnelServer({ prot: 7070 });
// @ts-expect-error an id and a handler
server.registerTask('add');
// @ts-expect-error the input's type is the handler's
server.registerTask<Sum, number>('add', (input: string) => input.length);
// @ts-expect-error a logger warns, too
new TunnelServer({ logger: { info() {}, error() {} } });
// @ts-expect-error something is to be served
serve();
// @ts-expect-error the context is not to be written
((context: ExposureContext) => { context.basePath = '/'; });
// @ts-expect-error TunnelServer has one base path, not an http object
new TunnelServer({ http });

export { lifeOfAServer, lifeOfAService };
