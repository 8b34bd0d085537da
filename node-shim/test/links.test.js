'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { setTimeout: wait } = require('node:timers/promises');
const { TunnelServer, serve } = require('..');
const { TestFront, TYPE, frame, callsFrame } = require('./support/test-front');

/** A logger that keeps what it is told. */
function notes() {
  const lines = [];
  const note = (level) => (message, data) => lines.push({ level, message, ...data });
  return { lines, debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
}

async function start(t, { front: frontOptions = {}, logger = notes(), ...options } = {}) {
  const front = await TestFront.start(frontOptions);
  const server = new TunnelServer({ socket: front.socket, logger, ...options });
  server.registerTask('echo', (input) => input);
  server.registerTask('slow', () => wait(100, 'done'));
  t.after(async () => {
    await server.close({ deadlineMilliseconds: 50 });
    await front.close();
  });
  return { front, server, logger };
}

test('HELLO says what the app is, and nothing follows before WELCOME', async (t) => {
  const { front, server } = await start(t, {
    front: { onHello() {} }, auth: { token: 's3cret' }, corsOrigins: ['https://a'], basePath: 'api/',
  });
  const listening = server.listen();
  const [peer] = await once(front, 'peer');
  await wait(30);
  assert.equal(peer.frames.length, 1);
  const { protocol, pid, link, node, exposure, listener } = peer.hello;
  assert.deepEqual({ protocol, pid, link, node }, {
    protocol: 2, pid: process.pid, link: 0, node: process.versions.node,
  });
  assert.deepEqual(exposure, {
    basePath: '/api',
    auth: { kind: 'tokens', header: 'x-runner-token', tokens: ['s3cret'] },
    cors: {
      origin: { kind: 'list', values: ['https://a'] }, credentials: false, varyOrigin: true, methods: [],
      allowedHeaders: [], exposedHeaders: [], maxAge: null,
    },
    rules: {
      unlisted: 'notFound', discovery: 'getAndPost', requestIds: false, securityHeaders: false, corsOnErrors: false,
      corsCredentialsWithoutOrigin: 'echo', jsonLimitBytes: null, jsonDepth: { limit: 10_000, plain: 10_000 },
      plainKeys: 'ejson', invalidBodyText: 'Invalid EJSON body', prettyErrors: false, eventResults: false,
    },
  });
  assert.deepEqual(listener, { exposure: false, everything: false });
  peer.welcome();
  await listening;
});

test('one link for each loop of the front, all of one worker', async (t) => {
  const { front, server } = await start(t, { front: { loops: 3 } });
  await server.listen();
  while (front.peers.length < 3) await once(front, 'peer');
  await wait(20);
  assert.deepEqual(front.peers.map((peer) => peer.hello.link).sort(), [0, 1, 2]);
  assert.equal(new Set(front.peers.map((peer) => peer.hello.worker)).size, 1);
  for (const peer of front.peers) assert.equal((await peer.call('echo', '1')).body, '{"ok":true,"result":1}');
});

test('REFUSED rejects listen() with the reason, and is not tried again', async (t) => {
  const { front, server, logger } = await start(t, {
    front: { onHello: (peer) => peer.send(frame(TYPE.REFUSED, {
      field: 2, payload: JSON.stringify({ protocol: 2, reason: 'update runner-sidecar to 2.0', retry: false }),
    })) },
  });
  await assert.rejects(server.listen(), /update runner-sidecar to 2\.0/);
  await wait(150);
  assert.equal(front.peers.length, 1);
  assert.ok(logger.lines.some(({ message }) => message === 'bridge.refused'));
});

test('a refusal that comes before HELLO was read is heard, and not tried again', async (t) => {
  const refusal = frame(TYPE.REFUSED, {
    field: 1, payload: JSON.stringify({ protocol: 1, reason: 'uid 7 may not connect', retry: false }),
  });
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'refusing-'));
  // In a process of its own, so that it closes before this one writes.
  const front = spawn(process.execPath, ['-e', `
    let connections = 0;
    require('node:net').createServer({ pauseOnConnect: true }, (socket) => {
      connections += 1;
      socket.on('error', () => {});
      socket.write(Buffer.from('${refusal.toString('hex')}', 'hex'));
      socket.destroySoon();
    }).listen('${directory}/s', () => console.log('ready'));
    process.on('SIGTERM', () => { console.log(connections); process.exit(); });
  `], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => {
    front.kill();
    fs.rmSync(directory, { recursive: true, force: true });
  });
  let said = '';
  front.stdout.on('data', (chunk) => { said += chunk; });
  await once(front.stdout, 'data');
  for (let i = 0; i < 20; i++) {
    const server = new TunnelServer({ socket: path.join(directory, 's'), logger: notes() });
    server.registerTask('echo', (input) => input);
    await assert.rejects(server.listen(), /uid 7 may not connect/);
  }
  await wait(150);
  front.kill();
  await once(front.stdout, 'close');
  assert.equal(said, 'ready\n20\n');
});

