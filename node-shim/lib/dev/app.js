'use strict';

/** The half of `runner-sidecar dev` that is started anew at every change: the app, behind the front of index.js. */

const path = require('node:path');
const { loadApp } = require('../app-module');
const { serve } = require('../serve');

/** Ids that are listed; the page has them all. */
const LISTED_MAX = 12;

async function main() {
  const { app, socket, port, adminPort } = JSON.parse(process.env.RUNNER_SIDECAR_DEV);
  const service = await serve(await loadApp(app), socket ? { socket } : { port });
  process.stdout.write(welcome(service.app, path.basename(app), port, adminPort));
  const stop = () => service.close({ deadlineMilliseconds: 1_000 }).finally(() => process.exit(0));
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, stop);
}

/**
 * @param {import('../app').App} app @param {string} file
 * @param {number} port @param {number} [adminPort] none without a front
 */
function welcome(app, file, port, adminPort) {
  const of = (wanted) => app.table.list.filter(({ kind, state }) => kind === wanted && state === 'callable');
  const [tasks, events] = [of('task'), of('event')];
  const callable = [...tasks, ...events];
  const counted = (list, what) => `${list.length} ${what}${list.length === 1 ? '' : 's'}`;
  const counts = `${counted(tasks, 'task')} and ${counted(events, 'event')}`;
  const lines = [`dev: ${file} serves ${counts}, and is restarted when a file changes`];
  for (const { kind, id } of callable.slice(0, LISTED_MAX)) lines.push(`       ${kind} ${id}`);
  if (callable.length > LISTED_MAX) lines.push(`       and ${callable.length - LISTED_MAX} more`);
  const [first] = callable;
  if (first !== undefined) {
    const url = `http://127.0.0.1:${port}${app.basePath}/${first.kind}/${encodeURIComponent(first.id)}`;
    const body = first.kind === 'task' ? '{"input":{}}' : '{"payload":{}}';
    lines.push(`     try it:          curl -d '${body}' ${url}`);
  }
  if (adminPort !== undefined) lines.push(`     the status page: http://127.0.0.1:${adminPort}/`);
  lines.push('');
  return lines.join('\n');
}

main().catch((error) => {
  process.stderr.write(`dev: ${error.stack ?? error}\n`);
  process.exit(1);
});
