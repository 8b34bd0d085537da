'use strict';
// Opens the page in headless Chromium against the fixture: node --test docs/admin-page
// Without Chromium (Debian's package chromium) the tests are skipped, and say so. With SCREENSHOTS=folder they leave
// pictures there, to be looked at.

const { spawn } = require('node:child_process');
const { test } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { Browser, DESKTOP, PHONE, skipWithoutBrowser: skip } = require('../../Tests/support/browser.js');

const TIMEOUT = { skip, timeout: 120_000 };
const LOOKS = [DESKTOP, PHONE].flatMap((window) => [{ window, isDark: false }, { window, isDark: true }]);
const HISTORY_SECONDS = 30;

/** Starts the fixture. @returns {Promise<{ url: string, child: import('node:child_process').ChildProcess }>} */
async function startFixture(mood, port = 0) {
  const child = spawn(process.execPath, [path.join(__dirname, 'fixture.js'), String(port), mood], {
    env: { ...process.env, HISTORY: String(HISTORY_SECONDS) },
  });
  const line = await new Promise((resolve) => { child.stdout.once('data', (data) => resolve(String(data))); });
  return { url: line.split(' ')[0], child };
}

/** The page in a browser, with half a minute of history in its charts; `use` gets the browser and the fixture. */
async function withPage(mood, use) {
  const fixture = await startFixture(mood);
  try {
    await Browser.with(async (browser) => {
      await browser.open(fixture.url);
      await browser.until('there is history', `history.length >= ${HISTORY_SECONDS}`);
      await use(browser, fixture);
      assert.deepEqual(browser.problems, [], 'nothing was thrown in the page');
    });
  } finally {
    fixture.child.kill('SIGKILL');
  }
}

/** What a reader sees of an element, in one line. */
const textOf = (browser, selector) =>
  browser.evaluate(`document.querySelector('${selector}').innerText.replace(/\\s+/g, ' ')`);

/** The cells of the rows of a table. @returns {Promise<string[][]>} */
const rowsOf = (browser, id) => browser.evaluate(
  `[...document.querySelectorAll('#${id} tbody tr')]
    .map((row) => [...row.cells].map((cell) => cell.innerText.trim()))`);

async function takePicture(browser, name) {
  if (!process.env.SCREENSHOTS) return;
  fs.mkdirSync(process.env.SCREENSHOTS, { recursive: true });
  await browser.screenshot(path.join(process.env.SCREENSHOTS, `${name}.png`));
}

test('a healthy front shows as ready, with its numbers, charts, workers and tasks', TIMEOUT, async () => {
  await withPage('calm', async (browser) => {
    assert.equal(await textOf(browser, '#state.good'), 'Ready');
    // The fixture makes 4,200 calls a second, a third more or less.
    const rate = Number((await textOf(browser, '#rate')).replace(/,/g, ''));
    assert.ok(rate > 2800 && rate < 5700, `${rate} calls a second`);
    assert.match(await textOf(browser, '#p50'), /^\d+ ?µs$/);
    assert.equal((await rowsOf(browser, 'workers')).length, 3);
    const tasks = await rowsOf(browser, 'tasks');
    const names = tasks.map(([name]) => name);
    for (const name of ['app.tasks.add', 'app.events.orderPlaced event']) assert.ok(names.includes(name), name);
    const line = await browser.evaluate("document.querySelector('#latency-chart path').getAttribute('d')");
    assert.ok(line.split('L').length >= HISTORY_SECONDS - 1, 'the latency chart has a line through all of it');
    const label = await browser.evaluate("document.getElementById('latency-chart').getAttribute('aria-label')");
    assert.match(label, /^Latency percentiles over the last three minutes\. Now: p99 [\d.]/);
    const bars = await browser.evaluate("document.querySelectorAll('#bar i').length");
    assert.equal(bars, 4, 'a stage that takes no time has no bar');
  });
});

test('a front in trouble says what: a row for each cause, with its side, and how long a worker has not responded', {
  ...TIMEOUT,
}, async () => {
  await withPage('trouble', async (browser) => {
    await browser.until('each cause was met', "document.querySelectorAll('#failures tbody tr').length === 5");
    assert.equal(await textOf(browser, '#state.warn'), 'Not ready: draining');
    const stuck = (await rowsOf(browser, 'workers')).find((row) => row.at(-1) === 'unresponsive');
    assert.match(stuck.at(-2), /^≥\s7\.34\ss\s+100 % busy$/u);
    const failures = await rowsOf(browser, 'failures');
    const lost = failures.find(([reason]) => reason === 'worker_lost');
    assert.deepEqual(lost.slice(0, 4), ['worker_lost', 'worker', '502', 'app.tasks.orders.search']);
    assert.ok(Number(lost[5].replace(/,/g, '')) > 0 && /^\d\d:\d\d:\d\d$/.test(lost[6]), String(lost));
    assert.equal(await browser.evaluate('document.title'), '● runner-sidecar, not ready');
  });
});

test('a front without workers says so instead of showing empty tables', TIMEOUT, async () => {
  await withPage('empty', async (browser) => {
    assert.equal(await textOf(browser, '#state.bad'), 'Not ready: no worker');
    assert.match(await textOf(browser, '#workers'), /No Node process is connected/);
    assert.match(await textOf(browser, '#tasks'), /No call has been answered yet/);
    assert.match(await textOf(browser, '#failures'), /None\./);
    assert.equal(await textOf(browser, '#p99'), '–');
  });
});

