'use strict';

const { suggestionFor } = require('./suggestion');

/**
 * The options of `serve(…)` and `new TunnelServer(…)`, each with what it takes: one table for both entrances. What does
 * not fit throws a TypeError that names the option, what is wrong with it, and what to write; nothing is guessed, since
 * a misspelt `auth` would be a server that is open to all.
 *
 * @typedef {object} Option
 * @property {string} takes
 * @property {(value: unknown) => boolean} test
 * @property {Table} [within] the members of an object
 * @property {(value: any, name: string) => void} [then] checks what the type does not say
 *
 * @typedef {Record<string, Option>} Table
 */

const isString = (value) => typeof value === 'string';
const isText = (value) => isString(value) && value !== '';
const isBoolean = (value) => typeof value === 'boolean';
const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const isFunction = (value) => typeof value === 'function';
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isPort = (value) => isCount(value) && value <= 65535;
const isListOf = (test) => (value) => Array.isArray(value) && value.every(test);
const has = (...methods) => (value) => isObject(value) && methods.every((method) => isFunction(value[method]));

const TEXT = { takes: 'a string that is not empty', test: isText };
const BOOLEAN = { takes: 'true or false', test: isBoolean };
const COUNT = { takes: 'a whole number from 0', test: isCount };
const PORT = { takes: 'a whole number from 0 to 65535 (0: a free port)', test: isPort };
const TEXTS = { takes: 'a list of strings', test: isListOf(isString) };
const ANYTHING = { takes: 'any value', test: () => true };

/** @type {Table} */
const LISTEN = { port: PORT, host: TEXT };

/** @type {Table} */
const AUTH = {
  token: { takes: 'a string, or a list of strings', test: (value) => isString(value) || isListOf(isString)(value) },
  header: TEXT,
  allowAnonymous: BOOLEAN,
};

/** @type {Table} */
const CORS = {
  origin: {
    takes: 'a string, a list of strings, a RegExp or a function',
    test: (value) => isString(value) || isListOf(isString)(value) || value instanceof RegExp || isFunction(value),
    then: refuseWildcards,
  },
  methods: TEXTS,
  allowedHeaders: TEXTS,
  exposedHeaders: TEXTS,
  credentials: BOOLEAN,
  maxAge: { takes: 'a number of seconds', test: (value) => typeof value === 'number' },
  varyOrigin: BOOLEAN,
};

const AUTH_OPTION = {
  takes: '{ token: string | string[], header?: string }', test: isObject, within: AUTH, then: requireToken,
};
const CORS_OPTION = { takes: '{ origin?, methods?, allowedHeaders?, … }', test: isObject, within: CORS };
const BASE_PATH = { takes: 'a string', test: isString };

/** What the releases of the runner take as `http`, so that the very object may be passed here. @type {Table} */
const HTTP = {
  basePath: BASE_PATH,
  listen: { takes: '{ port: number, host?: string }', test: isObject, within: LISTEN },
  server: ANYTHING,
  auth: AUTH_OPTION,
  cors: CORS_OPTION,
  limits: ANYTHING,
  disableDiscovery: ANYTHING,
  dangerouslyAllowOpenExposure: ANYTHING,
  enableCors: ANYTHING,
};

/** @type {Table} */
const SERVICE = {
  socket: TEXT,
  fd: COUNT,
  waitForFront: BOOLEAN,
  port: PORT,
  host: TEXT,
  binary: TEXT,
  frontArguments: TEXTS,
  admin: {
    takes: 'a port, "host:port" or "off"',
    test: (value) => isPort(value) || isText(value),
  },
  sharePort: BOOLEAN,
  drainMilliseconds: COUNT,
  requestListener: { takes: 'a function (req, res)', test: isFunction },
  logger: { takes: 'an object with info, warn and error', test: has('info', 'warn', 'error') },
  tracing: BOOLEAN,
};

