'use strict';

// What goes wrong with well-formed requests, how to bring it about, and whose fault it is.
const { RESULT_FLAGS, TYPES, encodeFrame } = require('../support/bridge-frames.js');
const { callBytes, exchangeOnce, requestBytes } = require('../support/http-request.js');
const { RawConnection } = require('../support/raw-connection.js');
const { RogueWorker, OPEN_EXPOSURE } = require('../support/rogue-worker.js');
const { waitUntil } = require('../support/wait-until.js');

const JSON_TYPE = ['Content-Type', 'application/json'];
const BINARY_TYPE = ['Content-Type', 'application/octet-stream'];
const TASK = '/__runner/task/add';

/** Sends a request and gives the status of its answer. */
async function ask(run, bytes) {
  const answer = await exchangeOnce(run.front.port, bytes);
  return answer?.status;
}

/**
 * Sends a request while the only worker is a rogue one, which does `onCall` with the one call it gets.
 * @param {{ onCall?: (worker: RogueWorker, call: number) => void, exposure?: object, bytes?: Buffer }} settings
 *   `exposure`: members that replace those of its HELLO
 */
async function askRogue(run, { onCall, exposure, bytes = callBytes('once', {}) }) {
  const rules = { ...OPEN_EXPOSURE.rules, ...exposure?.rules };
  const hello = { exposure: { ...OPEN_EXPOSURE, ...exposure, rules } };
  const worker = await RogueWorker.connect(run.front.socket, { onCall, hello });
  await worker.frame(TYPES.WELCOME);
  const asked = ask(run, bytes);
  if (exposure?.cors) {
    const { call } = await worker.frame(TYPES.ORIGIN_QUESTION);
    worker.send({ type: TYPES.ORIGIN_ANSWER, flags: 4, call });
  }
  const status = await asked;
  worker.destroy();
  return status;
}

/** Calls a task twice; gives the status of the second call, made while the first one runs. */
async function askBesideABusyTask(run) {
  const busy = await RawConnection.open({ port: run.front.port });
  busy.send(callBytes('once', { id: 'busy', ms: 300 }));
  await waitUntil('the task runs', () => run.log.counts().has('busy'));
  const status = await ask(run, callBytes('once', { id: 'second', ms: 0 }));
  await busy.answer();
  busy.destroy();
  return status;
}

/** CORS as an app has it whose `origin` is a function. */
const ASKING_CORS = {
  origin: { kind: 'ask' }, credentials: false, varyOrigin: true, methods: [], allowedHeaders: [], exposedHeaders: [],
  maxAge: null,
};

/** A busy machine may need its time to make a large answer. */
const SLOW_READER = { 'write-timeout': '300ms' };

/** A client that asks for much, and reads nothing of it until it is cut. */
async function stall(run, bytes) {
  const connection = await RawConnection.open({ port: run.front.port });
  connection.socket.pause();
  connection.send(callBytes('large', { bytes }));
  const isCut = async () => (await run.front.underWay()).connections === 0;
  await waitUntil('it is cut', isCut, { timeoutMilliseconds: 20_000 });
  connection.destroy();
}

/**
 * `status` is what `provoke` gives: undefined where nobody is there to be answered.
 * @typedef {object} FailureCase
 * @property {string} side
 * @property {string} reason
 * @property {number} [status]
 * @property {number} [workers] honest ones; 1 unless told otherwise
 * @property {Record<string, string>} [options] of the front, beside those of the test and in their place
 * @property {boolean} [endsFront] the front is gone afterwards: only its log can tell
 * @property {(run: import('../support/fault-run.js').FaultRun) => Promise<number | undefined | void>} provoke
 */

