'use strict';

const assert = require('node:assert/strict');

/** Holds memory to a bound, but for a sanitized front: its runtime keeps what the front gave back. */
function assertMemory(isWithin, message) {
  if (process.env.RUNNER_SIDECAR_SANITIZER === undefined) assert.ok(isWithin, message);
}

module.exports = { assertMemory };
