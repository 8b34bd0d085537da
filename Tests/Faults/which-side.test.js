'use strict';

// Each failure is counted once, under the side it came from and its reason, and its log line says the same.
const assert = require('node:assert/strict');
const test = require('node:test');
const { RESULT_FLAGS, TYPES, encodeFrame } = require('../support/bridge-frames.js');
const { FaultRun } = require('../support/fault-run.js');
const { callBytes, requestBytes } = require('../support/http-request.js');
const { RawConnection } = require('../support/raw-connection.js');
const { RogueWorker } = require('../support/rogue-worker.js');
const { pause, waitUntil } = require('../support/wait-until.js');

const OPTIONS = [
  '--loops', '1', '--access-log', 'all', '--log-format', 'json', '--task-timeout', '400ms', '--header-timeout', '300ms', '--body-timeout', '300ms',
  '--worker-wait', '200ms', '--body-limit', '1kib', '--worker-in-flight', '1', '--queue-limit', '0',
];

/** Sends a request and takes its answer. */
async function ask(run, bytes) {
  const connection = await RawConnection.open({ port: run.front.port });
  connection.send(bytes);
  const answer = await connection.answer();
  connection.destroy();
  return answer?.status;
}

/** A worker that does `onCall` with the one call it gets. */
async function askRogue(run, onCall) {
  const worker = await RogueWorker.connect(run.front.socket, { onCall });
  await worker.frame(TYPES.WELCOME);
  const status = await ask(run, callBytes('once', {}));
  worker.destroy();
  return status;
}

/**
 * What goes wrong, and whose fault it is. `status` is what `provoke` gives; undefined where nobody is there to be answered.
 * @type {Record<string, { side: string, reason: string, status?: number, workers?: number, provoke: (run: FaultRun) => Promise<number | undefined> }>}
 */
const FAILURES = {
  'a task that is not there': { side: 'client', reason: 'not_found', status: 404, provoke: (run) => ask(run, callBytes('nowhere', {})) },
  'a body that is no JSON': { side: 'client', reason: 'invalid_json', status: 400, provoke: (run) => ask(run, requestBytes('/__runner/task/add', { headers: [['Content-Type', 'application/json']], body: '{' })) },
  'a body over the limit': { side: 'client', reason: 'payload_too_large', status: 413, provoke: (run) => ask(run, callBytes('add', 'x'.repeat(2_000))) },
  'bytes that are no request': { side: 'client', reason: 'malformed_target', status: 400, provoke: (run) => ask(run, 'GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n') },
  'half a request': { side: 'client', reason: 'request_timeout', status: 408, provoke: (run) => ask(run, callBytes('add', {}).subarray(0, 40)) },
  'a client that leaves before its answer': {
    side: 'client', reason: 'left',
    async provoke(run) {
      const connection = await RawConnection.open({ port: run.front.port });
      connection.send(callBytes('once', { id: 'left', ms: 200 }));
      await pause(100);
      connection.destroy();
    },
  },
  'a task that throws': { side: 'task', reason: 'threw', status: 500, provoke: (run) => ask(run, callBytes('fail', {})) },
  'a task that takes too long': { side: 'task', reason: 'timeout', status: 504, provoke: (run) => ask(run, callBytes('once', { id: 'slow', ms: 5_000 })) },
  'a task whose stream breaks midway': { side: 'task', reason: 'answer_cut', provoke: async (run) => { await ask(run, callBytes('breaksMidway', {})); } },
  'more calls than may wait': {
    side: 'front', reason: 'overloaded', status: 503,
    async provoke(run) {
      const busy = await RawConnection.open({ port: run.front.port });
      busy.send(callBytes('once', { id: 'busy', ms: 300 }));
      await pause(100);
      const status = await ask(run, callBytes('add', {}));
      await busy.answer();
      busy.destroy();
      return status;
    },
  },
  'no worker in time': { side: 'worker', reason: 'no_worker', status: 503, async provoke(run) { await run.killWorker(run.workers[0]); return ask(run, callBytes('add', {})); } },
  'a worker that dies at its work': {
    side: 'worker', reason: 'worker_lost', status: 502,
    async provoke(run) {
      const answer = ask(run, callBytes('once', { id: 'dies', ms: 300 }));
      await waitUntil('the task runs', () => run.log.counts().has('dies'));
      await run.killWorker(run.workers[0]);
      return answer;
    },
  },
  'a worker that breaks the bridge protocol': {
    side: 'bridge', reason: 'bad_worker_answer', status: 502, workers: 0,
    provoke: (run) => askRogue(run, (self, call) => self.send({ type: TYPES.RESULT, flags: RESULT_FLAGS.result, detail: 7, call, payload: Buffer.from('5') })),
  },
  'a worker that sends garbage': { side: 'bridge', reason: 'bad_worker_answer', status: 502, workers: 0, provoke: (run) => askRogue(run, (self) => self.sendBytes(encodeFrame({ type: 0x7f }))) },
};

for (const [what, { side, reason, status, workers = 1, provoke }] of Object.entries(FAILURES)) {
  test(`${what}: side ${side}, reason ${reason}`, { timeout: 30_000 }, () => FaultRun.with({ workers, frontOptions: OPTIONS }, async (run) => {
    const label = `${side}/${reason}`;
    assert.deepEqual(await failures(run.front), {}, 'nothing has failed yet');
    assert.equal(await provoke(run), status);
    await waitUntil('it is counted', async () => Object.keys(await failures(run.front)).length > 0);
    assert.deepEqual(await failures(run.front), { [label]: 1 });
    const lines = await waitUntil('it is logged', () => logged(run.front));
    assert.deepEqual(lines.map((line) => `${line.side}/${line.reason}`), [label]);
    if (status !== undefined) assert.equal(lines[0].status, status);
  }));
}

/** @returns {Promise<Record<string, number>>} failures so far, by side and reason */
async function failures(front) {
  const counted = {};
  for (const [name, value] of await front.metrics()) {
    const labels = /^runner_sidecar_failures_total\{side="(.*?)",reason="(.*?)"\}$/.exec(name);
    if (labels && value > 0) counted[`${labels[1]}/${labels[2]}`] = value;
  }
  return counted;
}

/** The access log's lines of failures; undefined while there is none. */
function logged(front) {
  const lines = front.child.stderr.split('\n').slice(0, -1).map((line) => JSON.parse(line)).filter((line) => line.message === 'access' && line.side !== undefined);
  return lines.length > 0 ? lines : undefined;
}
