'use strict';

/**
 * Requests out of an access log: the common and combined formats (Apache, nginx), or JSON lines with `method` and one
 * of `path`, `target`, `url`, `uri`. A log holds no bodies, so a POST from it goes out with an empty one, if at all.
 */

const { makeRequest } = require('./requests');

/** `… [date] "POST /path HTTP/1.1" 200 …`: the first quoted part that is a request line. */
const QUOTED_REQUEST = /"([A-Z]+) (\S+) HTTP\/\d(?:\.\d)?"/;

/**
 * @param {string} text
 * @returns {import('./requests').ComparedRequest[]} one for each different method and target, in order of appearance
 */
function readAccessLog(text) {
  const seen = new Set();
  const requests = [];
  for (const line of text.split('\n')) {
    const found = readLine(line);
    if (!found || seen.has(`${found.method} ${found.target}`)) continue;
    seen.add(`${found.method} ${found.target}`);
    requests.push(makeRequest(found));
  }
  return requests;
}

function readLine(line) {
  if (line.startsWith('{')) return readJsonLine(line);
  const match = QUOTED_REQUEST.exec(line);
  return match ? { method: match[1], target: originForm(match[2]) } : undefined;
}

function readJsonLine(line) {
  try {
    const entry = JSON.parse(line);
    const target = entry.path ?? entry.target ?? entry.url ?? entry.uri;
    if (typeof entry.method === 'string' && typeof target === 'string') {
      return { method: entry.method, target: originForm(target) };
    }
  } catch {
    // A line that is no entry (a start-up message, a cut line) is no request.
  }
  return undefined;
}

/** Proxies log the absolute form; what we send is path and query. */
function originForm(target) {
  if (!/^https?:\/\//.test(target)) return target;
  const { pathname, search } = new URL(target);
  return pathname + search;
}

module.exports = { readAccessLog };
