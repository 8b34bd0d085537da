'use strict';

// Clients that mean harm: floods of headers, of pipelined requests whose answers nobody reads, of connections that do
// nothing, and readers and writers slower than any honest one. The front's memory stays bounded, they are cut, and
// others are served.
const assert = require('node:assert/strict');
const test = require('node:test');
const { amount } = require('../support/amount.js');
const { assertMemory } = require('../support/assert-memory.js');
const { FaultRun } = require('../support/fault-run.js');
const { NoAnswer, callBytes, callOnce } = require('../support/http-request.js');
const { MemoryWatch } = require('../support/memory-watch.js');
const { parallel } = require('../support/parallel.js');
const { RawConnection } = require('../support/raw-connection.js');
const { pause, waitUntil } = require('../support/wait-until.js');

const MEGABYTE = 1048576;
/**
 * Well beyond what the kernel's buffers of a connection take (4 MB to send and 6 MB to receive, by Linux' defaults), so
 * that some stays with the front.
 */
const LARGE_BYTES = 7 * MEGABYTE;
const TIMEOUT = { timeout: 120_000 };
const SHORT_MILLISECONDS = 1_000;
const SHORT_TIMES = ['--header-timeout', '1s', '--body-timeout', '1s', '--idle-timeout', '1s', '--write-timeout', '1s'];

/**
 * A call of somebody else. Again, when this process was so slow to send it that the front was right to close a
 * connection on which nothing came.
 */
async function callBeside(port) {
  for (;;) {
    try {
      return await callOnce(port, 'add', { a: 5, b: 3 }, { timeoutMilliseconds: 30_000 });
    } catch (error) {
      if (!(error instanceof NoAnswer) || error.silentMilliseconds < SHORT_MILLISECONDS) throw error;
    }
  }
}

/**
 * Runs an attack, and holds the front to its promises: it grows by no more than `limitBytes`, serves others meanwhile,
 * and is as it was afterwards.
 */
async function underAttack(t, { limitBytes, frontOptions = SHORT_TIMES }, attack) {
  await FaultRun.with({ workers: 1, frontOptions }, async (run) => {
    await callOnce(run.front.port, 'add', { a: 5, b: 3 });
    const before = await run.descriptorsAtRest();
    const watch = new MemoryWatch({ front: run.front.pid });
    const attacking = attack(run.front.port);
    let others = 0;
    let over = false;
    const finished = attacking.finally(() => { over = true; });
    while (!over || others === 0) {
      assert.deepEqual((await callBeside(run.front.port)).envelope, { ok: true, result: 8 });
      others += 1;
      await pause(20);
    }
    await finished;
    const { front: grown } = watch.end();
    t.diagnostic(`${others} other calls served; ${watch.report()}`);
    assertMemory(grown <= limitBytes, `the front grew by ${grown} bytes, more than ${limitBytes}`);
    await run.assertNothingLeft(before);
  });
}

test('a head without end is refused with 431 and a close, at every connection', TIMEOUT, (t) => (
  underAttack(t, { limitBytes: 16 * MEGABYTE }, (port) => parallel(Array.from({ length: 200 }), 50, async () => {
    const connection = await RawConnection.open({ port });
    connection.send('POST /__runner/task/add HTTP/1.1\r\nHost: a\r\n');
    for (let i = 0; i < 100 && !connection.ended; i += 1) {
      await connection.sendWithBackpressure(Buffer.from(`X-${i}: ${'a'.repeat(1_000)}\r\n`));
    }
    const answer = await connection.answer();
    assert.ok(answer ? answer.status === 431 : connection.ended, 'refused, or cut while still sending');
    assert.ok(await connection.closedWithin(3_000));
    connection.destroy();
  }))));

test('a flood of small headers is refused, not stored', TIMEOUT, (t) => (
  underAttack(t, { limitBytes: 16 * MEGABYTE }, (port) => parallel(Array.from({ length: 100 }), 50, async () => {
    const connection = await RawConnection.open({ port });
    connection.send(`POST /__runner/task/add HTTP/1.1\r\nHost: a\r\n${'A:\r\n'.repeat(50_000)}\r\n`);
    const answer = await connection.answer();
    assert.ok(answer ? answer.status >= 400 : connection.ended);
    connection.destroy();
  }))));

test('pipelined requests whose answers are never read are not read for ever', TIMEOUT, (t) => (
  underAttack(t, { limitBytes: 48 * MEGABYTE }, (port) => parallel(Array.from({ length: 20 }), 20, async () => {
    const connection = await RawConnection.open({ port });
    connection.socket.pause();
    const flood = Buffer.concat(Array.from({ length: 500 }, () => callBytes('large', { bytes: 4_000 })));
    const until = Date.now() + 2_500;
    while (!connection.ended && Date.now() < until) {
      if (connection.socket.writableLength < MEGABYTE) connection.send(flood); else await pause(20);
    }
    connection.destroy();
  }))));

