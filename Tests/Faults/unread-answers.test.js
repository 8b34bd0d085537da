'use strict';

// Clients that do not read their answers, or slowly. What waits for them is bounded, each for itself and all together;
// who takes nothing is cut, and who takes little gets all of it.
const assert = require('node:assert/strict');
const test = require('node:test');
const { FaultRun } = require('../support/fault-run.js');
const { callBytes, callOnce } = require('../support/http-request.js');
const { parallel } = require('../support/parallel.js');
const { RawConnection } = require('../support/raw-connection.js');
const { MEGABYTE, SHORT_TIMES, underAttack } = require('../support/under-attack.js');
const { pause, waitUntil } = require('../support/wait-until.js');

const TIMEOUT = { timeout: 120_000 };
const ATTACKERS = 20;
/**
 * Well beyond what the kernel's buffers of a connection take (4 MB to send and 6 MB to receive, by Linux' defaults, of
 * which the latter grow for readers only), so that some stays with the front.
 */
const LARGE_BYTES = 7 * MEGABYTE;
const STALLED = 'runner_sidecar_failures_total{side="client",reason="stalled"}';

test('pipelined requests whose answers are never read are not read for ever', TIMEOUT, (t) => (
  underAttack(t, {
    limitBytes: 48 * MEGABYTE,
  }, (port) => parallel(Array.from({ length: ATTACKERS }), ATTACKERS, async () => {
    const connection = await RawConnection.open({ port });
    connection.socket.pause();
    const flood = Buffer.concat(Array.from({ length: 500 }, () => callBytes('large', { bytes: 4_000 })));
    const until = Date.now() + 2_500;
    while (!connection.ended && Date.now() < until) {
      if (connection.socket.writableLength < MEGABYTE) connection.send(flood); else await pause(20);
    }
    connection.destroy();
  }))));

/** Clients that ask for `answers` large answers each, and read nothing until all of them were cut. */
const askAndDoNotRead = (answers) => async (port, { front }) => {
  const clients = await parallel(Array.from({ length: ATTACKERS }), ATTACKERS, async () => {
    const connection = await RawConnection.open({ port });
    connection.socket.pause();
    connection.send(Buffer.concat(Array.from({ length: answers }, () => callBytes('large', { bytes: LARGE_BYTES }))));
    return connection;
  });
  const isCut = async () => (await front.metrics()).get(STALLED) === ATTACKERS;
  await waitUntil('all are cut after the write timeout', isCut, { timeoutMilliseconds: 60_000 });
  for (const connection of clients) {
    connection.socket.resume();
    assert.ok(await connection.closedWithin(20_000), 'cut');
    assert.ok(connection.receivedBytes < answers * LARGE_BYTES, 'it did not get everything');
    connection.destroy();
  }
};

for (const answers of [1, 8]) {
  test(`clients that do not read ${answers} large answer(s) each cost one each, and are cut`, TIMEOUT, (t) => (
    underAttack(t, { limitBytes: ATTACKERS * (LARGE_BYTES + MEGABYTE) }, askAndDoNotRead(answers))));
}

test('answers that nobody reads are bounded for all clients together, and who reads gets his', TIMEOUT, async (t) => {
  const frontOptions = ['--loops', '1', '--unread-bytes', '32mib', '--write-timeout', '1m'];
  await underAttack(t, { limitBytes: 64 * MEGABYTE, frontOptions }, async (port, { front }) => {
    const idle = await parallel(Array.from({ length: ATTACKERS }), ATTACKERS, async () => {
      const connection = await RawConnection.open({ port });
      connection.socket.pause();
      connection.send(callBytes('large', { bytes: LARGE_BYTES }));
      return connection;
    });
    // Nobody can tell them from readers until they have taken nothing for a while.
    const areAnswered = async () => (await front.underWay()).requests <= 1;
    await waitUntil('all are answered', areAnswered, { timeoutMilliseconds: 60_000 });
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
    limitBytes: ATTACKERS * (LARGE_BYTES + MEGABYTE), frontOptions: [...SHORT_TIMES, '--write-timeout', '5s'],
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
