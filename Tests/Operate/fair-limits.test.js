'use strict';

// Fair limits: one client, or one task, cannot take all there is; whoever is refused is told so, and when to come back.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { fieldValue } = require('../support/http-answer-reader.js');
const { callBytes, requestBytes } = require('../support/http-request.js');
const { withPair } = require('../support/pair.js');
const { RawConnection } = require('../support/raw-connection.js');
const { temporaryFolder } = require('../support/temporary-folder.js');
const { waitUntil } = require('../support/wait-until.js');

const APP = path.join(__dirname, 'app.js');
const TIMEOUT = { timeout: 40_000 };
/** Slow enough that nothing comes back while a test runs. */
const RARELY = ['--rate-limit', '10/h', '--rate-burst', '3'];

/** Sends one request on a connection of its own; gives status, code, and the answer. */
async function ask(address, bytes = callBytes('add', { a: 1, b: 2 })) {
  const connection = await RawConnection.open(typeof address === 'number' ? { port: address } : address);
  try {
    connection.send(bytes);
    const answer = await connection.answer({ timeoutMilliseconds: 10_000 });
    assert.ok(answer, `an answer: ${connection.fate}`);
    const envelope = answer.body.length > 0 ? JSON.parse(answer.body.toString()) : {};
    return { status: answer.status, code: envelope.error?.code, answer };
  } finally {
    connection.destroy();
  }
}

const statuses = async (count, address, bytes) => {
  const found = [];
  for (let i = 0; i < count; i += 1) found.push((await ask(address, bytes)).status);
  return found;
};

const failures = async (front, side, reason) => (
  (await front.metrics()).get(`runner_sidecar_failures_total{side="${side}",reason="${reason}"}`)
);

test('a client over its rate gets 429 with the time to wait, in the envelope and with CORS; others do not', {
  ...TIMEOUT,
}, async () => {
  const frontOptions = [
    ...RARELY, '--cors-origins', 'https://app.example', '--access-log', 'all', '--log-format', 'json',
  ];
  await withPair({ app: APP, frontOptions }, async ({ front: { port }, front }) => {
    assert.deepEqual(await statuses(3, port), [200, 200, 200]);
    const bytes = callBytes('add', { a: 1, b: 2 }, { headers: [['Origin', 'https://app.example']] });
    const { status, answer } = await ask(port, bytes);
    assert.equal(status, 429);
    const envelope = JSON.parse(answer.body.toString());
    assert.equal(envelope.ok, false);
    assert.equal(envelope.error.code, 'RATE_LIMITED');
    const wait = Number(fieldValue(answer, 'retry-after'));
    assert.ok(wait > 300 && wait <= 360, `${wait} seconds`);
    assert.equal(fieldValue(answer, 'ratelimit-policy'), '"client";q=3;w=1080');
    assert.equal(fieldValue(answer, 'ratelimit'), `"client";r=0;t=${wait}`);
    assert.equal(fieldValue(answer, 'access-control-allow-origin'), 'https://app.example');
    assert.equal((await ask({ port, localAddress: '127.0.0.2' })).status, 200, 'another client');
    assert.equal(await failures(front, 'client', 'rate_limited'), 1);
    assert.match(front.child.stderr, /"status":429.*"side":"client","reason":"rate_limited"/);
  });
});

test('what no worker is asked for costs nothing: preflights, unknown tasks, malformed requests', TIMEOUT, async () => {
  await withPair({ app: APP, frontOptions: [...RARELY, '--cors-origins', '*'] }, async ({ front: { port } }) => {
    const preflight = requestBytes('/__runner/task/add', {
      method: 'OPTIONS', headers: [['Origin', 'https://a.example']],
    });
    for (let i = 0; i < 5; i += 1) {
      assert.equal((await ask(port, preflight)).status, 204);
      assert.equal((await ask(port, callBytes('nowhere', {}))).status, 404);
      assert.equal((await ask(port, 'GARBAGE\r\n\r\n')).status, 400);
    }
    assert.deepEqual(await statuses(4, port), [200, 200, 200, 429]);
  });
});

