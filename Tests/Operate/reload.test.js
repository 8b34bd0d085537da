'use strict';

// SIGHUP: what can change live changes, and nobody under way notices.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { fieldValue } = require('../support/http-answer-reader.js');
const { callBytes, callOnce } = require('../support/http-request.js');
const { withPair } = require('../support/pair.js');
const { RawConnection } = require('../support/raw-connection.js');
const { temporaryFolder } = require('../support/temporary-folder.js');
const { waitUntil } = require('../support/wait-until.js');
const { askAdmin, reload } = require('./admin-client.js');

const APP = path.join(__dirname, 'app.js');

/** A pair whose front reads a configuration file; `change` writes it anew, has it read, and gives the line logged. */
function withConfigured(settings, use) {
  const file = path.join(temporaryFolder(), 'sidecar.json');
  const write = (next) => fs.writeFileSync(file, typeof next === 'string' ? next : JSON.stringify(next));
  write(settings);
  return withPair({ app: APP, frontOptions: ['--config', file] }, ({ front }) => use(front, (next) => {
    write(next);
    return reload(front);
  }));
}

test('limits and the log level change without a restart; the rest is said to need one', {
  timeout: 30_000,
}, async () => {
  await withConfigured({ 'body-limit': '1KiB', 'log-level': 'info' }, async (front, change) => {
    const large = { text: 'x'.repeat(3_000) };
    assert.equal((await callOnce(front.port, 'echo', large)).status, 413);
    const line = await change({ 'body-limit': '8KiB', 'log-level': 'debug', backlog: 5 });
    assert.match(line, /changed="body-limit, log-level" needRestart=backlog tokens=0/);
    assert.equal((await callOnce(front.port, 'echo', large)).status, 200);
    assert.equal((await askAdmin(front, '/log-level')).text, 'debug\n');
    const config = JSON.parse((await askAdmin(front, '/config')).text);
    assert.deepEqual(config['body-limit'], { value: '8KiB', source: 'file: body-limit' });
  });
});

test('origins, base path, token and trusted proxies change for connections that are open already', {
  timeout: 30_000,
}, async () => {
  await withConfigured({ 'access-log': 'all', 'cors-origins': ['https://a.example'] }, async (front, change) => {
    const connection = await RawConnection.open({ port: front.port });
    const headers = [['Origin', 'https://b.example'], ['X-Forwarded-For', '203.0.113.7'], ['x-secret', 'right']];
    const ask = async (basePath = '/__runner') => {
      connection.send(callBytes('add', { a: 1, b: 2 }, { basePath, headers }));
      const answer = await connection.answer();
      return [answer?.status, fieldValue(answer, 'access-control-allow-origin')];
    };
    const clients = () => front.child.stderr.match(/ access client=\S+/g)?.map((field) => field.split('=')[1]);
    assert.deepEqual(await ask(), [200, undefined]);
    await change({ 'access-log': 'all', 'cors-origins': ['https://b.example'] });
    assert.deepEqual(await ask(), [200, 'https://b.example']);
    await change({ 'access-log': 'all', 'trusted-peers': ['127.0.0.1'], token: 'right' });
    assert.deepEqual(await ask(), [401, '*']);
    await change({ 'access-log': 'all', token: 'right', 'token-header': 'x-secret', 'base-path': '/rpc' });
    assert.deepEqual(await ask('/rpc'), [200, '*']);
    await waitUntil('four lines are there', () => clients()?.length === 4);
    assert.deepEqual(clients(), ['127.0.0.1', '127.0.0.1', '203.0.113.7', '127.0.0.1']);
    connection.destroy();
  });
});

test('a log level that was PUT lasts until the settings are read again', { timeout: 30_000 }, async () => {
  await withConfigured({ 'log-level': 'notice' }, async (front, change) => {
    await askAdmin(front, '/log-level', { method: 'PUT', body: 'debug' });
    await change({ 'log-level': 'notice' });
    assert.equal((await askAdmin(front, '/log-level')).text, 'notice\n');
  });
});

test('settings that are wrong change nothing, and say what is wrong on one line', { timeout: 30_000 }, async () => {
  await withConfigured({ 'body-limit': '1KiB' }, async (front, change) => {
    const wrong = [
      [{ 'body-limt': '8KiB', 'idle-timeout': '5' }, /\\"body-limt\\"\. Did you mean body-limit\?; .* must be a time/],
      ['{ "body-limit": "8KiB",\n\n}', /sidecar\.json\\" line 3: not JSON: unexpected/],
      ['body-limit: [', /sidecar\.json\\" line 1: /],
    ];
    for (const [settings, expected] of wrong) {
      const line = await change(settings);
      assert.match(line, /error SIGHUP: the new settings are wrong, the old stay in force problems=/);
      assert.match(line, expected);
      assert.match(line, /side=front$/);
      assert.ok(!line.includes('--socket is required'), 'a file that was not understood lacks nothing');
      assert.equal((await callOnce(front.port, 'echo', { text: 'x'.repeat(3_000) })).status, 413);
    }
    assert.match(await change({ 'body-limit': '8KiB' }), /changed=body-limit/);
    assert.equal((await callOnce(front.port, 'echo', { text: 'x'.repeat(3_000) })).status, 200);
  });
});

test('the access log and request ids can be turned on and off under way', { timeout: 30_000 }, async () => {
  await withConfigured({}, async (front, change) => {
    await callOnce(front.port, 'add', { a: 1, b: 2 });
    await change({ 'access-log': 'all', 'request-id': 'on' });
    const { answer } = await callOnce(front.port, 'add', { a: 1, b: 2 });
    const hasID = ({ headers }) => headers.some(([name]) => name === 'x-request-id');
    assert.ok(hasID(answer));
    await waitUntil('the line is there', () => / access /.test(front.child.stderr));
    await change({});
    assert.ok(!hasID((await callOnce(front.port, 'add', { a: 1, b: 2 })).answer));
  });
});

test('under load no request is lost and no connection dropped', { timeout: 60_000 }, async (t) => {
  await withConfigured({ 'body-limit': '1MiB' }, async (front, change) => {
    let isLoaded = true;
    let answered = 0;
    const lanes = Array.from({ length: 8 }, async (_, lane) => {
      const connection = await RawConnection.open({ port: front.port });
      for (let i = 0; isLoaded; i += 1) {
        const input = { lane, i };
        // In two pieces: some of them have a reload in the middle.
        const bytes = callBytes(i % 5 === 0 ? 'wait' : 'echo', { ...input, ms: 5 });
        connection.send(bytes.subarray(0, 40));
        await new Promise(setImmediate);
        connection.send(bytes.subarray(40));
        const answer = await connection.answer();
        assert.equal(answer?.status, 200, `lane ${lane}, call ${i}`);
        answered += 1;
      }
      connection.destroy();
    });
    for (let round = 0; round < 10; round += 1) {
      await change({ 'body-limit': round % 2 ? '1MiB' : '2MiB', 'header-timeout': `${round + 5}s` });
    }
    isLoaded = false;
    await Promise.all(lanes);
    t.diagnostic(`${answered} calls through 10 reloads, on 8 connections`);
    assert.ok(answered > 0);
  });
});
