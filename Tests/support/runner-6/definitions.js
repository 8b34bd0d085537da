'use strict';

const { makeContext } = require('./contexts');

/**
 * Stands in for the builders of @bluelibs/runner 6: `r.task(id).tags([…]).run(f).build()` and its like collect what
 * they are given into a definition.
 */
function builder(kind, id, finish = (parts) => parts) {
  const parts = { kind, id, tags: [] };
  const self = new Proxy({}, {
    get: (_target, name) => (...given) => {
      if (name === 'build') return finish(parts);
      parts[name] = given.length === 0 ? true : given[0];
      return self;
    },
  });
  return self;
}

/** An error of a helper: known by its class and its helper's id. */
class RunnerError extends Error {}

function makeError({ id, format, httpCode, remediation }) {
  const helper = {
    kind: 'error',
    id,
    httpCode,
    throw(data) {
      const text = format ? format(data) : id;
      const message = remediation ? `${text}\n\nRemediation: ${remediation}` : text;
      throw Object.assign(new RunnerError(message), { name: id, id, data, httpCode, helper });
    },
    // As in the runner, it recognises nothing when it is not called as a member.
    is(error) {
      return error instanceof RunnerError && this !== undefined && error.helper === this;
    },
  };
  return helper;
}

function makeTag(id) {
  return { kind: 'tag', id, with: (config) => ({ id, config }) };
}

function makeResource(parts) {
  return {
    ...parts,
    with(config) { return { ...this, config }; },
    fork(id) { return makeResource({ ...parts, id }); },
  };
}

const r = {
  task: (id) => builder('task', id),
  event: (id) => builder('event', id, ({ parallel = false, ...parts }) => ({ ...parts, parallel })),
  hook: (id) => builder('hook', id),
  resource: (id) => builder('resource', id, makeResource),
  error: (id) => builder('error', id, makeError),
  asyncContext: (id) => builder('asyncContext', id, makeContext),
  middleware: { task: (id) => builder('taskMiddleware', id) },
  rpcLane: Object.assign((id) => builder('rpcLane', id), { topology: (topology) => topology }),
};

const tags = {
  rpcLane: makeTag('runner.tags.rpcLane'),
  rpcLanes: makeTag('runner.tags.rpcLanes'),
  authValidator: makeTag('runner.tags.authValidator'),
};
const cancellationError = makeError({ id: 'cancellation', format: ({ reason }) => reason });

module.exports = { r, tags, cancellationError, makeResource };
