'use strict';

/**
 * How long V8's JSON.parse takes for the text in FILE: the median of TIMES, garbage collection included. Says `ready`.
 */

const fs = require('node:fs');
const { performance } = require('node:perf_hooks');
const { ready } = require('./common');

const text = fs.readFileSync(process.env.FILE, 'latin1');
const times = Number(process.env.TIMES);
const WARM_UP = 10;

const taken = Array.from({ length: WARM_UP + times }, () => {
  const began = performance.now();
  JSON.parse(text);
  return performance.now() - began;
}).slice(WARM_UP).sort((a, b) => a - b);
ready({ nanoseconds: taken[times >> 1] * 1e6 });
