'use strict';

const { serve } = require('./serve');

/**
 * A resource for the app to register, in place of the call of `serve` after `run`: the app is served once all of it is
 * ready, and its calls end before its resources do. Its value is `{ service }`.
 *
 * @param {any} runner the app's own `require('@bluelibs/runner')`
 * @param {import('..').ServeOptions} [options]
 * @returns {object} what `register` takes
 */
function sidecarResource(runner, options = {}) {
  // Up to 5.x and from 6.0 on.
  const { resources, events } = (runner && (runner.globals?.resources ? runner.globals : runner)) || {};
  if (!runner || !runner.r || !resources || !events) {
    throw new TypeError('sidecarResource(runner, options) takes what require(\'@bluelibs/runner\') gives');
  }
  const { r } = runner;
  const served = r.resource('runner-sidecar-service').init(async () => ({ service: null })).build();
  const start = r.hook('runner-sidecar-start')
    .on(events.ready)
    .dependencies({ store: resources.store, served })
    .run(async (_event, { store, served: value }) => {
      value.service = await serve({ store }, { runner, ...options });
    })
    .build();
  return r.resource('runner-sidecar')
    .register([served, start])
    .dependencies({ served })
    .init(async (_config, { served: value }) => value)
    .build();
}

module.exports = { sidecarResource };
