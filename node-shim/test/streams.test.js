'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { Readable, PassThrough, pipeline } = require('node:stream');
const { test } = require('node:test');
const { setTimeout: wait } = require('node:timers/promises');
const { KEEP_ALIVE, ABORT, serving, responseOf, callTask, request, text } = require('./support/stream-calls');
const { TYPE, frame, callsFrame, defaultHead, peerBlock } = require('./support/test-front');

test('a listener gets genuine http objects, with the client\'s address and the fields as they were sent', async (t) => {
  let seen;
  const { front } = await serving(t, () => {}, {
    requestListener(req, res) {
      seen = {
        genuine: req instanceof http.IncomingMessage && res instanceof http.ServerResponse, method: req.method,
        url: req.url, rawHeaders: req.rawHeaders, version: req.httpVersion,
        from: [req.socket.remoteAddress, req.socket.remotePort, req.socket.remoteFamily, req.socket.localPort],
        same: req.connection === req.socket,
      };
      res.setHeader('X-Mixed-Case', '1');
      res.end('hello');
    },
  });
  assert.deepEqual(front.peer.hello.listener, { exposure: true, everything: true });
  const response = await request(front, 'GET /any?x=1 HTTP/1.1\r\nHost: h\r\nX-B: 1\r\nx-a: 2\r\nX-B: 3\r\n\r\n').over;
  assert.match(
    text(response),
    new RegExp(/^HTTP\/1\.1 200 OK\r\nX-Mixed-Case: 1\r\nDate: .*\r\nConnection: keep-alive\r\n/.source
      + /Keep-Alive: timeout=5\r\nContent-Length: 5\r\n\r\nhello$/.source),
  );
  assert.equal(response.flags, KEEP_ALIVE);
  assert.deepEqual(seen, {
    genuine: true, method: 'GET', url: '/any?x=1', rawHeaders: ['Host', 'h', 'X-B', '1', 'x-a', '2', 'X-B', '3'],
    version: '1.1', from: ['203.0.113.7', 40000, 'IPv4', 7071], same: true,
  });
});