test('a shim that was refused once it had served tries again, slowly, and says so', async (t) => {
  let refuses = false;
  const { front, server, logger } = await start(t, {
    front: {
      onHello: (peer) => {
        if (!refuses) peer.welcome();
        else peer.send(frame(TYPE.REFUSED, { field: 1, payload: '{"reason":"another version","retry":false}' }));
      },
    },
  });
  const heard = [];
  for (const event of ['connect', 'disconnect', 'refused']) server.on(event, (data) => heard.push({ event, ...data }));
  await server.listen();
  refuses = true;
  front.peer.socket.destroy();
  await once(server, 'refused');
  const [connect, disconnect, refused] = heard;
  assert.equal(connect.event, 'connect');
  assert.deepEqual(disconnect, { event: 'disconnect', reason: 'the front closed the link' });
  const { retryInMilliseconds, ...rest } = refused;
  assert.deepEqual(rest, { event: 'refused', reason: 'another version', isFinal: true });
  assert.ok(retryInMilliseconds >= 500 && retryInMilliseconds <= 1000, `${retryInMilliseconds} ms`);
  assert.ok(logger.lines.some((line) => line.message === 'bridge.refused' && line.retryInMilliseconds > 0));
  refuses = false;
  await once(server, 'connect');
  assert.equal((await front.peers.at(-1).call('echo', '7')).body, '{"ok":true,"result":7}');
});

test('a front that stops keeps its calls, while new ones come over new links to the one that follows', async (t) => {
  const { front, server } = await start(t);
  await server.listen();
  const [old] = front.peers;
  const slow = old.call('slow', '1');
  const next = once(front, 'peer');
  old.send(frame(TYPE.DRAINING));
  const [follower] = await next;
  assert.equal((await follower.call('echo', '2')).body, '{"ok":true,"result":2}');
  assert.equal((await slow).body, '{"ok":true,"result":"done"}');
  const closed = once(server, 'disconnect', { signal: AbortSignal.timeout(300) });
  old.socket.end();
  await assert.rejects(closed, { name: 'AbortError' }, 'the end of the old link is no disconnection');
});

