'use strict';

/** The command line of `compare --live`. */

const { parseArgs } = require('node:util');
const { IGNORED_HEADERS } = require('../diff');
const { DEFAULT_URLS, readHeader } = require('../options');

/** @type {Record<string, import('../options').CommandOption>} */
const OPTIONS = {
  live: { type: 'string', value: 'SOCKET', help: 'the --mirror-socket of a running front' },
  share: {
    type: 'string', value: 'SHARE', default: '1%', help: 'of the safe calls to send on: 5%, 1/1000 or 0.01',
  },
  'safe-task': {
    type: 'string', value: 'ID', multiple: true,
    help: 'a task that may be run again, besides those that the app marks as safe; app.queries.* for all that begin so',
  },
  'safe-event': { type: 'string', value: 'ID', multiple: true, help: 'the same for an event' },
  requests: {
    type: 'string', value: 'FILE', help: 'JSON lines: the tasks and events marked "safe": true there are safe, too',
  },
  'include-unsafe': {
    type: 'boolean', help: 'send on all tasks and events: only to a staging copy, whose data may change',
  },
  header: { type: 'string', value: 'NAME: VALUE', multiple: true, help: 'added to every request that is sent on' },
  'ignore-header': {
    type: 'string', value: 'NAME', multiple: true, help: `not compared, besides ${IGNORED_HEADERS.join(', ')}`,
  },
  'ignore-path': {
    type: 'string', value: 'PATH', multiple: true,
    help: 'not compared, with all below it: $.result.createdAt, $.result.items[*].age',
  },
  'live-seconds': { type: 'string', value: 'N', help: 'how long; otherwise until Ctrl-C, SIGTERM or --live-calls' },
  'live-calls': { type: 'string', value: 'N', help: 'how many calls to compare; otherwise as many as there are' },
  concurrency: {
    type: 'string', value: 'N', help: 'calls sent on at once (8; 1 with --include-unsafe, which keeps their order)',
  },
  'timeout-seconds': { type: 'string', value: 'N', default: '10', help: 'for one response of the second server' },
  page: {
    type: 'string', value: 'PORT', help: 'serves a page on 127.0.0.1 that fills while it runs; 0 for a free port',
  },
  json: { type: 'string', value: 'FILE', help: 'write the report as JSON; - for standard output' },
  html: { type: 'string', value: 'FILE', help: 'write the report as one HTML page' },
  help: { type: 'boolean', help: 'this text' },
};

/** Three weeks: within what a timer takes. */
const SECONDS_MOST = 21 * 86_400;

/**
 * @param {string[]} argv
 * @param {(file: string) => string} readFile
 * @throws {Error} with a message for the person
 */
function readLiveOptions(argv, readFile) {
  const options = Object.fromEntries(Object.entries(OPTIONS).map(([name, { type, multiple, default: value }]) => (
    [name, { type, ...(multiple && { multiple }), ...(value !== undefined && { default: value }) }])));
  const parsed = parseArgs({ args: argv, options, allowPositionals: true });
  const { positionals } = parsed;
  const values = /** @type {Record<string, any>} */ (parsed.values);
  if (positionals.length > 1) {
    throw new Error('--live compares the front with one base URL: the other server\'s, such as '
      + `${DEFAULT_URLS[0]}`);
  }
  const list = (name) => /** @type {string[]} */ (values[name] ?? []);
  const whole = (name, most, otherwise) => {
    if (values[name] === undefined) return otherwise;
    const number = /^\d+$/.test(String(values[name])) ? Number(values[name]) : NaN;
    if (!(number >= 1 && number <= most)) {
      throw new Error(`--${name} needs a whole number from 1 to ${most}, not '${values[name]}'`);
    }
    return number;
  };
  const includeUnsafe = values['include-unsafe'] === true;
  const safe = [
    ...list('safe-task').map((id) => `task ${checkedID('--safe-task', id)}`),
    ...list('safe-event').map((id) => `event ${checkedID('--safe-event', id)}`),
    ...values.requests === undefined ? [] : safeOf(readFile(String(values.requests))),
  ];
  return {
    socket: String(values.live),
    url: positionals[0] ?? DEFAULT_URLS[0],
    share: readShare(String(values.share)),
    safe,
    includeUnsafe,
    headers: list('header').map(readHeader),
    ignoredHeaders: [...IGNORED_HEADERS, ...list('ignore-header').map((name) => name.toLowerCase())],
    ignoredPaths: list('ignore-path').map(checkedPath),
    milliseconds: whole('live-seconds', SECONDS_MOST, Infinity) * 1_000,
    calls: whole('live-calls', Number.MAX_SAFE_INTEGER, Infinity),
    concurrency: whole('concurrency', 256, includeUnsafe ? 1 : 8),
    timeoutMilliseconds: whole('timeout-seconds', 3_600, 10) * 1_000,
    pagePort: readPort(values.page),
    jsonFile: values.json,
    htmlFile: values.html,
  };
}

/** @param {string} text @returns {number} above 0, at most 1 */
function readShare(text) {
  const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(text) ?? [];
  const [, one, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const share = percent !== undefined ? Number(percent) / 100
    : one !== undefined ? Number(one) / Number(of)
      : /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (!(share > 0 && share <= 1)) {
    throw new Error(`--share needs a share above 0 and up to 1, such as 5%, 1/1000 or 0.01, not '${text}'`);
  }
  return share;
}

function checkedID(option, id) {
  if (id === '' || /[\r\n]/.test(id) || id.indexOf('*') !== -1 && id.indexOf('*') !== id.length - 1) {
    throw new Error(`${option} needs an id, which may have one * at its end, not '${id}'`);
  }
  return id;
}

function checkedPath(path) {
  if (!/^\$([.[]|$)/.test(path)) {
    throw new Error('--ignore-path needs a path in the response\'s JSON that begins with $, such as $.result.at, not '
      + `'${path}'`);
  }
  return path;
}

function readPort(text) {
  if (text === undefined) return null;
  const port = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65_535)) throw new Error(`--page needs a port from 0 to 65535, not '${text}'`);
  return port;
}

/** The tasks and events that a file of requests marks as safe. @param {string} text @returns {string[]} */
function safeOf(text) {
  const found = new Set();
  text.split('\n').forEach((line, index) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith('//')) return;
    let entry;
    try {
      entry = JSON.parse(trimmed);
    } catch (error) {
      throw new Error(`line ${index + 1} of the requests: ${error.message}`);
    }
    if (entry?.safe !== true) return;
    if (typeof entry.task === 'string') found.add(`task ${entry.task}`);
    if (typeof entry.event === 'string') found.add(`event ${entry.event}`);
  });
  return [...found];
}

function liveHelp() {
  const lines = Object.entries(OPTIONS).map(([name, { value, help, default: standard }]) => {
    const left = `  --${name}${value ? ` ${value}` : ''}`;
    return `${left.padEnd(30)} ${help}${standard ? ` (${standard})` : ''}`;
  });
  return `Usage: runner-sidecar-compare --live SOCKET [URL] [options]

Compares a running front with another server on the front's own traffic. The front copies a share of the calls that are
safe to repeat, after it has answered them; this command sends each to URL (${DEFAULT_URLS[0]})
and compares the response with the one that the client got. Clients do not notice: what there is no room for is dropped,
and counted.

${lines.join('\n')}

Exit code: 0 all compared responses are the same, 1 some differ, 2 nothing could be compared.
`;
}

module.exports = { readLiveOptions, readShare, liveHelp };
