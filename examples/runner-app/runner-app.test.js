'use strict';

// The example's README keeps its word: every request in it gets the response that stands below it.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { TestProcess } = require('../../Tests/support/child-process.js');
const { freePort } = require('../../Tests/support/free-port.js');
const { frontBinary } = require('../../Tests/support/project.js');

const README = fs.readFileSync(path.join(__dirname, 'README.md'), 'utf8');

test('the example answers as its README says', { timeout: 30_000 }, async () => {
  const port = await freePort();
  const app = new TestProcess('runner-app', process.execPath, [path.join(__dirname, 'app.js')], {
    env: { PORT: String(port), RUNNER_SIDECAR_BINARY: frontBinary(), RUNNER_SIDECAR_ADMIN: 'off' },
  });
  try {
    await app.line((line) => (line.includes('app.tasks.add') ? true : undefined));
    const exchanges = [...README.matchAll(/^curl -d '(.*)' http:\/\/127\.0\.0\.1:7071(\S+)\n(.*)$/gm)];
    assert.ok(exchanges.length >= 4);
    for (const [, body, target, expected] of exchanges) {
      const response = await fetch(`http://127.0.0.1:${port}${target}`, { method: 'POST', body });
      assert.equal(await response.text(), expected);
    }
  } finally {
    await app.stop();
  }
});
