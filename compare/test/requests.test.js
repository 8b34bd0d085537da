'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const { readRequestLines } = require('../lib/requests');
const { readDiscovery, requestsFromDiscovery } = require('../lib/discovery');
const { readHar } = require('../lib/har');
const { readAccessLog } = require('../lib/access-log');
const { passedOverNotes } = require('../lib/passed-over');

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
  const [request] = readHar(JSON.stringify(har)).requests;
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
  assert.deepEqual(readHar(text).requests.map(({ body }) => body.toString('latin1')), ['\u0000\u0001', 'a=1+2']);
  assert.throws(() => readHar('{"log":{}}'), /not a HAR file: log\.entries is missing/);
});

test('access logs: combined and JSON lines, each request once, other lines passed over', () => {
  const log = [
    '127.0.0.1 - - [23/Nov/2026:10:00:00 +0000] "GET /a?b=1 HTTP/1.1" 200 12 "-" "curl/8"',
    '127.0.0.1 - - [23/Nov/2026:10:00:01 +0000] "GET /a?b=1 HTTP/1.1" 200 12 "-" "curl/8"',
    '127.0.0.1 - - [23/Nov/2026:10:00:01 +0000] "\\x16\\x03" 400 0 "-" "-"',
    '{"method":"POST","path":"/c","status":200}', '{"level":"info","message":"started"}',
    '{"method":"GET","url":"http://h/d?e"', '{"method":"GET","url":"http://h/d?e"}',
  ].join('\n');
  const { requests, passedOver } = readAccessLog(log);
  assert.deepEqual(requests.map(({ method, target, safe }) => [method, target, safe]), [
    ['GET', '/a?b=1', true], ['POST', '/c', false], ['GET', '/d?e', true],
  ]);
  assert.deepEqual(passedOver.map(({ place }) => place), ['line 3', 'line 5', 'line 6']);
});

test('what a HAR file has that cannot be sent is passed over, with its place and why', () => {
  const entry = (request, response = { status: 200 }) => (
    { request: { method: 'GET', headers: [], ...request }, response });
  const har = { log: { entries: [
    entry({ url: 'data:image/png;base64,AAAA' }), entry({ url: 'http://a/aborted' }, { status: 0 }),
    entry({ url: 'http://a/fine' }), entry({ url: 'nothing' }), null, {},
    entry({ url: 'http://a/b', headers: [{ name: 'x', value: 'a\nb' }] }),
    entry({ url: 'http://a/c', headers: [null] }),
  ] } };
  const { requests, passedOver } = readHar(`\ufeff${JSON.stringify(har)}`);
  assert.deepEqual(requests.map(({ target }) => target), ['/fine', '/c']);
  assert.deepEqual(passedOver.map(({ place, reason }) => `${place}: ${reason}`), [
    'entry 1: its url is a data: URL', 'entry 2: it was aborted', 'entry 4: its url is not a URL',
    'entry 5: it has no method or url', 'entry 6: it has no method or url', 'entry 7: its header "x" cannot be sent',
  ]);
});

test('a scanner\'s line in an access log ends nothing', () => {
  const log = [
    '\ufeff1.2.3.4 - - [x] "GET /a HTTP/1.1" 200 1', '1.2.3.4 - - [x] "GET http://[::1/ HTTP/1.1" 400 0',
    '1.2.3.4 - - [x] "CONNECT example.com:443 HTTP/1.1" 405 0', '1.2.3.4 - - [x] "GET /\u4f60 HTTP/1.1" 404 0', '',
    '{"method":"bad method","path":"/x"}',
  ].join('\r\n');
  const { requests, passedOver } = readAccessLog(log);
  assert.deepEqual(requests.map(({ target }) => target), ['/a']);
  assert.deepEqual(passedOver.map(({ place, reason }) => `${place}: ${reason}`), [
    'line 2: its target is not a URL', 'line 3: its target "example.com:443" is not a path',
    'line 4: its target has characters that a request line cannot have', 'line 6: "BAD METHOD" is not a method',
  ]);
});

test('what was passed over is told by reason, with the first places', () => {
  const many = Array.from({ length: 11 }, (_, i) => ({ place: `line ${i + 1}`, reason: 'not a request' }));
  assert.deepEqual(passedOverNotes('access.log', [...many, { place: 'line 20', reason: 'it was aborted' }], 9), [
    `access.log: 11 passed over (9 read): not a request: ${[1, 2, 3, 4, 5, 6, 7, 8].map((n) => `line ${n}`).join(', ')}`
      + ' and 3 more.',
    'access.log: 1 passed over (9 read): it was aborted: line 20.',
  ]);
  assert.deepEqual(passedOverNotes('access.log', [], 9), []);
});

test('a file of requests may begin with a byte order mark; a mistake in it names its line all the same', () => {
  assert.equal(readRequestLines('\ufeff{"path":"/a"}').length, 1);
  assert.throws(() => readRequestLines('{"path":"a b"}'), /line 1 of the requests: its target "a b" is not a path/);
});
