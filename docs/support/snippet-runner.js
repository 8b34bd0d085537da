'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { TestProcess } = require('../../Tests/support/child-process.js');
const { freePort } = require('../../Tests/support/free-port.js');
const { ROOT } = require('../../Tests/support/project.js');
const { waitUntil } = require('../../Tests/support/wait-until.js');
const { asReader, giveToReader, installInto, openFolder, operatorsCommands } = require('./reader.js');

/** The ports that the documents name; each section runs with free ones in their place. */
const DOCUMENTED_PORTS = ['7070', '7071', '7072'];
const DOCUMENTED_SOCKET_FOLDER = '/run/runner-sidecar';
/** Set by whoever runs the tests, and not by who reads a document. */
const TEST_VARIABLES = ['RUNNER_SIDECAR_BINARY', 'RUNNER_SIDECAR_STATIC_BINARY', 'RUNNER_SIDECAR_SHIM'];
/** Leads a process group: passes SIGTERM on to all of it, and ends with its command. */
const GROUP = `trap 'trap : TERM; kill -TERM 0' TERM
"$@" & child=$!
while kill -0 $child 2>/dev/null; do wait $child && code=0 || code=$?; done
exit $code`;
const READY_MILLISECONDS = 15_000;
const COMMAND_MILLISECONDS = 20_000;

/** The folder, ports and processes of one section's snippets. */
class SnippetRunner {
  /**
   * @param {'user' | 'operator'} reader see reader.js
   * @param {string} [release] of @bluelibs/runner that the snippets run on: 4, 5 or 6
   */
  static async create(reader, release = '4') {
    const ports = [];
    for (const _ of DOCUMENTED_PORTS) ports.push(await freePort());
    return new SnippetRunner(ports.map(String), reader, release);
  }

  constructor(ports, reader, release) {
    this.reader = reader;
    this.folder = openFolder();
    this.ports = ports;
    /** @type {TestProcess[]} */
    this.processes = [];
    this.count = 0;
    installInto(this.folder);
    installRunner(this.folder, release);
    this.env = {
      HOME: this.folder,
      npm_config_cache: path.join(this.folder, '.npm'),
      npm_config_update_notifier: 'false',
      RUNNER_SIDECAR_ADMIN: `127.0.0.1:${ports[2]}`,
      NO_COLOR: '1',
      ...(reader === 'operator' ? { PATH: `${operatorsCommands()}${path.delimiter}${process.env.PATH}` } : {}),
    };
    giveToReader(this.folder);
  }

  /** The text as it runs here: with this section's ports and folder. */
  localise(text) {
    const ported = DOCUMENTED_PORTS.reduce((result, port, index) => result.replaceAll(port, this.ports[index]), text);
    // An ordinary user has no such folder.
    return this.reader === 'operator' ? ported.replaceAll(DOCUMENTED_SOCKET_FOLDER, this.folder) : ported;
  }

  /** The same backwards, for what a command printed. */
  delocalise(text) {
    const ported = this.ports.reduce((result, port, index) => result.replaceAll(port, DOCUMENTED_PORTS[index]), text);
    return this.reader === 'operator' ? ported.replaceAll(this.folder, DOCUMENTED_SOCKET_FOLDER) : ported;
  }

  write(name, text) {
    fs.writeFileSync(path.join(this.folder, name), this.localise(text));
  }

  /** Starts what keeps running, and waits for its first line. */
  async start(text, isScript, inRepository) {
    this.count += 1;
    let child;
    if (isScript) {
      const name = `snippet-${this.count}.js`;
      this.write(name, text);
      // One app at a time: the next version of it takes the ports over.
      await this.stop('app');
      await this.portsAreFree();
      child = this.spawn('app', [process.execPath, name]);
    } else {
      child = this.spawn('command', ['bash', '-c', `exec ${this.localise(text).trim()}`], { inRepository });
    }
    this.processes.push(child);
    await child.line((line) => (line ? true : undefined), READY_MILLISECONDS);
  }

