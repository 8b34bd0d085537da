'use strict';

const { randomUUID } = require('node:crypto');

/**
 * Stands in for the handlers of a 6.x exposure: JSON calls of tasks and events, tokens, and errors by their helpers. No
 * uploads, no validators, no lane tokens.
 *
 * @returns {import('node:http').RequestListener}
 */
function exposureListener(options, policy, runtime, serializerId = 'runner.serializer') {
  const basePath = basePathOf(options);
  return async (req, res) => {
    const send = (status, body) => {
      const text = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
      res.statusCode = status;
      res.setHeader('Access-Control-Allow-Origin', '*');
      res.setHeader('content-type', 'application/json; charset=utf-8');
      res.setHeader('content-length', String(text.length));
      res.setHeader('X-Content-Type-Options', 'nosniff');
      res.setHeader('X-Frame-Options', 'DENY');
      res.end(text);
    };
    const failed = (status, message, code, extra) => send(status, { ok: false, error: { message, code, ...extra } });
    const [, kind, asked] = new RegExp(`^${basePath}/(task|event)/(.+)$`).exec(req.url) || [];
    if (kind === undefined) return failed(404, 'Not Found', 'NOT_FOUND');
    const own = req.headers['x-runner-request-id'];
    res.setHeader('x-runner-request-id', /^[A-Za-z0-9._:-]{1,128}$/.test(own || '') ? own : randomUUID());
    if (req.method !== 'POST') return failed(405, 'Method Not Allowed', 'METHOD_NOT_ALLOWED');
    const refused = refusal(options.auth, req);
    if (refused !== null) return failed(...refused);
    const id = runtime.store.canonicalIdOf(decodeURIComponent(asked)) ?? decodeURIComponent(asked);
    const served = kind === 'task' ? policy.serveTaskIds : policy.serveEventIds;
    const what = kind === 'task' ? 'Task' : 'Event';
    if (!served.includes(id)) return failed(403, `${what} ${id} not exposed`, 'FORBIDDEN');
    let text = '';
    for await (const part of req) text += part;
    const serializer = runtime.store.resources.get(serializerId).value;
    try {
      const body = serializer.parse(text);
      if (kind === 'event') {
        await runtime.eventManager.emit(runtime.store.events.get(id).event, body.payload);
        return send(200, { ok: true });
      }
      const result = await runtime.taskRunner.run(runtime.store.tasks.get(id).task, body.input);
      return send(200, serializer.stringify({ ok: true, result }));
    } catch (error) {
      const helper = [...runtime.store.errors.values()].find((one) => one.is(error));
      if (helper === undefined) return failed(500, 'Internal Error', 'INTERNAL_ERROR');
      const { data, httpCode } = error;
      return failed(httpCode ?? 500, error.message, 'INTERNAL_ERROR', { id: helper.id, data, httpCode });
    }
  };
}

function basePathOf({ basePath = '/__runner' }) {
  const path = basePath.startsWith('/') ? basePath : `/${basePath}`;
  return path.endsWith('/') && path !== '/' ? path.slice(0, -1) : path;
}

function refusal(auth, req) {
  if (auth?.token) {
    const given = req.headers[auth.header?.toLowerCase() || 'x-runner-token'];
    return [auth.token].flat().includes(given) ? null : [401, 'Unauthorized', 'UNAUTHORIZED'];
  }
  return auth?.allowAnonymous ? null : [500, 'Authentication not configured.', 'AUTH_NOT_CONFIGURED'];
}

module.exports = { basePathOf, exposureListener };