test('IPv6 clients have their address as Node writes it', async (t) => {
  const { front } = await serving(t, () => {}, {
    requestListener: (req, res) => res.end(`${req.socket.remoteAddress} ${req.socket.remoteFamily}`),
  });
  const addresses = [
    ['20010db8000000000000000000000001', '2001:db8::1'], ['00000000000000000000ffffcb007107', '::ffff:203.0.113.7'],
    ['00000000000000000000000000000001', '::1'],
  ];
  for (const [hex, address] of addresses) {
    const peer = { family: 6, remoteAddress: [...Buffer.from(hex, 'hex')] };
    const response = await request(front, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n', [], { peer }).over;
    assert.ok(text(response).endsWith(`\r\n\r\n${address} IPv6`), text(response));
  }
});

test('bodies come through Node\'s own parser, chunked ones with their framing', async (t) => {
  const { front } = await serving(t, () => {}, { requestListener: (req, res) => req.pipe(res) });
  const plain = await request(front, 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\n', ['abc', 'def']).over;
  assert.match(text(plain), /\r\n\r\n(3\r\nabc\r\n3\r\ndef|6\r\nabcdef)\r\n0\r\n\r\n$/);
  const chunked = await request(
    front,
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n',
    ['3\r\nab', 'c\r\n0\r\n\r\n'],
  ).over;
  assert.match(text(chunked), /Connection: close/);
  assert.equal(chunked.flags, 0);
});

test('a response that ends before its request does waits for the rest of it', async (t) => {
  const { front } = await serving(t, () => {}, { requestListener: (_req, res) => res.end('early') });
  const { peer } = front;
  const call = front.nextCall();
  const response = responseOf(peer, call);
  peer.send(frame(TYPE.REQUEST, {
    call,
    flags: 1,
    payload: Buffer.concat([peerBlock(), Buffer.from('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n')]),
  }));
  await wait(30);
  assert.ok(text(response).endsWith('early'));
  assert.equal(response.flags, null);
  peer.send(frame(TYPE.REQUEST_DATA, { call, payload: 'rest' }), frame(TYPE.REQUEST_END, { call }));
  assert.equal((await response.over).flags, KEEP_ALIVE);
});

test('a stream to an HTTP/1.0 client is not chunked, also when its task asked for no head', async (t) => {
  const { front } = await serving(t, (server) => {
    server.registerTask('stream', () => Readable.from(['a', 'b']));
  });
  assert.match(text(await callTask(front, 'stream').over), /\r\nTransfer-Encoding: chunked\r\n.*1\r\na\r\n/s);
  const old = text(await callTask(front, 'stream', '1', '', { http10: true }).over);
  assert.match(old, /\r\nConnection: close\r\n\r\nab$/);
  assert.doesNotMatch(old, /chunked/);
});

test('without a listener a request gets a clear answer', async (t) => {
  const { front } = await serving(t, () => {});
  assert.deepEqual(front.peer.hello.listener, { exposure: false, everything: false });
  const response = await request(front, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n').over;
  assert.match(text(response), /^HTTP\/1\.1 501 .*"code":"NOT_IMPLEMENTED"/s);
});

test('a task may return a stream, plain or with status, type and headers', async (t) => {
  const { front } = await serving(t, (server) => {
    server.registerTask('plain', async () => Readable.from([Buffer.from('a'), Buffer.from('bc')]));
    server.registerTask('dressed', () => ({
      stream: Readable.from([Buffer.from('x')]), status: 206, contentType: 'text/csv', headers: { 'X-Extra': 'yes' },
    }));
    server.registerTask('no stream', () => ({ stream: 'text' }));
  });
  const plain = await callTask(front, 'plain').over;
  assert.match(
    text(plain),
    new RegExp(/^HTTP\/1\.1 200 OK\r\nAccess-Control-Allow-Origin: \*\r\n/.source
      + /content-type: application\/octet-stream\r\nDate: .*\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n$/.source, 's'),
  );
  assert.equal(plain.flags, KEEP_ALIVE);
  assert.match(
    text(await callTask(front, 'dressed').over),
    /^HTTP\/1\.1 206 Partial Content\r\nAccess-Control-Allow-Origin: \*\r\ncontent-type: text\/csv\r\nX-Extra: yes\r\n/,
  );
  assert.match(text(await callTask(front, 'no stream').over), /^HTTP\/1\.1 500 .*"code":"INTERNAL_ERROR"/s);
});

test('an error after headers were set keeps them, and ends the stream', async (t) => {
  const stream = new PassThrough();
  const headers = { 'X-Extra': 'yes', 'x y': '1' };
  const { front } = await serving(t, (server) => server.registerTask('bad header', () => ({ stream, headers })));
  const response = await callTask(front, 'bad header').over;
  assert.match(text(response), /^HTTP\/1\.1 500 .*X-Extra: yes\r\n.*"Header name must be a valid HTTP token/s);
  assert.equal(response.flags, KEEP_ALIVE);
  assert.equal(stream.destroyed, true);
});

test('what only Node\'s writing refuses is an error answer and a close, and the process lives', async (t) => {
  const silent = () => new Readable({ read() {} });
  const streams = {
    99: () => ({ stream: silent(), status: 99 }),
    99999: () => ({ stream: silent(), status: 99999 }),
    'NaN': () => ({ stream: silent(), status: NaN }),
    'objects': () => Readable.from([{ a: 1 }]),
    'a status message': (_input, { res }) => { res.statusMessage = 'a\nb'; return Readable.from(['x']); },
  };
  const { front } = await serving(t, (server) => {
    for (const [id, task] of Object.entries(streams)) server.registerTask(id, task);
    server.registerTask('late', () => Readable.from(['text first', { a: 1 }]));
    server.registerTask('quick', () => 1);
  });
  for (const id of ['99', '99999', 'NaN']) {
    const response = await callTask(front, id).over;
    assert.match(text(response), /^HTTP\/1\.1 500 .*Connection: close\r\n.*"message":"Invalid status code: /s);
    assert.equal(response.flags, 0);
  }
  const objects = await callTask(front, 'objects').over;
  assert.match(text(objects), /^HTTP\/1\.1 500 .*Connection: close\r\n.*argument must be of type string/s);
  assert.equal((await callTask(front, 'a status message').over).flags, ABORT);
  assert.equal((await callTask(front, 'late').over).flags, ABORT);
  assert.equal((await callTask(front, 'quick').over).result.detail, 200);
});

test('a task may touch res: headers stay, and what it writes is the answer', async (t) => {
  const { front } = await serving(t, (server) => {
    server.registerTask('header', (_input, { res }) => {
      res.setHeader('X-Task', '1');
      res.statusCode = 202;
      return 5;
    });
    server.registerTask('writes', (_input, { res }) => {
      res.writeHead(201, { 'X-Own': '1' });
      res.end('mine');
      return 'ignored';
    });
    server.registerTask('fails', (_input, { res }) => {
      res.setHeader('X-Task', '1');
      throw new Error('after a header');
    });
    server.registerTask('too late', (_input, { res }) => { res.write('some'); throw new Error('after the head'); });
    server.registerTask('reads', (_input, { req }) => [req.rawHeaders.length, req.complete]);
  });
  assert.match(
    text(await callTask(front, 'header').over),
    new RegExp(/^HTTP\/1\.1 200 OK\r\nX-Task: 1\r\nAccess-Control-Allow-Origin: \*\r\n/.source
      + /content-type: application\/json; charset=utf-8\r\ncontent-length: 22\r\n/.source
      + /.*\{"ok":true,"result":5\}$/.source, 's'),
  );
  assert.match(
    text(await callTask(front, 'writes').over), /^HTTP\/1\.1 201 Created\r\nX-Own: 1\r\n.*4\r\nmine\r\n0\r\n\r\n$/s,
  );
  assert.match(text(await callTask(front, 'fails').over), /^HTTP\/1\.1 500 .*X-Task: 1.*"message":"after a header"/s);
  assert.equal((await callTask(front, 'too late').over).flags, ABORT);
  const read = await callTask(front, 'reads').over;
  assert.equal(read.result.payload.toString(), '[6,true]');
});

test('a stream that breaks midway is cut off, never ended cleanly', async (t) => {
  const { front } = await serving(t, (server) => server.registerTask('breaks', () => {
    const stream = new PassThrough();
    stream.write('partial');
    setTimeout(() => stream.destroy(new Error('midway')), 20);
    return stream;
  }));
  const response = await callTask(front, 'breaks').over;
  assert.equal(response.flags, ABORT);
  assert.ok(text(response).endsWith('7\r\npartial\r\n'));
});

test('a client that goes away destroys the stream and aborts the signal', async (t) => {
  let stream;
  let signal;
  const { front } = await serving(t, (server) => {
    server.registerTask('endless', (_input, context) => {
      signal = context.signal;
      stream = new Readable({ read() { setTimeout(() => this.push('x'.repeat(1000)), 1); } });
      return stream;
    });
    server.registerTask('quick', () => 1);
  });
  const response = callTask(front, 'endless');
  await wait(30);
  front.peer.send(frame(TYPE.CANCEL, { call: response.call, detail: 1 }));
  await wait(30);
  const sent = response.bytes.length;
  assert.deepEqual([stream.destroyed, signal.aborted], [true, true]);
  await wait(30);
  assert.equal(response.bytes.length, sent);
  assert.equal((await callTask(front, 'quick').over).result.detail, 200);
});

for (const [reason, name] of [[1, 'closes'], [2, 'half-closes']]) {
  test(`a client that ${name} during an upload aborts the request`, async (t) => {
    const events = [];
    const { front } = await serving(t, () => {}, {
      requestListener(req, res) {
        req.on('aborted', () => events.push('aborted'));
        req.on('error', (error) => events.push(error.code));
        res.on('close', () => events.push('close'));
        req.resume();
      },
    });
    const { peer } = front;
    const call = front.nextCall();
    peer.send(
      frame(TYPE.REQUEST, {
        call,
        flags: 1,
        payload: Buffer.concat([peerBlock(), Buffer.from('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n')]),
      }),
      frame(TYPE.REQUEST_DATA, { call, payload: 'begun' }),
    );
    await wait(30);
    peer.send(frame(TYPE.CANCEL, { call, detail: reason }));
    await wait(50);
    assert.deepEqual(events.sort(), ['ECONNRESET', 'aborted', 'close']);
    assert.equal(peer.frames.filter((received) => received.call === call).length, 0);
  });
}

for (const [reason, name] of [[1, 'closes'], [2, 'half-closes'], [3, 'takes too long']]) {
  test(`a client that ${name} in the middle of an echo that both sides hold back leaves nothing open`, async (t) => {
    const windowBytes = 100_000;
    const seen = {};
    const { front } = await serving(t, () => {}, {
      requestListener(req, res) {
        for (const [part, stream] of Object.entries({ req, res })) stream.once('close', () => { seen[part] = true; });
        pipeline(req, res, (error) => { seen.failed = error !== undefined; });
      },
    }, { limits: { windowBytes } });
    const { peer } = front;
    const call = front.nextCall();
    const head = Buffer.from('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n');
    const data = () => frame(TYPE.REQUEST_DATA, { call, payload: Buffer.alloc(windowBytes / 5) });
    peer.send(frame(TYPE.REQUEST, { call, flags: 1, payload: Buffer.concat([peerBlock(), head]) }));
    // No credit is given for the answer, and what the app reads is sent on until it reads no more.
    let sent = 0;
    let credited = windowBytes;
    for (let idle = 0; idle < 5; idle++) {
      const before = sent;
      while (credited - sent >= windowBytes / 5) {
        peer.send(data());
        sent += windowBytes / 5;
      }
      await wait(10);
      const credits = peer.frames.filter((received) => received.call === call && received.type === TYPE.CREDIT);
      credited = windowBytes + credits.reduce((sum, { field }) => sum + field, 0);
      if (sent > before) idle = 0;
    }
    assert.ok(sent > windowBytes, `the echo stopped after ${sent} bytes`);
    const before = peer.frames.length;
    peer.send(frame(TYPE.CANCEL, { call, detail: reason }), frame(TYPE.PING, { field: 1 }));
    const pong = await peer.next(TYPE.PONG);
    await wait(20);
    assert.deepEqual(seen, { req: true, res: true, failed: true });
    assert.equal(pong.payload.readUInt32LE(4), 0);
    assert.equal(peer.frames.length, before + 1);
  });
}

test('CANCEL aborts the signal in the turn it comes', async (t) => {
  const turns = [];
  let turn = 0;
  const { front } = await serving(t, (server) => server.registerTask('waits', (_input, { signal }) => {
    turns.push(turn);
    setImmediate(() => { turn += 1; });
    return new Promise(() => signal.addEventListener('abort', () => turns.push(turn)));
  }));
  const { peer } = front;
  for (const reason of [1, 2]) {
    const call = front.nextCall();
    const entry = { call, target: peer.target('task', 'waits'), text: '1', head: defaultHead('waits', 'task') };
    peer.send(callsFrame([entry]), frame(TYPE.CANCEL, { call, detail: reason }), frame(TYPE.PING, { field: 1 }));
    await peer.next(TYPE.PONG);
  }
  assert.deepEqual(turns, [0, 0, 1, 1]);
});
