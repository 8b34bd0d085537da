'use strict';

/**
 * Who a recorded request comes to, as far as its first line and the app's HELLO tell: for the count of lanes in a
 * report, not for any decision.
 *
 * @param {import('./records.js').RecordedCase} record
 * @param {any} hello what the app announces
 * @returns {'front' | 'call' | 'own'} the front alone, the call lane, or the app's own handlers
 */
function laneOf(record, { exposure, targets }) {
  const head = record.request.subarray(0, 4096).latin1Slice();
  const [, path, id] = /^POST (\S*?\/(?:task|event)\/([^\s?#]+))/.exec(head) || [];
  if (path === undefined || !isPastAuth(head, record)) return 'front';
  const name = decoded(id.replace(/\/+$/, ''));
  const target = targets.find((one) => one.id === name || (one.names || []).includes(name));
  if (exposure.auth.kind === 'ask') return 'own';
  if (target === undefined || target.state !== 'callable') return 'front';
  if (/\r\ncontent-type: *(multipart\/form-data|application\/octet-stream)/i.test(head)) return 'own';
  return target.lane === 'listener' ? 'own' : record.status === 400 || record.status === 413 ? 'front' : 'call';
}

/** Answered before any lane is chosen. */
function isPastAuth(_head, { status }) {
  return ![401, 404, 405].includes(status ?? 0);
}

function decoded(text) {
  try {
    return decodeURIComponent(text.replace(/^\/+/, ''));
  } catch {
    return text;
  }
}

module.exports = { laneOf };
