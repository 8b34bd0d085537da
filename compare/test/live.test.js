'use strict';

/** `compare --live` against a front that the test plays, written from the format's description alone. */

const test = require('node:test');
const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { Writable } = require('node:stream');
const { gzipSync } = require('node:zlib');
const { main } = require('../lib');
const { main: liveMain } = require('../lib/live');
const { readShare } = require('../lib/live/options');
const { Tally, PLACES_MOST, TARGETS_MOST } = require('../lib/live/tally');

function frame(kind, payload) {
  const bytes = Buffer.alloc(8 + payload.length);
  bytes.writeUInt32LE(payload.length, 0);
  bytes[4] = kind;
  payload.copy(bytes, 8);
  return bytes;
}

const said = (value) => frame(1, Buffer.from(JSON.stringify(value)));

function call(id, head, body, response) {
  const parts = [Buffer.from(id), Buffer.from(head, 'latin1'), Buffer.from(body), Buffer.from(response)];
  const lengths = Buffer.alloc(20);
  [...parts.map(({ length }) => length), 1_500].forEach((number, i) => lengths.writeUInt32LE(number, i * 4));
  return frame(2, Buffer.concat([lengths, ...parts]));
}

const post = (id, more = '') => `POST /__runner/task/${id} HTTP/1.1\r\nHost: front:7071\r\nX-Runner-Token: secret\r\n`
  + `Content-Length: 99\r\nContent-Type: application/json\r\nConnection: keep-alive\r\n${more}\r\n`;
const ok = (result, more = '') => `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${more}Content-Length: 1\r\n`
  + `Connection: keep-alive\r\n\r\n{"ok":true,"result":${JSON.stringify(result)}}`;

