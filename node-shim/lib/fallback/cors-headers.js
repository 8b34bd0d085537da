'use strict';

const { validateHeaderValue } = require('node:http');
const { applyCors, resolveOrigin } = require('../cors');

/**
 * The CORS headers of a response that is not a preflight's. Decided once for a request, before its task runs.
 * @param {import('node:http').IncomingMessage} req
 * @param {import('../app').App} app
 * @returns {Record<string, string>}
 * @throws what the app's own function throws, or that its value cannot be sent
 */
function responseHeaders(req, app) {
  /** @type {Record<string, string>} */
  const headers = {};
  const collector = {
    getHeader: (name) => headers[name],
    setHeader: (name, value) => {
      validateHeaderValue(name, value);
      headers[name] = value;
    },
  };
  applyCors(req, /** @type {any} */ (collector), app);
  return headers;
}

/** The headers of the response to an OPTIONS request (`handleCorsPreflight`, 4.8.6), in its order. */
function preflightHeaders(req, app) {
  const cors = app.http.cors || {};
  const { value, vary } = resolveOrigin(app.http.cors, req.headers.origin, app.rules);
  /** @type {Record<string, string>} */
  const headers = {};
  const set = (name, text) => {
    validateHeaderValue(name, text);
    headers[name] = text;
  };
  if (vary && (cors.varyOrigin === undefined || cors.varyOrigin)) set('Vary', 'Origin');
  if (value) set('Access-Control-Allow-Origin', value);
  const given = (list) => (Array.isArray(list) && list.length > 0 ? list : null);
  set('Access-Control-Allow-Methods', (given(cors.methods) ?? ['POST', 'OPTIONS']).join(', '));
  const allowed = given(cors.allowedHeaders)?.join(', ') ?? req.headers['access-control-request-headers'];
  if (allowed) set('Access-Control-Allow-Headers', String(allowed));
  if (cors.credentials) set('Access-Control-Allow-Credentials', 'true');
  if (typeof cors.maxAge === 'number') set('Access-Control-Max-Age', String(cors.maxAge));
  set('content-length', '0');
  return headers;
}

module.exports = { responseHeaders, preflightHeaders };
