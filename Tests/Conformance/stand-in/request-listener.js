'use strict';

const { exposureContext } = require('./contexts.js');
const { TASKS } = require('./tasks.js');
const { EVENTS } = require('./events.js');

/**
 * Stands in for the exposure's own `(req, res)` listener, for bodies that a task reads itself. It knows only what the
 * octet-stream cases ask of it: JSON and multipart are the real exposure's.
 * @type {import('node:http').RequestListener}
 */
async function requestListener(req, res) {
  const [, kind, id] = /^\/__runner\/(task|event)\/(.+)$/.exec(req.url) ?? [];
  if (kind === 'task' && Object.hasOwn(TASKS, id)) return runTask(req, res, TASKS[id]);
  if (kind === 'event' && Object.hasOwn(EVENTS, id)) return respond(res, 200, { ok: true });
  return respond(res, 404, { ok: false, error: { message: `Task ${id} not exposed`, code: 'NOT_EXPOSED' } });
}

async function runTask(req, res, task) {
  if (!/^application\/octet-stream(?:;|$)/i.test(req.headers['content-type'] ?? '')) {
    req.resume();
    return respond(res, 400, { ok: false, error: { message: 'Invalid EJSON body', code: 'INVALID_JSON' } });
  }
  const controller = new AbortController();
  res.once('close', () => controller.abort());
  const url = new URL(req.url, `http://${req.headers.host}`);
  const context = {
    req, res, url, basePath: '/__runner', headers: req.headers, method: req.method, signal: controller.signal,
  };
  try {
    const result = await exposureContext.provide(context, () => task(undefined));
    if (res.writableEnded || res.headersSent) return undefined;
    if (result && typeof result.pipe === 'function') {
      // As the exposure does: its CORS headers come after the task, so a task that answers by itself has none.
      res.setHeader('Access-Control-Allow-Origin', '*');
      res.setHeader('content-type', 'application/octet-stream');
      result.pipe(res);
      return undefined;
    }
    return respond(res, 200, { ok: true, result });
  } catch (error) {
    return respond(res, 500, { ok: false, error: { message: error.message, code: 'INTERNAL_ERROR' } });
  }
}

function respond(res, status, body) {
  const bytes = Buffer.from(JSON.stringify(body));
  res.statusCode = status;
  res.setHeader('Access-Control-Allow-Origin', '*');
  res.setHeader('content-type', 'application/json; charset=utf-8');
  res.setHeader('content-length', String(bytes.length));
  res.end(bytes);
}

module.exports = { requestListener };
