'use strict';

// Request smuggling lives on bytes that two parsers read differently. Whatever is ambiguous is refused and the
// connection closed, and what a body hides is never answered.
const assert = require('node:assert/strict');
const test = require('node:test');
const { FaultRun } = require('../support/fault-run.js');
const { callOnce } = require('../support/http-request.js');
const { RawConnection } = require('../support/raw-connection.js');

const PATH = '/__runner/task/once';
const BODY = '{"input":{"id":"seen","ms":0}}';
/** What an attacker hides: if it is ever answered or run, it was smuggled. */
const HIDDEN =
  'POST /__runner/task/once HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\n\r\n{"input":{"id":"smuggled","ms":0}}';
const request = (lines, body = BODY) => `POST ${PATH} HTTP/1.1\r\nHost: a\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
const chunked = (lines, body) => request(lines, body ?? `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`);
const LENGTH = `Content-Length: ${BODY.length}`;

/** Spellings of Transfer-Encoding that some parser somewhere takes for chunked. */
const TRANSFER_ENCODINGS = [
  'Transfer-Encoding : chunked', 'Transfer-Encoding:\x0bchunked', 'Transfer-Encoding: xchunked',
  'Transfer-Encoding: chunked\x0b', 'Transfer-Encoding: chunked, identity', 'Transfer-Encoding: identity, chunked',
  'Transfer-Encoding: chunked, chunked', 'Transfer-Encoding: identity', 'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: "chunked"', 'Transfer-Encoding: chunked;q=1', 'Transfer-Encoding:', 'Transfer-Encoding: ,chunked',
  'Transfer-Encoding\x00: chunked', 'Transfer-Encoding: chun\x00ked', ' Transfer-Encoding: chunked',
  'X: y\r\n Transfer-Encoding: chunked', 'Transfer-Encoding:\r\n chunked', 'Transfer_Encoding\t: chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
  'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked', 'Transfer-Encoding: cow\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked,', 'Transfer-Encoding: chunked;', 'Transfer-Encoding: chunked\xa0',
  'Transfer-Encoding: \x00chunked', 'Transfer-Encoding:\xa0chunked', 'Transfer-Encoding: \x85chunked',
  'Transfer-Encoding: chun\xe2\x84\xaaed', 'Transfer-Encoding: \'chunked\'', 'Transfer-Encoding\r\n: chunked',
  '\tTransfer-Encoding: chunked', 'Transfer-Encoding: chunked chunked', 'Transfer-Encoding: chunke',
  'Transfer-Encoding: deflate', 'Foo: bar\nTransfer-Encoding: chunked', 'Foo: bar\rTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\rX: y',
];

/** Requests that must be refused with 4xx or 5xx and a close. @type {Record<string, string>} */
const AMBIGUOUS = {
  'Content-Length, then chunked (CL.TE)': chunked([LENGTH, 'Transfer-Encoding: chunked'], `0\r\n\r\n${HIDDEN}`),
  'chunked, then Content-Length (TE.CL)': chunked(
    ['Transfer-Encoding: chunked', 'Content-Length: 4'], `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`,
  ),
  'Transfer-Encoding in HTTP/1.0': chunked(['Transfer-Encoding: chunked']).replace('HTTP/1.1', 'HTTP/1.0'),
  'two different lengths': request([LENGTH, 'Content-Length: 0'], BODY + HIDDEN),
  'the same length twice': request([LENGTH, LENGTH], BODY + HIDDEN),
  'a list of the same length': request([`Content-Length: ${BODY.length}, ${BODY.length}`], BODY + HIDDEN),
  'a list of different lengths': request([`Content-Length: ${BODY.length}, 0`], BODY + HIDDEN),
  'a negative length': request(['Content-Length: -1']),
  'a length with a sign': request([`Content-Length: +${BODY.length}`]),
  'a hexadecimal length': request([`Content-Length: 0x${BODY.length.toString(16)}`]),
  'a length with a fraction': request([`Content-Length: ${BODY.length}.0`]),
  'a length with an exponent': request(['Content-Length: 3e1']),
  'a length that overflows 64 bits': request(['Content-Length: 18446744073709551646']),
  'a length that wraps to 30 in 32 bits': request(['Content-Length: 4294967326']),
  'a length with something after it': request([`Content-Length: ${BODY.length} x`]),
  'an empty length': request(['Content-Length:']),
  'a bare LF after the request line': request([LENGTH]).replace('\r\n', '\n'),
  'a bare LF between headers': `POST ${PATH} HTTP/1.1\r\nHost: a\n${LENGTH}\r\n\r\n${BODY}`,
  'a bare LF as the end of the head': `POST ${PATH} HTTP/1.1\r\nHost: a\r\n${LENGTH}\n\n${BODY}`,
  'a bare CR in a header': request(['X-A: a\rContent-Length: 0', LENGTH]),
  'NUL in a header value': request(['X-A: a\0b', LENGTH]),
  'NUL in a header name': request(['X\0A: a', LENGTH]),
  'a space before the colon': request([`Content-Length : ${BODY.length}`]),
  'a folded header': request(['X-A: a\r\n b', LENGTH]),
  'a first header that begins with a space': `POST ${PATH} HTTP/1.1\r\n Host: a\r\n${LENGTH}\r\n\r\n${BODY}`,
  'a header without a name': request([': x', LENGTH]),
  'a header line without a colon': request(['garbage', LENGTH]),
  'no Host': request([LENGTH]).replace('Host: a\r\n', ''),
  'two different Hosts': request(['Host: b', LENGTH]),
  'NUL in the target': request([LENGTH]).replace(PATH, `${PATH}\0`),
  'a tab in the request line': request([LENGTH]).replace(`POST ${PATH}`, `POST\t${PATH}`),
  'a chunk size that wraps to 30 in 32 bits': chunked(
    ['Transfer-Encoding: chunked'], `10000001e\r\n${BODY}\r\n0\r\n\r\n`,
  ),
  'a chunk size without digits': chunked(['Transfer-Encoding: chunked'], `\r\n${BODY}\r\n0\r\n\r\n`),
  'a chunk size with a tab after it': chunked(['Transfer-Encoding: chunked'], `1e\t\r\n${BODY}\r\n0\r\n\r\n`),
  'a chunk size that ends in CR CR LF': chunked(['Transfer-Encoding: chunked'], `1e\r\r\n${BODY}\r\n0\r\n\r\n`),
  'a chunk size with an underscore': chunked(['Transfer-Encoding: chunked'], `1_e\r\n${BODY}\r\n0\r\n\r\n`),
  'a chunk extension with NUL in it': chunked(['Transfer-Encoding: chunked'], `1e;a\0b\r\n${BODY}\r\n0\r\n\r\n`),
  'a last chunk that ends in LF': chunked(['Transfer-Encoding: chunked'], `1e\r\n${BODY}\r\n0\n\n${HIDDEN}`),
  'a trailer that frames': chunked(
    ['Transfer-Encoding: chunked'], `1e\r\n${BODY}\r\n0\r\nContent-Length: 5\r\n\r\n${HIDDEN}`,
  ),
  'a chunk size that overflows 64 bits': chunked(
    ['Transfer-Encoding: chunked'], `1000000000000001e\r\n${BODY}\r\n0\r\n\r\n`,
  ),
  'a chunk size with a sign': chunked(['Transfer-Encoding: chunked'], `+1e\r\n${BODY}\r\n0\r\n\r\n`),
  'a chunk size with 0x': chunked(['Transfer-Encoding: chunked'], `0x1e\r\n${BODY}\r\n0\r\n\r\n`),
  'a chunk size with a space before it': chunked(['Transfer-Encoding: chunked'], ` 1e\r\n${BODY}\r\n0\r\n\r\n`),
  'a chunk size line that ends in LF': chunked(['Transfer-Encoding: chunked'], `1e\n${BODY}\r\n0\r\n\r\n`),
  'a chunk extension with a bare LF in it': chunked(['Transfer-Encoding: chunked'], `1e;a\nb\r\n${BODY}\r\n0\r\n\r\n`),
  'a chunk extension without end': chunked(
    ['Transfer-Encoding: chunked'], `1e;${'a'.repeat(70_000)}\r\n${BODY}\r\n0\r\n\r\n`,
  ),
  'chunk data without its CRLF': chunked(['Transfer-Encoding: chunked'], `1e\r\n${BODY}0\r\n\r\n`),
  'chunk data longer than its size': chunked(['Transfer-Encoding: chunked'], `1c\r\n${BODY}\r\n0\r\n\r\n`),
  'a trailer section without end': chunked(
    ['Transfer-Encoding: chunked'], `1e\r\n${BODY}\r\n0\r\n${'X: y\r\n'.repeat(20_000)}\r\n`,
  ),
  'an HTTP/2 preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a TLS greeting': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'a version that does not exist': request([LENGTH]).replace('HTTP/1.1', 'HTTP/1.9x'),
};
for (const [i, line] of TRANSFER_ENCODINGS.entries()) {
  AMBIGUOUS[`Transfer-Encoding ${i + 1}, ${JSON.stringify(line)}, beside a length (TE.TE)`] = chunked(
    [line, LENGTH], `0\r\n\r\n${HIDDEN}`,
  );
  AMBIGUOUS[`Transfer-Encoding ${i + 1}, ${JSON.stringify(line)}, alone`] = chunked([line], `0\r\n\r\n${HIDDEN}`);
}

test('every ambiguous request is refused, closed, and smuggles nothing', { timeout: 120_000 }, async (t) => {
  await FaultRun.with({ workers: 1, frontOptions: ['--header-timeout', '2s', '--body-timeout', '2s'] }, async (run) => {
    const before = await run.descriptorsAtRest();
    for (const [what, bytes] of Object.entries(AMBIGUOUS)) {
      await t.test(what, async () => {
        const connection = await RawConnection.open({ port: run.front.port });
        connection.send(bytes);
        const answer = await connection.answer();
        assert.ok(answer, 'it is answered');
        assert.ok(answer.status >= 400 && answer.status <= 505, `status ${answer.status}`);
        assert.ok(await connection.closedWithin(3_000), 'the connection is closed');
        assert.equal(await connection.answer({ timeoutMilliseconds: 100 }), undefined, 'nothing else is answered');
        connection.destroy();
        assert.equal(run.log.counts().has('smuggled'), false, 'what was hidden did not run');
      });
    }
    assert.deepEqual((await callOnce(run.front.port, 'add', { a: 5, b: 3 })).envelope, { ok: true, result: 8 });
    await run.assertNothingLeft(before);
  });
});

test('what is unusual but clear is served', { timeout: 30_000 }, async (t) => {
  const clear = {
    'a chunk extension': chunked(['Transfer-Encoding: chunked'], `1e;a=b\r\n${BODY}\r\n0\r\n\r\n`),
    'a trailer': chunked(['Transfer-Encoding: chunked'], `1e\r\n${BODY}\r\n0\r\nX-A: b\r\n\r\n`),
    'chunked in capitals': chunked(['TRANSFER-ENCODING: CHUNKED']),
    'zeros before a chunk size': chunked(['Transfer-Encoding: chunked'], `0001e\r\n${BODY}\r\n0\r\n\r\n`),
    'spaces around a header value': request([`Content-Length:  ${BODY.length}  `]),
    'an empty line before the request': `\r\n${request([LENGTH])}`,
  };
  await FaultRun.with({ workers: 1 }, async (run) => {
    for (const [what, bytes] of Object.entries(clear)) {
      await t.test(what, async () => {
        const connection = await RawConnection.open({ port: run.front.port });
        connection.send(bytes);
        assert.equal((await connection.answer())?.status, 200);
        connection.destroy();
      });
    }
  });
});
