'use strict';

/**
 * What the subjects are asked, and in which shape: a case is a request, the answer it must get, and the load's form.
 *
 * @typedef {object} Case
 * @property {string} id
 * @property {string} title
 * @property {Buffer} request the bytes sent
 * @property {{status: number, body: unknown}} expected body as JSON value
 * @property {number} connections
 * @property {number} depth requests sent at once on a connection
 * @property {string} [token] the subject is started with it
 * @property {boolean} quick part of the short run
 * @property {boolean} minor no target stands on it: fewer rounds will do
 */

const ADD = { a: 5, b: 3 };
const TOKEN = 'bench-token';

/** A string of `bytes` bytes that is no single repeated character, so that no answer is right by accident. */
function text(bytes) {
  let value = '';
  for (let i = 0; value.length < bytes; i += 1) value += `${i.toString(36)} `;
  return value.slice(0, bytes);
}

function post(path, body, headers = {}) {
  const lines = [`POST /__runner/${path} HTTP/1.1`, 'Host: bench.test', 'Content-Type: application/json'];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

const input = (value) => JSON.stringify({ input: value });
const success = (result) => ({ status: 200, body: { ok: true, result } });
const failure = (status, message, code) => ({ status, body: { ok: false, error: { message, code } } });

function echo(kilobytes) {
  const value = { text: text(kilobytes * 1024) };
  return {
    id: `echo-${kilobytes}k`, title: `echo ${kilobytes} KB`, quick: true,
    request: post('task/app.tasks.echo', input(value)), expected: success(value),
  };
}

const add = post('task/app.tasks.add', input(ADD));
const addOnce = post('task/app.tasks.add', input(ADD), { Connection: 'close' });
const event = post('event/app.events.notify', '{"payload":{"message":"hi"}}');
const unknown = post('task/app.tasks.nothing', input(ADD));
const broken = post('task/app.tasks.add', '{"input":{"a":5,"b":');

/** @type {Case[]} */
const CASES = [
  { id: 'add', title: 'add, 64 connections', quick: true, request: add, expected: success(8) },
  { id: 'add-1', title: 'add, 1 connection', quick: true, request: add, expected: success(8), connections: 1 },
  { id: 'add-512', title: 'add, 512 connections', request: add, expected: success(8), connections: 512, minor: true },
  { id: 'pipelined-4', title: 'add, 4 pipelined', quick: true, request: add, expected: success(8), depth: 4 },
  { id: 'pipelined-16', title: 'add, 16 pipelined', quick: true, request: add, expected: success(8), depth: 16 },
  { id: 'new-connection', title: 'add, new connection each', request: addOnce, expected: success(8), minor: true },
  echo(1), echo(16), echo(256),
  { id: 'event', title: 'event', request: event, expected: { status: 200, body: { ok: true } }, minor: true },
  {
    id: 'unauthorized', title: '401, token missing', request: add, minor: true, token: TOKEN,
    expected: failure(401, 'Unauthorized', 'UNAUTHORIZED'),
  },
  {
    id: 'not-found', title: '404, unknown task', request: unknown, minor: true, quick: true,
    expected: failure(404, 'Task app.tasks.nothing not found', 'NOT_FOUND'),
  },
  {
    id: 'malformed', title: '400, body is no JSON', request: broken, minor: true,
    expected: failure(400, 'Invalid EJSON body', 'INVALID_JSON'),
  },
].map((one) => ({ connections: 64, depth: 1, quick: false, minor: false, ...one }));

/**
 * A case as the call of a task.
 *
 * @param {Case} work
 * @returns {{task: string, head: Buffer, body: string}}
 */
function callOf({ request }) {
  const end = request.indexOf('\r\n\r\n') + 4;
  const head = request.subarray(0, end);
  return { task: /task\/(\S+)/.exec(head.toString('latin1'))[1], head, body: request.subarray(end).toString() };
}

module.exports = { CASES, callOf, addRequest: add };
