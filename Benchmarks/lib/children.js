'use strict';

/** Child processes of the benchmark: started, waited for, stopped, and never left behind. */

const { spawn } = require('node:child_process');
const net = require('node:net');
const path = require('node:path');

/** Where the Node programs of the benchmark are. */
const SUBJECTS = path.join(__dirname, '..', 'subjects');

const READY_MILLISECONDS = 20_000;
const STOP_MILLISECONDS = 3000;

const running = new Set();
let interrupted = false;
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Who is interrupted lets its children end: nginx and Passenger have children of their own, and stop those. */
function stopWhenInterrupted() {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      interrupted = true;
      running.forEach((child) => child.kill('SIGTERM'));
      setInterval(() => { if (running.size === 0) process.exit(1); }, 50);
      setTimeout(() => process.exit(1), STOP_MILLISECONDS);
    });
  }
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{env?: Record<string, string | undefined>, cwd?: string}} [options]
 * @returns {{
 *   pid: number, whenReady: (is: (line: object) => boolean) => Promise<object>, stop: () => Promise<void>,
 * }}
 */
function start(program, args, { env = {}, cwd } = {}) {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  running.add(child);
  const name = `${program} ${args.join(' ')}`;
  let errors = '';
  child.stderr.on('data', (chunk) => (errors = (errors + chunk).slice(-2000)));
  child.stdin.on('error', () => {});
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => {
    running.delete(child);
    resolve(signal ?? code);
  }));
  const failed = new Promise((_, reject) => child.once('error', reject));
  failed.catch(() => {});

  /** The first JSON line on standard output that `is` accepts. */
  function whenReady(is) {
    const line = new Promise((resolve) => {
      let text = '';
      child.stdout.on('data', (chunk) => {
        text += chunk;
        const lines = text.split('\n');
        text = lines.pop();
        const found = lines.map(parsed).find((value) => value && is(value));
        if (found) resolve(found);
      });
    });
    const ended = exited.then((code) => {
      throw new Error(`${name} ended with ${code} before it was ready: ${errors.trim()}`);
    });
    ended.catch(() => {});
    return Promise.race([line, failed, ended, timeLimit(() => `${name} was not ready in time: ${errors.trim()}`)]);
  }

  async function stop() {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MILLISECONDS);
    await exited;
    clearTimeout(timer);
  }

  return { pid: child.pid, whenReady, stop };
}

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function timeLimit(message) {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(message())), READY_MILLISECONDS).unref();
  });
}

/** A port that was free a moment ago. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Resolves once something accepts connections on the port. */
async function accepting(port) {
  const deadline = Date.now() + READY_MILLISECONDS;
  while (Date.now() < deadline) {
    const connected = await new Promise((resolve) => {
      const socket = net.connect({ port, host: '127.0.0.1' });
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (connected) return;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  throw new Error(`nothing accepts connections on port ${port}`);
}

/** A Node program of the benchmark. */
function startNode(script, env) {
  return start(process.execPath, ['--expose-gc', path.join(SUBJECTS, script)], { env });
}

const isReady = ({ event }) => event === 'ready';

/** A subject may be started several times in one run, and a socket file outlives its process. */
let paths = 0;
const freshPath = (directory, name) => path.join(directory, `${name}-${(paths += 1)}.sock`);

const stopAll = (children) => async () => { await Promise.all(children.map((child) => child.stop())); };

/** What was measured since means nothing. */
const wasInterrupted = () => interrupted;

module.exports = {
  stopWhenInterrupted, wasInterrupted, start, startNode, isReady, freePort, freshPath, accepting, stopAll, SUBJECTS,
};
