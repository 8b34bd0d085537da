'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { measureFloors } = require('../lib/floors');
const { listenAsFront } = require('../lib/bridge-load');
const { startNode, isReady } = require('../lib/children');
const { CASES } = require('../lib/work');

function temporaryFolder(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'runner-sidecar-floors-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('the floors of a small call and of a large one are measured, each round', { timeout: 60_000 }, async (t) => {
  const cases = CASES.filter(({ id }) => id === 'add' || id === 'echo-16k' || id === 'event');
  const floors = await measureFloors({
    rounds: 1, seconds: 0.2, directory: temporaryFolder(t), cases, report: () => {},
  });
  assert.deepEqual(floors.map(({ case: id, subject }) => [id, subject]), [['add', 'sidecar'], ['echo-16k', 'sidecar']]);
  for (const { shim, job } of floors) {
    assert.ok(shim.user + shim.kernel > 0);
    assert.ok(job.parse > 0 && job.run > 0 && job.stringify > 0);
  }
});

test('a wrong result of a worker that is fed ends the measurement', { timeout: 30_000 }, async (t) => {
  const socket = path.join(temporaryFolder(t), 'bridge.sock');
  const front = await listenAsFront(socket);
  t.after(() => front.close());
  const worker = startNode('sidecar-worker.js', { SOCKET: socket });
  t.after(() => worker.stop());
  await worker.whenReady(isReady);
  const link = await front.link();
  const load = { task: 'app.tasks.add', input: '{"a":5,"b":3}', head: Buffer.alloc(0), calls: 8, seconds: 0.1 };
  assert.ok(await link.run({ ...load, result: '8' }) >= 8);
  await assert.rejects(link.run({ ...load, result: '9' }), /a wrong result: 200 8/);
});
