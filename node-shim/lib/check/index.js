'use strict';

/**
 * `runner-sidecar check`: looks at everything that has to be right for calls to be answered, from the machine or the
 * container that it is run in, and says for each what is wrong and what to do. It changes nothing.
 */

const { parseArgs } = require('node:util');
const { version } = require('../../package.json');
const { checkAdmin, checkVersions, checkReady } = require('./admin');
const { checkBinary, checkSettings } = require('./binary');
const { checkListen } = require('./ports');
const { checkSocket } = require('./socket');

const HELP = `Checks a front and its workers, and says what to do about what is wrong. Changes nothing.

  runner-sidecar check [--socket PATH] [--listen ADDRESS] [--admin ADDRESS] [--config FILE]

  --socket PATH     the Unix socket between front and Node    (RUNNER_SIDECAR_SOCKET; else as the running front says)
  --listen ADDRESS  where the front serves                    (RUNNER_SIDECAR_LISTEN; else as the running front says)
  --admin ADDRESS   its admin listener: 127.0.0.1:7072        (RUNNER_SIDECAR_ADMIN)
  --config FILE     the front's configuration file, checked as well

  Exit code: 0 all is well, 1 something is wrong, 2 the command line is wrong.
`;

/**
 * @typedef {object} Finding
 * @property {'ok' | 'wrong' | 'skipped'} state
 * @property {string} text what was found, or why it was not looked at
 * @property {string} [remedy] what to do
 *
 * @typedef {object} Subject what all checks look at, and what earlier ones have found
 * @property {string | undefined} socket
 * @property {string | undefined} listen
 * @property {string} admin
 * @property {string | undefined} config
 * @property {string} version of this package
 * @property {string | null} binary
 * @property {Record<string, {value: any}> | null} running the settings of the running front
 */

/**
 * In this order: each may use what those before it found.
 * @type {Array<[string, (subject: Subject) => Finding | Promise<Finding>]>}
 */
const CHECKS = [
  ['binary', checkBinary], ['settings', checkSettings], ['admin', checkAdmin], ['versions', checkVersions],
  ['socket', checkSocket], ['listen', checkListen], ['workers', checkReady],
];

/**
 * @param {string[]} argv what follows `check`
 * @param {{stdout: {write(text: string): unknown}, stderr: {write(text: string): unknown}}} streams
 * @returns {Promise<number>} the exit code
 */
async function main(argv, streams = process) {
  const { stdout, stderr } = streams;
  let values;
  try {
    const text = /** @type {const} */ ({ type: 'string' });
    ({ values } = parseArgs({
      args: argv,
      options: { socket: text, listen: text, admin: text, config: text, help: { type: 'boolean', short: 'h' } },
    }));
  } catch (error) {
    stderr.write(`runner-sidecar: check: ${error.message}\n`);
    return 2;
  }
  if (values.help) {
    stdout.write(HELP);
    return 0;
  }
  const { env } = process;
  /** @type {(name: string) => string | undefined} */
  const given = (name) => /** @type {any} */ (values)[name];
  /** @type {Subject} */
  const subject = {
    socket: given('socket') || env.RUNNER_SIDECAR_SOCKET,
    listen: given('listen') || env.RUNNER_SIDECAR_LISTEN,
    admin: given('admin') || env.RUNNER_SIDECAR_ADMIN || '127.0.0.1:7072',
    config: given('config') || env.RUNNER_SIDECAR_CONFIG,
    version, binary: null, running: null,
  };
  let wrong = 0;
  for (const [name, check] of CHECKS) {
    const finding = await attempt(check, subject);
    if (finding.state === 'wrong') wrong += 1;
    stdout.write(lineOf(name, finding));
  }
  stdout.write(wrong === 0 ? '\nAll is well.\n' : `\n${wrong} ${wrong === 1 ? 'thing is' : 'things are'} wrong.\n`);
  return wrong === 0 ? 0 : 1;
}

/**
 * A check that fails to look is one that found something wrong.
 * @param {(subject: Subject) => Finding | Promise<Finding>} check @param {Subject} subject
 * @returns {Promise<Finding>}
 */
async function attempt(check, subject) {
  try {
    return await check(subject);
  } catch (error) {
    return { state: 'wrong', text: `this could not be looked at: ${error.message}` };
  }
}

/** @param {string} name @param {Finding} finding */
function lineOf(name, { state, text, remedy }) {
  const mark = { ok: '√', wrong: '×', skipped: '-' }[state];
  return `${mark} ${name.padEnd(9)} ${text}\n${remedy ? `            ${remedy}\n` : ''}`;
}

module.exports = { main };
