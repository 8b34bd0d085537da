'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { setTimeout: wait } = require('node:timers/promises');
const { TunnelServer, serve } = require('..');
const { TestFront, TYPE, frame, callsFrame, defaultHead } = require('./support/test-front');

/** A served app on a test front, both closed with the test. */
async function serving(t, setUp = () => {}, options = {}, frontOptions = {}) {
  const front = await TestFront.start(frontOptions);
  const server = new TunnelServer({ socket: front.socket, ...options });
  setUp(server);
  await server.listen();
  t.after(async () => {
    await server.close({ deadlineMilliseconds: 100 });
    await front.close();
  });
  return { front, peer: front.peer, server };
}

test('a task is called with the input and its result comes back', async (t) => {
  const { peer } = await serving(t, (server) => {
    server.registerTask('add', async ({ a, b }) => a + b);
    server.registerTask('at once', ({ a, b }) => a - b);
  });
  assert.deepEqual(await peer.call('add', '{"a":5,"b":3}'), { status: 200, flags: 1, body: '{"ok":true,"result":8}' });
  assert.deepEqual(await peer.call('at once', '{"a":5,"b":3}'), {
    status: 200, flags: 1, body: '{"ok":true,"result":2}',
  });
});

test('an event gets its payload and answers without a result', async (t) => {
  const got = [];
  const { peer } = await serving(t, (server) => server.registerEvent('note', (payload) => {
    got.push(payload);
    return 'ignored';
  }));
  assert.equal((await peer.call('note', '{"n":1}', { kind: 'event' })).body, '{"ok":true}');
  assert.equal((await peer.call('note', '{"payload":2}', { kind: 'event', whole: true })).body, '{"ok":true}');
  assert.equal((await peer.call('note', 'null', { kind: 'event', whole: true })).body, '{"ok":true}');
  assert.deepEqual(got, [{ n: 1 }, 2, undefined]);
});

test('a whole body is unwrapped by its own member `input` only', async (t) => {
  const { peer } = await serving(t, (server) => server.registerTask('echo', (input) => ({ input })));
  const cases = [
    ['{"input":{"a":1},"other":2}', '{"a":1}'],
    ['{"a":1}', '{"a":1}'],
    ['[1,2]', '[1,2]'],
    ['"text"', '"text"'],
    ['null', 'null'],
    ['{"input":null}', 'null'],
    ['{"__proto__":{"input":5}}', '{"__proto__":{"input":5}}'],
  ];
  for (const [body, input] of cases) {
    assert.equal((await peer.call('echo', body, { whole: true })).body, `{"ok":true,"result":{"input":${input}}}`);
  }
  assert.equal((await peer.call('echo', undefined)).body, '{"ok":true,"result":{}}');
});

test('results are the text that JSON.stringify({ ok, result }) gives', async (t) => {
  const results = [
    undefined, null, 0, -0, 1.5, NaN, Infinity, '', 'é ☃ \u2028 \ud800', true, [], {}, [undefined, () => 1],
    new Date(0), { toJSON: () => 'custom' }, { d: new Date(NaN), u: undefined }, () => 1, Symbol('s'),
    'x'.repeat(300_000), Buffer.from('raw'), 1e21, -5e-324,
  ];
  const { peer } = await serving(t, (server) => (
    results.forEach((result, i) => server.registerTask(`r${i}`, async () => result))
  ));
  for (const [i, result] of results.entries()) {
    const { status, body } = await peer.call(`r${i}`, '1');
    assert.equal(status, 200);
    assert.equal(body, JSON.stringify({ ok: true, result }));
  }
});

test('a result that cannot be serialised is an error with the reason', async (t) => {
  const circle = {};
  circle.self = circle;
  const { peer } = await serving(t, (server) => {
    server.registerTask('bigint', () => 10n);
    server.registerTask('circle', async () => circle);
  });
  assert.deepEqual(JSON.parse((await peer.call('bigint', '1')).body), {
    ok: false, error: { message: 'Do not know how to serialize a BigInt', code: 'INTERNAL_ERROR' },
  });
  const answer = await peer.call('circle', '1');
  assert.equal(answer.status, 500);
  assert.match(JSON.parse(answer.body).error.message, /circular/);
});

