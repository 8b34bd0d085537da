'use strict';

/** What the running front says of itself, over its admin listener. */

const http = require('node:http');
const { hostAndPort } = require('./address');

const LIMIT_MILLISECONDS = 3_000;
const TEXT_BYTES_MAX = 4 * 1024 * 1024;

/** @param {import('.').Subject} subject @returns {Promise<import('.').Finding>} */
async function checkAdmin(subject) {
  if (subject.admin === 'off') return { state: 'skipped', text: 'it is off: the checks that need it are left out' };
  try {
    const { status, text } = await get(subject.admin, '/config');
    if (status !== 200) {
      return {
        state: 'wrong', text: `${subject.admin} answers ${status}: ${text.slice(0, 200).trim()}`,
        remedy: status === 403
          ? 'Ask by IP address, or start the front with --admin-host and this name'
          : 'This is not the admin listener of a front: name it with --admin ADDRESS',
      };
    }
    subject.running = JSON.parse(text);
  } catch (error) {
    return unreachable(subject.admin, error);
  }
  subject.socket ??= settingOf(subject, 'socket');
  subject.listen ??= settingOf(subject, 'listen')?.[0];
  return { state: 'ok', text: `a front answers on ${subject.admin}` };
}

/** @returns {import('.').Finding} */
function unreachable(admin, error) {
  if (error instanceof SyntaxError) {
    return {
      state: 'wrong', text: `what answers on ${admin} is not a front`,
      remedy: 'Another program has that port: give the front another one with --admin ADDRESS',
    };
  }
  if (error.code === 'ECONNREFUSED') {
    return {
      state: 'wrong', text: `nothing listens on ${admin}`,
      remedy: 'Start the front: runner-sidecar serve. If it runs, its --admin is another address or off: name it here, '
        + 'with --admin',
    };
  }
  return { state: 'wrong', text: `${admin} does not respond: ${error.message}`, remedy: 'Is --admin ADDRESS right?' };
}

/** @param {import('.').Subject} subject @returns {Promise<import('.').Finding>} */
async function checkVersions(subject) {
  if (subject.running === null) return { state: 'skipped', text: 'no front was reached' };
  const { front } = await getJSON(subject.admin, '/stats.json');
  if (front.version === subject.version) return { state: 'ok', text: `front and package are ${front.version}` };
  return {
    state: 'wrong', text: `the front that runs is ${front.version}, and this package is ${subject.version}`,
    remedy: 'Run both from one release. After an update, restart the front',
  };
}

/** @param {import('.').Subject} subject @returns {Promise<import('.').Finding>} */
async function checkReady(subject) {
  if (subject.running === null) return { state: 'skipped', text: 'no front was reached' };
  const { workers } = await getJSON(subject.admin, '/workers');
  const { status, text } = await get(subject.admin, '/readyz');
  if (status === 200) {
    const ready = workers.filter(({ state }) => state === 'ready').length;
    const versions = [...new Set(workers.map(({ nodeVersion }) => `Node ${nodeVersion}`))].join(', ');
    return { state: 'ok', text: `${ready} of ${workers.length} ready (${versions})` };
  }
  const remedy = workers.length === 0
    ? `Start the app: runner-sidecar-shim app.js --socket ${subject.socket ?? 'PATH'}. If it runs: with that --socket?`
    : `Look at the log of process ${workers.map(({ pid }) => pid).join(', ')}`;
  return { state: 'wrong', text: text.trim(), remedy };
}

const settingOf = (subject, name) => subject.running?.[name]?.value ?? undefined;

async function getJSON(admin, path) {
  return JSON.parse((await get(admin, path)).text);
}

/** @param {string} admin @param {string} path @returns {Promise<{status: number, text: string}>} */
function get(admin, path) {
  return new Promise((resolve, reject) => {
    const { host, port } = hostAndPort(admin);
    const request = http.get({ host, port, path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
        if (text.length > TEXT_BYTES_MAX) request.destroy(new Error('it answers without end'));
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    const timer = setTimeout(() => request.destroy(new Error('no answer in time')), LIMIT_MILLISECONDS);
    request.on('error', reject).on('close', () => clearTimeout(timer));
  });
}

module.exports = { checkAdmin, checkVersions, checkReady };
