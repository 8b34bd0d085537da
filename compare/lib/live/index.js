'use strict';

/** `compare --live`: the front's own traffic, sent on to a second server, and what differs. */

const fs = require('node:fs');
const { makeSide } = require('../exchange');
const { EXIT_CODES } = require('../report');
const { MirrorStream } = require('./mirror-stream');
const { liveHelp, readLiveOptions } = require('./options');
const { livePage, servePage } = require('./page');
const { liveText, makeLiveReport } = require('./report');
const { Shadow } = require('./shadow');
const { Tally } = require('./tally');

/** A front counts once a second. */
const WIND_UP_MILLISECONDS = 1_200;

/** 24 days: a longer timer of Node's would fire at once. */
const TIMER_MOST_MILLISECONDS = 2 ** 31 - 1;

/**
 * @param {string[]} argv
 * @param {{ stdout: import('..').Output, stderr: import('..').Output }} streams
 * @param {AbortSignal} [signal] ends it
 * @returns {Promise<number>} the exit code
 */
async function main(argv, { stdout, stderr }, signal) {
  if (argv.includes('--help')) {
    stdout.write(liveHelp());
    return 0;
  }
  const options = readLiveOptions(argv, (file) => fs.readFileSync(file, 'utf8'));
  const report = await compareLive(options, { stderr, signal: signal ?? untilSignal() });
  const json = () => `${JSON.stringify(report, null, 2)}\n`;
  if (options.jsonFile === '-') stdout.write(json());
  else stdout.write(liveText(report, { colour: Boolean(stdout.isTTY) && !process.env.NO_COLOR }));
  if (options.jsonFile && options.jsonFile !== '-') fs.writeFileSync(options.jsonFile, json());
  if (options.htmlFile) fs.writeFileSync(options.htmlFile, livePage(report));
  return EXIT_CODES[report.outcome];
}

/** Ctrl-C ends it with a report; a second one ends it at once, as Node does by itself. */
function untilSignal() {
  const ended = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => ended.abort());
  return ended.signal;
}

/**
 * @param {ReturnType<typeof readLiveOptions>} options
 * @param {{ stderr: import('..').Output, signal: AbortSignal }} world
 * @returns {Promise<import('./report').LiveReport>}
 */
async function compareLive(options, { stderr, signal }) {
  const tally = new Tally();
  const side = makeSide(options.url, options);
  side.agent.maxSockets = options.concurrency;
  // Without --include-unsafe all that comes is safe: it was named here, or the app marks it.
  const isSafe = options.includeUnsafe ? matcher(options.safe) : () => true;
  const shadow = new Shadow(side, tally, { ...options, isSafe });
  const began = new Date();
  const started = performance.now();
  let note;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  let isOver = false;
  /** @type {MirrorStream} */
  let stream;
  const reportNow = () => makeLiveReport(tally, {
    front: stream.greeting.front, url: options.url, date: began.toISOString(),
    seconds: (performance.now() - started) / 1_000, share: options.share, isOver, note,
    ignoredHeaders: options.ignoredHeaders, ignoredPaths: options.ignoredPaths,
  });
  /** @type {{ url: string, close: () => void } | undefined} */
  let page;
  /** @type {Set<Promise<void>>} */
  const running = new Set();
  try {
    await new Promise((resolve, reject) => {
      const take = (call) => {
        if (isOver || tally.compared + shadow.running >= options.calls) return;
        const done = shadow.compare(call, stream.greeting.basePath).finally(() => running.delete(done));
        running.add(done);
        if (!shadow.hasRoom) stream.pause();
      };
      stream = new MirrorStream(options.socket, {
        share: options.share, targets: options.safe, marked: true, all: options.includeUnsafe,
      }, {
        onCall: take,
        onCounts: (counts) => { tally.front = counts; },
        onEnd: (reason) => {
          note = `It ended early: ${reason}.`;
          resolve();
        },
      });
      shadow.onRoom = () => {
        if (tally.compared >= options.calls) resolve();
        else stream.resume();
      };
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve());
      stream.open().then(async () => {
        if (options.pagePort !== null) {
          page = await servePage(options.pagePort, reportNow);
          stderr.write(`compare: ${page.url} fills while this runs\n`);
        }
        if (options.milliseconds <= TIMER_MOST_MILLISECONDS) timer = setTimeout(resolve, options.milliseconds);
      }).catch(reject);
    });
    isOver = true;
    await stream.windUp(WIND_UP_MILLISECONDS);
    stream.close();
    // Those under way have their own time limits.
    await Promise.all(running);
    return reportNow();
  } finally {
    clearTimeout(timer);
    isOver = true;
    stream?.close();
    page?.close();
    side.agent.destroy();
  }
}

/** @param {string[]} targets `task ID`, where the id may end in `*` @returns {(name: string) => boolean} */
function matcher(targets) {
  const exact = new Set(targets.filter((target) => !target.endsWith('*')));
  const prefixes = targets.filter((target) => target.endsWith('*')).map((target) => target.slice(0, -1));
  return (name) => exact.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
}

module.exports = { main };
