'use strict';

/** The live comparison as a page, and the server that shows it while it fills. */

const http = require('node:http');
const { once } = require('node:events');
const { escape } = require('../../measure/charts');
const { page, table } = require('../../measure/page');
const { leftOut } = require('./report');

const REFRESH_SECONDS = 2;
const PLACES_SHOWN = 8;
const TONES = { same: 'good', different: 'bad', impossible: 'unsure' };

/** @param {import('./report').LiveReport} report @returns {string} HTML document */
function livePage(report) {
  const { mirror } = report;
  const rows = report.targets.map((target) => [
    { html: `<strong class="${toneOf(target)}">${escape(target.name)}</strong>` },
    String(target.compared), String(target.same), String(target.noisy), String(target.different),
    String(target.unanswered), { html: places(target.places) },
  ]);
  const parts = [
    '<h1>Live comparison</h1>',
    `<p class="quiet">since ${escape(report.date.replace('T', ' ').slice(0, 19))} UTC, `
      + `${Math.round(report.seconds)} s${report.isOver ? '' : ', running'}</p>`,
    `<p>first: the front's own responses<br>second: ${escape(report.url)}</p>`,
    `<strong class="verdict ${TONES[report.outcome]}">${escape(report.verdict)}</strong>`,
    `<p>Of ${mirror.seen} safe calls ${mirror.sampled} were sampled, ${report.compared} compared. `
      + `${escape(leftOut(report))} ${escape(report.note ?? '')} <span class="quiet">Headers not compared: `
      + `${escape(report.ignoredHeaders.join(', '))}.</span></p>`,
    table(['call', '#compared', '#same', '#noisy', '#different', '#unanswered', 'differs first at'], rows, 'cards'),
  ];
  return page('Live comparison: runner-sidecar compare', parts.join('\n'));
}

const toneOf = ({ different, unanswered }) => (different + unanswered > 0 ? 'bad' : 'good');

function places(list) {
  const lines = list.slice(0, PLACES_SHOWN).map(({ place, count, first, second }) => (
    `${count} × ${escape(place)}: <code>${escape(first)}</code> → <code>${escape(second)}</code>`));
  if (list.length > PLACES_SHOWN) lines.push(`and ${list.length - PLACES_SHOWN} more`);
  return lines.join('<br>');
}

/**
 * Serves the page on this machine only: it shows parts of responses.
 * @param {number} port
 * @param {() => import('./report').LiveReport} report of now
 * @returns {Promise<{ url: string, close: () => void }>}
 */
async function servePage(port, report) {
  const server = http.createServer((request, response) => {
    // A page of the web that has its own name point to this address reads nothing.
    const [, host] = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(request.headers.host ?? '') ?? [];
    if (host !== '127.0.0.1' && host !== 'localhost') {
      response.writeHead(403, { 'content-type': 'text/plain' }).end('ask as 127.0.0.1 or localhost\n');
      return;
    }
    const now = report();
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff',
      'content-security-policy': 'default-src \'none\'; style-src \'unsafe-inline\'; frame-ancestors \'none\'',
      ...now.isOver ? {} : { refresh: String(REFRESH_SECONDS) },
    });
    response.end(livePage(now));
  });
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Error(`--page ${port}: ${error.message}. Choose another port, or 0 for a free one`);
  }
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: () => {
      server.close();
      server.closeAllConnections?.();
    },
  };
}

module.exports = { livePage, servePage };
