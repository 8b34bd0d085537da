'use strict';

// Request ids and traces: on, a request has one wherever it goes; off, nothing is different.
const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const { callBytes, requestBytes } = require('../support/http-request.js');
const { fieldValue } = require('../support/http-answer-reader.js');
const { withPair } = require('../support/pair.js');
const { RawConnection } = require('../support/raw-connection.js');

const APP = path.join(__dirname, 'app.js');
const TRACE = `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`;

/** Every request id that an answer carries: there must be one. */
function idsOf({ headers }) {
  return headers.filter(([name]) => name.toLowerCase() === 'x-request-id').map(([, value]) => value);
}

/** What the task saw of the request, and the answer. */
async function exchange(port, headers) {
  const connection = await RawConnection.open({ port });
  connection.send(callBytes('headers', {}, { headers }));
  const answer = await connection.answer();
  connection.destroy();
  return { seen: JSON.parse(answer.body.toString()).result, echoed: fieldValue(answer, 'x-request-id'), answer };
}

test('an id that is there is kept, one that is missing is made; task and client get the same', {
  timeout: 30_000,
}, async () => {
  await withPair({ app: APP, frontOptions: ['--request-id', 'on'] }, async ({ front }) => {
    const given = await exchange(front.port, [['X-Request-Id', 'abc-123']]);
    assert.deepEqual([given.seen['x-request-id'], given.echoed], ['abc-123', 'abc-123']);
    const made = await exchange(front.port, []);
    assert.match(made.echoed, /^[0-9a-f]{32}$/);
    assert.equal(made.seen['x-request-id'], made.echoed);
    const next = await exchange(front.port, []);
    assert.notEqual(next.echoed, made.echoed);
  });
});

test('an id that could harm a log or a header is replaced, and does not reach the task', {
  timeout: 30_000,
}, async () => {
  await withPair({ app: APP, frontOptions: ['--request-id', 'on'] }, async ({ front }) => {
    for (const ids of [['a b'], ['x'.repeat(129)], ['"; drop'], ['one', 'two']]) {
      const headers = ids.map((id) => ['x-request-id', id]);
      const { seen, echoed } = await exchange(front.port, headers);
      assert.match(echoed, /^[0-9a-f]{32}$/, JSON.stringify(headers));
      assert.equal(seen['x-request-id'], echoed);
    }
    const longest = 'x'.repeat(128);
    assert.equal((await exchange(front.port, [['x-request-id', longest]])).echoed, longest);
  });
});

test('answers the front makes itself carry the id too, and pipelined answers each their own', {
  timeout: 30_000,
}, async () => {
  await withPair({ app: APP, frontOptions: ['--request-id', 'on'] }, async ({ front }) => {
    const connection = await RawConnection.open({ port: front.port });
    const named = (id) => ({ headers: [['x-request-id', id]] });
    connection.send(Buffer.concat([
      callBytes('wait', { ms: 50 }, named('first')), callBytes('nowhere', {}, named('second')),
      requestBytes('/__runner/task/add', { headers: [['x-request-id', 'third']], body: '{' }),
      callBytes('add', { a: 1, b: 2 }, named('fourth')),
    ]));
    const got = [];
    for (let i = 0; i < 4; i += 1) {
      const answer = await connection.answer();
      got.push([answer.status, ...idsOf(answer)]);
    }
    assert.deepEqual(got, [[200, 'first'], [404, 'second'], [400, 'third'], [200, 'fourth']]);
    connection.destroy();
  });
});

test('a valid traceparent passes as it is, a missing one is made, an invalid one is replaced with its tracestate', {
  timeout: 30_000,
}, async () => {
  await withPair({ app: APP, frontOptions: ['--trace', 'on'] }, async ({ front }) => {
    const given = await exchange(front.port, [['traceparent', TRACE], ['tracestate', 'vendor=1']]);
    assert.deepEqual([given.seen.traceparent, given.seen.tracestate], [TRACE, 'vendor=1']);
    assert.equal(given.echoed, undefined, 'a trace is no request id');
    const made = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/;
    assert.match((await exchange(front.port, [])).seen.traceparent, made);
    const invalid = [
      TRACE.toUpperCase(), TRACE.slice(1), `ff${TRACE.slice(2)}`, `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
      `${TRACE}-extra`, 'x',
    ];
    for (const traceparent of invalid) {
      const { seen } = await exchange(front.port, [['traceparent', traceparent], ['tracestate', 'vendor=1']]);
      assert.match(seen.traceparent, made, traceparent);
      assert.notEqual(seen.traceparent, traceparent);
      assert.equal(seen.tracestate, undefined);
    }
    const later = `01${TRACE.slice(2)}-extra`;
    assert.equal((await exchange(front.port, [['traceparent', later]])).seen.traceparent, later);
  });
});

test('a request that the app answers itself has the id on both ways, unless the app sets one', {
  timeout: 30_000,
}, async () => {
  await withPair({ app: APP, frontOptions: ['--request-id', 'on', '--trace', 'on'] }, async ({ front }) => {
    const streamed = async (headers) => {
      const connection = await RawConnection.open({ port: front.port });
      const type = ['Content-Type', 'multipart/form-data; boundary=b'];
      connection.send(requestBytes('/__runner/task/echo', { headers: [type, ...headers], body: '--b--\r\n' }));
      const answer = await connection.answer();
      connection.destroy();
      return { seen: JSON.parse(answer.body.toString()).result, echoed: idsOf(answer) };
    };
    const made = await streamed([]);
    assert.match(made.seen['x-request-id'], /^[0-9a-f]{32}$/);
    assert.deepEqual(made.echoed, [made.seen['x-request-id']]);
    assert.match(made.seen.traceparent, /^00-/);
    assert.deepEqual((await streamed([['x-request-id', 'given']])).echoed, ['given']);
    const own = await streamed([['x-request-id', 'given'], ['x-answer-id', 'the-apps-own']]);
    assert.deepEqual(own.echoed, ['the-apps-own']);
  });
});

test('off, as they are unless asked for, nothing is added for the client or the task', {
  timeout: 30_000,
}, async () => {
  await withPair({ app: APP }, async ({ front }) => {
    const { seen, echoed } = await exchange(front.port, [['x-request-id', 'a b']]);
    assert.equal(echoed, undefined);
    assert.deepEqual([seen['x-request-id'], seen.traceparent], ['a b', undefined]);
  });
});