/** Sends as fast as it is taken, for a while; gives how much was. */
async function flood(connection, milliseconds) {
  const bytes = Buffer.concat(Array.from({ length: 500 }, () => callBytes('add', { a: 5, b: 3 })));
  const until = Date.now() + milliseconds;
  while (!connection.ended && Date.now() < until) {
    if (connection.socket.writableLength < MEGABYTE) connection.send(bytes); else await pause(5);
  }
  return connection.socket.bytesWritten - connection.socket.writableLength;
}

/**
 * What a request may wait for while more comes behind it.
 * @type {Record<string, (run: FaultRun, connection: RawConnection) => Promise<void>>}
 */
const WAITS = {
  async 'for a worker'(run, connection) {
    await run.killWorker(run.workers[0]);
    connection.send(callBytes('add', { a: 5, b: 3 }));
  },
  async 'for an answer before it'(run, connection) {
    connection.send(callBytes('once', { id: 'slow', ms: 60_000 }));
    connection.send(callBytes('add', { a: 5, b: 3 }, { headers: [['Expect', '100-continue']] }));
    await waitUntil('the first runs', () => run.log.counts().has('slow'));
  },
};
for (const [what, wait] of Object.entries(WAITS)) {
  test(`a flood behind a request that waits ${what} stays with the client`, TIMEOUT, (t) => (
    FaultRun.with({ workers: 1, frontOptions: ['--worker-wait', '1m'] }, async (run) => {
      const watch = new MemoryWatch({ front: run.front.pid });
      const connection = await RawConnection.open({ port: run.front.port });
      await wait(run, connection);
      const taken = await flood(connection, 2_000);
      const { front: grown } = watch.end();
      t.diagnostic(`${taken} bytes left the client; ${watch.report()}`);
      assertMemory(grown <= 4 * MEGABYTE, `the front grew by ${grown} bytes`);
      // Behind input that nobody reads, an orderly end cannot be seen.
      connection.resetNow();
    })));
}

test('clients that leave while they wait take no room from those who stay', TIMEOUT, () => (
  FaultRun.with({
    workers: 1, frontOptions: ['--loops', '1', '--worker-wait', '1m', '--queue-limit', '10'],
  }, async (run) => {
    await run.killWorker(run.workers[0]);
    for (let i = 0; i < 5; i += 1) {
      const leavers = await parallel(Array.from({ length: 10 }), 10, async () => {
        const connection = await RawConnection.open({ port: run.front.port });
        connection.send(callBytes('add', { a: 5, b: 3 }));
        return connection;
      });
      await waitUntil('they wait', async () => (await run.front.underWay()).queued === 10);
      for (const connection of leavers) connection.destroy();
      await run.front.quiet();
    }
    const stayers = Array.from({ length: 10 }, () => callOnce(run.front.port, 'add', { a: 5, b: 3 }, {
      timeoutMilliseconds: 30_000,
    }));
    await waitUntil('they wait', async () => (await run.front.underWay()).queued === 10);
    await run.startWorker();
    assert.deepEqual([...new Set((await Promise.all(stayers)).map(({ status }) => status))], [200]);
  })));

test('calls for a worker that stands still are bounded in bytes, and answered when it goes on', TIMEOUT, (t) => (
  FaultRun.with({
    workers: 1, frontOptions: ['--loops', '1', '--queue-bytes', '16mib', '--worker-ping', '1m', '--worker-wait', '1m'],
  }, async (run) => {
    const text = 'x'.repeat(LARGE_BYTES);
    const watch = new MemoryWatch({ front: run.front.pid });
    run.workers[0].kill('SIGSTOP');
    const answers = [];
    const ask = async (_, i) => {
      const connection = await RawConnection.open({ port: run.front.port });
      answers.push(connection.answer({ timeoutMilliseconds: 60_000 }));
      await connection.sendWithBackpressure(callBytes('once', { id: `large-${i}`, ms: 0, text }));
      await pause(50);
    };
    await parallel(Array.from({ length: 40 }), 2, ask);
    const { front: grown } = watch.end();
    run.workers[0].kill('SIGCONT');
    const statuses = (await Promise.all(answers)).map((answer) => answer?.status);
    t.diagnostic(
      `${statuses.filter((status) => status === 200).length} of ${statuses.length} answered; ${watch.report()}`,
    );
    // What the link holds, what waits, and the two bodies that are on their way.
    assertMemory(grown <= 5 * 16 * MEGABYTE, `the front grew by ${grown} bytes, not by ${statuses.length} bodies`);
    assert.deepEqual([...new Set(statuses)].sort(), [200, 503]);
    const ran = run.log.counts();
    assert.equal(ran.size, statuses.filter((status) => status === 200).length, 'what was refused did not run');
    assert.ok([...ran.values()].every((count) => count === 1));
  })));