/** @type {Record<string, FailureCase>} */
const FAILURE_CAUSES = {
  'a task that is not there': {
    side: 'client', reason: 'not_found', status: 404, provoke: (run) => ask(run, callBytes('nowhere', {})),
  },
  'a method other than POST': {
    side: 'client', reason: 'method_not_allowed', status: 405,
    provoke: (run) => ask(run, requestBytes(TASK, { method: 'PUT' })),
  },
  'a trusted proxy that does not send a PROXY protocol header': {
    side: 'client', reason: 'malformed_proxy_header', status: 400,
    options: { 'proxy-protocol': 'on', 'trusted-peers': '127.0.0.1' },
    provoke: (run) => ask(run, callBytes('add', {})),
  },
  'a client over its rate': {
    side: 'client', reason: 'rate_limited', status: 429, options: { 'rate-limit': '1/h' },
    async provoke(run) {
      await ask(run, callBytes('add', {}));
      return ask(run, callBytes('add', {}));
    },
  },
  'a client with too much in flight': {
    side: 'client', reason: 'client_in_flight', status: 429, options: { 'client-in-flight': '1' },
    provoke: (run) => askBesideABusyTask(run),
  },
  'a task with too much in flight': {
    side: 'task', reason: 'task_in_flight', status: 429, options: { 'task-in-flight': '1' },
    provoke: (run) => askBesideABusyTask(run),
  },
  'a token that does not open': {
    side: 'client', reason: 'unauthorized', status: 401, options: { token: 'right' },
    provoke: (run) => ask(run, callBytes('add', {}, { headers: [['x-runner-token', 'wrong']] })),
  },
  'a task that is not on the allow-list': {
    side: 'client', reason: 'not_exposed', status: 404, workers: 0,
    provoke: (run) => askRogue(run, {
      exposure: { rules: { unlisted: 'notExposed' } }, bytes: callBytes('hidden', {}),
    }),
  },
  'a task that is not on the allow-list, in later releases': {
    side: 'client', reason: 'forbidden', status: 403, workers: 0,
    provoke: (run) => askRogue(run, {
      exposure: { rules: { unlisted: 'forbidden' } }, bytes: callBytes('hidden', {}),
    }),
  },
  'an app whose release demands that access is configured, and it is not': {
    side: 'worker', reason: 'auth_not_configured', status: 500, workers: 0,
    provoke: (run) => askRogue(run, {
      exposure: { auth: { kind: 'closed', message: 'Authentication not configured.' } },
    }),
  },
  'a target that makes no URL': {
    side: 'client', reason: 'internal_error', status: 500, provoke: (run) => ask(run, requestBytes('//a:b/')),
  },
  'a body that is no JSON': {
    side: 'client', reason: 'invalid_json', status: 400,
    provoke: (run) => ask(run, requestBytes(TASK, { headers: [JSON_TYPE], body: '{' })),
  },
  'a body over the limit': {
    side: 'client', reason: 'payload_too_large', status: 413,
    provoke: (run) => ask(run, callBytes('add', 'x'.repeat(2_000))),
  },
  'a chunked body over the limit': {
    side: 'client', reason: 'payload_too_large', status: 413,
    provoke(run) {
      const head = requestBytes(TASK, { headers: [JSON_TYPE, ['Transfer-Encoding', 'chunked']] });
      return ask(run, Buffer.concat([head, Buffer.from(`800\r\n${'1'.repeat(0x800)}\r\n0\r\n\r\n`)]));
    },
  },
  'an upload to a worker that takes none': {
    side: 'client', reason: 'unsupported_media_type', status: 415, workers: 0,
    provoke: (run) => askRogue(run, {
      bytes: requestBytes('/__runner/task/once', { headers: [BINARY_TYPE], body: 'x' }),
    }),
  },
  'half a request': {
    side: 'client', reason: 'request_timeout', status: 408,
    options: { 'header-timeout': '300ms', 'body-timeout': '300ms' },
    provoke: (run) => ask(run, callBytes('add', {}).subarray(0, 40)),
  },
  'a client that leaves before its answer': {
    side: 'client', reason: 'left',
    async provoke(run) {
      const connection = await RawConnection.open({ port: run.front.port });
      connection.send(callBytes('once', { id: 'left', ms: 20_000 }));
      await waitUntil('the task runs', () => run.log.counts().has('left'));
      connection.destroy();
    },
  },
  'a client that does not read its answer': {
    side: 'client', reason: 'stalled', options: SLOW_READER, provoke: (run) => stall(run, 20 << 20),
  },
  'a client that does not read an answer which the front has whole': {
    side: 'client', reason: 'stalled', options: { ...SLOW_READER, 'result-limit': '60MiB' },
    provoke: (run) => stall(run, 20 << 20),
  },
  'a task that throws': {
    side: 'task', reason: 'threw', status: 500, provoke: (run) => ask(run, callBytes('fail', {})),
  },
  'a task that throws an error which the app registered': {
    side: 'task', reason: 'app_error', status: 409, workers: 0,
    provoke: (run) => askRogue(run, {
      onCall: (worker, call) => worker.fail(call, RESULT_FLAGS.failed + RESULT_FLAGS.registeredError, 409),
    }),
  },
  'input that does not pass the task\'s validation': {
    side: 'client', reason: 'invalid_input', status: 400, workers: 0,
    provoke: (run) => askRogue(run, {
      onCall: (worker, call) => worker.fail(call, RESULT_FLAGS.failed + RESULT_FLAGS.invalidInput, 400),
    }),
  },
  'a task that takes too long': {
    side: 'task', reason: 'timeout', status: 504, options: { 'task-timeout': '400ms' },
    provoke: (run) => ask(run, callBytes('once', { id: 'slow', ms: 5_000 })),
  },
  'a task whose stream breaks midway': {
    side: 'task', reason: 'response_cut',
    async provoke(run) { await ask(run, callBytes('breaksMidway', {})); },
  },
  'a CORS function of the app that throws': {
    side: 'task', reason: 'internal_error', status: 500, workers: 0,
    provoke: (run) => askRogue(run, {
      exposure: { cors: ASKING_CORS }, bytes: callBytes('once', {}, { headers: [['Origin', 'https://a.example']] }),
    }),
  },
  'more calls than may wait': {
    side: 'front', reason: 'overloaded', status: 503,
    async provoke(run) {
      const busy = await RawConnection.open({ port: run.front.port });
      busy.send(callBytes('once', { id: 'busy', ms: 300 }));
      await waitUntil('the task runs', () => run.log.counts().has('busy'));
      const status = await ask(run, callBytes('add', {}));
      await busy.answer();
      busy.destroy();
      return status;
    },
  },
  'no worker until the front has to leave': {
    side: 'front', reason: 'draining', status: 503, endsFront: true,
    options: { 'worker-wait': '10s', 'queue-limit': '1', 'drain-timeout': '200ms' },
    async provoke(run) {
      await run.killWorker(run.workers[0]);
      const answer = ask(run, callBytes('add', {}));
      await waitUntil('it waits', async () => (await run.front.underWay()).queued === 1);
      run.front.child.kill('SIGTERM');
      const status = await answer;
      await run.front.child.exit;
      return status;
    },
  },
  'no worker in time': {
    side: 'worker', reason: 'no_worker', status: 503,
    async provoke(run) {
      await run.killWorker(run.workers[0]);
      return ask(run, callBytes('add', {}));
    },
  },
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
    provoke: (run) => askRogue(run, {
      onCall: (self, call) => self.send({
        type: TYPES.RESULT, flags: RESULT_FLAGS.result, detail: 7, call, payload: Buffer.from('5'),
      }),
    }),
  },
  'a worker that sends garbage': {
    side: 'bridge', reason: 'bad_worker_answer', status: 502, workers: 0,
    provoke: (run) => askRogue(run, { onCall: (self) => self.sendBytes(encodeFrame({ type: 0x7f })) }),
  },
};

module.exports = { FAILURE_CAUSES, ask };
