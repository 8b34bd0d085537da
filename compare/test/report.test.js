'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const { makeReport } = require('../lib/report');
const { textReport } = require('../lib/report-text');
const { htmlReport } = require('../lib/report-html');
const { makeRequest } = require('../lib/requests');

const answer = (parts) => ({
  status: 200, headers: [], body: Buffer.from('{}'), complete: true, streamed: false, firstByteMilliseconds: 1,
  totalMilliseconds: 2, ...parts,
});
const checked = (verdict, differences = []) => ({
  request: makeRequest({ method: 'GET', path: `/${verdict}<b>` }), verdict, differences, noise: [],
  ...(verdict === 'skipped' ? {} : { first: answer(), second: answer() }),
});
const report = (verdicts, more = {}) => makeReport({
  urls: ['http://a/', 'http://b/'], date: new Date(0), ignoredHeaders: ['date'], checked: verdicts, ...more,
});
const side = (cpuSecondsPer100k, requestsPerSecond) => ({
  processes: [{ pid: 1, name: 'node' }], requestsPerSecond,
  requestsPerSecondRange: [requestsPerSecond, requestsPerSecond], cpuSecondsPer100k, residentBytes: 1 << 24,
  failures: 0, errorAnswers: 0, latency: [[0, 0.1], [50, 1], [99, 4], [100, 9]],
});
const load = {
  tool: 'wrk', request: 'add', connections: 64, rounds: 3, seconds: 1, sides: [side(2, 1000), side(1, 3000)],
};

test('the outcome is the worst that was found', () => {
  assert.equal(report([checked('same'), checked('noisy'), checked('skipped')]).outcome, 'same');
  assert.equal(report([checked('same'), checked('different'), checked('unanswered')]).outcome, 'different');
  assert.equal(report([checked('same'), checked('unanswered')]).outcome, 'impossible');
});

test('a comparison of nothing is not a success', () => {
  const empty = report([checked('skipped')]);
  assert.equal(empty.outcome, 'impossible');
  assert.match(empty.verdict, /Nothing was compared/);
});

test('the verdict tells speed and CPU when both were measured', () => {
  const { verdict } = report([checked('same')], { load });
  assert.match(verdict, /second serves 3\.00× the requests per second of first, at 50 % of its CPU/);
});

test('the text shows each difference with both values, and the load of both sides', () => {
  const text = textReport(
    report([checked('different', [{ kind: 'status', place: 'status', first: '200', second: '500' }])], { load }),
  );
  assert.match(text, /status: first 200, second 500/);
  assert.match(text, /requests per second\s+1,000\s+3,000\s+3\.00×/);
  assert.match(text, /p99, ms\s+4\.00\s+4\.00\s+1\.00×/);
  assert.match(text, /failures\s+0\s+0\n/);
});

test('a loader of our own is admitted', () => {
  const text = (more) => textReport(report([checked('same')], { load: { ...load, tool: 'own', ...more } }));
  assert.match(text({ isFallback: true }), /by a loader of our own \(neither wrk nor ab is installed\)/);
  assert.match(text({ isFallback: false }), /by a loader of our own$/m);
});

test('the page escapes what servers and requests say, draws both curves and loads nothing', () => {
  const html = htmlReport(
    report([checked('different', [{ kind: 'body', place: 'body $.a', first: '"<script>"', second: '1' }])], { load }),
  );
  assert.ok(!html.includes('<script'));
  assert.ok(html.includes('/different&lt;b&gt;'));
  assert.equal(html.match(/<polyline/g).length, 2);
  assert.ok(!/(?:src|href)=/.test(html));
});

const html = (verdicts, more) => htmlReport(report(verdicts, more));
const different = checked('different', [{ kind: 'status', place: 'status', first: '200', second: '500' }]);

test('the page shows what differs first, before the load, and folds away what is the same', () => {
  const page = html([checked('same'), different], { load });
  const at = (text) => {
    assert.ok(page.includes(text), text);
    return page.indexOf(text);
  };
  assert.ok(at('/different&lt;b&gt;') < at('<details>') && at('<details>') < at('/same&lt;b&gt;'));
  assert.ok(at('/same&lt;b&gt;') < at('<h2>Under load</h2>'));
  assert.ok(!html([checked('same')]).includes('<details>'), 'where nothing differs, nothing is folded');
});

test('text and page call the servers by their names', () => {
  const names = ['node', 'side<car'];
  assert.match(textReport(report([different], { names, load })), /^node {6}http:\/\/a\/\nside<car {2}http:\/\/b\/$/m);
  assert.match(textReport(report([different], { names, load })), /status: node 200, side<car 500/);
  const page = html([different], { names, load });
  assert.match(page, /status: node <code>200<\/code>, side&lt;car <code>500<\/code>/);
  assert.match(page, /<th class="number">side&lt;car<\/th>/);
});

test('text and page tell what was passed over', () => {
  const notes = ['a.log: 1 passed over (3 read): not a request: line 2.'];
  assert.match(textReport(report([checked('same')], { notes })), /1 passed over \(3 read\)/);
  assert.match(html([checked('same')], { notes }), /1 passed over \(3 read\)/);
});
