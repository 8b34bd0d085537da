'use strict';

// A request is decided once and carried as one value: whatever it waits for, it keeps what is its own, ends within a
// bound, gets one response, and leaves nothing to the next.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { TYPES, RESULT_FLAGS, callsOf } = require('../support/bridge-frames.js');
const { FaultRun } = require('../support/fault-run.js');
const { callBytes, callOnce, exchangeOnce, requestBytes } = require('../support/http-request.js');
const { RawConnection } = require('../support/raw-connection.js');
const { OPEN_EXPOSURE, RogueWorker } = require('../support/rogue-worker.js');
const { temporaryFolder } = require('../support/temporary-folder.js');
const { pause, waitUntil } = require('../support/wait-until.js');

const TIMEOUT = { timeout: 60_000 };
const alone = (use, frontOptions = []) => FaultRun.with({ workers: 0, frontOptions }, use);
const echoes = (self, call) => self.result(call, 'mine');
const ASKS = { ...OPEN_EXPOSURE, cors: { origin: { kind: 'ask' }, credentials: false, varyOrigin: true, methods: [],
  allowedHeaders: [], exposedHeaders: [], maxAge: null } };
const ORIGIN = ['Origin', 'https://a.example.com'];
const chunked = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n0\r\n\r\n`;
const chunkedHead = (id, fields = '') => (
  `POST /__runner/task/${id} HTTP/1.1\r\nHost: a\r\n${fields}Transfer-Encoding: chunked\r\n\r\n`);
const valueOf = (answer, name) => (
  answer?.headers.find(([field]) => field.toLowerCase() === name)?.[1]);

/** A worker that is welcome. */
async function worker(run, behaviour) {
  const joined = await RogueWorker.connect(run.front.socket, behaviour);
  await joined.frame(TYPES.WELCOME);
  return joined;
}

/** Answers each question about an origin with the origin. */
function allowOrigins(joined, flags = 1) {
  const receive = joined.receive.bind(joined);
  joined.receive = (frame) => {
    receive(frame);
    if (frame.type !== TYPES.ORIGIN_QUESTION) return;
    joined.send({ type: TYPES.ORIGIN_ANSWER, flags, call: frame.call, payload: frame.payload });
  };
}

for (const [kind, fields, body] of [
  ['with a length', `Content-Length: 11\r\n`, '{"input":1}'],
  ['chunked', 'Transfer-Encoding: chunked\r\n', chunked('{"input":1}')],
  ['with Expect', 'Expect: 100-continue\r\nContent-Length: 11\r\n', '{"input":1}'],
  ['with a body over 64 KiB', `Content-Length: 150002\r\n`, JSON.stringify('x'.repeat(150_000))],
]) {
  test(`a call ${kind} goes on once the app has judged its origin, and so does the next`, TIMEOUT, () => (
    alone(async (run) => {
      allowOrigins(await worker(run, { onCall: echoes, hello: { exposure: ASKS } }));
      for (let i = 0; i < 3; i += 1) {
        const head = `POST /__runner/task/once HTTP/1.1\r\nHost: a\r\nOrigin: https://a.example.com\r\n${fields}\r\n`;
        const answer = await exchangeOnce(run.front.port, Buffer.from(head + body));
        assert.equal(answer?.status, 200);
        assert.equal(valueOf(answer, 'access-control-allow-origin'), 'https://a.example.com');
      }
    })));
}

test('an origin that is not remembered leaves nothing for the next client', TIMEOUT, () => alone(async (run) => {
  allowOrigins(await worker(run, { onCall: echoes, hello: { exposure: ASKS } }), 3);
  const long = `Origin: https://${'a'.repeat(600)}.example.com\r\n`;
  for (const [fields, text] of [[long, '0\r\n\r\n'], ['Origin: https://v.example.com\r\n', chunked('{"input":1}')]]) {
    const answer = await exchangeOnce(run.front.port, Buffer.from(chunkedHead('once', fields) + text));
    assert.equal(answer?.status, 200);
  }
}));

