'use strict';

/** The command line of `compare`: one table, from which `--help` is made. */

const { parseArgs } = require('node:util');
const { IGNORED_HEADERS } = require('./diff');

const DEFAULT_URLS = ['http://127.0.0.1:7070/__runner', 'http://127.0.0.1:7071/__runner'];

/**
 * @typedef {object} CommandOption
 * @property {'string' | 'boolean'} type
 * @property {string} help
 * @property {string} [value] what it takes, for the help
 * @property {boolean} [multiple] it may be given several times
 * @property {string} [default]
 */

/** @type {Record<string, CommandOption>} */
const OPTIONS = {
  requests: {
    type: 'string',
    value: 'FILE',
    help: 'requests as JSON lines, one object a line: {"task":"app.tasks.add","input":{"a":5,"b":3},"safe":true}',
  },
  har: { type: 'string', value: 'FILE', help: 'requests from a HAR file (a browser\'s network panel saves them)' },
  'access-log': { type: 'string', value: 'FILE', help: 'requests from an access log: common, combined or JSON lines' },
  'include-unsafe': { type: 'boolean', help: 'also send requests that may change something; each is sent three times' },
  names: {
    type: 'string', value: 'FIRST,SECOND', help: 'what the report calls the two servers; otherwise host and port',
  },
  header: {
    type: 'string', value: 'NAME: VALUE', multiple: true, help: 'added to every request, a token for instance',
  },
  'ignore-header': {
    type: 'string', value: 'NAME', multiple: true, help: `not compared, besides ${IGNORED_HEADERS.join(', ')}`,
  },
  'timeout-seconds': { type: 'string', value: 'N', default: '10', help: 'for one answer' },
  'no-load': { type: 'boolean', help: 'compare the answers only' },
  'load-request': {
    type: 'string', value: 'NAME', help: 'the request to load with; otherwise a call that both answer alike with 200',
  },
  'load-tool': { type: 'string', value: 'wrk|ab|own', help: 'otherwise the first of them that is installed' },
  seconds: { type: 'string', value: 'N', default: '3', help: 'of load for each server and round' },
  rounds: { type: 'string', value: 'N', default: '3', help: 'in turns' },
  connections: { type: 'string', value: 'N', default: '64', help: 'kept open at once' },
  'first-pid': {
    type: 'string',
    value: 'PID',
    multiple: true,
    help: 'processes of the first server, when they are not those that listen on its port',
  },
  'second-pid': {
    type: 'string',
    value: 'PID',
    multiple: true,
    help: 'the same for the second; for a sidecar: the front and the Node processes',
  },
  admin: {
    type: 'string',
    value: 'URL',
    default: 'http://127.0.0.1:7072',
    help: 'the sidecar\'s admin listener, which names its Node processes',
  },
  json: { type: 'string', value: 'FILE', help: 'write everything as JSON; - for standard output' },
  html: { type: 'string', value: 'FILE', help: 'write one HTML page with the latency distributions drawn' },
  help: { type: 'boolean', help: 'this text' },
};

/**
 * @param {string[]} argv
 * @returns {object} urls, and every option under its name
 * @throws {Error} with a message for the person
 */
function readOptions(argv) {
  const options = Object.fromEntries(Object.entries(OPTIONS).map(([name, { type, multiple, default: value }]) => (
    [name, { type, ...(multiple && { multiple }), ...(value !== undefined && { default: value }) }])));
  const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true });
  if (positionals.length > 2) throw new Error('at most two base URLs are compared');
  const positive = (name) => {
    const number = Number(values[name]);
    if (!(number > 0)) throw new Error(`--${name} needs a number above 0, not '${values[name]}'`);
    return number;
  };
  const list = (name) => /** @type {string[]} */ (values[name] ?? []);
  const pids = (name) => list(name).map((text) => {
    if (!/^\d+$/.test(text)) throw new Error(`--${name} needs a process id, not '${text}'`);
    return Number(text);
  });
  /** @type {[string, string]} */
  const urls = [positionals[0] ?? DEFAULT_URLS[0], positionals[1] ?? DEFAULT_URLS[1]];
  return {
    help: values.help ?? false,
    urls,
    names: sideNames(urls, /** @type {any} */ (values.names)),
    requestsFile: values.requests,
    harFile: values.har,
    accessLogFile: values['access-log'],
    includeUnsafe: values['include-unsafe'] ?? false,
    headers: list('header').map(readHeader),
    ignoredHeaders: [...IGNORED_HEADERS, ...list('ignore-header').map((name) => name.toLowerCase())],
    timeoutMilliseconds: positive('timeout-seconds') * 1000,
    load: !(values['no-load'] ?? false),
    loadRequest: values['load-request'],
    loadTool: values['load-tool'],
    seconds: positive('seconds'),
    rounds: positive('rounds'),
    connections: positive('connections'),
    pids: [pids('first-pid'), pids('second-pid')],
    admin: values.admin,
    jsonFile: values.json,
    htmlFile: values.html,
  };
}

/**
 * What reports call the two servers, different from each other.
 * @param {[string, string]} urls @param {string} [given] @returns {[string, string]}
 */
function sideNames(urls, given) {
  if (given !== undefined) {
    const names = given.split(',').map((name) => name.trim());
    if (names.length !== 2 || names.includes('') || names[0] === names[1]) {
      throw new Error(`--names needs two different names, such as 'node,sidecar', not '${given}'`);
    }
    return [names[0], names[1]];
  }
  const [first, second] = urls.map(hostOf);
  return first === second ? ['first', 'second'] : [first, second];
}

/** @param {string} url */
function hostOf(url) {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

/** @returns {[string, string]} */
function readHeader(text) {
  const colon = text.indexOf(':');
  if (colon < 1) throw new Error(`--header needs 'Name: value', not '${text}'`);
  return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
}

function helpText() {
  const lines = Object.entries(OPTIONS).map(([name, { value, help, default: standard }]) => {
    const left = `  --${name}${value ? ` ${value}` : ''}`;
    return `${left.padEnd(30)} ${help}${standard ? ` (${standard})` : ''}`;
  });
  return `Usage: runner-sidecar-compare [FIRST-URL [SECOND-URL]] [options]

Sends the same requests to two servers, shows what differs, then measures both under the same load.
The base URLs include the base path; they default to ${DEFAULT_URLS[0]} (the app's own server)
and ${DEFAULT_URLS[1]} (the sidecar). Without a file of requests they are made from what the
first server's discovery endpoint lists. POSTs are sent only if marked safe, or with --include-unsafe.
With --live it compares on the live traffic of a front, and has other options: --live --help.
What a HAR file or a log has that is not a request is passed over, and told with its place.

${lines.join('\n')}

Exit code: 0 the responses are the same, 1 they differ, 2 the comparison could not be made.
`;
}

module.exports = { readOptions, readHeader, helpText, DEFAULT_URLS };