/** A front's mirror that gives what `play` writes, and a second server that answers as `answer` says. */
async function world(t, play, answer = (body) => ({ body: `{"ok":true,"result":${JSON.parse(body).input}}` })) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'live-'));
  const socket = path.join(folder, 'mirror');
  const orders = [];
  const mirror = net.createServer((connection) => {
    connection.on('error', () => {});
    let text = '';
    connection.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      if (!text.endsWith('\n')) return;
      orders.push(JSON.parse(text));
      play(connection);
    });
  });
  mirror.listen(socket);
  await once(mirror, 'listening');
  const asked = [];
  const second = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    asked.push({ method: request.method, url: request.url, headers: request.headers, body });
    const { status = 200, body: answered, headers = {} } = await answer(body, request, asked.length);
    response.writeHead(status, {
      'content-type': 'application/json', 'content-length': Buffer.byteLength(answered), ...headers,
    }).end(answered);
  });
  second.listen(0, '127.0.0.1');
  await once(second, 'listening');
  t.after(() => {
    mirror.close();
    second.close();
    second.closeAllConnections?.();
    fs.rmSync(folder, { recursive: true, force: true });
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (second.address());
  return { socket, folder, orders, asked, url: `http://127.0.0.1:${port}/other` };
}

function sink() {
  let text = '';
  const stream = new Writable({ write(chunk, _encoding, done) { text += chunk; done(); } });
  return Object.assign(stream, { text: () => text });
}

async function run(args, signal) {
  const [stdout, stderr] = [sink(), sink()];
  const code = signal === undefined
    ? await main(args, { stdout, stderr }) : await liveMain(args, { stdout, stderr }, signal);
  return { code, out: stdout.text(), errors: stderr.text() };
}

const GREETING = said({ mirror: 1, front: '0.1.0', basePath: '/__runner' });
const add = (input, result = input) => call('task add', post('add'), `{"input":${input}}`, ok(result));

test('each call goes to the second server as the client sent it, without what belongs to its connection', async (t) => {
  const { socket, url, asked, orders } = await world(t, (connection) => {
    connection.write(Buffer.concat([GREETING, add(1), add(2), add(3)]));
  });
  const { code, out } = await run(['--live', socket, url, '--safe-task', 'add', '--share', '5%', '--live-calls', '3']);
  assert.equal(code, 0, out);
  assert.match(out, /Same: the second server answered all of 3 calls alike/);
  assert.deepEqual(orders, [{ mirror: 1, share: 0.05, targets: ['task add'], marked: true, all: false }]);
  const [{ method, url: target, headers, body }] = asked;
  assert.deepEqual([method, target, body], ['POST', '/other/task/add', '{"input":1}']);
  assert.equal(headers['x-runner-token'], 'secret');
  assert.equal(headers['content-length'], '11');
  assert.notEqual(headers.host, 'front:7071');
});

test('differences are counted by task and first place, whatever the index in an array', async (t) => {
  const items = (price) => ({ items: [{ price: 1 }, { price }] });
  const list = (first) => call('task list', post('list'), '{}', ok(first));
  const { socket, url, folder } = await world(t, (connection) => {
    connection.write(Buffer.concat([GREETING, list(items(5)), list({ items: [{ price: 9 }, { price: 2 }] }), add(1)]));
  }, (body) => ({ body: `{"ok":true,"result":${body === '{}' ? JSON.stringify(items(2)) : 1}}` }));
  const html = path.join(folder, 'page.html');
  const { code, out } = await run([
    '--live', socket, url, '--safe-task', '*', '--live-calls', '3', '--json', '-', '--html', html,
  ]);
  assert.equal(code, 1);
  const { targets, verdict, counts } = JSON.parse(out);
  assert.deepEqual(targets.map(({ name, compared, different }) => [name, compared, different]), [
    ['task list', 2, 2], ['task add', 1, 0],
  ]);
  assert.deepEqual(targets[0].places, [{ place: 'body $.result.items[…].price', count: 2, first: '5', second: '2' }]);
  assert.equal(verdict, 'Different: the second server answered 2 of 3 calls otherwise.');
  assert.deepEqual(counts, { same: 1, noisy: 0, different: 2, unanswered: 0 });
  assert.match(fs.readFileSync(html, 'utf8'), /2 × body \$\.result\.items\[…\]\.price: <code>5<\/code>/);
});

test('where the second server does not agree with itself, nothing is said; asked twice only if safe', async (t) => {
  const play = (connection) => connection.write(Buffer.concat([GREETING, add(1, { now: 0, zone: 'utc' })]));
  const answer = (_body, _request, count) => ({ body: `{"ok":true,"result":{"now":${count},"zone":"utc"}}` });
  const safe = await world(t, play, answer);
  const noisy = await run(['--live', safe.socket, safe.url, '--safe-task', 'add', '--live-calls', '1']);
  assert.equal(noisy.code, 0, noisy.out);
  assert.equal(safe.asked.length, 2);
  const unsafe = await world(t, play, answer);
  const { code } = await run(['--live', unsafe.socket, unsafe.url, '--include-unsafe', '--live-calls', '1']);
  assert.deepEqual([code, unsafe.asked.length], [1, 1]);
  assert.equal(unsafe.orders[0].all, true);
});

test('--ignore-path and --ignore-header leave out what is known to differ, and no more', async (t) => {
  const play = (connection) => connection.write(Buffer.concat([
    GREETING, add(1, { list: [{ age: 1, name: 'a' }] }),
  ]));
  const answer = () => ({ body: '{"ok":true,"result":{"list":[{"age":2,"name":"a"}]}}', headers: { 'x-other': '1' } });
  const { socket, url } = await world(t, play, answer);
  const args = ['--live', socket, url, '--safe-task', 'add', '--live-calls', '1', '--ignore-header', 'X-Other'];
  assert.equal((await run(args)).code, 1);
  assert.equal((await run([...args, '--ignore-path', '$.result.list[*].age'])).code, 0);
  assert.equal((await run([...args, '--ignore-path', '$.result.li'])).code, 1);
});

test('a second server that is down proves nothing: exit code 2; one that fails at times differs', async (t) => {
  const play = (connection) => connection.write(Buffer.concat([GREETING, add(1), add(2)]));
  const { socket, url } = await world(t, play, (body, request) => {
    if (body.includes('2')) request.socket.destroy();
    return { body: '{"ok":true,"result":1}' };
  });
  const args = ['--safe-task', 'add', '--live-calls', '2', '--concurrency', '1'];
  const down = await run(['--live', socket, 'http://127.0.0.1:9/x', ...args]);
  assert.equal(down.code, 2);
  assert.match(down.out, /Could not compare: the second server does not answer \(ECONNREFUSED\)/);
  const flaky = await run(['--live', socket, url, ...args]);
  assert.equal(flaky.code, 1);
  assert.match(flaky.out, /answered 1 of 2 calls otherwise, 1 of them not at all/);
});

test('nothing compared is no success, and what was dropped is told', async (t) => {
  const { socket, url } = await world(t, (connection) => {
    connection.write(Buffer.concat([GREETING, said({ seen: 900, sampled: 9, dropped: 7, skipped: 2 })]));
    setTimeout(() => connection.end(), 50);
  });
  const { code, out } = await run(['--live', socket, url, '--safe-task', 'add']);
  assert.equal(code, 2);
  assert.match(out, /of 900 safe calls 9 were sampled, 0 compared/);
  assert.match(out, /Not compared: 7 dropped since this side was behind; 2 skipped: too large, streamed/);
  assert.match(out, /It ended early: the front closed the connection/);
  assert.match(out, /Nothing was compared: of 900 calls none was compared/);
  const silent = await world(t, (connection) => connection.end(GREETING));
  const none = await run(['--live', silent.socket, silent.url]);
  assert.equal(none.code, 2);
  assert.match(none.out, /no safe call came\. Name tasks with --safe-task ID, or mark them as safe in the app/);
});

test('no more calls are taken than the second server may have at once, so that the front drops the rest', async (t) => {
  let most = 0;
  let now = 0;
  const { socket, url } = await world(t, (connection) => {
    connection.write(GREETING);
    const one = add(JSON.stringify('x'.repeat(50_000)));
    for (let i = 0; i < 200; i += 1) connection.write(one);
  }, async (body) => {
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => { setTimeout(resolve, 10); });
    now -= 1;
    return { body: `{"ok":true,"result":${JSON.parse(body).input}}` };
  });
  await run(['--live', socket, url, '--safe-task', 'add', '--live-calls', '20', '--concurrency', '3']);
  assert.equal(most, 3);
});

