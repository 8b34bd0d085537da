'use strict';

// docs/operating.md names every option and metric of the supervisor of workers, and no other.
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { ROOT, shimFolder } = require('../Tests/support/project.js');
const { prometheusText } = require('../node-shim/lib/worker-status');

const [, section] = fs.readFileSync(path.join(__dirname, 'operating.md'), 'utf8').split('\n## Renewing workers\n');
const text = section.slice(0, section.indexOf('\n## '));

test('every option of the supervisor is documented', () => {
  const { stdout } = spawnSync(process.execPath, [
    path.join(shimFolder(), 'bin', 'runner-sidecar-shim.js'), '--help',
  ], { encoding: 'utf8', cwd: ROOT });
  const options = [...stdout.matchAll(/^ {2}--([a-z-]+) [A-Z]/gm)].map(([, name]) => name)
    .filter((name) => name !== 'socket');
  assert.ok(options.length > 5, `${options}`);
  const documented = [...text.matchAll(/^\| `--([a-z-]+)`/gm)].map(([, name]) => name);
  assert.deepEqual(documented.sort(), options.sort());
});

test('every metric of the supervisor is documented with its label values, and no other', () => {
  const metrics = prometheusText({
    pid: 1, wanted: 1, serving: 1, workers: [], reloading: false, lastReload: null,
    counts: {
      started: 1, crashed: 0, failedStarts: 0, killed: 0, failedRenewals: 0,
      replaced: { calls: 0, memory: 0, age: 0, reload: 0 }, reloads: { finished: 0, stopped: 0 },
    },
  });
  const names = [...metrics.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  const rows = text.split('\n').filter((line) => line.startsWith('| `runner_sidecar_shim_'));
  const documented = rows.flatMap((row) => [...row.matchAll(/`(runner_sidecar_shim_\w+)`/g)].map(([, name]) => name));
  assert.deepEqual(documented.sort(), names.sort());
  for (const [, name, label, value] of metrics.matchAll(/^(\w+)\{(\w+)="(\w+)"\}/gm)) {
    const row = rows.find((one) => one.includes(`\`${name}\``));
    assert.ok(row?.includes(`\`${label}\``) && row.includes(`\`${value}\``), `${name} ${label} ${value}`);
  }
});
