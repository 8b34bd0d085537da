'use strict';

/** `runner-sidecar compare`: reads the options, compares, measures, reports. */

const fs = require('node:fs');
const path = require('node:path');
const { readOptions, helpText } = require('./options');
const { makeSide, exchange } = require('./exchange');
const { makeRequest, readRequestLines } = require('./requests');
const { readDiscovery, requestsFromDiscovery } = require('./discovery');
const { passedOverNotes } = require('./passed-over');
const { readHar } = require('./har');
const { readAccessLog } = require('./access-log');
const { checkAll } = require('./check');
const { chooseLoadRequest, processesOf, measureSides } = require('./measure');
const { makeReport, EXIT_CODES } = require('./report');
const { textReport } = require('./report-text');
const { htmlReport } = require('./report-html');

/**
 * @typedef {NodeJS.WritableStream & {isTTY?: boolean}} Output
 *
 * @param {string[]} argv what follows `compare`
 * @param {{stdout: Output, stderr: Output}} [streams]
 * @returns {Promise<number>} the exit code
 */
async function main(argv, streams = process) {
  const { stdout, stderr } = streams;
  try {
    if (argv.some((argument) => argument === '--live' || argument.startsWith('--live='))) {
      return await require('./live').main(argv, streams);
    }
    const options = readOptions(argv);
    if (options.help) {
      stdout.write(helpText());
      return 0;
    }
    const report = await compare(options, progressOn(stderr));
    const json = () => `${JSON.stringify(report, null, 2)}\n`;
    if (options.jsonFile === '-') stdout.write(json());
    else stdout.write(textReport(report, { colour: Boolean(stdout.isTTY) && !process.env.NO_COLOR }));
    if (options.jsonFile && options.jsonFile !== '-') fs.writeFileSync(options.jsonFile, json());
    if (options.htmlFile) fs.writeFileSync(options.htmlFile, htmlReport(report));
    return EXIT_CODES[report.outcome];
  } catch (error) {
    stderr.write(`compare: ${error.message}\n`);
    return EXIT_CODES.impossible;
  }
}

/**
 * @param {ReturnType<typeof readOptions>} options
 * @param {(text: string) => void} progress
 * @returns {Promise<import('./report').Report>}
 */
async function compare(options, progress) {
  const sides = options.urls.map((url) => makeSide(url, options));
  try {
    const { requests, notes } = await gatherRequests(options, sides[0]);
    let done = 0;
    const onChecked = ({ request }) => progress(`compared ${(done += 1)} of ${requests.length}: ${request.name}`);
    const checked = await checkAll(sides, requests, { ...options, onChecked });
    const { load, loadNote } = await loadBoth(options, sides, checked, progress);
    progress('');
    const { urls, names, ignoredHeaders } = options;
    return makeReport({ urls, names, date: new Date(), ignoredHeaders, checked, notes, load, loadNote });
  } finally {
    for (const { agent } of sides) agent.destroy();
  }
}

/** @returns {Promise<{ requests: import('./requests').ComparedRequest[], notes: string[] }>} */
async function gatherRequests({ requestsFile, harFile, accessLogFile }, firstSide) {
  const requests = [];
  const notes = [];
  const read = (file, reader) => {
    const found = inFile(file, () => reader(fs.readFileSync(file, 'utf8')));
    requests.push(...found.requests);
    notes.push(...passedOverNotes(path.basename(file), found.passedOver, found.requests.length));
  };
  if (requestsFile) read(requestsFile, (text) => ({ requests: readRequestLines(text), passedOver: [] }));
  if (harFile) read(harFile, readHar);
  if (accessLogFile) read(accessLogFile, readAccessLog);
  return requestsFile || harFile || accessLogFile ? { requests, notes } : discoveredRequests(firstSide);
}

/** What goes wrong with a file names it. */
function inFile(file, action) {
  try {
    return action();
  } catch (error) {
    throw new Error(`${file}: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}`);
  }
}

async function discoveredRequests(side) {
  const answer = await exchange(side, makeRequest({ method: 'GET', path: '/discovery' }));
  if (answer.failure) throw new Error(`${side.url.href} does not answer (${answer.failure})`);
  if (answer.status !== 200) {
    const remedy = 'give a token with --header, or requests with --requests';
    throw new Error(`${side.url.href}/discovery answers ${answer.status}; ${remedy}`);
  }
  const ids = readDiscovery(answer.body.toString('utf8'));
  const requests = requestsFromDiscovery(ids);
  if (ids.tasks.length + ids.events.length > 0) return { requests, notes: [] };
  const note = 'Discovery lists no task or event, as it does without an allow-list. Give requests with --requests.';
  return { requests, notes: [note] };
}

async function loadBoth(options, sides, checked, progress) {
  if (!options.load) return {};
  if (sides.some(({ url }) => url.protocol !== 'http:')) {
    return { loadNote: 'No load was measured: it needs plain http on both sides.' };
  }
  const request = chooseLoadRequest(checked, options.loadRequest);
  if (!request) {
    return {
      loadNote: 'No load was measured: no safe request is answered alike with 200. Mark one "safe": true, '
        + 'or name one with --load-request.',
    };
  }
  const pids = await Promise.all(sides.map(({ url }, index) => processesOf(url, options.pids[index], options.admin)));
  const onRound = (side, round) => {
    progress(`round ${round + 1} of ${options.rounds}, ${options.names[side]}: '${request.name}'`);
  };
  const measured = await measureSides(sides, pids, request, { ...options, tool: options.loadTool, onRound });
  return { load: { ...measured, rounds: options.rounds, seconds: options.seconds } };
}

/** One line that is written over, on a terminal only. */
function progressOn(stream) {
  if (!stream.isTTY) return () => {};
  return (text) => stream.write(`\r\u001b[2K${text.slice(0, 100)}`);
}

module.exports = { main, compare };
