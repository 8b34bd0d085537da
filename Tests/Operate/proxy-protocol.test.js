'use strict';

// What a proxy in front says of a connection: the PROXY protocol, from trusted peers only. With the real HAProxy where
// it is installed (Debian: haproxy).
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { TestProcess } = require('../support/child-process.js');
const { freePort } = require('../support/free-port.js');
const { callBytes } = require('../support/http-request.js');
const { withPair } = require('../support/pair.js');
const { RawConnection } = require('../support/raw-connection.js');
const { temporaryFolder } = require('../support/temporary-folder.js');
const { waitUntil } = require('../support/wait-until.js');
const { LOG, THREE, TIMEOUT, add, clients, installed, listens, needs } = require('./listening.js');

const APP = path.join(__dirname, 'app.js');
const haproxy = installed('/usr/sbin/haproxy');

const V1 = 'PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n';
const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';
const V2 = `${SIGNATURE}\x21\x11\x00\x0c\xc0\x00\x02\x08\xc6\x33\x64\x01\xdc\x04\x01\xbb`;
const LOCAL = `${SIGNATURE}\x20\x00\x00\x00`;
const UNKNOWN = 'PROXY UNKNOWN\r\n';
const PROXIED = ['--proxy-protocol', 'on', '--trusted-peers', '127.0.0.1', ...LOG];

test('a trusted proxy says whom a connection is from, in either version; LOCAL is the proxy itself', {
  ...TIMEOUT,
}, async () => {
  await withPair({ app: APP, frontOptions: PROXIED }, async ({ front: { port }, front }) => {
    for (const before of [V1, V2, LOCAL, UNKNOWN]) assert.deepEqual(await add({ port }, { before }), THREE);
    assert.deepEqual(await clients(front, 4), ['192.0.2.7', '192.0.2.8', '127.0.0.1', 'unknown']);
  });
});

test('the header counts once: its client is not the proxy, whose forwarded headers it could forge', {
  ...TIMEOUT,
}, async () => {
  await withPair({ app: APP, frontOptions: PROXIED }, async ({ front: { port }, front }) => {
    const headers = [['X-Forwarded-For', '203.0.113.9']];
    for (const before of [V1, UNKNOWN, LOCAL]) assert.deepEqual(await add({ port }, { before, headers }), THREE);
    assert.deepEqual(await clients(front, 3), ['192.0.2.7', 'unknown', '203.0.113.9']);
    // A second header on the same connection is no HTTP.
    const connection = await RawConnection.open({ port });
    connection.send(Buffer.concat([Buffer.from(V1, 'latin1'), callBytes('add', { a: 1, b: 2 })]));
    assert.equal((await connection.answer())?.status, 200);
    connection.send(V1);
    assert.equal((await connection.answer())?.status, 400);
    assert.ok(await connection.closedWithin(2_000));
    connection.destroy();
  });
});

test('header and requests may come in pieces of any size', TIMEOUT, async () => {
  await withPair({ app: APP, frontOptions: PROXIED }, async ({ front: { port } }) => {
    const bytes = Buffer.concat([Buffer.from(V2, 'latin1'), callBytes('add', { a: 1, b: 2 })]);
    for (const size of [1, 5, 27]) {
      const connection = await RawConnection.open({ port });
      for (let at = 0; at < bytes.length; at += size) {
        connection.send(bytes.subarray(at, at + size));
        await new Promise((resolve) => { setImmediate(resolve); });
      }
      assert.equal((await connection.answer())?.status, 200, `in pieces of ${size}`);
      connection.destroy();
    }
  });
});