const ATTACKERS = 20;

test('a client that ends its side while it reads a large answer gets all of it', TIMEOUT, async () => {
  await FaultRun.with({ workers: 1 }, async (run) => {
    const connection = await RawConnection.open({ port: run.front.port });
    connection.socket.pause();
    connection.send(callBytes('large', { bytes: LARGE_BYTES }));
    // The front has counted it once all of it is written as far as the kernel takes it.
    await waitUntil('it is answered', async () => (await run.front.underWay()).requests === 0);
    connection.end();
    await pause(500);
    connection.socket.resume();
    const answer = await connection.answer({ timeoutMilliseconds: 30_000 });
    assert.equal(answer?.complete, true, `${connection.receivedBytes} bytes came`);
    assert.ok(await connection.closedWithin(5_000));
  });
});

/** Clients that ask for `answers` large answers each, and read nothing. */
const askAndDoNotRead = (answers) => (port) => parallel(Array.from({ length: ATTACKERS }), ATTACKERS, async () => {
  const connection = await RawConnection.open({ port });
  connection.socket.pause();
  connection.send(Buffer.concat(Array.from({ length: answers }, () => callBytes('large', { bytes: LARGE_BYTES }))));
  await pause(4_000);
  connection.socket.resume();
  assert.ok(await connection.closedWithin(20_000), 'cut after the write timeout');
  assert.ok(connection.receivedBytes < answers * LARGE_BYTES, 'it did not get everything');
  connection.destroy();
});

for (const answers of [1, 8]) {
  test(`clients that do not read ${answers} large answer(s) each cost one each, and are cut`, TIMEOUT, (t) => (
    underAttack(t, { limitBytes: ATTACKERS * (LARGE_BYTES + MEGABYTE) }, askAndDoNotRead(answers))));
}

test('answers that nobody reads are bounded for all clients together, and who reads gets his', TIMEOUT, async (t) => {
  const frontOptions = ['--loops', '1', '--unread-bytes', '32mib', '--write-timeout', '1m'];
  await underAttack(t, { limitBytes: 64 * MEGABYTE, frontOptions }, async (port) => {
    const idle = await parallel(Array.from({ length: ATTACKERS }), ATTACKERS, async () => {
      const connection = await RawConnection.open({ port });
      connection.socket.pause();
      connection.send(callBytes('large', { bytes: LARGE_BYTES }));
      return connection;
    });
    // For so long nobody can tell them from readers.
    await pause(1_000);
    for (let i = 0; i < 5; i += 1) {
      const { envelope } = await callOnce(port, 'large', { bytes: LARGE_BYTES }, { timeoutMilliseconds: 30_000 });
      assert.equal(envelope.result.length, LARGE_BYTES, 'who reads gets the whole answer');
    }
    for (const connection of idle) connection.socket.resume();
    const wasCut = async (connection) => await connection.closedWithin(1_000) && connection.receivedBytes < LARGE_BYTES;
    const cut = (await Promise.all(idle.map(wasCut))).filter(Boolean).length;
    t.diagnostic(`${cut} of ${ATTACKERS} were cut`);
    assert.ok(cut > 0, 'who takes nothing is cut, long before the write timeout');
    for (const connection of idle) connection.destroy();
  });
});

test('clients that read slowly but steadily get all of their answers, and cost no more than those', TIMEOUT, (t) => (
  underAttack(t, {
    limitBytes: ATTACKERS * (LARGE_BYTES + MEGABYTE),
  }, (port) => parallel(Array.from({ length: ATTACKERS }), ATTACKERS, async () => {
    const connection = await RawConnection.open({ port });
    connection.socket.pause();
    connection.send(callBytes('large', { bytes: LARGE_BYTES }));
    const reading = setInterval(() => connection.socket.resume(), 50);
    connection.socket.on('data', () => connection.socket.pause());
    const answer = await connection.answer({ timeoutMilliseconds: 60_000 });
    clearInterval(reading);
    assert.equal(answer?.complete, true);
    assert.equal(answer.body.length, LARGE_BYTES + '{"ok":true,"result":""}'.length);
    connection.destroy();
  }))));

test('heads and bodies that come a byte at a time are cut when their time is over', TIMEOUT, (t) => (
  underAttack(t, { limitBytes: 16 * MEGABYTE }, (port) => parallel(Array.from({ length: 200 }), 200, async (_, i) => {
    const connection = await RawConnection.open({ port });
    const bytes = callBytes('add', { a: 5, b: 3 });
    const from = i % 2 === 0 ? 0 : bytes.indexOf('\r\n\r\n') + 4;
    connection.send(bytes.subarray(0, from));
    for (let at = from; at < bytes.length - 1 && !connection.ended; at += 1) {
      connection.send(bytes.subarray(at, at + 1));
      await pause(150);
    }
    const answer = await connection.answer();
    assert.ok(answer === undefined || answer.status === 408, `status ${answer?.status}`);
    assert.ok(await connection.closedWithin(1_000));
    connection.destroy();
  }))));

