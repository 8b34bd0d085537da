'use strict';

const { Origin } = require('./protocol');

const NOT_ALLOWED = Object.freeze({ flags: 0, value: '' });

/**
 * What the app's RegExp or function makes of an origin, as nodeExposure 4.8.6 would (src/node/exposure/cors.ts).
 * A RegExp without `g` or `y` has no memory, so its answer may be kept; a function's may not.
 *
 * @param {{ origin?: unknown } | undefined} cors the app's own `http.cors`
 * @param {string | undefined} origin the request's Origin, undefined when it has none
 * @param {(level: string, message: string, data: object) => void} log
 * @returns {{ flags: number, value: string }} ORIGIN_ANSWER's flags and payload
 */
function answerOrigin(cors, origin, log) {
  const rule = cors === undefined || cors === null ? undefined : cors.origin;
  if (rule instanceof RegExp) {
    const cacheable = rule.global || rule.sticky ? 0 : Origin.CACHEABLE;
    if (!origin || !rule.test(origin)) return { flags: cacheable, value: '' };
    return { flags: Origin.ALLOWED | cacheable, value: origin };
  }
  if (typeof rule !== 'function') return NOT_ALLOWED;
  try {
    const value = rule(origin);
    return value ? { flags: Origin.ALLOWED, value: String(value) } : NOT_ALLOWED;
  } catch (error) {
    log('error', 'exposure.http.unhandled', { error: error instanceof Error ? error.message : String(error) });
    return { flags: Origin.THREW, value: '' };
  }
}

module.exports = { answerOrigin };
