'use strict';

/**
 * Node's own HTTP parser as a judge: `node http-oracle.js CASES RESULTS`.
 *
 * CASES holds byte strings, each behind its length (32 bits, little-endian). Each is sent on a connection of its own to
 * a `node:http` server on a Unix socket and then ended. RESULTS gets a JSON line for each: the requests that were
 * received in full, and the `end` of the connection: `clean` (nothing was left over), `incomplete` (more was expected),
 * `tunnel` (CONNECT) or `refused`, with the parser's code or the server's status.
 */

const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

/**
 * `body` in hexadecimal, null while it has not come to its end.
 * @typedef {{ method: string, target: string, fields: number, body: string | null }} Received
 */
/** @typedef {{ requests: Received[], end: string, why?: string }} Verdict */

/** How long the server may do nothing. */
const SILENCE_MILLISECONDS = 300;

/** The verdict on the connection under way: there is only one at a time. @type {Verdict} */
let verdict;

/** @param {http.IncomingMessage} req @returns {Received} */
function note(req) {
  const request = { method: req.method, target: req.url, fields: req.rawHeaders.length / 2, body: null };
  verdict.requests.push(request);
  return request;
}

/** @param {Buffer} bytes @returns {Buffer[]} */
function splitCases(bytes) {
  const cases = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32LE(at);
    cases.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return cases;
}

const server = http.createServer({ insecureHTTPParser: false }, (req, res) => {
  const request = note(req);
  const parts = [];
  req.on('data', (part) => parts.push(part));
  req.on('end', () => {
    request.body = Buffer.concat(parts).toString('hex');
    res.end();
  });
});
server.httpAllowHalfOpen = true;
server.on('connect', (req, socket) => {
  note(req).body = '';
  verdict.end = 'tunnel';
  socket.destroy();
});
server.on('clientError', (error, socket) => {
  verdict.end = error.code === 'HPE_INVALID_EOF_STATE' ? 'incomplete' : 'refused';
  verdict.why = error.code;
  socket.destroy();
});

/** @param {string} address @param {Buffer} bytes @returns {Promise<Verdict>} */
function judge(address, bytes) {
  return new Promise((resolve) => {
    verdict = { requests: [], end: 'clean' };
    let open = 2;
    const closed = () => {
      if (--open > 0) return;
      verdict.requests = verdict.requests.filter((request) => request.body !== null);
      resolve(verdict);
    };
    server.once('connection', (socket) => socket.once('close', closed));
    const client = net.connect(address);
    let answer = '';
    client.setEncoding('latin1');
    client.on('data', (text) => { answer += text; });
    client.on('error', () => {});
    client.on('close', () => {
      // What the server refuses itself (no Host, another expectation) never reaches the parser's error event.
      const refusal = /^HTTP\/1\.1 (4\d\d) /m.exec(answer);
      if (verdict.end === 'clean' && refusal) {
        verdict.end = 'refused';
        verdict.why = refusal[1];
      }
      closed();
    });
    // A server that neither answers nor closes has not said no: it waits, for itself (half-closed) or for the client.
    const patience = setTimeout(() => {
      if (verdict.end === 'clean') verdict.end = 'incomplete';
      verdict.why ??= 'silence';
      client.destroy();
      server.closeAllConnections();
    }, SILENCE_MILLISECONDS);
    client.on('close', () => clearTimeout(patience));
    client.end(bytes);
  });
}

async function main() {
  const [casesPath, resultsPath] = process.argv.slice(2);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'http-oracle-'));
  const address = path.join(directory, 'socket');
  await new Promise((resolve) => server.listen(address, resolve));
  try {
    const lines = [];
    for (const bytes of splitCases(fs.readFileSync(casesPath))) lines.push(JSON.stringify(await judge(address, bytes)));
    fs.writeFileSync(resultsPath, lines.join('\n'));
  } finally {
    server.close();
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

main();