/** @type {Table} */
const SERVE = {
  ...SERVICE,
  http: { takes: 'the http options given to the app\'s exposure', test: isObject, within: HTTP },
  exposure: {
    takes: 'an rpcLanesResource, or its id', test: (value) => isText(value) || isObject(value) || isFunction(value),
  },
  ownHandlers: BOOLEAN,
  runner: { takes: 'what require(\'@bluelibs/runner\') gives', test: (value) => isObject(value) || isFunction(value) },
};

/** @type {Table} */
const TUNNEL_SERVER = {
  ...SERVICE,
  basePath: BASE_PATH,
  corsOrigins: {
    takes: 'a string or a list of strings',
    test: (value) => isString(value) || isListOf(isString)(value),
    then: refuseWildcards,
  },
  cors: CORS_OPTION,
  auth: AUTH_OPTION,
  serializer: { takes: '{ parse(text), stringify(value) }', test: has('parse', 'stringify') },
};

/**
 * @param {'serve' | 'TunnelServer'} entrance
 * @param {unknown} options
 * @throws {TypeError}
 */
function checkOptions(entrance, options) {
  const [name, table] = entrance === 'serve'
    ? ['serve(app, options)', SERVE] : ['new TunnelServer(options)', TUNNEL_SERVER];
  if (!isObject(options)) throw new TypeError(`${name}: options must be an object, not ${describe(options)}`);
  checkTable(table, options, name, '');
}

/**
 * An option that is undefined, or null, counts as left out, as it did in nodeExposure. `auth` does not: see
 * `requireToken`.
 * @param {Table} table @param {any} given @param {string} entrance @param {string} prefix `http.auth.`, say
 */
function checkTable(table, given, entrance, prefix) {
  for (const [key, value] of Object.entries(given)) {
    const name = `${prefix}${key}`;
    const option = Object.hasOwn(table, key) ? table[key] : undefined;
    if (option === undefined) {
      throw new TypeError(`${entrance}: ${name} is not an option${suggestionFor(key, Object.keys(table), prefix)}`);
    }
    if (value === undefined || value === null) continue;
    if (!option.test(value)) {
      throw new TypeError(`${entrance}: ${name} takes ${option.takes}, not ${describe(value)}`);
    }
    if (option.within !== undefined) checkTable(option.within, value, entrance, `${name}.`);
    if (option.then !== undefined) option.then(value, `${entrance}: ${name}`);
  }
}

/** `auth` without a token would be a server that is open to all, though its code says otherwise. */
function requireToken(auth, name) {
  // From 5.0 on: everybody, said in so many words; or tasks of the app that judge requests, which serve() looks for.
  if (!Object.hasOwn(auth, 'token') && name.startsWith('serve') && (auth.allowAnonymous || auth.header)) return;
  const tokens = [auth.token].flat();
  if (tokens.length > 0 && tokens.every(isText)) return;
  const empty = tokens.length === 0
    ? 'the list is empty' : `one is ${describe(tokens.find((value) => !isText(value)))}`;
  throw new TypeError(`${name}.token must be a string that is not empty, or a list of such (${empty}). `
    + 'Set it (is the environment variable that it comes from missing?), or leave auth out to serve everybody');
}

/** `https://*.example.com` is compared as it stands, so it would never match. */
function refuseWildcards(value, name) {
  for (const origin of [value].flat()) {
    if (!isString(origin) || origin === '*' || !origin.includes('*')) continue;
    throw new TypeError(`${name} has ${JSON.stringify(origin)}, and an origin is compared letter for letter: `
      + 'name each origin, or give cors.origin a RegExp such as /^https:\\/\\/[^.]+\\.example\\.com$/');
  }
}

/** @param {unknown} value for an error message, never a whole object: it may hold a secret */
function describe(value) {
  if (value === null || value === undefined) return String(value);
  if (value === '') return 'an empty string';
  if (Array.isArray(value)) {
    const wrong = value.find((item) => !isString(item));
    return wrong === undefined ? 'a list' : `a list with ${describe(wrong)}`;
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return `${/^[aeiou]/.test(typeof value) ? 'an' : 'a'} ${typeof value}`;
}

module.exports = { checkOptions };
