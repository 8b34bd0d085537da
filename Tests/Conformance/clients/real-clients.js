'use strict';

const { Readable } = require('node:stream');

/**
 * What someone does with the runner's own clients, each use with what came of it. The same uses against nodeExposure
 * and against the sidecar must come to the same.
 * @param {any} runner the real @bluelibs/runner
 * @param {string} baseUrl of an exposure that runs the recorded app
 * @returns {Promise<Record<string, unknown>>} outcomes by name
 */
async function useClients(runner, baseUrl) {
  const { EJSON, createHttpClient, createHttpSmartClient, createHttpMixedClient } = runner;
  const settings = { baseUrl, serializer: EJSON };
  const clients = {
    http: createHttpClient(settings),
    smart: createHttpSmartClient(settings),
    mixed: createHttpMixedClient(settings),
  };
  const outcomes = {};
  for (const [name, client] of Object.entries(clients)) {
    for (const [use, act] of Object.entries(USES)) {
      if (name === 'http' && use.startsWith('stream')) continue;
      outcomes[`${name}: ${use}`] = await outcomeOf(() => act(client));
    }
  }
  return outcomes;
}

/** @type {Record<string, (client: any) => Promise<unknown>>} */
const USES = {
  'a task with JSON': (client) => client.task('app.tasks.add', { a: 5, b: 3 }),
  'a task with a date': (client) => client.task('app.tasks.date', { d: new Date(7) }),
  'a task without input': (client) => client.task('app.tasks.void'),
  'a task whose id needs escaping': (client) => client.task('app.tasks.ünïcode☃'),
  'a typed error': (client) => client.task('app.tasks.appError', {}),
  'a plain error': (client) => client.task('app.tasks.fail', { message: 'no luck' }),
  'an unknown task': (client) => client.task('nope'),
  'an event': (client) => client.event('app.events.notify', { m: 1 }),
  'what the event brought': (client) => client.task('app.tasks.seen'),
  'an event whose listener fails': (client) => client.event('app.events.failing', {}),
  'stream: upload of a buffer': (client) => client.task('app.tasks.upload', {
    title: 'x', file: nodeFile({ buffer: Buffer.from('hello') }),
  }),
  'stream: upload of a stream': (client) => client.task('app.tasks.upload', {
    title: 'y', file: nodeFile({ stream: Readable.from([Buffer.alloc(70_000, 1), Buffer.from('end')]) }),
  }),
  'stream: duplex': (client) => client.task(
    'app.tasks.duplexUpper', Readable.from([Buffer.from('shout '), Buffer.from('louder')]),
  ),
  'stream: octet body read by the task': (client) => client.task(
    'app.tasks.octet', Readable.from([Buffer.alloc(100_000)]),
  ),
};

/** As the runner's `createNodeFile` makes it. */
function nodeFile(source) {
  return { $ejson: 'File', id: 'F1', meta: { name: 'a.txt', type: 'text/plain' }, _node: source };
}

async function outcomeOf(act) {
  try {
    const value = await act();
    if (value && typeof value.pipe === 'function') {
      const parts = [];
      for await (const part of value) parts.push(part);
      return { stream: Buffer.concat(parts).toString('latin1') };
    }
    return { value };
  } catch (error) {
    return { threw: error.name, message: error.message, code: error.code, id: error.id, data: error.data };
  }
}

module.exports = { useClients };
