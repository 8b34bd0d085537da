'use strict';

const { startApp } = require('./app.js');
const { Front } = require('./front.js');

/**
 * Starts a front and an app behind it, gives both to `use`, and ends them whatever happens. A failure carries what both
 * said.
 * @template T
 * @param {{ app: string, env?: NodeJS.ProcessEnv, frontOptions?: string[], nodeOptions?: string[], workers?: number }}
 *   settings
 * @param {(pair: { front: Front, apps: import('./child-process.js').TestProcess[], app:
 *   import('./child-process.js').TestProcess }) => Promise<T>} use
 * @returns {Promise<T>}
 */
async function withPair({ app: file, env, frontOptions, nodeOptions, workers = 1 }, use) {
  const front = await Front.start({ options: frontOptions });
  const apps = [];
  try {
    for (let i = 0; i < workers; i += 1) apps.push(await startApp(file, { socket: front.socket, env, nodeOptions }));
    return await use({ front, apps, app: apps[0] });
  } catch (error) {
    throw new Error(
      `${error.message}${front.child.report()}${apps.map((app) => app.report()).join('')}`, { cause: error },
    );
  } finally {
    await Promise.all([
      front.stop({ patienceMilliseconds: 1_000 }), ...apps.map((app) => app.stop({ patienceMilliseconds: 1_000 })),
    ]);
  }
}

module.exports = { withPair };
