'use strict';

/**
 * Turns the options that an app gives to nodeExposure (`http`: basePath, auth, cors) into HELLO's `exposure`, which the
 * front acts on. What is JavaScript in them (RegExp, function) stays here and is asked for with ORIGIN_QUESTION.
 */

/** @returns {string} as nodeExposure 4.8.6 makes it (src/node/exposure/router.ts, resolveBasePath) */
function resolveBasePath(basePath) {
  const given = basePath === undefined || basePath === null ? '/__runner' : String(basePath);
  const path = given.startsWith('/') ? given : `/${given}`;
  return path.endsWith('/') && path !== '/' ? path.slice(0, -1) : path;
}

/** @returns {object} what 4.8 makes of `auth`: without a token every request passes */
function describeAuth(auth) {
  if (!auth) return { kind: 'open' };
  const tokens = (Array.isArray(auth.token) ? auth.token : [auth.token]).filter(Boolean).map(String);
  if (tokens.length === 0) return { kind: 'open' };
  const header = auth.header === undefined || auth.header === null ? 'x-runner-token' : String(auth.header);
  return { kind: 'tokens', header: header.toLowerCase(), tokens };
}

/** How 4.8 behaves on the wire, rule by rule (docs/bridge-protocol.md). */
const RULES = Object.freeze({
  discovery: 'getAndPost',
  requestIds: false,
  securityHeaders: false,
  corsOnErrors: false,
  corsCredentialsWithoutOrigin: 'echo',
  jsonLimitBytes: null,
  jsonDepth: { limit: 10_000, plain: 10_000 },
  plainKeys: 'ejson',
  invalidBodyText: 'Invalid EJSON body',
  prettyErrors: false,
  eventResults: false,
});

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
 * @param {{ basePath?: string, auth?: object, cors?: object }} http
 * @param {boolean} allowList whether a list of what may be called is in force
 */
function describeExposure(http, allowList) {
  return {
    basePath: resolveBasePath(http.basePath),
    auth: describeAuth(http.auth),
    cors: describeCors(http.cors),
    rules: { unlisted: allowList ? 'notExposed' : 'notFound', ...RULES },
  };
}

module.exports = { describeExposure, resolveBasePath };