test('a socket path that no system can hold is refused at once', async () => {
  const server = new TunnelServer({ socket: `/tmp/${'x'.repeat(200)}`, logger: notes() });
  await assert.rejects(server.listen(), /takes 205 bytes, and the system's limit is 10[37]/);
});

test('a lost link is opened again, and its running calls are cancelled', async (t) => {
  const { front, server } = await start(t);
  let aborted = false;
  server.registerTask('waits', (_input, { signal }) => new Promise(() => signal.addEventListener('abort', () => {
    aborted = true;
  })));
  await server.listen();
  const [first] = front.peers;
  first.send(callsFrame([{ call: 77, target: first.target('task', 'waits'), text: '1' }]));
  await first.call('echo', '1');
  const again = once(front, 'peer');
  first.socket.destroy();
  const [second] = await again;
  assert.equal(aborted, true);
  assert.equal((await second.call('echo', '2')).body, '{"ok":true,"result":2}');
});

test('a front that is not there yet is waited for', async (t) => {
  const { front, server } = await start(t);
  await front.close();
  const listening = server.listen();
  await wait(60);
  fs.mkdirSync(path.dirname(front.socket));
  const later = await TestFront.start({ socket: front.socket });
  t.after(async () => {
    await later.close();
    fs.rmSync(path.dirname(front.socket), { recursive: true, force: true });
  });
  await listening;
  assert.equal((await later.peer.call('echo', '1')).status, 200);
});

test('PONG comes at once, with the number and the calls that run', async (t) => {
  const { front, server } = await start(t);
  await server.listen();
  const { peer } = front;
  peer.send(
    callsFrame([{ call: 5, target: peer.target('task', 'slow'), text: '1' }]), frame(TYPE.PING, { field: 0xfffffffe }),
  );
  const pong = await peer.next(TYPE.PONG);
  assert.equal(pong.field, 0xfffffffe);
  assert.equal(pong.payload.readUInt32LE(4), 1);
  assert.ok(pong.payload.readUInt32LE(0) < 1_000_000);
});

test('PONG tells of a loop that was blocked', async (t) => {
  const { front, server } = await start(t);
  server.registerTask('block', () => { for (const end = Date.now() + 400; Date.now() < end;); });
  await server.listen();
  const { peer } = front;
  await peer.call('block', '1');
  peer.send(frame(TYPE.PING, { field: 1 }));
  const lag = (await peer.next(TYPE.PONG)).payload.readUInt32LE(0);
  assert.ok(lag > 100_000, `${lag} µs`);
});

test('close() asks for no new calls, answers those that run, and ends the link', async (t) => {
  const { front, server } = await start(t);
  await server.listen();
  const { peer } = front;
  const answer = peer.call('slow', '1');
  await wait(10);
  const closed = server.close();
  await peer.next(TYPE.DRAINING);
  peer.send(frame(TYPE.DRAINING));
  assert.equal((await answer).body, '{"ok":true,"result":"done"}');
  await closed;
});

test('close() cuts off what runs longer than its deadline', async (t) => {
  const { front, server } = await start(t);
  server.registerTask('never', () => new Promise(() => {}));
  await server.listen();
  const lost = assert.rejects(front.peer.call('never', '1'), /closed before the answer/);
  await wait(10);
  const started = performance.now();
  await server.close({ deadlineMilliseconds: 80 });
  assert.ok(performance.now() - started < 1000);
  await lost;
});

test('DRAINING from the front alone keeps the link until the front closes it', async (t) => {
  const { front, server } = await start(t);
  await server.listen();
  const { peer } = front;
  peer.send(frame(TYPE.DRAINING));
  assert.equal((await peer.call('echo', '1')).status, 200);
  const again = once(front, 'peer');
  peer.socket.end();
  const [next] = await again;
  assert.equal((await next.call('echo', '2')).status, 200);
});

test('a frame that breaks the protocol closes the link with a logged reason, and the next link works', async (t) => {
  const { front, server, logger } = await start(t);
  await server.listen();
  const broken = [
    frame(0x77), frame(TYPE.WELCOME, { field: 1, payload: '{}' }),
    frame(TYPE.CALLS, { detail: 1, payload: 'xxxxxxxx' }), frame(TYPE.PING, { call: 3 }),
    callsFrame([{ call: 1, target: 99, text: '1' }]),
    callsFrame([{ call: 1, target: 1, text: '1' }, { call: 2, target: 1, text: ']' }], { joined: true }),
    Buffer.from('GET / HTTP/1.1\r\nHost: not a frame\r\n\r\n'),
  ];
  for (const bytes of broken) {
    const peer = front.peers.at(-1);
    const again = once(front, 'peer');
    const before = logger.lines.filter(({ message }) => message === 'bridge.protocol-error').length;
    peer.send(bytes);
    await once(peer, 'close');
    const errors = logger.lines.filter(({ message }) => message === 'bridge.protocol-error');
    assert.equal(errors.length, before + 1);
    assert.ok(errors.at(-1).reason.length > 10);
    const [next] = await again;
    assert.equal((await next.call('echo', '1')).status, 200);
  }
});

test('ORIGIN_QUESTION is answered by the app\'s function or RegExp', async (t) => {
  const ask = async (origin, question) => {
    const front = await TestFront.start();
    const service = await serve({ tasks: { a: () => 1 } }, {
      socket: front.socket, http: { cors: { origin } }, logger: notes(),
    });
    t.after(async () => { await service.close({ deadlineMilliseconds: 0 }); await front.close(); });
    assert.equal(front.peer.hello.exposure.cors.origin.kind, 'ask');
    const answer = front.peer.next(TYPE.ORIGIN_ANSWER);
    front.peer.send(
      frame(TYPE.ORIGIN_QUESTION, { call: 9, flags: question === undefined ? 1 : 0, payload: question || '' }),
    );
    const { call, flags, payload } = await answer;
    return { call, flags, value: payload.toString('latin1') };
  };
  assert.deepEqual(await ask(/\.example$/, 'https://a.example'), { call: 9, flags: 3, value: 'https://a.example' });
  assert.deepEqual(await ask(/\.example$/, 'https://b'), { call: 9, flags: 2, value: '' });
  assert.deepEqual(await ask(/\.example$/g, 'https://a.example'), { call: 9, flags: 1, value: 'https://a.example' });
  assert.deepEqual(await ask((origin) => `${origin}!`, 'é'), { call: 9, flags: 1, value: 'Ã©!' });
  assert.deepEqual(await ask((origin) => (origin === undefined ? 'none' : null), undefined), {
    call: 9, flags: 1, value: 'none',
  });
  assert.deepEqual(await ask(() => { throw new Error('no'); }, 'x'), { call: 9, flags: 4, value: '' });
});