test('a trusted peer without a header, or with a malformed one, is refused and the connection ends', {
  ...TIMEOUT,
}, async () => {
  await withPair({ app: APP, frontOptions: PROXIED }, async ({ front: { port }, front }) => {
    const malformed = ['', 'PROXY TCP4 1.2.3.4\r\n', `${SIGNATURE}\x31\x11`, `PROXY ${'x'.repeat(200)}`];
    for (const bytes of malformed) {
      const connection = await RawConnection.open({ port });
      connection.send(Buffer.concat([Buffer.from(bytes, 'latin1'), callBytes('add', { a: 1, b: 2 })]));
      const answer = await connection.answer();
      assert.equal(answer?.status, 400);
      assert.equal(JSON.parse(answer.body.toString()).error.code, 'MALFORMED_PROXY_HEADER');
      assert.ok(await connection.closedWithin(2_000));
      connection.destroy();
    }
    const metrics = await front.metrics();
    assert.equal(
      metrics.get('runner_sidecar_failures_total{side="client",reason="malformed_proxy_header"}'), malformed.length,
    );
  });
});

test('a peer that is not trusted is read as HTTP: without a header it is served, with one it is refused', {
  ...TIMEOUT,
}, async () => {
  const frontOptions = ['--proxy-protocol', 'on', '--trusted-peers', '192.0.2.0/24', ...LOG];
  await withPair({ app: APP, frontOptions }, async ({ front: { port }, front }) => {
    assert.deepEqual(await add({ port }), THREE);
    for (const before of [V1, V2]) assert.equal((await add({ port }, { before })).status, 400);
    assert.deepEqual(new Set(await clients(front, 3)), new Set(['127.0.0.1']));
  });
});

test('a header that does not come is not waited for longer than for the head of a request', TIMEOUT, async () => {
  const frontOptions = [...PROXIED, '--header-timeout', '300ms'];
  await withPair({ app: APP, frontOptions }, async ({ front: { port } }) => {
    for (const bytes of ['', 'PROXY TCP4 192.0', SIGNATURE]) {
      const connection = await RawConnection.open({ port });
      // Byte by byte, so that each would put the end off if any did.
      const drip = setInterval(() => connection.send('1'), 100);
      connection.send(bytes);
      if (bytes !== 'PROXY TCP4 192.0') clearInterval(drip);
      assert.ok(await connection.closedWithin(3_000), JSON.stringify(bytes));
      clearInterval(drip);
      connection.destroy();
    }
  });
});

test('HAProxy with send-proxy and send-proxy-v2, over TCP and a Unix socket, with health checks', {
  ...needs(haproxy, 'haproxy'),
}, async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'http');
  const frontOptions = ['--listen', `unix:${file}`, ...PROXIED, '--trusted-peers', 'unix'];
  await withPair({ app: APP, frontOptions }, async ({ front }) => {
    const servers = [
      `127.0.0.1:${front.port} send-proxy`, `127.0.0.1:${front.port} send-proxy-v2`, `unix@${file} send-proxy-v2`,
    ];
    const ports = await Promise.all(servers.map(() => freePort()));
    fs.writeFileSync(path.join(folder, 'haproxy.cfg'), [
      'defaults', '  mode http', '  timeout connect 5s', '  timeout client 5s', '  timeout server 5s',
      ...servers.flatMap((server, i) => [
        `listen l${i}`, `  bind 127.0.0.1:${ports[i]}`, '  option httpchk GET /__runner/nothing',
        '  http-check expect status 404', `  server s ${server} check inter 200ms check-send-proxy`,
      ]), '',
    ].join('\n'));
    const proxy = new TestProcess('haproxy', haproxy, ['-db', '-f', path.join(folder, 'haproxy.cfg')]);
    try {
      for (const [i, port] of ports.entries()) {
        await listens(port, proxy);
        for (let n = 0; n < 3; n += 1) {
          const answer = await add({ port, localAddress: `127.0.0.${i + 2}` });
          assert.deepEqual(answer, THREE, `${servers[i]}${proxy.report()}`);
        }
      }
      // Health checks come from HAProxy itself, LOCAL in version 2.
      await waitUntil('health checks were answered', async () => (await clients(front, 12)).length > 20);
      const seen = await clients(front, 12);
      for (const i of [2, 3, 4]) assert.equal(seen.filter((client) => client === `127.0.0.${i}`).length, 3);
      assert.ok(!front.child.stderr.includes('PROXY protocol header refused'), front.child.report());
    } finally {
      await proxy.stop();
    }
  });
});
