'use strict';

const os = require('node:os');
const path = require('node:path');
const { inspect, parseArgs } = require('node:util');
const { version } = require('../package.json');
const { loadApp } = require('./app-module');
const { describeRules } = require('./front-environment');
const { disposeApp, DISPOSE_MILLISECONDS } = require('./lifecycle');
const { serve } = require('./serve');
const { onStopSignals } = require('./stop-signals');
const { ask } = require('./worker-control');
const { WORKER_OPTIONS, readSeconds, readWorkerOptions } = require('./worker-options');
const { reportDrained, reportToSupervisor } = require('./worker-report');
const { prometheusText } = require('./worker-status');
const { cluster, runWorkers } = require('./workers');

/** A worker that was not heard of for so long is not healthy. */
const STUCK_SECONDS = 10;

const HELP = `Serves the tasks and events of a Node app to a runner-sidecar front.

  runner-sidecar-shim APP --socket PATH [options]
  runner-sidecar-shim reload --control PATH     replaces the workers one after another; exit code 1 if that stopped
  runner-sidecar-shim status --control PATH     how they do, as JSON; with --format prometheus as metrics
  runner-sidecar-shim healthcheck --control PATH    exit code 0 while they do well: for a container's probe

  APP               a CommonJS or ES module that exports what run(app) returns, a promise of it, a store,
                    or a function that gives one of these (as its default export or module.exports)
  --socket PATH     the front's Unix socket                        (environment: RUNNER_SIDECAR_SOCKET)
  --workers N       Node processes to run, or "auto" for one a core (environment: RUNNER_SIDECAR_WORKERS)
  --drain-seconds N how long running calls may take after SIGTERM  (environment: RUNNER_SIDECAR_DRAIN_SECONDS)

  With --workers, also --workers 1, a process stands above the workers and renews them; SIGHUP replaces all of them:
  --max-calls N     replaces a worker that was given this many calls        (RUNNER_SIDECAR_MAX_CALLS)
  --max-memory SIZE replaces a worker whose resident memory is this much    (RUNNER_SIDECAR_MAX_MEMORY)
  --max-age TIME    replaces a worker that has served this long             (RUNNER_SIDECAR_MAX_AGE)
                    (each up to a fifth earlier, so that workers do not come at once; off: no limit)
  --start-seconds N how long a new worker may take until it serves: 60      (RUNNER_SIDECAR_START_SECONDS)
  --stuck-seconds N replaces a worker whose event loop does not run for N seconds: off  (RUNNER_SIDECAR_STUCK_SECONDS)
  --control PATH    a Unix socket for reload, status and healthcheck        (RUNNER_SIDECAR_CONTROL)
  --help, --version
`;

/** @param {string[]} args */
async function main(args) {
  const settings = readSettings(args);
  if (settings === null) return;
  if ('request' in settings) await askSupervisor(settings);
  else if (settings.isSupervised && cluster.isPrimary) await runWorkers(settings);
  else await runApp(settings);
}

/**
 * @typedef {{ app: string, socket: string, isSupervised: boolean } & import('./workers').WorkersSettings} Settings
 * @typedef {{ request: string, control: string, isPrometheus: boolean }} Question
 *
 * @param {string[]} args
 * @returns {Settings | Question | null} null: it was only asked for help
 */
function readSettings(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      socket: { type: 'string' },
      workers: { type: 'string' },
      'drain-seconds': { type: 'string' },
      ...WORKER_OPTIONS,
      format: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
    },
  });
  if (values.help || values.version) {
    process.stdout.write(values.help ? HELP : `${version}\n`);
    return null;
  }
  const more = readWorkerOptions(values, process.env);
  const [request] = positionals;
  if (positionals.length === 1 && ['reload', 'status', 'healthcheck'].includes(request)) {
    return readQuestion(request, more.control, values.format);
  }
  if (values.format !== undefined) throw new Error('--format belongs to runner-sidecar-shim status');
  if (positionals.length !== 1) throw new Error(`name one app to load.\n\n${HELP}`);
  const socket = values.socket || process.env.RUNNER_SIDECAR_SOCKET;
  if (!socket) throw new Error('say where the front is: --socket PATH');
  const drainSeconds = values['drain-seconds'] || process.env.RUNNER_SIDECAR_DRAIN_SECONDS || '10';
  const workers = values.workers || process.env.RUNNER_SIDECAR_WORKERS;
  const needsSupervisor = Object.values(more.limits).some((limit) => limit !== undefined) || more.control !== undefined;
  if (workers === undefined && needsSupervisor) {
    throw new Error('--max-calls, --max-memory, --max-age and --control need --workers N, which may be 1');
  }
  return {
    app: path.resolve(positionals[0]),
    socket,
    isSupervised: workers !== undefined,
    workers: workers === 'auto' ? os.cpus().length : count('--workers', workers ?? '1'),
    drainMilliseconds: readSeconds('--drain-seconds', drainSeconds) * 1000,
    ...more,
  };
}

