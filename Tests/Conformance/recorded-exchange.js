'use strict';

const { RawConnection } = require('../support/raw-connection.js');
const { pause } = require('../support/wait-until.js');

/** How long an answer may take: the busiest machine's patience, not a promise. */
const ANSWER_TIMEOUT_MILLISECONDS = 20_000;
/** How long a connection that should stay open is watched after the answer. */
const STAYS_OPEN_MILLISECONDS = 80;
/** How long a connection that should close may take to do so; an idle one has its keep-alive timeout on top. */
const CLOSES_MILLISECONDS = 5_000;

/**
 * Cases whose point is in how the bytes are sent; the record names them but keeps only the bytes.
 * @type {Record<string, (connection: RawConnection, request: Buffer) => Promise<void>>}
 */
const MANNERS = {
  'byte-by-byte': (connection, request) => sendPieces(connection, piecesOf(request, 1), 1),
  'duplex-chunked-slow': (connection, request) => sendPieces(
    connection, piecesOf(request, request.indexOf('\r\n\r\n') + 4 + 8), 20,
  ),
  'sequential-3': sendOneAfterAnother,
  'half-close-after-complete': sendAndEnd,
  'half-close-after-slow': sendAndEnd,
  'cl-long-then-close': sendAndEnd,
  'partial-head-close': sendAndEnd,
};
/** The one case that waits for the server to end an idle connection. */
const WAITS_FOR_IDLE_CLOSE = new Set(['idle-keepalive-timeout']);

/**
 * Sends a recorded request to a server and observes the first final answer and what becomes of the connection.
 * @param {import('./records.js').RecordedCase} record
 * @param {{ port: number, hangMilliseconds?: number }} server `hangMilliseconds`: when to give up where the original
 *   hung
 * @returns {Promise<import('./agreement.js').Observed>}
 */
async function replayCase(record, { port, hangMilliseconds = ANSWER_TIMEOUT_MILLISECONDS }) {
  const connection = await RawConnection.open({ port });
  try {
    const send = mannerOf(record);
    const [answer] = await Promise.all([
      connection.answer({
        method: record.request.subarray(0, 5).toString('latin1') === 'HEAD ' ? 'HEAD' : 'POST',
        timeoutMilliseconds: record.origin === 'no-answer' ? hangMilliseconds : ANSWER_TIMEOUT_MILLISECONDS,
      }),
      send(connection, record.request),
    ]);
    const more = await furtherAnswers(connection, record);
    const closed = await connection.closedWithin(closePatienceMilliseconds(record, answer));
    if (!answer) return {
      status: null, reason: null, headers: [], framing: 'none', body: Buffer.alloc(0), complete: null, closed,
    };
    const furtherStatuses = [...more.map(({ status }) => status), ...statusesLeft(connection)];
    return { ...answer, closed, more, furtherStatuses };
  } catch (error) {
    return {
      status: null, reason: null, headers: [], framing: 'none', body: Buffer.alloc(0), complete: null,
      closed: connection.ended, malformed: error.message,
    };
  } finally {
    connection.destroy();
  }
}

/** How the record says that the bytes were sent; the oldest recording only names the case. */
function mannerOf(record) {
  const { segments, stepwise, half_close: halfClose } = record;
  if (segments === undefined && !halfClose) return MANNERS[record.name] ?? sendAtOnce;
  return async (connection, request) => {
    for (const [offset, length, pauseSeconds] of segments ?? [[0, request.length, 0]]) {
      await pause(pauseSeconds * 1_000);
      const before = connection.receivedBytes;
      connection.send(request.subarray(offset, offset + length));
      if (stepwise && offset + length < request.length) {
        await connection.changeUntil(
          () => connection.receivedBytes > before || connection.ended, ANSWER_TIMEOUT_MILLISECONDS,
        );
      }
    }
    if (halfClose) connection.end();
  };
}

/** The answers behind the first that the record has, too. */
async function furtherAnswers(connection, record) {
  const answers = [];
  for (const _expected of record.more ?? []) {
    const answer = await connection.answer({ timeoutMilliseconds: ANSWER_TIMEOUT_MILLISECONDS });
    if (answer === undefined) break;
    answers.push(answer);
  }
  return answers;
}

/** The statuses of the answers that came after those. */
function statusesLeft(connection) {
  const statuses = [];
  for (let next; (next = connection.reader.take({ method: 'POST', ended: connection.ended })) !== undefined;) {
    statuses.push(next.status);
  }
  return statuses;
}

function closePatienceMilliseconds(record, answer) {
  if (!record.closed && record.origin !== 'no-answer') return STAYS_OPEN_MILLISECONDS;
  if (!WAITS_FOR_IDLE_CLOSE.has(record.name)) return CLOSES_MILLISECONDS;
  const keepAlive = /timeout=(\d+)/.exec(answer?.headers.find(([name]) => name === 'Keep-Alive')?.[1] ?? '');
  return CLOSES_MILLISECONDS + Number(keepAlive?.[1] ?? 5) * 1_000;
}

async function sendAtOnce(connection, request) {
  connection.send(request);
}

async function sendAndEnd(connection, request) {
  connection.send(request);
  connection.end();
}

async function sendPieces(connection, pieces, everyMilliseconds) {
  for (const piece of pieces) {
    connection.send(piece);
    await pause(everyMilliseconds);
  }
}

/** Each request after the answer to the one before; the answers after the first are left in the reader. */
async function sendOneAfterAnother(connection, request) {
  const starts = [...request.latin1Slice().matchAll(/POST \//g)].map((match) => match.index);
  for (const [i, start] of starts.entries()) {
    const before = connection.receivedBytes;
    connection.send(request.subarray(start, starts[i + 1] ?? request.length));
    await connection.changeUntil(
      () => connection.receivedBytes > before || connection.ended, ANSWER_TIMEOUT_MILLISECONDS,
    );
  }
}

function piecesOf(bytes, size) {
  const pieces = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

module.exports = { replayCase };
