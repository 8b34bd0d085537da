'use strict';

/**
 * Requests out of an access log: the common and combined formats (Apache, nginx), or JSON lines with `method` and one
 * of `path`, `target`, `url`, `uri`. A log holds no bodies, so a POST from it goes out with an empty one, if at all.
 */

const { makeRequest } = require('./requests');
const { whyUnsendable, withoutMark } = require('./passed-over');

/** `… [date] "POST /path HTTP/1.1" 200 …`: the first quoted part that is a request line. */
const QUOTED_REQUEST = /"([A-Z]+) (\S+) HTTP\/\d(?:\.\d)?"/;

/**
 * @param {string} text
 * @returns {import('./passed-over').ReadRequests} one for each different method and target, in order of appearance
 */
function readAccessLog(text) {
  const seen = new Set();
  const requests = [];
  const passedOver = [];
  withoutMark(text).split('\n').forEach((line, index) => {
    if (line.trim() === '') return;
    const read = readLine(line.trim());
    if (typeof read === 'string') {
      passedOver.push({ place: `line ${index + 1}`, reason: read });
    } else if (!seen.has(`${read.method} ${read.target}`)) {
      seen.add(`${read.method} ${read.target}`);
      requests.push(read);
    }
  });
  return { requests, passedOver };
}

/** @returns {import('./requests').ComparedRequest | string} a request, or why there is none */
function readLine(line) {
  const found = line.startsWith('{') ? readJsonLine(line) : readQuoted(line);
  if (!found) return 'not a request';
  const target = originForm(found.target);
  if (target === null) return 'its target is not a URL';
  const request = makeRequest({ method: found.method, target });
  return whyUnsendable(request) ?? request;
}

function readQuoted(line) {
  const match = QUOTED_REQUEST.exec(line);
  return match && { method: match[1], target: match[2] };
}

function readJsonLine(line) {
  try {
    const entry = JSON.parse(line);
    const target = entry.path ?? entry.target ?? entry.url ?? entry.uri;
    if (typeof entry.method === 'string' && typeof target === 'string') return { method: entry.method, target };
  } catch {
    // A line that is no entry (a start-up message, a cut line) is no request.
  }
  return null;
}

/** Proxies log the absolute form; what we send is path and query. Null: it is neither. @param {string} target */
function originForm(target) {
  if (!/^https?:\/\//i.test(target)) return target;
  try {
    const { pathname, search } = new URL(target);
    return pathname + search;
  } catch {
    return null;
  }
}

module.exports = { readAccessLog };