test('the time given ends it, and so does a signal, with what was found until then', async (t) => {
  const { socket, url } = await world(t, (connection) => connection.write(Buffer.concat([GREETING, add(1)])));
  const began = performance.now();
  assert.equal((await run(['--live', socket, url, '--safe-task', 'add', '--live-seconds', '1'])).code, 0);
  assert.ok(performance.now() - began >= 950);
  const ended = new AbortController();
  setTimeout(() => ended.abort(), 300);
  const { code, out } = await run(['--live', socket, url, '--safe-task', 'add'], ended.signal);
  assert.equal(code, 0);
  assert.match(out, /all of 1 call alike/);
});

test('the page fills while it runs, and answers under no other name', async (t) => {
  const { socket, url } = await world(t, (connection) => connection.write(Buffer.concat([GREETING, add(1, 2)])));
  const stderr = sink();
  const ended = new AbortController();
  const running = liveMain(['--live', socket, url, '--safe-task', 'add', '--page', '0'], {
    stdout: sink(), stderr,
  }, ended.signal);
  const get = (headers = {}) => new Promise((resolve, reject) => {
    const [, port] = /127\.0\.0\.1:(\d+)\//.exec(stderr.text());
    http.get({ host: '127.0.0.1', port, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => { text += chunk; })
        .on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    }).on('error', reject);
  });
  let page = { text: '', headers: {} };
  for (let i = 0; i < 200 && !page.text.includes('Different'); i += 1) {
    await new Promise((resolve) => { setTimeout(resolve, 20); });
    if (stderr.text().includes('fills while this runs')) page = await get();
  }
  assert.match(page.text, /1 × body \$\.result: <code>2<\/code> → <code>1<\/code>/);
  assert.equal(page.headers.refresh, '2');
  assert.equal((await get({ host: 'evil.example' })).status, 403);
  assert.equal((await get({ host: 'localhost:1' })).status, 200);
  ended.abort();
  assert.equal(await running, 1);
});

test('a response that the front compressed is compared as clients read it', async (t) => {
  const body = '{"ok":true,"result":1}';
  const { socket, url } = await world(t, (connection) => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n';
    const response = Buffer.concat([Buffer.from(`${head}\r\n`), gzipSync(body)]);
    connection.write(Buffer.concat([GREETING, call('task add', post('add'), '{"input":1}', response)]));
  }, () => ({ body, headers: { 'content-length': body.length } }));
  const { code, out } = await run(['--live', socket, url, '--safe-task', 'add', '--live-calls', '1']);
  assert.equal(code, 0, out);
});

test('what cannot be a mirror, or refuses, is said with the remedy: exit code 2', async (t) => {
  const cases = [
    [(connection) => connection.end(said({ error: 'Another comparison is running' })), /Another comparison is running/],
    [(connection) => connection.end(said({ mirror: 2 })), /the front mirrors in version 2, this command in version 1/],
    [(connection) => connection.end('HTTP/1.1 400 Bad Request\r\n\r\n'), /a frame of \d+ bytes.*do not fit/],
    [(connection) => connection.end(frame(1, Buffer.from('{'))), /text that is not JSON/],
    [(connection) => connection.end(frame(7, Buffer.from('{}'))), /a frame of kind 7/],
    [(connection) => connection.end(), /the front closed the connection/],
  ];
  for (const [play, message] of cases) {
    const { socket, url } = await world(t, play);
    const { code, errors } = await run(['--live', socket, url, '--safe-task', 'add']);
    assert.equal(code, 2);
    assert.match(errors, message);
  }
  const { code, errors } = await run(['--live', '/nowhere/mirror', 'http://127.0.0.1:9', '--safe-task', 'a']);
  assert.equal(code, 2);
  assert.match(errors, /--live \/nowhere\/mirror: .*ENOENT.*does a front run with this --mirror-socket\?/);
});

