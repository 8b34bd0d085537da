#!/usr/bin/env node
'use strict';

/**
 * `npx runner-sidecar …`: `check`, `dev` and `compare` are this package's, everything else is the front's own command
 * line, whose binary is started with the same arguments.
 */

require('../lib/node-version').requireNodeOrExit();
const { spawn } = require('node:child_process');

/** Commands that this package has itself. @type {Record<string, () => { main(argv: string[]): Promise<number> }>} */
const COMMANDS = {
  check: () => require('../lib/check'),
  compare: () => require('../lib/compare-package').findComparePackage(),
  dev: () => require('../lib/dev'),
};

function main(argv) {
  const [name, ...rest] = argv;
  if (Object.hasOwn(COMMANDS, name)) runCommand(COMMANDS[name], rest);
  else runBinary(argv);
}

async function runCommand(load, argv) {
  try {
    process.exitCode = await load().main(argv);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
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