test('the requests of a pipeline count one by one, and are answered in their order; the connection lives on', {
  ...TIMEOUT,
}, async () => {
  await withPair({ app: APP, frontOptions: RARELY }, async ({ front: { port } }) => {
    const connection = await RawConnection.open({ port });
    connection.send(Buffer.concat(Array.from({ length: 6 }, (_, i) => callBytes('add', { a: i, b: 0 }))));
    const found = [];
    for (let i = 0; i < 6; i += 1) {
      const answer = await connection.answer();
      found.push(answer.status === 200 ? JSON.parse(answer.body.toString()).result : answer.status);
    }
    assert.deepEqual(found, [0, 1, 2, 429, 429, 429]);
    // A body that is refused is dropped, and the next request found behind it.
    connection.send(callBytes('echo', 'x'.repeat(100_000)));
    assert.equal((await connection.answer()).status, 429);
    connection.send(requestBytes('/__runner/task/add', { headers: [['Transfer-Encoding', 'chunked']] }));
    connection.send('3\r\nabc\r\n0\r\n\r\n');
    assert.equal((await connection.answer()).status, 429);
    connection.send(callBytes('nowhere', {}));
    assert.equal((await connection.answer()).status, 404);
    connection.destroy();
  });
});

test("with --client-in-flight one client's waiting calls leave room for the others'", TIMEOUT, async () => {
  const frontOptions = ['--client-in-flight', '2', '--loops', '2'];
  await withPair({ app: APP, frontOptions }, async ({ front: { port }, front }) => {
    const waits = [1, 2].map(() => ask(port, callBytes('wait', { ms: 1_000 })));
    await waitUntil('both run', async () => (await front.underWay()).withWorkers === 2);
    // Four connections, on whichever loop: the limit is the front's.
    for (let i = 0; i < 4; i += 1) {
      const { status, code, answer } = await ask(port);
      assert.deepEqual([status, code, fieldValue(answer, 'retry-after')], [429, 'CLIENT_IN_FLIGHT', '1']);
      assert.equal(fieldValue(answer, 'ratelimit-policy'), '"client-in-flight";q=2;qu="concurrent-requests"');
    }
    assert.equal((await ask({ port, localAddress: '127.0.0.2' })).status, 200);
    assert.deepEqual((await Promise.all(waits)).map(({ status }) => status), [200, 200]);
    assert.deepEqual(await statuses(10, port), Array(10).fill(200), 'what is over counts no more');
    assert.equal(await failures(front, 'client', 'client_in_flight'), 4);
  });
});

test('a client that leaves frees its place once its task has ended', TIMEOUT, async () => {
  await withPair({ app: APP, frontOptions: ['--client-in-flight', '1'] }, async ({ front: { port }, front }) => {
    for (let i = 0; i < 3; i += 1) {
      const connection = await RawConnection.open({ port });
      connection.send(callBytes('wait', { ms: 300 }));
      await waitUntil('it runs', async () => (await front.underWay()).withWorkers === 1);
      connection.destroy();
      await waitUntil('another one may come', async () => (await ask(port)).status === 200);
    }
    await front.quiet();
  });
});

test('one task cannot take everything: its calls are bounded, and the others run', TIMEOUT, async () => {
  const frontOptions = ['--task-in-flight', 'wait=2,100'];
  await withPair({ app: APP, frontOptions }, async ({ front: { port }, front }) => {
    const wait = callBytes('wait', { ms: 800 });
    const waits = ['127.0.0.1', '127.0.0.2'].map((localAddress) => ask({ port, localAddress }, wait));
    await waitUntil('both run', async () => (await front.underWay()).withWorkers === 2);
    const { status, code, answer } = await ask({ port, localAddress: '127.0.0.3' }, wait);
    assert.deepEqual([status, code, fieldValue(answer, 'retry-after')], [429, 'TASK_IN_FLIGHT', '1']);
    assert.equal(fieldValue(answer, 'ratelimit-policy'), '"task-in-flight";q=2;qu="concurrent-requests"');
    assert.deepEqual(await statuses(5, port), Array(5).fill(200));
    assert.deepEqual((await Promise.all(waits)).map((one) => one.status), [200, 200]);
    assert.equal((await ask(port, callBytes('wait', { ms: 1 }))).status, 200);
    assert.equal(await failures(front, 'task', 'task_in_flight'), 1);
  });
});

