'use strict';

// Where clients reach a front: Unix sockets, several listeners, sockets that systemd opened, and what a proxy says of a
// connection. With the real nginx, HAProxy and systemd-socket-activate where they are installed (Debian: nginx-light,
// haproxy, systemd).
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { startApp } = require('../support/app.js');
const { TestProcess } = require('../support/child-process.js');
const { freePort } = require('../support/free-port.js');
const { Front } = require('../support/front.js');
const { callBytes } = require('../support/http-request.js');
const { withPair } = require('../support/pair.js');
const { frontBinary } = require('../support/project.js');
const { RawConnection } = require('../support/raw-connection.js');
const { temporaryFolder } = require('../support/temporary-folder.js');
const { waitUntil } = require('../support/wait-until.js');

const APP = path.join(__dirname, 'app.js');
const TIMEOUT = { timeout: 40_000 };
const LOG = ['--access-log', 'all', '--log-format', 'json'];

/** The first of these files that is there. */
const installed = (...files) => files.find((file) => fs.existsSync(file));
const nginx = installed('/usr/sbin/nginx');
const haproxy = installed('/usr/sbin/haproxy');
const socketActivate = installed('/usr/bin/systemd-socket-activate', '/usr/lib/systemd/systemd-socket-activate');
const needs = (program, name) => ({ ...TIMEOUT, skip: program === undefined && `${name} is not installed` });

/** Adds 1 and 2 at an address, with bytes before the request; gives the answer. */
async function add(address, { before = '', headers = [] } = {}) {
  const connection = await RawConnection.open(address);
  try {
    connection.send(Buffer.concat([Buffer.from(before, 'latin1'), callBytes('add', { a: 1, b: 2 }, { headers })]));
    const answer = await connection.answer({ timeoutMilliseconds: 10_000 });
    assert.ok(answer, `an answer: ${connection.fate}`);
    return { status: answer.status, body: JSON.parse(answer.body.toString()) };
  } finally {
    connection.destroy();
  }
}

const THREE = { status: 200, body: { ok: true, result: 3 } };

/** The `client` of the access log's lines so far, once there are `count`. */
function clients(front, count) {
  return waitUntil(`${count} requests are in the access log`, () => {
    const lines = front.child.stderr.split('\n').slice(0, -1).map((line) => JSON.parse(line));
    const found = lines.filter(({ message }) => message === 'access').map(({ client }) => client);
    return found.length >= count && found;
  });
}

/** Runs a front that is expected to refuse to start; gives what it says. */
async function refusal(options, env) {
  const child = new TestProcess('front', frontBinary(), [
    'serve', '--admin', 'off', '--socket', path.join(temporaryFolder(), 's'), ...options,
  ], { env });
  const { code } = await child.exit;
  assert.notEqual(code, 0);
  return child.stderr;
}

// --- Unix sockets

test('a Unix socket and two addresses are served side by side, the file with its mode, until the front leaves', {
  ...TIMEOUT,
}, async () => {
  const file = path.join(temporaryFolder(), 'http');
  const second = await freePort();
  const frontOptions = [
    '--listen', `unix:${file}`, '--listen', `127.0.0.1:${second}`, '--listen-mode', '0600', '--loops', '2', ...LOG,
  ];
  await withPair({ app: APP, frontOptions, workers: 1 }, async ({ front }) => {
    for (const address of [{ path: file }, { port: front.port }, { port: second }]) {
      assert.deepEqual(await add(address), THREE);
    }
    assert.equal(fs.statSync(file).mode & 0o7777, 0o600);
    assert.deepEqual(await clients(front, 3), ['unix', '127.0.0.1', '127.0.0.1']);
    assert.match(front.child.stdout, new RegExp(`"event":"listening","socket":"unix:${file}"`));
    await front.stop();
    assert.ok(!fs.existsSync(file), 'the file is gone');
  });
});

