'use strict';

/**
 * HELLO's rules as 4.8 has them (docs/bridge-protocol.md). Plain apps, which have no release, keep to them, too.
 * `unlisted` depends on the app.
 */
const OLDEST = Object.freeze({
  unlisted: 'notFound',
  discovery: 'getAndPost',
  requestIds: false,
  securityHeaders: false,
  corsOnErrors: false,
  corsCredentialsWithoutOrigin: 'echo',
  jsonLimitBytes: null,
  jsonDepth: Object.freeze({ limit: 10000, plain: 10000 }),
  plainKeys: 'ejson',
  invalidBodyText: 'Invalid EJSON body',
  prettyErrors: false,
  eventResults: false,
});

const JSON_LIMIT_BYTES = 2 * 1024 * 1024;

/**
 * The rules of 5.0 on.
 * @param {any} http what the exposure was given
 * @param {any} serializer
 */
function rulesSince5(http, serializer) {
  // The serializer counts values from 0: so many arrays and one more may be open, and at that depth it looks itself.
  // One level less can also be written into an envelope. The front takes whole numbers up to a million.
  const depth = serializer.maxDepth >= 1 ? Math.floor(Math.min(serializer.maxDepth, 999_999)) : 10_000;
  return {
    ...OLDEST,
    securityHeaders: true,
    corsCredentialsWithoutOrigin: 'none',
    jsonLimitBytes: jsonLimitOf(http),
    jsonDepth: { limit: depth + 1, plain: depth - 1 },
    plainKeys: 'serializer',
    invalidBodyText: 'Invalid JSON body',
    prettyErrors: serializer.indent !== undefined,
    eventResults: true,
  };
}

/** `received > maxSize` refuses: what is no number refuses nothing. */
function jsonLimitOf(http) {
  const { maxSize } = (http.limits && http.limits.json) || {};
  if (maxSize === undefined) return JSON_LIMIT_BYTES;
  const limit = Math.max(0, Math.floor(Number(maxSize)));
  return limit <= Number.MAX_SAFE_INTEGER ? limit : null;
}

module.exports = { OLDEST, rulesSince5 };
