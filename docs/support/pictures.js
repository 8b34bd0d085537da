'use strict';

/** Makes docs/pictures: the status page over its fixture, and a comparison report of invented responses. */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { makeReport } = require('../../compare/lib/report');
const { htmlReport } = require('../../compare/lib/report-html');
const { makeRequest } = require('../../compare/lib/requests');
const { Browser, skipWithoutBrowser } = require('../../Tests/support/browser.js');
const { temporaryFolder } = require('../../Tests/support/temporary-folder.js');

const FOLDER = path.join(__dirname, '..', 'pictures');
const WINDOW = { width: 1100, height: 720, isPhone: false };
const HISTORY_SECONDS = 170;

/** What two servers might have answered: one difference among many that are the same. */
function inventedReport() {
  const response = (parts) => ({
    status: 200, headers: [], body: Buffer.from('{}'), complete: true, streamed: false,
    firstByteMilliseconds: 0.42, totalMilliseconds: 0.5, ...parts,
  });
  const entry = (id, verdict, differences = []) => ({
    request: makeRequest({ name: `task ${id}`, method: 'POST', path: `/task/${id}` }), verdict, differences, noise: [],
    first: response({}), second: response({ firstByteMilliseconds: 0.31 }),
  });
  const curve = (scale) => [[0, 0.2], [50, 1], [75, 1.6], [90, 2.4], [99, 5], [99.9, 9], [100, 14]]
    .map(([percentile, milliseconds]) => [percentile, milliseconds * scale]);
  const side = (name, cpuSecondsPer100k, requestsPerSecond, residentBytes, latency) => ({
    processes: [{ pid: 4711, name }], requestsPerSecond,
    requestsPerSecondRange: [requestsPerSecond * 0.97, requestsPerSecond * 1.02], cpuSecondsPer100k, residentBytes,
    failures: 0, errorAnswers: 0, latency,
  });
  return makeReport({
    urls: ['http://127.0.0.1:7070/__runner', 'http://127.0.0.1:7071/__runner'], names: ['node', 'sidecar'],
    date: new Date(Date.UTC(2026, 0, 15, 9, 30)), ignoredHeaders: ['date', 'connection', 'keep-alive', 'server'],
    checked: [
      entry('app.tasks.orders.get', 'different', [
        { kind: 'body', place: 'body $.result.total', first: '"17.50"', second: '17.5' },
      ]),
      ...['app.tasks.add', 'app.tasks.echo', 'app.tasks.orders.create'].map((id) => entry(id, 'same')),
    ],
    notes: ['access.log: 2 passed over (340 read): not a request: line 17, line 208.'],
    load: {
      tool: 'wrk', request: 'task app.tasks.add', connections: 64, rounds: 3, seconds: 3,
      sides: [side('node', 4, 10_000, 90 << 20, curve(1.4)), side('front, node', 2, 20_000, 80 << 20, curve(0.7))],
    },
  });
}

/** One window of a page, once it shows what it should. */
async function picture(browser, url, name, until) {
  await browser.open(url, { window: WINDOW });
  if (until) await browser.until('there is history', until);
  const { data } = await browser.command('Page.captureScreenshot', { format: 'png' });
  fs.writeFileSync(path.join(FOLDER, name), Buffer.from(data, 'base64'));
}

async function main() {
  if (skipWithoutBrowser) throw new Error(skipWithoutBrowser);
  fs.mkdirSync(FOLDER, { recursive: true });
  const fixture = spawn(process.execPath, [path.join(__dirname, '..', 'admin-page', 'fixture.js'), '0', 'calm'], {
    env: { ...process.env, HISTORY: String(HISTORY_SECONDS) },
  });
  try {
    const line = await new Promise((resolve) => { fixture.stdout.once('data', (data) => resolve(String(data))); });
    const report = path.join(temporaryFolder(), 'report.html');
    fs.writeFileSync(report, htmlReport(inventedReport()));
    await Browser.with(async (browser) => {
      await picture(browser, line.split(' ')[0], 'status-page.png', `history.length >= ${HISTORY_SECONDS}`);
      await picture(browser, `file://${report}`, 'comparison.png');
    });
  } finally {
    fixture.kill('SIGKILL');
  }
}

module.exports = { inventedReport };
if (require.main === module) {
  main().catch((error) => {
    process.stderr.write(`error: ${error.message}\n`);
    process.exit(1);
  });
}
