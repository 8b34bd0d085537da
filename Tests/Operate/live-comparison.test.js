'use strict';

// compare --live against a running front: its own traffic, sent on to a second server that is another front with
// another version of the app.
const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const test = require('node:test');
const { Writable } = require('node:stream');
const { main: compareLive } = require('../../compare/lib/live');
const { startApp } = require('../support/app.js');
const { FaultRun } = require('../support/fault-run.js');
const { callBytes, callOnce } = require('../support/http-request.js');
const { Load } = require('../support/load.js');
const { anonymousMemoryBytes } = require('../support/process-figures.js');
const { Random } = require('../support/random.js');
const { RawConnection } = require('../support/raw-connection.js');
const { temporaryFolder } = require('../support/temporary-folder.js');
const { pause, waitUntil } = require('../support/wait-until.js');

const TIMEOUT = { timeout: 60_000 };
/** Of @bluelibs/runner. */
const STAND_IN = path.join(__dirname, '../../docs/support/runner-stand-in.js');

function sink() {
  let text = '';
  const stream = new Writable({ write(chunk, _encoding, done) { text += chunk; done(); } });
  return Object.assign(stream, { text: () => text });
}

/** A front with a mirror, given to `use` with its path. */
function withMirror(use, { workers = 1, frontOptions = [] } = {}) {
  const mirror = path.join(temporaryFolder(), 'mirror');
  const all = ['--mirror-socket', mirror, ...frontOptions];
  return FaultRun.with({ workers, frontOptions: all }, (run) => use(run, mirror));
}

/** The command, once the front has agreed: `finish` ends it and gives its exit code and report. */
async function startComparison(mirror, url, ...options) {
  const ended = new AbortController();
  const [stdout, stderr] = [sink(), sink()];
  let isOver = false;
  const running = compareLive(['--live', mirror, url, '--json', '-', '--page', '0', ...options], {
    stdout, stderr,
  }, ended.signal).finally(() => { isOver = true; });
  running.catch(() => {});
  await waitUntil('the comparison runs', () => stderr.text().includes('fills while this runs') || isOver);
  const page = async () => (await fetch(/http:\S+/.exec(stderr.text())[0])).text();
  const done = async () => ({ code: await running, report: JSON.parse(stdout.text()) });
  return { page, done, finish: () => { ended.abort(); return done(); } };
}

const compared = (comparison, count) => waitUntil(`${count} calls were compared`, async () => (
  Number(/(\d+) compared/.exec(await comparison.page())?.[1]) >= count), { timeoutMilliseconds: 20_000 });

test('the same app behind both: every kind of call is the same, and its client got its response first', {
  ...TIMEOUT,
}, () => withMirror((run, mirror) => FaultRun.with({ workers: 1 }, async (other) => {
  const url = `http://127.0.0.1:${other.front.port}/__runner`;
  const comparison = await startComparison(mirror, url, '--safe-task', '*', '--share', '100%');
  const { port } = run.front;
  assert.equal((await callOnce(port, 'add', { a: 1, b: 2 })).envelope.result, 3);
  // Larger than what goes to the client without a copy; one that throws; one that is not there is no call of a task.
  assert.equal((await callOnce(port, 'large', { bytes: 100_000 })).envelope.result.length, 100_000);
  assert.equal((await callOnce(port, 'fail', {})).status, 500);
  assert.equal((await callOnce(port, 'nowhere', {})).status, 404);
  // Pipelined: the later responses wait for the first.
  const connection = await RawConnection.open({ port });
  const slow = callBytes('once', { id: 'slow', ms: 100, text: 'x' });
  connection.send(Buffer.concat([slow, callBytes('add', { a: 2, b: 2 }), callBytes('add', { a: 3, b: 3 })]));
  for (let i = 0; i < 3; i += 1) assert.equal((await connection.answer()).status, 200);
  // Chunked.
  const body = '{"input":{"a":4,"b":4}}';
  connection.send(Buffer.from('POST /__runner/task/add HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n'
    + `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`));
  assert.equal((await connection.answer()).status, 200);
  connection.destroy();
  await compared(comparison, 7);
  await pause(1_200);
  const { report } = await comparison.finish();
  const { name, places } = report.targets[0];
  // The process that answered is part of what `once` gives.
  assert.deepEqual([name, places.map(({ place }) => place)], ['task once', ['body $.result.pid']]);
  assert.deepEqual(report.counts, { same: 6, noisy: 0, different: 1, unanswered: 0 });
  assert.deepEqual(report.mirror, { seen: 7, sampled: 7, dropped: 0, skipped: 0 });
})));

test('what the app marks as safe is sent on without being named, and nothing else', TIMEOUT, async () => {
  const app = path.join(temporaryFolder(), 'app.js');
  fs.writeFileSync(app, `const { serve } = require(process.env.RUNNER_SIDECAR_SHIM);
    const { r, run, nodeExposure } = require(${JSON.stringify(STAND_IN)});
    const task = (id, meta) => ({ ...r.task(id).run(async (input) => input).build(), meta });
    const root = r.resource('app').register([
      task('get', { safe: true }), task('set', { title: 'changes something' }), task('other'),
      nodeExposure.with({ http: { basePath: '/__runner' } }),
    ]).build();
    run(root, { logs: { printThreshold: null } }).then((app) => serve(app, { socket: process.env.SOCKET }))
      .then(() => console.log('app ready'));`);
  await withMirror((run, mirror) => FaultRun.with({ workers: 1 }, async (other) => {
    const worker = await startApp(app, { socket: run.front.socket });
    try {
      const comparison = await startComparison(mirror, `http://127.0.0.1:${other.front.port}/__runner`, '--share', '1');
      for (const id of ['get', 'set', 'other']) assert.equal((await callOnce(run.front.port, id, 1)).status, 200);
      await compared(comparison, 1);
      await pause(1_200);
      const { report } = await comparison.finish();
      assert.deepEqual(report.targets.map(({ name }) => name), ['task get']);
      assert.equal(report.mirror.seen, 1);
    } finally {
      await worker.stop();
    }
  }), { workers: 0 });
});

