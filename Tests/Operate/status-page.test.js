'use strict';

// The page of a real front in a real browser: what it shows is what /metrics says.
const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { promisify } = require('node:util');
const { callBytes } = require('../support/http-request.js');
const { withPair } = require('../support/pair.js');
const { RawConnection } = require('../support/raw-connection.js');
const { temporaryFolder } = require('../support/temporary-folder.js');
const { askAdmin, metric } = require('./admin-client.js');

const APP = path.join(__dirname, 'app.js');
const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) => fs.existsSync(file));
const skip = chromium ? false : 'no Chromium here: apt-get install chromium';

/** The page as Chromium has it after a few seconds, as HTML. */
async function rendered(front) {
  const { stdout } = await promisify(execFile)(chromium, [
    '--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${temporaryFolder()}`, '--virtual-time-budget=4000',
    '--window-size=1240,1400', '--dump-dom', `http://127.0.0.1:${front.adminPort}/`,
  ], { timeout: 60_000, maxBuffer: 16 << 20 });
  return stdout.slice(0, stdout.indexOf('<script>'));
}

/** The cells of the row of a table that begins with `name`. */
function row(html, name) {
  const plain = (text) => text.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ').trim();
  for (const [, cells] of html.matchAll(/<tr>(.*?)<\/tr>/gs)) {
    const texts = [...cells.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell]) => plain(cell));
    if (texts[0]?.startsWith(name)) return texts;
  }
  return undefined;
}

test('the page shows the front\'s state, its worker, and as many calls and failures as /metrics', { skip, timeout: 90_000 }, async () => {
  await withPair({ app: APP }, async ({ front, app }) => {
    const connection = await RawConnection.open({ port: front.port });
    for (let i = 0; i < 123; i += 1) {
      connection.send(callBytes(i % 3 === 0 ? 'echo' : 'add', { a: i, b: 1 }));
      await connection.answer();
    }
    for (let i = 0; i < 7; i += 1) {
      connection.send(callBytes('fail', {}));
      await connection.answer();
    }
    connection.destroy();
    const html = await rendered(front);
    const metrics = await front.metrics();
    const count = (runner_target) => metric(metrics, 'http_server_request_duration_seconds_count', { runner_target });
    assert.match(html, /id="state" class="state good"[^>]*>Ready</);
    for (const id of ['add', 'echo', 'fail']) assert.equal(Number(row(html, id)?.[2].replace(/,/g, '')), count(id), `calls of ${id}: ${row(html, id)}`);
    assert.equal(Number(row(html, 'fail')?.[3]), metric(metrics, 'http_server_request_duration_seconds_count', { runner_target: 'fail', http_response_status_code: '500' }));
    assert.ok(html.includes(String(app.pid)), 'the worker\'s pid');
    assert.match(html, />ready</);
    assert.match(html, /class="side task"/, 'the failure and its side');
  });
});

test('the page may load nothing from elsewhere and be framed nowhere', { timeout: 30_000 }, async () => {
  await withPair({ app: APP }, async ({ front }) => {
    const { headers } = await askAdmin(front, '/');
    assert.match(headers['content-security-policy'], /default-src 'none';.*connect-src 'self';.*frame-ancestors 'none'/);
  });
});