test('a token that rotates while a body is on its way decides that call once', TIMEOUT, async () => {
  const file = path.join(temporaryFolder(), 'tokens');
  fs.writeFileSync(file, 'old\n');
  await alone(async (run) => {
    await worker(run, { onCall: echoes });
    const under = await RawConnection.open({ port: run.front.port });
    under.send(chunkedHead('once', 'x-runner-token: old\r\n'));
    await waitUntil('it is open', async () => (await run.front.underWay()).requests === 1);
    fs.writeFileSync(file, 'new\n');
    run.front.child.kill('SIGHUP');
    const old = callBytes('once', 1, { headers: [['x-runner-token', 'old']] });
    await waitUntil('the new token is in force', async () => (
      (await exchangeOnce(run.front.port, old)).status === 401));
    under.send(chunked('{"input":1}'));
    assert.equal((await under.answer())?.status, 200, 'it was decided when its head came');
    const next = await exchangeOnce(run.front.port, callBytes('once', 1, { headers: [['x-runner-token', 'new']] }));
    assert.equal(next?.status, 200);
  }, ['--token-file', file]);
});

test('a result that comes late for a cancelled call meets nobody, whatever runs meanwhile', TIMEOUT, () => (
  alone(async (run) => {
    const calls = [];
    const joined = await worker(run, { onCall: (self, call) => calls.push(call), answersPings: false });
    const left = await RawConnection.open({ port: run.front.port });
    left.send(callBytes('once', 'secret'));
    await waitUntil('the worker has it', () => calls.length === 1);
    left.resetNow();
    await joined.frame(TYPES.CANCEL);
    const flood = await RawConnection.open({ port: run.front.port });
    const one = Buffer.from('GET /__runner/x HTTP/1.1\r\nHost: a\r\n\r\n');
    for (let sent = 0; sent < 16_400; sent += 100) {
      flood.send(Buffer.concat(Array.from({ length: 100 }, () => one)));
      for (let i = 0; i < 100; i += 1) assert.equal((await flood.answer({ method: 'GET' }))?.status, 404);
    }
    const bob = await RawConnection.open({ port: run.front.port });
    bob.send(callBytes('once', 'bob'));
    await waitUntil('the worker has the next', () => calls.length === 2);
    assert.notEqual(calls[1], calls[0], 'its id is another one');
    joined.result(calls[0], 'secret');
    joined.result(calls[1], 'for bob');
    assert.match((await bob.answer()).body.toString(), /for bob/);
  })));

test('data and an end for a call that has its response are dropped', TIMEOUT, () => alone(async (run) => {
  let isHolding = false;
  const joined = await worker(run, {
    tasks: ['once', 'slow'], onCall: (self, call) => { if (!isHolding) self.result(call, 'known'); },
  });
  // A pipeline is read ahead only where it is known how large responses are.
  for (const id of ['once', 'slow']) assert.equal((await callOnce(run.front.port, id, 0)).status, 200);
  isHolding = true;
  const connection = await RawConnection.open({ port: run.front.port });
  connection.send(Buffer.concat([callBytes('slow', 1), callBytes('once', 2)]));
  const calls = () => joined.frames.filter(({ type }) => type === TYPES.CALLS).flatMap(callsOf);
  await waitUntil('both calls came', () => calls().length === 4);
  const [slow, once] = calls().slice(2).map(({ call }) => call);
  joined.result(once, 'second');
  joined.send({ type: TYPES.RESPONSE_DATA, call: once, payload: Buffer.from('HTTP/1.1 200 OK\r\n\r\n') });
  joined.send({ type: TYPES.RESPONSE_END, flags: 1, call: once });
  joined.result(slow, 'first');
  assert.match((await connection.answer()).body.toString(), /first/);
  assert.match((await connection.answer()).body.toString(), /second/);
  await pause(100);
  assert.equal(await connection.answer({ timeoutMilliseconds: 200 }), undefined, 'and nothing more');
}));

