'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const { temporaryFolder } = require('./temporary-folder.js');
const { waitUntil } = require('./wait-until.js');

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const chromium = CANDIDATES.find((file) => fs.existsSync(file));
/** For `node:test`: why a test that needs a browser is skipped, or false. */
const skipWithoutBrowser = chromium ? false : 'no Chromium here: apt-get install chromium';

/** Windows as people have them. */
const DESKTOP = { width: 1240, height: 1000, isPhone: false };
const PHONE = { width: 390, height: 844, isPhone: true };

/** A headless Chromium with one page, driven through its debugging pipe (Chrome DevTools Protocol). */
class Browser {
  /**
   * @template T
   * @param {(browser: Browser) => Promise<T>} use
   * @returns {Promise<T>}
   */
  static async with(use) {
    const browser = new Browser();
    try {
      await browser.openPage();
      return await use(browser);
    } finally {
      await browser.close();
    }
  }

  constructor() {
    this.child = spawn(chromium, [
      '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--no-first-run',
      '--disable-background-networking', `--user-data-dir=${temporaryFolder()}`, '--remote-debugging-pipe',
      'about:blank',
    ], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    this.exit = new Promise((resolve) => { this.child.once('exit', resolve); });
    this.nextNumber = 1;
    /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
    this.pending = new Map();
    /** Errors and rejections that the page did not catch. @type {string[]} */
    this.problems = [];
    let received = '';
    this.child.stdio[4].setEncoding('utf8').on('data', (part) => {
      const messages = (received + part).split('\0');
      received = messages.pop();
      for (const message of messages) this.receive(JSON.parse(message));
    });
    this.child.stdio[3].on('error', () => {});
    this.exit.then(() => {
      for (const { reject } of this.pending.values()) reject(new Error('Chromium is gone'));
      this.pending.clear();
    });
  }

  receive({ id, result, error, method, params }) {
    if (method === 'Runtime.exceptionThrown') {
      const { exception, text } = params.exceptionDetails;
      this.problems.push(exception?.description ?? text);
    }
    const asked = this.pending.get(id);
    if (!asked) return;
    this.pending.delete(id);
    if (error) asked.reject(new Error(error.message));
    else asked.resolve(result);
  }

  /** @returns {Promise<any>} */
  command(method, params = {}) {
    return new Promise((resolve, reject) => {
      const id = this.nextNumber;
      this.nextNumber += 1;
      this.pending.set(id, { resolve, reject });
      this.child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId: this.session })}\0`);
    });
  }

  async openPage() {
    const { targetId } = await this.command('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.command('Target.attachToTarget', { targetId, flatten: true });
    this.session = sessionId;
    await this.command('Page.enable');
    await this.command('Runtime.enable');
  }

  /**
   * Loads a page.
   * @param {string} url
   * @param {{ window?: typeof DESKTOP, isDark?: boolean }} [options]
   */
  async open(url, { window = DESKTOP, isDark = false } = {}) {
    await this.look({ window, isDark });
    await this.command('Page.navigate', { url });
    await this.until('the page is loaded', 'document.readyState === "complete"');
  }

  /** Changes the window's size and colours under the page. */
  async look({ window = DESKTOP, isDark = false } = {}) {
    const { width, height, isPhone } = window;
    await this.command('Emulation.setDeviceMetricsOverride', {
      width, height, deviceScaleFactor: isPhone ? 2 : 1, mobile: isPhone,
    });
    const media = { 'prefers-color-scheme': isDark ? 'dark' : 'light', 'prefers-reduced-motion': 'reduce' };
    await this.command('Emulation.setEmulatedMedia', {
      features: Object.entries(media).map(([name, value]) => ({ name, value })),
    });
  }

  /** Waits until what was changed is on the screen. */
  drawn() {
    return this.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))');
  }

  /** @param {string} expression JavaScript, whose value (awaited) must be JSON @returns {Promise<any>} */
  async evaluate(expression) {
    const options = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails: fault } = await this.command('Runtime.evaluate', options);
    if (fault) throw new Error(fault.exception?.description ?? fault.text);
    return result.value;
  }

  /** Waits until an expression is true in the page. */
  until(what, expression) {
    return waitUntil(what, () => this.evaluate(expression), { timeoutMilliseconds: 20_000, everyMilliseconds: 50 });
  }

  /** Presses a key that types nothing, such as `Tab`, `Enter` or `ArrowLeft`. */
  async press(key) {
    const codes = { Tab: 9, Enter: 13, Escape: 27, ArrowLeft: 37, ArrowRight: 39 };
    const event = { key, code: key, windowsVirtualKeyCode: codes[key], text: key === 'Enter' ? '\r' : undefined };
    await this.command('Input.dispatchKeyEvent', { ...event, type: 'keyDown' });
    await this.command('Input.dispatchKeyEvent', { ...event, type: 'keyUp', text: undefined });
  }

  /** The whole page, beyond the window, as PNG. @param {string} file */
  async screenshot(file) {
    const { data } = await this.command('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true });
    fs.writeFileSync(file, Buffer.from(data, 'base64'));
  }

  async close() {
    this.child.kill('SIGKILL');
    await this.exit;
  }
}

module.exports = { Browser, DESKTOP, PHONE, skipWithoutBrowser };
