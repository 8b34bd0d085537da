#!/usr/bin/env node
'use strict';

/**
 * `npx runner-sidecar …`: `compare` runs the package runner-sidecar-compare, everything else is the front's own command
 * line, whose binary is started with the same arguments.
 */

require('../lib/node-version').requireNodeOrExit();
const { spawn } = require('node:child_process');

function main(argv) {
  if (argv[0] === 'compare') runCompare(argv.slice(1));
  else runBinary(argv);
}

function runCompare(argv) {
  let compare;
  try {
    compare = require('../lib/compare-package').findComparePackage();
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
    return;
  }
  compare.main(argv).then((code) => { process.exitCode = code; });
}

function runBinary(argv) {
  let binary;
  try {
    binary = require('../lib/front-binary').findFrontBinary();
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
    return;
  }
  const child = spawn(binary, argv, { stdio: 'inherit' });
  // A signal meant for the command is meant for the front; it decides when to go.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => {
    process.stderr.write(`runner-sidecar: ${binary} cannot be started: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => { process.exitCode = signal ? 1 : code; });
}

main(process.argv.slice(2));