test('a worker with other exposure settings is refused while one serves, and welcome afterwards', TIMEOUT, () => (
  alone(async (run) => {
    const closed = { ...OPEN_EXPOSURE, auth: { kind: 'tokens', header: 'x-runner-token', tokens: ['s3cret'] } };
    const first = await worker(run, { onCall: echoes, hello: { exposure: closed } });
    const second = await RogueWorker.connect(run.front.socket, { onCall: echoes });
    const refused = JSON.parse((await second.frame(TYPES.REFUSED)).payload.toString());
    assert.equal(refused.retry, true);
    assert.match(refused.reason, /settings .* differ/);
    for (let i = 0; i < 3; i += 1) assert.equal((await callOnce(run.front.port, 'once', 1)).status, 401);
    first.destroy();
    await waitUntil('the first has left', async () => (
      (await run.front.metrics()).get('runner_sidecar_workers{state="ready"}') === 0));
    await worker(run, { onCall: echoes });
    assert.equal((await callOnce(run.front.port, 'once', 1)).status, 200);
  })));

for (const [what, method, target] of [
  ['a 404', 'POST', '/nope'], ['a 405', 'PUT', '/__runner/task/once'],
  ['a preflight', 'OPTIONS', '/__runner/task/once'],
]) {
  test(`a request with an empty body that ends in ${what} is followed by the next at once`, TIMEOUT, () => (
    alone(async (run) => {
      await worker(run, { onCall: echoes });
      const connection = await RawConnection.open({ port: run.front.port });
      connection.send(requestBytes(target, { method, headers: [], body: '' }));
      assert.ok(await connection.answer({ method }));
      connection.send(callBytes('once', 1));
      assert.equal((await connection.answer({ timeoutMilliseconds: 2_000 }))?.status, 200);
    })));
}

test('a call of more than 64 KiB that came before its worker is answered once that is there', TIMEOUT, () => (
  alone(async (run) => {
    const connection = await RawConnection.open({ port: run.front.port });
    connection.send(callBytes('once', 'x'.repeat(200_000)));
    await pause(300);
    await worker(run, { onCall: echoes });
    assert.equal((await connection.answer())?.status, 200);
    connection.send(callBytes('once', 1));
    assert.equal((await connection.answer())?.status, 200, 'and so is the next of its connection');
  })));

test('a question about an origin that nobody answers ends within the wait, with Retry-After', TIMEOUT, () => (
  alone(async (run) => {
    const joined = await worker(run, { onCall: echoes, hello: { exposure: ASKS } });
    const began = Date.now();
    const answer = await exchangeOnce(run.front.port, callBytes('once', 1, { headers: [ORIGIN] }));
    assert.ok(Date.now() - began < 8_000);
    assert.equal(answer?.status, 503);
    assert.ok(valueOf(answer, 'retry-after'));
    assert.equal(joined.frames.filter(({ type }) => type === TYPES.ORIGIN_QUESTION).length, 1, 'it was asked once');
  }, ['--worker-wait', '1s'])));

test('an origin asked of a worker that is gone is asked of another', TIMEOUT, () => alone(async (run) => {
  const silent = await worker(run, { onCall: echoes, hello: { exposure: ASKS } });
  const connection = await RawConnection.open({ port: run.front.port });
  connection.send(callBytes('once', 1, { headers: [ORIGIN] }));
  await silent.frame(TYPES.ORIGIN_QUESTION);
  allowOrigins(await worker(run, { onCall: echoes, hello: { exposure: ASKS } }));
  silent.destroy();
  assert.equal((await connection.answer())?.status, 200);
}));