test('records that do not add up end it; calls that are no HTTP are counted and passed over', async (t) => {
  const torn = call('task add', post('add'), '{}', ok(1));
  torn.writeUInt32LE(7, 8);
  for (const [bytes, pattern] of [
    [torn, /the lengths of a call do not add up/], [call('job x', '', '', ''), /do not add up/],
    [frame(2, Buffer.alloc(3)), /do not add up/],
  ]) {
    const { socket, url } = await world(t, (connection) => connection.write(Buffer.concat([GREETING, add(1), bytes])));
    const { out, code } = await run(['--live', socket, url, '--safe-task', 'add']);
    assert.match(out, pattern);
    assert.equal(code, 0);
  }
  const { socket, url } = await world(t, (connection) => {
    const [noRequest, noResponse] = [call('task add', 'nonsense', '', ok(1)), call('task add', post('a'), '', 'x')];
    connection.end(Buffer.concat([GREETING, noRequest, noResponse]));
  });
  assert.match((await run(['--live', socket, url, '--safe-task', 'add'])).out, /2 unreadable/);
});

for (const [args, message] of [
  [['--safe-task', 'a', '--share', '0'], /--share needs a share above 0 and up to 1, such as 5%, 1\/1000 or 0.01, not/],
  [['--safe-task', 'a*b'], /--safe-task needs an id, which may have one \* at its end, not 'a\*b'/],
  [['--safe-task', 'a', '--ignore-path', 'result'], /--ignore-path needs a path .* that begins with \$/],
  [['--safe-task', 'a', '--live-seconds', '1.5'], /--live-seconds needs a whole number from 1 to/],
  [['--safe-task', 'a', '--concurrency', '0'], /--concurrency needs a whole number from 1 to 256/],
  [['--safe-task', 'a', '--page', '70000'], /--page needs a port from 0 to 65535/],
  [['--safe-task', 'a', 'http://a', 'http://b'], /--live compares the front with one base URL/],
  [['--safe-task', 'a', 'ftp://a'], /http or https is needed/],
  [['--safe-task', 'a', '--requests', '/nowhere.jsonl'], /ENOENT/],
  [['--safe-task', 'a', '--rounds', '3'], /Unknown option '--rounds'/],
]) {
  test(`--live ${args.join(' ')} is refused with what would be right`, async () => {
    const { code, errors } = await run(['--live', '/nowhere', ...args]);
    assert.equal(code, 2);
    assert.match(errors, message);
  });
}

test('--live --help lists its own options', async () => {
  const { code, out } = await run(['--live', '--help']);
  assert.equal(code, 0);
  assert.match(out, /--safe-task ID/);
});

test('the safe ones of a requests file are safe here, too', async (t) => {
  const { socket, url, orders, folder } = await world(t, (connection) => connection.end(GREETING));
  const file = path.join(folder, 'requests.jsonl');
  const lines = ['# comment', '{"task":"a","safe":true}', '{"task":"b"}', '{"event":"c","safe":true}', '{"path":"/x"}'];
  fs.writeFileSync(file, lines.join('\n'));
  await run(['--live', socket, url, '--requests', file]);
  assert.deepEqual(orders[0].targets, ['task a', 'event c']);
});

test('shares are read as people write them', () => {
  assert.deepEqual(['1%', '100%', '0.5%', '1/1000', '0.25', '1'].map(readShare), [0.01, 1, 0.005, 0.001, 0.25, 1]);
  const wrong = ['', '-1%', '101%', '1.5', '1/0', '0/5', 'all', '5 %'];
  for (const text of wrong) assert.throws(() => readShare(text), /--share needs a share/, text);
});

test('a tally is bounded, however many ids and places there are', () => {
  const tally = new Tally();
  for (let i = 0; i < 2 * TARGETS_MOST; i += 1) {
    tally.add(`task t${i}`, 'different', [{ kind: 'body', place: `body $.a${i}`, first: '1', second: '2' }]);
  }
  assert.ok(tally.targets.size <= TARGETS_MOST + 1);
  const others = tally.targets.get('(others)');
  assert.equal(others.compared, TARGETS_MOST);
  assert.equal(others.places.size, PLACES_MOST + 1);
  assert.equal([...others.places.values()].reduce((sum, { count }) => sum + count, 0), TARGETS_MOST);
});
