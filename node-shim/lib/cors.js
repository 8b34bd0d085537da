'use strict';

const { Origin } = require('./protocol');

/**
 * CORS as the app's exposure decides it (src/node/exposure/cors.ts). The front does this for everything it answers
 * itself; here it is for answers that leave as whole HTTP responses, and for rules that are JavaScript.
 *
 * @param {{ origin?: unknown, credentials?: boolean } | undefined | null} cors the app's own `http.cors`
 * @param {string | undefined} origin the request's Origin
 * @param {{ corsCredentialsWithoutOrigin: string }} rules HELLO's
 * @returns {{ value: string | null, vary: boolean }}
 */
function resolveOrigin(cors, origin, { corsCredentialsWithoutOrigin }) {
  const rule = cors ? cors.origin : undefined;
  if (rule === undefined || rule === null) {
    if (!cors || !cors.credentials) return { value: '*', vary: false };
    return { value: corsCredentialsWithoutOrigin === 'echo' ? origin || 'null' : null, vary: true };
  }
  if (typeof rule === 'string') return { value: rule, vary: false };
  if (Array.isArray(rule)) return { value: origin && rule.includes(origin) ? origin : null, vary: true };
  if (rule instanceof RegExp) return { value: origin && rule.test(origin) ? origin : null, vary: true };
  if (typeof rule === 'function') return { value: rule(origin) || null, vary: true };
  return { value: null, vary: false };
}

/** Whether the headers of an answer differ by the request's Origin. */
function dependsOnOrigin(cors) {
  if (!cors) return false;
  const isDefault = cors.origin === undefined || cors.origin === null;
  return isDefault ? Boolean(cors.credentials) : typeof cors.origin !== 'string';
}

/**
 * The front's ORIGIN_QUESTION. A RegExp without `g` or `y` has no memory, so its answer may be kept; a function's may
 * not.
 *
 * @param {object | undefined | null} cors
 * @param {string | undefined} origin
 * @param {{ corsCredentialsWithoutOrigin: string }} rules HELLO's
 * @param {import('./app').Log} log
 * @returns {{ flags: number, value: string }} ORIGIN_ANSWER's flags and payload
 */
function answerOrigin(cors, origin, rules, log) {
  try {
    const { value } = resolveOrigin(cors, origin, rules);
    const rule = cors && cors.origin;
    const cacheable = rule instanceof RegExp && !rule.global && !rule.sticky ? Origin.CACHEABLE : 0;
    return value ? { flags: Origin.ALLOWED | cacheable, value: String(value) } : { flags: cacheable, value: '' };
  } catch (error) {
    log('error', 'exposure.http.unhandled', { error: error instanceof Error ? error.message : String(error) });
    return { flags: Origin.THREW, value: '' };
  }
}

/**
 * Sets the CORS headers of an actual (not preflight) response.
 * @param {import('node:http').IncomingMessage} req
 * @param {import('node:http').ServerResponse} res
 * @param {{ http: any, rules: any }} app
 */
function applyCors(req, res, { http: { cors }, rules }) {
  const { value, vary } = resolveOrigin(cors, req.headers.origin, rules);
  if (!cors) {
    res.setHeader('Access-Control-Allow-Origin', value);
    return;
  }
  if (vary && (cors.varyOrigin === undefined || cors.varyOrigin)) appendVary(res, 'Origin');
  if (value) res.setHeader('Access-Control-Allow-Origin', value);
  if (cors.credentials) res.setHeader('Access-Control-Allow-Credentials', 'true');
  if (cors.exposedHeaders && cors.exposedHeaders.length > 0) {
    res.setHeader('Access-Control-Expose-Headers', cors.exposedHeaders.join(', '));
  }
}

function appendVary(res, field) {
  const present = res.getHeader('Vary');
  const fields = present === undefined ? [] : String(present).split(',').map((name) => name.trim()).filter(Boolean);
  if (!fields.includes(field)) fields.push(field);
  res.setHeader('Vary', fields.join(', '));
}

module.exports = { answerOrigin, applyCors, dependsOnOrigin, resolveOrigin };
