'use strict';

/**
 * What every Node process of the benchmark does alike: report that it is ready, collect garbage when told, leave when
 * told.
 */

/** One app for all subjects, so that the work behind HTTP is the same. */
const app = {
  tasks: {
    'app.tasks.add': (input) => input.a + input.b,
    'app.tasks.echo': (input) => input,
  },
  events: {
    'app.events.notify': () => {},
  },
};

/** @param {object} [details] for whoever started this process */
function ready(details = {}) {
  process.stdout.write(`${JSON.stringify({ event: 'ready', ...details })}\n`);
}

// Memory per connection means something only without the garbage of what came before it.
process.on('SIGUSR2', () => globalThis.gc?.());
process.on('SIGTERM', () => process.exit(0));
// The benchmark went away without saying so.
process.stdin.on('end', () => process.exit(0)).resume();

/** Said and ended here: the runner catches what nobody handles, and this process would wait for ever. */
function failed(error) {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
}

module.exports = { app, ready, failed };
