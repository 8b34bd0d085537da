'use strict';

/**
 * A small HTTP load generator, for machines with neither wrk nor ab. Reads a job (see load.js) as JSON on standard
 * input, prints a result as JSON. It takes several times the CPU of wrk, so both servers look slower under it, alike.
 */

const net = require('node:net');
const { distributionOf } = require('./latency');
const { ResponseScanner } = require('./response-scanner');

/** Latencies kept at most; beyond that every answer is still counted, but only some are sampled. */
const SAMPLES_AT_MOST = 2_000_000;

/**
 * @param {import('./load').Load} job
 * @returns {Promise<import('./load').LoadResult>}
 */
function run(job) {
  const samples = [];
  const depth = job.depth ?? 1;
  const started = process.hrtime.bigint();
  const deadline = started + BigInt(Math.round(job.seconds * 1e9));
  let requests = 0;
  let failures = 0;
  let errorAnswers = 0;
  let next = 0;

  function connection(finished) {
    const socket = net.connect({ host: job.host, port: job.port, noDelay: true });
    let sentAt = 0n;
    let awaited = 0;
    let over = false;
    const scanner = new ResponseScanner((status) => {
      requests += 1;
      awaited -= 1;
      if (status >= 400) errorAnswers += 1;
      if (samples.length < SAMPLES_AT_MOST) samples.push(Number(process.hrtime.bigint() - sentAt) / 1e6);
    });

    const send = () => {
      if (process.hrtime.bigint() >= deadline) {
        over = true;
        socket.destroy();
        return;
      }
      const batch = [];
      for (let i = 0; i < depth; i += 1) batch.push(job.requests[next++ % job.requests.length]);
      awaited = depth;
      sentAt = process.hrtime.bigint();
      socket.write(batch.length === 1 ? batch[0] : Buffer.concat(batch));
    };
    socket.on('connect', send);
    socket.on('data', (chunk) => {
      scanner.push(chunk);
      if (awaited <= 0) send();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      // A server may close after its answer; only an answer that is still owed counts as a failure.
      if (!over && awaited > 0) failures += 1;
      if (over || process.hrtime.bigint() >= deadline) finished();
      else if (awaited > 0) setTimeout(() => connection(finished), 10);
      else connection(finished);
    });
    setTimeout(() => {
      over = true;
      socket.destroy();
    }, job.seconds * 1000 + 500).unref();
  }

  return new Promise((resolve) => {
    let running = job.connections;
    const finished = () => {
      running -= 1;
      if (running > 0) return;
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      const requestsPerSecond = requests / seconds;
      resolve({
        tool: 'own', requests, seconds, requestsPerSecond, failures, errorAnswers, latency: distributionOf(samples),
      });
    };
    for (let i = 0; i < job.connections; i += 1) connection(finished);
  });
}

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const job = JSON.parse(Buffer.concat(chunks).toString());
  job.requests = job.requests.map((request) => Buffer.from(request, 'base64'));
  process.stdout.write(JSON.stringify(await run(job)), () => process.exit(0));
}

if (require.main === module) main();

module.exports = { run };
