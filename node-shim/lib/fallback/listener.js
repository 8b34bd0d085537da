'use strict';

/**
 * What the front does with a request, as a listener for `node:http`: route, method, token, target, body. An app on the
 * runner is served by its own handlers, where it has registered them; then nothing is decided here.
 */

const { timingSafeEqual, createHash } = require('node:crypto');
const { Entry, PEER_BYTES } = require('../protocol');
const { Call } = require('../call');
const { preflightHeaders, responseHeaders } = require('./cors-headers');
const { LocalLink } = require('./local-link');
const { routeOf } = require('./route');

/** A bound for what is held of a request; the front's `--body-limit` is smaller. */
const BODY_BYTES_MAX = 64 * 1024 * 1024;

const NOT_FOUND = { status: 404, message: 'Not Found', code: 'NOT_FOUND' };
const METHOD_NOT_ALLOWED = { status: 405, message: 'Method Not Allowed', code: 'METHOD_NOT_ALLOWED' };
const UNAUTHORIZED = { status: 401, message: 'Unauthorized', code: 'UNAUTHORIZED' };
const INTERNAL_ERROR = { status: 500, message: 'Internal Error', code: 'INTERNAL_ERROR' };
const TOO_LARGE = { status: 413, message: 'The request body is too large', code: 'PAYLOAD_TOO_LARGE' };
const JSON_ONLY = { status: 415, message: 'This worker takes JSON bodies only', code: 'UNSUPPORTED_MEDIA_TYPE' };

/**
 * @param {import('../app').App} app
 * @returns {import('node:http').RequestListener}
 * @throws {Error} when only the app's own handlers can decide who may call, and it has none
 */
function makeListener(app) {
  const { kind } = app.exposure.auth;
  if (app.listener !== null && app.listenerAnswersCalls) return app.listener;
  if (kind !== 'open' && kind !== 'tokens') {
    throw new Error('runner-sidecar: serving without a front needs the app\'s own handlers: register its exposure');
  }
  const exposure = new Exposure(app);
  return (req, res) => {
    exposure.take(req, res).catch((error) => {
      app.log('error', 'exposure.http.unhandled', { error: error instanceof Error ? error.message : String(error) });
      if (res.headersSent) res.destroy();
      else reject(res, INTERNAL_ERROR, {});
    });
  };
}

class Exposure {
  /** @param {import('../app').App} app */
  constructor(app) {
    this.app = app;
    this.calls = 0;
  }

  /** @param {import('node:http').IncomingMessage} req @param {import('node:http').ServerResponse} res */
  async take(req, res) {
    const route = routeOf(req.url ?? '/', this.app.basePath);
    if (route.kind === 'unparsable') return reject(res, INTERNAL_ERROR, {});
    if (route.kind === 'outside') {
      if (this.app.listener !== null) return this.app.listener(req, res);
      return reject(res, NOT_FOUND, {});
    }
    if (req.method === 'OPTIONS') return preflight(req, res, this.app);
    const isCall = route.kind === 'task' || route.kind === 'event';
    const allowed = isCall ? ['POST'] : ['GET', 'POST'];
    if (route.kind !== 'unknown' && !allowed.includes(req.method ?? '')) return reject(res, METHOD_NOT_ALLOWED, {});
    const cors = responseHeaders(req, this.app);
    if (route.kind === 'unknown') return reject(res, NOT_FOUND, cors);
    if (!this.isAdmitted(req)) return reject(res, UNAUTHORIZED, cors);
    const target = this.app.targets.find(({ kind, id }) => kind === route.kind && id === route.id);
    if (target === undefined || target.run === null) {
      return reject(res, route.kind === 'discovery' ? NOT_FOUND : this.absence(route, target), cors);
    }
    return this.call(target, req, res, cors);
  }

  /** Whether the request carries a token that opens, where there are any. */
  isAdmitted(req) {
    const { auth } = this.app.exposure;
    if (auth.kind === 'open') return true;
    const given = req.headers[auth.header];
    const value = Array.isArray(given) ? given[0] : given;
    if (typeof value !== 'string') return false;
    // In constant time for each, whatever its length.
    return auth.tokens.map((token) => isSameSecret(value, token)).includes(true);
  }

  /** What is told of a target that is not to be called. */
  absence({ kind, id }, target) {
    const name = `${kind === 'event' ? 'Event' : 'Task'} ${id}`;
    if (target === undefined && this.app.rules.unlisted === 'notExposed') {
      return { status: 404, message: `${name} not exposed`, code: 'NOT_EXPOSED' };
    }
    return { status: 404, message: `${name} not found`, code: 'NOT_FOUND' };
  }

  /** @param {import('../targets').Target} target */
  async call(target, req, res, cors) {
    const type = req.headers['content-type'] ?? '';
    const isStreamed = /^application\/octet-stream(?:;|$)/i.test(type) || /multipart\/form-data/i.test(type);
    if (target.kind === 'task' && isStreamed) {
      if (this.app.listener !== null) return this.app.listener(req, res);
      return reject(res, JSON_ONLY, cors);
    }
    const text = target.kind === 'discovery' ? '' : await bodyOf(req);
    if (text === null) return reject(res, TOO_LARGE, cors);
    const link = new LocalLink(this.app, req, res, cors);
    this.calls += 1;
    const head = target.head ? headOf(req) : '';
    const call = new Call(/** @type {any} */ (link), this.calls, target, head);
    link.begin(call);
    const context = head !== '' && req.headers['x-runner-context'] !== undefined ? Entry.CONTEXT : 0;
    if (text === '') return call.start(undefined, context, true);
    let input;
    try {
      input = this.app.codec.parse(text);
    } catch {
      return call.refuseInput();
    }
    return call.start(input, Entry.WHOLE | context, false);
  }
}

/** @returns {boolean} whether two texts are the same, in a time that does not tell where they differ */
function isSameSecret(given, secret) {
  // Header values are latin1 text, tokens any text: both as Node compares them, by UTF-16.
  const digest = (text) => createHash('sha256').update(text, 'utf16le').digest();
  return timingSafeEqual(digest(given), digest(secret));
}

/**
 * @param {import('node:http').IncomingMessage} req
 * @returns {Promise<string | null>} null when it is too large, once the rest was read and dropped, within the server's
 *   time limit for a request: a connection that is closed on unread bytes is reset, and takes the response with it.
 */
async function bodyOf(req) {
  let chunks = [];
  let bytes = 0;
  for await (const chunk of req) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) chunks = [];
    else chunks.push(chunk);
  }
  if (bytes > BODY_BYTES_MAX) return null;
  return Buffer.concat(chunks).toString('utf8');
}

/** As a CALLS frame carries it: the peer block, which `req.socket` says better, and the head. */
function headOf(req) {
  const lines = [`${req.method} ${req.url} HTTP/${req.httpVersion}`];
  for (let i = 0; i < req.rawHeaders.length; i += 2) lines.push(`${req.rawHeaders[i]}: ${req.rawHeaders[i + 1]}`);
  return `${'\0'.repeat(PEER_BYTES)}${lines.join('\r\n')}\r\n\r\n`;
}

function preflight(req, res, app) {
  res.writeHead(204, preflightHeaders(req, app)).end();
}

/** An envelope of the exposure's. @param {{ status: number, message: string, code: string }} rejection */
function reject(res, { status, message, code }, headers) {
  const body = JSON.stringify({ ok: false, error: { message, code } });
  res.writeHead(status, {
    ...headers, 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body),
  });
  res.end(body);
}

module.exports = { makeListener };