test('errors answer 500 with the message of an Error, and "Internal Error" for what is none', async (t) => {
  const thrown = [new Error('broken'), new Error(''), 'text', { message: 'plain' }, undefined, null];
  const { peer } = await serving(t, (server) => thrown.forEach((error, i) => {
    server.registerTask(`sync${i}`, () => { throw error; });
    server.registerTask(`async${i}`, async () => { throw error; });
  }));
  for (const i of thrown.keys()) {
    const body = JSON.stringify({
      ok: false, error: { message: i === 0 ? 'broken' : 'Internal Error', code: 'INTERNAL_ERROR' },
    });
    assert.deepEqual(await peer.call(`sync${i}`, '1'), { status: 500, flags: 4, body });
    assert.deepEqual(await peer.call(`async${i}`, '1'), { status: 500, flags: 4, body });
  }
});

test('a joined batch gives every call its own input', async (t) => {
  const { front, peer } = await serving(t, (server) => server.registerTask('echo', (input) => ({ input })));
  const target = peer.target('task', 'echo');
  const texts = ['{"a":1}', '"two"', undefined, '[3,[4]]', 'null'];
  const calls = texts.map((text) => ({ call: front.nextCall(), target, text, noInput: text === undefined }));
  const answers = Promise.all(calls.map(({ call }) => peer.answer(call)));
  peer.send(callsFrame(calls, { joined: true }));
  const inputs = (await answers).map(({ payload }) => JSON.parse(payload).input);
  assert.deepEqual(inputs, [{ a: 1 }, 'two', undefined, [3, [4]], null]);
});

test('thenables are awaited, and answered once', async (t) => {
  const { peer } = await serving(t, (server) => {
    server.registerTask('thenable', () => ({ then: (resolve) => { resolve(1); resolve(2); } }));
    server.registerTask('bad thenable', () => ({ then() { throw new Error('no then'); } }));
  });
  assert.equal((await peer.call('thenable', '1')).body, '{"ok":true,"result":1}');
  assert.equal(JSON.parse((await peer.call('bad thenable', '1')).body).error.message, 'no then');
});

test('a handler with a second parameter sees the request; others cost no head', async (t) => {
  const { peer } = await serving(t, (server) => {
    server.registerTask('seen', (_input, { headers, url, method, basePath }) => ({
      headers, pathname: url.pathname, method, basePath,
    }));
    server.registerTask('unseen', () => 1);
  });
  assert.equal(peer.hello.targets[peer.target('task', 'unseen')].head, false);
  const head =
    'POST /__runner/task/seen?q=1 HTTP/1.1\r\nHost: h\r\nX-One:  a \r\nX-One: b\r\nCookie: a=1\r\ncookie: b=2\r\n'
    + 'Set-Cookie: c\r\nContent-Type: x\r\ncontent-type: y\r\n\r\n';
  assert.deepEqual(JSON.parse((await peer.call('seen', '1', { head })).body).result, {
    headers: { host: 'h', 'x-one': 'a, b', cookie: 'a=1; b=2', 'set-cookie': ['c'], 'content-type': 'x' },
    pathname: '/__runner/task/seen', method: 'POST', basePath: '/__runner',
  });
});

test('CANCEL aborts the signal and nothing is answered', async (t) => {
  const aborted = [];
  const { front, peer } = await serving(t, (server) => {
    server.registerTask('slow', (_input, { signal }) => new Promise((resolve) => {
      signal.addEventListener('abort', () => { aborted.push(signal.reason.message); resolve('too late'); });
    }));
    server.registerTask('quick', () => 1);
  });
  const call = front.nextCall();
  const target = peer.target('task', 'slow');
  peer.send(callsFrame([{ call, target, text: '1', head: defaultHead('slow', 'task') }]));
  await peer.call('quick', '1');
  peer.send(frame(TYPE.CANCEL, { call, detail: 1 }));
  await peer.call('quick', '1');
  await wait(20);
  assert.deepEqual(aborted, ['Client Closed Request']);
  assert.equal(peer.frames.filter((received) => received.call === call).length, 0);
});

