'use strict';

// Clients that mean harm: heads and bodies without end or a byte at a time, connections that do nothing, and more of
// them than there may be. The front's memory stays bounded, they are cut, and others are served.
const assert = require('node:assert/strict');
const test = require('node:test');
const { amount } = require('../support/amount.js');
const { FaultRun } = require('../support/fault-run.js');
const { callBytes, callOnce } = require('../support/http-request.js');
const { parallel } = require('../support/parallel.js');
const { RawConnection } = require('../support/raw-connection.js');
const { MEGABYTE, SHORT_TIMES, underAttack } = require('../support/under-attack.js');
const { pause, waitUntil } = require('../support/wait-until.js');

const TIMEOUT = { timeout: 120_000 };
const CALL = callBytes('add', { a: 5, b: 3 });

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

test('heads and bodies that come a byte at a time are cut when their time is over', TIMEOUT, (t) => (
  underAttack(t, { limitBytes: 16 * MEGABYTE }, (port) => parallel(Array.from({ length: 200 }), 200, async (_, i) => {
    const connection = await RawConnection.open({ port });
    const from = i % 2 === 0 ? 0 : CALL.indexOf('\r\n\r\n') + 4;
    connection.send(CALL.subarray(0, from));
    for (let at = from; at < CALL.length - 1 && !connection.ended; at += 1) {
      connection.send(CALL.subarray(at, at + 1));
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
    const closed = await Promise.all(idle.map((connection) => connection.closedWithin(20_000)));
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
    open[0].send(CALL);
    assert.equal((await open[0].answer())?.status, 200);
    const over = await RawConnection.open({ port: run.front.port });
    over.send(CALL);
    const answer = await over.answer({ timeoutMilliseconds: 1_000 });
    assert.ok(answer === undefined || answer.status === 503);
    open[0].send(CALL);
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
    const call = () => callOnce(run.front.port, 'add', { a: 5, b: 3 });
    assert.equal((await waitUntil('a place that became free is taken', call)).status, 200);
    const counted = (await run.front.metrics()).get('runner_sidecar_connections_refused_total');
    t.diagnostic(`${refused} refused; ${counted} counted`);
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
    const head = `POST /__runner/task/add HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`;
    connection.send(head);
    const piece = Buffer.from(i % 2 === 0 ? 'a'.repeat(65536) : `10000\r\n${'a'.repeat(65536)}\r\n`);
    for (let sent = 0; sent < 40 && !connection.ended && connection.receivedBytes === 0; sent += 1) {
      await connection.sendWithBackpressure(piece);
    }
    const answer = await connection.answer();
    assert.equal(answer?.status ?? 413, 413);
    assert.ok(await connection.closedWithin(3_000));
    connection.destroy();
  }))));
