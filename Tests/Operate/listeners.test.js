'use strict';

// Where clients reach a front: Unix sockets, several listeners, and sockets that systemd opened. With the real nginx
// and systemd-socket-activate where they are installed (Debian: nginx-light, systemd).
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
const { LOG, THREE, TIMEOUT, add, clients, installed, listens, needs } = require('./listening.js');

const APP = path.join(__dirname, 'app.js');
const nginx = installed('/usr/sbin/nginx');
const socketActivate = installed('/usr/bin/systemd-socket-activate', '/usr/lib/systemd/systemd-socket-activate');

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