test('only what is named as safe is sent on; a share is a share', TIMEOUT, () => withMirror((run, mirror) => (
  FaultRun.with({ workers: 1 }, async (other) => {
    const url = `http://127.0.0.1:${other.front.port}/__runner`;
    const options = ['--safe-task', 'add', '--share', '20%', '--concurrency', '32'];
    const comparison = await startComparison(mirror, url, ...options);
    const load = new Load({ port: run.front.port, random: new Random(1), connections: 4, taskMilliseconds: [0, 1] });
    const connection = await RawConnection.open({ port: run.front.port });
    for (let i = 0; i < 1_000; i += 1) {
      connection.send(callBytes('add', { a: i, b: 1 }));
      await connection.answer();
    }
    connection.destroy();
    await load.finish();
    load.assertExactlyOneAnswer(run.log.counts());
    await pause(1_200);
    const { code, report } = await comparison.finish();
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(other.log.counts().size, 0, 'no call of once was sent on');
    assert.equal(report.mirror.seen, 1_000);
    assert.ok(report.mirror.sampled > 130 && report.mirror.sampled < 270, `${report.mirror.sampled} of 1000`);
    assert.equal(report.compared, report.mirror.sampled);
  }))));

test('a second server that hangs delays no client: copies are dropped, counted, and bounded', {
  ...TIMEOUT,
}, (t) => withMirror(async (run, mirror) => {
  const silent = http.createServer(() => {});
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => {
    silent.close();
    silent.closeAllConnections();
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (silent.address());
  const settings = { port: run.front.port, connections: 8, textBytes: 64 * 1024, taskMilliseconds: [0, 0] };
  const measure = async () => {
    const load = new Load({ ...settings, random: new Random(Math.floor(Math.random() * 1e9)) });
    await pause(3_000);
    return load.finish();
  };
  const before = await measure();
  const memoryBefore = anonymousMemoryBytes(run.front.pid);
  const comparison = await startComparison(
    mirror, `http://127.0.0.1:${port}/__runner`, '--safe-task', '*', '--share', '100%', '--timeout-seconds', '2',
  );
  const during = await measure();
  await pause(1_200);
  const grown = anonymousMemoryBytes(run.front.pid) - memoryBefore;
  const { code, report } = await comparison.finish();
  t.diagnostic(`alone: ${before.latencies.report()}; mirrored: ${during.latencies.report()}; `
    + `${JSON.stringify(report.mirror)}; the front grew by ${grown} bytes`);
  for (const load of [before, during]) load.assertExactlyOneAnswer(run.log.counts());
  assert.equal(code, 2);
  assert.ok(report.mirror.dropped > 0, 'some were dropped');
  assert.equal(report.mirror.seen, during.answers.size);
  // 16 MiB of copies, 8 MiB unread, and as much again for what allocators keep.
  assert.ok(grown < 48 * 2 ** 20, `the front grew by ${grown} bytes`);
}));

test('one comparison at a time; the socket is its user\'s alone; nonsense is refused and changes nothing', {
  ...TIMEOUT,
}, () => withMirror(async (run, mirror) => {
  assert.equal(fs.statSync(mirror).mode & 0o777, 0o600);
  const url = `http://127.0.0.1:${run.front.port}/__runner`;
  for (const [text, says] of [
    ['GET / HTTP/1.1\r\n\r\n', /The order is not JSON/], ['{"mirror":9}\n', /install the same version of both/],
    ['{"mirror":1,"share":2,"all":true,"targets":[]}\n', /share must be above 0/],
    ['x'.repeat(600 * 1024), /The order is too long/],
  ]) {
    const socket = net.connect(mirror);
    let answer = '';
    socket.on('data', (chunk) => { answer += chunk; }).on('error', () => {});
    socket.write(text);
    await once(socket, 'close');
    assert.match(answer, says);
  }
  const comparison = await startComparison(mirror, url, '--safe-task', 'add');
  await assert.rejects(compareLive(['--live', mirror, url, '--safe-task', 'add'], {
    stdout: sink(), stderr: sink(),
  }, new AbortController().signal), /Another comparison is running on this front; one at a time/);
  await comparison.finish();
  await waitUntil('it has ended', () => run.front.child.stderr.includes('comparison has ended'));
  // The next one begins from 0.
  const next = await startComparison(mirror, url, '--safe-task', 'add', '--share', '100%');
  await callOnce(run.front.port, 'add', { a: 1, b: 1 });
  await compared(next, 1);
  assert.equal((await next.finish()).code, 0);
}));

test('a front that stops ends the comparison, which reports what it has; its socket file goes with it', {
  ...TIMEOUT,
}, () => withMirror((run, mirror) => FaultRun.with({ workers: 1 }, async (other) => {
  const comparison = await startComparison(
    mirror, `http://127.0.0.1:${other.front.port}/__runner`, '--safe-task', 'add', '--share', '1',
  );
  await callOnce(run.front.port, 'add', { a: 1, b: 1 });
  await compared(comparison, 1);
  await run.front.stop();
  const { code, report } = await comparison.done();
  assert.equal(code, 0);
  assert.match(report.note, /It ended early: the front closed the connection/);
  assert.equal(fs.existsSync(mirror), false);
})));
