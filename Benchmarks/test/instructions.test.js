'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { compare, comparisonText, THRESHOLDS } = require('../lib/instruction-baseline');
const { openFixedLoad } = require('../lib/fixed-load');
const { CASES } = require('../lib/work');
const { createPlainServer } = require('../../examples/side-by-side/plain-server');

const machine = { swift: '6.3', architecture: 'x64' };
const counts = (modules, calls = {}, on = machine) => ({ machine: on, groups: { modules, calls } });
const verdictOf = ({ changes }, name) => changes.find((change) => change.name === name).verdict;

test('more instructions than the threshold allows are worse, fewer are told and are not', () => {
  const baseline = counts({ head: 1000, check: 1000, frames: 1000 });
  const limit = 1000 * (1 + THRESHOLDS.modules);
  const within = compare(baseline, counts({ head: limit - 1, check: 1000, frames: 500 }));
  assert.equal(within.isWorse, false);
  assert.deepEqual([verdictOf(within, 'head'), verdictOf(within, 'frames')], ['same', 'less']);
  const beyond = compare(baseline, counts({ head: limit + 1, check: 1000, frames: 500 }));
  assert.equal(beyond.isWorse, true);
  assert.equal(verdictOf(beyond, 'head'), 'more');
});

test('a call through the front may move further than a pure module', () => {
  const moved = 1000 * (1 + (THRESHOLDS.modules + THRESHOLDS.calls) / 2);
  assert.equal(compare(counts({}, { add: 1000 }), counts({}, { add: moved })).isWorse, false);
  assert.equal(compare(counts({ add: 1000 }), counts({ add: moved })).isWorse, true);
});

test('what is no longer counted is worse, so that nothing escapes by being left out; what is new is not', () => {
  assert.equal(compare(counts({ head: 1000 }), counts({})).isWorse, true);
  const added = compare(counts({ head: 1000 }), counts({ head: 1000, check: 5 }));
  assert.equal(added.isWorse, false);
  assert.equal(verdictOf(added, 'check'), 'new');
});

test('counts from another compiler or processor are shown and not judged', () => {
  const comparison = compare(counts({ head: 1000 }), counts({ head: 2000 }, {}, { ...machine, swift: '6.4' }));
  assert.equal(comparison.isWorse, false);
  const text = comparisonText(comparison);
  assert.match(text, /Not judged/);
  assert.match(text, /swift: recorded with 6\.3, counted with 6\.4/);
  assert.match(text, /\+100\.00 %\s+more/);
});

test('the text says which, by how much, and the outcome', () => {
  const text = comparisonText(compare(counts({ head: 1000 }), counts({ head: 1100 })));
  assert.match(text, /head\s+1000\.0\s+1100\.0\s+\+10\.00 %\s+more/);
  assert.match(text, /WORSE than the baseline/);
});

test('the recorded baseline has every group, and the machine it was recorded on', () => {
  const baseline = JSON.parse(fs.readFileSync(path.join(__dirname, '..', 'instructions', 'baseline.json'), 'utf8'));
  assert.ok(Object.keys(baseline.groups.modules).length >= 8);
  assert.ok(Object.keys(baseline.groups.calls).length >= 3);
  assert.ok(baseline.machine.swift && baseline.machine.architecture);
  assert.equal(compare(baseline, baseline).isWorse, false);
});

test('without valgrind the command says so and is content', () => {
  const command = path.join(__dirname, '..', 'bench-instructions.js');
  const { status, stdout } = spawnSync(process.execPath, [command], { env: { PATH: '/nowhere' }, encoding: 'utf8' });
  assert.equal(status, 0);
  assert.match(stdout, /skipped: valgrind/);
});

for (const id of ['pipelined-4', 'new-connection', 'malformed']) {
  test(`a load in lock step makes exactly its requests: ${id}`, async (t) => {
    const work = CASES.find((one) => one.id === id);
    let served = 0;
    const app = { tasks: { 'app.tasks.add': ({ a, b }) => a + b }, events: {} };
    const server = createPlainServer(app, {}).on('request', () => { served += 1; });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    t.after(() => server.close());
    const load = await openFixedLoad(server.address().port, work);
    const requests = await load.run(3);
    load.close();
    assert.equal(requests, 3 * work.connections * work.depth);
    assert.equal(served, requests);
  });
}

test('a load in lock step fails on an answer with another status', async (t) => {
  const server = createPlainServer({ tasks: {}, events: {} }, {});
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => server.close());
  const load = await openFixedLoad(server.address().port, CASES[0]);
  await assert.rejects(load.run(1), /status 404/);
  load.close();
});
