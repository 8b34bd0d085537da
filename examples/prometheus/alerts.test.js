'use strict';

// The alerts are rules that Prometheus takes, fire when they should and only then, and ask for metrics that there are.
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { Front } = require('../../Tests/support/front.js');

const skip = spawnSync('promtool', ['--version']).error ? 'no promtool here: apt-get install prometheus' : false;
const promtool = (...words) => spawnSync('promtool', words, { cwd: __dirname, encoding: 'utf8' });

test('promtool finds nothing wrong, and each alert fires when it should', { skip, timeout: 60_000 }, () => {
  const check = promtool('check', 'rules', 'alerts.yaml');
  assert.equal(check.status, 0, check.stdout + check.stderr);
  const run = promtool('test', 'rules', 'alerts.promtool.yaml');
  assert.equal(run.status, 0, run.stdout + run.stderr);
});

test('every alert has a case, and asks only for metrics that the front has', { timeout: 30_000 }, async () => {
  const [rules, cases] = ['alerts.yaml', 'alerts.promtool.yaml']
    .map((name) => fs.readFileSync(path.join(__dirname, name), 'utf8'));
  const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  assert.ok(alerts.length > 5);
  assert.deepEqual(alerts.filter((name) => !cases.includes(`alertname: ${name}`)), []);
  const front = await Front.start();
  try {
    const { text } = await front.admin('/metrics');
    const families = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    const asked = [...rules.matchAll(/\b(?:runner_sidecar|http_server|process)_\w+/g)]
      .map(([name]) => name.replace(/_(bucket|count|sum)$/, ''));
    assert.ok(asked.length > 5);
    assert.deepEqual(asked.filter((name) => !families.has(name)), []);
  } finally {
    await front.stop();
  }
});
