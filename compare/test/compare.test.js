'use strict';

/** The whole command against two servers of our own. */

const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { Writable } = require('node:stream');
const { main } = require('../lib');

/** A server that answers like the exposure; `change` alters what one of the two says. */
async function serve(t, change = (answer) => answer) {
  const asked = [];
  let clock = 0;
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    asked.push(`${request.method} ${request.url} ${body}`);
    const answer = change({ status: 200, body: bodyFor(request, body) }, request);
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    if (answer.inParts) {
      response.write(answer.body.slice(0, 5));
      await new Promise((resolve) => setTimeout(resolve, 30));
      response.end(answer.body.slice(5));
    } else {
      response.end(answer.body);
    }
  });
  const bodyFor = (request, body) => {
    if (request.url.endsWith('/discovery')) {
      return '{"ok":true,"result":{"allowList":{"enabled":true,"tasks":["t"],"events":[]}}}';
    }
    if (request.url.endsWith('/time')) return JSON.stringify({ ok: true, result: { now: (clock += 1), zone: 'utc' } });
    return JSON.stringify({ ok: true, result: body });
  };
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${server.address().port}/__runner`, asked };
}

async function run(args) {
  const sink = () => {
    let text = '';
    const stream = new Writable({ write(chunk, _encoding, done) { text += chunk; done(); } });
    return Object.assign(stream, { text: () => text });
  };
  const stdout = sink();
  const stderr = sink();
  const code = await main(args, { stdout, stderr });
  return { code, out: stdout.text(), errors: stderr.text() };
}

function requestFile(t, lines) {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'compare-')), 'requests.jsonl');
  fs.writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'));
  t.after(() => fs.rmSync(path.dirname(file), { recursive: true }));
  return file;
}

test('two servers that agree: exit code 0, from discovery alone, and no task is run', async (t) => {
  const [first, second] = [await serve(t), await serve(t)];
  const { code, out } = await run([first.url, second.url, '--no-load']);
  assert.equal(code, 0, out);
  assert.match(out, /Same: all \d+ requests are answered alike/);
  assert.ok(!second.asked.some((line) => line.startsWith('POST') && line.endsWith('/task/t {}')));
});

test('a different body: exit code 1, and the JSON output names the place', async (t) => {
  const first = await serve(t);
  const second = await serve(t, (answer, { url }) => (url.endsWith('/time')
    ? { ...answer, body: '{"ok":true,"result":{"now":0,"zone":"cet"}}' }
    : answer));
  const { code, out } = await run([
    first.url, second.url, '--no-load', '--requests', requestFile(t, [{ path: '/time' }]), '--json', '-',
  ]);
  assert.equal(code, 1);
  const [request] = JSON.parse(out).requests;
  assert.deepEqual(request.differences.map(({ place }) => place), ['body $.result.zone']);
  assert.deepEqual(request.noise.map(({ place }) => place), ['body $.result.now']);
});

test('an unsafe request is not sent unless asked for', async (t) => {
  const [first, second] = [await serve(t), await serve(t)];
  const file = requestFile(t, [{ task: 't', input: 1 }, { path: '/a' }]);
  const { out } = await run([first.url, second.url, '--no-load', '--requests', file]);
  assert.match(out, /1 not sent/);
  assert.deepEqual(first.asked.filter((line) => line.includes('/a')).length, 2); // before and after the second server
  assert.ok(!first.asked.some((line) => line.startsWith('POST')));
  await run([first.url, second.url, '--no-load', '--requests', file, '--include-unsafe']);
  assert.ok(second.asked.includes('POST /__runner/task/t {"input":1}'));
});

test('streaming on one side only is a difference', async (t) => {
  const first = await serve(t, (answer) => ({ ...answer, inParts: true }));
  const second = await serve(t);
  const { code, out } = await run([first.url, second.url, '--no-load', '--requests', requestFile(t, [{ path: '/a' }])]);
  assert.equal(code, 1);
  assert.match(out, /streaming: \S+ streamed, \S+ at once/);
});

test('a server that is not there proves nothing: exit code 2, and a sentence that names it', async (t) => {
  const alive = await serve(t);
  const dead = 'http://127.0.0.1:9/__runner';
  const { code, errors } = await run([dead, alive.url, '--no-load']);
  assert.equal(code, 2);
  assert.match(errors, /does not answer \(ECONNREFUSED\)/);
  const second = await run([alive.url, dead, '--no-load']);
  assert.equal(second.code, 2);
  assert.match(second.out, /Could not compare: 127\.0\.0\.1:9 does not respond \(ECONNREFUSED\)/);
});

test('a wrong option: exit code 2 and a sentence', async () => {
  const { code, errors } = await run(['--rounds', 'many']);
  assert.equal(code, 2);
  assert.match(errors, /--rounds needs a number above 0/);
});

test('the load is measured on both sides with CPU and memory of this process, by the loader of our own', async (t) => {
  const [first, second] = [await serve(t), await serve(t)];
  const file = requestFile(t, [{ name: 'add', task: 't', input: 1, safe: true }]);
  const html = path.join(path.dirname(file), 'page.html');
  const { code, out } = await run([
    first.url, second.url, '--requests', file, '--seconds', '0.3', '--rounds', '1', '--connections', '4', '--load-tool',
    'own', '--json', '-', '--html', html,
  ]);
  assert.equal(code, 0, out);
  const { load } = JSON.parse(out);
  for (const side of load.sides) {
    assert.ok(side.requestsPerSecond > 10);
    assert.equal(side.failures, 0);
    assert.deepEqual(side.processes.map(({ pid }) => pid), [process.pid]);
    assert.ok(side.cpuSecondsPer100k > 0 && side.residentBytes > 0);
  }
  assert.match(fs.readFileSync(html, 'utf8'), /<polyline/);
});
