'use strict';

// What /metrics says is what happened: its sums are held against what the client sent and got.
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const test = require('node:test');
const { callBytes, requestBytes } = require('../support/http-request.js');
const { withPair } = require('../support/pair.js');
const { Random } = require('../support/random.js');
const { RawConnection } = require('../support/raw-connection.js');
const { openDescriptors } = require('../support/process-figures.js');
const { pause, waitUntil } = require('../support/wait-until.js');
const { askAdmin, metric } = require('./admin-client.js');

const APP = path.join(__dirname, 'app.js');
const DURATION = 'http_server_request_duration_seconds';
const promtool = spawnSync('promtool', ['--version']).error === undefined;

/** Sends requests of all kinds one after another; gives what the answers should have been counted as. */
async function sendMixedLoad(port, random, count) {
  const sent = { byTarget: new Map(), callBodyBytes: 0, answerBodyBytes: 0, calls: 0 };
  const connection = await RawConnection.open({ port });
  for (let i = 0; i < count; i += 1) {
    const id = random.pick(['add', 'echo', 'wait', 'broken']);
    const input = { a: i, b: 1, ms: random.integer(0, 3), text: 'x'.repeat(random.integer(0, 2_000)) };
    const body = id === 'broken' ? '{"input":' : JSON.stringify({ input });
    const target = id === 'broken' ? 'add' : id;
    const headers = [['Content-Type', 'application/json']];
    connection.send(requestBytes(`/__runner/task/${target}`, { headers, body }));
    const answer = await connection.answer();
    assert.equal(answer?.status, id === 'broken' ? 400 : 200);
    const key = `${target} ${answer.status}`;
    sent.byTarget.set(key, (sent.byTarget.get(key) ?? 0) + 1);
    sent.callBodyBytes += Buffer.byteLength(body);
    sent.answerBodyBytes += answer.body.length;
    if (id !== 'broken') sent.calls += 1;
  }
  connection.destroy();
  return sent;
}

test('requests, statuses and body bytes add up to what clients sent, over all loops', {
  timeout: 60_000,
}, async (t) => {
  const random = Random.forTest(t);
  await withPair({ app: APP, frontOptions: ['--loops', '2'] }, async ({ front }) => {
    let scrapes = 0;
    let isLoaded = true;
    const scraping = (async () => {
      for (; isLoaded; scrapes += 1) assert.equal((await front.admin('/metrics')).status, 200);
    })();
    const lanes = await Promise.all(Array.from({ length: 6 }, (_, lane) =>
      sendMixedLoad(front.port, new Random(random.seed + lane), 80)));
    isLoaded = false;
    await scraping;
    const metrics = await front.metrics();
    t.diagnostic(`${scrapes} scrapes while ${lanes.length * 80} requests ran`);
    const expected = new Map();
    for (const { byTarget } of lanes) {
      for (const [key, number] of byTarget) expected.set(key, (expected.get(key) ?? 0) + number);
    }
    for (const [key, number] of expected) {
      const [runner_target, http_response_status_code] = key.split(' ');
      const labels = { runner_target, http_response_status_code, http_request_method: 'POST' };
      assert.equal(metric(metrics, `${DURATION}_count`, labels), number, key);
    }
    const total = (field) => lanes.reduce((sum, lane) => sum + lane[field], 0);
    assert.equal(metric(metrics, `${DURATION}_count`), lanes.length * 80, 'nothing else was counted');
    assert.equal(metric(metrics, 'http_server_request_body_size_bytes_sum'), total('callBodyBytes'));
    assert.equal(metric(metrics, 'http_server_response_body_size_bytes_sum'), total('answerBodyBytes'));
    for (const stage of ['receive', 'validate', 'queue', 'worker', 'send']) {
      const count = metric(metrics, 'runner_sidecar_stage_duration_seconds_count', { stage });
      assert.equal(count, total('calls'), `every call went through ${stage}`);
    }
    assert.equal(metric(metrics, 'runner_sidecar_worker_calls_total'), total('calls'));
    assert.equal(metric(metrics, 'runner_sidecar_connections_accepted_total'), lanes.length);
  });
});

