'use strict';

/**
 * Node's own HTTP server answering as nodeExposure does, with nothing that could be left out: JSON in, task, envelope
 * out. It is the yardstick for what HTTP costs on the app's thread, so it is written to be fast, and streams, uploads,
 * contexts and CORS settings are not its job.
 */

const http = require('node:http');

const HEADERS_WITHOUT_CORS = { 'content-type': 'application/json; charset=utf-8' };
const HEADERS = { 'Access-Control-Allow-Origin': '*', ...HEADERS_WITHOUT_CORS };

/**
 * @param {{tasks: Record<string, Function>, events: Record<string, Function>}} app
 * @param {{basePath?: string, token?: string}} [options]
 * @returns {http.Server} not yet listening
 */
function createPlainServer({ tasks, events }, { basePath = '/__runner', token } = {}) {
  const taskPath = `${basePath}/task/`;
  const eventPath = `${basePath}/event/`;
  const handlers = new Map();
  for (const [id, run] of Object.entries(tasks)) {
    handlers.set(taskPath + encodeURIComponent(id), { run, member: 'input' });
  }
  for (const [id, run] of Object.entries(events)) {
    handlers.set(eventPath + encodeURIComponent(id), { run, member: 'payload' });
  }
  const discovery = JSON.stringify({
    ok: true, result: { allowList: { enabled: true, tasks: Object.keys(tasks), events: Object.keys(events) } },
  });

  return http.createServer((request, response) => {
    const { method, url } = request;
    if (method === 'OPTIONS' && url.startsWith(`${basePath}/`)) {
      response.writeHead(204, {
        'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Methods': 'POST, OPTIONS', 'content-length': 0,
      }).end();
      return;
    }
    const isDiscovery = url === `${basePath}/discovery`;
    if (!isDiscovery && !url.startsWith(taskPath) && !url.startsWith(eventPath)) {
      return fail(
        response, 404, 'Not Found', 'NOT_FOUND', url.startsWith(`${basePath}/`) ? HEADERS : HEADERS_WITHOUT_CORS,
      );
    }
    if (method !== 'POST' && !(isDiscovery && method === 'GET')) {
      return fail(response, 405, 'Method Not Allowed', 'METHOD_NOT_ALLOWED', HEADERS_WITHOUT_CORS);
    }
    if (token !== undefined && request.headers['x-runner-token'] !== token) {
      return fail(response, 401, 'Unauthorized', 'UNAUTHORIZED');
    }
    if (isDiscovery) return send(response, 200, discovery);
    const handler = handlers.get(url);
    if (!handler) return notFound(response, url, taskPath, eventPath);
    readBody(request, (text) => call(response, handler, text));
  });
}

function readBody(request, done) {
  let only;
  let chunks;
  request.on('data', (chunk) => {
    if (only === undefined) only = chunk;
    else (chunks ??= [only]).push(chunk);
  });
  request.on('end', () => done(chunks ? Buffer.concat(chunks).toString() : only === undefined ? '' : only.toString()));
}

async function call(response, { run, member }, text) {
  let input;
  try {
    const body = text === '' ? undefined : JSON.parse(text);
    const wrapped = body !== null && typeof body === 'object' && Object.hasOwn(body, member);
    input = wrapped ? body[member] : member === 'payload' ? undefined : body;
  } catch {
    fail(response, 400, 'Invalid EJSON body', 'INVALID_JSON');
    return;
  }
  try {
    const result = await run(input);
    send(response, 200, member === 'payload' ? '{"ok":true}' : JSON.stringify({ ok: true, result }));
  } catch (error) {
    fail(response, 500, error.message, 'INTERNAL_ERROR');
  }
}

function notFound(response, url, taskPath, eventPath) {
  const isTask = url.startsWith(taskPath);
  const id = decodeURIComponent(url.slice((isTask ? taskPath : eventPath).length));
  fail(response, 404, `${isTask ? 'Task' : 'Event'} ${id} not found`, 'NOT_FOUND');
}

function fail(response, status, message, code, headers = HEADERS) {
  send(response, status, JSON.stringify({ ok: false, error: { message, code } }), headers);
}

function send(response, status, body, headers = HEADERS) {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

module.exports = { createPlainServer };
