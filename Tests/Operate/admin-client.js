'use strict';

const http = require('node:http');
const { waitUntil } = require('../support/wait-until.js');

/**
 * One request to the admin listener, on a connection of its own.
 * @param {import('../support/front.js').Front} front
 * @param {string} path
 * @param {{ method?: string, headers?: Record<string, string>, body?: string }} [options]
 * @returns {Promise<{ status: number, headers: http.IncomingHttpHeaders, text: string }>}
 */
function askAdmin(front, path, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: front.adminPort, path, method, headers, agent: false, timeout: 10_000 };
    const request = http.request(options, (response) => {
      let text = '';
      response.setEncoding('utf8')
        .on('data', (part) => { text += part; })
        .on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    request.on('error', reject).on('timeout', () => request.destroy(new Error(`no answer to ${method} ${path}`)));
    request.end(body);
  });
}

/**
 * The sum of the samples of a metric whose labels contain all of `labels`.
 * @param {Map<string, number>} metrics what `Front.metrics()` gives
 * @param {string} name
 * @param {Record<string, string>} [labels]
 */
function metric(metrics, name, labels = {}) {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  let sum = 0;
  for (const [sample, value] of metrics) {
    const isNamed = sample === name || sample.startsWith(`${name}{`);
    if (isNamed && wanted.every((label) => sample.includes(label))) sum += value;
  }
  return sum;
}

/**
 * Sends SIGHUP, and waits until every loop goes by the settings that were read.
 * @param {import('../support/front.js').Front} front
 * @returns {Promise<string>} what the front's log says of it
 */
async function reload(front) {
  const lines = () => front.child.stderr.split('\n').slice(0, -1).filter((line) => line.includes('SIGHUP: '));
  const before = lines().length;
  front.child.kill('SIGHUP');
  await waitUntil('the settings are read', () => lines().length > before);
  // What loops are asked for comes behind what they were told before.
  await front.metrics();
  return lines()[before];
}

module.exports = { askAdmin, metric, reload };