  /** Runs a command to its end. @returns {Promise<string>} what it wrote to standard output */
  async run(text, inRepository) {
    const child = this.spawn('command', ['bash', '-euo', 'pipefail', '-c', this.localise(text)], {
      inRepository, lifetimeMilliseconds: COMMAND_MILLISECONDS,
    });
    const { code, signal } = await child.exit;
    // `kill %1` ends an npx, and not what that has started.
    endGroup(child.pid);
    // The rest of what it wrote is on its way.
    await new Promise((resolve) => { setImmediate(resolve); });
    if (code !== 0) throw new Error(`it ended with ${signal ?? `code ${code}`}${child.report()}${this.report()}`);
    return this.delocalise(child.stdout);
  }

  /**
   * A command in a process group of its own, as a terminal makes them: `npx` starts others, and a signal is for all.
   * In the repository it runs as who has cloned that.
   */
  spawn(name, command, { inRepository = false, lifetimeMilliseconds } = {}) {
    const words = ['-c', GROUP, 'group', ...(inRepository ? [] : asReader()), ...command];
    const env = { ...this.env };
    if (!inRepository) for (const variable of TEST_VARIABLES) env[variable] = undefined;
    return new TestProcess(name, 'setsid', ['bash', ...words], {
      cwd: inRepository ? ROOT : this.folder, env, ...(lifetimeMilliseconds && { lifetimeMilliseconds }),
    });
  }

  async stop(name) {
    const ending = this.processes.filter((child) => name === undefined || child.name === name);
    this.processes = this.processes.filter((child) => !ending.includes(child));
    // Newest first: an app before the front it needs to drain to.
    for (const child of ending.reverse()) {
      await child.stop({ patienceMilliseconds: 2_000 });
      endGroup(child.pid);
    }
  }

  /**
   * An app that was ended leaves its front behind for a moment, and two fronts may listen on one port: calls for the
   * next app must not reach the last one's.
   */
  async portsAreFree() {
    const taken = () => Promise.all(this.ports.map(isTaken)).then((states) => states.includes(true));
    if (this.processes.length > 0) return;
    await waitUntil('the front of the app before has left', async () => !(await taken()), {
      timeoutMilliseconds: 10_000,
    });
  }

  report() {
    return this.processes.map((child) => child.report()).join('');
  }
}

/** Whatever is left of a process group that was asked to leave. */
function endGroup(id) {
  try {
    process.kill(-id, 'SIGKILL');
  } catch {
    // Nothing is.
  }
}

/** Whether somebody listens on a port. */
function isTaken(port) {
  return new Promise((resolve) => {
    const socket = net.connect({ port: Number(port), host: '127.0.0.1' });
    const settle = (answer) => { socket.destroy(); resolve(answer); };
    socket.once('connect', () => settle(true)).once('error', () => settle(false));
  });
}

/** The runner that the snippets use, beside the packages. */
function installRunner(folder, release) {
  const runner = path.join(folder, 'node_modules', '@bluelibs', 'runner');
  fs.mkdirSync(runner, { recursive: true });
  fs.writeFileSync(path.join(runner, 'index.js'), runnerModule(release));
}

const RUNNERS = {
  4: { standIn: path.join(__dirname, 'runner-stand-in.js'), variable: 'RUNNER_BUNDLE' },
  5: { standIn: path.join(__dirname, 'runner-stand-in-5.js'), variable: 'RUNNER_BUNDLE_5' },
  6: { standIn: path.join(ROOT, 'Tests', 'support', 'runner-6'), variable: 'RUNNER_BUNDLE_6' },
};

/** The stand-in, or the real runner without its log, which it writes to standard output. */
function runnerModule(release) {
  const { standIn, variable } = RUNNERS[release];
  const bundle = process.env[variable];
  if (!bundle) return `module.exports = require(${JSON.stringify(standIn)});\n`;
  return `const runner = require(${JSON.stringify(path.resolve(bundle))});
const run = (app, options) => runner.run(app, { logs: { printThreshold: null }, ...options });
module.exports = { ...runner, run };
`;
}

module.exports = { SnippetRunner };
