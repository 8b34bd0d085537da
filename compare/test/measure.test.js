'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const http = require('node:http');
const { distributionOf, at, median, medianDistribution } = require('../measure/latency');
const { abResult, chooseTool } = require('../measure/load');
const processes = require('../measure/processes');
const { ResponseScanner } = require('../measure/response-scanner');
const { figure, byteFigure, latencyCurves, bars } = require('../measure/charts');

test('percentiles are ranks of the samples, whatever their order', () => {
  const samples = Array.from({ length: 1000 }, (_, i) => ((i * 7) % 1000) + 1);
  const distribution = distributionOf(samples);
  assert.deepEqual([0, 50, 99, 99.9, 100].map((percentile) => at(distribution, percentile)), [1, 500, 990, 999, 1000]);
});

test('between two known points a percentile is read off the line, beyond the last it is the last', () => {
  assert.equal(at([[50, 10], [60, 20]], 55), 15);
  assert.equal(at([[50, 10]], 99), 10);
  assert.ok(Number.isNaN(at([], 50)));
});

test('one disturbed round does not draw the curve', () => {
  const round = (milliseconds) => [[0, milliseconds], [100, milliseconds]];
  assert.equal(at(medianDistribution([round(1), round(900), round(2)]), 99), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
});

test("ab's text and table are read", () => {
  const text =
    'Complete requests:      5000\nFailed requests:        2\nNon-2xx responses:      7\n'
    + 'Time taken for tests:   2.500 seconds\n';
  const result = abResult(text, 'Percentage served,Time in ms\n0,0.05\n50,1.5\n100,9\n');
  assert.deepEqual([
    result.requestsPerSecond, result.failures, result.errorAnswers, at(result.latency, 50),
  ], [2000, 2, 7, 1.5]);
});

test('responses are found at any split: counted, chunked, and without a body', () => {
  const bytes = Buffer.from(
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'
    + 'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'
    + 'HTTP/1.1 204 No Content\r\n\r\n',
  );
  for (let split = 1; split < bytes.length; split += 1) {
    const seen = [];
    const scanner = new ResponseScanner((status, _head, body) => seen.push([status, body.toString()]));
    scanner.push(bytes.subarray(0, split));
    scanner.push(bytes.subarray(split));
    assert.deepEqual(seen, [[200, 'hi'], [404, 'abc'], [204, '']], `split at ${split}`);
  }
});

test('this process has a CPU time that grows, a memory, a name, and is found by the port it listens on', async (t) => {
  const stop = processes.startCpuClock([process.pid]);
  const start = process.cpuUsage();
  while (process.cpuUsage(start).user < 200_000); // CPU time, not the clock's: the machine may be busy
  assert.ok(stop().totalSeconds >= 0.15);
  assert.ok(processes.memory(process.pid).residentBytes > 1 << 20);
  const server = http.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  assert.deepEqual(processes.listeningOn(server.address().port), [process.pid]);
  assert.equal(processes.memory(2 ** 22 + 1), undefined);
});

test('the loader of our own counts answers and errors', async (t) => {
  const server = http.createServer((request, response) => {
    response.statusCode = 404;
    request.resume().on('end', () => response.end('no'));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const requests = [Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}')];
  const result = await chooseTool('own').run({
    host: '127.0.0.1', port: server.address().port, requests, connections: 3, seconds: 0.3, depth: 4,
  });
  assert.ok(result.requests > 20);
  assert.equal(result.errorAnswers, result.requests);
  assert.equal(result.failures, 0);
  assert.ok(at(result.latency, 50) > 0);
});

test('figures carry the digits that count', () => {
  assert.deepEqual([figure(123456.7), figure(12.34), figure(1.234), figure(0.1234), figure(undefined), figure(0)], [
    '123,457', '12.3', '1.23', '0.123', '–', '0',
  ]);
  assert.deepEqual([byteFigure(500), byteFigure(20480), byteFigure(3 << 20)], ['500 bytes', '20.0 KB', '3.00 MB']);
});

test('a chart of nothing is nothing, and text in a chart is escaped', () => {
  assert.equal(latencyCurves([{ name: 'a', distribution: [], colour: 1 }], 't'), '');
  assert.equal(bars([{ name: 'a', value: NaN, colour: 1 }], 't'), '');
  assert.ok(bars([{ name: '<a>', value: 1, colour: 1 }], 't').includes('&lt;a&gt;'));
});
