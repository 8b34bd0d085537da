'use strict';

// Nobody has to read the front's log: it serves, counts the lines it drops, says so once it can, and stops when told.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { TestProcess } = require('../support/child-process.js');
const { Front } = require('../support/front.js');
const { frontBinary } = require('../support/project.js');
const { RawConnection } = require('../support/raw-connection.js');
const { RogueWorker } = require('../support/rogue-worker.js');
const { temporaryFolder } = require('../support/temporary-folder.js');
const { waitUntil } = require('../support/wait-until.js');

const DROPPED = 'runner_sidecar_log_lines_dropped_total';
const OPTIONS = ['--access-log', 'all'];
const REQUEST = 'GET /nothing-here HTTP/1.1\r\nHost: a\r\n\r\n';
/** Of about 200 bytes a line: more than pipe and buffers take. */
const REQUESTS = 12_000;
const AT_ONCE = 100;

/** A pipe that is read only when the test reads it. */
class UnreadPipe {
  constructor() {
    this.path = path.join(temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [this.path]);
    // Open for both: neither end waits for the other.
    this.reader = fs.openSync(this.path, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
    this.writer = fs.openSync(this.path, fs.constants.O_WRONLY);
    this.text = '';
  }

  read() {
    const chunk = Buffer.alloc(65_536);
    for (;;) {
      try {
        this.text += chunk.latin1Slice(0, fs.readSync(this.reader, chunk));
      } catch (error) {
        if (error.code === 'EAGAIN') return this.text;
        throw error;
      }
    }
  }

  close() {
    fs.closeSync(this.reader);
    fs.closeSync(this.writer);
  }
}

async function ask({ port, socket }) {
  // Its rules are what a request is refused by.
  await RogueWorker.connect(socket);
  const connection = await RawConnection.open({ port });
  for (let sent = 0; sent < REQUESTS; sent += AT_ONCE) {
    connection.send(REQUEST.repeat(AT_ONCE));
    for (let i = 0; i < AT_ONCE; i += 1) assert.equal((await connection.answer())?.status, 404);
  }
  connection.destroy();
  RogueWorker.destroyAll();
}

test('a front whose standard error nobody reads goes on serving, drops lines and counts them, and stops when told', {
  timeout: 60_000,
}, async () => {
  const pipe = new UnreadPipe();
  const front = await Front.start({ options: OPTIONS, stderr: pipe.writer });
  try {
    await ask(front);
    assert.equal((await front.admin('/livez')).status, 200);
    const dropped = (await front.metrics()).get(DROPPED);
    assert.ok(dropped > 100, `${dropped} lines dropped`);
    front.child.kill('SIGTERM');
    assert.deepEqual(await front.child.exit, { code: 0, signal: null });
  } finally {
    await front.stop();
    pipe.close();
  }
});

test('once its log is read again, a front says how many lines are missing', { timeout: 60_000 }, async () => {
  const pipe = new UnreadPipe();
  const front = await Front.start({ options: OPTIONS, stderr: pipe.writer });
  try {
    await ask(front);
    const dropped = (await front.metrics()).get(DROPPED);
    const [, told] = await waitUntil('the line is there', () => (
      / warning log lines dropped: .* lines=(\d+) side=front\n/.exec(pipe.read())
    ));
    assert.equal(Number(told), dropped);
    const kept = pipe.text.split('\n').filter((line) => line.includes(' access ')).length;
    assert.equal(kept + dropped, REQUESTS, 'every line was written or counted');
  } finally {
    await front.stop();
    pipe.close();
  }
});

test('descriptors that are closed at the start lead nowhere, not into the front\'s own pipes', {
  timeout: 20_000,
}, async () => {
  const socket = path.join(temporaryFolder(), 's');
  const front = [
    frontBinary(), 'serve', '--listen', '127.0.0.1:0', '--admin', 'off', '--socket', socket, '--access-log', 'all',
  ];
  const child = new TestProcess('front', '/bin/sh', ['-c', 'exec 0<&- 1>&- 2>&-; exec "$@"', 'sh', ...front]);
  try {
    await waitUntil('it listens for workers', () => fs.existsSync(socket));
    for (const descriptor of [0, 1, 2]) {
      assert.equal(fs.readlinkSync(`/proc/${child.pid}/fd/${descriptor}`), '/dev/null', `descriptor ${descriptor}`);
    }
    child.kill('SIGTERM');
    assert.deepEqual(await child.exit, { code: 0, signal: null });
  } finally {
    await child.stop();
  }
});
