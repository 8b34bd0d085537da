'use strict';

// The fault suite's app as a module for runner-sidecar-shim. Environment: RUNS_FILE.
const { tasks } = require('./tasks.js');

module.exports = { tasks };
