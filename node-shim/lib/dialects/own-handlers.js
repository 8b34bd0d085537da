'use strict';

const http = require('node:http');
const net = require('node:net');

/**
 * The handlers of the app's own exposure, asked in this process: what they answer is what the app promises its
 * clients.
 *
 * @param {import('node:http').RequestListener} listener
 * @param {string} basePath
 * @returns {Promise<{ status: number, requestIds: boolean, securityHeaders: boolean }>}
 */
function askMethodNotAllowed(listener, basePath) {
  // Genuine objects on a socket that is never connected: what is written stays here.
  const req = new http.IncomingMessage(new net.Socket());
  Object.assign(req, { method: 'GET', url: `${basePath}/task/-`, headers: { host: 'localhost' } });
  req.push(null);
  const res = new http.ServerResponse(req);
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new TypeError(UNANSWERED)), ANSWER_MILLISECONDS);
    const { end } = res;
    res.end = /** @type {any} */ (() => {
      clearTimeout(late);
      res.end = end;
      resolve({
        status: res.statusCode,
        requestIds: res.hasHeader('x-runner-request-id'),
        securityHeaders: res.hasHeader('x-frame-options'),
      });
      return res;
    });
    Promise.resolve(listener(req, res)).catch(reject);
  });
}

const ANSWER_MILLISECONDS = 2000;
const UNANSWERED = 'serve() asked the app\'s own exposure, and got no answer';

/**
 * Holds a dialect's rules against the app's own handlers, once, before anything is served by them.
 *
 * @param {import('node:http').RequestListener} listener
 * @param {string} basePath
 * @param {any} http what the exposure was given
 * @param {{ requestIds: boolean, securityHeaders: boolean }} rules
 * @throws {TypeError} when the app answers otherwise: its release is not one that is known
 */
async function checkRules(listener, basePath, { cors }, { requestIds, securityHeaders }) {
  // Below `/` nothing can be reached, in any release. A function of the app's is not called for this.
  if (basePath === '/' || (cors && typeof cors.origin === 'function')) return;
  const answer = await askMethodNotAllowed(listener, basePath);
  if (answer.status === 405 && answer.requestIds === requestIds && answer.securityHeaders === securityHeaders) return;
  throw new TypeError('serve() asked the app\'s own exposure, and it answers otherwise than any release of '
    + '@bluelibs/runner that is known');
}

module.exports = { checkRules };