test('calls that wait for a worker count, and what ends without one counts no more', TIMEOUT, async () => {
  const frontOptions = ['--client-in-flight', '2', '--worker-wait', '700ms', '--worker-in-flight', '1'];
  await withPair({ app: APP, frontOptions }, async ({ front: { port }, front }) => {
    const first = ask(port, callBytes('wait', { ms: 1_500 }));
    await waitUntil('it runs', async () => (await front.underWay()).withWorkers === 1);
    const second = ask(port);
    await waitUntil('it waits', async () => (await front.underWay()).queued === 1);
    assert.equal((await ask(port)).code, 'CLIENT_IN_FLIGHT');
    assert.equal((await second).code, 'OVERLOADED');
    assert.equal((await first).status, 200);
    assert.deepEqual(await statuses(3, port), [200, 200, 200]);
  });
});

test('behind a trusted proxy the client counts; behind one that is not trusted, the proxy', TIMEOUT, async () => {
  const from = (address) => callBytes('add', { a: 1, b: 2 }, { headers: [['X-Forwarded-For', address]] });
  const frontOptions = [...RARELY, '--trusted-peers', '127.0.0.1'];
  await withPair({ app: APP, frontOptions }, async ({ front: { port } }) => {
    assert.deepEqual(await statuses(4, port, from('203.0.113.1')), [200, 200, 200, 429]);
    assert.equal((await ask(port, from('203.0.113.2'))).status, 200);
    // Of IPv6 the first 64 bits count: the rest is its holder's to choose.
    assert.deepEqual(await statuses(2, port, from('2001:db8:0:1::1')), [200, 200]);
    assert.deepEqual(await statuses(2, port, from('2001:db8:0:1:ffff::2')), [200, 429]);
    assert.equal((await ask(port, from('2001:db8:0:2::1'))).status, 200);
    assert.equal((await ask({ port, localAddress: '127.0.0.2' }, from('203.0.113.1'))).status, 200, 'not trusted');
  });
});

test('by token, each accepted token is a client, wherever it comes from; a made-up one is none', TIMEOUT, async () => {
  const frontOptions = [...RARELY, '--limit-by', 'token', '--token', 'one,two'];
  const as = (token) => callBytes('add', { a: 1, b: 2 }, { headers: [['x-runner-token', token]] });
  await withPair({ app: APP, frontOptions }, async ({ front: { port } }) => {
    assert.deepEqual(await statuses(2, port, as('one')), [200, 200]);
    assert.deepEqual(await statuses(2, { port, localAddress: '127.0.0.2' }, as('one')), [200, 429]);
    assert.equal((await ask(port, as('two'))).status, 200);
    assert.equal((await ask(port, as('three'))).status, 401);
  });
});

test('limits change on SIGHUP, and calls from before are still counted right', TIMEOUT, async () => {
  const file = path.join(temporaryFolder(), 'front.yaml');
  const configure = (text) => fs.writeFileSync(file, text);
  configure('client-in-flight: 1\n');
  await withPair({ app: APP, frontOptions: ['--config', file] }, async ({ front: { port }, front }) => {
    const reload = async (text, changed) => {
      configure(text);
      front.child.kill('SIGHUP');
      await waitUntil(`${changed} changed`, () => (
        front.child.stderr.split('settings read again').pop().includes(changed)
      ));
    };
    const wait = ask(port, callBytes('wait', { ms: 2_000 }));
    await waitUntil('it runs', async () => (await front.underWay()).withWorkers === 1);
    assert.equal((await ask(port)).status, 429);
    await reload('client-in-flight: off\n', 'client-in-flight');
    assert.deepEqual(await statuses(3, port), [200, 200, 200]);
    await reload('client-in-flight: 1\nrate-limit: 2/h\n', 'rate-limit');
    assert.equal((await ask(port)).code, 'CLIENT_IN_FLIGHT', 'the call from before the reloads counts still');
    assert.equal((await wait).status, 200);
    assert.deepEqual(await statuses(2, port), [200, 429]);
  });
});
