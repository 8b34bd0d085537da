'use strict';

/** A stand-in for an existing app: what `run(app)` of @bluelibs/runner returns has a `store` like this one. */

const tasks = new Map([
  ['app.tasks.add', { run: async ({ a, b }) => a + b }],
  ['app.tasks.wait', { run: ({ milliseconds }) => new Promise((resolve) => setTimeout(resolve, milliseconds)) }],
  ['app.tasks.whoami', { run: async () => ({ pid: process.pid, uid: process.getuid(), gid: process.getgid() }) }],
]);

module.exports = { tasks, events: new Map() };
