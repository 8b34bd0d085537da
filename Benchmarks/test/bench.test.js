'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { summarize, ratio } = require('../lib/results');
const { evaluateTargets } = require('../lib/targets');
const { textReport, markdownReport } = require('../lib/report');
const { pageReport } = require('../lib/report-page');
const { withSection, SECTIONS } = require('../lib/docs');
const { totalOf } = require('../lib/syscalls');
const { CASES } = require('../lib/work');
const { verify, fault } = require('../lib/verify');
const { createPlainServer } = require('../../examples/side-by-side/plain-server');

const run = (subject, round, requestsPerSecond, all, node = all) => ({
  case: 'add', subject, round, requestsPerSecond, milliseconds: { p50: 1, p90: 2, p99: 3, p999: 4 },
  cpuSecondsPer100k: { front: all - node, node, all }, peakBytes: 1 << 20, latency: [[0, 1], [100, 4]], disturbance: 0,
  microseconds: { frontUser: 1, frontKernel: 4, nodeUser: 2, nodeKernel: 1 },
});

const rates = { case: 'add', of: 'sidecar', to: 'plain', figure: 'requestsPerSecond' };

test('ratios are formed within rounds, so a slow round of both does not count', () => {
  const runs = [[300, 100], [30, 10], [400, 100]].flatMap(([sidecar, plain], round) => (
    [run('sidecar', round, sidecar, 1), run('plain', round, plain, 3)]));
  assert.deepEqual(ratio(runs, rates), { median: 3, low: 3, high: 4 });
});

test('a round that one of the two did not finish makes no ratio', () => {
  assert.equal(ratio([run('sidecar', 0, 300, 1)], rates), undefined);
});

test('a summary holds median and spread', () => {
  const [entry] = summarize([run('plain', 0, 10, 1), run('plain', 1, 30, 1), run('plain', 2, 20, 1)]);
  assert.deepEqual(entry.figures.requestsPerSecond, { median: 20, low: 10, high: 30 });
});

const outcomeOf = (targets, what) => targets.find((target) => target.what === what);

test('targets are met, missed, or said not to be measured', () => {
  const runs = [run('sidecar', 0, 350, 0.9, 0.1), run('plain', 0, 100, 2)];
  const targets = evaluateTargets({ ...results(), runs, summary: summarize(runs) });
  assert.equal(outcomeOf(targets, 'requests per second, to plain Node http').met, true);
  assert.equal(outcomeOf(targets, 'CPU in all per call, to plain Node http').met, false);
  assert.equal(outcomeOf(targets, 'front: resident memory when idle').met, undefined);
});

test("a target that a peer's own fault stands in the way of says so, and is not missed", () => {
  const failures = [{ case: 'echo-256k', subject: 'nodeexposure', reason: 'it stops half way', isOwn: true }];
  const target = evaluateTargets({ ...results(), failures })
    .find(({ what }) => what.includes('echo 256 KB: nodeExposure'));
  assert.equal(target.met, undefined);
  assert.equal(target.whyNot, 'it stops half way');
  const text = textReport({ ...results(), failures, targets: [target] });
  assert.match(text, /nodeExposure.*cannot be measured: it stops half way/);
});

test('the JSON check is held against JSON.parse of records, round by round', () => {
  const check = (text, round, parse) => (
    { text, round, bytes: 1 << 20, checkNanoseconds: 100, parseNanoseconds: parse });
  const records = [800, 900, 600].map((parse, round) => check('records', round, parse));
  const jsonChecks = [...records, check('strings', 0, 1)];
  const target = evaluateTargets({ ...results(), jsonChecks }).find(({ what }) => what.startsWith('JSON check'));
  assert.deepEqual([target.measured, target.spread, target.met], [8, [6, 9], true]);
});

function results() {
  const runs = [run('sidecar', 0, 350, 0.9, 0.1), run('plain', 0, 100, 2)];
  const alone = { frontUser: 1, frontKernel: 3, nodeUser: 0, nodeKernel: 0 };
  const notFound = { ...runs[0], case: 'not-found', microseconds: alone };
  const all = {
    date: '2026-01-02T03:04:05Z', machine: { cpu: 'a|b', cores: 2, memoryBytes: 1 << 30, kernel: 'k', node: 'v20' },
    rounds: 1, minorRounds: 1, seconds: 1, tookSeconds: 60, busyBefore: 0, failures: [], idle: [], jsonChecks: [],
    subjects: [
      { id: 'sidecar', title: 'sidecar' }, { id: 'plain', title: 'plain <http>' },
      { id: 'nodeexposure', title: 'nodeExposure' },
    ],
    skipped: [{ subject: 'nginx', reason: 'not there' }], cases: [{ id: 'add', title: 'add' }], runs,
    syscalls: [{ case: 'add', subject: 'sidecar', front: 2, node: 0.5, all: 2.5 }],
    floors: [{
      case: 'add', subject: 'sidecar', round: 0, shim: { user: 0.5, kernel: 0.5 },
      job: { parse: 1, run: 1, stringify: 1 },
    }],
    summary: summarize([...runs, notFound]),
  };
  return { ...all, targets: evaluateTargets(all) };
}

