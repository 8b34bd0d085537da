'use strict';

/**
 * Where a request target leads, as nodeExposure's router has it (src/node/exposure/router.ts, 4.8.6) and the front's
 * Router.swift.
 *
 * @param {string} target
 * @param {string} basePath resolved
 * @returns {{ kind: 'outside' | 'unparsable' | 'unknown' | 'discovery' | 'task' | 'event', id: string }}
 */
function routeOf(target, basePath) {
  const route = (kind, id = '') => ({ kind, id });
  let path;
  try {
    path = new URL(target, 'http://localhost').pathname;
  } catch {
    return route('unparsable');
  }
  if (!path.startsWith(basePath)) return route('outside');
  const rest = path.slice(basePath.length);
  if (rest !== '' && !rest.startsWith('/')) return route('outside');
  const [kind, ...segments] = rest.split('/').filter(Boolean);
  if (kind === 'discovery') return route('discovery');
  if ((kind !== 'task' && kind !== 'event') || segments.length === 0) return route('unknown');
  try {
    return route(kind, decodeURIComponent(segments.join('/')));
  } catch {
    return route('unknown');
  }
}

module.exports = { routeOf };