test('the stages of a call add up to its duration', { timeout: 30_000 }, async () => {
  await withPair({ app: APP, frontOptions: ['--loops', '1'] }, async ({ front }) => {
    const connection = await RawConnection.open({ port: front.port });
    for (let i = 0; i < 20; i += 1) {
      connection.send(callBytes('wait', { ms: 20 }));
      assert.equal((await connection.answer())?.status, 200);
    }
    connection.destroy();
    const metrics = await front.metrics();
    const stage = (name) => metric(metrics, 'runner_sidecar_stage_duration_seconds_sum', { stage: name });
    const duration = metric(metrics, `${DURATION}_sum`, { runner_target: 'wait' });
    const untilAnswer = stage('receive') + stage('validate') + stage('queue') + stage('worker');
    assert.ok(stage('worker') >= 20 * 0.018, `the task took ${stage('worker')} s in all`);
    // What lies between is the few instructions from the answer's reading to its writing.
    assert.ok(Math.abs(duration - untilAnswer) < 0.01 * duration, `${untilAnswer} s of ${duration} s`);
  });
});

test('a body that comes in pieces counts as receiving, a call that waits for a worker as queueing', {
  timeout: 30_000,
}, async () => {
  await withPair({ app: APP, frontOptions: ['--loops', '1', '--worker-in-flight', '1'] }, async ({ front }) => {
    const slow = await RawConnection.open({ port: front.port });
    const bytes = callBytes('echo', { text: 'x'.repeat(1_000) });
    slow.send(bytes.subarray(0, bytes.length - 10));
    await pause(200);
    slow.send(bytes.subarray(bytes.length - 10));
    assert.equal((await slow.answer())?.status, 200);
    const busy = await RawConnection.open({ port: front.port });
    busy.send(callBytes('wait', { ms: 300 }));
    await waitUntil('the worker is busy', async () => (await front.underWay()).withWorkers === 1);
    slow.send(callBytes('add', { a: 1, b: 2 }));
    await waitUntil('a call is queued', async () => metric(await front.metrics(), 'runner_sidecar_queued_calls') === 1);
    assert.equal(metric(await front.metrics(), 'http_server_active_requests'), 2);
    await Promise.all([busy.answer(), slow.answer()]);
    const metrics = await front.metrics();
    const stage = (name) => metric(metrics, 'runner_sidecar_stage_duration_seconds_sum', { stage: name });
    assert.ok(stage('receive') > 0.18 && stage('receive') < 2, `received for ${stage('receive')} s`);
    assert.ok(stage('queue') > 0.05 && stage('queue') < 0.4, `queued for ${stage('queue')} s`);
    assert.equal(metric(metrics, 'runner_sidecar_queued_calls'), 0);
    slow.destroy();
    busy.destroy();
  });
});

test('one process is one worker, however many loops it is linked to; joining and losing it is counted once', {
  timeout: 30_000,
}, async () => {
  await withPair({ app: APP, frontOptions: ['--loops', '2'] }, async ({ front, app }) => {
    const { workers } = JSON.parse((await askAdmin(front, '/workers')).text);
    assert.equal(workers.length, 1);
    const { pid, state, nodeVersion, callsInFlight } = workers[0];
    assert.deepEqual([pid, state, nodeVersion, callsInFlight], [app.pid, 'ready', process.versions.node, 0]);
    assert.ok(workers[0].lastPongMilliseconds < 5_000, `heard of ${workers[0].lastPongMilliseconds} ms ago`);
    assert.equal(metric(await front.metrics(), 'runner_sidecar_workers_joined_total'), 1);
    app.kill('SIGKILL');
    await waitUntil('it is lost', async () => metric(await front.metrics(), 'runner_sidecar_workers_lost_total') === 1);
    assert.deepEqual(JSON.parse((await askAdmin(front, '/workers')).text).workers, []);
  });
});

test('what the bridge carried, the loops\' lag and the process\'s own figures are there', {
  timeout: 30_000,
}, async () => {
  await withPair({ app: APP, frontOptions: ['--loops', '1', '--worker-ping', '50ms'] }, async ({ front }) => {
    const before = await front.metrics();
    const connection = await RawConnection.open({ port: front.port });
    connection.send(callBytes('echo', { text: 'x'.repeat(5_000) }));
    await connection.answer();
    connection.destroy();
    const lagsOfNode = async () =>
      metric(await front.metrics(), 'runner_sidecar_event_loop_lag_seconds_count', { side: 'node' });
    await waitUntil('Node told its lag', async () => await lagsOfNode() > 0);
    const after = await front.metrics();
    const grown = (name, labels) => metric(after, name, labels) - metric(before, name, labels);
    for (const direction of ['received', 'sent']) {
      assert.ok(grown('runner_sidecar_bridge_bytes_total', { direction }) > 5_000, direction);
      assert.ok(grown('runner_sidecar_bridge_frames_total', { direction }) >= 1, direction);
    }
    const lag = metric(after, 'runner_sidecar_event_loop_lag_seconds_sum', { side: 'front' });
    assert.ok(lag > 0 && lag < 1, `the front's loop was busy for ${lag} s`);
    assert.ok(Math.abs(metric(after, 'process_open_fds') - openDescriptors(front.pid)) <= 2);
    assert.ok(metric(after, 'process_resident_memory_bytes') > 1e6);
    assert.ok(Math.abs(metric(after, 'process_start_time_seconds') * 1_000 - Date.now()) < 60_000);
    assert.ok(metric(after, 'process_cpu_seconds_total') > 0);
    assert.ok(metric(after, 'process_max_fds') > 0);
  });
});