const docsPage = (page, all) => Object.entries(SECTIONS)
  .reduce((text, [section, content]) => withSection(text, section, content(all)), page);

const emptyPage = Object.keys(SECTIONS).map((section) => (
  `before ${section}\n<!-- ${section}: made by scripts/bench --write-docs, do not edit -->\n`
  + `old\n<!-- end of ${section} -->\n`
)).join('');

test('text, documents and page carry the same figures, escaped', () => {
  for (const report of [textReport, (all) => docsPage(emptyPage, all), pageReport]) {
    const text = report(results());
    for (const figure of [/350/, /3\.50×/, /nginx/, /2\.00 \+ 0\.500/]) assert.match(text, figure);
  }
  assert.ok(pageReport(results()).includes('plain &lt;http&gt;'));
  assert.ok(!/(?:src|href)=|<script/.test(pageReport(results())));
});

test('a call is held against the sum of its floors, in words and in a table', () => {
  const text = docsPage(emptyPage, results());
  // 8 µs for the call; 4 µs for a 404 and 1 µs for a call that the shim is fed without HTTP.
  assert.match(text, /takes 8\.00 µs of CPU/);
  assert.match(text, /costs 1\.60 times the sum of the two/);
  assert.match(text, /\| add \| 4\.00 \| 5\.00 \| 1\.00 \| 3\.00 \| 1\.60× \|/);
});

test('a disturbed machine is told', () => {
  const disturbed = results();
  disturbed.runs[0].disturbance = 0.4;
  assert.match(textReport(disturbed), /40 % in the worst; it was more than 15 % in 1 of 2 runs/);
});

test('the page in the documents keeps what a person wrote, and must have a place for every section', () => {
  const page = docsPage(emptyPage, results());
  for (const section of Object.keys(SECTIONS)) assert.ok(page.includes(`before ${section}`));
  assert.ok(!page.includes('old'));
  assert.throws(() => withSection('no marks', 'targets', 'new'), /no place for <!-- targets/);
  const real = fs.readFileSync(path.join(__dirname, '..', '..', 'docs', 'performance.md'), 'utf8');
  assert.ok(docsPage(real, results()).includes('Where the time of a call goes'));
});

test('system calls are added up line by line, errors or not', () => {
  const text = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.000100           1        64           write
 40.00    0.000050           1        30         2 read
  0.00    0.000000           0         3           epoll_pwait
------ ----------- ----------- --------- --------- ----------------
100.00    0.000150           1        97         2 total
`;
  assert.equal(totalOf(text), 97);
  assert.equal(totalOf(''), 0);
});

async function listening(t, server) {
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => server.close());
  return server.address().port;
}

const app = {
  tasks: { 'app.tasks.add': ({ a, b }) => a + b, 'app.tasks.echo': (x) => x },
  events: { 'app.events.notify': () => {} },
};

test('the plain server passes every verification, so the yardstick does the whole job', async (t) => {
  for (const work of CASES) {
    const port = await listening(t, createPlainServer(app, { token: work.token }));
    const { answerBytes } = await verify(port, work);
    assert.ok(answerBytes > 50, work.id);
  }
});

test('a wrong result, a wrong status and a missing answer are found', async (t) => {
  const [add] = CASES;
  const wrong = await listening(t, createPlainServer({ ...app, tasks: { 'app.tasks.add': () => 9 } }));
  await assert.rejects(verify(wrong, add), /wrong answer: 200 .*"result":9/);
  const missing = await listening(t, createPlainServer({ tasks: {}, events: {} }));
  await assert.rejects(verify(missing, add), /wrong answer: 404/);
  const silent = await listening(t, net.createServer((socket) => {
    socket.on('data', () => socket.destroy()).on('error', () => {});
  }));
  await assert.rejects(verify(silent, add), /0 of 1 answers/);
});

test("a load's totals must add up", () => {
  const [add] = CASES;
  const good = { requests: 1000, failures: 0, errorAnswers: 0, bytes: 200_000 };
  assert.equal(fault(add, good, 200), undefined);
  assert.match(fault(add, { ...good, failures: 1 }, 200), /broke/);
  assert.match(fault(add, { ...good, errorAnswers: 3 }, 200), /3 of 1000/);
  assert.match(fault(add, { ...good, bytes: 150_000 }, 200), /bytes came/);
  const unauthorized = CASES.find(({ id }) => id === 'unauthorized');
  assert.match(fault(unauthorized, good, 200), /1000 expected/);
});
