'use strict';

/**
 * Stand-ins for the stores of the runner's families, with the marks that each is known by.
 *
 * @param {string} family one of the families that are known, or anything else
 * @param {object} [members] put in place of the store's own
 */
function storeOf(family, members = {}) {
  return {
    tasks: new Map([['app.tasks.add', { task: { id: 'app.tasks.add' }, computedDependencies: {} }]]),
    events: new Map([['app.events.notify', { event: eventOf(family) }]]),
    errors: new Map(),
    asyncContexts: new Map(),
    resources: new Map([[family === '6' ? 'runner.serializer' : 'globals.resources.serializer', { value: JSON }]]),
    tags: new Map((TAGS[family] || []).map((id) => [id, { id }])),
    ...members,
  };
}

const TAGS = {
  4.8: ['globals.tags.tunnel'],
  4.9: ['globals.tags.tunnel'],
  5: ['globals.tags.tunnel', 'globals.tags.authValidator'],
  6: ['runner.tags.rpcLanes'],
};

function eventOf(family) {
  return family === '4.8' ? { id: 'app.events.notify' } : { id: 'app.events.notify', parallel: false };
}

/** What `run(app)` gives, as far as `serve` looks at it. */
function partsOf(store) {
  return { store, taskRunner: { run() {} }, eventManager: { emit() {} }, serializer: JSON };
}

module.exports = { storeOf, partsOf };