test('a dead socket file is replaced; one that is alive, or is no socket, is left, and the front says so', {
  ...TIMEOUT,
}, async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'http');
  const first = await Front.start({ options: ['--listen', `unix:${file}`] });
  assert.match(await refusal(['--listen', `unix:${file}`]), /--listen unix:\S+ is in use by another process/);
  await first.stop({ signal: 'SIGKILL' });
  assert.ok(fs.existsSync(file), 'killed, it leaves its file');
  const second = await Front.start({ options: ['--listen', `unix:${file}`] });
  // A file that another front has put in its place stays when this one leaves.
  fs.renameSync(file, `${file}.old`);
  fs.writeFileSync(file, 'something else');
  await second.stop();
  assert.equal(fs.readFileSync(file, 'utf8'), 'something else');
  assert.match(await refusal(['--listen', `unix:${file}`]), /exists and is not a socket; left unchanged/);
  fs.rmSync(file);
  assert.match(
    await refusal(['--listen', `unix:${file}`, '--listen-group', 'no-such-group']),
    /--listen-group no-such-group: there is no such group/,
  );
});

test('requests in the kernel when the front stops listening are answered', TIMEOUT, async () => {
  const file = path.join(temporaryFolder(), 'http');
  await withPair({ app: APP, frontOptions: ['--listen', `unix:${file}`] }, async ({ front }) => {
    front.child.kill('SIGSTOP');
    const connections = await Promise.all(Array.from({ length: 5 }, () => RawConnection.open({ path: file })));
    for (const connection of connections) connection.send(callBytes('add', { a: 1, b: 2 }));
    front.child.kill('SIGTERM');
    front.child.kill('SIGCONT');
    for (const connection of connections) {
      assert.equal((await connection.answer())?.status, 200, connection.fate);
      connection.destroy();
    }
  });
});

test('nginx in front of a Unix socket: its word on the client is taken with --trusted-peers unix, else not', {
  ...needs(nginx, 'nginx'),
}, async () => {
  for (const trusted of [true, false]) {
    const folder = temporaryFolder();
    const file = path.join(folder, 'http');
    const port = await freePort();
    fs.writeFileSync(path.join(folder, 'nginx.conf'), `
      daemon off; pid ${folder}/pid; error_log stderr; worker_processes 1;
      events { }
      http {
        access_log off;
        client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f;
        uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/c;
        upstream app { server unix:${file}; keepalive 4; }
        server {
          listen 127.0.0.1:${port};
          location / {
            proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          }
        }
      }`);
    const frontOptions = [
      '--listen', `unix:${file}`, '--listen-mode', '0666', ...trusted ? ['--trusted-peers', 'unix'] : [], ...LOG,
    ];
    await withPair({ app: APP, frontOptions }, async ({ front }) => {
      fs.chmodSync(folder, 0o755);
      const proxy = new TestProcess('nginx', nginx, ['-c', path.join(folder, 'nginx.conf'), '-p', folder]);
      try {
        await listens(port, proxy);
        for (let i = 0; i < 3; i += 1) {
          assert.deepEqual(await add({ port, localAddress: '127.0.0.2' }), THREE, proxy.report());
        }
        assert.deepEqual(await clients(front, 3), Array(3).fill(trusted ? '127.0.0.2' : 'unix'));
      } finally {
        await proxy.stop();
      }
    });
  }
});

/** Waits until somebody listens on a port. */
function listens(port, child) {
  return waitUntil(`${child.name} listens`, async () => {
    assert.ok(!child.exited, child.report());
    try { (await RawConnection.open({ port })).destroy(); } catch { return false; }
    return true;
  });
}

// --- Socket activation