test('of streams, the bytes from and to clients are counted as they were on the wire, and the streams that are open', {
  timeout: 30_000,
}, async () => {
  await withPair({ app: APP, frontOptions: ['--loops', '2'] }, async ({ front }) => {
    const upload = (size) => requestBytes('/__runner/task/echo', {
      headers: [['Content-Type', 'application/octet-stream']], body: Buffer.alloc(size, 'x'),
    });
    const open = await RawConnection.open({ port: front.port });
    const half = upload(1_000);
    open.send(half.subarray(0, half.length - 1));
    await waitUntil('a stream is open', async () => metric(await front.metrics(), 'runner_sidecar_open_streams') === 1);
    open.send(half.subarray(half.length - 1));
    const sizes = [0, 1, 300_000, 1_500_000];
    const received = await Promise.all(sizes.map(async (size) => {
      const connection = await RawConnection.open({ port: front.port });
      connection.send(upload(size));
      assert.equal((await connection.answer())?.status, 200);
      connection.destroy();
      return connection.receivedBytes;
    }));
    assert.equal((await open.answer())?.status, 200);
    // A client may have the last byte of an answer before the front has heard from the worker that it was the last.
    const areOver = async () => metric(await front.metrics(), 'runner_sidecar_open_streams') === 0;
    await waitUntil('the streams are over', areOver);
    const metrics = await front.metrics();
    const streamed = (direction) => metric(metrics, 'runner_sidecar_stream_bytes_total', { direction });
    const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
    assert.equal(streamed('received'), 1_000 + sum(sizes));
    assert.equal(streamed('sent'), open.receivedBytes + sum(received));
    assert.equal(metric(metrics, 'http_server_request_body_size_bytes_sum'), 1_000 + sum(sizes));
    assert.equal(metric(metrics, 'runner_sidecar_open_streams'), 0);
    open.destroy();
  });
});

test('a task beyond the label limit shares one series with the rest, and with 0 none has a label', {
  timeout: 30_000,
}, async () => {
  for (const [limit, labelled] of [['1', 1], ['0', 0]]) {
    await withPair({ app: APP, frontOptions: ['--metrics-task-label-limit', limit] }, async ({ front }) => {
      const connection = await RawConnection.open({ port: front.port });
      for (const id of ['add', 'echo', 'wait', 'fail']) {
        connection.send(callBytes(id, { a: 1, b: 2, ms: 1 }));
        await connection.answer();
      }
      connection.destroy();
      const metrics = await front.metrics();
      const counts = [...metrics].filter(([name]) => name.startsWith(`${DURATION}_count{`));
      const targets = new Set(counts.map(([name]) => /runner_target="(.*?)"/.exec(name)?.[1]).filter(Boolean));
      assert.equal(targets.size, labelled, [...targets].join());
      assert.equal(metric(metrics, `${DURATION}_count`, { http_route: '/__runner/task/{id}' }), 4, 'all are counted');
    });
  }
});

test('the format is OpenMetrics for who asks for it, Prometheus text for all others; promtool finds nothing to say', {
  timeout: 30_000,
}, async (t) => {
  await withPair({ app: APP }, async ({ front }) => {
    const connection = await RawConnection.open({ port: front.port });
    for (const id of ['add', 'fail', 'missing']) {
      connection.send(callBytes(id, { a: 1, b: 2 }));
      await connection.answer();
    }
    connection.destroy();
    const Accept = 'application/openmetrics-text;version=1.0.0';
    const open = await askAdmin(front, '/metrics', { headers: { Accept } });
    assert.match(open.headers['content-type'], /^application\/openmetrics-text/);
    assert.ok(open.text.endsWith('# EOF\n'));
    const plain = await askAdmin(front, '/metrics');
    assert.match(plain.headers['content-type'], /^text\/plain; version=0\.0\.4/);
    if (!promtool) return t.skip('no promtool here: apt-get install prometheus');
    const check = spawnSync('promtool', ['check', 'metrics'], { input: plain.text, encoding: 'utf8' });
    assert.equal(check.status, 0, check.stdout + check.stderr);
    assert.equal(check.stdout + check.stderr, '');
    return undefined;
  });
});
