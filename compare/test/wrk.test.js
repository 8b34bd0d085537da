'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const { wrkResult } = require('../measure/load');

const raw = {
  requests: 100, bytes: 1000, seconds: 2, connectErrors: 1, readErrors: 2, writeErrors: 3, timeouts: 4, errorAnswers: 5,
  minimum: 0.1, maximum: 9, points: [[50, 1]],
};

test("wrk's totals become a rate and one number of failures", () => {
  const { requestsPerSecond, failures, errorAnswers, latency } = wrkResult(raw, 1);
  assert.deepEqual([requestsPerSecond, failures, errorAnswers], [50, 10, 5]);
  assert.deepEqual(latency, [[0, 0.1], [50, 1], [100, 9]]);
});

test('no latency is told where wrk cannot know it: pipelined, or without an answer', () => {
  assert.deepEqual(wrkResult(raw, 16).latency, []);
  assert.deepEqual(wrkResult({ ...raw, requests: 0 }, 1).latency, []);
});
