'use strict';

// The dashboard asks what Prometheus can be asked, for metrics and labels that there are, and its panels lie side by
// side.
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { callBytes, exchangeOnce } = require('../../Tests/support/http-request.js');
const { withPair } = require('../../Tests/support/pair.js');
const { ROOT } = require('../../Tests/support/project.js');
const { temporaryFolder } = require('../../Tests/support/temporary-folder.js');

const dashboard = JSON.parse(fs.readFileSync(path.join(__dirname, 'runner-sidecar.json'), 'utf8'));
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const queries = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));
const withoutPromtool = spawnSync('promtool', ['--version']).error
  ? 'no promtool here: apt-get install prometheus' : false;

/** As Grafana fills it in. */
const filled = (expr) => expr.replaceAll('$__rate_interval', '1m').replace(/\$(job|instance)\b/g, '.*');

test('every query is one that Prometheus takes', { skip: withoutPromtool }, () => {
  const file = path.join(temporaryFolder(), 'rules.yaml');
  const rules = queries.map(({ expr }, index) => ({ record: `q${index}`, expr: filled(expr) }));
  // JSON is YAML.
  fs.writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  assert.ok(queries.length > 20);
});

test('every query asks for metrics and labels that a front has', { timeout: 30_000 }, () => (
  withPair({ app: path.join(ROOT, 'Tests', 'Operate', 'app.js') }, async ({ front }) => {
    await exchangeOnce(front.port, callBytes('add', { a: 1, b: 2 }));
    const { text } = await front.admin('/metrics');
    const labels = new Map([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => [name, new Set(['le'])]));
    const familyOf = (name) => (labels.has(name) ? name : name.replace(/_(bucket|count|sum)$/, ''));
    for (const [, name, list] of text.matchAll(/^(\w+)\{(.*)\} /gm)) {
      for (const [, label] of list.matchAll(/(\w+)="/g)) labels.get(familyOf(name))?.add(label);
    }
    // What Prometheus adds itself.
    const given = ['job', 'instance'];
    for (const { title, expr } of queries) {
      const names = [...expr.matchAll(/\b(?:runner_sidecar|http_server|process)_\w+/g)].map(([name]) => familyOf(name));
      assert.ok(names.length > 0, title);
      for (const name of names) assert.ok(labels.has(name), `${title}: ${name}`);
      const known = new Set([...given, ...names.flatMap((name) => [...labels.get(name) ?? []])]);
      const asked = [
        ...[...expr.matchAll(/\b(\w+)(?:=~|!=|=)"/g)].map(([, label]) => label),
        ...[...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list]) => list.split(', ')),
      ];
      for (const label of asked) assert.ok(known.has(label), `${title}: label ${label} of ${names}`);
    }
  })
));

test('panels have ids of their own, stay within 24 columns, and none lies on another', () => {
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  const taken = new Map();
  for (const { title, gridPos: { x, y, w, h } } of dashboard.panels) {
    assert.ok(x >= 0 && x + w <= 24, title);
    for (let row = y; row < y + h; row += 1) {
      for (let column = x; column < x + w; column += 1) {
        const place = `${column},${row}`;
        assert.equal(taken.get(place), undefined, `${title} at ${place}`);
        taken.set(place, title);
      }
    }
  }
});

test('every panel and variable asks the data source that is chosen above', () => {
  const { list } = dashboard.templating;
  assert.deepEqual(list.map(({ name }) => name), ['datasource', 'job', 'instance']);
  const asked = [...panels, ...panels.flatMap(({ targets }) => targets), ...list.slice(1)];
  for (const { datasource } of asked) assert.deepEqual(datasource, { type: 'prometheus', uid: '${datasource}' });
});
