'use strict';

const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { parseArgs } = require('node:util');
const { version } = require('../package.json');
const { serve } = require('./serve');
const { cluster, runWorkers } = require('./workers');

const HELP = `Serves the tasks and events of a Node app to a runner-sidecar front.

  runner-sidecar-shim APP --socket PATH [--workers N] [--drain-seconds N]

  APP               a CommonJS or ES module that exports what run(app) returns, a promise of it, a store,
                    or a function that gives one of these (as its default export or module.exports)
  --socket PATH     the front's Unix socket                        (environment: RUNNER_SIDECAR_SOCKET)
  --workers N       Node processes to run, or "auto" for one a core (environment: RUNNER_SIDECAR_WORKERS)
  --drain-seconds N how long running calls may take after SIGTERM  (environment: RUNNER_SIDECAR_DRAIN_SECONDS)
  --help, --version
`;

/** @param {string[]} args */
async function main(args) {
  const settings = readSettings(args);
  if (settings === null) return;
  if (settings.workers > 1 && cluster.isPrimary) await runWorkers(settings.workers, settings.drainMilliseconds);
  else await runApp(settings);
}

/**
 * @returns {{ app: string, socket: string, workers: number, drainMilliseconds: number } | null} null: it was
 * only asked for help
 */
function readSettings(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      socket: { type: 'string' },
      workers: { type: 'string' },
      'drain-seconds': { type: 'string' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
    },
  });
  if (values.help || values.version) {
    process.stdout.write(values.help ? HELP : `${version}\n`);
    return null;
  }
  if (positionals.length !== 1) throw new Error(`name one app to load.\n\n${HELP}`);
  const socket = values.socket || process.env.RUNNER_SIDECAR_SOCKET;
  if (!socket) throw new Error('say where the front is: --socket PATH');
  const drainSeconds = values['drain-seconds'] || process.env.RUNNER_SIDECAR_DRAIN_SECONDS || '10';
  const workers = values.workers || process.env.RUNNER_SIDECAR_WORKERS || '1';
  return {
    app: path.resolve(positionals[0]),
    socket,
    workers: workers === 'auto' ? os.cpus().length : count('--workers', workers),
    drainMilliseconds: count('--drain-seconds', drainSeconds) * 1000,
  };
}

function count(name, text) {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`${name} takes a whole number from 1, not ${text}`);
  return number;
}

async function runApp({ app, socket, drainMilliseconds }) {
  const service = await serve(await loadApp(app), { socket, waitForFront: false });
  const { list } = service.app.table;
  const callable = (kind) => {
    const { length } = list.filter((target) => target.kind === kind && target.state === 'callable');
    return `${length} ${kind}${length === 1 ? '' : 's'}`;
  };
  const counts = `${callable('task')} and ${callable('event')}`;
  process.stdout.write(`runner-sidecar-shim ${process.pid}: ${counts} of ${path.basename(app)} `
    + `under ${service.app.basePath}, for the front at ${socket}\n`);
  let stopping = false;
  const stop = async () => {
    // A second signal cuts it short. Not in a worker: one signal to the whole group (systemd, a terminal's Ctrl-C)
    // reaches it twice, once by way of the first process. That one's end is what cuts it short.
    if (stopping && cluster.isPrimary) process.exit(1);
    if (stopping) return;
    stopping = true;
    await service.close({ deadlineMilliseconds: drainMilliseconds });
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, stop);
}

/** @param {string} file @returns {Promise<object>} what `serve` takes */
async function loadApp(file) {
  const module = await import(pathToFileURL(file).href);
  let exported = 'default' in module ? module.default : module;
  // `export default` that a compiler (TypeScript, Babel) turned into CommonJS.
  if (exported?.__esModule && exported.default !== undefined) exported = exported.default;
  return typeof exported === 'function' ? exported() : exported;
}

module.exports = { main };