test('a front that does not answer is said to, its old numbers are dimmed, and it comes back', TIMEOUT, async () => {
  await withPage('calm', async (browser, fixture) => {
    fixture.child.kill('SIGKILL');
    await browser.until('it is noticed', "!document.getElementById('notice').hidden");
    assert.equal(await textOf(browser, '#state.bad'), 'No answer');
    assert.match(await textOf(browser, '#notice'), /has not answered since .*What is below is from then\. /);
    assert.ok(await browser.evaluate("getComputedStyle(document.querySelector('main')).opacity < 0.6"));
    assert.equal(await browser.evaluate('document.title'), '● runner-sidecar, no answer');
    await takePicture(browser, 'unreachable');
    const again = await startFixture('calm', Number(new URL(fixture.url).port));
    try {
      await browser.until('it is back', "document.getElementById('notice').hidden");
      assert.equal(await browser.evaluate('document.title'), 'runner-sidecar');
      assert.equal(await browser.evaluate("getComputedStyle(document.querySelector('main')).opacity"), '1');
    } finally {
      again.child.kill('SIGKILL');
    }
  });
});

/** Runs in the page: texts whose contrast with what is behind them is below 4.5 (WCAG 2.2, 1.4.3); what sticks out. */
function faultsInSight() {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => top.slice(0, 3).map((value, i) => value * top[3] + under[i] * (1 - top[3]));
  const luminance = (color) => {
    const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = color.map((value) => linear(value / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    if (!element) return [255, 255, 255];
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, ground(element.parentElement));
  };
  const faults = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const box = element.getBoundingClientRect();
    const isSeen = element.checkVisibility() && box.width > 0 && !element.closest('script, .skip');
    if (!node.data.trim() || !isSeen) continue;
    const style = getComputedStyle(element);
    const behind = ground(element);
    const ink = over(rgba(element instanceof SVGElement ? style.fill : style.color), behind);
    const [light, dark] = [luminance(ink), luminance(behind)].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    const words = `"${node.data.trim()}"`;
    if (contrast < 4.5) faults.push(`${words} has a contrast of ${contrast.toFixed(2)}`);
    if (box.left < 0 || box.right > innerWidth + 0.5) faults.push(`${words} reaches from ${box.left} to ${box.right}`);
  }
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) faults.push(`the page is ${scrollWidth} wide`);
  return [...new Set(faults)];
}

for (const mood of ['calm', 'trouble', 'empty']) {
  test(`desk and phone, light and dark: all can be read and nothing sticks out (${mood})`, TIMEOUT, async () => {
    await withPage(mood, async (browser) => {
      for (const look of LOOKS) {
        const name = `${mood}-${look.window.isPhone ? 'phone' : 'desktop'}-${look.isDark ? 'dark' : 'light'}`;
        await browser.look(look);
        await browser.drawn();
        assert.deepEqual(await browser.evaluate(`(${faultsInSight})()`), [], name);
        await takePicture(browser, name);
      }
    });
  });
}

test('everything that can be done can be done from the keyboard', TIMEOUT, async () => {
  await withPage('calm', async (browser) => {
    const focused = () => browser.evaluate('document.activeElement.id || document.activeElement.textContent');
    const order = [];
    for (let i = 0; i < 13; i += 1) {
      await browser.press('Tab');
      order.push(await focused());
      const outline = await browser.evaluate('getComputedStyle(document.activeElement).outlineStyle');
      assert.notEqual(outline, 'none', `${order.at(-1)} shows its focus`);
    }
    assert.deepEqual(order, [
      'To the figures', 'pause', 'rate-chart', 'latency-chart', 'Id', 'Calls/s', 'Calls', 'Failed', 'p50', 'p99',
      'metrics', 'workers', 'config',
    ]);

    await browser.evaluate("document.getElementById('latency-chart').focus()");
    await browser.press('ArrowLeft');
    await browser.press('ArrowLeft');
    const label = () => browser.evaluate("document.getElementById('latency-chart').getAttribute('aria-label')");
    assert.match(await label(), /three minutes\. \d\d:\d\d:\d\d: p99 /);
    assert.ok(await browser.evaluate("!document.querySelector('#latency-chart .tip').hidden"));
    await browser.press('Escape');
    assert.match(await label(), /three minutes\. Now: /);

    await browser.evaluate("document.querySelector('[data-column=id]').focus()");
    await browser.press('Enter');
    const newest = await browser.evaluate('last.time');
    await browser.until('another answer came', `last.time > ${newest}`);
    assert.equal(await focused(), 'Id', 'the focus stays where it was');
    const ids = (await rowsOf(browser, 'tasks')).map(([id]) => id);
    assert.deepEqual(ids, [...ids].sort((a, b) => a.localeCompare(b)));

    await browser.evaluate("document.getElementById('pause').focus()");
    await browser.press('Enter');
    assert.equal(await browser.evaluate("document.getElementById('pause').getAttribute('aria-pressed')"), 'true');
  });
});

test('the page asks for nothing from elsewhere', () => {
  const html = fs.readFileSync(path.join(__dirname, 'page.html'), 'utf8');
  const urls = html.match(/(?:https?:)?\/\/[a-z0-9.-]+\.[a-z]+[^\s'"]*/gi) || [];
  assert.deepEqual(urls.filter((url) => url !== 'http://www.w3.org/2000/svg'), []);
  assert.ok(!/innerHTML|insertAdjacentHTML|document\.write/.test(html), 'text from elsewhere never becomes markup');
});
