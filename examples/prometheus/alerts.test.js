'use strict';

// The alerts are rules that Prometheus takes, fire when they should and only then, whatever the scrape job is called,
// and ask for metrics that there are. The PrometheusRule has the same ones.
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { Front } = require('../../Tests/support/front.js');
const { temporaryFolder } = require('../../Tests/support/temporary-folder.js');
const { FILE, prometheusRule } = require('./prometheus-rule.js');

const skip = spawnSync('promtool', ['--version']).error ? 'no promtool here: apt-get install prometheus' : false;
const read = (name) => fs.readFileSync(path.join(__dirname, name), 'utf8');

/** Holds the rules in `folder` against the cases. */
function promtool(folder) {
  const tool = (...words) => spawnSync('promtool', words, { cwd: folder, encoding: 'utf8' });
  const check = tool('check', 'rules', 'alerts.yaml');
  assert.equal(check.status, 0, check.stdout + check.stderr);
  const run = tool('test', 'rules', 'alerts.promtool.yaml');
  assert.equal(run.status, 0, run.stdout + run.stderr);
}

test('promtool finds nothing wrong, and each alert fires when it should', { skip, timeout: 60_000 }, () => {
  promtool(__dirname);
});

test('the PrometheusRule is made of the alerts, and its alerts fire when they should', {
  skip, timeout: 60_000,
}, () => {
  const rule = fs.readFileSync(FILE, 'utf8');
  assert.equal(rule, prometheusRule(), 'node examples/prometheus/prometheus-rule.js --write');
  // What stands under spec is what Prometheus reads.
  const folder = temporaryFolder();
  const spec = rule.slice(rule.indexOf('\nspec:\n') + '\nspec:\n'.length).replace(/^ {2}/gm, '');
  fs.writeFileSync(path.join(folder, 'alerts.yaml'), spec);
  fs.writeFileSync(path.join(folder, 'alerts.promtool.yaml'), read('alerts.promtool.yaml'));
  promtool(folder);
});

test('every alert has a case, and asks only for metrics that the front has', { timeout: 30_000 }, async () => {
  const [rules, cases] = ['alerts.yaml', 'alerts.promtool.yaml'].map(read);
  const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  assert.ok(alerts.length > 5);
  assert.deepEqual(alerts.filter((name) => !cases.includes(`alertname: ${name}`)), []);
  assert.ok(!/\bjob(?:=|=~)"/.test(rules), 'no alert needs a job of a certain name');
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
