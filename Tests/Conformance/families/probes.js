'use strict';

/**
 * Requests that tell the releases apart: what the facts say differs between them, and what must not.
 *
 * @typedef {{ name: string, bytes: Buffer }} Probe
 */

function request(method, target, body, headers = {}) {
  const text = body === undefined ? '' : body;
  const lines = Object.entries({ Host: 'app.test', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = method === 'POST' ? `Content-Length: ${Buffer.byteLength(text)}\r\n` : '';
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}${length}\r\n${text}`);
}

const call = (name, body = '{}', headers = {}) => request('POST', `/__runner/task/app.tasks.${name}`, body, headers);
const emit = (name, body = '{}') => request('POST', `/__runner/event/app.events.${name}`, body);

/** @type {Probe[]} */
const PROBES = [
  ...['add', 'echo', 'void', 'fail', 'failString', 'quota', 'missing', 'forged', 'cancel', 'special', 'big', 'stream',
    'wrapped', 'fake', 'header', 'context', 'hidden', 'none']
    .map((name) => ({ name, bytes: call(name, '{"input":{"a":5,"b":3}}') })),
  { name: 'request-id', bytes: call('request', '{}', { 'x-runner-request-id': 'mine-1' }) },
  { name: 'context given', bytes: call('context', '{}', { 'x-runner-context': contexts('app.asyncContexts.tenant') }) },
  { name: 'local name', bytes: request('POST', '/__runner/task/add', '{"input":{"a":1,"b":1}}') },
  { name: 'local name of what is hidden', bytes: request('POST', '/__runner/task/hidden', '{}') },
  { name: 'local name of another kind', bytes: request('POST', '/__runner/task/communicator', '{}') },
  { name: 'hidden event', bytes: emit('none') },
  { name: 'event', bytes: emit('notify', '{"payload":{"n":1}}') },
  { name: 'what the event delivered', bytes: call('seen') },
  { name: 'event with its payload back', bytes: emit('notify', '{"payload":{"n":1},"returnPayload":true}') },
  { name: 'what that delivered', bytes: call('seen') },
  { name: 'event with a typed error', bytes: emit('failing') },
  { name: 'wrong method', bytes: request('GET', '/__runner/task/app.tasks.add') },
  {
    name: 'preflight',
    bytes: request('OPTIONS', '/__runner/task/app.tasks.add', undefined, { Origin: 'https://a.test' }),
  },
  { name: 'no such route', bytes: request('POST', '/__runner/nothing', '{}') },
  { name: 'discovery, GET', bytes: request('GET', '/__runner/discovery') },
  { name: 'discovery, POST', bytes: request('POST', '/__runner/discovery', '{}') },
  { name: 'discovery, PUT', bytes: request('PUT', '/__runner/discovery') },
  { name: 'broken JSON', bytes: call('add', '{"input":') },
  { name: 'empty body', bytes: call('echo', '') },
  { name: 'hidden and broken', bytes: call('hidden', '{"input":') },
  { name: 'wrong token', bytes: call('add', '{"input":{"a":1,"b":1}}', { 'x-runner-token': 'wrong' }) },
  { name: 'right token', bytes: call('add', '{"input":{"a":1,"b":1}}', { 'x-runner-token': 's3cret' }) },
];

function contexts(id) {
  return JSON.stringify({ [id]: '"acme"' });
}

const KEYS = [
  'a', 'b', '$date', '$x', '__type', '__graph', '__proto__', 'constructor', '$runner.escape::a', 'é', 'input',
];
const TYPES = ['Date', 'Undefined', 'NonFiniteNumber', 'BigInt', 'Map', 'Set', 'Nope'];

const below = (random, limit) => random.integer(0, limit - 1);

/**
 * A body for `echo` that the serializers may read in a way of their own.
 * @param {import('../../support/random.js').Random} random
 */
function randomBody(random) {
  const value = (depth) => {
    const kind = below(random, depth > 3 ? 5 : 8);
    if (kind === 0) return [null, true, false][below(random, 3)];
    if (kind === 1) return [0, -0, 1, 1e21, 0.1, -5][below(random, 6)];
    if (kind <= 3) return ['', 'text', 'é\u2028', '1970-01-01T00:00:00.000Z'][below(random, 4)];
    if (kind === 4) {
      return { __type: TYPES[below(random, TYPES.length)], value: ['5', 'NaN', null, []][below(random, 4)] };
    }
    if (kind === 5) return Array.from({ length: below(random, 4) }, () => value(depth + 1));
    const members = Array.from({ length: below(random, 4) }, () => (
      `${JSON.stringify(KEYS[below(random, KEYS.length)])}:${JSON.stringify(value(depth + 1))}`
    ));
    return JSON.parse(`{${members.join(',')}}`);
  };
  return `{"input":${JSON.stringify(value(0))}}`;
}

/** @param {import('../../support/random.js').Random} random @param {number} count @returns {Probe[]} */
function randomProbes(random, count) {
  return Array.from({ length: count }, (_, i) => {
    const body = randomBody(random);
    return { name: `random ${i}: ${body}`, bytes: call('echo', body) };
  });
}

module.exports = { PROBES, randomProbes };
