'use strict';

/**
 * Turns the options that an app gives to its exposure (`http`: basePath, cors) into HELLO's `exposure`, which the
 * front acts on. What is JavaScript in them (RegExp, function) stays here and is asked for with ORIGIN_QUESTION.
 */

/** @returns {string} as every release makes it (src/node/exposure/router.ts, resolveBasePath) */
function resolveBasePath(basePath) {
  const given = basePath === undefined || basePath === null ? '/__runner' : String(basePath);
  const path = given.startsWith('/') ? given : `/${given}`;
  return path.endsWith('/') && path !== '/' ? path.slice(0, -1) : path;
}

function describeOrigin(origin) {
  if (origin === undefined || origin === null) return { kind: 'default' };
  if (typeof origin === 'string') return { kind: 'fixed', value: origin };
  // nodeExposure compares with indexOf, so what is no string matches nothing.
  if (Array.isArray(origin)) return { kind: 'list', values: origin.filter((value) => typeof value === 'string') };
  if (origin instanceof RegExp || typeof origin === 'function') return { kind: 'ask' };
  return { kind: 'never' };
}

/** @returns {object | null} null: the default, any origin */
function describeCors(cors) {
  if (!cors) return null;
  const list = (value) => (Array.isArray(value) ? value.map(String) : []);
  return {
    origin: describeOrigin(cors.origin),
    credentials: Boolean(cors.credentials),
    varyOrigin: cors.varyOrigin === undefined ? true : Boolean(cors.varyOrigin),
    methods: list(cors.methods),
    allowedHeaders: list(cors.allowedHeaders),
    exposedHeaders: list(cors.exposedHeaders),
    maxAge: typeof cors.maxAge === 'number' ? cors.maxAge : null,
  };
}

/**
 * HELLO's `exposure`.
 * @param {{ basePath?: string, cors?: object }} http
 * @param {object} auth
 * @param {object} rules
 */
function describeExposure(http, auth, rules) {
  return { basePath: resolveBasePath(http.basePath), auth, cors: describeCors(http.cors), rules };
}

module.exports = { describeExposure, resolveBasePath };
