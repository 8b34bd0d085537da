'use strict';

const http = require('node:http');
const path = require('node:path');
const { TestProcess } = require('./child-process.js');
const { frontBinary } = require('./project.js');
const { temporaryFolder } = require('./temporary-folder.js');
const { waitUntil } = require('./wait-until.js');

/** A running front on ports of its own choice. */
class Front {
  /**
   * Starts a front and waits until it listens.
   * @param {{ options?: string[], socket?: string, port?: number }} [settings] `options`: further command line options
   * @returns {Promise<Front>}
   */
  static async start({ options = [], socket = path.join(temporaryFolder(), 's'), port = 0 } = {}) {
    const child = new TestProcess('front', frontBinary(), [
      'serve', '--listen', `127.0.0.1:${port}`, '--admin', '127.0.0.1:0', '--socket', socket, ...options,
    ]);
    const listening = await child.line((line) => {
      const event = parseJSON(line);
      return event?.event === 'listening' ? event : undefined;
    });
    return new Front(child, socket, listening);
  }

  /** @param {TestProcess} child @param {{ port: number, admin?: { port: number } | number | string }} listening its ready line */
  constructor(child, socket, listening) {
    this.child = child;
    this.socket = socket;
    this.port = listening.port;
    this.adminPort = adminPortOf(listening);
  }

  get pid() {
    return this.child.pid;
  }

  /** @returns {Promise<{ status: number, text: string }>} what the admin listener answers */
  admin(target) {
    return new Promise((resolve, reject) => {
      const request = http.get({ host: '127.0.0.1', port: this.adminPort, path: target, agent: false, timeout: 5_000 }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      request.on('error', reject).on('timeout', () => request.destroy(new Error(`no answer from admin ${target}`)));
    });
  }

  /** Waits until at least `count` workers can take calls. */
  async workersReady(count = 1) {
    await waitUntil(`${count} worker(s) joined`, async () => (await this.workers()).length >= count, { timeoutMilliseconds: 15_000 })
      .catch((error) => { throw new Error(`${error.message}${this.child.report()}`, { cause: error }); });
  }

  /** @returns {Promise<{ pid: number, inFlight: number }[]>} what `/workers` says, by worker */
  async workers() {
    const { text } = await this.admin('/workers');
    const parsed = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : parsed.workers;
  }

  /** @returns {Promise<Map<string, number>>} samples of `/metrics`, by name with labels */
  async metrics() {
    const { text } = await this.admin('/metrics');
    const samples = new Map();
    for (const line of text.split('\n')) {
      const match = /^([a-zA-Z_:][^\s{]*(?:\{.*\})?) (\S+)/.exec(line);
      if (match) samples.set(match[1], Number(match[2]));
    }
    return samples;
  }

  stop(options) {
    return this.child.stop(options);
  }
}

function adminPortOf(listening) {
  const { admin } = listening;
  if (typeof admin === 'number') return admin;
  if (typeof admin === 'string') return Number(admin.slice(admin.lastIndexOf(':') + 1));
  return admin?.port ?? listening.adminPort;
}

function parseJSON(text) {
  try { return JSON.parse(text); } catch { return undefined; }
}

module.exports = { Front };
