'use strict';

// An app as it is moved: made by run(), with a database that must outlive its calls, a token, and, on the real runner,
// uploads. Environment: RUNNER (what to require as the runner), EVENTS_FILE (what it says of itself).
const fs = require('node:fs');
const { r, run, nodeExposure } = require(/** @type {string} */ (process.env.RUNNER));

const say = (text) => fs.appendFileSync(/** @type {string} */ (process.env.EVENTS_FILE), `${process.pid} ${text}\n`);

const database = r.resource('app.database')
  .init(async () => ({ open: true }))
  .dispose(async (connection) => {
    connection.open = false;
    say('closed');
  })
  .build();
const wait = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });
const query = r.task('app.tasks.query').dependencies({ database }).run(async (milliseconds, { database }) => {
  await wait(milliseconds);
  if (!database.open) say('a call lost its database');
  return database.open;
}).build();
const measure = r.task('app.tasks.measure').dependencies({ database }).run(async (input, { database }) => {
  let bytes = 0;
  for await (const chunk of (await input.file.resolve()).stream) bytes += chunk.length;
  if (!database.open) say('an upload lost its database');
  return bytes;
}).build();
const http = { auth: { token: 'configured' } };
const app = r.resource('app').register([database, query, measure, nodeExposure.with({ http })]).build();

say('starts');
module.exports = run(app, { logs: { printThreshold: null }, shutdownHooks: process.env.HOOKS !== 'off' });
