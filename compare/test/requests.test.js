'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const { readRequestLines } = require('../lib/requests');
const { readDiscovery, requestsFromDiscovery } = require('../lib/discovery');
const { readHar } = require('../lib/har');
const { readAccessLog } = require('../lib/access-log');

test('a task line becomes the POST that clients send, and is not safe by itself', () => {
  const [request] = readRequestLines('{"task":"app.tasks.add","input":{"a":5,"b":3}}');
  assert.equal(request.method, 'POST');
  assert.equal(request.path, '/task/app.tasks.add');
  assert.equal(request.body.toString(), '{"input":{"a":5,"b":3}}');
  assert.equal(request.safe, false);
});

test('an event line carries its payload, and an id is escaped in the path', () => {
  const [request] = readRequestLines('{"event":"app/events ✓","payload":1,"safe":true}');
  assert.equal(request.path, `/event/${encodeURIComponent('app/events ✓')}`);
  assert.equal(request.body.toString(), '{"payload":1}');
  assert.equal(request.safe, true);
});

test('GET is safe by itself, POST is not, and `safe` says otherwise for both', () => {
  const text = [
    '{"path":"/a"}', '{"path":"/a","method":"post"}', '{"path":"/a","safe":false}',
    '{"path":"/a","body":"x","safe":true}',
  ].join('\n');
  assert.deepEqual(readRequestLines(text).map(({ method, safe }) => [method, safe]), [
    ['GET', true], ['POST', false], ['GET', false], ['POST', true],
  ]);
});

test('comments and empty lines are passed over, a mistake names its line', () => {
  assert.equal(readRequestLines('# first\n\n// second\n{"path":"/a"}\n').length, 1);
  assert.throws(() => readRequestLines('{"path":"/a"}\n{"path":'), /^Error: line 2 of the requests: /);
  assert.throws(() => readRequestLines('{"task":"a","inputt":1}'), /line 1 .*unknown member 'inputt'/);
  assert.throws(() => readRequestLines('{"name":"nothing to ask"}'), /line 1 .*one of task, event, path or target/);
});

test('bodyBase64 gives bytes that text cannot', () => {
  const [request] = readRequestLines('{"path":"/a","bodyBase64":"//4A"}');
  assert.deepEqual([...request.body], [0xff, 0xfe, 0x00]);
});

test('requests made from discovery run no task, but for the calls, which are unsafe', () => {
  const ids = readDiscovery(
    '{"ok":true,"result":{"allowList":{"enabled":true,"tasks":["app.tasks.add"],"events":["app.events.notify"]}}}',
  );
  const requests = requestsFromDiscovery(ids);
  const unsafe = requests.filter(({ safe }) => !safe);
  assert.deepEqual(unsafe.map(({ name }) => name), [
    'task app.tasks.add, no input', 'event app.events.notify, no input',
  ]);
  for (const { method, path, body } of requests.filter(({ safe, method }) => safe && method === 'POST')) {
    const reachesNoTask = path.includes('no.such') || !isJson(body);
    assert.ok(reachesNoTask, `${method} ${path} would run a task`);
  }
});

function isJson(body) {
  try {
    JSON.parse(body.toString());
    return true;
  } catch {
    return false;
  }
}

test('what is no discovery answer is refused', () => {
  assert.throws(() => readDiscovery('{"ok":false}'), /no result\.allowList/);
});

test('a HAR entry keeps method, path, query, headers and body, and drops what belongs to its connection', () => {
  const har = { log: { entries: [{ request: {
    method: 'POST', url: 'https://app.example.com/__runner/task/x?y=1#z',
    headers: [
      { name: ':path', value: '/x' }, { name: 'Host', value: 'app.example.com' },
      { name: 'Content-Length', value: '2' }, { name: 'X-Tenant', value: 'a' },
    ],
    postData: { mimeType: 'application/json', text: '{}' },
  } }] } };
  const [request] = readHar(JSON.stringify(har));
  assert.equal(request.target, '/__runner/task/x?y=1');
  assert.deepEqual(request.headers, [['X-Tenant', 'a']]);
  assert.equal(request.body.toString(), '{}');
  assert.equal(request.safe, false);
});

test('HAR bodies in base64 and as form parameters are read', () => {
  const entry = (postData) => ({ request: { method: 'POST', url: 'http://a/b', headers: [], postData } });
  const text = JSON.stringify({
    log: { entries: [entry({ text: 'AAE=', encoding: 'base64' }), entry({ params: [{ name: 'a', value: '1 2' }] })] },
  });
  assert.deepEqual(readHar(text).map(({ body }) => body.toString('latin1')), ['\u0000\u0001', 'a=1+2']);
  assert.throws(() => readHar('{"log":{}}'), /no HAR file/);
});

test('access logs: combined and JSON lines, each request once, other lines passed over', () => {
  const log = [
    '127.0.0.1 - - [23/Nov/2026:10:00:00 +0000] "GET /a?b=1 HTTP/1.1" 200 12 "-" "curl/8"',
    '127.0.0.1 - - [23/Nov/2026:10:00:01 +0000] "GET /a?b=1 HTTP/1.1" 200 12 "-" "curl/8"',
    '127.0.0.1 - - [23/Nov/2026:10:00:01 +0000] "\\x16\\x03" 400 0 "-" "-"',
    '{"method":"POST","path":"/c","status":200}', '{"level":"info","message":"started"}',
    '{"method":"GET","url":"http://h/d?e"', '{"method":"GET","url":"http://h/d?e"}',
  ].join('\n');
  assert.deepEqual(readAccessLog(log).map(({ method, target, safe }) => [method, target, safe]), [
    ['GET', '/a?b=1', true], ['POST', '/c', false], ['GET', '/d?e', true],
  ]);
});
