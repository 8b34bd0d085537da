'use strict';

// The admin listener's endpoints, and whom it refuses.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { Front } = require('../support/front.js');
const { RawConnection } = require('../support/raw-connection.js');
const { temporaryFolder } = require('../support/temporary-folder.js');
const { waitUntil } = require('../support/wait-until.js');
const { askAdmin, reload } = require('./admin-client.js');

const ENDPOINTS = ['/', '/livez', '/readyz', '/metrics', '/stats.json', '/workers', '/config', '/log-level'];

async function withFront(options, use) {
  const front = await Front.start({ options });
  try {
    return await use(front);
  } finally {
    await front.stop();
  }
}

test('every endpoint answers GET, and HEAD with the same head and no body', { timeout: 30_000 }, async () => {
  await withFront([], async (front) => {
    for (const endpoint of ENDPOINTS) {
      const get = await askAdmin(front, endpoint);
      assert.ok([200, 503].includes(get.status), `${endpoint}: ${get.status}`);
      assert.equal(Number(get.headers['content-length']), Buffer.byteLength(get.text));
      assert.equal(get.headers['cache-control'], 'no-store');
      const head = await askAdmin(front, endpoint, { method: 'HEAD' });
      assert.equal(head.status, get.status);
      assert.equal(head.text, '');
      assert.equal(head.headers['content-type'], get.headers['content-type']);
    }
  });
});

test('what is not there gets 404 with a list of what is; a wrong method 405 with Allow', {
  timeout: 30_000,
}, async () => {
  await withFront([], async (front) => {
    const missing = await askAdmin(front, '/healthz');
    assert.equal(missing.status, 404);
    for (const endpoint of ENDPOINTS) assert.ok(missing.text.includes(`${endpoint} `), endpoint);
    const wrong = await askAdmin(front, '/metrics', { method: 'POST', body: '' });
    assert.equal(wrong.status, 405);
    assert.equal(wrong.headers.allow, 'GET, HEAD');
    const post = await askAdmin(front, '/log-level', { method: 'POST', body: 'info' });
    assert.equal(post.headers.allow, 'GET, HEAD, PUT');
  });
});

test('PUT /log-level changes what is logged from then on; /config says where the value came from', {
  timeout: 30_000,
}, async () => {
  await withFront(['--log-level', 'error'], async (front) => {
    assert.equal((await askAdmin(front, '/log-level')).text, 'error\n');
    const put = await askAdmin(front, '/log-level', { method: 'PUT', body: 'info' });
    assert.deepEqual([put.status, put.text], [200, 'info\n']);
    await waitUntil('the change is logged', () => /log level changed from=error to=info/.test(front.child.stderr));
    const config = JSON.parse((await askAdmin(front, '/config')).text);
    assert.deepEqual(config['log-level'], { value: 'info', source: 'admin: PUT /log-level' });
    const wrong = await askAdmin(front, '/log-level', { method: 'PUT', body: 'loud' });
    assert.equal(wrong.status, 400);
    assert.match(wrong.text, /trace, debug, info, notice, warning, error, critical/);
    assert.equal((await askAdmin(front, '/log-level')).text, 'info\n');
  });
});

test('/config never shows a token', { timeout: 30_000 }, async () => {
  const file = path.join(temporaryFolder(), 'tokens');
  fs.writeFileSync(file, 'from-the-file\n');
  await withFront(['--token', 'from-the-flag', '--token-file', file], async (front) => {
    const { text } = await askAdmin(front, '/config');
    assert.ok(!text.includes('from-the-f'), text);
    assert.deepEqual(JSON.parse(text).token.value, ['<redacted>']);
  });
});

const askingAs = (front, host) => askAdmin(front, '/metrics', { headers: { Host: host } });

test('a name that is not localhost is refused, for a page may make it resolve here, and the refusal says what to do', {
  timeout: 30_000,
}, async () => {
  await withFront([], async (front) => {
    const asking = async (host) => (await askingAs(front, host)).status;
    const own = `127.0.0.1:${front.adminPort}`;
    for (const host of ['127.0.0.1', own, 'localhost:7072', 'LOCALHOST', '[::1]:7072', '10.1.2.3:80']) {
      assert.equal(await asking(host), 200, host);
    }
    const evil = 'evil.example';
    for (const host of [evil, `${evil}:7072`, `localhost.${evil}`, `127.0.0.1.${evil}`, '1.2.3', '*']) {
      assert.equal(await asking(host), 403, host);
    }
    assert.match((await askingAs(front, 'Sidecar.:7072')).text, /start it with --admin-host sidecar\n$/);
  });
});

test('the names of --admin-host may ask, in any case, with a port or a dot at the end; SIGHUP changes them', {
  timeout: 30_000,
}, async () => {
  const file = path.join(temporaryFolder(), 'sidecar.yaml');
  fs.writeFileSync(file, 'admin-host: [Sidecar, metrics.app.svc.cluster.local.]\n');
  await withFront(['--config', file], async (front) => {
    const asking = async (host) => (await askingAs(front, host)).status;
    const service = 'metrics.app.svc.cluster.local';
    for (const host of ['sidecar', 'SIDECAR:7072', service, `${service}.:7072`, '[::1]', 'localhost']) {
      assert.equal(await asking(host), 200, host);
    }
    for (const host of ['app.svc.cluster.local', 'sidecar.evil.example', 'evil.example']) {
      assert.equal(await asking(host), 403, host);
    }
    const changing = (Origin) => askAdmin(front, '/log-level', {
      method: 'PUT', body: 'info', headers: { Host: 'sidecar', Origin },
    });
    assert.equal((await changing('http://evil.example')).status, 403, 'a page still has to be of here');
    assert.equal((await changing('http://sidecar')).status, 200);
    fs.writeFileSync(file, "admin-host: '*'\n");
    assert.match(await reload(front), /changed=admin-host/);
    assert.equal(await asking('anything.example'), 200);
  });
});

test('what changes something is refused to pages of other origins', { timeout: 30_000 }, async () => {
  await withFront([], async (front) => {
    const changing = (Origin) => askAdmin(front, '/log-level', { method: 'PUT', body: 'debug', headers: { Origin } });
    assert.equal((await changing('http://evil.example')).status, 403);
    assert.equal((await changing('null')).status, 403);
    assert.equal((await askAdmin(front, '/log-level')).text, 'info\n');
    assert.equal((await changing(`http://127.0.0.1:${front.adminPort}`)).status, 200);
  });
});

test('a connection may ask again, also before it was answered; answers keep their order', {
  timeout: 30_000,
}, async () => {
  await withFront([], async (front) => {
    const connection = await RawConnection.open({ port: front.adminPort });
    const get = (target) => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    connection.send(get('/livez') + get('/workers') + get('/log-level') + get('/readyz'));
    const statuses = [];
    const texts = [];
    for (let i = 0; i < 4; i += 1) {
      const answer = await connection.answer({ method: 'GET' });
      statuses.push(answer?.status);
      texts.push(answer?.body.toString());
    }
    assert.deepEqual(statuses, [200, 200, 200, 503]);
    assert.deepEqual(texts.slice(0, 3), ['alive\n', '{"workers":[]}\n', 'info\n']);
    assert.equal(connection.ended, false);
    connection.destroy();
  });
});
