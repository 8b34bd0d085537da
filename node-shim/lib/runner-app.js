'use strict';

const { App } = require('./app');
const { dialectOf } = require('./dialects');
const { resolveBasePath } = require('./http-options');
const { byPath } = require('./listeners');
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
  for (const target of opened.targets) {
    const safe = isMarkedSafe(runtime.store, target);
    targets.set(target.kind === 'discovery' || !lane ? { ...target, safe } : { ...target, lane, safe });
  }
  const given = options.requestListener;
  const own = opened.listener;
  // Only the app's own exposure may answer what is handed over to it. In 4.x uploads went to the listener that was
  // passed, which has the exposure attached to it.
  const isSplit = Boolean(given) && own !== null && (opened.ownsBasePath === true || lane !== undefined);
  return new App({
    ...opened,
    targets,
    listener: isSplit ? byPath(own, given, resolveBasePath(opened.http.basePath)) : given || own,
    listenerTakesEverything: Boolean(given),
    listenerAnswersCalls: isSplit || (!given && own !== null),
    runnerVersion: runtime.version,
    log,
  });
}

/** Whether the app's definition has `meta: { safe: true }`: running it again changes nothing. */
function isMarkedSafe(store, { kind, id }) {
  if (kind === 'discovery') return false;
  return store[`${kind}s`]?.get(id)?.[kind]?.meta?.safe === true;
}

module.exports = { createRunnerApp };
