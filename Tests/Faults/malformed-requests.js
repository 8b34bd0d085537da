'use strict';

// Requests that are no HTTP, one for each thing that can be wrong: by the reason under which the front counts it.
// Limits are the defaults.

const GET = 'GET /__runner/task/add HTTP/1.1\r\n';
const POST = 'POST /__runner/task/add HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;

/** @type {Record<string, { status: number, bytes: string }>} */
const MALFORMED_REQUESTS = {
  malformed_request_line: { status: 400, bytes: 'GET\r\nHost: a\r\n\r\n' },
  unknown_method: { status: 400, bytes: 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n' },
  malformed_target: { status: 400, bytes: 'GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n' },
  target_too_long: { status: 414, bytes: `GET /${'x'.repeat(16_500)} HTTP/1.1\r\nHost: a\r\n\r\n` },
  malformed_version: { status: 400, bytes: 'GET / HTTP/one\r\nHost: a\r\n\r\n' },
  version_not_supported: { status: 505, bytes: 'GET / HTTP/2.0\r\nHost: a\r\n\r\n' },
  malformed_field: { status: 400, bytes: `${GET}Host: a\r\nnocolon\r\n\r\n` },
  malformed_field_name: { status: 400, bytes: `${GET}Host: a\r\nX Y: 1\r\n\r\n` },
  folded_field: { status: 400, bytes: `${GET}Host: a\r\nX: 1\r\n 2\r\n\r\n` },
  malformed_field_value: { status: 400, bytes: `${GET}Host: a\r\nX: \x01\r\n\r\n` },
  bare_cr: { status: 400, bytes: `${GET}Host: a\r\nX: 1\rY: 2\r\n\r\n` },
  bare_lf: { status: 400, bytes: `${GET}Host: a\nX: 1\r\n\r\n` },
  headers_too_large: { status: 431, bytes: `${GET}Host: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n` },
  too_many_headers: { status: 431, bytes: `${GET}Host: a\r\n${'A: 1\r\n'.repeat(2_100)}\r\n` },
  missing_host: { status: 400, bytes: `${GET}X: 1\r\n\r\n` },
  repeated_host: { status: 400, bytes: `${GET}Host: a\r\nHost: a\r\n\r\n` },
  malformed_host: { status: 400, bytes: `${GET}Host: a/b\r\n\r\n` },
  malformed_content_length: { status: 400, bytes: `${POST}Content-Length: +1\r\n\r\n` },
  repeated_content_length: { status: 400, bytes: `${POST}Content-Length: 1\r\nContent-Length: 1\r\n\r\n` },
  conflicting_framing: { status: 400, bytes: `${POST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n` },
  malformed_transfer_encoding: { status: 400, bytes: `${POST}Transfer-Encoding: chunked, chunked\r\n\r\n` },
  unsupported_transfer_encoding: { status: 501, bytes: `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n` },
  transfer_encoding_in_http_1_0: { status: 400, bytes: CHUNKED.replace('HTTP/1.1', 'HTTP/1.0') },
  expectation_failed: { status: 417, bytes: `${POST}Expect: miracles\r\nContent-Length: 1\r\n\r\n1` },
  malformed_chunk: { status: 400, bytes: `${CHUNKED}x\r\n` },
  chunk_too_large: { status: 413, bytes: `${CHUNKED}${'f'.repeat(17)}\r\n` },
  chunk_line_too_long: { status: 413, bytes: `${CHUNKED}1;${'x'.repeat(20_000)}\r\n` },
  malformed_trailer: { status: 400, bytes: `${CHUNKED}1\r\n1\r\n0\r\nnocolon\r\n\r\n` },
  forbidden_trailer: { status: 400, bytes: `${CHUNKED}1\r\n1\r\n0\r\nContent-Length: 1\r\n\r\n` },
  trailers_too_large: { status: 431, bytes: `${CHUNKED}1\r\n1\r\n0\r\nX: ${'x'.repeat(20_000)}\r\n\r\n` },
};

module.exports = { MALFORMED_REQUESTS };