test('a body that drips is cut whatever its framing, one that comes steadily is not', TIMEOUT, () => (
  alone(async (run) => {
    await worker(run, { onCall: echoes });
    const drip = async (head, piece, milliseconds) => {
      const connection = await RawConnection.open({ port: run.front.port });
      connection.send(head);
      const began = Date.now();
      while (!connection.ended && Date.now() - began < milliseconds) {
        connection.send(piece);
        await pause(100);
      }
      return { connection, milliseconds: Date.now() - began };
    };
    const slow = await Promise.all([
      drip(chunkedHead('once'), '1\r\n \r\n', 12_000),
      drip('POST /__runner/task/once HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n', ' ', 12_000),
      drip('POST /nope HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n', ' ', 12_000),
    ]);
    for (const { milliseconds } of slow) assert.ok(milliseconds < 10_000, `cut after ${milliseconds} ms`);
    assert.equal((await slow[0].connection.answer())?.status, 408);
    assert.equal((await slow[1].connection.answer())?.status, 408);
    const text = JSON.stringify({ input: 'x'.repeat(50_000) });
    const steady = await RawConnection.open({ port: run.front.port });
    steady.send(`POST /__runner/task/once HTTP/1.1\r\nHost: a\r\nContent-Length: ${text.length}\r\n\r\n`);
    for (let at = 0; at < text.length; at += 2_000) {
      steady.send(text.slice(at, at + 2_000));
      await pause(200);
    }
    assert.equal((await steady.answer())?.status, 200, 'five seconds at 10 KB/s, with a body timeout of two');
  }, ['--body-timeout', '2s'])));

test('a call that is refused after waiting is refused as one that is refused at once', TIMEOUT, async () => {
  const refusal = async (wait) => {
    let answer;
    await alone(async (run) => {
      (await worker(run, { onCall: echoes })).destroy();
      await waitUntil('it is gone', async () => (
        (await run.front.metrics()).get('runner_sidecar_workers{state="ready"}') === 0));
      answer = await exchangeOnce(run.front.port, callBytes('once', 1, { headers: [ORIGIN] }));
    }, ['--worker-wait', wait]);
    const headers = answer.headers.filter(([name]) => name !== 'Date');
    return { status: answer.status, headers, body: `${answer.body}` };
  };
  const [waited, atOnce] = [await refusal('300ms'), await refusal('0s')];
  assert.deepEqual(waited, atOnce);
  assert.equal(waited.status, 503);
});

for (const status of [204, 304]) {
  test(`a result with status ${status} has no body that the next response would be read from`, TIMEOUT, () => (
    alone(async (run) => {
      await worker(run, { onCall: (self, call) => self.send({
        type: TYPES.RESULT, flags: 0, detail: status, call, payload: Buffer.from('{"not":"sent"}'),
      }) });
      const connection = await RawConnection.open({ port: run.front.port });
      for (let i = 0; i < 2; i += 1) {
        connection.send(callBytes('once', 1));
        const answer = await connection.answer();
        assert.equal(answer?.status, status);
        assert.equal(answer.body.length, 0);
      }
    })));
}

test('an end without a beginning is a bad response of the worker, not silence', TIMEOUT, () => alone(async (run) => {
  await worker(run, { onCall: (self, call) => self.send({ type: TYPES.RESPONSE_END, flags: 1, call }) });
  const { status, envelope } = await callOnce(run.front.port, 'once', 1);
  assert.deepEqual([status, envelope.error.code], [502, 'BAD_WORKER_ANSWER']);
}));

for (const [version, head] of [
  ['HTTP/1.0', 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'],
  ['HTTP/1.1', 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'],
]) {
  test(`a response without a length that the app breaks off ends in a reset, for ${version}`, TIMEOUT, () => (
    alone(async (run) => {
      await worker(run, { onCall: (self, call) => {
        self.send({ type: TYPES.RESPONSE_DATA, call, payload: Buffer.from(`${head}half`) });
        setTimeout(() => self.send({ type: TYPES.RESPONSE_END, flags: 2, call }), 100);
      } });
      const connection = await RawConnection.open({ port: run.front.port });
      connection.send(`POST /__runner/task/once ${version}\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}`);
      await connection.closedWithin(3_000);
      assert.ok(connection.reset);
    })));
}

test('a 413 reaches a client that is still sending', TIMEOUT, () => alone(async (run) => {
  await worker(run, { onCall: echoes });
  for (let i = 0; i < 5; i += 1) {
    const response = await fetch(`http://127.0.0.1:${run.front.port}/__runner/task/once`, {
      method: 'POST', body: Buffer.alloc(12_000_000, 32),
    });
    assert.equal(response.status, 413);
  }
}));

test('a HELLO of 65,536 targets does not hold up the clients of others', TIMEOUT, () => alone(async (run) => {
  await worker(run, { onCall: echoes });
  let longest = 0;
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      const began = Date.now();
      await callOnce(run.front.port, 'once', 1);
      longest = Math.max(longest, Date.now() - began);
    }
  })();
  const large = await RogueWorker.connect(run.front.socket, {
    onCall: echoes,
    hello: { targets: Array.from({ length: 65_536 }, (_, i) => (
      { kind: 'task', id: `app.tasks.number-${i}`, state: 'callable', lane: 'call', head: false })) },
  });
  await large.frame(TYPES.WELCOME, 20_000);
  isOver = true;
  await asking;
  assert.ok(longest < 3_000, `a call took ${longest} ms`);
}));

