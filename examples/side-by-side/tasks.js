'use strict';

/** The app of this example: what it can do, with no word about HTTP. */

const notified = [];

/** @type {Record<string, (input: any) => unknown>} */
const tasks = {
  'app.tasks.add': ({ a, b }) => a + b,
  'app.tasks.echo': (input) => input,
  'app.tasks.greet': async ({ name }) => `Hello, ${name}!`,
  'app.tasks.now': () => ({ now: new Date().toISOString(), zone: 'UTC' }),
  'app.tasks.fail': ({ message }) => { throw new Error(message ?? 'it failed'); },
};

/** @type {Record<string, (payload: any) => void>} */
const events = {
  'app.events.notify': (payload) => {
    notified.push(payload);
    if (notified.length > 100) notified.shift();
  },
};

module.exports = { tasks, events };
