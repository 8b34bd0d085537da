'use strict';

// What observes an `http.Server` observes a call: OpenTelemetry's spans, Node's diagnostics channels, and agents that
// replace `http.Server.prototype.emit`. While nothing observes, calls bring no heads and nothing is made.

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const diagnostics = require('node:diagnostics_channel');
const { once } = require('node:events');
const http = require('node:http');
const { test } = require('node:test');
const { setTimeout: wait } = require('node:timers/promises');
const { TunnelServer } = require('..');
const { sdk } = require('./support/open-telemetry');
const { TestFront, TYPE, frame, defaultHead } = require('./support/test-front');

const { api } = sdk;
const quiet = { info() {}, warn() {}, error() {} };
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const SERVER = 1;
const ERROR = 2;

const headOf = (id, kind = 'task') => (
  defaultHead(id, kind, `traceparent: 00-${TRACE}-${CALLER}-01\r\nUser-Agent: me\r\n`)
);

async function start(t, options = {}) {
  const front = await TestFront.start();
  const server = new TunnelServer({ socket: front.socket, logger: quiet, ...options });
  server.registerTask('echo', (input) => input);
  server.registerTask('later', async (input) => {
    await wait(5);
    return [input, api.trace.getActiveSpan()?.spanContext().traceId];
  });
  server.registerTask('fails', () => { throw new RangeError('out of stock'); });
  server.registerTask('never', () => new Promise(() => {}));
  server.registerTask('writes', (_input, { res }) => { res.writeHead(202).end('by itself'); });
  server.registerEvent('heard', () => {});
  await server.listen();
  t.after(async () => {
    await server.close({ deadlineMilliseconds: 0 });
    await front.close();
  });
  return { front, server, peer: front.peer, call: (id, text = '1', kind = 'task') => (
    front.peers[0].call(id, text, { kind, head: headOf(id, kind) })
  ) };
}

/** With an SDK registered, as an app does before it starts. */
function traced(t) {
  sdk.start();
  t.after(() => {
    sdk.stop();
    sdk.finished();
  });
}

async function spans(count) {
  const all = [];
  for (let i = 0; i < 100 && all.length < count; i++) {
    await wait(10);
    all.push(...sdk.finished());
  }
  assert.equal(all.length, count);
  return all;
}

const isHeadWanted = (peer, id) => peer.hello.targets.find((target) => target.id === id).head;

test('a call runs in a SERVER span, child of the caller\'s, and active in the task', async (t) => {
  traced(t);
  const { call } = await start(t);
  assert.equal((await call('later')).body, `{"ok":true,"result":[1,"${TRACE}"]}`);
  const [{ name, kind, traceId, parentId, attributes, status }] = await spans(1);
  assert.deepEqual({ name, kind, traceId, parentId, code: status.code }, {
    name: 'POST /__runner/task/later', kind: SERVER, traceId: TRACE, parentId: CALLER, code: 0,
  });
  assert.deepEqual(attributes, {
    'http.request.method': 'POST', 'http.route': '/__runner/task/later', 'url.path': '/__runner/task/later',
    'url.scheme': 'http', 'network.protocol.version': '1.1', 'server.address': 'localhost', 'server.port': 7071,
    'user_agent.original': 'me', 'client.address': '203.0.113.7', 'network.peer.address': '203.0.113.7',
    'network.peer.port': 40000, 'http.response.status_code': 200,
  });
});

test('an error is recorded in the span, an event has one, and a cancelled call ends its own', async (t) => {
  traced(t);
  const { call, peer, front } = await start(t);
  assert.equal((await call('fails')).status, 500);
  assert.equal((await call('heard', '1', 'event')).status, 200);
  call('never').catch(() => {});
  await wait(20);
  peer.send(frame(TYPE.CANCEL, { call: front.lastCall, detail: 1 }));
  const [failed, event, cancelled] = await spans(3);
  assert.equal(failed.status.code, ERROR);
  assert.equal(failed.status.message, 'out of stock');
  assert.equal(failed.attributes['error.type'], 'RangeError');
  assert.equal(failed.attributes['http.response.status_code'], 500);
  assert.deepEqual(failed.events.map(({ name }) => name), ['exception']);
  assert.equal(event.name, 'POST /__runner/event/heard');
  assert.equal(cancelled.attributes['http.response.status_code'], 499);
});