test('late cancels and credits for calls that are over are ignored', async (t) => {
  const { peer } = await serving(t, (server) => server.registerTask('quick', () => 1));
  peer.send(
    frame(TYPE.CANCEL, { call: 999, detail: 1 }),
    frame(TYPE.CREDIT, { call: 999, field: 5 }),
    frame(TYPE.REQUEST_DATA, { call: 999, payload: 'x' }),
    frame(TYPE.REQUEST_END, { call: 999 }),
  );
  assert.equal((await peer.call('quick', '1')).status, 200);
});

test('discovery names what is registered', async (t) => {
  const { peer, server } = await serving(t, (one) => {
    one.registerTask('a', () => 1);
    one.registerEvent('e', () => {});
  });
  const { body } = await peer.call('', undefined, { kind: 'discovery' });
  assert.deepEqual(JSON.parse(body), {
    ok: true, result: { allowList: { enabled: true, tasks: ['a'], events: ['e'] } },
  });
  assert.deepEqual([await server.getTaskIds(), await server.getEventIds()], [['a'], ['e']]);
});

test('what is registered while serving is announced, and old indexes keep their meaning', async (t) => {
  const { peer, server } = await serving(t, (one) => one.registerTask('first', () => 1));
  const before = peer.hello.targets;
  const hello = new Promise((resolve) => peer.once('hello', resolve));
  server.registerTask('second', () => 2);
  const after = (await hello).targets;
  assert.deepEqual(after.slice(0, before.length), before);
  assert.equal((await peer.call('second', '1')).body, '{"ok":true,"result":2}');
});

test('a bare store of { run } is served, with its own serializer when it has one', async (t) => {
  const front = await TestFront.start();
  const serializer = {
    parse: (text) => ({ parsed: JSON.parse(text) }), stringify: (value) => JSON.stringify({ ...value, own: true }),
  };
  const service = await serve({
    store: { tasks: new Map([['echo', { run: (input) => input }]]), events: { e: { run() {} } } }, serializer,
  }, { socket: front.socket, http: { basePath: 'api/' } });
  t.after(async () => {
    await service.close();
    await front.close();
  });
  assert.equal(front.peer.hello.exposure.basePath, '/api');
  const plain = { frameFlags: { ascii: true, plain: true } };
  assert.equal((await front.peer.call('echo', '1', plain)).body, '{"ok":true,"result":{"parsed":1},"own":true}');
  const target = front.peer.target('task', 'echo');
  const calls = ['1', '"b"', '[2]'].map((text) => ({ call: front.nextCall(), target, text }));
  const answers = Promise.all(calls.map(({ call }) => front.peer.answer(call)));
  front.peer.send(callsFrame(calls, { joined: true }));
  assert.deepEqual((await answers).map(({ payload }) => JSON.parse(payload).result.parsed), [1, 'b', [2]]);
});

test('a result over the limit of RESULT leaves as a whole HTTP response', async (t) => {
  const { front, peer } = await serving(t, (server) => (
    server.registerTask('large', (_input, _context) => 'x'.repeat(5000))
  ), { corsOrigins: ['https://a.example'] }, { limits: { resultBytes: 1000 } });
  const call = front.nextCall();
  const parts = [];
  peer.on('frame', (received) => { if (received.type === TYPE.RESPONSE_DATA) parts.push(received.payload); });
  const end = peer.next(TYPE.RESPONSE_END);
  const asked = defaultHead('large', 'task', 'Origin: https://a.example\r\n');
  peer.send(callsFrame([{ call, target: peer.target('task', 'large'), text: '1', head: asked }]));
  assert.equal((await end).flags, 1);
  const [head, body] = Buffer.concat(parts).toString().split('\r\n\r\n');
  assert.match(
    head,
    new RegExp(/^HTTP\/1.1 200 OK\r\nVary: Origin\r\nAccess-Control-Allow-Origin: https:\/\/a\.example\r\n/.source
      + /content-type: application\/json; charset=utf-8\r\ncontent-length: 5023\r\n/.source),
  );
  assert.equal(JSON.parse(body).result.length, 5000);
});

test('ids and handlers that cannot be are refused where they are registered', () => {
  const server = new TunnelServer();
  assert.throws(() => server.registerTask('', () => 1), /the id of a task/);
  assert.throws(() => server.registerEvent('e', 5), /the handler of event e/);
  return assert.rejects(serve({}), /run\(app\) first/);
});