test('connections that do nothing are closed when their time is over', TIMEOUT, (t) => (
  underAttack(t, { limitBytes: 16 * MEGABYTE }, async (port) => {
    const idle = await parallel(Array.from({ length: 1_000 }), 100, () => RawConnection.open({ port }));
    await pause(500);
    const closed = await Promise.all(idle.map((connection) => connection.closedWithin(4_000)));
    assert.ok(closed.every(Boolean), `${closed.filter(Boolean).length} of ${closed.length} closed`);
    for (const connection of idle) connection.destroy();
  })));

/** Of 100 connections each: a million in the long run. */
const BATCHES = amount('OPEN_CLOSE_BATCHES', { usual: 60, long: 10_000 });

test(`${BATCHES * 100} connections opened and closed in batches leave nothing behind`, {
  timeout: TIMEOUT.timeout + BATCHES * 200,
}, (t) => (
  underAttack(t, { limitBytes: 16 * MEGABYTE }, async (port) => {
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const connections = await parallel(Array.from({ length: 100 }), 100, () => RawConnection.open({ port }));
      for (const [i, connection] of connections.entries()) {
        if (i % 3 === 0) connection.resetNow(); else connection.destroy();
      }
    }
  })));

test('connections over the limit are refused while the others are served', TIMEOUT, async () => {
  await FaultRun.with({ workers: 1, frontOptions: ['--max-connections', '50', '--loops', '1'] }, async (run) => {
    const open = await parallel(Array.from({ length: 50 }), 50, () => RawConnection.open({ port: run.front.port }));
    open[0].send(callBytes('add', { a: 5, b: 3 }));
    assert.equal((await open[0].answer())?.status, 200);
    const over = await RawConnection.open({ port: run.front.port });
    over.send(callBytes('add', { a: 5, b: 3 }));
    const answer = await over.answer({ timeoutMilliseconds: 1_000 });
    assert.ok(answer === undefined || answer.status === 503);
    open[0].send(callBytes('add', { a: 5, b: 3 }));
    assert.equal((await open[0].answer())?.status, 200, 'who is in is still served');
    for (const connection of [...open, over]) connection.destroy();
    await run.front.quiet();
    assert.equal((await callOnce(run.front.port, 'add', { a: 5, b: 3 })).status, 200, 'who leaves makes room');
  });
});

test('a flood of connections over the limit keeps nobody out for longer than it lasts', TIMEOUT, async (t) => {
  await FaultRun.with({ workers: 1, frontOptions: ['--max-connections', '20', '--loops', '1'] }, async (run) => {
    const before = await run.descriptorsAtRest();
    const held = await parallel(Array.from({ length: 20 }), 20, () => RawConnection.open({ port: run.front.port }));
    let refused = 0;
    await parallel(Array.from({ length: 2_000 }), 50, async () => {
      const connection = await RawConnection.open({ port: run.front.port });
      if (await connection.closedWithin(5_000)) refused += 1;
      connection.destroy();
    });
    assert.equal(refused, 2_000, 'each is told at once instead of being left in the backlog');
    held.pop().destroy();
    const answered = await waitUntil('a place that became free is taken', () => (
      callOnce(run.front.port, 'add', { a: 5, b: 3 })
    ));
    assert.equal(answered.status, 200);
    t.diagnostic(
      `${refused} refused; ${(await run.front.metrics()).get('runner_sidecar_connections_refused_total')} counted`,
    );
    for (const connection of held) connection.destroy();
    await run.assertNothingLeft(before);
  });
});

test('a body over the limit is refused with 413, before it is read', TIMEOUT, (t) => (
  underAttack(t, {
    limitBytes: 32 * MEGABYTE, frontOptions: [...SHORT_TIMES, '--body-limit', '1mib'],
  }, (port) => parallel(Array.from({ length: 50 }), 25, async (_, i) => {
    const connection = await RawConnection.open({ port });
    const framing = i % 2 === 0 ? 'Content-Length: 1000000000' : 'Transfer-Encoding: chunked';
    connection.send(
      `POST /__runner/task/add HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`,
    );
    const piece = Buffer.from(i % 2 === 0 ? 'a'.repeat(65536) : `10000\r\n${'a'.repeat(65536)}\r\n`);
    for (let sent = 0; sent < 40 && !connection.ended && connection.receivedBytes === 0; sent += 1) {
      await connection.sendWithBackpressure(piece);
    }
    const answer = await connection.answer();
    assert.equal(answer?.status ?? 413, 413);
    assert.ok(await connection.closedWithin(3_000));
    connection.destroy();
  }))));