/** @returns {Question} */
function readQuestion(request, control, format) {
  if (!control) throw new Error(`${request} needs --control PATH, the one that the running command was given`);
  if (format !== undefined && (request !== 'status' || !['json', 'prometheus'].includes(format))) {
    throw new Error(`--format takes json or prometheus, and belongs to status; not ${format}`);
  }
  return { request, control, isPrometheus: format === 'prometheus' };
}

/** @param {Question} question */
async function askSupervisor({ request, control, isPrometheus }) {
  if (request === 'healthcheck') {
    checkHealth((await ask(control, 'status', () => {})).status);
    return;
  }
  const name = /** @type {'reload' | 'status'} */ (request);
  const answer = await ask(control, name, (text) => process.stdout.write(`${text}\n`));
  if (answer.error) throw new Error(answer.error);
  if (request === 'reload') {
    if (answer.outcome !== 'finished') process.exitCode = 1;
    return;
  }
  process.stdout.write(isPrometheus ? prometheusText(answer.status) : `${JSON.stringify(answer.status, null, 2)}\n`);
}

/** Fails when a restart would help: nothing serves, or an event loop is stuck. @param {any} status */
function checkHealth({ wanted, serving, workers }) {
  const stuck = workers.filter(({ silentSeconds, state }) => state === 'serving' && silentSeconds >= STUCK_SECONDS);
  process.stdout.write(`${serving} of ${wanted} workers serve${stuck.map(({ pid, silentSeconds }) => (
    `; worker ${pid}: its event loop has not run for ${silentSeconds} s`
  )).join('')}\n`);
  if (serving - stuck.length <= 0) process.exitCode = 1;
}

function count(name, text) {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`${name} takes a whole number from 1, not ${text}`);
  return number;
}

async function runApp({ app, socket, drainMilliseconds }) {
  // It is the supervisor's; one to the whole process group reaches the workers, too.
  if (cluster.isWorker) process.on('SIGHUP', () => {});
  const given = await loadApp(app);
  const service = await serve(given, { socket, waitForFront: false, drainMilliseconds });
  const { list } = service.app.table;
  const callable = (kind) => {
    const { length } = list.filter((target) => target.kind === kind && target.state === 'callable');
    return `${length} ${kind}${length === 1 ? '' : 's'}`;
  };
  const counts = `${callable('task')} and ${callable('event')}`;
  const { basePath, auth, cors } = describeRules(service.app);
  process.stdout.write(`runner-sidecar-shim ${process.pid}: ${counts} of ${path.basename(app)} under ${basePath}, `
    + `auth=${auth}, cors=${cors}, for the front at ${socket}\n`);
  if (cluster.isWorker) reportToSupervisor(service.bridge);
  onStopSignals({
    stop: () => stop(service, given),
    // Cut short, but not in a worker: its first process's end is what cuts it short.
    again: () => {
      if (cluster.isPrimary) process.exit(1);
    },
  });
}

/** Finishes the calls that run, then takes the app's resources down, then ends. */
async function stop(service, given) {
  await service.close();
  if (cluster.isWorker) reportDrained();
  let code = 0;
  const late = setTimeout(() => {
    process.stderr.write('runner-sidecar-shim: the app\'s resources were not disposed within '
      + `${DISPOSE_MILLISECONDS / 1000} s\n`);
    process.exit(1);
  }, DISPOSE_MILLISECONDS);
  try {
    await disposeApp(given);
  } catch (error) {
    process.stderr.write(`runner-sidecar-shim: a resource of the app failed to dispose:\n${inspect(error)}\n`);
    code = 1;
  }
  clearTimeout(late);
  process.exit(code);
}

module.exports = { main };
