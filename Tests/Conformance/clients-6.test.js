'use strict';

// The official clients of 6.4.1, unchanged, against the app's own handlers and against the sidecar, in one process:
// they must make the same of both. Needs RUNNER_BUNDLE_6.
const assert = require('node:assert/strict');
const path = require('node:path');
const { Readable } = require('node:stream');
const test = require('node:test');
const { withPair } = require('../support/pair.js');

const bundle = process.env.RUNNER_BUNDLE_6;

/** @type {Record<string, (client: any, runner: any) => Promise<unknown>>} */
const USES = {
  'a task': (client) => client.task('app.tasks.add', { a: 5, b: 3 }),
  'a task by its local name': (client) => client.task('add', { a: 5, b: 3 }),
  'a task with what JSON has no word for': (client) => client.task('app.tasks.echo', {
    at: new Date(7), not: NaN, gone: undefined, big: 5n, map: new Map([['k', new Set([1])]]),
  }),
  'a task without input': (client) => client.task('app.tasks.void'),
  'a typed error': (client) => client.task('app.tasks.quota', {}),
  'a typed error with a status': (client) => client.task('app.tasks.missing', {}),
  'an error of the app\'s inside': (client) => client.task('app.tasks.fail', {}),
  'a task that is not exposed': (client) => client.task('app.tasks.hidden', {}),
  'an event': (client) => client.event('app.events.notify', { n: 1 }),
  'an event with its payload back': (client) => client.eventWithResult('app.events.notify', { n: 2 }),
  'what the events delivered': (client) => client.task('app.tasks.seen'),
  'an event whose hook throws a typed error': (client) => client.event('app.events.failing', {}),
  'a task that is cancelled': async (client) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    return client.task('app.tasks.wait', {}, { signal: controller.signal });
  },
};

/** Of the clients that stream. */
const STREAM_USES = {
  'an upload': (client, { createNodeFile }) => client.task('app.tasks.upload', {
    title: 'x', file: createNodeFile({ name: 'a.txt', type: 'text/plain' }, { buffer: Buffer.from('hello') }, 'F1'),
  }),
  'an upload of a stream': (client, { createNodeFile }) => client.task('app.tasks.upload', {
    title: 'y',
    file: createNodeFile({ name: 'b.bin' }, { stream: Readable.from([Buffer.alloc(70_000, 1)]) }, 'F2'),
  }),
  'a stream': (client) => client.task('app.tasks.stream', {}),
};

test('the clients of 6.4.1 make the same of the sidecar as of the app\'s own handlers', {
  skip: bundle ? false : 'RUNNER_BUNDLE_6 is not set (a CommonJS bundle of the real @bluelibs/runner 6.4.1)',
  timeout: 60_000,
}, async () => {
  const runner = require(path.resolve(bundle));
  const env = { RUNNER: path.resolve(bundle), HTTP: JSON.stringify({ auth: { token: 's3cret' } }) };
  await withPair({ app: path.join(__dirname, 'families', 'app.js'), env }, async ({ front, app }) => {
    const port = Number(/own handlers on port (\d+)/.exec(app.stdout)[1]);
    const own = await use(runner, port);
    assert.deepEqual(own['mixed: a task'], { value: 8 }, 'the clients work with the app itself');
    assert.deepEqual(await use(runner, front.port), own);
  });
});

async function use(runner, port) {
  const settings = {
    baseUrl: `http://127.0.0.1:${port}/__runner`, auth: { token: 's3cret' }, serializer: new runner.Serializer(),
  };
  const clients = {
    http: [runner.createHttpClient(settings), USES],
    smart: [runner.createHttpSmartClient(settings), { ...USES, ...STREAM_USES }],
    mixed: [runner.createHttpMixedClient(settings), { ...USES, ...STREAM_USES }],
  };
  const outcomes = {};
  for (const [name, [client, uses]] of Object.entries(clients)) {
    for (const [what, act] of Object.entries(uses)) {
      outcomes[`${name}: ${what}`] = await outcomeOf(() => act(client, runner));
    }
  }
  return outcomes;
}

async function outcomeOf(act) {
  try {
    const value = await act();
    if (!value || typeof value.pipe !== 'function') return { value };
    const parts = [];
    for await (const part of value) parts.push(part);
    return { stream: Buffer.concat(parts).toString('latin1') };
  } catch (error) {
    const { name, message, id, code, data, httpCode } = error;
    return { name, message, id, code, data, httpCode };
  }
}
