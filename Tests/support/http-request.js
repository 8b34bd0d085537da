'use strict';

const { RawConnection } = require('./raw-connection.js');

/**
 * The bytes of a request.
 * @param {string} path
 * @param {{ method?: string, headers?: [string, string][], body?: Buffer | string }} [options] Host and Content-Length are added
 * @returns {Buffer}
 */
function requestBytes(path, { method = 'POST', headers = [], body } = {}) {
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(body);
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: sidecar.test', ...headers.map(([name, value]) => `${name}: ${value}`)];
  if (body !== undefined) lines.push(`Content-Length: ${bytes.length}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]);
}

/**
 * The bytes of a call of a task.
 * @param {string} id the task's id, as it stands in the path
 * @param {unknown} [input]
 * @param {{ basePath?: string, headers?: [string, string][] }} [options]
 */
function callBytes(id, input, { basePath = '/__runner', headers = [] } = {}) {
  return requestBytes(`${basePath}/task/${id}`, {
    headers: [['Content-Type', 'application/json'], ...headers],
    body: JSON.stringify(input === undefined ? {} : { input }),
  });
}

/**
 * One request on a connection of its own.
 * @returns {Promise<import('./http-answer-reader.js').Answer | undefined>}
 */
async function exchangeOnce(port, bytes, { method = 'POST', timeoutMilliseconds = 10_000 } = {}) {
  const connection = await RawConnection.open({ port });
  try {
    connection.send(bytes);
    return await connection.answer({ method, timeoutMilliseconds });
  } finally {
    connection.destroy();
  }
}

/** Calls a task on a connection of its own; gives the status and the parsed envelope. */
async function callOnce(port, id, input, options) {
  const answer = await exchangeOnce(port, callBytes(id, input, options), options);
  if (!answer) throw new Error(`no answer to a call of ${id}`);
  return { status: answer.status, envelope: JSON.parse(answer.body.toString('utf8')), answer };
}

module.exports = { requestBytes, callBytes, exchangeOnce, callOnce };