test('input that does not parse has a span of status 400', async (t) => {
  traced(t);
  const { front } = await start(t, { serializer: { parse() { throw new Error('no'); }, stringify: JSON.stringify } });
  assert.equal((await front.peer.call('echo', '{"$x":1}', { head: headOf('echo') })).status, 400);
  const [{ attributes, status }] = await spans(1);
  assert.equal(attributes['http.response.status_code'], 400);
  assert.equal(status.code, 0);
});

test('a call answered on res has its status in the span', async (t) => {
  traced(t);
  const { call, peer } = await start(t);
  call('writes').catch(() => {});
  await peer.next(TYPE.RESPONSE_END);
  const [{ attributes }] = await spans(1);
  assert.equal(attributes['http.response.status_code'], 202);
});

test('without an SDK there are no spans and no heads, and with tracing: false none either', async (t) => {
  const idle = await start(t);
  assert.equal(isHeadWanted(idle.peer, 'echo'), false);
  assert.equal((await idle.call('echo')).status, 200);
  traced(t);
  const off = await start(t, { tracing: false });
  assert.equal(isHeadWanted(off.peer, 'echo'), false);
  assert.equal((await off.call('echo')).status, 200);
  await wait(20);
  assert.deepEqual(sdk.finished(), []);
});

test('an SDK that is registered while calls are served sees them from the next announcement on', async (t) => {
  const { call, peer } = await start(t);
  traced(t);
  const announced = once(peer, 'hello');
  assert.equal((await call('echo')).status, 200);
  await announced;
  assert.equal(isHeadWanted(peer, 'echo'), true);
  assert.equal((await call('echo')).status, 200);
  assert.equal((await spans(1))[0].name, 'POST /__runner/task/echo');
});

test('subscribers of Node\'s channels get a call\'s genuine request and response, at its start and end', async (t) => {
  const seen = [];
  for (const name of ['http.server.request.start', 'http.server.response.finish']) {
    const note = ({ request, response }) => {
      if (request.headers['user-agent'] !== 'me') return;
      seen.push({ name, method: request.method, url: request.url, status: response.statusCode, response });
    };
    diagnostics.subscribe(name, note);
    t.after(() => diagnostics.unsubscribe(name, note));
  }
  const { call, peer } = await start(t);
  assert.equal(isHeadWanted(peer, 'echo'), true);
  assert.equal((await call('echo', '"x"')).body, '{"ok":true,"result":"x"}');
  assert.equal((await call('fails')).status, 500);
  await wait(30);
  const [begun, ended, , failed] = seen;
  assert.deepEqual(seen.map(({ name }) => name.split('.')[2]), ['request', 'response', 'request', 'response']);
  assert.deepEqual([begun.method, begun.url], ['POST', '/__runner/task/echo']);
  assert.equal(ended.status, 200);
  assert.equal(failed.status, 500);
  assert.ok(begun.response instanceof http.ServerResponse);
});

test('an agent that replaces emit of http.Server has its context in the task', async (t) => {
  const context = new AsyncLocalStorage();
  const { emit } = http.Server.prototype;
  http.Server.prototype.emit = function watched(event, ...args) {
    if (event !== 'request') return emit.call(this, event, ...args);
    return context.run({ url: args[0].url }, () => emit.call(this, event, ...args));
  };
  t.after(() => { delete (/** @type {any} */ (http.Server.prototype).emit); });
  const { call, server } = await start(t);
  server.registerTask('context', async () => { await wait(5); return context.getStore(); });
  await once(server, 'never', { signal: AbortSignal.timeout(50) }).catch(() => {});
  const url = '/__runner/task/context';
  assert.equal((await call('context')).body, `{"ok":true,"result":{"url":"${url}"}}`);
});
