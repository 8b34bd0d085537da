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
   * @param {{ options?: string[], socket?: string, port?: number, openFiles?: number, env?: NodeJS.ProcessEnv, stderr?:
   *   number, optionsInEnvironment?: boolean }} [settings] `options`: further command line options; `openFiles`: how
   *   many descriptors it may have; `env`: added to the environment; `stderr`: where its log goes instead;
   *   `optionsInEnvironment`: options are variables instead of arguments
   * @returns {Promise<Front>}
   */
  static async start({
    options = [], socket = path.join(temporaryFolder(), 's'), port = 0, openFiles, env, stderr,
    optionsInEnvironment = false,
  } = {}) {
    const all = ['--listen', `127.0.0.1:${port}`, '--admin', '127.0.0.1:0', '--socket', socket, ...options];
    const command = [frontBinary(), 'serve', ...optionsInEnvironment ? [] : all];
    // The shell lowers the limit and becomes the front: its process id is the front's.
    if (openFiles !== undefined) command.unshift('/bin/sh', '-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh');
    const child = new TestProcess('front', command[0], command.slice(1), {
      env: { ...env, ...optionsInEnvironment && variables(all) }, stderr,
    });
    const listening = await child.line((line) => {
      const event = parseJSON(line);
      return event?.event === 'listening' ? event : undefined;
    }).catch(async (error) => {
      await child.stop();
      throw error;
    });
    return new Front(child, socket, listening.port, Number(listening.admin.split(':').pop()));
  }

  /** @param {TestProcess} child @param {string} socket @param {number} port @param {number} adminPort */
  constructor(child, socket, port, adminPort) {
    this.child = child;
    this.socket = socket;
    this.port = port;
    this.adminPort = adminPort;
  }

  get pid() {
    return this.child.pid;
  }

  /** @returns {Promise<{ status: number, text: string }>} what the admin listener answers */
  admin(target) {
    return new Promise((resolve, reject) => {
      const request = http.get({
        host: '127.0.0.1', port: this.adminPort, path: target, agent: false, timeout: 5_000,
      }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => {
          text += part;
        }).on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      request.on('error', reject).on('timeout', () => request.destroy(new Error(`no answer from admin ${target}`)));
    });
  }

  /** Waits until `count` workers can take calls. */
  async workersReady(count = 1) {
    await waitUntil(`${count} worker(s) are ready`, async () => (
      (await this.metrics()).get('runner_sidecar_workers{state="ready"}') === count
    ), { timeoutMilliseconds: 15_000 });
  }

  /**
   * What is under way in the front: calls with workers, calls that wait, streams, requests. All 0 when nothing leaks.
   */
  async underWay() {
    const metrics = await this.metrics();
    const sum = (name) => [...metrics].filter(([key]) => key === name || key.startsWith(`${name}{`)).reduce(
      (total, [, value]) => total + value, 0,
    );
    return {
      withWorkers: sum('runner_sidecar_worker_calls_in_flight'),
      queued: sum('runner_sidecar_queued_calls'),
      streams: sum('runner_sidecar_open_streams'),
      requests: sum('http_server_active_requests'),
      connections: sum('runner_sidecar_connections'),
    };
  }

  /** Waits until nothing is under way and every client connection is gone. */
  async quiet({ timeoutMilliseconds = 10_000 } = {}) {
    let last;
    await waitUntil('nothing is under way in the front', async () => {
      last = await this.underWay();
      return Object.values(last).every((count) => count === 0);
    }, { timeoutMilliseconds }).catch((error) => {
      throw new Error(`${error.message}: ${JSON.stringify(last)}`, { cause: error });
    });
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

/** `['--idle-timeout', '5s']` as `{ RUNNER_SIDECAR_IDLE_TIMEOUT: '5s' }`. */
function variables(options) {
  const pairs = [];
  for (let i = 0; i < options.length; i += 2) {
    pairs.push([`RUNNER_SIDECAR_${options[i].slice(2).replaceAll('-', '_').toUpperCase()}`, options[i + 1]]);
  }
  return Object.fromEntries(pairs);
}

function parseJSON(text) {
  try { return JSON.parse(text); } catch { return undefined; }
}

module.exports = { Front };
