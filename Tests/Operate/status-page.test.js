'use strict';

// The page of a real front in a real browser: what it shows is what /metrics says, while there is load and after it.
const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const { Browser, skipWithoutBrowser: skip } = require('../support/browser.js');
const { callBytes, callOnce } = require('../support/http-request.js');
const { withPair } = require('../support/pair.js');
const { RawConnection } = require('../support/raw-connection.js');
const { pause, waitUntil } = require('../support/wait-until.js');
const { askAdmin, metric } = require('./admin-client.js');

const APP = path.join(__dirname, 'app.js');
const COUNT = 'http_server_request_duration_seconds_count';
const number = (text) => Number(text.replaceAll(',', ''));

/** The rows of one of the page's tables, by the text of their first cell. @returns {Promise<Map<string, string[]>>} */
async function rowsOf(browser, id) {
  const rows = await browser.evaluate(
    `[...document.querySelectorAll('#${id} tbody tr')]
      .map((row) => [...row.cells].map((cell) => cell.innerText.trim()))`);
  return new Map(rows.map((row) => [row[0].split('\n')[0], row]));
}

const figure = async (browser, id) => number(await browser.evaluate(`document.getElementById('${id}').innerText`));

/** Sends requests one after another. */
async function send(port, requests) {
  const connection = await RawConnection.open({ port });
  for (const bytes of requests) {
    connection.send(bytes);
    await connection.answer();
  }
  connection.destroy();
}

/** Waits until the page shows an answer that was made after now. */
async function upToDate(browser, front) {
  const { time } = JSON.parse((await askAdmin(front, '/stats.json')).text);
  await browser.until('the page is up to date', `last !== null && last.time > ${time}`);
}

/** Calls that go well, a task that fails, a target that is not there, a body that is no JSON. */
function mixedRequests() {
  return [
    ...Array.from({ length: 60 }, (_, i) => callBytes(i % 3 === 0 ? 'echo' : 'add', { a: i, b: 1 })),
    ...Array.from({ length: 7 }, () => callBytes('fail', {})),
    ...Array.from({ length: 3 }, () => callBytes('nowhere', {})),
  ];
}

const TIMEOUT = { skip, timeout: 120_000 };

test('two workers, calls and failures: every number of the page is the one of /metrics', TIMEOUT, async () => {
  const settings = { app: APP, workers: 2, frontOptions: ['--loops', '2'] };
  await withPair(settings, ({ front, apps }) => Browser.with(async (browser) => {
    await browser.open(`http://127.0.0.1:${front.adminPort}/`);
    await Promise.all(Array.from({ length: 4 }, () => send(front.port, mixedRequests())));
    await upToDate(browser, front);
    const metrics = await front.metrics();
    assert.equal(await browser.evaluate("document.querySelector('#state.good').innerText"), 'Ready');

    const tasks = await rowsOf(browser, 'tasks');
    assert.deepEqual([...tasks.keys()].sort(), ['add', 'echo', 'fail']);
    for (const [runner_target, row] of tasks) {
      assert.equal(number(row[2]), metric(metrics, COUNT, { runner_target }), `calls of ${runner_target}`);
      const failed = metric(metrics, COUNT, { runner_target, http_response_status_code: '500' });
      assert.equal(number(row[3]), failed, `failed calls of ${runner_target}`);
    }

    const failures = await rowsOf(browser, 'failures');
    assert.deepEqual([...failures.keys()].sort(), ['not_found', 'threw']);
    for (const [reason, row] of failures) {
      assert.equal(number(row[5]), metric(metrics, 'runner_sidecar_failures_total', { side: row[1], reason }), reason);
    }
    assert.deepEqual(failures.get('threw').slice(0, 4), ['threw', 'task', '500', 'fail']);

    const workers = await rowsOf(browser, 'workers');
    assert.deepEqual([...workers.keys()].sort(), apps.map(({ pid }) => `pid ${pid}`).sort());
    for (const [, row] of workers) assert.equal(row.at(-1), 'ready');

    const stages = await browser.evaluate("Object.fromEntries(last.stages.map(({ name, count }) => [name, count]))");
    for (const [stage, count] of Object.entries(stages)) {
      assert.equal(count, metric(metrics, 'runner_sidecar_stage_duration_seconds_count', { stage }), stage);
    }
    assert.deepEqual(browser.problems, []);
  }));
});

test('what is under way and waits is what /metrics says; a worker that stops is shown as unresponsive', {
  ...TIMEOUT,
}, async () => {
  const frontOptions = ['--loops', '1', '--worker-in-flight', '2', '--worker-ping', '200ms'];
  await withPair({ app: APP, frontOptions }, ({ front, app }) => Browser.with(async (browser) => {
    await browser.open(`http://127.0.0.1:${front.adminPort}/`);
    await front.workersReady();
    app.kill('SIGSTOP');
    const clients = await Promise.all(Array.from({ length: 5 }, () => RawConnection.open({ port: front.port })));
    for (const client of clients) {
      client.send(callBytes('add', { a: 1, b: 2 }));
      await pause(20);
    }
    await waitUntil('it is noticed', async () => (await askAdmin(front, '/readyz')).status === 503);
    await upToDate(browser, front);
    const metrics = await front.metrics();
    assert.equal(await figure(browser, 'active'), metric(metrics, 'http_server_active_requests'));
    assert.equal(await figure(browser, 'queued'), metric(metrics, 'runner_sidecar_queued_calls'));
    assert.equal(await figure(browser, 'active'), 5);
    const row = (await rowsOf(browser, 'workers')).get(`pid ${app.pid}`);
    assert.equal(number(row[1]), metric(metrics, 'runner_sidecar_worker_calls_in_flight'));
    assert.equal(row.at(-1), 'unresponsive');
    assert.equal(await browser.evaluate("document.querySelector('#state.bad').innerText"), 'Not ready: no worker');
    app.kill('SIGCONT');
    for (const client of clients) assert.equal((await client.answer())?.status, 200);
    await browser.until('it is ready again', "document.querySelector('#state.good') !== null");
  }));
});

test('the page may load nothing from elsewhere and be framed nowhere', { timeout: 30_000 }, async () => {
  await withPair({ app: APP }, async ({ front }) => {
    const { headers } = await askAdmin(front, '/');
    const policy = headers['content-security-policy'];
    assert.match(policy, /default-src 'none';.*connect-src 'self';.*frame-ancestors 'none'/);
  });
});

test('the front keeps the last minutes, so that what is over can be seen when the page is opened', {
  ...TIMEOUT,
}, async () => {
  await withPair({ app: APP }, async ({ front }) => {
    for (let i = 0; i < 5; i += 1) await callOnce(front.port, 'add', { a: 1, b: 2 });
    await callOnce(front.port, 'fail', {});
    const { entries, counted } = await waitUntil('all calls are in it', async () => {
      const { entries } = JSON.parse((await front.admin('/history.json')).text);
      const counted = entries.flatMap(({ cells }) => cells).reduce((sum, [, count]) => sum + count, 0);
      return counted >= 6 && { entries, counted };
    });
    assert.equal(counted, 6);
    assert.equal(entries.reduce((sum, { failed }) => sum + failed, 0), 1);
    for (const { time, milliseconds } of entries) {
      assert.ok(Math.abs(Date.now() - time) < 60_000 && milliseconds > 0, `${milliseconds} ms until ${time}`);
    }
  });
});
