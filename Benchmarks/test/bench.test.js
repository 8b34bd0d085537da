'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const net = require('node:net');
const { summarize, ratio } = require('../lib/results');
const { evaluateTargets } = require('../lib/targets');
const { textReport, markdownReport } = require('../lib/report');
const { pageReport } = require('../lib/report-page');
const { withFigures } = require('../lib/docs');
const { CASES } = require('../lib/work');
const { verify, fault } = require('../lib/verify');
const { createPlainServer } = require('../../examples/side-by-side/plain-server');

const run = (subject, round, requestsPerSecond, all, node = all) => ({
  case: 'add', subject, round, requestsPerSecond, milliseconds: { p50: 1, p90: 2, p99: 3, p999: 4 },
  cpuSecondsPer100k: { front: all - node, node, all }, peakBytes: 1 << 20, latency: [[0, 1], [100, 4]],
});

test('ratios are formed within rounds, so a slow round of both does not count', () => {
  const runs = [run('sidecar', 0, 300, 1), run('plain', 0, 100, 3), run('sidecar', 1, 30, 1), run('plain', 1, 10, 3), run('sidecar', 2, 400, 1), run('plain', 2, 100, 3)];
  assert.deepEqual(ratio(runs, { case: 'add', of: 'sidecar', to: 'plain', figure: 'requestsPerSecond' }), { median: 3, low: 3, high: 4 });
});

test('a round that one of the two did not finish makes no ratio', () => {
  assert.equal(ratio([run('sidecar', 0, 300, 1)], { case: 'add', of: 'sidecar', to: 'plain', figure: 'requestsPerSecond' }), undefined);
});

test('a summary holds median and spread', () => {
  const [entry] = summarize([run('plain', 0, 10, 1), run('plain', 1, 30, 1), run('plain', 2, 20, 1)]);
  assert.deepEqual(entry.figures.requestsPerSecond, { median: 20, low: 10, high: 30 });
});

test('targets are met, missed, or said not to be measured', () => {
  const runs = [run('sidecar', 0, 350, 0.9, 0.1), run('plain', 0, 100, 2)];
  const targets = evaluateTargets({ runs, summary: summarize(runs), idle: [], front: undefined });
  const outcome = (what) => targets.find((target) => target.what === what).met;
  assert.equal(outcome('requests per second, to plain Node http'), true);
  assert.equal(outcome('CPU in all per call, to plain Node http'), false);
  assert.equal(outcome('front: resident memory when idle'), undefined);
});

function results() {
  const runs = [run('sidecar', 0, 350, 0.9, 0.1), run('plain', 0, 100, 2)];
  const all = {
    date: '2026-01-02T03:04:05Z', machine: { cpu: 'a|b', cores: 2, memoryBytes: 1 << 30, kernel: 'k', node: 'v20' }, rounds: 1, seconds: 1, busyBefore: 0,
    subjects: [{ id: 'sidecar', title: 'sidecar' }, { id: 'plain', title: 'plain <http>' }], skipped: [{ subject: 'nginx', reason: 'not there' }],
    cases: [{ id: 'add', title: 'add' }], runs, syscalls: [], failures: [], idle: [], summary: summarize(runs),
  };
  return { ...all, targets: evaluateTargets(all) };
}

test('text, Markdown and page carry the same figures, escaped', () => {
  for (const report of [textReport, markdownReport, pageReport]) {
    const text = report(results());
    assert.match(text, /350/);
    assert.match(text, /3\.50×/);
    assert.match(text, /nginx/);
  }
  assert.ok(pageReport(results()).includes('plain &lt;http&gt;'));
  assert.ok(!/(?:src|href)=|<script/.test(pageReport(results())));
});

test('the docs page keeps what a person wrote around the figures', () => {
  const page = withFigures(`before\n<!-- figures: made by scripts/bench --write-docs, do not edit -->\nold\n<!-- end of figures -->\nafter`, 'new');
  assert.match(page, /^before\n[^]*new[^]*\nafter$/);
  assert.ok(!page.includes('old'));
  assert.throws(() => withFigures('no marks', 'new'), /no place for figures/);
});

async function listening(t, server) {
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => server.close());
  return server.address().port;
}

const app = { tasks: { 'app.tasks.add': ({ a, b }) => a + b, 'app.tasks.echo': (x) => x }, events: { 'app.events.notify': () => {} } };

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
  const silent = await listening(t, net.createServer((socket) => socket.on('data', () => socket.destroy()).on('error', () => {})));
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
