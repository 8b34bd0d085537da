'use strict';

const { RawConnection } = require('./raw-connection.js');

/**
 * The bytes of a request.
 * @param {string} path
 * @param {{ method?: string, headers?: [string, string][], body?: Buffer | string }} [options] Host and Content-Length
 *   are added
 * @returns {Buffer}
 */
function requestBytes(path, { method = 'POST', headers = [], body } = {}) {
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(body);
  const lines = [
    `${method} ${path} HTTP/1.1`, 'Host: sidecar.test', ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
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

/**
 * A call got no answer. `silentMilliseconds`: how long its connection was open, at most, before the request was sent.
 */
class NoAnswer extends Error {
  constructor(id, fate, silentMilliseconds) {
    super(`no answer to a call of ${id}: ${fate}; it was sent after ${silentMilliseconds} ms`);
    this.silentMilliseconds = silentMilliseconds;
  }
}

/** Calls a task on a connection of its own; gives the status and the parsed envelope. @throws {NoAnswer} */
async function callOnce(port, id, input, { timeoutMilliseconds = 10_000, ...options } = {}) {
  const began = Date.now();
  const connection = await RawConnection.open({ port });
  try {
    connection.send(callBytes(id, input, options));
    const silentMilliseconds = Date.now() - began;
    const answer = await connection.answer({ timeoutMilliseconds });
    if (!answer) throw new NoAnswer(id, connection.fate, silentMilliseconds);
    return { status: answer.status, envelope: JSON.parse(answer.body.toString('utf8')), answer };
  } finally {
    connection.destroy();
  }
}

module.exports = { NoAnswer, requestBytes, callBytes, exchangeOnce, callOnce };
