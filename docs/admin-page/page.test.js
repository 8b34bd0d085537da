'use strict';
// Opens the page in headless Chromium against the fixture: node --test docs/admin-page
// Without Chromium (Debian's package chromium) the tests are skipped, and say so.

const { execFile, spawn } = require('node:child_process');
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { promisify } = require('node:util');

const run = promisify(execFile);
const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) => fs.existsSync(file));
const skip = chromium ? false : 'no Chromium here: apt-get install chromium';
const fixtures = [];
let profile;

before(() => { profile = fs.mkdtempSync(path.join(os.tmpdir(), 'page-test-')); });
after(() => {
  for (const fixture of fixtures) fixture.kill();
  fs.rmSync(profile, { recursive: true, force: true });
});

/** The page as Chromium has it after a few seconds of its own clock, as HTML. */
async function rendered(mood) {
  const fixture = spawn(process.execPath, [path.join(__dirname, 'fixture.js'), '0', mood], { env: { ...process.env, HISTORY: '30' } });
  fixtures.push(fixture);
  const line = await new Promise((resolve) => { fixture.stdout.once('data', (data) => resolve(String(data))); });
  const { stdout } = await run(chromium, [
    '--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}/${mood}`, '--virtual-time-budget=8000',
    '--window-size=1240,1400', '--dump-dom', line.split(' ')[0],
  ], { timeout: 60_000, maxBuffer: 16 << 20 });
  return stdout.slice(0, stdout.indexOf('<script>'));
}

const textOf = (html, id) => new RegExp(`id="${id}"[^>]*>(.*?)</d`, 's').exec(html)[1].replace(/<[^>]*>/g, ' ').trim();

test('a healthy front shows as ready, with its numbers, charts, workers and tasks', { skip }, async () => {
  const html = await rendered('calm');
  assert.match(html, /id="state" class="state good"[^>]*>Ready</);
  // The fixture makes 4,200 calls a second, a third more or less.
  const rate = Number(textOf(html, 'rate').replace(/,/g, ''));
  assert.ok(rate > 2800 && rate < 5700, `${rate} calls a second`);
  assert.match(textOf(html, 'p50'), /^\d+ +µs$/);
  assert.equal(html.match(/class="load"/g).length, 3);
  for (const id of ['app.tasks.', 'add', 'orderPlaced']) assert.ok(html.includes(id));
  assert.ok(/id="latency-chart".*?<path d="M[^"]{200,}"/s.test(html), 'the latency chart has a line');
  assert.match(html, /aria-label="Latency percentiles over the last three minutes\. Now: p99 [\d.]/);
});

test('a front in trouble says what is wrong, and lists failures with their side', { skip }, async () => {
  const html = await rendered('trouble');
  assert.match(html, />Not ready: draining</);
  assert.match(html, /class="bad">silent</);
  assert.match(html, /class="side (client|front|worker|task)"/);
});

test('a front without workers says so instead of showing empty tables', { skip }, async () => {
  const html = await rendered('empty');
  assert.match(html, />Not ready: no worker</);
  assert.match(html, /No Node process is connected/);
  assert.match(html, /No call has been answered yet/);
});

test('the page asks for nothing from elsewhere', () => {
  const html = fs.readFileSync(path.join(__dirname, 'page.html'), 'utf8');
  const urls = html.match(/(?:https?:)?\/\/[a-z0-9.-]+\.[a-z]+[^\s'"]*/gi) || [];
  assert.deepEqual(urls.filter((url) => url !== 'http://www.w3.org/2000/svg'), []);
  assert.ok(!/innerHTML|insertAdjacentHTML|document\.write/.test(html), 'text from elsewhere never becomes markup');
});