test('unfinished bodies take their budget together, and no more: the newest is refused', TIMEOUT, () => (
  alone(async (run) => {
    await worker(run, { onCall: echoes });
    const body = Buffer.from(JSON.stringify({ input: 'x'.repeat(900_000) }));
    const connections = [];
    for (let i = 0; i < 20; i += 1) {
      const connection = await RawConnection.open({ port: run.front.port });
      connection.send(`POST /__runner/task/once HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`);
      connection.send(body.subarray(0, 800_000));
      connections.push(connection);
    }
    await pause(500);
    for (const connection of connections) connection.send(body.subarray(800_000));
    const statuses = await Promise.all(connections.map(async (one) => (await one.answer())?.status));
    assert.deepEqual([...new Set(statuses)].sort(), [200, 503]);
    assert.ok(statuses.filter((status) => status === 200).length >= 5);
    assert.equal((await callOnce(run.front.port, 'once', 1)).status, 200, 'and the budget is free again');
  }, ['--body-bytes', '8MiB'])));

test('a URL that cannot be parsed is the app\'s if that takes everything', TIMEOUT, () => alone(async (run) => {
  const joined = await worker(run, { hello: { listener: { exposure: true, everything: true } } });
  const connection = await RawConnection.open({ port: run.front.port });
  connection.send('GET http://[/x HTTP/1.1\r\nHost: a\r\n\r\n');
  const request = await joined.frame(TYPES.REQUEST);
  joined.send({ type: TYPES.RESPONSE_DATA, call: request.call, payload: Buffer.from(
    'HTTP/1.1 418 Yes\r\nContent-Length: 0\r\n\r\n') });
  joined.send({ type: TYPES.RESPONSE_END, flags: 1, call: request.call });
  assert.equal((await connection.answer({ method: 'GET' }))?.status, 418);
}));

test('a malformed chunk of an upload is answered 400, though an earlier response is still unread', TIMEOUT, () => (
  alone(async (run) => {
    await worker(run, {
      onCall: (self, call) => self.send({
        type: TYPES.RESULT, flags: RESULT_FLAGS.result, detail: 200, call,
        payload: Buffer.from(JSON.stringify('x'.repeat(4_000_000))),
      }),
      hello: { listener: { exposure: true, everything: true } },
    });
    const connection = await RawConnection.open({ port: run.front.port });
    connection.socket.pause();
    connection.send(callBytes('once', 1));
    connection.send('POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n');
    await pause(500);
    connection.socket.resume();
    assert.equal((await connection.answer())?.status, 200);
    assert.equal((await connection.answer())?.status, 400);
  })));

test('questions about origins are counted as what goes over the bridge', TIMEOUT, () => alone(async (run) => {
  allowOrigins(await worker(run, { onCall: echoes, hello: { exposure: ASKS } }));
  const name = [...(await run.front.metrics()).keys()].find((key) => /bridge_frames/.test(key) && /sent/.test(key));
  assert.ok(name, 'there is such a metric');
  const before = (await run.front.metrics()).get(name);
  for (let i = 0; i < 10; i += 1) {
    const answer = await exchangeOnce(run.front.port, callBytes('once', 1, { headers: [ORIGIN] }));
    assert.equal(answer?.status, 200);
  }
  assert.ok((await run.front.metrics()).get(name) - before >= 20, 'a question and a call each');
}));
