'use strict';

// The official clients work unchanged: what they send is understood, and what they are answered they understand.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { TestProcess } = require('../support/child-process.js');
const { freePort } = require('../support/free-port.js');
const { callOnce, exchangeOnce } = require('../support/http-request.js');
const { withPair } = require('../support/pair.js');
const { WHOLE_RECORDING } = require('./records.js');
const { recordedRequests } = require('./clients/recorded-requests.js');
const { useClients } = require('./clients/real-clients.js');

const TOKEN = [['x-runner-token', 's3cret']];

test("the bytes of every official client's request are understood", { timeout: 60_000 }, async (t) => {
  const requests = recordedRequests();
  assert.ok(requests.length > 50);
  await withPair({ app: path.join(__dirname, 'clients', 'app.js') }, async ({ front }) => {
    for (const { name, request, body } of requests) {
      await t.test(name, async () => {
        const answer = await exchangeOnce(front.port, request);
        assert.ok(answer?.complete, 'an answer comes to its end');
        const envelope = JSON.parse(answer.body.toString('utf8'));
        if (/x-runner-token: override/.test(request.latin1Slice())) {
          assert.equal(answer.status, 401);
          assert.equal(envelope.error.code, 'UNAUTHORIZED');
          return;
        }
        assert.equal(answer.status, 200, answer.body.toString('utf8'));
        await assertArrived(front, request, body, envelope);
      });
    }
  });
});

/** What the app says reached it is what the client sent. */
async function assertArrived(front, request, body, envelope) {
  const target = request.latin1Slice(0, request.indexOf('\r\n')).split(' ')[1];
  if (/multipart|octet-stream/.test(request.latin1Slice(0, request.indexOf('\r\n\r\n')))) {
    assert.equal(Buffer.from(envelope.result.received, 'base64').toString('latin1'), body.toString('latin1'));
    assert.deepEqual(envelope.result.rawHeaders, rawHeadersOf(request));
    return;
  }
  const sent = JSON.parse(body.toString('utf8'));
  if (target.startsWith('/__runner/event/')) {
    assert.deepEqual(envelope, { ok: true });
    const { envelope: seen } = await callOnce(front.port, 'seen', undefined, { headers: TOKEN });
    assert.deepEqual(seen.result, [{
      id: decodeURIComponent(target.split('/').pop()), arrived: 'payload' in sent ? sent.payload : 'nothing',
    }]);
    return;
  }
  assert.deepEqual(envelope, { ok: true, result: { arrived: 'input' in sent ? sent.input : sent } });
}

function rawHeadersOf(request) {
  return request.latin1Slice(0, request.indexOf('\r\n\r\n')).split('\r\n').slice(1).flatMap((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
}

const REFERENCE_APP = path.join(path.dirname(WHOLE_RECORDING), 'reference-app.js');
const missing = [
  !process.env.RUNNER_BUNDLE && 'RUNNER_BUNDLE is not set (a CommonJS bundle of the real @bluelibs/runner 4.8.6)',
  !fs.existsSync(REFERENCE_APP) && 'the reference app is not beside this checkout',
].filter(Boolean).join('; ');

test('the real clients make the same of the sidecar as of nodeExposure', {
  skip: missing || false, timeout: 60_000,
}, async () => {
  const runner = require(path.resolve(process.env.RUNNER_BUNDLE));
  const port = await freePort();
  const original = new TestProcess('reference app', process.execPath, [REFERENCE_APP], {
    env: { PORT: String(port), VARIANT: 'default' },
  });
  try {
    await original.line((line) => (line.startsWith('peer ready') ? true : undefined));
    const expected = await useClients(runner, `http://127.0.0.1:${port}/__runner`);
    assert.deepEqual(expected['mixed: a task with JSON'], { value: 8 }, 'the clients work with nodeExposure');
    await withPair({
      app: path.join(__dirname, 'real-runner', 'app.js'), env: { VARIANT: 'default', REFERENCE_APP },
    }, async ({ front }) => {
      assert.deepEqual(await useClients(runner, `http://127.0.0.1:${front.port}/__runner`), expected);
    });
  } finally {
    await original.stop();
  }
});
