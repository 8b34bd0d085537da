'use strict';

/**
 * Puts load on an HTTP server of this machine with the best tool at hand: wrk, else ab, else a small loader of our own.
 *
 * @typedef {object} Load
 * @property {string} host
 * @property {number} port
 * @property {Buffer[]} requests complete HTTP/1.1 requests, sent in turn
 * @property {number} connections
 * @property {number} seconds
 * @property {number} [depth] requests sent at once on a connection (pipelining), 1 unless told
 *
 * @typedef {object} LoadResult
 * @property {string} tool
 * @property {number} requests answered
 * @property {number} [bytes] received, heads included; wrk only
 * @property {number} seconds
 * @property {number} requestsPerSecond
 * @property {number} failures connections refused or broken, and answers that did not come in time
 * @property {number} errorAnswers answers with a status of 400 or above
 * @property {import('./latency').Distribution} latency
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** What is on this machine, looked up once. */
const found = new Map();

/**
 * @param {string} program
 * @returns {boolean}
 */
function has(program) {
  if (!found.has(program)) {
    const directories = (process.env.PATH ?? '').split(path.delimiter);
    found.set(program, directories.some((directory) => isExecutable(path.join(directory, program))));
  }
  return found.get(program);
}

function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {number} limitSeconds after which it is stopped
 * @param {string} [input] for its standard input
 * @returns {Promise<string>} what it printed
 */
function output(program, args, limitSeconds, input = '') {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => {}); // it may end without reading
    child.stdin.end(input);
    const timer = setTimeout(() => child.kill('SIGKILL'), limitSeconds * 1000);
    let text = '';
    let errors = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.stderr.on('data', (chunk) => (errors += chunk));
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(text);
      else reject(new Error(`${program} ended with ${signal ?? code}: ${(errors || text).trim().slice(-500)}`));
    });
  });
}

/**
 * wrk takes whole seconds only.
 *
 * @param {Load} load
 * @returns {Promise<LoadResult>}
 */
async function wrk(load) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'runner-sidecar-load-'));
  try {
    const file = path.join(directory, 'requests');
    const parts = load.requests.flatMap((request) => [Buffer.from(`${request.length}\n`), request]);
    fs.writeFileSync(file, Buffer.concat(parts));
    const duration = `${Math.max(1, Math.round(load.seconds))}s`;
    const text = await output('wrk', [
      '--threads', '1', '--connections', String(load.connections), '--duration', duration, '--timeout', '10s',
      '--script', path.join(__dirname, 'wrk.lua'), `http://${load.host}:${load.port}/`,
      '--', file, String(load.depth ?? 1),
    ], load.seconds + 30);
    const line = /WRK_RESULT (.*)/.exec(text);
    if (!line) throw new Error(`wrk gave no result: ${text.slice(-300)}`);
    return wrkResult(JSON.parse(line[1]), load.depth ?? 1);
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * wrk corrects latencies for coordinated omission, assuming that each connection sends one request at a time. When
 * they are pipelined the correction invents samples below the lowest measured, and percentiles mean nothing: then none
 * are given.
 */
function wrkResult(raw, depth) {
  return {
    tool: 'wrk',
    requests: raw.requests,
    bytes: raw.bytes,
    seconds: raw.seconds,
    requestsPerSecond: raw.requests / raw.seconds,
    failures: raw.connectErrors + raw.readErrors + raw.writeErrors + raw.timeouts,
    errorAnswers: raw.errorAnswers,
    latency: raw.requests === 0 || depth > 1 ? [] : [[0, raw.minimum], ...raw.points, [100, raw.maximum]],
  };
}

/**
 * ab sends one request only, and cannot pipeline: the first of the list stands for all.
 *
 * @param {Load} load
 * @returns {Promise<LoadResult>}
 */
async function ab(load) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'runner-sidecar-load-'));
  try {
    const table = path.join(directory, 'percentiles.csv');
    const { method, target, headers, body } = parseRequest(load.requests[0]);
    const bodyFile = path.join(directory, 'body');
    fs.writeFileSync(bodyFile, body);
    const contentType = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
    const own = new Set(['host', 'content-type', 'content-length', 'connection']);
    const others = headers.filter(([name]) => !own.has(name.toLowerCase()));
    const text = await output('ab', [
      '-k', '-q', '-r', '-l', '-n', '100000000', '-t', String(load.seconds), '-c', String(load.connections),
      '-e', table,
      ...(method === 'POST' ? ['-p', bodyFile, '-T', contentType ?? 'application/octet-stream'] : ['-m', method]),
      ...others.flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
      `http://${load.host}:${load.port}${target}`,
    ], load.seconds + 30);
    return abResult(text, fs.existsSync(table) ? fs.readFileSync(table, 'utf8') : '');
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * @param {string} text what ab printed
 * @param {string} table its CSV of percentiles
 * @returns {LoadResult}
 */
function abResult(text, table) {
  const number = (pattern) => Number(pattern.exec(text)?.[1] ?? 0);
  const requests = number(/Complete requests:\s+(\d+)/);
  const seconds = number(/Time taken for tests:\s+([\d.]+)/);
  return {
    tool: 'ab',
    requests,
    seconds,
    requestsPerSecond: requests / seconds,
    failures: number(/Failed requests:\s+(\d+)/),
    errorAnswers: number(/Non-2xx responses:\s+(\d+)/),
    latency: readPercentiles(table),
  };
}

/** @returns {import('./latency').Distribution} */
function readPercentiles(table) {
  const lines = table.split('\n').slice(1).filter((line) => line.includes(','));
  return lines.map((line) => {
    const [percentile, milliseconds] = line.split(',').map(Number);
    return [percentile, milliseconds];
  });
}

/** The parts of a request that we made ourselves: no general parser. */
function parseRequest(request) {
  const end = request.indexOf('\r\n\r\n');
  const [requestLine, ...lines] = request.toString('latin1', 0, end).split('\r\n');
  const [method, target] = requestLine.split(' ');
  const headers = lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
  return { method, target, headers, body: request.subarray(end + 4) };
}

/**
 * The loader of our own runs in a process of its own: in ours it would be slowed by whatever else happens here.
 *
 * @param {Load} load
 * @returns {Promise<LoadResult>}
 */
async function ownLoader(load) {
  const job = { ...load, requests: load.requests.map((request) => request.toString('base64')) };
  const text = await output(
    process.execPath, [path.join(__dirname, 'loader.js')], load.seconds + 30, JSON.stringify(job),
  );
  return JSON.parse(text);
}

/**
 * @param {string} [wanted] a tool by name; the best there is when not given
 * @returns {{name: string, run: (load: Load) => Promise<LoadResult>, isFallback: boolean}} isFallback: neither wrk nor
 *   ab is here
 */
function chooseTool(wanted) {
  const tools = { wrk, ab, own: ownLoader };
  if (wanted && !(wanted in tools)) throw new Error(`no load tool '${wanted}': ${Object.keys(tools).join(', ')}`);
  const name = wanted ?? (has('wrk') ? 'wrk' : has('ab') ? 'ab' : 'own');
  return { name, run: tools[name], isFallback: !wanted && name === 'own' };
}

module.exports = { chooseTool, has, output, abResult, wrkResult, parseRequest };