test('a front serves the sockets that systemd-socket-activate opened, TCP and Unix, all or by name', {
  ...needs(socketActivate, 'systemd-socket-activate'),
}, async () => {
  for (const target of ['systemd', 'systemd:web']) {
    const folder = temporaryFolder();
    const [file, socket, port] = [path.join(folder, 'http'), path.join(folder, 's'), await freePort()];
    const manager = new TestProcess('systemd-socket-activate', socketActivate, [
      '--listen', `127.0.0.1:${port}`, '--listen', file, '--fdname', 'web:local',
      frontBinary(), 'serve', '--listen', target, '--admin', 'off', '--socket', socket,
    ]);
    await waitUntil('the socket is there', () => fs.existsSync(file));
    const app = startApp(APP, { socket });
    try {
      // The first connection starts the front, and waits for it.
      assert.deepEqual(await add({ port }), THREE);
      if (target === 'systemd') assert.deepEqual(await add({ path: file }), THREE);
      assert.match(manager.stdout, new RegExp(`"address":"127.0.0.1","port":${port}`));
      assert.equal(manager.stdout.includes('systemd:local'), target === 'systemd');
    } finally {
      await manager.stop();
      await (await app).stop();
    }
    assert.ok(fs.existsSync(file), "the file is the service manager's, and stays");
  }
});

/** Holds a listening socket and runs a front on it, anew when that leaves; says the port and each front's process. */
const KEEPER = `
import os, signal, socket, sys, time
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(64)
print("port", listener.getsockname()[1], flush=True)
child = 0
def leave(*_):
    if child: os.kill(child, signal.SIGKILL)
    os._exit(0)
signal.signal(signal.SIGTERM, leave)
while True:
    child = os.fork()
    if child == 0:
        os.dup2(listener.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
        os.execv(sys.argv[1], sys.argv[1:])
    print("front", child, flush=True)
    os.waitpid(child, 0)
    child = 0
    time.sleep(0.3)
`;
const python = installed('/usr/bin/python3');

test('while a front with a passed socket restarts, clients wait at the socket and none is refused or reset', {
  ...needs(python, 'python3'),
}, async () => {
  const socket = path.join(temporaryFolder(), 's');
  const keeper = new TestProcess('keeper', python, [
    '-c', KEEPER, frontBinary(), 'serve', '--listen', 'systemd', '--admin', 'off', '--socket', socket,
  ]);
  const said = (word, nth = 0) => keeper.line(() => (
    [...keeper.stdout.matchAll(new RegExp(`^${word} (\\d+)$`, 'gm'))].map(([, number]) => Number(number))[nth]
  ));
  let app;
  try {
    const port = await said('port');
    const front = await said('front');
    app = await startApp(APP, { socket });
    assert.deepEqual(await add({ port }), THREE);
    process.kill(front, 'SIGTERM');
    // Connections of before, between and after the two fronts.
    const answers = [];
    for (let i = 0; i < 40; i += 1) {
      answers.push(add({ port }));
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
    assert.ok(await said('front', 1), 'another front runs');
    for (const answer of await Promise.all(answers)) assert.deepEqual(answer, THREE);
  } finally {
    await keeper.stop();
    await app?.stop();
  }
});

test('what is passed wrongly is said, with what to do', TIMEOUT, async () => {
  const says = async (env, pattern, target = 'systemd') => {
    assert.match(await refusal(['--listen', target], env), pattern);
  };
  await says({ LISTEN_FDS: '' }, /LISTEN_FDS is not set.*Start the front from a unit that has a \.socket unit/);
  await says({ LISTEN_FDS: '1', LISTEN_PID: '1' }, /passed to process 1, not to this one.*ExecStart=/);
  await says({ LISTEN_FDS: 'many' }, /LISTEN_FDS is "many", which is not a number of sockets/);
  await says({ LISTEN_FDS: '200' }, /descriptor \d+ \(unknown\) is not a listening stream socket.*Accept=no/);
});

test('two values that contradict each other are refused before anything is opened', TIMEOUT, async () => {
  const file = '/run/x.sock';
  assert.match(await refusal(['--listen', 'systemd', '--listen', 'systemd:web']), /Remove either/);
  assert.match(await refusal(['--listen', `unix:${file}`, '--listen', `unix:${file}`]), /twice/);
  assert.match(await refusal(['--listen', 'unix:']), /must be unix: and a path/);
  assert.match(await refusal(['--proxy-protocol', 'on']), /trusted peers only, and there are none.*--trusted-peers/s);
  assert.match(await refusal(['--trusted-peers', 'unixes']), /must be a block of addresses.*or unix/);
});

// --- The PROXY protocol

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
