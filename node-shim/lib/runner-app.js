'use strict';

const { App } = require('./app');
const { dialectOf } = require('./dialects');
const { makeLog } = require('./log');
const { findRunnerModule } = require('./runner-module');
const { Targets } = require('./targets');

/**
 * An app built on @bluelibs/runner, served as its own exposure serves it.
 *
 * @param {import('./runtime').Runtime & { family: import('./dialects/marks').Family }} runtime
 * @param {object} options as `serve` takes them
 * @returns {Promise<App>}
 * @throws {TypeError} with the remedy, when the app exposes nothing or its release is not known after all
 */
async function createRunnerApp(runtime, options) {
  const log = makeLog(options.logger, runtime.logger);
  const runner = await findRunnerModule(runtime.store, options.runner);
  if (runner === null) {
    log('warn', 'runner-sidecar: the app\'s own copy of @bluelibs/runner was not found, so tasks have no request '
      + 'context, or are answered the slow way. Pass it: serve(runtime, { runner: require(\'@bluelibs/runner\') }).');
  }
  const opened = await dialectOf(runtime.family).open({ runtime, options, runner, log });
  const targets = new Targets();
  const lane = options.ownHandlers && opened.listener !== null ? 'listener' : undefined;
  for (const target of opened.targets) targets.set(target.kind === 'discovery' || !lane ? target : { ...target, lane });
  return new App({
    ...opened,
    targets,
    listener: options.requestListener || opened.listener,
    listenerTakesEverything: Boolean(options.requestListener),
    runnerVersion: runtime.version,
    log,
  });
}

module.exports = { createRunnerApp };
