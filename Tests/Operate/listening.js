'use strict';

/** What the tests of listeners and of proxies in front share. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { callBytes } = require('../support/http-request.js');
const { RawConnection } = require('../support/raw-connection.js');
const { waitUntil } = require('../support/wait-until.js');

const TIMEOUT = { timeout: 40_000 };
const LOG = ['--access-log', 'all', '--log-format', 'json'];

/** The first of these files that is there. */
const installed = (...files) => files.find((file) => fs.existsSync(file));
const needs = (program, name) => ({ ...TIMEOUT, skip: program === undefined && `${name} is not installed` });

/** Adds 1 and 2 at an address, with bytes before the request; gives the answer. */
async function add(address, { before = '', headers = [] } = {}) {
  const connection = await RawConnection.open(address);
  try {
    connection.send(Buffer.concat([Buffer.from(before, 'latin1'), callBytes('add', { a: 1, b: 2 }, { headers })]));
    const answer = await connection.answer({ timeoutMilliseconds: 10_000 });
    assert.ok(answer, `an answer: ${connection.fate}`);
    return { status: answer.status, body: JSON.parse(answer.body.toString()) };
  } finally {
    connection.destroy();
  }
}

const THREE = { status: 200, body: { ok: true, result: 3 } };

/** The `client` of the access log's lines so far, once there are `count`. */
function clients(front, count) {
  return waitUntil(`${count} requests are in the access log`, () => {
    const lines = front.child.stderr.split('\n').slice(0, -1).map((line) => JSON.parse(line));
    const found = lines.filter(({ message }) => message === 'access').map(({ client }) => client);
    return found.length >= count && found;
  });
}

/** Waits until somebody listens on a port. */
function listens(port, child) {
  return waitUntil(`${child.name} listens`, async () => {
    assert.ok(!child.exited, child.report());
    try { (await RawConnection.open({ port })).destroy(); } catch { return false; }
    return true;
  });
}

module.exports = { LOG, THREE, TIMEOUT, add, clients, installed, listens, needs };
