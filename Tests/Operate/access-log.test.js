'use strict';

// A line a request: who asked for what, how it went, where the time went, and whose fault it was.
const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const { callBytes, requestBytes } = require('../support/http-request.js');
const { withPair } = require('../support/pair.js');
const { RawConnection } = require('../support/raw-connection.js');
const { askAdmin } = require('./admin-client.js');
const { waitUntil } = require('../support/wait-until.js');

const APP = path.join(__dirname, 'app.js');
const ALL_AS_JSON = ['--access-log', 'all', '--log-format', 'json'];
const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

/** Sends requests one after another on one connection. @returns {Promise<number[]>} statuses */
async function send(port, requests) {
  const connection = await RawConnection.open({ port });
  const statuses = [];
  for (const request of requests) {
    connection.send(request);
    statuses.push((await connection.answer())?.status);
  }
  connection.destroy();
  return statuses;
}

/** The access lines, once there are `count`. */
async function accessLines(front, count) {
  const all = () => front.child.stderr.split('\n').slice(0, -1);
  const lines = () => all().filter((line) => / access |"message":"access"/.test(line));
  await waitUntil(`${count} lines are there`, () => lines().length >= count);
  return lines();
}

test('a JSON line has every field, and nothing of body, token or query', { timeout: 30_000 }, async () => {
  await withPair({ app: APP, frontOptions: ALL_AS_JSON }, async ({ front, app }) => {
    const headers = [['x-request-id', 'req-1'], ['traceparent', TRACE], ['x-runner-token', 'hush-token']];
    await send(front.port, [
      callBytes('wait', { ms: 30, note: 'hush-body' }, { headers }), callBytes('nowhere?hush=query', { a: 1 }),
      requestBytes('/__runner/task/add', { body: '{"hush-json' }),
    ]);
    const [first, second, third] = (await accessLines(front, 3)).map((line) => JSON.parse(line));
    assert.deepEqual(Object.keys(first), [
      'time', 'level', 'message', 'requestId', 'traceparent', 'client', 'method', 'route', 'target', 'status',
      'requestBytes', 'responseBytes', 'durationMicroseconds', 'receiveMicroseconds', 'validateMicroseconds',
      'queueMicroseconds', 'workerMicroseconds', 'workerPid',
    ]);
    assert.match(first.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const { requestId, traceparent, client, method, route, target, status, workerPid } = first;
    assert.deepEqual({ requestId, traceparent, client, method, route, target, status, workerPid }, {
      requestId: 'req-1', traceparent: TRACE, client: '127.0.0.1', method: 'POST',
      route: '/__runner/task/{id}', target: 'wait', status: 200, workerPid: app.pid,
    });
    assert.equal(first.requestBytes, JSON.stringify({ input: { ms: 30, note: 'hush-body' } }).length);
    assert.equal(first.responseBytes, '{"ok":true,"result":30}'.length);
    const { workerMicroseconds, durationMicroseconds } = first;
    assert.ok(workerMicroseconds >= 28_000 && workerMicroseconds <= durationMicroseconds, JSON.stringify(first));
    assert.equal(second.status, 404);
    assert.equal(second.route, '/__runner/task/{id}');
    assert.deepEqual([second.target, second.unknownTarget], [undefined, 'nowhere']);
    assert.equal(third.status, 400);
    assert.equal(third.target, 'add');
    const causes = [second, third].map(({ side, reason }) => `${side}/${reason}`);
    assert.deepEqual(causes, ['client/not_found', 'client/invalid_json']);
    assert.ok(!front.child.stderr.includes('hush'), front.child.stderr);
  });
});

test('a text line has the same fields; values that could be mistaken for fields are quoted', {
  timeout: 30_000,
}, async () => {
  await withPair({ app: APP, frontOptions: ['--access-log', 'all'] }, async ({ front }) => {
    await send(front.port, [callBytes('add', { a: 1, b: 2 })]);
    const [line] = await accessLines(front, 1);
    assert.match(line, /^\S+Z info access client=127\.0\.0\.1 method=POST route=\/__runner\/task\/\{id\} target=add /);
    assert.match(line, / target=add status=200 requestBytes=\d+ responseBytes=22 durationMicroseconds=\d+ /);
  });
});

test('a 401 names the known target; ids that there are not are cut and escaped, and are no label', {
  timeout: 30_000,
}, async () => {
  const options = [...ALL_AS_JSON, '--token', 'right'];
  await withPair({ app: APP, frontOptions: options }, async ({ front }) => {
    const opens = { headers: [['x-runner-token', 'right']] };
    const forged = encodeURIComponent(`a\n{"level":"error"} \u001b[31m${'é'.repeat(100)}`);
    await send(front.port, [
      callBytes('add', {}), callBytes('nobody', {}), callBytes(forged, {}, opens), callBytes('nobody', {}, opens),
    ]);
    const [known, unknown, long, again] = (await accessLines(front, 4)).map((line) => JSON.parse(line));
    assert.deepEqual([known.status, known.target, known.unknownTarget], [401, 'add', undefined]);
    assert.deepEqual([unknown.status, unknown.target, unknown.unknownTarget], [401, undefined, 'nobody']);
    assert.equal(long.status, 404);
    assert.ok(long.unknownTarget.startsWith('a\n{"level":"error"} \u001b[31mé'), long.unknownTarget);
    assert.ok(Buffer.byteLength(long.unknownTarget) <= 130, 'cut after 128 bytes');
    const stats = JSON.parse((await front.admin('/stats.json')).text);
    assert.deepEqual(stats.unknown.map(({ kind, id, count }) => [kind, id, count]).sort(), [
      ['task', long.unknownTarget, 1], ['task', again.unknownTarget, 2],
    ]);
    assert.ok(!(await front.admin('/metrics')).text.includes('nobody'));
  });
});

test('the line of a call whose worker was lost names that process, and numbers are numbers', {
  timeout: 30_000,
}, async () => {
  await withPair({ app: APP, frontOptions: ALL_AS_JSON }, async ({ front, app }) => {
    const connection = await RawConnection.open({ port: front.port });
    connection.send(callBytes('wait', { ms: 5_000 }));
    await waitUntil('the call runs', async () => (await front.underWay()).withWorkers === 1);
    app.kill('SIGKILL');
    assert.equal((await connection.answer())?.status, 502);
    const [line] = (await accessLines(front, 1)).map((text) => JSON.parse(text));
    assert.deepEqual([line.reason, line.workerPid], ['worker_lost', app.pid]);
    const lost = await waitUntil('the front says so', () => (
      front.child.stderr.split('\n').find((text) => text.includes('"worker lost"'))
    ));
    const { pid, callsLost } = JSON.parse(lost);
    assert.deepEqual([pid, callsLost], [app.pid, 1]);
    connection.destroy();
  });
});

test('a client that leaves before the answer is logged as 499, with its side', { timeout: 30_000 }, async () => {
  await withPair({ app: APP, frontOptions: ALL_AS_JSON }, async ({ front }) => {
    const connection = await RawConnection.open({ port: front.port });
    connection.send(callBytes('wait', { ms: 5_000 }));
    await waitUntil('the call runs', async () => (await front.underWay()).withWorkers === 1);
    connection.resetNow();
    const [line] = (await accessLines(front, 1)).map((text) => JSON.parse(text));
    assert.deepEqual([line.status, line.target, line.side], [499, 'wait', 'client']);
  });
});

test('a sample holds one in so many, and every failure', { timeout: 30_000 }, async () => {
  const frontOptions = ['--loops', '1', '--access-log', '1/10', '--log-format', 'json'];
  await withPair({ app: APP, frontOptions }, async ({ front }) => {
    const target = (i) => (i % 8 === 0 ? 'nowhere' : 'add');
    await send(front.port, Array.from({ length: 40 }, (_, i) => callBytes(target(i), { a: i, b: 1 })));
    const lines = (await accessLines(front, 5)).map((line) => JSON.parse(line));
    const failed = lines.filter(({ status }) => status !== 200);
    assert.equal(failed.length, 5);
    assert.ok(lines.length - failed.length <= 4, `${lines.length} lines`);
  });
});

test('off, failures have a line while the log level is debug, and nothing else has', { timeout: 30_000 }, async () => {
  await withPair({ app: APP }, async ({ front }) => {
    const requests = [callBytes('add', { a: 1, b: 2 }), callBytes('nowhere'), callBytes('fail')];
    await send(front.port, requests);
    await askAdmin(front, '/log-level', { method: 'PUT', body: 'debug' });
    await send(front.port, requests);
    const lines = await accessLines(front, 2);
    assert.equal(lines.length, 2);
    assert.match(lines[0], /Z debug access client=127\.0\.0\.1 .*status=404 .*side=client reason=not_found$/);
    assert.match(lines[1], /Z debug access .*target=fail status=500 .*side=task reason=threw$/);
    await askAdmin(front, '/log-level', { method: 'PUT', body: 'info' });
    await send(front.port, requests);
    assert.equal((await accessLines(front, 2)).length, 2);
  });
});

test('off, as it is unless asked for, there is no line', { timeout: 30_000 }, async () => {
  await withPair({ app: APP }, async ({ front }) => {
    assert.deepEqual(await send(front.port, [callBytes('add', { a: 1, b: 2 }), callBytes('nowhere')]), [200, 404]);
    assert.ok(!/ access /.test(front.child.stderr), front.child.stderr);
  });
});

test('whom a trusted proxy names is the client; whom anybody else names is not', { timeout: 30_000 }, async () => {
  const cases = [
    [[['X-Forwarded-For', '203.0.113.7']], '203.0.113.7'],
    [[['X-Forwarded-For', '6.6.6.6, 203.0.113.7, 10.1.1.1']], '203.0.113.7'],
    [[['X-Forwarded-For', '6.6.6.6'], ['X-Forwarded-For', '203.0.113.7:4711']], '203.0.113.7'],
    [[['Forwarded', 'for=6.6.6.6, for="[2001:db8::7]:4711";proto=https']], '2001:db8::7'],
    [[['X-Forwarded-For', '203.0.113.7, unknown']], '127.0.0.1'],
    [[], '127.0.0.1'],
  ];
  const requests = cases.map(([headers]) => callBytes('add', { a: 1, b: 2 }, { headers }));
  const clients = (options) => withPair({ app: APP, frontOptions: [...ALL_AS_JSON, ...options] }, async ({ front }) => {
    await send(front.port, requests);
    return (await accessLines(front, requests.length)).map((line) => JSON.parse(line).client);
  });
  assert.deepEqual(await clients(['--trusted-peers', '127.0.0.0/8,10.0.0.0/8']), cases.map(([, client]) => client));
  assert.deepEqual(await clients(['--trusted-peers', '192.0.2.0/24']), cases.map(() => '127.0.0.1'));
});
