'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { TestProcess } = require('../../Tests/support/child-process.js');
const { freePort } = require('../../Tests/support/free-port.js');
const { ROOT, frontBinary, shimFolder } = require('../../Tests/support/project.js');
const { temporaryFolder } = require('../../Tests/support/temporary-folder.js');
const { waitUntil } = require('../../Tests/support/wait-until.js');

const folders = temporaryFolder();

/** The ports that the documents name; each section runs with free ones in their place. */
const DOCUMENTED_PORTS = ['7070', '7071', '7072'];
const DOCUMENTED_SOCKET_FOLDER = '/run/runner-sidecar';
const READY_MILLISECONDS = 15_000;
const COMMAND_MILLISECONDS = 20_000;

/** The folder, ports and processes of one section's snippets. */
class SnippetRunner {
  /** @param {string} [release] of @bluelibs/runner that the snippets run on: 4, 5 or 6 */
  static async create(release = '4') {
    const ports = [];
    for (const _ of DOCUMENTED_PORTS) ports.push(await freePort());
    return new SnippetRunner(ports.map(String), release);
  }

  constructor(ports, release) {
    this.folder = fs.mkdtempSync(path.join(folders, 's'));
    this.ports = ports;
    /** @type {TestProcess[]} */
    this.processes = [];
    this.count = 0;
    installPackages(this.folder, release);
    const bin = path.join(this.folder, 'node_modules', '.bin');
    this.env = {
      PATH: `${bin}${path.delimiter}${process.env.PATH}`,
      RUNNER_SIDECAR_BINARY: frontBinary(),
      RUNNER_SIDECAR_ADMIN: `127.0.0.1:${ports[2]}`,
      NO_COLOR: '1',
    };
  }

  /** The text as it runs here: with this section's ports and folder. */
  localise(text) {
    const ported = DOCUMENTED_PORTS.reduce((result, port, index) => result.replaceAll(port, this.ports[index]), text);
    return ported.replaceAll(DOCUMENTED_SOCKET_FOLDER, this.folder);
  }

  /** The same backwards, for what a command printed. */
  delocalise(text) {
    const ported = this.ports.reduce((result, port, index) => result.replaceAll(port, DOCUMENTED_PORTS[index]), text);
    return ported.replaceAll(this.folder, DOCUMENTED_SOCKET_FOLDER);
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
      child = new TestProcess('app', process.execPath, [name], this.processOptions());
    } else {
      child = new TestProcess(
        'command', 'bash', ['-c', `exec ${this.localise(text).trim()}`], this.processOptions(inRepository),
      );
    }
    this.processes.push(child);
    await child.line((line) => (line ? true : undefined), READY_MILLISECONDS);
  }

  /** Runs a command to its end. @returns {Promise<string>} what it wrote to standard output */
  async run(text, inRepository) {
    const child = new TestProcess('command', 'bash', ['-euo', 'pipefail', '-c', this.localise(text)], {
      ...this.processOptions(inRepository), lifetimeMilliseconds: COMMAND_MILLISECONDS,
    });
    const { code, signal } = await child.exit;
    // The rest of what it wrote is on its way.
    await new Promise((resolve) => { setImmediate(resolve); });
    if (code !== 0) throw new Error(`it ended with ${signal ?? `code ${code}`}${child.report()}${this.report()}`);
    return this.delocalise(child.stdout);
  }

  processOptions(inRepository = false) {
    return { cwd: inRepository ? ROOT : this.folder, env: this.env };
  }

  async stop(name) {
    const ending = this.processes.filter((child) => name === undefined || child.name === name);
    this.processes = this.processes.filter((child) => !ending.includes(child));
    // Newest first: an app before the front it needs to drain to.
    for (const child of ending.reverse()) await child.stop({ patienceMilliseconds: 2_000 });
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

/** Whether somebody listens on a port. */
function isTaken(port) {
  return new Promise((resolve) => {
    const socket = net.connect({ port: Number(port), host: '127.0.0.1' });
    const settle = (answer) => { socket.destroy(); resolve(answer); };
    socket.once('connect', () => settle(true)).once('error', () => settle(false));
  });
}

/** What `npm install` would put there. */
function installPackages(folder, release) {
  const modules = path.join(folder, 'node_modules');
  fs.mkdirSync(path.join(modules, '@bluelibs', 'runner'), { recursive: true });
  fs.mkdirSync(path.join(modules, '.bin'));
  fs.symlinkSync(shimFolder(), path.join(modules, 'runner-sidecar'));
  fs.writeFileSync(path.join(modules, '.bin', 'runner-sidecar'), sidecarCommand(), { mode: 0o755 });
  fs.symlinkSync(
    path.join(shimFolder(), 'bin', 'runner-sidecar-shim.js'), path.join(modules, '.bin', 'runner-sidecar-shim'),
  );
  fs.writeFileSync(path.join(modules, '@bluelibs', 'runner', 'index.js'), runnerModule(release));
}

/**
 * The package's `runner-sidecar` starts the front as a child. Here the front takes the command's place, so that ending
 * the one ends the other, whatever a test does.
 */
function sidecarCommand() {
  const command = path.join(shimFolder(), 'bin', 'runner-sidecar.js');
  return `#!/bin/sh\n[ "$1" = compare ] && exec node '${command}' "$@"\nexec '${frontBinary()}' "$@"\n`;
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
